/**
 * Finds out whether a path below a folder really lies below it: a link among the folders on the way may lead
 * elsewhere, directly or by other links. Reads the disk, changes nothing.
 */
import { readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { lstatOrNull } from './lstat.ts';
import { isInside } from './path.ts';

/**
 * The topmost folder on the way to `path` (relative to `root`; the path itself isn't looked at) that is a link out
 * of the root; null where there is none. One lstat a folder.
 */
export function outsideLink(root: string, path: string): string | null {
  const parts = path.split('/');
  for (let end = 1; end < parts.length; end++) {
    const folder = parts.slice(0, end).join('/');
    const stat = lstatOrNull(join(root, folder));
    if (stat === null) return null;
    if (stat.isSymbolicLink() && !isInside(realpathSync(root), realTarget(join(root, folder)))) return folder;
  }
  return null;
}

/** Where a link leads, as far as that exists. */
function realTarget(link: string): string {
  try {
    return realpathSync(link);
  } catch {
    return resolve(dirname(link), readlinkSync(link));
  }
}
