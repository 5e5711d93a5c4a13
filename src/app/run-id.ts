/** Names of runs: they sort by time, and two that start in one second differ. */
import type { RunId } from '../model/ids.ts';

export function newRunId(): RunId {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const random = Math.floor(Math.random() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  return `${stamp}-${random}` as RunId;
}
