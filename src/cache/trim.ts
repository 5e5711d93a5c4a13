/**
 * Removes what is long unused, until the store is small enough. Goes by an inventory and looks at each file once
 * more right before it is removed, since others use the store meanwhile; why that is enough is told in
 * src/ARCHITECTURE.md. Doesn't know when to trim, nor whose a result is: only that some must stay.
 */
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { removeFile, tempName } from '../base/atomic-file.ts';
import type { TaskKey } from '../model/ids.ts';
import { type Inventory, type StoredFile, type StoredResult, takeInventory } from './inventory.ts';
import { pause } from './pacing.ts';
import { NOTE_SUFFIX } from './quarantine.ts';
import { GRACE_MS, type Workspace, withFolder } from './workspace.ts';

export interface TrimPlan {
  /** Above this, results are removed. */
  readonly maxSizeBytes: number;
  /** Down to this. */
  readonly goalBytes: number;
  /** Results that weren't used for so long are removed in any case. */
  readonly maxAgeMs: number | null;
  /** Results that stay. Asked after the walk: who stores one registers it first, so what the walk saw is known by then. */
  readonly pins: () => ReadonlySet<TaskKey>;
  /** Only says what would be removed. */
  readonly dryRun: boolean;
  /** How young a content without a result is spared; default 15 minutes. */
  readonly graceMs?: number;
  /** Ends it early, with what is done by then. */
  readonly signal?: AbortSignal;
}

export interface Removed {
  readonly results: number;
  /** Contents, those that no result named included. */
  readonly contents: number;
  readonly files: number;
  readonly sizeBytes: number;
  /** The latest use of a removed result, Unix ms; null: none was removed. */
  readonly lastUsedAtMs: number | null;
}

export interface TrimEnd {
  readonly removed: Removed;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** Pinned results that are there, and what they and their contents take. */
  readonly pinned: { readonly results: number; readonly sizeBytes: number };
}

/** Throws the system's error where a file can't be removed. */
export async function trimContents(workspace: Workspace, plan: TrimPlan): Promise<TrimEnd> {
  const nowMs = Date.now();
  const inventory = await takeInventory(workspace.layout, nowMs);
  const pins = plan.pins();
  const remove = plan.dryRun ? () => true : (file: StoredFile) => removeUnchanged(workspace, file);
  const removed = { results: 0, contents: 0, files: 0, sizeBytes: 0, lastUsedAtMs: null as number | null };
  const users = countUsers(inventory.results);
  const staleBeforeMs = plan.maxAgeMs === null ? Number.NEGATIVE_INFINITY : nowMs - plan.maxAgeMs;
  const graceStartMs = nowMs - (plan.graceMs ?? GRACE_MS);
  const isOver = inventory.sizeBytes > plan.maxSizeBytes;
  const left = () => inventory.sizeBytes - removed.sizeBytes;

  const take = (file: StoredFile): boolean => {
    if (!remove(file)) return false;
    removed.files += 1;
    removed.sizeBytes += file.sizeBytes;
    return true;
  };
  const takeAside = (file: StoredFile) => {
    if (take(file) && !plan.dryRun) removeFile(`${file.path}${NOTE_SUFFIX}`);
  };
  const aside = new Map(inventory.quarantined.map((file) => [basename(file.path), file]));
  const takeContent = (file: StoredFile) => {
    if (!take(file)) return;
    removed.contents += 1;
    // It was healed since, so what is told of it from now on is that it was evicted.
    const damaged = aside.get(basename(file.path));
    if (damaged !== undefined) takeAside(damaged);
  };

  for (const file of inventory.abandoned) take(file);
  for (const [digest, file] of inventory.contents)
    if (!users.has(digest) && isOlder(file, graceStartMs)) takeContent(file);
  for (const file of inventory.quarantined)
    if (isOlder(file, staleBeforeMs) || (isOver && left() > plan.goalBytes && isOlder(file, graceStartMs)))
      takeAside(file);

  let looked = 0;
  for (const result of inventory.results) {
    const isWanted = isOlder(result, staleBeforeMs) || (isOver && left() > plan.goalBytes);
    if (!isWanted || plan.signal?.aborted) break;
    looked += 1;
    if (looked % 64 === 0) await pause();
    if (pins.has(result.key) || !take(result)) continue;
    removed.results += 1;
    removed.lastUsedAtMs = Math.round(result.usedAtMs);
    for (const digest of result.contents) {
      const others = users.get(digest)! - 1;
      users.set(digest, others);
      const content = others === 0 ? inventory.contents.get(digest) : undefined;
      if (content !== undefined) takeContent(content);
    }
  }
  return {
    removed,
    beforeBytes: inventory.sizeBytes,
    afterBytes: left(),
    pinned: sizeOfPinned(inventory, pins),
  };
}

/** Distinct contents are counted once; contents that pinned results share with others are theirs. */
export function sizeOfPinned(inventory: Inventory, pins: ReadonlySet<TaskKey>): TrimEnd['pinned'] {
  const contents = new Set<string>();
  let results = 0;
  let sizeBytes = 0;
  for (const result of inventory.results) {
    if (!pins.has(result.key)) continue;
    results += 1;
    sizeBytes += result.sizeBytes;
    for (const digest of result.contents) contents.add(digest);
  }
  for (const digest of contents) sizeBytes += inventory.contents.get(digest)?.sizeBytes ?? 0;
  return { results, sizeBytes };
}

function countUsers(results: readonly StoredResult[]): Map<string, number> {
  const users = new Map<string, number>();
  for (const { contents } of results)
    for (const digest of contents) users.set(digest, (users.get(digest) ?? 0) + 1);
  return users;
}

function isOlder({ usedAtMs }: StoredFile, thanMs: number): boolean {
  return usedAtMs < thanMs;
}

/**
 * False where it is gone, or was used since: it stays then. Taken out of reach before the last look, so that a use
 * is either seen here, or finds that the file is gone.
 */
function removeUnchanged(workspace: Workspace, { path, usedAtMs }: StoredFile): boolean {
  const isUnchanged = (at: string) => lstatSync(at, { throwIfNoEntry: false })?.mtimeMs === usedAtMs;
  if (!isUnchanged(path)) return false;
  const aside = `${workspace.layout.tmp}/${tempName()}`;
  try {
    withFolder(workspace, workspace.layout.tmp, () => renameSync(path, aside));
    if (isUnchanged(aside)) {
      unlinkSync(aside);
      return true;
    }
    putBack(aside, path);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Unless somebody has stored it again. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
    unlinkSync(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') unlinkSync(aside);
    // A file system without links.
    else renameSync(aside, path);
  }
}
