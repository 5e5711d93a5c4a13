/**
 * Notices a watch that goes round in circles: a task that writes, other bytes each time, what an earlier task of
 * the same run goes by. That can't be told for certain from a user who saves the same file during each run, so
 * nothing is ever left out: the runs only follow each other more and more slowly.
 */
export interface LoopBrake {
  /** `afterMs`: how long after the start of the run the change was seen; null: only after the run was over. */
  readonly onChange: (
    paths: readonly string[],
    afterMs: number | null,
  ) => { readonly delayMs: number; readonly isFirst: boolean };
}

/** So many runs in a row. */
const TOLERATED = 5;
/** Whatever comes later needs no brake. */
const QUICK_MS = 5_000;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

export function createLoopBrake(): LoopBrake {
  let rounds = 0;
  let before = '';
  return {
    onChange(paths, afterMs) {
      const now = paths.join('\n');
      const isQuick = afterMs !== null && afterMs < QUICK_MS;
      rounds = isQuick ? (now === before ? rounds + 1 : 1) : 0;
      before = now;
      const beyond = rounds - TOLERATED;
      if (beyond < 0) return { delayMs: 0, isFirst: false };
      return { delayMs: Math.min(FIRST_DELAY_MS * 2 ** beyond, LONGEST_DELAY_MS), isFirst: beyond === 0 };
    },
  };
}
