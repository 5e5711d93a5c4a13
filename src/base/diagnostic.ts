/**
 * A message about a place in a text, and its printed form: position, message, the line with a caret under the
 * place, hints. It doesn't know what the text is about, and reads no files.
 */
import { codeFrame } from './code-frame.ts';

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
  /** What to do about it. */
  readonly hint?: string;
  /** Other places that have to do with it. */
  readonly related?: readonly (DiagnosticPlace & { readonly message: string })[];
}

export type DiagnosticStyle = 'error' | 'warning' | 'place' | 'frame' | 'hint';
export type Paint = (style: DiagnosticStyle, text: string) => string;

const plain: Paint = (_style, text) => text;

/**
 * The printed form, without a final newline. `sourceText` is the file's text as it was read; with null the
 * frame is left out.
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  sourceText: string | null,
  { color = plain }: { readonly color?: Paint } = {},
): string {
  const { severity, message, hint, related = [] } = diagnostic;
  const place = diagnostic.file === null ? '' : `${color('place', `${placeOf(diagnostic)}:`)} `;
  const lines = [`${place}${color(severity, `${severity}:`)} ${printable(message)}`];
  if (sourceText !== null && diagnostic.file !== null) {
    const frame = codeFrame(sourceText, diagnostic);
    if (frame !== null) lines.push(...frame.map((line) => color('frame', line)));
  }
  for (const other of related)
    lines.push(`  ${color('place', `${placeOf(other)}:`)} ${printable(other.message)}`);
  if (hint !== undefined) lines.push(`  ${color('hint', 'hint:')} ${printable(hint)}`);
  return lines.join('\n');
}

function placeOf({ file, line, column }: DiagnosticPlace): string {
  return file === null ? '(no file)' : `${printable(file)}:${line}:${column}`;
}

/** Text from a file must not move the terminal's cursor or forge further lines. */
function printable(text: string): string {
  return text.replace(CONTROL, (character) =>
    JSON.stringify(character).slice(1, -1).replace(CONTROL, '\uFFFD'),
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
