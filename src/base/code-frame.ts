/**
 * One line of a text with carets under some of its columns, such as a terminal shows them: tabs, wide
 * characters and CRLF don't shift the carets.
 */

export interface FramePlace {
  readonly line: number;
  readonly column: number;
  readonly endColumn?: number;
}

/** Longer lines are shown only around the place, so that a file of one huge line can't flood the terminal. */
const WIDEST = 120;

/** The frame's lines, or null where the text has no such line. */
export function codeFrame(
  text: string,
  { line, column, endColumn = column + 1 }: FramePlace,
): readonly string[] | null {
  const source = lineOf(text, line);
  if (source === null) return null;
  const all = Array.from(source);
  // One more than the last column is the end of the line, where something may be missing.
  const from = Math.min(column - 1, all.length);
  const to = Math.max(from + 1, Math.min(endColumn - 1, all.length));
  const windowStart = all.length <= WIDEST ? 0 : Math.max(0, from - WIDEST / 2);
  const windowEnd = Math.min(all.length, windowStart + WIDEST);
  const before = windowStart > 0 ? '…' : '';
  const after = windowEnd < all.length ? '…' : '';
  const shown = all.slice(windowStart, windowEnd).map(visible).join('');
  // Tabs are repeated below instead of measured: how wide one is, only the terminal knows.
  const padding = all
    .slice(windowStart, from)
    .map((character) => (character === '\t' ? '\t' : ' '.repeat(displayWidth(character))))
    .join('');
  const marked = all.slice(from, Math.min(to, windowEnd));
  const caretWidth = marked.reduce(
    (sum, character) => sum + (character === '\t' ? 1 : displayWidth(character)),
    0,
  );
  const number = String(line);
  const gutter = ' '.repeat(number.length);
  return [
    ` ${gutter} |`,
    ` ${number} | ${before}${shown}${after}`,
    ` ${gutter} | ${' '.repeat(before.length)}${padding}${'^'.repeat(Math.max(1, caretWidth))}`,
  ];
}

/** Line breaks are \n, \r\n and a lone \r, as in YAML. */
function lineOf(text: string, line: number): string | null {
  let start = 0;
  for (let at = 1; at < line; at++) {
    LINE_BREAK.lastIndex = start;
    const found = LINE_BREAK.exec(text);
    if (found === null) return null;
    start = LINE_BREAK.lastIndex;
  }
  LINE_BREAK.lastIndex = start;
  const end = LINE_BREAK.exec(text);
  return text.slice(start, end === null ? undefined : end.index);
}

const LINE_BREAK = /\r\n|\r|\n/g;

function visible(character: string): string {
  return character === '\t' || !UNPRINTABLE.test(character) ? character : '\uFFFD';
}

/** Columns that a terminal gives to one code point: 0, 1 or 2. */
function displayWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069\p{Cs}]/u;
// Marks that combine, zero-width characters, variation selectors.
const ZERO_WIDTH = /\p{Mn}|\p{Me}|[\u200b-\u200f]|[\ufe00-\ufe0f]/u;

/** The blocks of East Asian Width "wide" and "fullwidth" (Unicode UAX #11) that are met in practice. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];
