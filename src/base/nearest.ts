/**
 * The name that a user probably meant. Knows nothing of where the names come from.
 */

/** Longer names are compared by nobody's finger: the cost is quadratic, so they are left out. */
const MAX_LENGTH = 100;

/**
 * The candidate with the fewest slips (a letter missing, added, replaced, or two neighbours swapped), or null
 * where none is near: at most one slip for every three letters, and at least one is always forgiven.
 * Capitals, and `-` for `_`, don't count as slips. Equally near candidates: the first one.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const wanted = fold(name);
  if (wanted === '' || wanted.length > MAX_LENGTH) return null;
  let best: string | null = null;
  let bestSlips = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const folded = fold(candidate);
    if (folded.length > MAX_LENGTH || Math.abs(folded.length - wanted.length) >= bestSlips) continue;
    const slips = slipsBetween(wanted, folded);
    // Replacing every letter of a short name would reach any other: `a` doesn't suggest `b`.
    if (slips >= Math.max(wanted.length, folded.length)) continue;
    if (slips < bestSlips) {
      best = candidate;
      bestSlips = slips;
    }
  }
  return best;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** Damerau-Levenshtein distance (the restricted one: no letter moves twice), in code units. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let slips = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        slips = Math.min(slips, beforeLast[j - 2]! + 1);
      row.push(slips);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
