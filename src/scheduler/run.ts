/**
 * The live run: carries out a plan. Tasks are decided as soon as everything upstream is settled, restored where
 * their content is asked for, and executed when a worker and their resources are free. Every change of a task's
 * state goes through `move`, everything that users or other programs learn goes out as an event.
 *
 * Longer than most files because it is one state machine: taking it apart would spread its invariants.
 */
import { relative } from 'node:path';
import { unreachable } from '../base/outcome.ts';
import type { Attempt } from '../executors/local.ts';
import type { TaskAction } from '../model/claim.ts';
import type { RunCounts, RunEventBody, TaskOutcome } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { Entry } from '../model/turn.ts';
import { alwaysRuns, type DecideRequest, decide } from '../planner/decide.ts';
import { recordsLostPhrase } from '../reporters/phrases.ts';
import { RecordError } from '../state/record-error.ts';
import { type Admission, createAdmission } from './admission.ts';
import { type Announcer, createAnnouncer } from './announcer.ts';
import type { RunContext } from './context.ts';
import { attemptIdOf, type ExecuteEnd, executeTask } from './execute.ts';
import { type GatherContext, gather } from './gather.ts';
import { guardRecords, recordIfPossible } from './guarded-records.ts';
import { createInspection, type Inspection } from './inspect.ts';
import { createNode, demand, type Gathered, identityOf, isSettled, type Node } from './node.ts';
import { type Progress, progressOf } from './progress.ts';
import { restoredRecord, restoreOutputs } from './restore.ts';
import { retryDelayMs } from './retry.ts';
import { isGood, type TaskState, transition } from './task-state.ts';
import { weakSecretWarner } from './weak-secrets.ts';
import type { WorkspaceContext } from './workspace.ts';

export interface RunEnd {
  /** `restart`: another run changed the root before this one began to act; nothing was done or said yet. */
  readonly kind: 'done' | 'restart' | 'locked';
  readonly interruptedBy: NodeJS.Signals | null;
  readonly nodes: readonly Node[];
  readonly counts: RunCounts;
  readonly savedMs: number;
  readonly commandsStarted: boolean;
  /** Records under `.cache/` couldn't be written; nothing was started after that. */
  readonly recordsLost: boolean;
  readonly failures: readonly { readonly node: Node; readonly failure: Failure }[];
}

export interface LiveRun {
  readonly done: Promise<RunEnd>;
  /** First call: ends running attempts gently and starts nothing new. Second: kills them. */
  interrupt(signal: NodeJS.Signals): void;
  /** Commands that are running now. */
  running(): readonly { readonly task: string; readonly startedAtMs: number }[];
  progress(): Progress;
}

/** How often it's looked whether another run has left the files that a task waits for. */
const LOOK_AT_OTHERS_MS = 50;

export function startRun(context: RunContext): LiveRun {
  const run = new Run(context);
  return {
    done: run.carryOut(),
    interrupt: (signal) => run.interrupt(signal),
    running: () => run.running(),
    progress: () => run.progress(),
  };
}

class Run {
  private readonly nodes: readonly Node[];
  private readonly inspection: Inspection;
  private readonly gathering: GatherContext;
  private readonly workspace: WorkspaceContext;
  private readonly admission: Admission;
  private readonly attempts = new Map<Node, Attempt>();
  private readonly failures: { node: Node; failure: Failure }[] = [];
  private readonly retries = new Map<Node, { readonly timer: NodeJS.Timeout; readonly failure: Failure }>();
  private readonly settledIdentity = new Map<Node, string>();
  private readonly awaiting = new Set<Node>();
  /** Whom a task waits for, as was said. */
  private readonly toldToWait = new Map<Node, string>();
  private readonly announcer: Announcer;
  private readonly warnOfSecrets: (task: Task) => void;
  private queue: Node[] = [];
  /** Something was queued since the queue was sorted. */
  private isUnsorted = false;
  /** Where among its upstream a task was last found waiting, so that a task of 10,000 needs asks once an end. */
  private readonly waitsAt = new Map<Node, number>();
  /** Where among its downstream a task was last found to be awaited. */
  private readonly awaitedAt = new Map<Node, number>();
  /** Asynchronous work under way; at zero with nothing left to start, a phase is over. */
  private pending = 0;
  private phase: 'main' | 'final' = 'main';
  private stopping = false;
  private admitting = false;
  private commandsStarted = false;
  private interruptedBy: NodeJS.Signals | null = null;
  private killed = false;
  private acquired: Promise<boolean> | null = null;
  private ending: 'done' | 'restart' | 'locked' = 'done';
  /** Aborted by an interrupt; `finally` tasks have one of their own. */
  private givenUp = new AbortController();
  private phaseOver: () => void = () => {};
  private crash: unknown = null;
  private recordsLost = false;
  private readonly context: RunContext;

  constructor(given: RunContext) {
    const context = { ...given, ...guardRecords(given, (error) => this.loseRecords(error)) };
    this.context = context;
    const { plan, options } = context;
    this.nodes = plan.nodes.map((node, index) =>
      createNode(node, index, options.materialize || node.requested),
    );
    this.admission = createAdmission({ jobs: options.jobs, totals: options.totals });
    this.inspection = createInspection(context, this.nodes, (node) => this.admission.grantOf(node.task));
    this.announcer = createAnnouncer(context.emit, (work) => this.track(work));
    this.warnOfSecrets = weakSecretWarner(context);
    this.gathering = this.inspection.gathering;
    this.workspace = this.inspection.workspace;
  }

  async carryOut(): Promise<RunEnd> {
    await this.runPhase('main');
    if (this.commandsStarted && !this.killed && !this.recordsLost) await this.runPhase('final');
    if (this.crash !== null) throw this.crash;
    for (const node of this.nodes) if (node.unreported) this.report(node, null);
    return {
      kind: this.ending,
      interruptedBy: this.interruptedBy,
      nodes: this.nodes,
      counts: this.counts(),
      savedMs: this.nodes.reduce((sum, node) => sum + savedMsOf(node), 0),
      commandsStarted: this.commandsStarted,
      recordsLost: this.recordsLost,
      failures: this.failures,
    };
  }

  interrupt(signal: NodeJS.Signals): void {
    const second = this.interruptedBy !== null;
    this.killed ||= second;
    this.interruptedBy ??= signal;
    this.stopping = true;
    this.givenUp.abort();
    for (const attempt of this.attempts.values()) {
      if (second) attempt.kill();
      else attempt.interrupt(signal === 'SIGHUP' || signal === 'SIGTERM' ? signal : 'SIGINT');
    }
    this.giveUpRetries(() => ({ kind: 'interrupted', signal }));
    this.checkPhaseOver();
  }

  running(): { task: string; startedAtMs: number }[] {
    return [...this.attempts].map(([node, { startedAtMs }]) => ({ task: node.task.label, startedAtMs }));
  }

  progress(): Progress {
    const { context, attempts, nodes } = this;
    return progressOf({
      nodes,
      jobs: context.options.jobs,
      isFinalPhase: this.phase === 'final',
      expectedMs: (task) => context.journal.expectedMs(task.id),
      elapsedMs: (index) => {
        const attempt = attempts.get(nodes[index]!);
        return attempt === undefined ? 0 : context.now() - attempt.startedAtMs;
      },
    });
  }

  private async runPhase(phase: 'main' | 'final'): Promise<void> {
    this.phase = phase;
    this.queue = [];
    // `finally` tasks run after a failure or an interrupt as well; what stopped the rest doesn't stop them.
    this.stopping = false;
    this.givenUp = new AbortController();
    await new Promise<void>((resolve) => {
      this.phaseOver = resolve;
      this.pending++;
      for (const node of this.nodes) this.checkReady(node);
      this.pending--;
      this.checkPhaseOver();
    });
    this.stopping = true;
    for (const node of this.nodes)
      if (!isSettled(node) && this.belongs(node)) this.settle(node, this.leftOverOutcome(node), null);
  }

  /** A task that the phase didn't get to, because of what happened upstream or elsewhere. */
  private leftOverOutcome(node: Node): TaskOutcome {
    const bad = node.plan.upstream.some((edge) => {
      const { state } = this.nodes[edge.task]!;
      return state.at === 'settled' && (state.outcome === 'failed' || state.outcome === 'upstream-failed');
    });
    return bad ? 'upstream-failed' : 'not-started';
  }

  /** Is everything that it was or will be decided from as it will be? */
  private isUpstreamSettled(node: Node): boolean {
    return (
      this.areNeedsSettled(node) &&
      [...node.wanted.keys()].every((index) => isSettled(this.nodes[index]!)) &&
      // Content can come from behind a group, which isn't an edge of its own.
      (node.gathered === null ||
        [...node.gathered.content.keys()].every((index) => isSettled(this.nodes[index]!)))
    );
  }

  private areNeedsSettled(node: Node): boolean {
    const { upstream } = node.plan;
    return everyFrom(this.waitsAt, node, upstream.length, (at) => isSettled(this.nodes[upstream[at]!.task]!));
  }

  /** Running commands that read this task's outputs. */
  private readersOf(node: Node): Attempt[] {
    return [...this.attempts].flatMap(([other, attempt]) =>
      other.gathered?.content.has(node.index) ? [attempt] : [],
    );
  }

  private belongs(node: Node): boolean {
    return this.phase === 'final' || !node.plan.final;
  }

  private move(node: Node, to: TaskState): void {
    node.state = transition(node.task.label, node.state, to);
  }

  /** Keeps the phase open while `work` goes on. A throw is a bug in orch: it ends the run. */
  private track(work: Promise<void>): void {
    this.pending++;
    work
      .catch((error: unknown) => {
        if (error instanceof RecordError) this.loseRecords(error);
        else this.endAfterBug(error);
        this.stopping = true;
      })
      .finally(() => {
        this.pending--;
        this.checkPhaseOver();
      });
  }

  /** What is running is ended, not waited for: nobody could rely on what it makes. */
  private endAfterBug(error: unknown): void {
    this.crash ??= error;
    this.stopping = true;
    for (const attempt of this.attempts.values()) attempt.interrupt('SIGTERM');
    this.giveUpRetries();
  }

  private checkPhaseOver(): void {
    if (this.pending === 0 && (this.queue.length === 0 || this.stopping)) this.phaseOver();
  }

  /** No task may start whose end could not be recorded. */
  private loseRecords({ path, code }: { readonly path: string; readonly code: string }): void {
    if (this.recordsLost) return;
    this.recordsLost = true;
    this.stopping = true;
    this.context.emit({
      event: 'notice',
      level: 'error',
      code: 'records-unwritable',
      message: recordsLostPhrase(path, code),
      task: null,
    });
    this.giveUpRetries();
  }

  // ---- deciding -------------------------------------------------------------------------------------------

  /** Decides a waiting task once everything upstream is settled. */
  private checkReady(node: Node): void {
    if (this.stopping || !this.belongs(node)) return;
    const { at } = node.state;
    if (at !== 'waiting' && at !== 'awaiting-content') return;
    if (!this.isUpstreamSettled(node)) {
      // It waits for content from behind a group, whose end wakes only the group.
      if (this.areNeedsSettled(node)) this.awaiting.add(node);
      return;
    }
    const outcomes = node.plan.upstream.map(({ task }): TaskOutcome => {
      const { state } = this.nodes[task]!;
      return state.at === 'settled' ? state.outcome : 'not-started';
    });
    if (outcomes.some((outcome) => !isGood(outcome))) {
      this.settle(
        node,
        outcomes.includes('skipped') && !outcomes.some(isBad) ? 'skipped' : 'upstream-failed',
        null,
      );
      return;
    }
    this.awaiting.delete(node);
    this.move(node, { at: 'deciding' });
    this.track(this.decide(node));
  }

  private async decide(node: Node): Promise<void> {
    node.outdated = false;
    const gathered = await gather(node, this.gathering);
    if (!gathered.ok) {
      if (!(await this.askForWanted(node))) this.settle(node, 'failed', gathered.error);
      return;
    }
    node.gathered = gathered.value;
    node.key = gathered.value.key;
    const request = this.inspection.decideRequest(node, gathered.value, this.isForced(node));
    let decision = decide(request);
    if (decision.action === 'up-to-date' && node.task.probe !== null && !node.ranKeys.has(request.key)) {
      const failed = await this.inspection.probe(node, gathered.value);
      if (failed !== null) decision = { action: 'run', key: request.key, reasons: [failed] };
    }
    if (node.outdated || !this.isUpstreamSettled(node)) {
      this.move(node, { at: 'waiting' });
      this.checkReady(node);
      return;
    }
    node.decision = decision;
    switch (decision.action) {
      case 'group':
        this.settle(node, 'up-to-date', null);
        return;
      case 'up-to-date':
        node.result = decision.result;
        this.adopt(node, request);
        this.settle(
          node,
          node.ranKeys.has(request.key) ? 'succeeded' : node.restored ? 'restored' : 'up-to-date',
          null,
        );
        return;
      case 'restore':
        node.reasons = decision.reasons;
        node.result = decision.result;
        await this.restore(node, request);
        return;
      case 'run':
        node.reasons = decision.reasons;
        await this.prepareToRun(node);
        return;
      default:
        unreachable(decision);
    }
  }

  private isForced(node: Node): boolean {
    const { force } = this.context.options;
    return (force === 'all' || (force !== 'none' && force.has(node.task.id))) && node.ranKeys.size === 0;
  }

  /**
   * What lies on the disk is the result of this key, though the task was last dealt with under another one, or by
   * another root: from now on that is what it was last made from, so that `why` compares with it.
   */
  private adopt(node: Node, request: DecideRequest): void {
    const { result } = node;
    const { journal, store } = this.context;
    if (result === null) return;
    const isOthers = request.own === null && journal.resultOf(request.key) === null;
    if (!isOthers && request.last?.key === request.key) return;
    if (isOthers) store?.touch(result);
    recordIfPossible(() =>
      journal.append([
        ...(isOthers ? [{ kind: 'result', result } as const] : []),
        restoredRecord(node, request, this.context),
      ]),
    );
  }

  /** True once this run may change disk and state; false where it must not go on. */
  private async mayAct(): Promise<boolean> {
    this.acquired ??= this.context.acquire().then((answer) => {
      if (answer === 'acquired') return true;
      this.ending = answer;
      this.stopping = true;
      return false;
    });
    return this.acquired;
  }

  /**
   * True: files may be touched for the task now. Else it is decided again, at once or when another run has left what
   * it would touch.
   */
  private async mayEnter(node: Node, action: Omit<TaskAction, 'task'>): Promise<boolean> {
    const { attempt } = action;
    const entry = await this.context.enter({ ...action, task: node.task.id }, this.givenUp.signal);
    // Meanwhile a failure may have stopped the run, or another task's entry have found what this one goes by changed.
    const isBarred =
      (this.stopping && this.phase === 'main') || node.outdated || !this.isUpstreamSettled(node);
    if (entry.kind === 'go' && !isBarred) return true;
    node.outdated = false;
    this.move(node, { at: 'waiting' });
    switch (entry.kind) {
      case 'go':
        this.context.leave(attempt);
        this.checkReady(node);
        break;
      case 'changed':
        this.goByRecords(entry.tasks);
        this.checkReady(node);
        break;
      case 'busy':
        this.giveWay(node, entry);
        break;
      default:
        unreachable(entry);
    }
    return false;
  }

  /** Other runs recorded something of these tasks: what was decided of them from older records is decided again. */
  private goByRecords(tasks: ReadonlySet<TaskId>): void {
    this.inspection.forget();
    this.context.fingerprinter.forget();
    for (const node of this.nodes) {
      if (!tasks.has(node.task.id) || (isSettled(node) && !this.isOvertaken(node))) continue;
      this.invalidate(node);
      this.checkReady(node);
    }
  }

  private giveWay(node: Node, { who, pid, task, isOver }: Extract<Entry, { kind: 'busy' }>): void {
    if (!this.context.mayWait) {
      this.context.emit({ event: 'run-waiting', forRun: who, pid });
      this.ending = 'locked';
      this.stopping = true;
      return;
    }
    if (this.toldToWait.get(node) !== who) {
      const { graph, emit } = this.context;
      const forTask = graph.tasks[graph.indexOf.get(task) ?? -1]?.label ?? task;
      emit({ event: 'task-waiting', task: node.task.label, forRun: who, pid, forTask });
    }
    this.toldToWait.set(node, who);
    this.pending++;
    const look = () => {
      if (!this.stopping && !isOver()) {
        setTimeout(look, LOOK_AT_OTHERS_MS);
        return;
      }
      this.checkReady(node);
      this.pending--;
      this.checkPhaseOver();
    };
    setTimeout(look, LOOK_AT_OTHERS_MS);
  }

  /** Settled by this run, and by now another one's doing. */
  private isOvertaken(node: Node): boolean {
    if (!isSettled(node) || !isGood((node.state as Extract<TaskState, { at: 'settled' }>).outcome))
      return false;
    const { journal, fingerprinter } = this.context;
    return (
      journal.lastAttempt(node.task.id)?.key !== node.key ||
      fingerprinter.checkOutputs(node.result?.outputs ?? []).some((state) => state !== 'ok')
    );
  }

  // ---- content --------------------------------------------------------------------------------------------

  /** Asks for the outputs that the command will read; it is queued once they are all there. */
  private async prepareToRun(node: Node): Promise<void> {
    const impossible = this.admission.impossible(node.task);
    if (impossible !== null) {
      this.settle(node, 'failed', { kind: 'resources', ...impossible });
      return;
    }
    if (!(await this.mayAct())) return;
    const lacking = this.lackingUpstream(node.gathered!.content);
    if (lacking.length === 0) {
      this.move(node, { at: 'queued' });
      this.enqueue(node);
      return;
    }
    this.awaitContent(node, lacking);
  }

  /** Content that a text refers to and that is gone is made again; then the task is decided. */
  private async askForWanted(node: Node): Promise<boolean> {
    const lacking = this.lackingUpstream(node.wanted);
    if (lacking.length === 0) return false;
    if (await this.mayAct()) this.awaitContent(node, lacking);
    return true;
  }

  private awaitContent(node: Node, lacking: readonly Node[]): void {
    this.move(node, { at: 'awaiting-content' });
    this.awaiting.add(node);
    for (const upstream of lacking) this.reopen(upstream);
    this.checkReady(node);
  }

  /** Upstream tasks of which something that is asked for isn't on disk. */
  private lackingUpstream(content: Gathered['content']): Node[] {
    const lacking: Node[] = [];
    for (const [index, paths] of content) {
      const upstream = this.nodes[index]!;
      demand(upstream, paths);
      if (upstream.result !== null && this.inspection.lacks(upstream)) lacking.push(upstream);
    }
    return lacking;
  }

  private reopen(node: Node): void {
    if (!isSettled(node)) return;
    // Through `waiting`: what it needs may be open again itself, and is no basis for a decision then.
    this.move(node, { at: 'waiting' });
    this.checkReady(node);
  }

  private async restore(node: Node, request: DecideRequest): Promise<void> {
    const { result } = node;
    if (result === null || !(await this.mayAct())) return;
    this.move(node, { at: 'restoring' });
    await this.readersDone(node);
    if (this.stopping) return;
    const attempt = attemptIdOf(this.context, node, 'restore');
    if (!(await this.mayEnter(node, { attempt, reads: [] }))) return;
    const startedMs = this.context.now();
    const end = await restoreOutputs(node, result, request, this.context, this.inspection);
    this.context.leave(attempt);
    if (end === 'missing') {
      this.move(node, { at: 'waiting' });
      this.checkReady(node);
    } else if (end === 'restored') {
      node.restored = true;
      node.durationMs = this.context.now() - startedMs;
      this.settle(node, 'restored', null);
    } else this.settle(node, 'failed', end);
  }

  /** Outputs must not change under a command that reads them: waits until no dependent is running. */
  private async readersDone(node: Node): Promise<void> {
    for (;;) {
      const reading = this.readersOf(node);
      if (reading.length === 0) return;
      await Promise.all(reading.map((attempt) => attempt.done));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  // ---- running --------------------------------------------------------------------------------------------

  private enqueue(node: Node): void {
    const { cpu = 1 } = node.task.resources;
    const granted = this.admission.grantOf(node.task)['cpu'] ?? cpu;
    if (granted < cpu)
      this.notice(
        node,
        'note',
        'cpu-capped',
        `${node.task.label} asks for cpu ${cpu}; it gets the ${granted} there are`,
      );
    this.queue.push(node);
    this.isUnsorted = true;
    this.admitSoon();
  }

  /**
   * Admits once what is under way at this moment has come to its end: tasks that become ready together compete
   * by priority, and a failure stops the others before they start.
   */
  private admitSoon(): void {
    if (this.admitting) return;
    this.admitting = true;
    this.pending++;
    setImmediate(() => {
      this.admitting = false;
      this.admit();
      this.pending--;
      this.checkPhaseOver();
    });
  }

  /** Starts queued tasks while a worker is free, those on the longest remaining path first. */
  private admit(): void {
    if (this.stopping || this.queue.length === 0) return;
    if (this.isUnsorted)
      this.queue.sort(
        (a, b) =>
          b.task.priority - a.task.priority ||
          b.plan.criticalPathMs - a.plan.criticalPathMs ||
          a.index - b.index,
      );
    this.isUnsorted = false;
    const left: Node[] = [];
    for (const [at, node] of this.queue.entries()) {
      // Those behind are looked at once there is a worker for them, not at every end of another.
      if (!this.admission.hasFreeWorker()) {
        this.queue = [...left, ...this.queue.slice(at)];
        return;
      }
      if (node.state.at !== 'queued') continue;
      if (!this.isUpstreamSettled(node)) {
        this.move(node, { at: 'waiting' });
        continue;
      }
      if (this.readersOf(node).length === 0 && this.admission.tryAdmit(node.task)) {
        this.move(node, { at: 'running' });
        // What it needs is said before what it does.
        for (const edge of node.plan.upstream) this.reportIfQuiet(this.nodes[edge.task]!);
        this.track(this.execute(node));
      } else left.push(node);
    }
    this.queue = left;
  }

  private async execute(node: Node): Promise<void> {
    const attempt = attemptIdOf(this.context, node, node.attempts + 1);
    const reads = [...node.gathered!.content.keys()].map((index) => this.nodes[index]!.task.id);
    if (!(await this.mayEnter(node, { attempt, reads, ...sharedResources(node.task) }))) {
      this.admission.release(node.task);
      this.admitSoon();
      return;
    }
    node.attempts++;
    this.commandsStarted = true;
    this.warnOfSecrets(node.task);
    const end = await this.attemptOnce(node);
    if (end.kind === 'made') this.track(end.durable.then(() => this.context.leave(attempt)));
    else this.context.leave(attempt);
    node.durationMs = end.durationMs;
    switch (end.kind) {
      case 'made':
        this.finish(node, end);
        return;
      case 'failed':
        this.fail(node, end.failure);
        return;
      case 'inputs-changed':
        this.runOnceMore(node, end.paths);
        return;
      default:
        unreachable(end);
    }
  }

  private async attemptOnce(node: Node): Promise<ExecuteEnd> {
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.attempts.delete(node);
      this.admission.release(node.task);
      this.admitSoon();
    };
    let allPassedOn: Promise<void> | null = null;
    const end = await executeTask({
      node,
      gathered: node.gathered!,
      attempt: node.attempts,
      context: this.context,
      gathering: this.gathering,
      workspace: this.workspace,
      orphans: this.inspection.orphans(),
      onCommandEnd: release,
      onStart: (attempt, logPath) => {
        this.attempts.set(node, attempt);
        node.log = logPath;
        this.announcer.say(node, this.upstreamOf(node), {
          event: 'task-started',
          task: node.task.label,
          attempt: node.attempts,
          reason: node.reasons[0] ?? alwaysRuns(node.task),
          log: logPath,
          expectedMs: this.context.journal.expectedMs(node.task.id),
        });
        if (this.interruptedBy !== null && this.phase === 'main') attempt.interrupt('SIGINT');
        if (this.isStreamed(node)) allPassedOn = this.stream(node, attempt, logPath);
      },
    });
    // It may have ended before there was a command.
    release();
    // Else what is told of other tasks, now that this one is settled, would come between its last lines.
    await allPassedOn;
    return end;
  }

  /**
   * Of a task that runs alone, too: everything else was settled without a command. That is certain only of the one
   * task that was asked for; with several, it would depend on which of them is decided first.
   */
  private isStreamed(node: Node): boolean {
    const { stream, extraArgs } = this.context.options;
    if (stream !== 'alone') return stream === 'all';
    if (!node.plan.requested) return false;
    // The one target that was given words of its own is what the user came for, whatever had to run before it.
    if (extraArgs.size === 1 && extraArgs.has(node.task.id)) return true;
    return this.nodes.every(
      (other) =>
        other === node ||
        other.task.run === null ||
        other.plan.final ||
        (!other.plan.requested && isSettled(other) && other.attempts === 0),
    );
  }

  /** Resolves when all of the output has been passed on. */
  private stream(node: Node, attempt: Attempt, logPath: string): Promise<void> {
    let passOn: ((event: RunEventBody) => void) | null = null;
    const follower = this.context.followLog(logPath, (text) =>
      passOn?.({ event: 'task-output', task: node.task.label, text }),
    );
    const over = attempt.done.then(() => follower.stop());
    passOn = this.announcer.passOn(node, over);
    return over;
  }

  /**
   * An input changed while the command ran (SPEC C8): the task is decided once more, with the new content; what
   * other tasks made and is no longer as recorded is repaired first.
   */
  private runOnceMore(node: Node, paths: readonly string[]): void {
    if (node.ranOnChangedInput) {
      const failure: Failure = { kind: 'input-changed', paths };
      this.recordFailed(node, failure);
      this.settle(node, 'failed', failure);
      return;
    }
    node.ranOnChangedInput = true;
    this.notice(
      node,
      'warning',
      'input-changed',
      `${paths.join(', ')} changed while ${node.task.label} was running: running it once more`,
    );
    this.context.fingerprinter.forget();
    this.move(node, { at: 'waiting' });
    for (const upstream of this.lackingUpstream(node.gathered!.content)) this.reopen(upstream);
    this.checkReady(node);
  }

  /** Its attempt has no end yet that the journal knows: it would be taken for one that died. */
  private recordFailed({ task, gathered, log, durationMs, reasons }: Node, failure: Failure): void {
    const { run, journal, layout, now } = this.context;
    if (gathered === null) return;
    const { key, manifest } = gathered;
    recordIfPossible(() =>
      journal.append([
        {
          kind: 'end',
          attempt: {
            ...{ id: task.id, key, run, outcome: 'failed', atMs: now(), durationMs, failure },
            log: log === null ? null : relative(layout.root, log),
          },
          manifest,
          reasons,
        },
      ]),
    );
  }

  private finish(node: Node, end: Extract<ExecuteEnd, { kind: 'made' }>): void {
    node.result = end.result;
    node.ranKeys.add(node.gathered!.key);
    this.settle(node, 'succeeded', null, end.durable);
  }

  private fail(node: Node, failure: Failure): void {
    const delayMs = this.stopping
      ? null
      : retryDelayMs(node.task.retries, node.attempts, failure, Math.random);
    if (delayMs === null) {
      this.settle(node, failure.kind === 'interrupted' ? 'cancelled' : 'failed', failure);
      return;
    }
    this.move(node, { at: 'retrying' });
    this.announcer.say(node, [], {
      event: 'task-retrying',
      task: node.task.label,
      attempt: node.attempts,
      failure,
      delayMs,
      limit: node.task.retries.limit,
    });
    this.pending++;
    const timer = setTimeout(() => {
      this.retries.delete(node);
      this.pending--;
      this.move(node, { at: 'queued' });
      this.enqueue(node);
      this.checkPhaseOver();
    }, delayMs);
    this.retries.set(node, { timer, failure });
  }

  /** What waits for another attempt that won't come ends with why (by default with its last failure). */
  private giveUpRetries(failureOf: (last: Failure) => Failure = (last) => last): void {
    for (const [node, { timer, failure }] of this.retries) {
      clearTimeout(timer);
      this.retries.delete(node);
      this.pending--;
      const cause = failureOf(failure);
      this.settle(node, cause.kind === 'interrupted' ? 'cancelled' : 'failed', cause);
    }
  }

  // ---- settling -------------------------------------------------------------------------------------------

  /**
   * A task is as it will be, unless content is asked for or something upstream changes. Dependents go on at
   * once; it's reported when `durable` has resolved.
   */
  private settle(
    node: Node,
    outcome: TaskOutcome,
    failure: Failure | null,
    durable: Promise<Failure | null> | null = null,
  ): void {
    const before = this.settledIdentity.get(node);
    this.move(node, { at: 'settled', outcome });
    if (failure !== null) this.failures.push({ node, failure });
    if (!isGood(outcome)) node.result = null;
    if (outcome === 'failed' && !this.context.options.keepGoing && this.phase === 'main' && !this.stopping) {
      this.stopping = true;
      this.giveUpRetries();
    }
    const identity = identityOf(node);
    this.settledIdentity.set(node, identity);
    node.unreported = true;
    for (const edge of node.plan.upstream) this.reportIfQuiet(this.nodes[edge.task]!);
    if (durable !== null)
      this.announcer.sayWhen(
        node,
        durable.then((lost) => () => this.endDurably(node, lost)),
      );
    else if (outcome !== 'up-to-date' || node.plan.requested) this.report(node, failure);
    this.wakeDownstream(node, before !== undefined && before !== identity);
    if (node.outdated) {
      this.move(node, { at: 'waiting' });
      this.checkReady(node);
    }
  }

  /** Its records are safe, or (`lost`) they can't be kept: then it hasn't succeeded after all. */
  private endDurably(node: Node, lost: Failure | null): void {
    if (lost !== null) {
      this.failures.push({ node, failure: lost });
      node.state = { at: 'settled', outcome: 'failed' };
      this.stopping = true;
      if (lost.kind === 'io') this.loseRecords(lost);
    }
    this.report(node, lost, (event) => this.context.emit(event));
  }

  private upstreamOf(node: Node): Node[] {
    return node.plan.upstream.map(({ task }) => this.nodes[task]!);
  }

  private wakeDownstream(node: Node, changed: boolean): void {
    for (const index of node.plan.downstream) {
      const other = this.nodes[index]!;
      if (changed) this.invalidate(other);
      this.checkReady(other);
    }
    // Read through a link that a task between them made.
    if (changed)
      for (const other of this.nodes)
        if (other.gathered?.content.has(node.index) === true && !node.plan.downstream.includes(other.index)) {
          this.invalidate(other);
          this.checkReady(other);
        }
    for (const other of this.awaiting) this.checkReady(other);
  }

  /** What a task was decided from is no longer so: it's decided again, now or when it isn't busy any more. */
  private invalidate(node: Node): void {
    switch (node.state.at) {
      case 'settled':
      case 'queued':
        this.move(node, { at: 'waiting' });
        break;
      case 'deciding':
      case 'running':
      case 'retrying':
      case 'restoring':
        node.outdated = true;
        break;
      default:
        break;
    }
  }

  /** An up-to-date task is reported once nothing downstream is going to ask for its content any more. */
  private reportIfQuiet(node: Node): void {
    if (!node.unreported || node.state.at !== 'settled' || node.state.outcome !== 'up-to-date') return;
    const { downstream } = node.plan;
    const isQuiet = everyFrom(this.awaitedAt, node, downstream.length, (at) => {
      const { state } = this.nodes[downstream[at]!]!;
      return state.at === 'settled' || state.at === 'running';
    });
    if (isQuiet) this.report(node, null);
  }

  private report(
    node: Node,
    failure: Failure | null,
    emit = (event: RunEventBody) => this.announcer.say(node, this.upstreamOf(node), event),
  ): void {
    node.unreported = false;
    // Nothing was said yet where another round follows, or none.
    if (node.state.at !== 'settled' || (this.ending !== 'done' && !this.commandsStarted)) return;
    const { outcome } = node.state;
    if ((node.task.run === null && isGood(outcome)) || node.reported === outcome) return;
    node.reported = outcome;
    emit({
      event: 'task-finished',
      task: node.task.label,
      outcome,
      durationMs: node.durationMs,
      attempts: node.attempts,
      key: node.key,
      reason: outcome === 'up-to-date' ? null : (node.reasons[0] ?? null),
      failure,
      log: outcome === 'succeeded' || outcome === 'failed' || outcome === 'cancelled' ? node.log : null,
      savedMs: savedMsOf(node),
      ...(outcome === 'up-to-date' && this.gathering.wasAccepted(node) ? { accepted: true } : {}),
    });
  }

  private notice(node: Node, level: 'note' | 'warning', code: string, message: string): void {
    this.context.emit({ event: 'notice', level, code, message, task: node.task.label });
  }

  private counts(): RunCounts {
    const counts = { run: 0, restored: 0, upToDate: 0, failed: 0, skipped: 0 };
    for (const node of this.nodes) {
      if (node.task.run === null || node.state.at !== 'settled') continue;
      const { outcome } = node.state;
      if (outcome === 'failed' || outcome === 'cancelled') counts.failed++;
      else if (node.ranKeys.size > 0) counts.run++;
      else if (node.restored) counts.restored++;
      else if (outcome === 'up-to-date') counts.upToDate++;
      else if (!node.plan.final) counts.skipped++;
    }
    return counts;
  }
}

/**
 * Do all `count` of them hold? What held may not any more, so all are looked at, but beginning with the one that
 * didn't hold when the same node was asked for last: among 10,000 the answer is mostly found at once.
 */
function everyFrom(
  last: Map<Node, number>,
  node: Node,
  count: number,
  holds: (at: number) => boolean,
): boolean {
  const from = last.get(node) ?? 0;
  for (let step = 0; step < count; step++) {
    const at = (from + step) % count;
    if (holds(at)) continue;
    last.set(node, at);
    return false;
  }
  return true;
}

function isBad(outcome: TaskOutcome): boolean {
  return !isGood(outcome) && outcome !== 'skipped';
}

function savedMsOf(node: Node): number {
  return node.ranKeys.size === 0 && node.state.at === 'settled' && isGood(node.state.outcome)
    ? (node.result?.durationMs ?? 0)
    : 0;
}

/** Cores and memory are the machine's; of what has another name, all runs of the root have one stock. */
function sharedResources({ resources }: Task): Pick<TaskAction, 'takes'> {
  const { cpu, memory, ...takes } = resources;
  return Object.values(takes).some((amount) => amount > 0) ? { takes } : {};
}
