/**
 * Tells when something happens in one of a set of folders. What happened it doesn't know, and it may tell too much:
 * whoever listens looks for himself. It never tells too little, of folders that were deleted, renamed or replaced
 * meanwhile either, as long as the folder that holds them is watched too.
 *
 * Plain `fs.watch`, a watch for each folder. chokidar sets one for each file as well: for 10,000 files in 100 folders
 * it takes 800 ms, 130 MB and 10,101 of the system's watches, against 3 ms, 4 MB and 101.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename } from 'node:path';
import type { FolderNames } from '../app/source-folders.ts';

export interface FolderWatch {
  /**
   * From now on tells of exactly these; folders that don't exist are left out. `more`: some are newly watched, and
   * what happened in them until now wasn't told. A string of capitals is the error code of the system that refused.
   */
  readonly follow: (folders: FolderNames) => 'same' | 'more' | { readonly refused: string };
  readonly close: () => void;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Of the folder that is watched; another one may have taken its path. */
  readonly identity: string;
  names: ReadonlySet<string> | null;
  /** The folder was deleted or renamed, or its watch failed. */
  isOver: boolean;
}

export function watchFolders(onEvent: () => void): FolderWatch {
  const watched = new Map<string, Watched>();

  function start(folder: string, names: ReadonlySet<string> | null, identity: string): void {
    const own = basename(folder);
    const watcher = watch(folder, (kind, name) => {
      // An event of the folder itself bears its own name; so may a file in it, which is watched anew for nothing.
      const isItself = name === own;
      if (isItself && kind === 'rename') entry.isOver = true;
      if (isItself || name === null || entry.names === null || entry.names.has(name)) onEvent();
    });
    const entry: Watched = { watcher, identity, names, isOver: false };
    watcher.on('error', () => {
      entry.isOver = true;
      onEvent();
    });
    watched.set(folder, entry);
  }

  function stop(folder: string, { watcher }: Watched): void {
    watcher.close();
    watched.delete(folder);
  }

  return {
    follow(folders) {
      let isMore = false;
      for (const [folder, entry] of watched) if (!folders.has(folder)) stop(folder, entry);
      for (const [folder, names] of folders) {
        const identity = identityOf(folder);
        const entry = watched.get(folder);
        if (entry !== undefined && !entry.isOver && entry.identity === identity) {
          entry.names = names;
          continue;
        }
        if (entry !== undefined) stop(folder, entry);
        if (identity === null) continue;
        isMore = true;
        try {
          start(folder, names, identity);
        } catch (error) {
          const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
          // Gone since: the folder above it tells.
          if (code !== 'ENOENT' && code !== 'ENOTDIR') return { refused: code };
        }
      }
      return isMore ? 'more' : 'same';
    },
    close() {
      for (const [folder, entry] of watched) stop(folder, entry);
    },
  };
}

function identityOf(folder: string): string | null {
  try {
    const stats = statSync(folder);
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}` : null;
  } catch {
    return null;
  }
}
