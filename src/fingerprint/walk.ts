/**
 * Goes through a folder and what lies below, following links to folders where that is allowed. It decides what is
 * found; which of it counts is asked of the caller. Paths come nearly in the order of their bytes.
 */
import { realpathSync, statSync } from 'node:fs';
import { childOf, isInside } from '../base/path.ts';
import { isLink, type Links } from './links.ts';
import { kindOfEntry, type Listings, nameOfEntry } from './listing.ts';

export interface WalkRequest {
  /** Root-relative folder; outside the root for external inputs. */
  readonly base: string;
  /** Passed over as if it weren't there, with all below. */
  readonly skips: (path: string, isFolder: boolean) => boolean;
  /** Taken away on purpose (`!x`), with all below. A folder that held it isn't empty. */
  readonly excludes: (path: string) => boolean;
  /** Can anything below this folder count? */
  readonly enters: (folder: string) => boolean;
  /** Does a file or link of this path count? */
  readonly accepts: (path: string) => boolean;
  /**
   * Another task makes it: it's no source. Asked of files, links, and folders that seem empty; of what lies behind
   * a link by its own name too.
   */
  readonly isMade: (path: string) => boolean;
  /** A link on the way, or the base behind one, leads to `place` (see `Links.placeOf`). */
  readonly onLink: (path: string, place: string) => void;
  /** Report links to folders themselves, and folders that hold nothing that counts. */
  readonly reportsFolders: boolean;
  readonly onPath: (path: string) => void;
  /** A few words to follow the path. */
  readonly onProblem: (path: string, message: string) => void;
}

/** Links in links multiply what is found: a handful of folders that link to each other twice have 2^n paths. */
const MOST_LINKS = 10_000;

/** The folder must not be skipped itself: whoever names it wants it. Where it doesn't exist, nothing but a link in
 * its place is reported. */
export function walk(request: WalkRequest, links: Links, listings: Listings): void {
  const { base, skips, excludes, enters, accepts, isMade, reportsFolders, onPath, onLink, onProblem } =
    request;
  let followed = 0;

  const problem = links.problemAbove(childOf(base, 'x'));
  if (problem !== null) {
    onProblem(base, `lies behind a link: ${problem}`);
    return;
  }
  const absolute = links.absolute(base);
  const real = realFolder(absolute);
  const place = links.isOnLink(base) ? links.placeOf(base) : null;
  if (place !== null) onLink(base, place);
  if (reportsFolders && isLink(absolute) && !isMade(base)) onPath(base);
  if (real === null) return;
  visit(base, real, place, []);

  /**
   * Says whether the folder holds anything that counts or is made, `above` being the real folders above. `place`:
   * what the folder is called where that isn't its path, else null.
   */
  function visit(folder: string, real: string, place: string | null, above: readonly string[]): boolean {
    const listing = listings.list(real);
    if (listing === null) return false;
    if (typeof listing === 'string') {
      onProblem(folder, listing);
      return true;
    }
    const stack = [...above, real];
    let isHeld = false;
    for (const entry of listing) {
      const kind = kindOfEntry(entry);
      const name = nameOfEntry(entry, kind);
      const path = childOf(folder, name);
      const own = place === null ? null : childOf(place, name);
      if (skips(path, kind === 'folder')) continue;
      if (excludes(path)) isHeld = true;
      else if (kind === 'folder') {
        // An unentered folder may hold something; only walks that enter all report empty ones.
        if (!enters(path) || visit(path, `${real}/${name}`, own, stack)) isHeld = true;
      } else if (kind === 'symlink') {
        if (visitLink(path, own, stack)) isHeld = true;
      } else if (accepts(path)) {
        isHeld = true;
        if (isMadeHere(path, own)) continue;
        if (kind === 'file') onPath(path);
        else
          onProblem(
            path,
            kind === 'special' ? 'is a FIFO, socket or device' : "has a name that isn't valid UTF-8",
          );
      } else if (kind === 'bad-name' && enters(path)) {
        onProblem(path, "has a name that isn't valid UTF-8");
      }
    }
    if (!isHeld && reportsFolders && !isMadeHere(folder, place)) {
      onPath(folder);
      return true;
    }
    return isHeld;
  }

  function isMadeHere(path: string, own: string | null): boolean {
    return isMade(path) || (own !== null && isMade(own));
  }

  function visitLink(path: string, own: string | null, stack: readonly string[]): boolean {
    if (!accepts(path) && !enters(path)) return false;
    if (isMadeHere(path, own)) return true;
    const target = links.target(path);
    const isFolder = target.exists && realFolder(target.real!) !== null;
    // What a task makes may lie behind it later, where there is nothing now.
    if (target.problem === null && !(skips(path, true) && (isFolder || !target.exists))) {
      const place = links.placeOf(path);
      if (place !== null) onLink(path, place);
    }
    // A glob asks for files, or for folders on the way to them.
    if (isFolder ? !reportsFolders && !enters(path) : !accepts(path)) return false;
    if (target.problem !== null) {
      onProblem(path, `is ${target.problem}`);
      return true;
    }
    if (!isFolder) {
      onPath(path);
      return true;
    }
    if (skips(path, true)) return false;
    if (reportsFolders) onPath(path);
    // Back to where we are or came from: its content is found there; following it would never end.
    if (stack.some((folder) => isInside(target.real!, folder))) return true;
    if (++followed > MOST_LINKS) {
      if (followed === MOST_LINKS + 1) onProblem(base, `holds more than ${MOST_LINKS} links to folders`);
      return true;
    }
    visit(path, target.real!, links.nameOf(target.real!), stack);
    return true;
  }
}

/** The real path of a folder or of what a link to one leads to, else null. */
function realFolder(absolute: string): string | null {
  try {
    return statSync(absolute).isDirectory() ? realpathSync.native(absolute) : null;
  } catch {
    return null;
  }
}
