/**
 * The local store: results by key and contents by digest in one folder, which any number of processes may share
 * without locks, since every file gets its name in one step and is never changed afterwards. This file says what
 * happens in which order; how is in blobs.ts, result-entry.ts, restore.ts and contents.ts.
 */
import { readdirSync, statSync } from 'node:fs';
import type { IoError } from '../base/atomic-file.ts';
import type { Hasher } from '../base/digest.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { sortPaths } from '../base/path.ts';
import type { TaskKey } from '../model/ids.ts';
import type { Result } from '../model/result.ts';
import { discardBlob, hasBlob, noteUse, placeBlob, type StagedBlob, stageBlob } from './blobs.ts';
import { countContents, removeContents } from './contents.ts';
import { isKey, otherVersions, resultFolder, validDigestSize } from './layout.ts';
import { restoreEntries } from './restore.ts';
import { readResults } from './result-entry.ts';
import type { ResultStore, Saved, SaveFailure, StoreNotice } from './result-store.ts';
import { placeResult } from './results.ts';
import { isRelativePath } from './safe-path.ts';
import { failed, openWorkspace, sweepOnce, type Workspace } from './workspace.ts';

export interface StoreOptions {
  /** Absolute; made by the first `save`. */
  readonly dir: string;
  readonly maxSizeBytes: number;
  readonly hasher: Hasher;
  readonly notify?: (notice: StoreNotice) => void;
}

/**
 * Opens a store. Looks at its folder and writes nothing: a store that is only asked, or that can't be written,
 * works as far as it goes. Fails where `dir` is no folder or can't be looked at.
 */
export function openStore(options: StoreOptions): Outcome<ResultStore, IoError> {
  const { dir, maxSizeBytes, hasher } = options;
  const notify = options.notify ?? (() => undefined);
  const workspace = openWorkspace(dir, hasher);
  const { layout } = workspace;
  let readOnly = false;

  try {
    // An old store's content is worth a line as long as this version has none of its own.
    if (
      statSync(layout.base, { throwIfNoEntry: false }) === undefined &&
      statSync(dir, { throwIfNoEntry: false })
    ) {
      const versions = otherVersions(readdirSync(dir));
      if (versions.length > 0) notify({ notice: 'other-version', dir, versions });
    }
  } catch (error) {
    return failed(error, 'open', dir);
  }

  function resultFile(key: TaskKey): string {
    return `${resultFolder(layout, key)}/${key}`;
  }

  async function save(
    result: Result,
    contentOf: (path: string) => string,
  ): Promise<Outcome<Saved, SaveFailure>> {
    if (result.accepted) return ok({ saved: false, because: 'accepted' });
    if (readOnly) return ok({ saved: false, because: 'read-only' });
    const contents = contentsOf(result);
    let sizeBytes = 0;
    for (const content of contents) sizeBytes += content.sizeBytes;
    if (sizeBytes > maxSizeBytes)
      return ok({ saved: false, because: 'larger-than-cap', sizeBytes, maxSizeBytes });
    sweepOnce(workspace, layout.tmp);

    let outcome = await saveOnce(workspace, result, contents, contentOf);
    // Somebody cleared the store meanwhile, temporary files included.
    if (isIo(outcome, 'ENOENT')) outcome = await saveOnce(workspace, result, contents, contentOf);
    if (!outcome.ok && outcome.error.kind === 'io' && isWriteRefused(outcome.error, dir)) {
      if (!readOnly) notify({ notice: 'read-only', error: outcome.error });
      readOnly = true;
      return ok({ saved: false, because: 'read-only' });
    }
    return outcome;
  }

  return ok({
    lookup: (key) => (isKey(key) ? readResults(resultFile(key), key) : []),
    hasContent: (entry) => entry.kind !== 'file' || (entry.stored && hasBlob(workspace, entry.digest)),
    save,
    restore: (entries, root, restoreOptions) =>
      restoreEntries(workspace, entries, root, restoreOptions ?? {}, (path, digest) =>
        notify({ notice: 'quarantined', path, digest }),
      ),
    touch(key) {
      if (isKey(key)) noteUse(resultFile(key));
    },
    info: () => ({ dir, maxSizeBytes, readOnly, ...countContents(layout) }),
    clear: () => removeContents(layout),
  });
}

interface Content {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Outputs with this content; any of them can supply it. */
  readonly paths: string[];
}

/** The distinct contents that a result stores. Throws where the result isn't one that could be restored. */
function contentsOf(result: Result): Content[] {
  const contents = new Map<string, Content>();
  for (const entry of result.outputs) {
    if (!isRelativePath(entry.path)) throw new Error(`not a path below the root: ${entry.path}`);
    if (entry.kind !== 'file' || !entry.stored) continue;
    const known = contents.get(entry.digest);
    if (known !== undefined) {
      known.paths.push(entry.path);
      continue;
    }
    const sizeBytes = validDigestSize(entry.digest);
    if (sizeBytes === null) throw new Error(`not a digest: ${entry.digest}`);
    contents.set(entry.digest, { digest: entry.digest, sizeBytes, paths: [entry.path] });
  }
  return [...contents.values()];
}

/** Copy and sync all contents; only when all are right, name them; then the result; then sync the folders. */
async function saveOnce(
  workspace: Workspace,
  result: Result,
  contents: readonly Content[],
  contentOf: (path: string) => string,
): Promise<Outcome<Saved, SaveFailure>> {
  const staged: StagedBlob[] = [];
  const changed: string[] = [];
  const failures: IoError[] = [];
  let addedBlobs = 0;
  let addedBytes = 0;
  try {
    await Promise.all(
      contents.map(async ({ digest, sizeBytes, paths }) => {
        const outcome = await stageBlob(workspace, digest, sizeBytes, contentOf(paths[0]!));
        if (outcome.ok) staged.push(outcome.value);
        else if (outcome.error.kind === 'io') failures.push(outcome.error);
        else changed.push(...paths);
      }),
    );
    if (failures[0] !== undefined) return fail(failures[0]);
    if (changed.length > 0) return fail({ kind: 'output-changed', paths: sortPaths(changed) });
    for (let blob = staged.pop(); blob !== undefined; blob = staged.pop()) {
      const placed = placeBlob(workspace, blob);
      if (!placed.ok) return placed;
      if (blob.temp === null) continue;
      addedBlobs += 1;
      addedBytes += blob.intake.sizeBytes;
    }
  } finally {
    for (const blob of staged) discardBlob(blob);
  }
  const recorded = placeResult(workspace, result);
  if (!recorded.ok) return recorded;
  const synced = await workspace.syncFolders();
  return synced.ok ? ok({ saved: true, addedBlobs, addedBytes }) : synced;
}

function isIo(outcome: Outcome<unknown, SaveFailure>, code: string): boolean {
  return !outcome.ok && outcome.error.kind === 'io' && outcome.error.code === code;
}

/** A store on a read-only file system, or of another user. */
function isWriteRefused(error: IoError, dir: string): boolean {
  return ['EROFS', 'EACCES', 'EPERM'].includes(error.code) && error.path.startsWith(dir);
}
