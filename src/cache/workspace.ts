/**
 * What the parts of the local store share: its layout, buffers, limits, and how its folders and temporary files
 * come to be. Doesn't know blobs from results.
 */
import { lstatSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type IoError,
  ioError,
  isAbandonedTemp,
  shareRuns,
  syncFolder,
  tempName,
} from '../base/atomic-file.ts';
import type { Hasher } from '../base/digest.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { smallBuffer } from './copy-content.ts';
import { type ContentLayout, contentLayout } from './layout.ts';
import { type Limiter, limiter } from './pacing.ts';

/**
 * Uses are noted by file time, at most this often. A collection must therefore spare everything, contents that no
 * result names included, that is younger than twice this.
 */
export const USE_NOTED_EVERY_MS = 24 * 60 * 60_000;

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
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
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

/** Removes what killed processes left in a folder of temporary files, once a process. Where it can't, it lets them lie. */
export function sweepOnce(workspace: Workspace, folder: string): void {
  if (workspace.swept.has(folder)) return;
  workspace.swept.add(folder);
  try {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const modifiedAtMs = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (modifiedAtMs === undefined || !isAbandonedTemp(name, modifiedAtMs, Date.now())) continue;
      // A restore leaves whole folders.
      rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // No such folder yet.
  }
}

/** A caught system error as a failed outcome. */
export function failed(
  error: unknown,
  doing: string,
  path: string,
): { readonly ok: false; readonly error: IoError } {
  return fail(ioError(error, doing, path));
}
