/**
 * Whether the outputs on disk are the recorded ones. Asked for every task of every run, so it's one lstat an entry
 * and no promise; content is read only where the stat cache doesn't vouch for it.
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { sizeOfDigest } from '../base/digest.ts';
import type { OutputEntry } from '../model/result.ts';
import type { Content, ContentReader, Place } from './content-reader.ts';
import { isExecutable } from './stamp.ts';

/** `wrong`: something else is there, or the same that can't be read. */
export type OutputState = 'ok' | 'absent' | 'wrong';

/** `root` absolute, without a final slash. */
export function checkEntry(root: string, entry: OutputEntry, reader: ContentReader): OutputState {
  const absolute = `${root}/${entry.path}`;
  let stats: Stats | undefined;
  try {
    stats = lstatSync(absolute, { throwIfNoEntry: false });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'absent' : 'wrong';
  }
  if (stats === undefined) return 'absent';
  switch (entry.kind) {
    case 'folder':
      return stats.isDirectory() ? 'ok' : 'wrong';
    case 'symlink':
      return stats.isSymbolicLink() && textOf(absolute) === entry.link ? 'ok' : 'wrong';
    case 'file': {
      if (!stats.isFile() || isExecutable(stats.mode) !== entry.executable) return 'wrong';
      const known = reader.known(entry.path, stats);
      if (known !== null) return known === entry.digest ? 'ok' : 'wrong';
      if (stats.size !== sizeOfDigest(entry.digest)) return 'wrong';
      const content = readIfPossible(reader, { path: entry.path, absolute });
      return content?.digest === entry.digest ? 'ok' : 'wrong';
    }
  }
}

function textOf(absolute: string): string | null {
  try {
    return readlinkSync(absolute);
  } catch {
    return null;
  }
}

/** Too many open files is no statement about this one: that error is thrown on, into the task's failure. */
function readIfPossible(reader: ContentReader, place: Place): Content | null {
  try {
    return reader.readNow(place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || code === 'EMFILE' || code === 'ENFILE') throw error;
    return null;
  }
}
