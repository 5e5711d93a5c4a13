/** A pipeline file's text and its lines: offsets become lines and columns. It doesn't know YAML. */
import type { SourcePosition } from '../model/ids.ts';

/** Offsets into `SourceFile.text`; `end` is the first one behind. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SourceFile {
  /** Root-relative. */
  readonly path: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** Line and column in code points, as an editor shows them. */
  position(span: Span): SourcePosition;
}

export function makeSourceFile(path: string, text: string): SourceFile {
  const starts = [0];
  for (const found of text.matchAll(/\r\n|\r|\n/g)) starts.push(found.index + found[0].length);
  /** Second halves of characters beyond U+FFFF: what columns in code points don't count. */
  const seconds: number[] = [];
  for (const found of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) seconds.push(found.index + 1);
  const columnOf = (lineStart: number, offset: number) =>
    offset - lineStart - (countBelow(seconds, offset) - countBelow(seconds, lineStart)) + 1;
  return {
    path,
    text,
    position({ start, end }) {
      const from = Math.max(0, Math.min(start, text.length));
      const line = countBelow(starts, from + 1) - 1;
      const lineStart = starts[line]!;
      const column = columnOf(lineStart, from);
      const marked = text.slice(from, Math.min(end, starts[line + 1] ?? text.length)).trimEnd();
      const position = { file: path, line: line + 1, column };
      return marked.length > 1
        ? { ...position, endColumn: columnOf(lineStart, from + marked.length) }
        : position;
    },
  };
}

/** How many of the ascending numbers are less than `limit`. */
export function countBelow(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
