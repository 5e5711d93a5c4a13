/**
 * All that a store holds, as one walk finds it: results with the contents they name, contents, and the rest, each
 * with its size and when it was used last. What others do meanwhile it may miss or count; whoever removes something
 * looks at it once more.
 */
import { lstatSync, statSync } from 'node:fs';
import { isAbandonedTemp } from '../base/atomic-file.ts';
import type { TaskKey } from '../model/ids.ts';
import { contentFiles, type Found, otherFiles, resultFiles } from './contents.ts';
import type { ContentLayout } from './layout.ts';
import { pause } from './pacing.ts';
import { NOTE_SUFFIX } from './quarantine.ts';
import { readResults } from './result-entry.ts';

export interface StoredFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** When its use was noted last, Unix ms. */
  readonly usedAtMs: number;
}

export interface StoredResult extends StoredFile {
  readonly key: TaskKey;
  /** Digests of the contents that it names, each once. */
  readonly contents: readonly string[];
}

export interface Inventory {
  /** Least recently used first. */
  readonly results: readonly StoredResult[];
  readonly contents: ReadonlyMap<string, StoredFile>;
  /** Damaged contents that were set aside, oldest first. */
  readonly quarantined: readonly StoredFile[];
  /** Temporary files that nobody will come back for. */
  readonly abandoned: readonly StoredFile[];
  /** Of all files, those included that are being written. */
  readonly sizeBytes: number;
}

/**
 * Some 15 us a result, 5 us a content; others have their turn meanwhile. Contents come before results: a result that
 * comes after the walk through results notes its contents once more after their walk, and so can't be missed.
 */
export async function takeInventory(layout: ContentLayout, nowMs: number): Promise<Inventory> {
  const results: StoredResult[] = [];
  const contents = new Map<string, StoredFile>();
  const quarantined: StoredFile[] = [];
  const abandoned: StoredFile[] = [];
  let sizeBytes = 0;
  let seen = 0;
  for (const { kind, path, name } of allFiles(layout)) {
    seen += 1;
    if (seen % 256 === 0) await pause();
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    sizeBytes += stat.size;
    const file = { path, sizeBytes: stat.size, usedAtMs: stat.mtimeMs };
    switch (kind) {
      case 'result':
        results.push({ ...file, key: name as TaskKey, contents: contentsNamedIn(path, name as TaskKey) });
        break;
      case 'blob':
        contents.set(name, file);
        break;
      case 'quarantined':
        quarantined.push(file);
        break;
      case 'note':
        // A few hundred bytes, which go with what they are about; some are left of a kill.
        if (statSync(noted(path), { throwIfNoEntry: false }) === undefined) abandoned.push(file);
        break;
      case 'temp':
        if (isAbandonedTemp(name, stat.mtimeMs, nowMs)) abandoned.push(file);
        break;
    }
  }
  const byUse = (a: StoredFile, b: StoredFile) => a.usedAtMs - b.usedAtMs || (a.path < b.path ? -1 : 1);
  return {
    results: results.sort(byUse),
    contents,
    quarantined: quarantined.sort(byUse),
    abandoned,
    sizeBytes,
  };
}

/** The size of all files; as `takeInventory`, without reading any. */
export async function measure(layout: ContentLayout): Promise<number> {
  let sizeBytes = 0;
  let seen = 0;
  for (const { path } of allFiles(layout)) {
    seen += 1;
    if (seen % 256 === 0) await pause();
    sizeBytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sizeBytes;
}

function* allFiles(layout: ContentLayout): Generator<Found> {
  yield* contentFiles(layout);
  yield* resultFiles(layout);
  yield* otherFiles(layout);
}

/** What a note is about. */
function noted(note: string): string {
  return note.slice(0, -NOTE_SUFFIX.length);
}

function contentsNamedIn(path: string, key: TaskKey): string[] {
  const digests = new Set<string>();
  for (const { outputs } of readResults(path, key))
    for (const entry of outputs) if (entry.kind === 'file' && entry.stored) digests.add(entry.digest);
  return [...digests];
}
