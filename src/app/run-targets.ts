/** `orch run`: from what the user asked for to the end of the run and its exit code. */
import { join } from 'node:path';
import type { Lock } from '../base/lock.ts';
import { EVENT_VERSION, type RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import type { Plan } from '../planner/plan.ts';
import { remedyFor } from '../reporters/phrases.ts';
import type { RunContext } from '../scheduler/context.ts';
import type { Node } from '../scheduler/node.ts';
import type { RunEnd } from '../scheduler/run.ts';
import type { IdleReport } from '../state/idle.ts';
import { appendRun, compactJournal, journalPath, type RunRecord, sizeOf } from '../state/journal.ts';
import { type Layout, makeFolders } from '../state/layout.ts';
import { ownershipBytes } from '../state/ownership.ts';
import { attended } from './attend.ts';
import { enlistRoot, settleCache } from './cache-upkeep.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { idleQuestion } from './idle-question.ts';
import { lookContext } from './look-context.ts';
import { PipelineErrors } from './pipeline-errors.ts';
import { checkInputs, checkOutputs } from './preconditions.ts';
import { openProject, openState, type Project, type ProjectState } from './project.ts';
import { rememberIdleRun } from './remember-idle.ts';
import { acquireRoot, sweepDeadClaims } from './root-lock.ts';
import { newRunId } from './run-id.ts';
import { planRun, type RunRequest } from './run-request.ts';
import { checkTargets } from './selection.ts';
import { renderLines } from './texts.ts';

declare const ORCH_VERSION: string;

/** Runs the targets; returns the exit code. Throws CommandError and PipelineErrors for bad usage. */
export async function runTargets(request: RunRequest): Promise<number> {
  const startedAtMs = performance.now();
  const project = await openProject(request.project);
  checkTargets(project, request);
  await request.onWarnings(project);
  prepareState(project);
  project.keep();
  const emit = (body: RunEventBody) => request.emit({ v: EVENT_VERSION, atMs: Date.now(), ...body });
  const run = newRunId();
  let lock: Lock | null = null;
  try {
    // A run that finds that another one wrote while it was deciding begins anew, once: it holds the lock then.
    for (;;) {
      const ended = await runOnce({ request, project, run, emit, lock, startedAtMs });
      lock = ended.lock;
      if (ended.exitCode !== null) return ended.exitCode;
    }
  } finally {
    if (lock !== null) compactJournal(project.layout);
    lock?.release();
  }
}

interface Round {
  readonly request: RunRequest;
  readonly project: Project;
  readonly run: RunId;
  readonly emit: (body: RunEventBody) => void;
  readonly lock: Lock | null;
  readonly startedAtMs: number;
}

/** `exitCode` null: another run changed the root meanwhile; the lock is held now, so the next round counts. */
async function runOnce(round: Round): Promise<{ exitCode: number | null; lock: Lock | null }> {
  const { request, project, run, emit } = round;
  let { lock } = round;
  const state = await openState(project, {
    readOnly: false,
    rehash: request.rehash,
    needsCache: request.useCache,
    environment: request.project.environment,
    notice: emit,
  });
  try {
    const { plan, targets, options } = await planRun(request, project, state);
    const said = { notices: false };
    const held = holdBack((event) => {
      said.notices ||= event.event === 'notice';
      emit(event);
    });
    const aborted = new AbortController();
    const context: RunContext = {
      ...lookContext({
        project,
        state,
        run,
        plan,
        options,
        environment: request.project.environment,
        emit: held.emit,
      }),
      async acquire() {
        if (request.useCache) await enlistRoot(project, state.store!, request.project.environment);
        if (lock === null) {
          const loadedBytes = [state.journal.sizeBytes, state.ownership.sizeBytes];
          const got = await acquireRoot(
            project.layout,
            `run ${run} (${request.targets.join(' ') || 'default'})`,
            {
              wait: request.wait,
              signal: aborted.signal,
              onWait: (other) => emit({ event: 'run-waiting', forRun: other.who, pid: other.pid }),
            },
          );
          if (got === 'locked') return 'locked';
          lock = got;
          const nowBytes = [sizeOf(journalPath(project.layout)), ownershipBytes(project.layout)];
          if (nowBytes.some((bytes, at) => bytes !== loadedBytes[at])) return 'restart';
        }
        // A restore that was killed at its end may have been taken for up to date, by what it left.
        if (await sweepDeadClaims(project, state, emit)) return 'restart';
        held.release();
        return 'acquired';
      },
      ...(await executorParts()),
    };
    const problems = [...(await checkInputs(context)), ...checkOutputs(context)];
    if (problems.length > 0) {
      throw new PipelineErrors(problems, project.textOf, project.layout.root);
    }
    const header = await renderLines(project, plan, 'header', context, null);
    held.emit({
      event: 'run-started',
      run,
      targets: targets.length > 0 ? targets : ['default'],
      header,
      forced: request.force !== false,
      tasks: plan.nodes.filter(({ task, final }) => task.run !== null && !final).length,
      jobs: options.jobs,
    });
    const { startRun } = await import('../scheduler/run.ts');
    const live = startRun(context);
    const end = await attended(live, {
      context,
      emit: held.emit,
      stopWaiting: () => aborted.abort(),
      progressEveryMs: request.progressEveryMs ?? null,
      emitProgress: emit,
      interrupts: request.interrupts,
    });
    if (end.kind === 'restart') return { exitCode: null, lock };
    if (end.kind === 'locked')
      return { exitCode: end.interruptedBy === null ? EXIT.locked : exitCodeOf(end), lock };
    held.release();
    const exitCode = exitCodeOf(end);
    const summary = exitCode === 0 ? await renderLines(project, plan, 'summary', context, end.nodes) : [];
    await settleCache({
      project,
      store: request.useCache ? state.store : null,
      journal: state.journal,
      environment: request.project.environment,
      nodes: end.nodes,
      acted: lock !== null,
      isInterrupted: end.interruptedBy !== null,
      emit: held.emit,
    });
    const durationMs = performance.now() - round.startedAtMs;
    const runState = end.interruptedBy !== null ? 'interrupted' : exitCode === 0 ? 'succeeded' : 'failed';
    recordRun(
      project.layout,
      {
        run,
        atMs: Date.now(),
        durationMs,
        state: runState,
        targets,
        counts: end.counts,
      },
      emit,
    );
    emit({
      event: 'run-finished',
      run,
      state: runState,
      exitCode,
      counts: end.counts,
      durationMs,
      savedMs: end.savedMs,
      summary,
    });
    const { counts, savedMs, nodes } = end;
    if (exitCode === 0 && !end.commandsStarted && counts.restored === 0 && !said.notices)
      remember(round, state, plan, nodes, { targets, header, summary, counts, savedMs, jobs: options.jobs });
    return { exitCode, lock };
  } finally {
    state.close();
  }
}

/** Of all records a run's own is the one that may be lost. */
function recordRun(layout: Layout, run: RunRecord, emit: (body: RunEventBody) => void): void {
  try {
    appendRun(layout, run);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    emit({
      event: 'notice',
      level: 'warning',
      code: 'run-not-recorded',
      message: `this run could not be recorded in ${join(layout.state, 'runs')} (${code})`,
      task: null,
    });
  }
}

/** The same command line can be answered by stats alone next time (see `state/idle`). */
function remember(
  { request, project }: Round,
  state: ProjectState,
  plan: Plan,
  nodes: readonly Node[],
  report: Omit<IdleReport, 'upToDate'>,
): void {
  const question = idleQuestion(request.argv, request.project.start.cwd, {
    root: project.layout.root,
    layout: project.layout,
    version: ORCH_VERSION,
    environment: request.project.environment,
    today: request.project.today,
  });
  // A line that names its run is another one every time.
  const texts = project.pipelines.map((pipeline) => [pipeline.header, pipeline.summary]);
  if (question === null || /"name":"run"/.test(JSON.stringify(texts))) return;
  // What was young a moment ago is read once more, and then its stat can vouch for it.
  state.fingerprinter.flush();
  const main = nodes.filter((_, at) => !plan.nodes[at]!.final);
  const labels = main.flatMap(({ task }) => (task.run === null ? [] : [task.label]));
  rememberIdleRun({
    question,
    project,
    state,
    nodes: main,
    report: { ...report, upToDate: labels.length > 20 ? null : labels },
  });
}

/** Process code is loaded with the first run that gets here, not with `orch --list`. */
async function executorParts() {
  const [{ startAttempt }, { followLog }] = await Promise.all([
    import('../executors/local.ts'),
    import('../executors/log.ts'),
  ]);
  return {
    startAttempt,
    followLog,
    runProbe: async (argv: readonly string[], cwd: string, env: Readonly<Record<string, string>>) => {
      const { runProbe } = await import('../executors/probe.ts');
      return runProbe(argv, { cwd, env, timeoutMs: 60_000 });
    },
  };
}

/** Makes the folders that a run writes to. Throws CommandError where it can't. */
export function prepareState(project: Project): void {
  try {
    makeFolders(project.layout);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    throw new CommandError(
      `the state folder can't be written: ${path ?? project.layout.dir} (${code})`,
      EXIT.unusable,
      `orch keeps its records under .cache in the project; ${remedyFor(code ?? '')}`,
    );
  }
}

/** Events are held until it's sure that this round counts: a restarted one mustn't say things twice. */
function holdBack(emit: (body: RunEventBody) => void) {
  let held: RunEventBody[] | null = [];
  return {
    emit(body: RunEventBody) {
      if (held === null) emit(body);
      else held.push(body);
    },
    release() {
      const waiting = held ?? [];
      held = null;
      for (const body of waiting) emit(body);
    },
  };
}

function exitCodeOf(end: RunEnd): number {
  switch (end.interruptedBy) {
    case 'SIGINT':
      return EXIT.SIGINT;
    case 'SIGTERM':
      return EXIT.SIGTERM;
    case 'SIGHUP':
      return EXIT.SIGHUP;
    default:
      break;
  }
  if (end.recordsLost) return EXIT.unusable;
  // A task that nobody got to, though nothing failed, would be a bug; it must not pass for success.
  const isLeft = end.nodes.some(({ state }) => state.at === 'settled' && state.outcome === 'not-started');
  if (end.failures.length === 0) return isLeft ? EXIT.failed : EXIT.done;
  // Nothing ran wrong: the pipeline asks for something that can't be.
  const isUsage = end.failures.every(
    ({ failure }) => failure.kind === 'output-occupied' || failure.kind === 'resources',
  );
  return isUsage ? EXIT.usage : EXIT.failed;
}
