/**
 * What folders hold, listed once a run however many tasks ask, and again only where a folder's stat changed.
 *
 * Not through fast-glob, although it is what globs are made with elsewhere: its results can't be shared between
 * patterns or checked against a folder's stat, it takes 186 ms for 100,000 files where readdir takes 33 to 60, its
 * `**` misses names with a newline, and a name that isn't UTF-8 comes back altered, as a file that doesn't exist.
 * The tests compare the two on ordinary names.
 */
import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { sortPaths } from '../base/path.ts';
import type { FileClock } from './file-clock.ts';

export type EntryKind = 'file' | 'folder' | 'symlink' | 'special' | 'bad-name';

/**
 * Names with their kind in the ending, sorted bytewise: `name` a file, `name/` a folder, `name\0x` the rest (no name
 * holds a slash or a NUL). One array of strings instead of objects: half the memory, and sorting folders with their
 * slash makes a walk emit paths in the order of their bytes.
 */
export type Listing = readonly string[];

export interface Listings {
  /** `absolute` without links. A string: why it can't be listed; null: there is no such folder. */
  readonly list: (absolute: string) => Listing | string | null;
  /** Something may have changed: each folder's stat is looked at before its list is used again. */
  readonly forget: () => void;
  /**
   * Every folder that was asked for, with its stat (null: it isn't there); null where one is too young for its stat
   * to vouch for the list, or couldn't be listed.
   */
  readonly listed: () => readonly { readonly path: string; readonly stats: Stats | null }[] | null;
  /** Absolute: every folder that was found and listed, however young. */
  readonly found: () => readonly string[];
}

interface Known {
  readonly listing: Listing;
  readonly stats: Stats;
  /** The stat was older than the clock's step when the folder was listed, so that it tells of any later change. */
  readonly isSettled: boolean;
  generation: number;
}

const ENDINGS = { symlink: '\0l', special: '\0s', 'bad-name': '\0b' } as const;

export function createListings(clock: FileClock): Listings {
  const known = new Map<string, Known>();
  const absent = new Set<string>();
  let isUnclear = false;
  let generation = 0;

  return {
    list(absolute) {
      const before = known.get(absolute);
      if (before?.generation === generation) return before.listing;
      const clockMs = clock.refresh();
      try {
        const stats = statSync(absolute, { throwIfNoEntry: false });
        if (stats === undefined || !stats.isDirectory()) {
          if (stats === undefined) absent.add(absolute);
          else isUnclear = true;
          return null;
        }
        if (before?.isSettled && isUnchanged(before.stats, stats)) {
          before.generation = generation;
          return before.listing;
        }
        const listing = readListing(absolute);
        known.set(absolute, { listing, stats, isSettled: clock.isSettled(stats, clockMs), generation });
        return listing;
      } catch (error) {
        isUnclear = true;
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return null;
        return `can't be listed (${code})`;
      }
    },
    forget() {
      generation++;
    },
    listed() {
      const folders = [...known];
      if (isUnclear || folders.some(([, { isSettled }]) => !isSettled)) return null;
      return [
        ...folders.map(([path, { stats }]) => ({ path, stats })),
        ...[...absent].filter((path) => !known.has(path)).map((path) => ({ path, stats: null })),
      ];
    },
    found: () => [...known.keys()],
  };
}

function isUnchanged(before: Stats, now: Stats): boolean {
  return before.mtimeMs === now.mtimeMs && before.ctimeMs === now.ctimeMs && before.ino === now.ino;
}

/** Asks the disk. Throws the system's error. */
export function readListing(absolute: string): Listing {
  const entries = readdirSync(absolute, { withFileTypes: true });
  // Node turns bytes that aren't UTF-8 into U+FFFD, under which the file can't be opened. A name may hold a real
  // U+FFFD too, so the bytes decide; reading them takes twice the time and is done only where that character turns up.
  if (entries.some((entry) => entry.name.includes('\ufffd'))) return readListingOfBytes(absolute);
  return sortPaths(entries.map((entry) => coded(entry.name, entry)));
}

function readListingOfBytes(absolute: string): Listing {
  const entries = readdirSync(absolute, { withFileTypes: true, encoding: 'buffer' });
  const listing = entries.map((entry) => {
    const name = entry.name.toString('utf8');
    return Buffer.from(name).equals(entry.name) ? coded(name, entry) : name + ENDINGS['bad-name'];
  });
  return sortPaths(listing);
}

function coded(name: string, entry: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): string {
  if (entry.isFile()) return name;
  if (entry.isDirectory()) return `${name}/`;
  return name + (entry.isSymbolicLink() ? ENDINGS.symlink : ENDINGS.special);
}

export function kindOfEntry(entry: string): EntryKind {
  if (entry.endsWith('/')) return 'folder';
  if (entry.charCodeAt(entry.length - 2) !== 0) return 'file';
  return entry.endsWith('l') ? 'symlink' : entry.endsWith('s') ? 'special' : 'bad-name';
}

export function nameOfEntry(entry: string, kind: EntryKind): string {
  return kind === 'file' ? entry : entry.slice(0, kind === 'folder' ? -1 : -2);
}
