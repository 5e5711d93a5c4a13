/**
 * The local store: results by key and contents by digest in one folder, which any number of processes may share
 * without locks, since every file gets its name in one step and is never changed afterwards. This file says what
 * happens in which order; how is in blobs.ts, results.ts, restore.ts and, for what keeps it in bounds, upkeep.ts.
 */
import { readdirSync, statSync } from 'node:fs';
import type { IoError } from '../base/atomic-file.ts';
import type { Hasher } from '../base/digest.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { sortPaths } from '../base/path.ts';
import type { Result } from '../model/result.ts';
import { blobPath, discardBlob, hasBlob, placeBlob, readBlob, type StagedBlob, stageBlob } from './blobs.ts';
import { countContents } from './contents.ts';
import { isKey, otherVersions, validDigestSize } from './layout.ts';
import { mendContents, type Repairs } from './mend.ts';
import { obstacleAt, type Unusable } from './obstacle.ts';
import { isSetAside } from './quarantine.ts';
import { restoreEntries } from './restore.ts';
import { readResults } from './result-entry.ts';
import type { ResultStore, Saved, SaveFailure, SaveOptions, StoreInfo, StoreNotice } from './result-store.ts';
import { placeResult, resultFile } from './results.ts';
import { isRelativePath } from './safe-path.ts';
import { createUpkeep, type RegisteredRoot, type Upkeep } from './upkeep.ts';
import { type Findings, type VerifyProgress, verifyContents } from './verify.ts';
import { failed, noteUse, openWorkspace, sweepOnce, type Workspace } from './workspace.ts';

export interface StoreOptions {
  /** Absolute; made by the first `save`. */
  readonly dir: string;
  readonly maxSizeBytes: number;
  readonly hasher: Hasher;
  readonly notify?: (notice: StoreNotice) => void;
}

/** A store on this machine, with all that keeps it in bounds. */
export type LocalStore = Omit<ResultStore, 'info'> &
  Omit<Upkeep, 'keep' | 'grew' | 'roots'> & {
    info(): LocalInfo;
    /** Reads the whole store and changes nothing. Throws the system's error where it can't be looked at. */
    verify(onProgress: ((progress: VerifyProgress) => void) | null): Promise<Findings>;
    /**
     * Takes what a `verify` found damaged out of reach, and stores again what still lies in these roots (absolute)
     * or in one that is registered.
     */
    mend(findings: Findings, roots: readonly string[]): Promise<Repairs>;
  };

export type LocalInfo = StoreInfo & {
  /** Whose last good results it keeps. */
  readonly roots: readonly RegisteredRoot[];
};

/**
 * Opens a store. Looks at its folder and writes nothing: a store that is only asked, or that can't be written,
 * works as far as it goes. Fails where `dir` is no folder or can't be looked at.
 */
export function openStore(options: StoreOptions): Outcome<LocalStore, Unusable> {
  const { dir, maxSizeBytes, hasher } = options;
  const notify = options.notify ?? (() => undefined);
  const workspace = openWorkspace(dir, hasher);
  const { layout } = workspace;
  const upkeep = createUpkeep(workspace, maxSizeBytes);
  let readOnly = false;

  try {
    const obstacle = obstacleAt(dir);
    if (obstacle !== null) return fail(obstacle);
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

  function refuseWrites(error: IoError): void {
    if (!readOnly) notify({ notice: 'read-only', error });
    readOnly = true;
  }

  async function save(
    result: Result,
    contentOf: (path: string) => string,
    saveOptions: SaveOptions = {},
  ): Promise<Outcome<Saved, SaveFailure>> {
    if (result.accepted) return ok({ saved: false, because: 'accepted' });
    if (readOnly) return ok({ saved: false, because: 'read-only' });
    const contents = contentsOf(result);
    let sizeBytes = 0;
    for (const content of contents) sizeBytes += content.sizeBytes;
    if (sizeBytes > maxSizeBytes)
      return ok({ saved: false, because: 'larger-than-cap', sizeBytes, maxSizeBytes });
    sweepOnce(workspace, layout.tmp);
    // Before it's there, so that there is no moment in which a trim sees it and not whose it is.
    upkeep.keep(result.key);

    const once = () =>
      saveOnce(workspace, { result, contents, contentOf, isFirst: saveOptions.first === true });
    let outcome = await once();
    // Somebody cleared the store meanwhile, temporary files included, or trimmed away what was to be used again.
    if (isIo(outcome, 'ENOENT')) outcome = await once();
    if (!outcome.ok) {
      if (outcome.error.kind !== 'io' || !isWriteRefused(outcome.error, dir)) return outcome;
      refuseWrites(outcome.error);
      return ok({ saved: false, because: 'read-only' });
    }
    const { addedBlobs, addedBytes, entryBytes } = outcome.value;
    upkeep.grew(addedBytes + entryBytes);
    return ok({ saved: true, addedBlobs, addedBytes });
  }

  return ok({
    lookup: (key) => (isKey(key) ? readResults(resultFile(workspace, { key }), key) : []),
    hasContent: (entry) => entry.kind !== 'file' || (entry.stored && hasBlob(workspace, entry.digest)),
    isSetAside: (digest) => validDigestSize(digest) !== null && isSetAside(workspace, digest),
    readContent: (digest) => readBlob(workspace, digest),
    save,
    restore: (entries, root, restoreOptions) =>
      restoreEntries(workspace, entries, root, restoreOptions ?? {}, (path, digest) =>
        notify({ notice: 'quarantined', path, digest }),
      ),
    touch(result) {
      if (!isKey(result.key) || result.accepted || readOnly) return;
      upkeep.keep(result.key);
      if (noteUse(resultFile(workspace, result))) return;
      // What keeps its contents is gone (a power cut): without it they would be taken for nobody's. Where a trim took
      // it they go with it, at this moment perhaps, and an entry would promise what isn't there. So their use is noted
      // before, which a trim sees that has taken the entry, and after, which one sees that hasn't seen it come.
      const noteContents = () =>
        result.outputs.every(
          (entry) =>
            entry.kind !== 'file' ||
            !entry.stored ||
            (hasBlob(workspace, entry.digest) && noteUse(blobPath(workspace, entry.digest))),
        );
      if (!noteContents()) return;
      placeResult(workspace, result, false);
      noteContents();
    },
    info: () => ({ dir, maxSizeBytes, readOnly, roots: upkeep.roots(), ...countContents(layout) }),
    verify: (onProgress) => verifyContents(workspace, onProgress),
    mend(findings, roots) {
      const registered = upkeep.roots().flatMap(({ root, standing }) => (standing === 'here' && root) || []);
      return mendContents(workspace, findings, [...new Set([...roots, ...registered])]);
    },
    ...upkeep,
    prepare(root) {
      const prepared = upkeep.prepare(root);
      if (prepared.ok || prepared.error.kind !== 'io' || !isWriteRefused(prepared.error, dir))
        return prepared;
      refuseWrites(prepared.error);
      return ok(undefined);
    },
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

interface SaveRequest {
  readonly result: Result;
  readonly contents: readonly Content[];
  readonly contentOf: (path: string) => string;
  readonly isFirst: boolean;
}

interface SavedOnce {
  readonly addedBlobs: number;
  readonly addedBytes: number;
  /** Of the result's entry. */
  readonly entryBytes: number;
}

/** Copy and sync all contents; only when all are right, name them; then the result; then sync the folders. */
async function saveOnce(
  workspace: Workspace,
  { result, contents, contentOf, isFirst }: SaveRequest,
): Promise<Outcome<SavedOnce, SaveFailure>> {
  const staged: StagedBlob[] = [];
  const changed: string[] = [];
  const failures: IoError[] = [];
  const named: string[] = [];
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
      named.push(blob.intake.target);
      if (blob.temp === null) continue;
      addedBlobs += 1;
      addedBytes += blob.intake.sizeBytes;
    }
  } finally {
    for (const blob of staged) discardBlob(blob);
  }
  const recorded = placeResult(workspace, result, isFirst);
  if (!recorded.ok) return recorded;
  // A trim that hasn't seen the result may take what only it names now, what was reused as well as, where another
  // root empties the store, what has just come: from here on it sees that it's in use.
  for (const path of named)
    if (!noteUse(path)) return fail({ kind: 'io', doing: 'write', path, code: 'ENOENT' });
  const synced = await workspace.syncFolders();
  return synced.ok ? ok({ addedBlobs, addedBytes, entryBytes: recorded.value }) : synced;
}

function isIo(outcome: Outcome<unknown, SaveFailure>, code: string): boolean {
  return !outcome.ok && outcome.error.kind === 'io' && outcome.error.code === code;
}

/** A store on a read-only file system, or of another user. */
function isWriteRefused(error: IoError, dir: string): boolean {
  return ['EROFS', 'EACCES', 'EPERM'].includes(error.code) && error.path.startsWith(dir);
}
