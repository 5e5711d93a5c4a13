/**
 * What a task that would run is taken to make, so that what lies below it can be looked at without running it: what
 * is recorded for its key (then it runs only to bring the content back), else the same as last time, else something
 * at each declared path. Reads records only.
 */
import type { StaleReason } from '../model/decision.ts';
import type { Digest, TaskKey } from '../model/ids.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import type { Task } from '../model/task.ts';
import { coverage, type PathMatching } from '../planner/graph.ts';
import type { Journal } from '../state/journal.ts';

/** Stands for content that nobody knows yet. */
const UNKNOWN = 'unknown' as Digest;

export function assumedResult(
  task: Task,
  key: TaskKey | null,
  journal: Journal,
  matching: PathMatching,
): Result | null {
  if (task.outputs.length === 0) return null;
  const last = journal.lastAttempt(task.id);
  const known = (key === null ? null : journal.resultOf(key)) ?? (last && journal.resultOf(last.key));
  const outputs = task.outputs.flatMap((spec): OutputEntry[] => {
    const made = known?.outputs.filter(({ path }) => coverage(spec, matching)(path)) ?? [];
    if (made.length > 0 || spec.kind === 'glob') return made;
    return spec.kind === 'folder'
      ? [{ kind: 'folder', path: spec.path }]
      : [{ kind: 'file', path: spec.path, digest: UNKNOWN, executable: false, stored: false }];
  });
  return { key: key ?? ('' as TaskKey), outputs, durationMs: 0, createdAtMs: 0, accepted: false };
}

export function isAssumed(entry: OutputEntry | null): boolean {
  return entry?.kind === 'file' && entry.digest === UNKNOWN;
}

/** Not a reason that is known: what upstream makes may be what was there before. */
export function isGuess(reason: StaleReason): boolean {
  return reason.why === 'upstream-changed' && reason.to.startsWith(UNKNOWN);
}
