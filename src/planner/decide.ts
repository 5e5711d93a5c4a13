/**
 * Decides what to do with one task: up to date, restore, or run, and why. Pure: what lies on the disk and in
 * the cache comes in through `DecideRequest`. A run, a dry run and `status` all decide here.
 */
import type { Decision, StaleReason, StaleReasons } from '../model/decision.ts';
import type { Failure } from '../model/failure.ts';
import type { TaskKey } from '../model/ids.ts';
import type { KeyManifest } from '../model/manifest.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import type { Task } from '../model/task.ts';
import { compareManifests } from './compare.ts';

/** Machines that share a cache may be this far apart. */
const CLOCKS_DIFFER_MS = 60_000;

/** How the last attempt of a task of this name ended, in this root. */
export interface LastAttempt {
  readonly key: TaskKey;
  readonly outcome: 'succeeded' | 'accepted' | 'failed' | 'died';
  readonly atMs: number;
  /** Why it failed, where that is known. */
  readonly failure: Failure | null;
  /** null where it is no longer known. */
  readonly manifest: () => KeyManifest | null;
}

/** How the disk differs from a result. */
export interface DiskState {
  readonly absent: readonly OutputEntry[];
  /** Present with another content, kind or mode. */
  readonly wrong: readonly OutputEntry[];
  /** Of those, paths at which lies what orch made for another result. */
  readonly ofOthers: ReadonlySet<string>;
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
  /** Of one that isn't restorable: the cache had it, damaged. */
  readonly isDamaged: (entry: OutputEntry) => boolean;
  /** Does anything ask for this output to be on disk? */
  readonly isDemanded: (path: string) => boolean;
  readonly nowMs: number;
}

export function decide(request: DecideRequest): Decision {
  const { task, key } = request;
  if (task.run === null) return { action: 'group' };
  const run = (...reasons: StaleReasons): Decision => ({ action: 'run', key, reasons });
  if (request.forced) return run({ why: 'forced' });
  if (!task.cacheable) return run(alwaysRuns(task));
  return task.outputs.length === 0 ? decideByLastAttempt(request, run) : decideByResult(request, run);
}

/** Why a task that isn't cacheable runs every time. By default it is where nothing tells when it needn't (SPEC B1). */
export function alwaysRuns(task: Pick<Task, 'inputs' | 'outputs' | 'needs'>): StaleReason {
  const declares =
    task.inputs.length > 0 || task.outputs.length > 0 || task.needs.some((need) => !need.orderOnly);
  return { why: 'always-runs', rule: declares ? 'cache-false' : 'nothing-declared' };
}

/** A task without outputs has only its last attempt to go by, whatever its end was. */
function decideByLastAttempt(request: DecideRequest, run: (...reasons: StaleReasons) => Decision): Decision {
  const { last, key } = request;
  const succeeded = last !== null && (last.outcome === 'succeeded' || last.outcome === 'accepted');
  if (last === null || !succeeded || last.key !== key) return run(...explain(request));
  const expired = expiry(request, last.atMs);
  return expired === null ? { action: 'up-to-date', key, result: null } : run(expired);
}

function decideByResult(request: DecideRequest, run: (...reasons: StaleReasons) => Decision): Decision {
  const { key } = request;
  const own = request.own ?? request.cached()[0] ?? null;
  if (own === null) return run(...explain(request));
  const first = standingOf(own, request);
  // What is this root's own may be gone where another result of the key is still there.
  const other =
    first.lost === null
      ? null
      : (request.cached().find((result) => standingOf(result, request).lost === null) ?? null);
  const { result, disk, asked, lost } = other === null ? first : standingOf(other, request);
  const expired = expiry(request, result.createdAtMs);
  if (expired !== null) return run(expired);

  const damages = damagesOf(disk, asked);
  if (damages.length === 0) return { action: 'up-to-date', key, result };
  const { last } = request;
  // Something else has changed since the last run, or that run is what left the outputs as they are.
  const changes = last !== null && (last.key !== key || last.outcome === 'died') ? explain(request) : [];
  if (lost === null) return { action: 'restore', key, result, reasons: orNoRecord([...changes, ...damages]) };
  const isEvicted = request.usesCache && lost.kind === 'file' && lost.stored;
  const lies = disk.wrong.includes(lost);
  const why = isEvicted && request.isDamaged(lost) ? 'damaged' : 'evicted';
  const evicted: StaleReason[] = isEvicted ? [{ why, path: lost.path, isAbsent: !lies }] : [];
  // What another key made lies there as it should: nobody edited it.
  const isEdited = lies && !disk.ofOthers.has(lost.path);
  const others = damages.filter(({ path }) => !isEvicted || path !== lost.path);
  return run(
    ...orNoRecord(isEdited ? [...changes, ...damages, ...evicted] : [...evicted, ...changes, ...others]),
  );
}

/** A task is stale for some reason: where none is known, that is what is to be said. */
function orNoRecord([first, ...rest]: readonly StaleReason[]): StaleReasons {
  return first === undefined ? [{ why: 'no-record' }] : [first, ...rest];
}

function expiry({ task: { expiresMs }, nowMs }: DecideRequest, madeAtMs: number): StaleReason | null {
  const ageMs = nowMs - madeAtMs;
  // Since it was made the clock was put back: nobody knows how old it is, and it isn't fresh until then.
  const isOver = expiresMs !== null && (ageMs >= expiresMs || ageMs < -CLOCKS_DIFFER_MS);
  return isOver ? { why: 'expired', ageMs, limitMs: expiresMs } : null;
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

type Damage = StaleReason & { readonly path: string };

/** How the disk differs from what it should be, what a user did first. */
function damagesOf(disk: DiskState, asked: readonly OutputEntry[]): readonly Damage[] {
  const edited = disk.wrong.filter(({ path }) => !disk.ofOthers.has(path));
  const other = disk.wrong.filter(({ path }) => disk.ofOthers.has(path)).map(({ path }) => path);
  return [
    ...edited.map(({ path }): Damage => ({ why: 'output-edited', path })),
    ...asked.map(({ path }): Damage => ({ why: 'output-missing', path })),
    ...[...other, ...disk.surplus].map((path): Damage => ({ why: 'output-of-another-result', path })),
  ];
}

/** Why the key has no usable result. */
function explain({ last, key, manifest }: DecideRequest): StaleReasons {
  if (last === null) return [{ why: 'never-ran' }];
  const end: StaleReason[] =
    last.outcome === 'failed'
      ? [{ why: 'failed-last', failure: last.failure }]
      : last.outcome === 'died'
        ? [{ why: 'died-last' }]
        : [];
  const before = last.key === key ? null : last.manifest();
  return orNoRecord([...(before === null ? [] : compareManifests(before, manifest)), ...end]);
}
