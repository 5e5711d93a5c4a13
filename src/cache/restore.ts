/**
 * Brings a result's entries back into a root: look at the paths, copy and check every content, then set all
 * names. Until the last step nothing is seen of it. Doesn't decide what to restore, and doesn't keep what stood
 * there before: that is the caller's.
 */
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ioError, removeFile, tempName } from '../base/atomic-file.ts';
import { parentOf } from '../base/path.ts';
import type { OutputEntry } from '../model/result.ts';
import { blobPath, hasBlob, quarantineIfDamaged } from './blobs.ts';
import { copyChecked } from './checked-copy.ts';
import { validDigestSize } from './layout.ts';
import { pause } from './pacing.ts';
import type { RestoreOptions, RestoreOutcome } from './result-store.ts';
import { type Looked, lookAtPaths } from './safe-path.ts';
import { sweepOnce, type Workspace } from './workspace.ts';

type FileEntry = Extract<OutputEntry, { kind: 'file' }>;

/** An entry on its way to its name. */
interface Item {
  readonly entry: OutputEntry;
  readonly target: string;
  /** Where its copy waits; null for what needs none: links and folders that aren't in a tree. */
  readonly temp: string | null;
  /** The tree that it is part of, null: it gets its name by itself. */
  readonly tree: Tree | null;
}

/** A folder that is absent in the root, made elsewhere with all that is in it and then named in one step. */
interface Tree {
  readonly target: string;
  readonly temp: string;
}

interface Destination {
  readonly root: string;
  /**
   * Where copies wait: under the root, hence most likely on the same file system, and not in the outputs' own
   * folders, where a kill would leave files that look like the user's.
   */
  readonly temps: string;
  /** Folders known to exist. */
  readonly folders: Set<string>;
}

/** Entries between two pauses in which signals and other tasks are served: 1 to 3 ms. */
const ENTRIES_AT_ONCE = 64;
/** Naming a file costs 8 of its 25 us: from so many on, an absent folder is made as a tree. */
const TREE_FROM_ENTRIES = 16;

export async function restoreEntries(
  workspace: Workspace,
  entries: readonly OutputEntry[],
  root: string,
  options: RestoreOptions,
  onQuarantine: (path: string, digest: string) => void,
): Promise<RestoreOutcome> {
  const to: Destination = { root, temps: join(root, '.cache', 'tmp'), folders: new Set([root]) };
  const items: Item[] = [];
  const missing: string[] = [];
  let trees: ReadonlyMap<string, Tree> = new Map();
  let doing = root;
  try {
    const looked = lookAtPaths(entries, root, options.allowedLinks ?? []);
    if (!looked.ok) return { restored: false, why: 'refused', ...looked.error };
    makeFolder(to, to.temps);
    sweepOnce(workspace, to.temps);
    trees = planTrees(entries, looked.value, to);

    for (const [index, entry] of entries.entries()) {
      const item = itemFor(entry, looked.value, trees, to);
      doing = item.target;
      if (entry.kind === 'file') {
        // Once something is missing nothing will be written; the rest is only asked for, to name all of it.
        const isThere =
          missing.length > 0
            ? entry.stored && hasBlob(workspace, entry.digest)
            : await stageFile(workspace, item, entry, to);
        if (!isThere) {
          missing.push(entry.path);
          if (await quarantineIfDamaged(workspace, entry.digest, entry.path))
            onQuarantine(entry.path, entry.digest);
        }
      } else if (item.tree !== null && missing.length === 0) {
        stageOther(to, entry, item.temp!);
      }
      items.push(item);
      if (index % ENTRIES_AT_ONCE === ENTRIES_AT_ONCE - 1) await pause();
    }
    if (missing.length > 0) return { restored: false, why: 'missing', paths: missing };

    const named = new Set([...trees.values()].filter(nameTree));
    let files = 0;
    let sizeBytes = 0;
    for (const [index, item] of items.entries()) {
      doing = item.target;
      if (item.tree === null || !named.has(item.tree)) await nameItem(workspace, to, item);
      if (item.entry.kind === 'file') {
        files += 1;
        sizeBytes += validDigestSize(item.entry.digest) ?? 0;
      }
      if (index % ENTRIES_AT_ONCE === ENTRIES_AT_ONCE - 1) await pause();
    }
    items.length = 0;
    return { restored: true, files, sizeBytes };
  } catch (error) {
    return { restored: false, why: 'failed', failure: ioError(error, 'restore', doing) };
  } finally {
    // What has its name is no longer there.
    for (const { temp, tree } of items) if (temp !== null && tree === null) removeFile(temp);
    for (const { temp } of trees.values()) rmSync(temp, { recursive: true, force: true });
  }
}

/** Absent folders with enough in them to be made as trees. */
function planTrees(entries: readonly OutputEntry[], looked: Looked, to: Destination): Map<string, Tree> {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const top = looked.absentTop(folderOf(entry));
    if (top !== null) counts.set(top, (counts.get(top) ?? 0) + 1);
  }
  const trees = new Map<string, Tree>();
  for (const [top, count] of counts) {
    if (count >= TREE_FROM_ENTRIES)
      trees.set(top, { target: join(to.root, top), temp: join(to.temps, tempName()) });
  }
  return trees;
}

/** The folder that must exist for the entry to exist. */
function folderOf(entry: OutputEntry): string {
  return entry.kind === 'folder' ? entry.path : parentOf(entry.path);
}

function itemFor(
  entry: OutputEntry,
  looked: Looked,
  trees: ReadonlyMap<string, Tree>,
  to: Destination,
): Item {
  const target = join(to.root, entry.path);
  const top = looked.absentTop(folderOf(entry));
  const tree = top === null ? undefined : trees.get(top);
  if (tree !== undefined && top !== null) {
    return { entry, target, tree, temp: join(tree.temp, entry.path.slice(top.length)) };
  }
  return { entry, target, tree: null, temp: entry.kind === 'file' ? join(to.temps, tempName()) : null };
}

/** False where the content isn't there or isn't right. Throws the system's error. */
async function stageFile(
  workspace: Workspace,
  item: Item,
  entry: FileEntry,
  to: Destination,
): Promise<boolean> {
  const sizeBytes = entry.stored ? validDigestSize(entry.digest) : null;
  if (sizeBytes === null || item.temp === null) return false;
  if (item.tree !== null) makeFolder(to, dirname(item.temp));
  const from = blobPath(workspace, entry.digest);
  return copyChecked(workspace, {
    from,
    to: item.temp,
    digest: entry.digest,
    sizeBytes,
    mode: modeOf(entry),
  });
}

/** A link or folder inside a tree. Throws the system's error. */
function stageOther(to: Destination, entry: OutputEntry, temp: string): void {
  if (entry.kind === 'folder') makeFolder(to, temp);
  if (entry.kind !== 'symlink') return;
  makeFolder(to, dirname(temp));
  symlinkSync(entry.link, temp);
}

/** False where it can't be had in one step: the folder has come to be meanwhile, or lies on another file system. */
function nameTree({ temp, target }: Tree): boolean {
  try {
    renameSync(temp, target);
    return true;
  } catch {
    return false;
  }
}

/** Gives an entry its name, over what may be there. Throws the system's error. */
async function nameItem(workspace: Workspace, to: Destination, { entry, temp, target }: Item): Promise<void> {
  switch (entry.kind) {
    case 'folder':
      makeFolder(to, target);
      break;
    case 'symlink':
      makeFolder(to, dirname(target));
      nameLink(to, entry.link, target);
      break;
    case 'file':
      makeFolder(to, dirname(target));
      await nameFile(workspace, entry, temp!, target);
  }
}

async function nameFile(workspace: Workspace, entry: FileEntry, temp: string, target: string): Promise<void> {
  try {
    renameSync(temp, target);
    return;
  } catch (error) {
    if (!isOtherFileSystem(error)) throw error;
  }
  // A mount, or an allowed link: copied and checked once more, beside the target.
  const beside = join(dirname(target), tempName());
  const sizeBytes = validDigestSize(entry.digest) ?? 0;
  const request = { from: temp, to: beside, digest: entry.digest, sizeBytes, mode: modeOf(entry) };
  if (!(await copyChecked(workspace, request))) {
    throw Object.assign(new Error(`${temp} changed while it waited`), { code: 'EIO' });
  }
  try {
    renameSync(beside, target);
  } catch (error) {
    removeFile(beside);
    throw error;
  }
  removeFile(temp);
}

function nameLink(to: Destination, link: string, target: string): void {
  try {
    nameLinkVia(join(to.temps, tempName()), link, target);
  } catch (error) {
    if (!isOtherFileSystem(error)) throw error;
    nameLinkVia(join(dirname(target), tempName()), link, target);
  }
}

function nameLinkVia(temp: string, link: string, target: string): void {
  symlinkSync(link, temp);
  try {
    renameSync(temp, target);
  } catch (error) {
    removeFile(temp);
    throw error;
  }
}

function makeFolder(to: Destination, path: string): void {
  if (to.folders.has(path)) return;
  mkdirSync(path, { recursive: true });
  to.folders.add(path);
}

function isOtherFileSystem(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EXDEV';
}

function modeOf(entry: FileEntry): number {
  return entry.executable ? 0o777 : 0o666;
}
