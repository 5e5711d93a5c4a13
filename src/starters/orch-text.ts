/**
 * Writes texts of other tools as texts of orch: literal text in which nothing is taken for syntax, paths, and
 * commands with placeholders where orch can vouch for them. It knows no other tool and no disk.
 */
import { posix } from 'node:path';
import type { Outcome } from '../base/outcome.ts';
import { fail, ok } from '../base/outcome.ts';
import { parseTemplate } from '../pipeline/expression/index.ts';

/** A placeholder in a command: what to write, and the value as it is now. */
export interface Value {
  /** Without `${{ }}`. */
  readonly expression: string;
  /** It stands for any number of words. */
  readonly isList: boolean;
  /** As text, words apart by blanks. */
  readonly plain: string;
}

export type CommandPiece = string | Value;

const placeholder = (expression: string) => `\${{ ${expression} }}`;

/** `$${{` stands for the text `${{`. */
export function literalText(text: string): string {
  return text.replaceAll('${{', '$${{');
}

/** As it is at present; not escaped for orch. */
export function textOf(pieces: readonly CommandPiece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.plain)).join('');
}

/** The command with every value written out. */
export function plainCommand(pieces: readonly CommandPiece[]): string {
  return literalText(textOf(pieces));
}

/**
 * The command with placeholders for values. A list inside quotes or glued to other text can't be one: there its
 * present words are written out. So is everything where orch refuses placeholders (here-documents, say).
 */
export function commandText(pieces: readonly CommandPiece[]): string {
  const written = pieces.map((piece) =>
    typeof piece === 'string' ? literalText(piece) : placeholder(piece.expression),
  );
  const quotings = quotingsOf(written.join(''));
  const values = pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece]));
  if (quotings === null || quotings.length !== values.length) return plainCommand(pieces);
  let at = -1;
  return pieces
    .map((piece, index) => {
      if (typeof piece === 'string') return written[index]!;
      at += 1;
      if (!piece.isList) return written[index]!;
      const standsAlone =
        quotings[at] === 'bare' &&
        /(^|[\s;&|(])$/.test(written.slice(0, index).join('')) &&
        !/[<>]\s*$/.test(written.slice(0, index).join('')) &&
        /^([\s;&|)]|$)/.test(written.slice(index + 1).join(''));
      return standsAlone ? written[index]! : literalText(piece.plain);
    })
    .join('');
}

/** How each placeholder of a shell text is quoted; null where the text isn't one that orch takes. */
function quotingsOf(text: string): readonly string[] | null {
  const parsed = parseTemplate(text, { at: () => ({ file: '', line: 1, column: 1 }), reader: 'shell' });
  if (!parsed.ok) return null;
  if (typeof parsed.value === 'string') return [];
  return parsed.value.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.quoting]));
}

/** A literal path as `inputs` and `outputs` take it. */
export function literalPath(path: string): string {
  return literalText(path.replace(/[\\*?{}]/g, '\\$&').replace(/^!/, '\\!'));
}

/**
 * A path as some tool writes it, relative to `dir`, as a root-relative one without `./`, `//`, `..`; '' for the
 * root. Fails for what lies outside, with the path as orch takes it for an external input.
 */
export function projectPath(written: string, root: string, dir = ''): Outcome<string, string> {
  const absolute = posix.isAbsolute(written) ? posix.normalize(written) : posix.join(root, dir, written);
  const path = posix.relative(root, absolute);
  if (path === '..' || path.startsWith('../'))
    return fail(posix.isAbsolute(written) ? posix.normalize(written) : path);
  return ok(path);
}

/** A text as one word of a shell, plain where it can be. */
export { shellWord } from '../pipeline/expression/index.ts';

/** Values that mean themselves unquoted in a shell, one word or several. */
export function isPlainWords(text: string): boolean {
  return /^[\w./:=+,@%-]*( +[\w./:=+,@%-]+)*$/.test(text);
}

/** The text as one line of at most so many characters, for comments and messages. */
export function oneLine(text: string, most = 60): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
