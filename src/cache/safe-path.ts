/**
 * Keeps restored files inside the root. A result may come from a damaged or shared cache, so its paths are not
 * believed: no absolute path, no `..`, nothing through a link that leaves the root. Reads the disk, writes nothing.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { isInside, parentOf } from '../base/path.ts';
import type { OutputEntry } from '../model/result.ts';
import type { PathRefusal } from './result-store.ts';

/** Whether a path consists of plain names with `/` between them. */
export function isRelativePath(path: string): boolean {
  if (path === '' || path.includes('\0')) return false;
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}

export interface Refusal {
  readonly path: string;
  readonly because: PathRefusal;
}

/** How the folders of some entries stood when they were looked at. */
export interface Looked {
  /** The topmost folder that has to be made for this root-relative folder to exist; null where it exists. */
  absentTop(folder: string): string | null;
}

/**
 * Looks at the folders on the way to all entries; the first entry that must not be written under `root` is a
 * refusal of all. Costs one lstat for each distinct folder. Throws the system's error where a folder can't be
 * looked at.
 */
export function lookAtPaths(
  entries: readonly OutputEntry[],
  root: string,
  allowedLinks: readonly string[],
): Outcome<Looked, Refusal> {
  const links = new Set<string>();
  for (const entry of entries) {
    if (!isRelativePath(entry.path)) return fail({ path: entry.path, because: 'not-relative' });
    if (entry.kind === 'symlink') links.add(entry.path);
  }
  const look = folderLook(root, new Set(allowedLinks));
  for (const { path, kind } of entries) {
    // A link that this very result makes could point anywhere by the time the entry is written.
    if (links.size > 0 && hasAncestorIn(links, path))
      return fail({ path, because: 'through-a-link-of-the-result' });
    // A folder that is itself a link already would be written through as well.
    if (look(kind === 'folder' ? path : parentOf(path)).is === 'outside') {
      return fail({ path, because: 'leaves-the-root' });
    }
  }
  return ok({
    absentTop(folder) {
      const seen = look(folder);
      return seen.is === 'absent' ? seen.top : null;
    },
  });
}

function hasAncestorIn(links: ReadonlySet<string>, path: string): boolean {
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder))
    if (links.has(folder)) return true;
  return false;
}

type Seen =
  | { readonly is: 'here' }
  | { readonly is: 'absent'; readonly top: string }
  | { readonly is: 'outside' };

const HERE: Seen = { is: 'here' };
const OUTSIDE: Seen = { is: 'outside' };

/** Tells of root-relative folders whether they are, or would be made, inside the root; remembers its answers. */
function folderLook(root: string, allowedLinks: ReadonlySet<string>): (folder: string) => Seen {
  const known = new Map<string, Seen>([['', HERE]]);
  let realRoot: string | null = null;

  function look(folder: string): Seen {
    const seen = known.get(folder);
    if (seen !== undefined) return seen;
    const parent = look(parentOf(folder));
    const answer = parent.is === 'here' ? inspect(folder) : parent;
    known.set(folder, answer);
    return answer;
  }

  function inspect(folder: string): Seen {
    const path = `${root}/${folder}`;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { is: 'absent', top: folder };
    if (!stat.isSymbolicLink() || allowedLinks.has(folder)) return HERE;
    realRoot ??= realpathSync(root);
    const real = realPathOf(path);
    // A dangling link can't be made a folder; where it points is not looked into further.
    return real !== null && isInside(realRoot, real) ? HERE : OUTSIDE;
  }

  return look;
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
