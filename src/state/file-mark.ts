/** Tells whether an append-only file is still the one that was read, by its inode and size. */
import { statSync } from 'node:fs';

/** Another text than before: the file was appended to or written anew. '' where there is none. */
export function fileMark(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino}:${stats.size}`;
}
