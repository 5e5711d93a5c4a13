/**
 * Reads a path as it is written under `inputs` or `outputs`.
 *
 * What makes a glob is an unescaped `*`, `?`, `{a,b}` or `{1..3}` in the text of the file; without one, a path is
 * literal, brackets included: `[x].txt` is the file of that name. In a glob everything of `base/glob` counts, so
 * brackets are classes there. A backslash takes the meaning from the character behind it: `a\*b` is a file called
 * `a*b`, and `data/\[x\]/*.csv` a glob in the folder `[x]`. Values of expressions never act as syntax: in a glob
 * they are escaped in this way, in a literal path they stand as they are.
 *
 * It knows no disk: whether a literal path is a file or a folder shows later.
 */
import { escapeGlob, globProblem } from '../base/glob.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { normalisePath } from '../base/path.ts';
import type { PathKind } from '../model/task.ts';

/** A part of a path: text of the file, or the value of an expression. */
export interface PathPiece {
  readonly text: string;
  readonly isValue: boolean;
}

export interface ReadPath {
  readonly negated: boolean;
  readonly kind: PathKind;
  /** Root-relative, '' for the root itself; see `InputSpec.path`. */
  readonly path: string;
}

export interface PathTrouble {
  readonly code: 'bad-path' | 'outside-root';
  readonly message: string;
  readonly hint: string | null;
}

export interface PathRules {
  /** May be absolute or have `..`. */
  readonly external: boolean;
  /** May start with `!`. */
  readonly negatable: boolean;
}

export function readPath(pieces: readonly PathPiece[], rules: PathRules): Outcome<ReadPath, PathTrouble> {
  const [first, ...others] = pieces;
  const negated = rules.negatable && first !== undefined && !first.isValue && first.text.startsWith('!');
  const wanted = negated ? [{ text: first.text.slice(1), isValue: false }, ...others] : pieces;
  const written = wanted.map((piece) => piece.text).join('');
  const bad = (message: string, hint: string | null = null) =>
    fail<PathTrouble>({ code: 'bad-path', message, hint });
  if (written === '') return bad('the path is empty');
  if (written.includes('\0')) return bad('a path has no NUL character');
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(written))
    return bad(`${written} is an address, not a path`, 'let a task of its own fetch it into a file');
  if (/^~(\/|$)/.test(written))
    return bad(
      `${written}: "~" means nothing in a path`,
      rules.negatable ? 'write {path: "${{ env.HOME }}/…", external: true}' : 'outputs lie inside the root',
    );

  const glob = isGlob(wanted);
  if (!glob && wanted.some((piece) => !piece.isValue && /\\([^\\*?[\]{}()!+@,]|$)/.test(piece.text)))
    return bad(
      `${written}: folders are separated by "/"`,
      `write ${written.replace(/\\(?![*?[\]{}()!+@,])/g, '/')}; a backslash only takes the meaning from a glob character`,
    );
  const text = wanted.map((piece) => (glob ? asGlob(piece) : asLiteral(piece))).join('');
  const isAbsolute = text.startsWith('/');
  // `a/../b` is b only if a is no link: inside the root any `..` is refused. In a glob it may hide in braces.
  const hasParent = (glob ? /(^|[/{,])\.\.([/},]|$)/ : /(^|\/)\.\.(\/|$)/).test(text);
  if (!rules.external && (isAbsolute || hasParent))
    return fail({
      code: 'outside-root',
      message: `${written} ${isAbsolute ? 'is absolute' : 'leads out of the root'}`,
      hint: rules.negatable
        ? 'write {path: …, external: true} for an input outside the root'
        : 'outputs lie inside the root',
    });
  const path = normalisePath(text);
  const isFolder = /(^|\/)\.{0,2}$/.test(text);
  if (!glob) return ok({ negated, kind: isFolder ? 'folder' : 'file', path });
  if (isFolder) return bad(`${written}: a glob matches files`, `write ${written}** for everything below`);
  if (hasValueInClass(wanted)) return bad(`${written}: a value can't stand inside the [ ] of a glob`);
  const problem = globProblem(path);
  return problem === null ? ok({ negated, kind: 'glob', path }) : bad(`${written}: ${problem}`);
}

function isGlob(pieces: readonly PathPiece[]): boolean {
  const syntax = pieces.map((piece) => (piece.isValue ? 'v' : piece.text.replace(/\\./gs, 'e'))).join('');
  return /[*?]|\{[^{}]*(,|\w\.\.\w)[^{}]*\}/.test(syntax);
}

/** In a class even `-` and `!` are syntax; nothing sensible would be left of a value there. */
function hasValueInClass(pieces: readonly PathPiece[]): boolean {
  const syntax = pieces.map((piece) => (piece.isValue ? '\0' : piece.text.replace(/\\./gs, 'e'))).join('');
  return /\[[^\]/]*\0[^/]*\]/.test(syntax);
}

function asGlob({ text, isValue }: PathPiece): string {
  // The comma separates alternatives where the value stands inside braces.
  return isValue ? escapeGlob(text).replaceAll(',', '\\,') : text;
}

function asLiteral({ text, isValue }: PathPiece): string {
  return isValue ? text : text.replace(/\\(.)/gs, '$1');
}

/**
 * A root-relative path as a command sees it that runs in `dir`. A leading dash gets `./` before it: no value
 * may be taken for an option.
 */
export function localPath(path: string, dir: string): string {
  if (path.startsWith('/')) return path;
  const from = dir === '' ? [] : dir.split('/');
  const to = path === '' ? [] : path.split('/');
  let common = 0;
  while (common < from.length && common < to.length && from[common] === to[common]) common++;
  const local = [...Array<string>(from.length - common).fill('..'), ...to.slice(common)].join('/');
  if (local === '') return '.';
  return local.startsWith('-') ? `./${local}` : local;
}

/** `a/b` and `a` for `a/b/c`. */
export function foldersAbove(path: string): readonly string[] {
  const folders: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    folders.push(path.slice(0, end));
  return folders;
}
