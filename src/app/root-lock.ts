/** The lock of a root: one run at a time changes files and records; and what dead runs left is cleared under it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Held, type Lock, tryLock, waitForLock } from '../base/lock.ts';
import type { RunEventBody } from '../model/event.ts';
import type { TaskId } from '../model/ids.ts';
import { remedyFor } from '../reporters/phrases.ts';
import { isUnmodified, keepFailedOutputs, type WorkspaceContext } from '../scheduler/workspace.ts';
import type { Layout } from '../state/layout.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import type { Project, ProjectState } from './project.ts';

export interface AcquireOptions {
  /** false: don't wait, answer `locked`. */
  readonly wait: boolean;
  readonly signal?: AbortSignal;
  readonly onWait: (held: Held) => void;
}

/** Between SIGTERM and SIGKILL for processes of a run that was killed. */
const LEFTOVER_GRACE_MS = 5_000;

/** The state folder, not the root, holds the lock; it survives `--clean`. */
export async function acquireRoot(
  layout: Layout,
  who: string,
  options: AcquireOptions,
): Promise<Lock | 'locked'> {
  const first = tryLock(layout.dir, 'run', who);
  if (first.ok) return first.value;
  if (first.error.kind === 'unusable') throw unusable(first.error);
  refuseAncestor(first.error);
  if (!options.wait) {
    options.onWait(first.error);
    return 'locked';
  }
  const waited = await waitForLock(layout.dir, 'run', who, {
    onWait: options.onWait,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (waited.ok) return waited.value;
  if (waited.error.kind === 'unusable') throw unusable(waited.error);
  return 'locked';
}

/** How a command that isn't a run waits for its turn. */
export type Turn = Pick<AcquireOptions, 'wait' | 'onWait'>;

/** As `acquireRoot`, for commands that have nothing else to say: where they may not wait, that is an error. */
export async function takeTurn(layout: Layout, who: string, turn: Turn): Promise<Lock> {
  let holder: Held | null = null;
  const lock = await acquireRoot(layout, who, {
    wait: turn.wait,
    onWait: (held) => {
      holder = held;
      if (turn.wait) turn.onWait(held);
    },
  });
  if (lock !== 'locked') return lock;
  const { who: holds, pid } = holder ?? { who: 'another run', pid: 0 };
  throw new CommandError(
    `another run is changing this project: ${holds} (process ${pid})`,
    EXIT.locked,
    'nothing was changed; try again when it has ended, or leave out --no-wait to wait for it',
  );
}

/** A run that is a task of the run it would wait for would wait for ever (SPEC D7). */
function refuseAncestor(held: Held): void {
  const ancestors = (process.env['ORCH_ATTEMPT'] ?? '')
    .split(';')
    .map((attempt) => attempt.replace(/-\d+-\w+$/, ''));
  const ancestor = ancestors.find((run) => run !== '' && held.who.includes(run));
  if (ancestor === undefined) return;
  throw new CommandError(
    `this orch was started by a task of run ${ancestor}, which is changing the same project and waits for it`,
    EXIT.usage,
    'let the task that starts it list what it wants under needs, or run another project',
  );
}

function unusable({ path, code }: { readonly path: string; readonly code: string }): CommandError {
  return new CommandError(`the project can't be locked: ${path} (${code})`, EXIT.unusable, remedyFor(code));
}

/**
 * Outputs claimed by attempts that never ended: with the lock held, their runs are dead. What they left is set
 * aside, so that nothing partial is ever taken for a source or a result. Says whether files were moved: what was
 * decided before by what lay on disk doesn't hold then.
 */
export async function sweepDeadClaims(
  project: Project,
  state: ProjectState,
  emit: (body: RunEventBody) => void,
): Promise<boolean> {
  const { ownership, fingerprinter } = state;
  const claims = ownership.openClaims();
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
    if (!moved.ok || moved.value.length > 0) hasMoved = true;
    if (moved.ok && moved.value.length > 0)
      emit({
        event: 'notice',
        level: 'note',
        code: 'dead-attempt',
        message: `an attempt of ${label} died before its end: what it left (${moved.value.join(', ')}) was set aside under .cache/failed/`,
        task: label,
      });
    // What its command was given in a file.
    rmSync(join(project.layout.tmp, `${claim.attempt}.params.json`), { force: true });
    ownership.append([{ end: claim.attempt }]);
  }
  await ownership.sync();
  return hasMoved;
}
