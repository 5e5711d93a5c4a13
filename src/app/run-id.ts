/** Names of runs: they sort by the millisecond in which they start, and two that start in the same one differ. */
import type { RunId } from '../model/ids.ts';

/** `YYYYMMDD-HHMMSS-` in UTC, then two digits of base 36 for the millisecond and four by chance. */
export function newRunId(now: Date = new Date()): RunId {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const random = Math.floor(Math.random() * 36 ** 4);
  return `${stamp}-${digits(now.getUTCMilliseconds(), 2)}${digits(random, 4)}` as RunId;
}

function digits(value: number, count: number): string {
  return value.toString(36).padStart(count, '0');
}
