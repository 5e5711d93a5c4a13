/**
 * Reads all that a store holds: every content against its digest, every entry of results, and whether what results
 * name is there. Changes nothing; what is to become of what it finds is decided in mend.ts. Others may use and trim
 * the store meanwhile: what comes and goes under its eyes is no damage.
 *
 * Contents are read in pieces, several at once; what is kept meanwhile is the digests (some 150 bytes each).
 */
import { lstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IoError } from '../base/atomic-file.ts';
import type { TaskKey } from '../model/ids.ts';
import type { Result } from '../model/result.ts';
import { blobPath, checkContent, hasBlob } from './blobs.ts';
import { contentFiles, countContents, resultFiles } from './contents.ts';
import { type ContentLayout, resultFolder, validDigestSize } from './layout.ts';
import { pause } from './pacing.ts';
import type { ContentProblem } from './quarantine.ts';
import { readEntry } from './result-entry.ts';
import type { Workspace } from './workspace.ts';

/** A result that names a content, and for which output. */
export interface Use {
  readonly key: TaskKey;
  /** Relative to a project's root. */
  readonly path: string;
}

export interface BadContent {
  readonly digest: string;
  readonly problem: ContentProblem | 'missing';
  /** Results that name it, none where it's unreferenced. */
  readonly usedBy: readonly Use[];
}

export interface BadEntry {
  readonly key: TaskKey;
  readonly file: string;
  /** Results of it that are as they should be. */
  readonly goodResults: number;
  readonly damagedRecords: number;
}

export interface Findings {
  /** Read, bad ones included. */
  readonly contents: number;
  readonly contentBytes: number;
  /** Entries; one may hold several results of its key. */
  readonly results: number;
  readonly badContents: readonly BadContent[];
  readonly badEntries: readonly BadEntry[];
  /** Named by no result: of results that were removed, or being stored at this moment. */
  readonly unreferenced: { readonly contents: number; readonly sizeBytes: number };
  /** What was set aside before this. */
  readonly quarantined: number;
  /** What this user may not read; it isn't known whether it's right. */
  readonly unread: readonly IoError[];
}

export interface VerifyProgress {
  readonly doneBytes: number;
  readonly allBytes: number;
}

/** The thread pool has four threads. */
const READS_AT_ONCE = 4;
/** A run that stores a result of contents that a trim takes away stores them again at once. */
const SETTLE_MS = 200;

/** Throws the system's error only where a folder of the store can't be looked at. */
export async function verifyContents(
  workspace: Workspace,
  onProgress: ((progress: VerifyProgress) => void) | null,
): Promise<Findings> {
  const { layout } = workspace;
  const unread: IoError[] = [];
  const read = await readContents(workspace, onProgress, unread);
  const named = await readEntries(workspace, read, unread);
  // What seemed to be missing or without a result may have been on its way, to the store or out of it.
  if (named.missing.size > 0) await sleep(SETTLE_MS);
  for (const [digest, uses] of named.missing) {
    const lasting = hasBlob(workspace, digest) ? [] : uses.filter((use) => names(layout, use, digest));
    if (lasting.length > 0) named.bad.set(digest, { digest, problem: 'missing', usedBy: lasting });
  }
  let contents = 0;
  let sizeBytes = 0;
  for (const [digest, size] of read.unnamed) {
    if (lstatSync(blobPath(workspace, digest), { throwIfNoEntry: false }) === undefined) continue;
    contents += 1;
    sizeBytes += size;
  }
  return {
    contents: read.contents,
    contentBytes: read.contentBytes,
    results: named.results,
    badContents: [...named.bad.values()],
    badEntries: named.badEntries,
    unreferenced: { contents, sizeBytes },
    quarantined: countContents(layout).quarantined,
    unread,
  };
}

interface ReadContents {
  contents: number;
  contentBytes: number;
  /** Whole ones that no result is known to name, with their sizes. */
  readonly unnamed: Map<string, number>;
  readonly bad: Map<string, ContentProblem>;
}

async function readContents(
  workspace: Workspace,
  onProgress: ((progress: VerifyProgress) => void) | null,
  unread: IoError[],
): Promise<ReadContents> {
  const { layout } = workspace;
  const seen: ReadContents = { contents: 0, contentBytes: 0, unnamed: new Map(), bad: new Map() };
  const allBytes = onProgress === null ? 0 : await sizeOfContents(layout);
  onProgress?.({ doneBytes: 0, allBytes });
  const left = contentFiles(layout);

  async function reader(): Promise<void> {
    for (const { name: digest, path } of left) {
      const state = await checkContent(workspace, digest);
      if (state.is === 'gone') continue;
      if (state.is === 'refused') {
        unread.push(state.error);
        continue;
      }
      const sizeBytes = lstatSync(path, { throwIfNoEntry: false })?.size ?? validDigestSize(digest) ?? 0;
      seen.contents += 1;
      seen.contentBytes += sizeBytes;
      if (state.is === 'damaged') seen.bad.set(digest, state.problem);
      else seen.unnamed.set(digest, sizeBytes);
      onProgress?.({ doneBytes: seen.contentBytes, allBytes });
    }
  }
  // They share one walk, which goes on where the next of them is free.
  await Promise.all(Array.from({ length: READS_AT_ONCE }, reader));
  return seen;
}

interface ReadEntries {
  results: number;
  readonly bad: Map<string, BadContent>;
  readonly missing: Map<string, Use[]>;
  readonly badEntries: BadEntry[];
}

/** After the contents: whoever stores a result stores its contents first. Takes from `unnamed` what it finds named. */
async function readEntries(
  { layout }: Workspace,
  read: ReadContents,
  unread: IoError[],
): Promise<ReadEntries> {
  const badUses = new Map<string, Use[]>([...read.bad.keys()].map((digest) => [digest, []]));
  const missing = new Map<string, Use[]>();
  const badEntries: BadEntry[] = [];
  const found = new Set<string>();
  let results = 0;
  for (const { name, path: file } of resultFiles(layout)) {
    if (results % 64 === 63) await pause();
    const key = name as TaskKey;
    let entry: ReturnType<typeof readEntry>;
    try {
      entry = readEntry(file, key);
    } catch (error) {
      const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
      unread.push({ kind: 'io', doing: 'read', path: file, code });
      continue;
    }
    if (entry === null) continue;
    results += 1;
    const { damagedRecords } = entry;
    if (damagedRecords > 0) badEntries.push({ key, file, goodResults: entry.results.length, damagedRecords });
    for (const { digest, path } of storedFiles(entry.results)) {
      const uses = badUses.get(digest);
      if (uses !== undefined) uses.push({ key, path });
      else if (read.unnamed.delete(digest)) found.add(digest);
      else if (!found.has(digest)) missing.set(digest, [...(missing.get(digest) ?? []), { key, path }]);
    }
  }
  const bad = new Map<string, BadContent>();
  for (const [digest, problem] of read.bad)
    bad.set(digest, { digest, problem, usedBy: badUses.get(digest)! });
  return { results, bad, missing, badEntries };
}

/** Still: a trim removes results before their contents. */
function names(layout: ContentLayout, { key, path }: Use, digest: string): boolean {
  try {
    const entry = readEntry(`${resultFolder(layout, key)}/${key}`, key);
    return storedFiles(entry?.results ?? []).some((file) => file.digest === digest && file.path === path);
  } catch {
    return true;
  }
}

/** Each file whose content the results keep in the store. */
export function storedFiles(
  results: readonly Result[],
): { readonly digest: string; readonly path: string }[] {
  return results.flatMap(({ outputs }) =>
    outputs.flatMap((entry) => (entry.kind === 'file' && entry.stored ? [entry] : [])),
  );
}

async function sizeOfContents(layout: ContentLayout): Promise<number> {
  let sizeBytes = 0;
  let seen = 0;
  for (const { path } of contentFiles(layout)) {
    seen += 1;
    if (seen % 256 === 0) await pause();
    sizeBytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sizeBytes;
}
