/**
 * Remembers, from run to run, which content a file with this stat had, so that an unchanged file isn't read again.
 * It is only ever a shortcut: an entry that can't be believed is a file that is read. Losing the cache (damage,
 * another version, two savers at once, of which the last wins) costs reading and nothing else, so it isn't synced.
 *
 * It doesn't read files. Whoever records an entry answers for the racy rule (see `file-clock`).
 */
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { writeFileAtomic } from '../base/atomic-file.ts';
import type { Hasher } from '../base/digest.ts';
import { COLUMNS, decodeTable, digestAt, encodeTable, hashOf, type StatTable } from './stat-cache-format.ts';

export interface StatCache {
  /** The digest of the content that a regular file with this stat has, or null: read it. */
  readonly lookup: (path: string, stats: Stats) => string | null;
  /** `stats` must have been settled before the content was read, and the content as long as they say. */
  readonly record: (path: string, stats: Stats, digest: string) => void;
  /** From now on entries of files written later than this (Unix milliseconds) aren't believed. */
  readonly distrustAfter: (unixMs: number) => void;
  /** Writes the file if anything is new. Says through `onNote` where it can't. */
  readonly save: (savedAtMs: number) => void;
  /** Entries, for measurements and tests. */
  readonly size: () => number;
}

export interface StatCacheRequest {
  readonly file: string;
  readonly hasher: Hasher;
  readonly bootId: string;
  /** Does the time lie in the past by the clock of the files? What comes from the future isn't believed. */
  readonly isPast: (timeMs: number) => boolean;
  /** Start empty: everything is read again, and what is read replaces what was known. */
  readonly ignoreSaved: boolean;
  readonly onNote: (message: string) => void;
}

interface Entry {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  readonly hash: string;
}

/** SPEC C5: what was recorded in the last minute of another boot may not have reached the disk. */
const UNSURE_BEFORE_CRASH_MS = 60_000;
/** Above this many, entries that this session didn't ask for are dropped if they are most of the cache. */
const KEPT_ALWAYS = 50_000;

export function loadStatCache(request: StatCacheRequest): StatCache {
  const { hasher, isPast } = request;
  const hashBytes = (bytes: Uint8Array) => hashOf(hasher.digestBytes(bytes))!;
  const table = request.ignoreSaved ? null : readTable(request, hashBytes);
  const count = table?.count ?? 0;
  const columns = table?.columns ?? new Float64Array(0);
  const used = new Uint8Array(count);
  const fresh = new Map<string, Entry>();
  let trustedUntilMs = Number.POSITIVE_INFINITY;
  if (table !== null && table.bootId !== request.bootId)
    trustedUntilMs = table.savedAtMs - UNSURE_BEFORE_CRASH_MS;
  // Built at the first question: a run that asks for nothing doesn't pay for 100,000 entries.
  let index: Map<string, number> | null = null;

  function indexOf(path: string): number | undefined {
    if (index === null) {
      index = new Map();
      for (let at = 0; at < count; at++) index.set(table!.paths[at]!, at);
    }
    return index.get(path);
  }

  function lookup(path: string, stats: Stats): string | null {
    const newestMs = Math.max(stats.mtimeMs, stats.ctimeMs);
    const entry = fresh.size === 0 ? undefined : fresh.get(path);
    if (entry !== undefined) {
      const same =
        entry.sizeBytes === stats.size &&
        entry.mtimeMs === stats.mtimeMs &&
        entry.ctimeMs === stats.ctimeMs &&
        entry.ino === stats.ino;
      return same && isPast(newestMs) ? `xxh64-${entry.hash}-${entry.sizeBytes}` : null;
    }
    const at = count === 0 ? undefined : indexOf(path);
    if (at === undefined) return null;
    used[at] = 1;
    const same =
      columns[at] === stats.size &&
      columns[count + at] === stats.mtimeMs &&
      columns[2 * count + at] === stats.ctimeMs &&
      columns[3 * count + at] === stats.ino;
    return same && newestMs <= trustedUntilMs && isPast(newestMs) ? digestAt(table!, at) : null;
  }

  function merged(savedAtMs: number): StatTable {
    const olds: number[] = [];
    let usedCount = fresh.size;
    for (const each of used) usedCount += each;
    const dropsUnused = count + fresh.size > KEPT_ALWAYS && count + fresh.size > 4 * usedCount;
    for (let at = 0; at < count; at++) {
      if (dropsUnused && used[at] === 0) continue;
      const newestMs = Math.max(columns[count + at]!, columns[2 * count + at]!);
      // A distrusted entry mustn't come back to honour under the new boot's name.
      if (newestMs <= trustedUntilMs && !fresh.has(table!.paths[at]!)) olds.push(at);
    }
    const size = olds.length + fresh.size;
    const cells = new Float64Array(COLUMNS * size);
    const hashes: string[] = [];
    const paths: string[] = [];
    for (const [to, from] of olds.entries()) {
      for (let column = 0; column < COLUMNS; column++)
        cells[column * size + to] = columns[column * count + from]!;
      hashes.push(table!.hashes.slice(from * 16, from * 16 + 16));
      paths.push(table!.paths[from]!);
    }
    for (const [path, entry] of fresh) {
      const to = paths.length;
      cells[to] = entry.sizeBytes;
      cells[size + to] = entry.mtimeMs;
      cells[2 * size + to] = entry.ctimeMs;
      cells[3 * size + to] = entry.ino;
      hashes.push(entry.hash);
      paths.push(path);
    }
    return { count: size, columns: cells, hashes: hashes.join(''), paths, savedAtMs, bootId: request.bootId };
  }

  return {
    lookup,
    record(path, stats, digest) {
      const hash = hashOf(digest);
      if (hash === null) return;
      const { size: sizeBytes, mtimeMs, ctimeMs, ino } = stats;
      fresh.set(path, { sizeBytes, mtimeMs, ctimeMs, ino, hash });
    },
    distrustAfter(unixMs) {
      trustedUntilMs = Math.min(trustedUntilMs, unixMs);
    },
    save(savedAtMs) {
      if (fresh.size === 0) return;
      const saved = writeFileAtomic(request.file, encodeTable(merged(savedAtMs), hashBytes), { sync: false });
      if (!saved.ok)
        request.onNote(`the stat cache can't be saved (${saved.error.code}): files are read again next time`);
    },
    size: () => count + fresh.size,
  };
}

function readTable(
  { file, onNote }: StatCacheRequest,
  hashBytes: (bytes: Uint8Array) => string,
): StatTable | null {
  let bytes: Uint8Array;
  try {
    bytes = readAligned(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') onNote(`the stat cache can't be read (${code}): files are read again`);
    return null;
  }
  const table = decodeTable(bytes, hashBytes);
  if (table === 'damaged') onNote('the stat cache is damaged: files are read again');
  else if (table === 'other-version') onNote('the stat cache is of another version: files are read again');
  return typeof table === 'string' ? null : table;
}

/** Into a buffer of its own: readFileSync may hand out a piece of a pool, where doubles wouldn't be aligned. */
function readAligned(file: string): Uint8Array {
  const fd = openSync(file, 'r');
  try {
    const bytes = new Uint8Array(fstatSync(fd).size);
    let at = 0;
    while (at < bytes.byteLength) {
      const length = readSync(fd, bytes, at, bytes.byteLength - at, null);
      if (length === 0) break;
      at += length;
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}
