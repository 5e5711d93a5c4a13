/** `lstat` without exceptions for what isn't there: also where a file stands in place of a folder of the path. */
import { lstatSync, type Stats } from 'node:fs';

export function lstatOrNull(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}
