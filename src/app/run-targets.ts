/** `orch run`: from what the user asked for to the end of the run and its exit code. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasCrashed } from '../base/at-crash.ts';
import { loadHasher } from '../base/digest.ts';
import { maskValues } from '../base/mask-values.ts';
import type { TaskClaim } from '../model/claim.ts';
import { EVENT_VERSION, type RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import { claimsOf } from '../planner/claims.ts';
import type { Plan } from '../planner/plan.ts';
import { remedyFor } from '../reporters/phrases.ts';
import type { RunContext, RunOptions } from '../scheduler/context.ts';
import type { Node } from '../scheduler/node.ts';
import type { RunEnd } from '../scheduler/run.ts';
import type { IdleReport } from '../state/idle.ts';
import { appendRun, compactJournal, isJournalLong, type RunRecord } from '../state/journal.ts';
import { type Layout, makeFolders } from '../state/layout.ts';
import { liveRuns } from '../state/live-runs.ts';
import { attended } from './attend.ts';
import { enlistRoot, settleCache } from './cache-upkeep.ts';
import { CommandError, EXIT, isUsageFailure } from './exit-codes.ts';
import { idleQuestion } from './idle-question.ts';
import { endLeftRunning } from './left-running.ts';
import { lookContext } from './look-context.ts';
import { PipelineErrors } from './pipeline-errors.ts';
import { refuseWhatCannotRun } from './preconditions.ts';
import { openProject, openState, type Project, type ProjectState } from './project.ts';
import { rememberIdleRun } from './remember-idle.ts';
import { lockRoot } from './root-lock.ts';
import { newRunId } from './run-id.ts';
import { planRun, type RunRequest } from './run-request.ts';
import { secretsFileWarnings, undeclaredSecrets } from './secret-checks.ts';
import { checkTargets } from './selection.ts';
import { renderLines } from './texts.ts';
import { entryOf, type Place, takePlace } from './turns.ts';

declare const ORCH_VERSION: string;

/** By these, programs tell events apart. */
const SPARED_IN_EVENTS: ReadonlySet<string> = new Set([
  ...['event', 'level', 'code', 'kind', 'why', 'change', 'outcome', 'state', 'run', 'log'],
]);

/** Runs the targets; returns the exit code. Throws CommandError and PipelineErrors for bad usage. */
export async function runTargets(request: RunRequest): Promise<number> {
  const startedAtMs = performance.now();
  const project = await openProject(request.project);
  checkTargets(project, request);
  await request.onWarnings(project);
  if (!existsSync(project.layout.state)) {
    await refuseFirstRun(request, project);
    prepareState(project);
  }
  const { masker } = project.secrets;
  const emit = (body: RunEventBody) => {
    // What is ended because of a bug is no news of its own.
    if (hasCrashed()) return;
    request.emit({ v: EVENT_VERSION, atMs: Date.now(), ...maskValues(body, masker, SPARED_IN_EVENTS) });
  };
  const run = newRunId();
  const held: Held = { place: null, isDamaged: false };
  try {
    // A run that finds that another one wrote while it was deciding begins anew, once: it has its place then.
    for (;;) {
      const exitCode = await runOnce({ request, project, run, emit, held, startedAtMs });
      if (exitCode !== null) return exitCode;
    }
  } finally {
    await leave(held, project.layout, run);
  }
}

/** Who is alone at the end tidies up, if it can. */
async function leave({ place, isDamaged }: Held, layout: Layout, run: RunId): Promise<void> {
  place?.mine.leave();
  if (!isDamaged && (place === null || !isJournalLong(layout))) return;
  try {
    const lock = await lockRoot(layout, `run ${run}`, { wait: false, onWait: () => {} });
    if (lock === 'locked') return;
    if (liveRuns(layout).length === 0) compactJournal(layout);
    lock.release();
  } catch (error) {
    // A full disk, for one: then a later run does it.
    if ((error as NodeJS.ErrnoException).code === undefined && !(error instanceof CommandError)) throw error;
  }
}

/** Where nothing is kept yet, what can't be run is refused before even the folders for it are made. */
async function refuseFirstRun(request: RunRequest, project: Project): Promise<void> {
  const { environment } = request.project;
  const state = await openState(project, { readOnly: true, rehash: false, environment, notice() {} });
  try {
    const { plan, options } = await planRun(request, project, state);
    const context = lookContext({ project, state, run: newRunId(), plan, options, environment });
    await refuseWhatCannotRun(project, context, environment);
  } finally {
    state.close();
  }
}

interface Held {
  /** The place that the run has taken, once it has. */
  place: Place | null;
  /** Lines of the journal were. */
  isDamaged: boolean;
}

interface Round {
  readonly request: RunRequest;
  readonly project: Project;
  readonly run: RunId;
  readonly emit: (body: RunEventBody) => void;
  readonly held: Held;
  readonly startedAtMs: number;
}

/** null: another run changed the root meanwhile; this one has its place now, so the next round counts. */
async function runOnce(round: Round): Promise<number | null> {
  const { request, project, run, emit } = round;
  let isRefused = true;
  const state = await openState(project, {
    readOnly: false,
    rehash: request.rehash,
    needsCache: request.useCache,
    environment: request.project.environment,
    notice: emit,
  });
  round.held.isDamaged ||= state.journal.damagedLines > 0;
  try {
    const { plan, targets, options } = await planRun(request, project, state);
    const said = { notices: false };
    const held = holdBack((event) => {
      said.notices ||= event.event === 'notice';
      emit(event);
    });
    const aborted = new AbortController();
    const waiting = {
      wait: request.wait,
      signal: aborted.signal,
      onWait: (other: { readonly who: string; readonly pid: number }) =>
        emit({ event: 'run-waiting', forRun: other.who, pid: other.pid }),
    };
    const look = lookContext({
      project,
      state,
      run,
      plan,
      options,
      environment: request.project.environment,
      emit: held.emit,
    });
    const turn = { project, state, run, waiting, totals: options.totals, emit: held.emit };
    const context: RunContext = {
      ...look,
      async acquire() {
        if (request.useCache) await enlistRoot(project, state.store!, request.project.environment);
        if (round.held.place === null) {
          const taken = await takePlace({
            ...turn,
            emit,
            who: `run ${run} (${request.targets.join(' ') || 'default'})`,
            claims: await claimsFor(plan, options),
          });
          if (taken === 'locked') return 'locked';
          round.held.place = taken.place;
          if (taken.isOutdated) return 'restart';
        }
        held.release();
        return 'acquired';
      },
      enter: (action, signal) =>
        entryOf({ ...turn, waiting: { ...waiting, signal }, place: round.held.place! }, action),
      leave: (attempt) => round.held.place!.mine.end(attempt),
      mayWait: request.wait,
      ...(await executorParts(request)),
    };
    try {
      await refuseWhatCannotRun(project, context, request.project.environment, () => {
        state.journal.refresh(run);
        state.ownership.refresh();
        return state.liveRuns.size > 0;
      });
    } catch (error) {
      const mayBeMade = options.only && round.held.place === null && state.liveRuns.size > 0;
      if (!(error instanceof PipelineErrors) || !mayBeMade) throw error;
      // What another run is making at this moment is missing: it's looked at again when this one's turn has come.
      if ((await context.acquire()) === 'locked') return EXIT.locked;
      return null;
    }
    isRefused = false;
    prepareState(project);
    project.keep();
    for (const warning of await secretsFileWarnings(project.secrets)) held.emit(warning);
    for (const warning of undeclaredSecrets(plan, project.secrets)) held.emit(warning);
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
    if (end.kind === 'restart') return null;
    // What was begun before another run was in the way is told and recorded like any other run.
    if (end.kind === 'locked' && !end.commandsStarted) return exitCodeOf(end);
    held.release();
    const exitCode = exitCodeOf(end);
    const summary = exitCode === 0 ? await renderLines(project, plan, 'summary', context, end.nodes) : [];
    await endLeftRunning(context.run, end.nodes, held.emit);
    await settleCache({
      project,
      store: request.useCache ? state.store : null,
      journal: state.journal,
      run,
      environment: request.project.environment,
      nodes: end.nodes,
      acted: round.held.place !== null,
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
    return exitCode;
  } finally {
    state.close(isRefused ? 'discard' : undefined);
  }
}

async function claimsFor(plan: Plan, { force, extraArgs, date, only }: RunOptions): Promise<TaskClaim[]> {
  const { keyHash } = await loadHasher();
  return claimsOf({
    plan,
    only,
    hash: (text) => keyHash(text),
    isForced: ({ id }) => force === 'all' || (force !== 'none' && force.has(id)),
    addition: ({ id }) => JSON.stringify([date, extraArgs.get(id) ?? []]),
  });
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
  // The command line and its answer are kept as they are.
  const kept = JSON.stringify([question.argv, report]);
  if (project.secrets.masker.text(kept) !== kept) return;
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
async function executorParts({ drained }: Pick<RunRequest, 'drained'>) {
  const [{ startAttempt }, { followLog }] = await Promise.all([
    import('../executors/local.ts'),
    import('../executors/log.ts'),
  ]);
  return {
    startAttempt,
    followLog: (path: string, onText: (text: string) => void) => followLog(path, onText, drained),
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
  if (end.kind === 'locked' && end.failures.length === 0) return EXIT.locked;
  if (end.failures.length === 0) return isLeft ? EXIT.failed : EXIT.done;
  // Nothing ran wrong: the pipeline asks for something that can't be.
  return end.failures.every(({ failure }) => isUsageFailure(failure)) ? EXIT.usage : EXIT.failed;
}
