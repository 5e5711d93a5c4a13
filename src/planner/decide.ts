/**
 * Decides what to do with one task: up to date, restore, or run, and why. Pure: what lies on the disk and in
 * the cache comes in through `DecideRequest`. A run, a dry run and `status` all decide here.
 */
import type { Decision, StaleReason } from '../model/decision.ts';
import type { TaskKey } from '../model/ids.ts';
import type { KeyManifest } from '../model/manifest.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import type { Task } from '../model/task.ts';
import { compareManifests } from './compare.ts';

/** How the last attempt of a task of this name ended, in this root. */
export interface LastAttempt {
  readonly key: TaskKey;
  readonly outcome: 'succeeded' | 'accepted' | 'failed' | 'died';
  readonly atMs: number;
  /** null where it is no longer known. */
  readonly manifest: () => KeyManifest | null;
}

/** How the disk differs from a result. */
export interface DiskState {
  readonly absent: readonly OutputEntry[];
  /** Present with another content, kind or mode. */
  readonly wrong: readonly OutputEntry[];
  /** Recorded as this root's own, covered by the declared outputs, but not part of the result. */
  readonly surplus: readonly string[];
}

export interface DecideRequest {
  readonly task: Task;
  readonly key: TaskKey;
  readonly manifest: KeyManifest;
  readonly forced: boolean;
  readonly last: LastAttempt | null;
  /** The result that this root's own record names for the key. */
  readonly own: Result | null;
  /** What the cache has for the key, first stored first; asked for only where `own` is null. */
  readonly cached: () => readonly Result[];
  readonly disk: (result: Result) => DiskState;
  /** false: `--no-cache`. */
  readonly usesCache: boolean;
  readonly isRestorable: (entry: OutputEntry) => boolean;
  /** Does anything ask for this output to be on disk? */
  readonly isDemanded: (path: string) => boolean;
  readonly nowMs: number;
}

export function decide(request: DecideRequest): Decision {
  const { task, key } = request;
  if (task.run === null) return { action: 'group' };
  const run = (reason: StaleReason): Decision => ({ action: 'run', key, reason });
  if (request.forced) return run({ why: 'forced' });
  if (!task.cacheable) return run({ why: 'always-runs' });
  return task.outputs.length === 0 ? decideByLastAttempt(request, run) : decideByResult(request, run);
}

/** A task without outputs has only its last attempt to go by, whatever its end was. */
function decideByLastAttempt(request: DecideRequest, run: (reason: StaleReason) => Decision): Decision {
  const { last, key, task } = request;
  const succeeded = last !== null && (last.outcome === 'succeeded' || last.outcome === 'accepted');
  if (last === null || !succeeded || last.key !== key) return run(explain(request));
  const ageMs = request.nowMs - last.atMs;
  if (task.expiresMs !== null && ageMs >= task.expiresMs) return run({ why: 'expired', ageMs });
  return { action: 'up-to-date', key, result: null };
}

function decideByResult(request: DecideRequest, run: (reason: StaleReason) => Decision): Decision {
  const { key, task } = request;
  const own = request.own ?? request.cached()[0] ?? null;
  if (own === null) return run(explain(request));
  const first = standingOf(own, request);
  // What is this root's own may be gone where another result of the key is still there.
  const other =
    first.lost === null
      ? null
      : (request.cached().find((result) => standingOf(result, request).lost === null) ?? null);
  const { result, disk, asked, lost } = other === null ? first : standingOf(other, request);
  const ageMs = request.nowMs - result.createdAtMs;
  if (task.expiresMs !== null && ageMs >= task.expiresMs) return run({ why: 'expired', ageMs });

  if (disk.wrong.length + asked.length + disk.surplus.length === 0)
    return { action: 'up-to-date', key, result };
  if (lost !== null) {
    // What another key made lies there as it should: nobody edited it.
    const isEdited = disk.wrong.includes(lost) && (request.last === null || request.last.key === key);
    return run(
      request.usesCache && lost.kind === 'file' && lost.stored && !isEdited
        ? { why: 'evicted', path: lost.path }
        : damage(disk, asked),
    );
  }
  return {
    action: 'restore',
    key,
    result,
    reason: request.last !== null && request.last.key !== key ? explain(request) : damage(disk, asked),
  };
}

interface Standing {
  readonly result: Result;
  readonly disk: DiskState;
  /** Absent, and asked for. */
  readonly asked: readonly OutputEntry[];
  /** An entry that would have to be restored and can't be, or null. */
  readonly lost: OutputEntry | null;
}

function standingOf(result: Result, request: DecideRequest): Standing {
  const disk = request.disk(result);
  const asked = disk.absent.filter((entry) => request.isDemanded(entry.path));
  return {
    result,
    disk,
    asked,
    lost: [...disk.wrong, ...asked].find((entry) => !request.isRestorable(entry)) ?? null,
  };
}

function damage(disk: DiskState, asked: readonly OutputEntry[]): StaleReason {
  const edited = disk.wrong[0]?.path ?? disk.surplus[0];
  return edited === undefined
    ? { why: 'output-missing', path: asked[0]!.path }
    : { why: 'output-edited', path: edited };
}

/** Why the key has no usable result. */
function explain({ last, key, manifest }: DecideRequest): StaleReason {
  if (last === null) return { why: 'never-ran' };
  if (last.key === key) {
    if (last.outcome === 'failed') return { why: 'failed-last' };
    if (last.outcome === 'died') return { why: 'died-last' };
    return { why: 'no-record' };
  }
  const before = last.manifest();
  const reasons = before === null ? [] : compareManifests(before, manifest);
  return reasons[0] ?? (last.outcome === 'failed' ? { why: 'failed-last' } : { why: 'no-record' });
}
