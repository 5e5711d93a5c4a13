/**
 * Walks all that a store holds: counting it, and emptying it. Knows the layout by pattern: what doesn't look like
 * something this store made is neither counted nor removed, and links are never followed.
 */
import { type Dirent, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type IoError, ioError, isAbandonedTemp, isTempName, removeFile } from '../base/atomic-file.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { type ContentLayout, isKey, isRootId, SHARD_PATTERN, validDigestSize } from './layout.ts';
import { pause } from './pacing.ts';
import { NOTE_SUFFIX } from './quarantine.ts';

/** `note`: why something was set aside. */
type Kind = 'blob' | 'result' | 'quarantined' | 'note' | 'temp';

export interface Found {
  readonly kind: Kind;
  readonly path: string;
  readonly name: string;
}

export interface Emptied {
  readonly removedFiles: number;
  readonly freedBytes: number;
}

export interface Counts {
  readonly sizeBytes: number;
  readonly blobs: number;
  readonly results: number;
  readonly quarantined: number;
}

/** Of a store that changes meanwhile, roughly. Synchronous, some 5 us a file. */
export function countContents(layout: ContentLayout): Counts {
  const counts = { blob: 0, result: 0, quarantined: 0, note: 0, temp: 0 };
  let sizeBytes = 0;
  for (const { kind, path } of files(layout)) {
    counts[kind] += 1;
    sizeBytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return { sizeBytes, blobs: counts.blob, results: counts.result, quarantined: counts.quarantined };
}

/**
 * Removes the store's files, then the folders that are empty afterwards; the store's own folder stays. Results go
 * first, so that an interrupt leaves no result without contents. Temporary files of live processes stay with them.
 */
export async function removeContents(layout: ContentLayout): Promise<Outcome<Emptied, IoError>> {
  let removedFiles = 0;
  let freedBytes = 0;
  for (const { kind, path, name } of files(layout)) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (kind === 'temp' && !isAbandonedTemp(name, stat.mtimeMs, Date.now())) continue;
    try {
      unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      return fail(ioError(error, 'remove', path));
    }
    removedFiles += 1;
    freedBytes += stat.size;
    if (removedFiles % 256 === 0) await pause();
  }
  for (const folder of [layout.results, layout.blobs]) {
    for (const shard of list(folder)) if (isShard(shard)) removeIfEmpty(join(folder, shard.name));
    removeIfEmpty(folder);
  }
  for (const name of list(layout.roots))
    if (name.isFile() && isRootId(name.name)) removeFile(join(layout.roots, name.name));
  removeFile(layout.usage);
  for (const folder of [layout.tmp, layout.quarantine, layout.roots, layout.base]) removeIfEmpty(folder);
  return ok({ removedFiles, freedBytes });
}

function* files(layout: ContentLayout): Generator<Found> {
  yield* resultFiles(layout);
  yield* contentFiles(layout);
  yield* otherFiles(layout);
}

export function* resultFiles({ results }: ContentLayout): Generator<Found> {
  for (const shard of list(results))
    if (isShard(shard)) yield* filesIn(join(results, shard.name), 'result', isKey);
}

export function* contentFiles({ blobs }: ContentLayout): Generator<Found> {
  for (const shard of list(blobs))
    if (isShard(shard)) yield* filesIn(join(blobs, shard.name), 'blob', isDigest);
}

/** What was set aside, and what is being written. */
export function* otherFiles({ quarantine, tmp }: ContentLayout): Generator<Found> {
  yield* filesIn(quarantine, 'quarantined', (name) => isDigest(name) || isKey(name));
  yield* filesIn(quarantine, 'note', isNote);
  yield* filesIn(tmp, 'temp', isTempName);
}

function* filesIn(folder: string, kind: Kind, isOurs: (name: string) => boolean): Generator<Found> {
  for (const entry of list(folder)) {
    if (entry.isFile() && isOurs(entry.name))
      yield { kind, path: join(folder, entry.name), name: entry.name };
  }
}

/** A folder's entries, none where it is a link, absent or unreadable. */
function list(folder: string): Dirent[] {
  try {
    return lstatSync(folder).isDirectory() ? readdirSync(folder, { withFileTypes: true }) : [];
  } catch {
    return [];
  }
}

function isShard(entry: Dirent): boolean {
  return entry.isDirectory() && SHARD_PATTERN.test(entry.name);
}

function isNote(name: string): boolean {
  const of = name.slice(0, -NOTE_SUFFIX.length);
  return name.endsWith(NOTE_SUFFIX) && (isDigest(of) || isKey(of));
}

function isDigest(name: string): boolean {
  return validDigestSize(name) !== null;
}

function removeIfEmpty(folder: string): void {
  try {
    // Refuses links and folders with anything in them.
    rmdirSync(folder);
  } catch {
    // It stays.
  }
}
