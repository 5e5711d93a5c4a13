/** The words about the content cache: what was removed from it, and what couldn't be. */
import { formatSize } from '../base/size.ts';

/** What a trim removed. */
export interface RemovedFromCache {
  readonly results: number;
  readonly contents: number;
  readonly sizeBytes: number;
  /** Unix ms; null: no result was removed. */
  readonly lastUsedAtMs: number | null;
}

/** `31 results (2.1 GB), not used since 2026-10-03 14:05`. */
export function removedPhrase({ results, contents, sizeBytes, lastUsedAtMs }: RemovedFromCache): string {
  const what = results > 0 ? count(results, 'result') : count(contents, 'unused content');
  const since = lastUsedAtMs === null ? '' : `, not used since ${formatMoment(lastUsedAtMs)}`;
  return `${what} (${formatSize(sizeBytes)})${since}`;
}

export function trimmedText(removed: RemovedFromCache, maxSizeBytes: number): string {
  return `the cache had reached its cap of ${formatSize(maxSizeBytes)}: removed ${removedPhrase(removed)}`;
}

/** The last good results of all roots stay, even where they alone are too much. */
export function capYieldsText(pinnedBytes: number, roots: number, maxSizeBytes: number): string {
  const whose = roots === 1 ? 'this project' : `the ${roots} projects that use the cache`;
  return (
    `the last good results of ${whose} take ${formatSize(pinnedBytes)}, more than the cache's cap of ${formatSize(maxSizeBytes)}: ` +
    'they are kept all the same; raise cache.max_size or ORCH_CACHE_MAX_SIZE' +
    (roots === 1 ? '' : ', or clean projects that you no longer need (`orch cache info` lists them)')
  );
}

export function tooLargeText(task: string, sizeBytes: number, maxSizeBytes: number): string {
  return (
    `the result of ${task} is larger than the cache may become (${formatSize(sizeBytes)} of ${formatSize(maxSizeBytes)}): ` +
    'not stored; raise cache.max_size or ORCH_CACHE_MAX_SIZE'
  );
}

/** `2026-10-03 14:05`, in local time. */
export function formatMoment(atMs: number): string {
  const at = new Date(atMs);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
