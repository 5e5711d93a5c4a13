/** A pipeline file's text and its lines: offsets become lines and columns. It doesn't know YAML. */
import type { SourcePosition } from '../model/ids.ts';

/** Offsets into `SourceFile.text`; `end` is the first one behind. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface MarkedPosition extends SourcePosition {
  readonly endColumn?: number;
}

export interface SourceFile {
  /** Root-relative. */
  readonly path: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** Line and column in code points, as an editor shows them. */
  position(span: Span): MarkedPosition;
}

export function makeSourceFile(path: string, text: string): SourceFile {
  const starts = [0];
  for (const found of text.matchAll(/\r\n|\r|\n/g)) starts.push(found.index + found[0].length);
  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    path,
    text,
    position({ start, end }) {
      const line = lineAt(Math.max(0, Math.min(start, text.length)));
      const lineStart = starts[line]!;
      const column = codePoints(text, lineStart, start) + 1;
      const marked = text.slice(start, Math.min(end, starts[line + 1] ?? text.length)).trimEnd();
      const position = { file: path, line: line + 1, column };
      return marked.length > 1
        ? { ...position, endColumn: column + codePoints(marked, 0, marked.length) }
        : position;
    },
  };
}

function codePoints(text: string, start: number, end: number): number {
  let count = end - start;
  for (let at = start; at < end - 1; at++)
    if (text.charCodeAt(at) >= 0xd800 && text.charCodeAt(at) <= 0xdbff) count--;
  return count;
}
