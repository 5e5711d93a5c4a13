/**
 * Which symbolic links may be followed: those whose target lies in the root, those listed in `allow_links`, and
 * whatever leads from there to the same place. Everything else leaves the root and is refused (fault 67).
 */
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { compileGlob, isGlob } from '../base/glob.ts';
import { childOf, isInside, leavesRoot, normalisePath, parentOf } from '../base/path.ts';

export interface Links {
  /** Real path of the root. */
  readonly root: string;
  /** Where a root-relative or absolute path lies. */
  readonly absolute: (path: string) => string;
  /** How the real path of a file is called: root-relative where it lies inside. */
  readonly nameOf: (real: string) => string;
  /** Where the link at `path` ends, and whether going there is allowed. Throws nothing but bugs. */
  readonly target: (path: string) => LinkTarget;
  /** What is wrong with the folders above a path, or null. Asks the disk once a folder until `forget`. */
  readonly problemAbove: (path: string) => string | null;
  /** Is the path a link itself, or is a folder above it? Asks the disk once a folder until `forget`. */
  readonly isOnLink: (path: string) => boolean;
  /**
   * Where a path leads, link by link: root-relative where that lies inside, else absolute; null: a circle. Nothing
   * need exist there. `recorded` gives the text of a link that counts instead of what the disk has at a path.
   */
  readonly placeOf: (path: string, recorded?: (path: string) => string | null) => string | null;
  /** May the link at `path` be followed to a place outside the root? */
  readonly mayFollow: (path: string, place: string) => boolean;
  /** Has any link been met so far? Then stats of files and folders alone don't tell where paths lead. */
  readonly metAny: () => boolean;
  readonly forget: () => void;
}

export interface LinkTarget {
  readonly text: string;
  /** Absolute; of a dangling link, where its target would be. null: a circle of links. */
  readonly real: string | null;
  readonly exists: boolean;
  /** In words, where it must not be followed. */
  readonly problem: string | null;
}

/** As many links as Linux follows on the way to one file. */
const MOST_HOPS = 40;

export function createLinks(rootPath: string, allowLinks: readonly string[]): Links {
  const root = realpathSync.native(rootPath);
  const literal = allowLinks.filter((path) => !isGlob(path)).map(normalisePath);
  const globs = allowLinks.filter(isGlob).map((pattern) => compileGlob(pattern));
  const realms = [root, ...literal.flatMap((path) => realPathOf(absolute(path)) ?? [])];
  let folders = new Map<string, string | null>();
  let onLink = new Map<string, boolean>();
  let metLink = false;

  function absolute(path: string): string {
    if (path.startsWith('/')) return path;
    return leavesRoot(path) ? resolve(root, path) : path === '' ? root : `${root}/${path}`;
  }

  function mayFollow(path: string, real: string): boolean {
    if (realms.some((realm) => isInside(realm, real))) return true;
    return literal.includes(path) || globs.some((matches) => matches(path));
  }

  function target(path: string): LinkTarget {
    metLink = true;
    const at = absolute(path);
    let text: string;
    try {
      text = readlinkSync(at);
    } catch {
      return { text: '', real: null, exists: false, problem: 'changed while it was being read' };
    }
    const followed = follow(at);
    if (followed === 'circle') return { text, real: null, exists: false, problem: 'a circle of links' };
    const real = followed ?? resolve(realPathOf(dirname(at)) ?? dirname(at), text);
    // External inputs may lie anywhere, their links too.
    const allowed = leavesRoot(path) || mayFollow(path, real);
    const problem = allowed
      ? null
      : `a link that leads out of the root (${text}); list it under allow_links to follow it`;
    return { text, real, exists: followed !== null, problem };
  }

  function problemAbove(path: string): string | null {
    const folder = parentOf(path);
    if (folder === '' || leavesRoot(path)) return null;
    const known = folders.get(folder);
    if (known !== undefined) return known;
    let problem = problemAbove(folder);
    if (problem === null && isLink(absolute(folder))) {
      const found = target(folder).problem;
      problem = found === null ? null : `${folder} is ${found}`;
    }
    folders.set(folder, problem);
    return problem;
  }

  function nameOf(real: string): string {
    return real === root ? '' : isInside(root, real) ? real.slice(childOf(root, '').length) : real;
  }

  function isOnLink(path: string): boolean {
    if (path === '' || leavesRoot(path)) return false;
    const known = onLink.get(path);
    if (known !== undefined) return known;
    const answer = isOnLink(parentOf(path)) || isLink(absolute(path));
    onLink.set(path, answer);
    return answer;
  }

  function placeOf(path: string, recorded: (path: string) => string | null = () => null): string | null {
    const rest = path.split('/').reverse();
    let place = path.startsWith('/') ? '/' : '';
    for (let hops = 0; rest.length > 0; ) {
      const name = rest.pop()!;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        place = parentOf(place === '' ? root : place);
        continue;
      }
      const next = nameOf(childOf(place, name));
      const text = recorded(next) ?? textOfLink(absolute(next));
      if (text === null) {
        place = next;
        continue;
      }
      metLink = true;
      if (++hops > MOST_HOPS) return null;
      if (text.startsWith('/')) place = '/';
      rest.push(...text.split('/').reverse());
    }
    return nameOf(place);
  }

  return {
    root,
    absolute,
    nameOf,
    target,
    problemAbove,
    isOnLink,
    placeOf,
    mayFollow,
    metAny: () => metLink,
    forget: () => {
      folders = new Map();
      onLink = new Map();
    },
  };
}

export function isLink(absolute: string): boolean {
  try {
    return lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false; // Above it is a file, or a folder that can't be entered: reading the path says so.
  }
}

function textOfLink(absolute: string): string | null {
  try {
    return isLink(absolute) ? readlinkSync(absolute) : null;
  } catch {
    return null;
  }
}

/** The real path; null where it doesn't exist (or can't be seen). */
function follow(absolute: string): string | 'circle' | null {
  try {
    return realpathSync.native(absolute);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'circle' : null;
  }
}

function realPathOf(absolute: string): string | null {
  const followed = follow(absolute);
  return followed === 'circle' ? null : followed;
}
