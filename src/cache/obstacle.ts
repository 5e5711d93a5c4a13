/**
 * Why a folder can't be a store's, found without writing: whoever named it must be told what stands there. Knows
 * nothing of stores.
 */
import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { IoError } from '../base/atomic-file.ts';

export type Unusable =
  | IoError
  /** `path`: the folder itself, or one above it. */
  | { readonly kind: 'not-a-folder'; readonly path: string }
  | { readonly kind: 'dangling-link'; readonly path: string; readonly target: string };

/** What makes the folder impossible: something else in its place, or in that of a folder above it. */
export function obstacleAt(dir: string): Exclude<Unusable, IoError> | null {
  for (let path = dir; ; path = dirname(path)) {
    const stat = lookAt(path);
    if (stat === null) continue;
    if (stat.isDirectory()) return null;
    if (!stat.isSymbolicLink()) return { kind: 'not-a-folder', path };
    const target = statSync(path, { throwIfNoEntry: false });
    if (target?.isDirectory()) return null;
    return target === undefined
      ? { kind: 'dangling-link', path, target: readlinkSync(path) }
      : { kind: 'not-a-folder', path };
  }
}

/** null where there is nothing, or something above it is in the way. */
function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}
