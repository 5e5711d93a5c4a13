/**
 * What lies at a path, as it counts in a key: a file by its content and executable bit, a link by its text and
 * what its target holds, a folder by being there. Expected trouble (a FIFO, a link that leads out of the root, no
 * permission) is a value. It lists no folders and matches no patterns.
 */
import { lstatSync, type Stats, statSync } from 'node:fs';
import type { Digest } from '../model/ids.ts';
import type { Content, ContentReader, Place } from './content-reader.ts';
import type { Links } from './links.ts';
import { isExecutable, type Stamp, stampOf } from './stamp.ts';

export interface Fingerprint {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'symlink';
  /** Of a link: its target's. */
  readonly executable: boolean;
  /**
   * What enters the key: a file's digest; `folder`; of a link `link:<text> <target>`, where the target is a digest,
   * `folder` or `absent`. The last word holds no space, so the text may.
   */
  readonly content: string;
  /** Of a file, or of the file that a link leads to. */
  readonly digest: Digest | null;
  /** The text of a link. */
  readonly link: string | null;
  readonly sizeBytes: number;
  readonly seen: Seen;
}

/** The stat that the content was read under, to tell later whether it was written to; of a link its own. */
export interface Seen extends Stamp {
  /** The file that a link leads to. */
  readonly target: Stamp | null;
  /** false: written so recently that an equal stamp proves nothing. */
  readonly isSettled: boolean;
}

export interface Unusable {
  readonly path: string;
  readonly problem: 'special-file' | 'link-leaves-root' | 'unreadable' | 'bad-name';
  /** A few words to follow the path in a sentence. */
  readonly message: string;
}

/** null: nothing is there. */
export type Reading = Fingerprint | Unusable | null;

export interface PathReader {
  /**
   * A promise only where content must be read: 100,000 known files cost none. `stats`: of an lstat that was done
   * just now, to spare another.
   */
  readonly read: (path: string, stats?: Stats) => Reading | Promise<Reading>;
  /** Reads content in place, however large. */
  readonly readNow: (path: string) => Reading;
}

interface Unread {
  readonly path: string;
  readonly place: Place;
  /** Of the file to be read. */
  readonly stats: Stats;
  readonly link: { readonly text: string; readonly stats: Stats } | null;
}

const CHANGING = 'changes again and again while it is being read';
/** Between a look and the opening a file can give way to a link or a folder; a look again settles it. */
const LOOKS = 3;

export function createPathReader(links: Links, reader: ContentReader): PathReader {
  function look(path: string, known?: Stats): Reading | Unread {
    const above = links.problemAbove(path);
    if (above !== null) return unusable(path, 'link-leaves-root', `lies behind a link: ${above}`);
    const absolute = links.absolute(path);
    const stats = known ?? lstatSync(absolute, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    if (stats.isFile()) return lookAtFile({ path, place: { path, absolute }, stats, link: null });
    if (stats.isDirectory()) return folder(path, stats);
    if (stats.isSymbolicLink()) return lookAtLink(path, stats);
    return special(path, stats);
  }

  function lookAtFile(unread: Unread): Reading | Unread {
    const { stats } = unread;
    const digest = reader.known(unread.place.path, stats);
    return digest === null ? unread : fingerprintOf(unread, { digest, stats, isSettled: true });
  }

  function lookAtLink(path: string, stats: Stats): Reading | Unread {
    const { text, real, exists, problem } = links.target(path);
    if (problem !== null)
      return unusable(path, real === null ? 'unreadable' : 'link-leaves-root', `is ${problem}`);
    const target = exists ? statSync(real!, { throwIfNoEntry: false }) : undefined;
    if (target === undefined) return linkTo(path, text, stats, 'absent');
    if (target.isDirectory()) return linkTo(path, text, stats, 'folder');
    if (!target.isFile()) return special(path, target);
    return lookAtFile({
      path,
      place: { path: links.nameOf(real!), absolute: real! },
      stats: target,
      link: { text, stats },
    });
  }

  /** Runs a look or a reading; a system error becomes absence or a problem, undefined asks for another look. */
  function failureOf(path: string, error: unknown): Reading | undefined {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ELOOP' || code === 'ENXIO') return undefined;
    if (code === 'ERR_INVALID_ARG_VALUE') return unusable(path, 'bad-name', 'is no possible file name');
    return unusable(path, 'unreadable', `can't be read (${code})`);
  }

  function lookSafely(path: string, stats?: Stats): Reading | Unread {
    try {
      return look(path, stats);
    } catch (error) {
      return failureOf(path, error) ?? null;
    }
  }

  async function readUnread(path: string, unread: Unread): Promise<Reading> {
    let looked: Reading | Unread = unread;
    for (let times = 1; times <= LOOKS; times++) {
      if (!isUnread(looked)) return looked;
      try {
        const content = await reader.read(looked.place, looked.stats);
        if (content !== null) return fingerprintOf(looked, content);
      } catch (error) {
        const failure = failureOf(path, error);
        if (failure !== undefined) return failure;
      }
      looked = lookSafely(path);
    }
    return isUnread(looked) ? unusable(path, 'unreadable', CHANGING) : looked;
  }

  return {
    read(path, stats) {
      const looked = lookSafely(path, stats);
      return isUnread(looked) ? readUnread(path, looked) : looked;
    },
    readNow(path) {
      for (let times = 1; times <= LOOKS; times++) {
        const looked = lookSafely(path);
        if (!isUnread(looked)) return looked;
        try {
          const content = reader.readNow(looked.place);
          if (content !== null) return fingerprintOf(looked, content);
        } catch (error) {
          const failure = failureOf(path, error);
          if (failure !== undefined) return failure;
        }
      }
      return unusable(path, 'unreadable', CHANGING);
    },
  };
}

function isUnread(looked: Reading | Unread): looked is Unread {
  return looked !== null && 'place' in looked;
}

export function isUnusable(reading: Reading): reading is Unusable {
  return reading !== null && 'problem' in reading;
}

export function unusable(path: string, problem: Unusable['problem'], message: string): Unusable {
  return { path, problem, message };
}

function fingerprintOf({ path, link }: Unread, { digest: read, stats, isSettled }: Content): Fingerprint {
  const digest = read as Digest;
  const executable = isExecutable(stats.mode);
  const sizeBytes = stats.size;
  if (link === null) {
    const seen = seenOf(stats, null, isSettled);
    return { path, kind: 'file', executable, content: digest, digest, link: null, sizeBytes, seen };
  }
  const seen = seenOf(link.stats, stampOf(stats), isSettled);
  const content = `link:${link.text} ${digest}`;
  return { path, kind: 'symlink', executable, content, digest, link: link.text, sizeBytes, seen };
}

function folder(path: string, stats: Stats): Fingerprint {
  const seen = seenOf(stats, null, true);
  return {
    path,
    kind: 'folder',
    executable: false,
    content: 'folder',
    digest: null,
    link: null,
    sizeBytes: 0,
    seen,
  };
}

function linkTo(path: string, text: string, stats: Stats, target: 'folder' | 'absent'): Fingerprint {
  const seen = seenOf(stats, null, true);
  const content = `link:${text} ${target}`;
  return { path, kind: 'symlink', executable: false, content, digest: null, link: text, sizeBytes: 0, seen };
}

/** One object, where nesting the stamp would make two for each of 100,000 files. */
function seenOf(stats: Stats, target: Stamp | null, isSettled: boolean): Seen {
  return {
    sizeBytes: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    ino: stats.ino,
    mode: stats.mode,
    nlink: stats.nlink,
    uid: stats.uid,
    gid: stats.gid,
    target,
    isSettled,
  };
}

function special(path: string, stats: Stats): Unusable {
  return unusable(path, 'special-file', `is a ${kindOf(stats)}, which has no content to hash`);
}

/** What a thing that is neither file, folder nor link is called. */
export function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : stats.isFile() ? 'file' : 'device';
}
