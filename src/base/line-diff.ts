/**
 * Which lines differ between two texts, for people: small edits of commands, not large files. It knows nothing of
 * what the texts are, and it doesn't word or shorten anything.
 */

export interface LineChange {
  /** Counted from 1, in the later text; where the line is gone, in the earlier one. */
  readonly line: number;
  /** null: the line is new. */
  readonly from: string | null;
  /** null: the line is gone. */
  readonly to: string | null;
}

/** Beyond this many lines on a side, what lies between the first and the last difference counts as replaced. */
const MAX_LINES = 400;

/** The changed lines from top to bottom. A run of removed lines is paired with the added ones in its place. Pure. */
export function diffLines(before: string, after: string): LineChange[] {
  const old = before.split('\n');
  const now = after.split('\n');
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let oldEnd = old.length;
  let nowEnd = now.length;
  while (oldEnd > start && nowEnd > start && old[oldEnd - 1] === now[nowEnd - 1]) {
    oldEnd--;
    nowEnd--;
  }
  const kept = commonLines(old.slice(start, oldEnd), now.slice(start, nowEnd));
  const changes: LineChange[] = [];
  let [oldAt, nowAt] = [start, start];
  for (const [oldKept, nowKept] of [...kept, [oldEnd - start, nowEnd - start] as const]) {
    while (oldAt < start + oldKept || nowAt < start + nowKept) {
      const from = oldAt < start + oldKept ? (old[oldAt++] ?? null) : null;
      const to = nowAt < start + nowKept ? (now[nowAt++] ?? null) : null;
      changes.push({ line: to === null ? oldAt : nowAt, from, to });
    }
    oldAt++;
    nowAt++;
  }
  return changes;
}

/** Positions of a longest common subsequence, in order. */
function commonLines(old: readonly string[], now: readonly string[]): (readonly [number, number])[] {
  if (old.length === 0 || now.length === 0 || old.length > MAX_LINES || now.length > MAX_LINES) return [];
  const width = now.length + 1;
  // length[i * width + j]: how many lines the rests from i and from j have in common.
  const length = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      length[i * width + j] =
        old[i] === now[j]
          ? length[(i + 1) * width + j + 1]! + 1
          : Math.max(length[(i + 1) * width + j]!, length[i * width + j + 1]!);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) pairs.push([i++, j++]);
    else if (length[(i + 1) * width + j]! >= length[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}
