/**
 * What folders and globs pass over among source files (SPEC B3): a fixed list of things that tools leave behind,
 * orch's own cache, and the lines of `.orchignore` in the root, which are read as git reads `.gitignore`:
 *
 *     # comment        \# a name that begins with #          trailing spaces don't count, unless `\ `
 *     *.tmp            at any depth                           /build, a/b: from the root
 *     logs/            folders only                           !keep.tmp: takes it back (not out of a skipped folder)
 *
 * The last line that matches decides; the fixed list comes before them, so `!*.pyc` takes those back.
 */
import { readFileSync } from 'node:fs';
import { compileGlob } from '../base/glob.ts';

/** Is the file or folder passed over? Root-relative path; what lies below a skipped folder isn't asked. */
export type SkipList = (path: string, isFolder: boolean) => boolean;

const SKIPPED_NAMES: ReadonlySet<string> = new Set([
  '.git',
  '__pycache__',
  '.ipynb_checkpoints',
  '.pytest_cache',
  '.mypy_cache',
  'node_modules',
  '.venv',
  '.DS_Store',
  // Where orch looks for secrets: their digest is no business of any key.
  '.env.secrets',
]);
const SKIPPED_ENDS = ['.pyc', '.egg-info'] as const;

interface Rule {
  readonly takesBack: boolean;
  readonly foldersOnly: boolean;
  readonly matches: (path: string) => boolean;
}

/** `ignoreText`: the content of `.orchignore`, '' for none. */
export function createSkipList(ignoreText: string): SkipList {
  const rules = ignoreText
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((line) => parseRule(line) ?? []);
  return (path, isFolder) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    let skipped = SKIPPED_NAMES.has(name) || SKIPPED_ENDS.some((end) => name.endsWith(end));
    for (const rule of rules)
      if ((isFolder || !rule.foldersOnly) && rule.matches(path)) skipped = !rule.takesBack;
    return skipped;
  };
}

/** The text of `.orchignore` in a folder; '' where there is none (or it can't be read). */
export function readIgnoreFile(root: string): string {
  try {
    return readFileSync(`${root}/.orchignore`, 'utf8');
  } catch {
    return '';
  }
}

function parseRule(line: string): Rule | null {
  // Trailing spaces go, except one that a backslash protects.
  let pattern = line.replace(/\r$/, '').replace(/(\\ )? *$/, '$1');
  if (pattern === '' || pattern.startsWith('#')) return null;
  const takesBack = pattern.startsWith('!');
  if (takesBack) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith('/');
  if (foldersOnly) pattern = pattern.slice(0, -1);
  const isAnchored = pattern.includes('/');
  pattern = isAnchored ? pattern.replace(/^\//, '') : `**/${pattern}`;
  if (pattern === '') return null;
  return { takesBack, foldersOnly, matches: compileGlob(pattern, { dot: true, braces: false }) };
}
