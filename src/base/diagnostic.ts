/**
 * A message about a place in a text, and its printed form: position, code, message, the line with a caret under
 * the place, other places that have to do with it, hints. It doesn't know what the text is about, and reads no files.
 */
import { codeFrame, type FrameMark, type FrameStyle } from './code-frame.ts';

export interface DiagnosticPlace {
  /** null where the trouble isn't in a file (a command line, say); then line and column mean nothing. */
  readonly file: string | null;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points; a tab is one). */
  readonly column: number;
  /** The column after the last one meant; absent: one character. */
  readonly endColumn?: number;
}

export interface Diagnostic extends DiagnosticPlace {
  readonly severity: 'error' | 'warning';
  /** One word from a closed list that its owner keeps. */
  readonly code: string;
  readonly message: string;
  /** What to say beside the carets. */
  readonly label?: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Other places that have to do with it. */
  readonly related?: readonly (DiagnosticPlace & { readonly message: string })[];
  /** Further places of which exactly the same is to be said. */
  readonly alsoAt?: readonly DiagnosticPlace[];
}

export type DiagnosticStyle = 'error' | 'warning' | 'place' | 'frame' | 'related' | 'hint';
export type Paint = (style: DiagnosticStyle, text: string) => string;

export interface DiagnosticFormat {
  /** The text of a file as it was read; null: its frames are left out. */
  readonly textOf: (file: string) => string | null;
  /** How a file is called for the reader. */
  readonly shownPath?: (file: string) => string;
  readonly color?: Paint;
  /** Of the terminal. */
  readonly columns?: number;
}

/** Of many places in one message, as many are named. */
const MAX_FURTHER_PLACES = 8;

/** The printed form, without a final newline. */
export function formatDiagnostic(diagnostic: Diagnostic, format: DiagnosticFormat): string {
  const { textOf, shownPath = (file) => file, color = (_style, text) => text, columns } = format;
  const { severity, code, message, label, hint, file, related = [], alsoAt = [] } = diagnostic;
  const placeOf = (place: DiagnosticPlace) =>
    place.file === null ? '(no file)' : `${printable(shownPath(place.file))}:${place.line}:${place.column}`;
  const frame = (name: string | null, marks: readonly FrameMark[]): readonly string[] => {
    const text = name === null ? null : textOf(name);
    const paint = (style: FrameStyle, part: string) =>
      color(style === 'main' ? severity : style === 'other' ? 'related' : 'frame', part);
    return text === null
      ? []
      : codeFrame(text, marks, { paint, ...(columns === undefined ? {} : { columns }) });
  };

  const place = file === null ? '' : `${color('place', `${placeOf(diagnostic)}:`)} `;
  const lines = [`${place}${color(severity, `${severity}[${code}]:`)} ${printable(message)}`];
  const here = related.filter((other) => other.file === file);
  lines.push(
    ...frame(file, [
      { ...markOf(diagnostic), isMain: true, ...(label === undefined ? {} : { label: printable(label) }) },
      ...here.map((other) => ({ ...markOf(other), isMain: false, label: printable(other.message) })),
    ]),
  );
  const hasFrame = lines.length > 1;
  for (const other of related) {
    if (hasFrame && other.file === file) continue;
    lines.push(`  ${color('place', `${placeOf(other)}:`)} ${printable(other.message)}`);
    lines.push(...frame(other.file, [{ ...markOf(other), isMain: false }]));
  }
  if (alsoAt.length > 0) {
    const named = alsoAt
      .slice(0, MAX_FURTHER_PLACES)
      .map((other) => (other.file === file ? `${other.line}:${other.column}` : placeOf(other)));
    const more = alsoAt.length - named.length;
    lines.push(
      `  also at ${named.join(', ')}${more === 0 ? '' : ` and ${more} more ${more === 1 ? 'place' : 'places'}`}`,
    );
  }
  if (hint !== undefined) lines.push(`  ${color('hint', 'hint:')} ${printable(hint)}`);
  return lines.join('\n');
}

function markOf({ line, column, endColumn }: DiagnosticPlace): Omit<FrameMark, 'isMain'> {
  return { line, column, ...(endColumn === undefined ? {} : { endColumn }) };
}

/** Text from a file must not move the terminal's cursor or forge further lines. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) =>
    JSON.stringify(character).slice(1, -1).replace(CONTROL, '\uFFFD'),
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
