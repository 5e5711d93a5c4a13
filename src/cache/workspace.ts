/**
 * What the parts of the local store share: its layout, buffers, limits, and how its folders and temporary files
 * come to be. Doesn't know blobs from results.
 */
import {
  closeSync,
  fdatasyncSync,
  lstatSync,
  openSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type IoError,
  ioError,
  removeFile,
  shareRuns,
  sweepAbandoned,
  syncFolder,
  tempName,
} from '../base/atomic-file.ts';
import type { Hasher } from '../base/digest.ts';
import { makeFolder as makeFolderAndAbove } from '../base/make-folder.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { smallBuffer } from './copy-content.ts';
import { type ContentLayout, contentLayout } from './layout.ts';
import { type Limiter, limiter } from './pacing.ts';

/**
 * Contents that no result names are spared for so long after they were written or found there: their result may
 * be on its way. Of the largest of them a save takes minutes.
 */
export const GRACE_MS = 15 * 60_000;

export interface Workspace {
  readonly layout: ContentLayout;
  readonly hasher: Hasher;
  /** For synchronous use only: whoever awaits has lost them. */
  readonly buffers: readonly [Buffer, Buffer];
  /** Small contents being synced. The pool has four threads; each holds a file number, of which there may be few. */
  readonly small: Limiter;
  /** Large contents being copied, 2 MiB of buffers each. */
  readonly large: Limiter;
  /** Into the store and out of it; false for good from the first file that couldn't be cloned. */
  readonly cloning: { in: boolean; out: boolean };
  /** Folders of temporary files that were looked through for abandoned ones. */
  readonly swept: Set<string>;
  /** Folders with new names in them, to be synced by the next `syncFolders`. */
  readonly unsynced: Set<string>;
  /** Makes all new names so far survive a power cut; callers share the syncs. */
  syncFolders(): Promise<Outcome<void, IoError>>;
}

export function openWorkspace(dir: string, hasher: Hasher): Workspace {
  const unsynced = new Set<string>();
  return {
    layout: contentLayout(dir),
    hasher,
    buffers: [smallBuffer(), smallBuffer()],
    small: limiter(16),
    large: limiter(2),
    cloning: { in: true, out: true },
    swept: new Set(),
    unsynced,
    syncFolders: shareRuns(async () => {
      const folders = [...unsynced];
      unsynced.clear();
      for (const outcome of await Promise.all(folders.map(syncFolder))) {
        // A folder that is gone was cleared meanwhile, and its contents with it: nothing is left to make durable.
        if (outcome.ok || outcome.error.code === 'ENOENT') continue;
        // Others may count on these folders without waiting for this run.
        for (const folder of folders) unsynced.add(folder);
        return outcome;
      }
      return ok(undefined);
    }),
  };
}

/** Makes a folder of the store with those above it. Throws the system's error. */
export function makeFolder(workspace: Workspace, path: string): void {
  const first = makeFolderAndAbove(path);
  if (first === null) return;
  for (let made = path; ; made = dirname(made)) {
    workspace.unsynced.add(dirname(made));
    if (made === first) return;
  }
}

export interface TempFile {
  readonly path: string;
  readonly file: number;
}

/** Opens a new temporary file of the store for writing. Throws the system's error. */
export function openTemp(workspace: Workspace, mode: number): TempFile {
  const path = `${workspace.layout.tmp}/${tempName()}`;
  return { path, file: withFolder(workspace, workspace.layout.tmp, () => openSync(path, 'wx', mode)) };
}

/** A new temporary file of the store with this text; the caller gives it its name. Throws the system's error. */
export function writeTemp(workspace: Workspace, text: string, isSynced = false): string {
  const temp = openTemp(workspace, 0o666);
  try {
    writeFileSync(temp.file, text);
    if (isSynced) fdatasyncSync(temp.file);
  } catch (error) {
    removeFile(temp.path);
    throw error;
  } finally {
    closeSync(temp.file);
  }
  return temp.path;
}

/** Tries first and makes the folder only where it is absent: `clear` may take folders away at any time. */
export function withFolder<T>(workspace: Workspace, folder: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeFolder(workspace, folder);
    return use();
  }
}

/**
 * Gives a temporary file its name. Something that isn't the store's and stands there, or where its folder should
 * be (a folder, say, in a file's place), is set aside: it must not fail every task that wants the name. Throws the
 * system's error.
 */
export function nameTemp(workspace: Workspace, temp: string, target: string): void {
  const folder = dirname(target);
  try {
    withFolder(workspace, folder, () => renameSync(temp, target));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(code ?? '')) throw error;
    for (const path of [folder, target]) {
      // A folder may be a link to one, a file's name is replaced whatever links there.
      const stat = (path === folder ? statSync : lstatSync)(path, { throwIfNoEntry: false });
      if (stat === undefined || stat.isDirectory() === (path === folder)) continue;
      const { quarantine } = workspace.layout;
      const aside = join(quarantine, `${basename(path)}${tempName()}`);
      withFolder(workspace, quarantine, () => renameSync(path, aside));
    }
    withFolder(workspace, folder, () => renameSync(temp, target));
  }
}

/**
 * Sets a file's time to now, for a trim to see that it is in use; false where there is no such file. Noted at each
 * use, since asking when it was noted last costs more (3 us) than noting it (1.4 us).
 */
export function noteUse(path: string): boolean {
  try {
    // With a random part of a millisecond, so that two uses within the same one differ.
    const now = (Date.now() + Math.random()) / 1000;
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    // A read-only store, or another user's file: whoever may write it will note it.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** Removes what killed processes left in a folder of temporary files, once a process. Where it can't, it lets them lie. */
export function sweepOnce(workspace: Workspace, folder: string): void {
  if (workspace.swept.has(folder)) return;
  workspace.swept.add(folder);
  sweepAbandoned(folder);
}

/** A caught system error as a failed outcome. */
export function failed(
  error: unknown,
  doing: string,
  path: string,
): { readonly ok: false; readonly error: IoError } {
  return fail(ioError(error, doing, path));
}
