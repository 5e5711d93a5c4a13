/**
 * Makes a folder with those above it. Node's own `mkdirSync(…, {recursive: true})` never returns where a file system
 * says ENOENT though the parent is there, as /proc does (seen with Node 20); this gives up. Knows nothing of what
 * the folder is for.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Somebody who removes folders at the same time is outrun; a file system that makes none isn't waited for. */
const TRIES = 8;

/**
 * The topmost folder that it had to make, null where all were there. Throws the system's error; `ENOTDIR` where
 * something else has the name of one of them.
 */
export function makeFolder(path: string): string | null {
  for (let tries = 1; ; tries += 1) {
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && dirname(path) !== path && tries < TRIES) {
        const first = makeFolder(dirname(path));
        if (first === null) continue;
        makeFolder(path);
        return first;
      }
      // Of a folder on a read-only file system some systems say that, and not that it is there.
      if (code !== 'ENOENT' && isFolder(path)) return null;
      throw code === 'EEXIST' ? Object.assign(error as Error, { code: 'ENOTDIR' }) : error;
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
