/**
 * The syntax of globs: a pattern as lists of segments, braces expanded. `glob.ts` documents what users write; this
 * only reads it. Matching and intersection stand on the same parse, so they can't disagree.
 */

/** One character: pairs of first and last code point. */
export type Ranges = readonly (readonly [number, number])[];
export type Token = 'star' | Ranges;
/** One name of a path, or any number of folders. */
export type Segment = 'globstar' | readonly Token[];

/** `{1..100000}` isn't a pattern any more; also keeps nested braces from growing without end. */
const MOST_ALTERNATIVES = 4096;

/** Every alternative that the braces stand for. Throws a RangeError above 4,096 of them. */
export function parse(pattern: string, braces = true): readonly (readonly Segment[])[] {
  return (braces ? expandBraces(pattern) : [pattern]).map(parseSegments);
}

export function parseSegments(pattern: string): Segment[] {
  const segments: Segment[] = [];
  for (const name of pattern.split('/')) {
    const segment = name === '**' ? 'globstar' : parseName(name);
    // `**/**` says no more than `**`, and would make the regular expression try every split.
    if (segment !== 'globstar' || segments[segments.length - 1] !== 'globstar') segments.push(segment);
  }
  return segments;
}

function parseName(name: string): Token[] {
  const characters = [...name];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    if (character === '*') {
      if (tokens[tokens.length - 1] !== 'star') tokens.push('star');
    } else if (character === '?') tokens.push(complement([]));
    else if (character === '[') {
      const set = parseSet(characters, at);
      tokens.push(set === null ? literal('[') : set.ranges);
      if (set !== null) at = set.end;
    } else if (character === '\\' && at + 1 < characters.length) tokens.push(literal(characters[++at]!));
    else tokens.push(literal(character));
  }
  return tokens;
}

/** `[...]` from its opening bracket, or null where it isn't closed. `]` comes first to stand for itself. */
function parseSet(characters: readonly string[], open: number): { ranges: Ranges; end: number } | null {
  let at = open + 1;
  const negated = characters[at] === '!' || characters[at] === '^';
  if (negated) at++;
  const ranges: [number, number][] = [];
  const take = (): number => {
    if (characters[at] === '\\' && at + 1 < characters.length) at++;
    return characters[at++]!.codePointAt(0)!;
  };
  for (let first = true; at < characters.length && (first || characters[at] !== ']'); first = false) {
    const low = take();
    const isRange = characters[at] === '-' && at + 1 < characters.length && characters[at + 1] !== ']';
    if (isRange) at++;
    const high = isRange ? take() : low;
    if (low <= high) ranges.push([low, high]);
  }
  if (at >= characters.length) return null;
  return { ranges: negated ? complement(ranges) : ranges, end: at };
}

function literal(character: string): Ranges {
  const code = character.codePointAt(0)!;
  return [[code, code]];
}

export const SLASH = 0x2f;
export const DOT = 0x2e;

/** Every character that a name can hold besides these. */
function complement(ranges: readonly (readonly [number, number])[]): Ranges {
  const taken = [...ranges, [0, 0], [SLASH, SLASH]].sort((x, y) => x[0]! - y[0]!);
  const left: [number, number][] = [];
  let next = 0;
  for (const [low, high] of taken as [number, number][]) {
    if (low > next) left.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= 0x10ffff) left.push([next, 0x10ffff]);
  return left;
}

/** The name that a segment spells, or null where it holds a wildcard. */
export function literalName(segment: Segment): string | null {
  if (segment === 'globstar') return null;
  let name = '';
  for (const token of segment) {
    const code = literalCode(token);
    if (code === null) return null;
    name += String.fromCodePoint(code);
  }
  return name;
}

function literalCode(token: Token | undefined): number | null {
  if (token === undefined || token === 'star' || token.length !== 1) return null;
  return token[0]![0] === token[0]![1] ? token[0]![0] : null;
}

/** Does the segment write its first character, so that it may match a leading dot? */
export function writesFirst(segment: readonly Token[]): boolean {
  return segment.length === 0 || literalCode(segment[0]) !== null;
}

export function expandBraces(pattern: string): string[] {
  for (let open = 0; open < pattern.length; open++) {
    if (pattern[open] === '\\') open++;
    else if (pattern[open] === '{') {
      const group = readBraces(pattern, open);
      if (group === null) continue;
      const heads = group.alternatives.flatMap((alternative) => expandBraces(alternative));
      const tails = expandBraces(pattern.slice(group.end + 1));
      if (heads.length * tails.length > MOST_ALTERNATIVES) throw tooMany(pattern);
      return heads.flatMap((head) => tails.map((tail) => pattern.slice(0, open) + head + tail));
    }
  }
  return [pattern];
}

function tooMany(pattern: string): RangeError {
  return new RangeError(`the braces of '${pattern}' stand for more than ${MOST_ALTERNATIVES} alternatives`);
}

/** The alternatives between a brace and its partner, or null where the braces stand for themselves. */
function readBraces(pattern: string, open: number): { alternatives: string[]; end: number } | null {
  const alternatives: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '\\') at++;
    else if (character === '{') depth++;
    else if (character === ',' && depth === 1) {
      alternatives.push(pattern.slice(start, at));
      start = at + 1;
    } else if (character === '}' && --depth === 0) {
      alternatives.push(pattern.slice(start, at));
      if (alternatives.length > 1) return { alternatives, end: at };
      const range = expandRange(alternatives[0]!, pattern);
      return range === null ? null : { alternatives: range, end: at };
    }
  }
  return null;
}

/** `1..12`, `01..12` (as wide as written), `1..10..3`, `a..e`; null for anything else. */
function expandRange(text: string, pattern: string): string[] | null {
  const [, from, to, step] = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.(-?\d+))?$/.exec(text) ?? [];
  if (from === undefined || to === undefined || /\d/.test(from) !== /\d/.test(to)) return null;
  const isNumber = /\d/.test(from);
  const first = isNumber ? Number(from) : from.charCodeAt(0);
  const last = isNumber ? Number(to) : to.charCodeAt(0);
  const by = Math.max(1, Math.abs(Number(step ?? 1))) * (first <= last ? 1 : -1);
  const count = Math.floor((last - first) / by) + 1;
  if (count > MOST_ALTERNATIVES) throw tooMany(pattern);
  const width = /^-?0\d/.test(from) || /^-?0\d/.test(to) ? Math.max(from.length, to.length) : 0;
  return Array.from({ length: count }, (_, index) => {
    const value = first + index * by;
    if (!isNumber) return String.fromCharCode(value);
    return value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0');
  });
}
