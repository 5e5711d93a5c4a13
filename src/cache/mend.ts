/**
 * Puts right what `verify.ts` found, so that nothing damaged is left in reach: a bad content is set aside and, where
 * an output on a disk still has its bytes, stored again from there; a result that names a content which is nowhere is
 * dropped, since it could never be restored. Looks at each thing once more before: runs go on meanwhile.
 */
import { linkSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type IoError, ioError, removeFile } from '../base/atomic-file.ts';
import type { TaskKey } from '../model/ids.ts';
import { hasBlob, placeBlob, setAsideIfDamaged, stageBlob } from './blobs.ts';
import { resultFolder, validDigestSize } from './layout.ts';
import { setAside } from './quarantine.ts';
import { formatResults, readEntry } from './result-entry.ts';
import { type BadContent, type Findings, storedFiles, type Use } from './verify.ts';
import { nameTemp, type Workspace, writeTemp } from './workspace.ts';

/** What became of a content, by its digest. */
export type Mended =
  /** Its right bytes are there again; `from` is where they were found, null: a run has stored them meanwhile. */
  | { readonly end: 'stored-again'; readonly from: string | null }
  /** Set aside where it lay there; it is made again when it's needed. */
  | { readonly end: 'dropped' };

export interface Dropped {
  readonly key: TaskKey;
  /** Outputs whose contents are gone; none: the entry itself was damaged. */
  readonly paths: readonly string[];
  /** Other results of the key, which stay. */
  readonly kept: number;
}

export interface Repairs {
  readonly contents: ReadonlyMap<string, Mended>;
  /** Results that are no longer offered. */
  readonly results: readonly Dropped[];
  /** What could not be changed. */
  readonly failures: readonly IoError[];
}

/** `roots`: absolute folders in which outputs may lie that results name. Never throws. */
export async function mendContents(
  workspace: Workspace,
  { badContents, badEntries }: Findings,
  roots: readonly string[],
): Promise<Repairs> {
  const contents = new Map<string, Mended>();
  const failures: IoError[] = [];
  const broken = new Map<TaskKey, Set<string>>(badEntries.map(({ key }) => [key, new Set()]));
  for (const bad of badContents) {
    const mended = await mendContent(workspace, bad, roots);
    if ('kind' in mended) {
      failures.push(mended);
      continue;
    }
    contents.set(bad.digest, mended);
    if (mended.end === 'dropped')
      for (const { key } of bad.usedBy) broken.set(key, (broken.get(key) ?? new Set()).add(bad.digest));
  }
  const results: Dropped[] = [];
  for (const [key, digests] of broken) {
    try {
      const dropped = dropBroken(workspace, key, digests);
      if (dropped !== null) results.push(dropped);
    } catch (error) {
      failures.push(ioError(error, 'drop the result', `${resultFolder(workspace.layout, key)}/${key}`));
    }
  }
  const synced = await workspace.syncFolders();
  if (!synced.ok) failures.push(synced.error);
  return { contents, results, failures };
}

async function mendContent(
  workspace: Workspace,
  { digest, problem, usedBy }: BadContent,
  roots: readonly string[],
): Promise<Mended | IoError> {
  if (problem !== 'missing') {
    const done = await setAsideIfDamaged(workspace, digest, { foundBy: 'verify' });
    if (!done.ok) return done.error;
    if (done.value === 'whole') return { end: 'stored-again', from: null };
  } else if (hasBlob(workspace, digest)) return { end: 'stored-again', from: null };
  for (const path of candidates(usedBy, roots)) {
    // Whatever lies there is hashed while it's copied: only the right bytes get the name.
    const staged = await stageBlob(workspace, digest, validDigestSize(digest)!, path);
    if (!staged.ok) {
      if (staged.error.kind === 'io' && staged.error.doing === 'write') return staged.error;
      continue;
    }
    const placed = placeBlob(workspace, staged.value);
    return placed.ok ? { end: 'stored-again', from: path } : placed.error;
  }
  return { end: 'dropped' };
}

function candidates(usedBy: readonly Use[], roots: readonly string[]): Set<string> {
  const paths = new Set<string>();
  for (const { path } of usedBy)
    for (const root of roots) {
      const file = join(root, path);
      if (isFile(file)) paths.add(file);
    }
  return paths;
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** null: meanwhile all is well with it, or it is gone. Throws the system's error. */
function dropBroken(workspace: Workspace, key: TaskKey, digests: ReadonlySet<string>): Dropped | null {
  const file = `${resultFolder(workspace.layout, key)}/${key}`;
  const entry = readEntry(file, key);
  if (entry === null) return null;
  const isBroken = (digest: string) => digests.has(digest) && !hasBlob(workspace, digest);
  const whole = entry.results.filter(
    (result) => !storedFiles([result]).some((each) => isBroken(each.digest)),
  );
  if (whole.length === entry.results.length && entry.damagedRecords === 0) return null;
  const lost = storedFiles(entry.results).filter(({ digest }) => isBroken(digest));
  // Written before anything goes; a kill between the two steps below costs a later run and nothing else.
  const temp = whole.length > 0 ? writeTemp(workspace, formatResults(whole), true) : null;
  try {
    const aside = `${workspace.layout.quarantine}/${key}`;
    setAside(workspace, file, key, {
      foundBy: 'verify',
      problem: lost.length > 0 ? 'missing-content' : 'damaged-entry',
      missing: [...new Set(lost.map(({ digest }) => digest))],
    });
    workspace.unsynced.add(resultFolder(workspace.layout, key));
    const moved = readEntry(aside, key);
    // A run has added to it between the look and the move: that addition counts, the next verify looks at the rest.
    if (moved !== null && moved.results.length > entry.results.length) linkBack(aside, file);
    else if (temp !== null && statSync(file, { throwIfNoEntry: false }) === undefined)
      nameTemp(workspace, temp, file);
  } finally {
    if (temp !== null) removeFile(temp);
  }
  return { key, paths: [...new Set(lost.map(({ path }) => path))], kept: whole.length };
}

/** Unless somebody has stored another meanwhile. */
function linkBack(aside: string, file: string): void {
  try {
    linkSync(aside, file);
    unlinkSync(aside);
  } catch {
    // It's a miss then: the task runs once more.
  }
}
