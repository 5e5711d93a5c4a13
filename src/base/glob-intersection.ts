/**
 * Whether two globs may match one path: how a task that writes `a/*.csv` is found to be upstream of one that reads
 * `a/b*`. It reads no folder; whether such a path exists isn't asked.
 */
import { DOT, parse, type Ranges, type Segment, SLASH, type Token, writesFirst } from './glob-syntax.ts';

/**
 * May one path match both? Exact: a product of the two patterns, name by name and character by character. Where
 * braces make more than 10,000 pairs it says true unseen, which only makes a dependency too many.
 */
export function globsMayIntersect(a: string, b: string): boolean {
  const left = parse(a);
  const right = parse(b);
  if (left.length * right.length > 10_000) return true;
  return left.some((x) => right.some((y) => pathsIntersect(x, y)));
}

/** A walk through both patterns at once; each pair of places is visited once. */
function pathsIntersect(a: readonly Segment[], b: readonly Segment[]): boolean {
  return reaches(a.length, b.length, (i, j, go) => {
    const x = a[i];
    const y = b[j];
    // A last `**` needs a name; any other may stand for no folder at all.
    if (x === 'globstar' && i < a.length - 1) go(i + 1, j);
    if (y === 'globstar' && j < b.length - 1) go(i, j + 1);
    if (x === undefined || y === undefined || !namesIntersect(x, y)) return;
    for (const nextI of placesAfter(a, i)) for (const nextJ of placesAfter(b, j)) go(nextI, nextJ);
  });
}

/** After one name: a globstar may go on; a last one may also end. */
function placesAfter(segments: readonly Segment[], at: number): number[] {
  if (segments[at] !== 'globstar') return [at + 1];
  return at === segments.length - 1 ? [at, at + 1] : [at];
}

const ANY_NAME: readonly Token[] = ['star'];

function namesIntersect(x: Segment, y: Segment): boolean {
  const a = x === 'globstar' ? ANY_NAME : x;
  const b = y === 'globstar' ? ANY_NAME : y;
  const noDotFirst = !writesFirst(a) || !writesFirst(b);
  // Once a character is consumed, both sides have moved or stand on a star; whether it was the first is the
  // third coordinate, folded into the first: places of `a` beyond its length mean "not the first any more".
  const width = a.length + 1;
  return (
    reaches(a.length + width, b.length, (place, j, go) => {
      const isFirst = place < width;
      const i = isFirst ? place : place - width;
      const s = a[i];
      const t = b[j];
      if (s === 'star') go(place + 1, j);
      if (t === 'star') go(place, j + 1);
      // Every name is at least one character long, so only the shifted places count as an end.
      if (s === undefined || t === undefined || !tokensIntersect(s, t, isFirst && noDotFirst)) return;
      const nextI = (s === 'star' ? i : i + 1) + width;
      const nextJ = t === 'star' ? j : j + 1;
      go(nextI, nextJ);
    }) ||
    (a.length === 0 && b.length === 0)
  );
}

const ANY_CHARACTER: Ranges = [
  [1, SLASH - 1],
  [SLASH + 1, 0x10ffff],
];

function tokensIntersect(s: Token, t: Token, noDot: boolean): boolean {
  const x = s === 'star' ? ANY_CHARACTER : s;
  const y = t === 'star' ? ANY_CHARACTER : t;
  return x.some(([xLow, xHigh]) =>
    y.some(([yLow, yHigh]) => {
      const low = Math.max(xLow, yLow);
      const high = Math.min(xHigh, yHigh);
      return low <= high && !(noDot && low === DOT && high === DOT);
    }),
  );
}

type Step = (i: number, j: number, go: (i: number, j: number) => void) => void;

/** Can a walk from (0, 0) reach (endI, endJ)? */
function reaches(endI: number, endJ: number, step: Step): boolean {
  const seen = new Set<number>();
  const open: [number, number][] = [];
  const go = (i: number, j: number) => {
    const key = i * (endJ + 1) + j;
    if (seen.has(key)) return;
    seen.add(key);
    open.push([i, j]);
  };
  go(0, 0);
  while (open.length > 0) {
    const [i, j] = open.pop()!;
    if (i === endI && j === endJ) return true;
    step(i, j, go);
  }
  return false;
}
