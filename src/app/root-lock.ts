/** The lock of a root, under which runs settle who does what, and under which is cleared what dead runs left. */
import { rmSync } from 'node:fs';
import { type Held, type Lock, tryLock } from '../base/lock.ts';
import type { RunEventBody } from '../model/event.ts';
import type { RunId, TaskId } from '../model/ids.ts';
import { remedyFor } from '../reporters/phrases.ts';
import { paramsFile } from '../scheduler/task-environment.ts';
import { isUnmodified, keepFailedOutputs, type WorkspaceContext } from '../scheduler/workspace.ts';
import type { Layout } from '../state/layout.ts';
import { liveRuns } from '../state/live-runs.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import type { Project, ProjectState } from './project.ts';

/** Between SIGTERM and SIGKILL for processes of a run that was killed. */
const LEFTOVER_GRACE_MS = 5_000;
/** Who holds the lock for a moment only, to look at the others or to tidy up, isn't worth a word. */
const BRIEFLY_MS = 1_000;
const BRIEF_POLL_MS = 3;
const POLL_MS = 100;

export interface WaitOptions {
  /** false: don't wait for another run to end, answer `locked`. */
  readonly wait: boolean;
  readonly signal?: AbortSignal;
  readonly onWait: (held: Held) => void;
}

/**
 * Takes the lock of the root, under which it is settled who may do what: runs hold it for moments, commands that must
 * be alone as long as they work. Who holds it longer than a moment is told to `onWait`, once. Throws CommandError
 * where the folder can't be used.
 */
export async function lockRoot(layout: Layout, who: string, options: WaitOptions): Promise<Lock | 'locked'> {
  const sinceMs = performance.now();
  let told = '';
  for (;;) {
    if (options.signal?.aborted) return 'locked';
    const taken = tryLock(layout.dir, 'run', who);
    if (taken.ok) return taken.value;
    if (taken.error.kind === 'unusable') throw unusable(taken.error);
    const isLong = performance.now() - sinceMs > BRIEFLY_MS;
    const holder = `${taken.error.pid} ${taken.error.sinceMs}`;
    if (isLong && holder !== told) {
      told = holder;
      options.onWait(taken.error);
    }
    if (isLong && !options.wait) return 'locked';
    await pause(isLong ? POLL_MS : BRIEF_POLL_MS);
  }
}

/** How a command that isn't a run waits for its turn. */
export type Turn = Pick<WaitOptions, 'wait' | 'onWait'>;

/** The lock while no run is live, for commands that change what all runs build on. */
export async function takeTurn(layout: Layout, who: string, turn: Turn): Promise<Lock> {
  const refused = (held: { readonly who: string; readonly pid: number }) =>
    new CommandError(
      `another run is changing this project: ${held.who} (process ${held.pid})`,
      EXIT.locked,
      'nothing was changed; try again when it has ended, or leave out --no-wait to wait for it',
    );
  let told = '';
  for (;;) {
    let holder: Held | null = null;
    const lock = await lockRoot(layout, who, {
      wait: turn.wait,
      onWait: (held) => {
        holder = held;
        if (turn.wait) turn.onWait(held);
      },
    });
    if (lock === 'locked') throw refused(holder ?? { who: 'another run', pid: 0 });
    const other = liveRuns(layout).find(({ isAlive }) => isAlive);
    if (other === undefined) return lock;
    lock.release();
    refuseAncestor(other.who);
    if (!turn.wait) throw refused(other);
    if (told !== other.run) turn.onWait({ kind: 'held', ...other, sinceMs: Date.now() });
    told = other.run;
    await pause(POLL_MS);
  }
}

/** A command that must wait for another process looks again after this. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Attempts of other runs within which this process was started, outermost first. */
export function ancestorAttempts(): readonly string[] {
  return (process.env['ORCH_ATTEMPT'] ?? '').split(';').filter((attempt) => attempt !== '');
}

/** A run that is a task of the run it would wait for would wait for ever (SPEC D7). `who`: as a run says who it is. */
export function refuseAncestor(who: string): void {
  const ancestor = ancestorAttempts()
    .map(runOfAttempt)
    .find((run) => who.includes(run));
  if (ancestor !== undefined) throw ancestorError(ancestor);
}

/** `by`: the run that this one would wait for, where that isn't the ancestor itself. */
export function ancestorError(run: RunId, by: RunId | null = null): CommandError {
  return new CommandError(
    by === null
      ? `this orch was started by a task of run ${run}, which is changing the same project and waits for it`
      : `this orch was started by a task of run ${run}, which run ${by} waits for: it can't wait for that run in turn`,
    EXIT.usage,
    'let the task that starts it list what it wants under needs, or run another project',
  );
}

/** Attempts are named `<run>-<task's place>-<number>`. */
export function runOfAttempt(attempt: string): RunId {
  return attempt.replace(/-\d+-\w+$/, '') as RunId;
}

export function unusable({ path, code }: { readonly path: string; readonly code: string }): CommandError {
  return new CommandError(`the project can't be locked: ${path} (${code})`, EXIT.unusable, remedyFor(code));
}

/**
 * Outputs claimed by attempts that never ended, of runs that are dead. What they left is set aside, so that nothing
 * partial is ever taken for a source or a result. The caller holds the root's lock, and the records are fresh. Says
 * whether files were moved: what was decided before by what lay on disk doesn't hold then.
 */
export async function sweepDeadClaims(
  project: Project,
  state: ProjectState,
  emit: (body: RunEventBody) => void,
  isLive: (run: RunId) => boolean = () => false,
): Promise<boolean> {
  const { ownership, fingerprinter } = state;
  const claims = ownership.openClaims().filter(({ attempt }) => !isLive(runOfAttempt(attempt)));
  if (claims.length === 0) return false;
  let hasMoved = false;
  const { endLeftovers } = await import('../executors/process-tree.ts');
  for (const claim of claims) {
    // A killed orch leaves its commands running: they must not write into what is made anew.
    const ended = await endLeftovers('', claim.attempt, LEFTOVER_GRACE_MS);
    if (ended.escaped.length > 0)
      emit({
        event: 'notice',
        level: 'note',
        code: 'leftover-processes',
        message: `a killed run had left ${ended.escaped.length} processes of ${claim.task} running: ended`,
        task: null,
      });
    const known = project.graph.indexOf.get(claim.task as TaskId);
    const label =
      known === undefined ? claim.task.slice(claim.task.indexOf(':') + 1) : project.graph.tasks[known]!.label;
    const workspace: WorkspaceContext = {
      root: project.layout.root,
      replacedDir: project.layout.replaced,
      failedDir: project.layout.failed,
      ownership,
      matching: project.matching,
      isOnDisk: (entry) => fingerprinter.checkOutputs([entry])[0] === 'ok',
      isStored: () => false,
      isOthers: () => false,
      isClaimed: () => true,
      replace: false,
      notice: () => {},
    };
    // It may have died before its own old outputs were removed: what is as it was recorded, stays.
    const outputs = claim.outputs.filter(
      ({ kind, path }) => kind !== 'file' || !isUnmodified(path, workspace),
    );
    const moved = keepFailedOutputs(outputs, label, (path) => isUnmodified(path, workspace), workspace);
    // What can't be moved now stays claimed.
    if (!moved.ok) continue;
    if (moved.value.length > 0) hasMoved = true;
    if (moved.value.length > 0)
      emit({
        event: 'notice',
        level: 'note',
        code: 'dead-attempt',
        message: `an attempt of ${label} died before its end: what it left (${moved.value.join(', ')}) was set aside under .cache/failed/`,
        task: label,
      });
    // What its command was given in a file.
    rmSync(paramsFile(project.layout.tmp, claim.attempt), { force: true });
    ownership.append([{ end: claim.attempt }]);
  }
  await ownership.sync();
  return hasMoved;
}
