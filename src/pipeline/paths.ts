/**
 * Reads a path as it is written under `inputs` or `outputs`.
 *
 * What makes a glob is an unescaped `*`, `?` or `{a,b}` in the text of the file; without one, a path is literal,
 * brackets included: `[x].txt` is the file of that name. In a glob everything of picomatch counts, so brackets
 * are classes there. A backslash takes the meaning from the character behind it: `a\*b` is a file called `a*b`,
 * and `data/\[x\]/*.csv` a glob in the folder `[x]`. Values of expressions never act as syntax: in a glob they
 * are escaped in this way, in a literal path they stand as they are.
 *
 * It knows no disk: whether a literal path is a file or a folder shows later.
 */
import { fail, type Outcome, ok } from '../base/outcome.ts';
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
    return bad(`${written} is no path`, 'what lies on the network is fetched by a task of its own');
  if (written.startsWith('~/') || written === '~') return bad(`${written}: "~" means nothing in a path`);

  const glob = isGlob(wanted);
  if (!glob && wanted.some((piece) => !piece.isValue && /\\([^\\*?[\]{}()!+@,]|$)/.test(piece.text)))
    return bad(
      `${written}: a backslash only takes the meaning from a glob character`,
      'paths are written with "/"',
    );
  const text = wanted.map((piece) => (glob ? asGlob(piece) : asLiteral(piece))).join('');
  const normal = normalize(text);
  if (
    !rules.external &&
    (normal.isAbsolute || normal.leaves || (glob && /(^|[/{,|(])\.\.([/},|)]|$)/.test(text)))
  )
    return fail({
      code: 'outside-root',
      message: `${written} ${normal.isAbsolute ? 'is absolute' : 'leads out of the root'}`,
      hint: rules.negatable
        ? 'write {path: …, external: true} for an input outside the root'
        : 'outputs lie inside the root',
    });
  if (!glob) return ok({ negated, kind: normal.isFolder ? 'folder' : 'file', path: normal.path });
  if (normal.isFolder)
    return bad(`${written}: a glob matches files`, `write ${written}** for everything below`);
  return ok({ negated, kind: 'glob', path: normal.path });
}

function isGlob(pieces: readonly PathPiece[]): boolean {
  const syntax = pieces.map((piece) => (piece.isValue ? 'v' : piece.text.replace(/\\./gs, 'e'))).join('');
  return /[*?]|\{[^{}]*,[^{}]*\}/.test(syntax);
}

function asGlob({ text, isValue }: PathPiece): string {
  return isValue ? escapeGlob(text) : text;
}

function asLiteral({ text, isValue }: PathPiece): string {
  return isValue ? text : text.replace(/\\(.)/gs, '$1');
}

/** A text as a glob that matches only itself (picomatch and fast-glob read the backslash so). */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]{}()!+@|,]/g, '\\$&');
}

interface NormalPath {
  readonly path: string;
  readonly isAbsolute: boolean;
  /** Goes above where it starts. */
  readonly leaves: boolean;
  readonly isFolder: boolean;
}

/** Without `.`, empty segments, a final `/`, and `..` where it can be resolved. */
function normalize(text: string): NormalPath {
  const isAbsolute = text.startsWith('/');
  const segments: string[] = [];
  let leaves = false;
  for (const segment of text.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    // `a/../b` names b only if a is no link: inside the root it is refused as well.
    else {
      leaves = true;
      if (segments.length > 0 && segments.at(-1) !== '..') segments.pop();
      else if (!isAbsolute) segments.push('..');
    }
  }
  return {
    path: (isAbsolute ? '/' : '') + segments.join('/'),
    isAbsolute,
    leaves,
    isFolder: /(^|\/)\.{0,2}$/.test(text),
  };
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

/** The literal folder that a glob starts with, '' for none. */
export function globParent(glob: string): string {
  const segments = glob.split('/');
  const first = segments.findIndex((segment) => /[*?[\]{}()!+@\\]/.test(segment));
  return segments.slice(0, first === -1 ? segments.length - 1 : first).join('/');
}
