/**
 * Lines of a text with carets under some of their columns, such as a terminal shows them: tabs, wide characters,
 * emoji, combining marks, CRLF and a byte order mark don't shift the carets. Control characters never get out.
 */
import stringWidth from 'string-width';

export interface FramePlace {
  /** From 1. */
  readonly line: number;
  /** From 1, in code points. */
  readonly column: number;
  /** The column after the last one meant; absent: one character. */
  readonly endColumn?: number;
}

/** A place with what is to be said about it, beside its carets. */
export interface FrameMark extends FramePlace {
  /** The main one has `^` under it, others have `-`. */
  readonly isMain: boolean;
  readonly label?: string;
}

export type FrameStyle = 'frame' | 'main' | 'other';

export interface FrameOptions {
  /** Of the terminal. Longer lines are cut around the place: a file of one huge line can't flood it. */
  readonly columns?: number;
  readonly paint?: (style: FrameStyle, text: string) => string;
}

const WIDEST_COLUMNS = 120;
const NARROWEST_COLUMNS = 40;
/** Code points around a place that are looked at: enough for any width, and no more work for a line of a megabyte. */
const REACH = 300;

/** The frame's lines, in the order of the text; none where the text has no such lines. */
export function codeFrame(
  text: string,
  marks: readonly FrameMark[],
  { columns = WIDEST_COLUMNS, paint = (_style, part) => part }: FrameOptions = {},
): readonly string[] {
  const lines = linesOf(
    text,
    marks.map(({ line }) => line),
  );
  const shown = [...marks].sort((a, b) => a.line - b.line || Number(b.isMain) - Number(a.isMain));
  const gutterWidth = Math.max(0, ...shown.map(({ line }) => String(line).length));
  const room = Math.max(NARROWEST_COLUMNS, Math.min(columns, WIDEST_COLUMNS)) - gutterWidth - 4;
  const gutter = (content: string) => paint('frame', ` ${content.padStart(gutterWidth)} |`);
  const frame: string[] = [];
  let lastLine = 0;
  let lastContent = '';
  for (const mark of shown) {
    const source = lines.get(mark.line);
    if (source === undefined) continue;
    const { content, padding, carets } = cut(source, mark, room);
    // A second mark in a line stands under the first one's carets, where both see the same part of the line.
    if (lastLine !== mark.line || lastContent !== content) {
      if (frame.length === 0) frame.push(gutter(''));
      else if (mark.line > lastLine + 1) frame.push(paint('frame', '...'));
      frame.push(`${gutter(String(mark.line))} ${content}`.trimEnd());
    }
    const label = mark.label === undefined ? '' : ` ${mark.label}`;
    const underline = (mark.isMain ? '^' : '-').repeat(carets);
    frame.push(`${gutter('')} ${padding}${paint(mark.isMain ? 'main' : 'other', `${underline}${label}`)}`);
    lastLine = mark.line;
    lastContent = content;
  }
  return frame;
}

interface Cut {
  readonly content: string;
  /** What stands before the carets in their line. Tabs are repeated there: how wide one is, only the terminal knows. */
  readonly padding: string;
  /** How many, at least one. */
  readonly carets: number;
}

/** The part of a line around a place, with `…` where something is left out. */
function cut(source: string, { column, endColumn = column + 1 }: FramePlace, room: number): Cut {
  const all = Array.from(source);
  // One more than the last column is the end of the line, where something may be missing.
  const from = Math.min(column - 1, all.length);
  const to = Math.max(from, Math.min(endColumn - 1, all.length));
  const reachStart = Math.max(0, from - REACH);
  const clusters = clustersOf(all.slice(reachStart, from + REACH), reachStart);
  const total = clusters.reduce((sum, { width }) => sum + width, 0);
  const isWhole = reachStart === 0 && from + REACH >= all.length && total <= room;
  const at = clusters.findIndex(({ end }) => end > from);
  const first = at === -1 ? clusters.length : at;
  let start = 0;
  let end = clusters.length;
  if (!isWhole) {
    // Outwards from the place, by turns, until the room is used up; two columns are for the `…`.
    start = first;
    end = first;
    let left = room - 2;
    for (let grew = true; grew && left > 0; ) {
      grew = false;
      for (const next of [start - 1, end]) {
        const cluster = clusters[next];
        if (cluster === undefined || cluster.width > left) continue;
        left -= cluster.width;
        if (next < start) start = next;
        else end = next + 1;
        grew = true;
      }
    }
  }
  const window = clusters.slice(start, end);
  const before = reachStart > 0 || start > 0 ? '…' : '';
  const after = end < clusters.length || from + REACH < all.length ? '…' : '';
  const marked = window.filter((cluster) => cluster.end > from && cluster.start < to);
  return {
    content: `${before}${window.map(({ text }) => text).join('')}${after}`,
    padding:
      ' '.repeat(before.length) +
      clusters
        .slice(start, first)
        .map(({ text, width }) => (text === '\t' ? '\t' : ' '.repeat(width)))
        .join(''),
    carets: Math.max(
      1,
      marked.reduce((sum, { width }) => sum + width, 0),
    ),
  };
}

/** What a terminal draws as one character. */
interface Cluster {
  readonly text: string;
  /** In terminal columns; a tab counts as one. */
  readonly width: number;
  /** Code points of the line, from 0, the end excluded. */
  readonly start: number;
  readonly end: number;
}

function clustersOf(characters: readonly string[], offset: number): readonly Cluster[] {
  const text = characters.map(visible).join('');
  const clusters: Cluster[] = [];
  let at = offset;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const end = at + Array.from(segment).length;
    clusters.push({ text: segment, width: segment === '\t' ? 1 : stringWidth(segment), start: at, end });
    at = end;
  }
  return clusters;
}

function visible(character: string): string {
  return character === '\t' || !UNPRINTABLE.test(character) ? character : '\uFFFD';
}

const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069\p{Cs}\ufeff]/u;

/** The wanted lines. Line breaks are \n, \r\n and a lone \r, as in YAML; a byte order mark isn't part of the first one. */
function linesOf(text: string, wanted: readonly number[]): ReadonlyMap<number, string> {
  const numbers = new Set(wanted);
  const last = Math.max(0, ...numbers);
  const found = new Map<number, string>();
  let start = text.startsWith('\ufeff') ? 1 : 0;
  for (let line = 1; line <= last; line++) {
    LINE_BREAK.lastIndex = start;
    const match = LINE_BREAK.exec(text);
    if (numbers.has(line)) found.set(line, text.slice(start, match?.index));
    if (match === null) break;
    start = LINE_BREAK.lastIndex;
  }
  return found;
}

const LINE_BREAK = /\r\n|\r|\n/g;
