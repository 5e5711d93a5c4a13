/**
 * The digest of a regular file: from the stat cache where its stat vouches for it, else by reading. Files are
 * opened one at a time, so the number of open files doesn't grow with the work. Knows no links and no roots.
 */
import { lstatSync, type Stats } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Hasher, ReadFile } from '../base/digest.ts';
import type { FileClock } from './file-clock.ts';
import type { StatCache } from './stat-cache.ts';

/** A file to be read: how the stat cache calls it, and where it is. */
export interface Place {
  readonly path: string;
  readonly absolute: string;
}

export interface Content {
  readonly digest: string;
  /** Of the file whose bytes these are, taken before the first of them was read. */
  readonly stats: Stats;
  /** The stat was old enough to vouch for the bytes; else only reading again shows a change. */
  readonly isSettled: boolean;
}

export interface ContentReader {
  /** Without reading: the digest that the stat cache answers with, or null. */
  readonly known: (path: string, stats: Stats) => string | null;
  /**
   * Reads it now. null where it isn't a regular file any more. Throws the system's error; where too many files are
   * open (EMFILE) only after a few tries, so that no half-read content is ever taken for one.
   */
  readonly readNow: (place: Place) => Content | null;
  /** The same; large files in slices, so that other work goes on. */
  readonly read: (place: Place, stats: Stats) => Promise<Content | null>;
  /**
   * Reads once more what was too young to be remembered and by now isn't. The outputs of a run's last tasks are
   * always young when they are hashed; without this the next run would read them again.
   */
  readonly settle: () => void;
}

/** 7 ms of reading and hashing: up to here blocking costs less than going through the thread pool. */
const LARGE_BYTES = 32 * 1024 * 1024;
/** How long the loop is held by a sequence of small files. */
const SLICE_MS = 15;
/** Waiting out one step of the clock is worth it for a large file, not two seconds on a coarse file system. */
const WORTH_WAITING_MS = 40;
const RETRIES = 5;
const RETRY_AFTER_MS = 30;
const SETTLED_AT_MOST_BYTES = 1024 * 1024;
const SETTLED_TOGETHER_BYTES = 64 * 1024 * 1024;

export function createContentReader(hasher: Hasher, cache: StatCache, clock: FileClock): ContentReader {
  const young = new Map<string, string>();
  let clockReadMs = 0;
  let loopFreeAtMs = 0;
  let sliceClockMs = 0;

  /** A reading of the file clock from before now; older ones are only more careful. */
  function clockBeforeReading(): number {
    const nowMs = performance.now();
    if (nowMs - clockReadMs > 5) {
      clockReadMs = nowMs;
      sliceClockMs = clock.refresh();
    }
    return sliceClockMs;
  }

  function remember(place: Place, read: ReadFile | null, clockMs: number): Content | null {
    if (read === null) return null;
    const isSettled = read.whole && clock.isSettled(read.stats, clockMs);
    if (isSettled) {
      cache.record(place.path, read.stats, read.digest);
      young.delete(place.path);
    } else young.set(place.path, place.absolute);
    return { digest: read.digest, stats: read.stats, isSettled };
  }

  function readOnce(place: Place): Content | null {
    const clockMs = clockBeforeReading();
    return remember(place, hasher.digestFile(place.absolute), clockMs);
  }

  function readNow(place: Place): Content | null {
    for (let attempt = 1; ; attempt++) {
      try {
        return readOnce(place);
      } catch (error) {
        if (!isShortOfFiles(error) || attempt > RETRIES) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_AFTER_MS * attempt);
      }
    }
  }

  async function readLarge(place: Place, stats: Stats): Promise<Content | null> {
    // More than once, because the clock read by a write lags behind by up to a tick.
    for (let tries = 0; tries < RETRIES; tries++) {
      const waitMs = clock.untilSettledMs(stats);
      if (waitMs === 0 || waitMs > WORTH_WAITING_MS) break;
      await setTimeout(Math.ceil(waitMs) + 1);
    }
    const clockMs = clock.refresh();
    return remember(place, await hasher.digestLargeFile(place.absolute), clockMs);
  }

  async function read(place: Place, stats: Stats): Promise<Content | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (stats.size > LARGE_BYTES) return await readLarge(place, stats);
        const content = readOnce(place);
        const nowMs = performance.now();
        if (nowMs - loopFreeAtMs > SLICE_MS) {
          await setImmediate();
          loopFreeAtMs = performance.now();
        }
        return content;
      } catch (error) {
        if (!isShortOfFiles(error) || attempt > RETRIES) throw error;
        await setTimeout(RETRY_AFTER_MS * attempt);
      }
    }
  }

  return {
    known: cache.lookup,
    readNow,
    read,
    settle() {
      const clockMs = clock.refresh();
      let together = 0;
      for (const [path, absolute] of young) {
        try {
          const stats = lstatSync(absolute, { throwIfNoEntry: false });
          if (stats === undefined || !stats.isFile() || stats.size > SETTLED_AT_MOST_BYTES) continue;
          if (!clock.isSettled(stats, clockMs) || cache.lookup(path, stats) !== null) continue;
          together += stats.size;
          if (together > SETTLED_TOGETHER_BYTES) return;
          remember({ path, absolute }, hasher.digestFile(absolute), clockMs);
        } catch {
          // It will be read again when somebody asks.
        }
      }
      young.clear();
    },
  };
}

function isShortOfFiles(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE';
}
