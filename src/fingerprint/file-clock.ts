/**
 * The clock that file stamps come from, which isn't the clock of this process: another machine's on a network
 * mount, the real one under faketime, and it moves in steps. It is read by writing a byte to a probe file.
 *
 * The racy rule (git's name for it): a file written twice within one step of that clock has one stamp for two
 * contents. So a stat vouches for a content only if, before the content was read, its newest time already lay more
 * than a step in the past: any later write then has a later stamp.
 */
import { closeSync, fstatSync, openSync, type Stats, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The kernel advances the stamps with its timer tick: 10 ms at 100 Hz, the slowest in use; twice that. */
const STEP_MS = 20;
/** File systems that keep whole seconds (ext4 with small inodes, HFS+) or two (FAT); and what has another clock. */
const COARSE_STEP_MS = 2000;

export interface FileClock {
  /** The clock now, or a moment before. Unix milliseconds. */
  readonly refresh: () => number;
  /** Is a stat's newest time older than a step, seen from `atMs` (a reading taken before the content was read)? */
  readonly isSettled: (stats: Stats, atMs: number) => boolean;
  /** Is the time not in the future? Then stamps of an earlier session can be believed. */
  readonly isPast: (timeMs: number) => boolean;
  /** How long to wait until the stat is settled; 0: it is. Infinity: its time lies in the future. */
  readonly untilSettledMs: (stats: Stats) => number;
  readonly close: () => void;
}

/**
 * Keeps the probe file open. Where the state folder is read-only or absent, the process's clock stands in, with the
 * wide step; nothing is saved there anyway.
 */
export function openFileClock(stateDir: string, readOnly: boolean): FileClock {
  const probe = readOnly ? null : openProbe(join(stateDir, 'clock-probe'));
  let lastMs = 0;

  function refresh(): number {
    lastMs = probe === null ? Date.now() : (probe.touch() ?? Date.now());
    return lastMs;
  }

  function stepOf(stats: Stats): number {
    if (probe === null || stats.dev !== probe.device) return COARSE_STEP_MS;
    // Nanosecond stamps fall on a whole second once in four million files, which then are read once more.
    return stats.ctimeMs % 1000 === 0 || stats.mtimeMs % 1000 === 0 ? COARSE_STEP_MS : STEP_MS;
  }

  return {
    refresh,
    isSettled: (stats, atMs) => Math.max(stats.mtimeMs, stats.ctimeMs) + stepOf(stats) <= atMs,
    isPast: (timeMs) => timeMs <= lastMs || timeMs <= refresh(),
    untilSettledMs(stats) {
      const newestMs = Math.max(stats.mtimeMs, stats.ctimeMs);
      const nowMs = refresh();
      if (newestMs > nowMs + STEP_MS) return Number.POSITIVE_INFINITY;
      return Math.max(0, newestMs + stepOf(stats) - nowMs);
    },
    close: () => probe?.close(),
  };
}

interface Probe {
  readonly device: number;
  readonly touch: () => number | null;
  readonly close: () => void;
}

function openProbe(path: string): Probe | null {
  let fd: number | null;
  try {
    fd = openSync(path, 'w');
  } catch {
    return null;
  }
  return {
    device: fstatSync(fd).dev,
    touch() {
      // The number of a closed file soon belongs to another, which must not be written to.
      if (fd === null) return null;
      try {
        // A write, because utimes would set the time of this process's clock.
        writeSync(fd, 't', 0);
        return fstatSync(fd).mtimeMs;
      } catch {
        return null; // Disk full: the other clock has to do.
      }
    },
    close() {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}
