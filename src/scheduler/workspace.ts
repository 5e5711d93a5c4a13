/**
 * What a run does to files in the root besides running commands: clears the way for outputs, sets aside what
 * orch didn't make, removes orphans, keeps what a failed attempt left. The only place that removes or moves
 * files of the root; it touches nothing that isn't recorded as orch's own, except to set it aside, and nothing
 * that lies behind a link which leaves the root, whoever made the link and when.
 */
import { cpSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lstatOrNull } from '../base/lstat.ts';
import { makeFolder } from '../base/make-folder.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { outsideLink } from '../base/outside-link.ts';
import { shortName } from '../base/short-name.ts';
import type { Failure } from '../model/failure.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import type { OutputSpec, Task } from '../model/task.ts';
import { coverage, type PathMatching } from '../planner/graph.ts';
import { entryOf, type Ownership } from '../state/ownership.ts';

export interface WorkspaceContext {
  readonly root: string;
  /** Absolute; set-aside files keep their path below it. */
  readonly replacedDir: string;
  readonly failedDir: string;
  readonly ownership: Ownership;
  readonly matching: PathMatching;
  /** Does the disk hold exactly this entry? */
  readonly isOnDisk: (entry: OutputEntry) => boolean;
  readonly isStored: (entry: OutputEntry) => boolean;
  /** Made, or being made, by another task of the pipeline: no folder or glob of this one covers it. */
  readonly isOthers: (path: string, task: Task) => boolean;
  /** Left by an attempt that died: set aside under the lock, no file of the user's. */
  readonly isClaimed: (path: string) => boolean;
  /** `--replace`: files without a record in folder and glob outputs are set aside too. */
  readonly replace: boolean;
  readonly notice: (code: string, message: string) => void;
}

/** Is the file what orch recorded for it? A file that was edited since is the user's. */
export function isUnmodified(
  path: string,
  context: Pick<WorkspaceContext, 'ownership' | 'isOnDisk'>,
): boolean {
  const content = context.ownership.contentOf(path);
  return content !== null && context.isOnDisk(entryOf(path, content));
}

/** A folder link above an output must not lead out of the root: a failure that names it. Changes nothing. */
export function checkInsideRoot(task: Task, { root }: WorkspaceContext): Failure | null {
  for (const { path } of task.outputs) {
    const folder = outsideLink(root, path);
    if (folder !== null)
      return { kind: 'output-not-regular', path, found: `behind the link ${folder}, which leaves the root` };
  }
  return null;
}

/** What lies at a task's declared outputs besides what is to stay. Looks at the disk, changes nothing. */
export interface Clearing {
  /** Label of the task. */
  readonly task: string;
  /** Orch's own, unedited. */
  readonly remove: readonly string[];
  /** Not orch's, or edited since. */
  readonly setAside: readonly string[];
  /** Files without a record inside folder and glob outputs. */
  readonly occupied: readonly { readonly output: string; readonly path: string }[];
}

/** A failure that names files without a record inside folder and glob outputs, unless they are to be replaced. */
export function occupation({ task, occupied }: Clearing, { replace }: WorkspaceContext): Failure | null {
  const first = occupied[0];
  if (first === undefined || replace) return null;
  return {
    kind: 'output-occupied',
    task,
    output: first.output,
    paths: occupied.filter(({ output }) => output === first.output).map(({ path }) => path),
  };
}

/** Sets aside what stands in the way and isn't orch's. To be done before the attempt's claim is recorded. */
export function setAsideForeign(
  { setAside, occupied }: Clearing,
  context: WorkspaceContext,
): Outcome<null, Failure> {
  const paths = [...setAside, ...occupied.map(({ path }) => path)];
  if (paths.length === 0) return ok(null);
  return guarded('set aside', context.replacedDir, () => {
    for (const path of paths) {
      moveTo(context.replacedDir, path, context);
      context.notice(
        'set-aside',
        `${path} was not made by orch or was edited since: set aside under .cache/replaced/`,
      );
    }
    context.ownership.append([{ drop: setAside }]);
  });
}

/** Removes orch's own earlier outputs that `keep` doesn't hold. To be done after the claim is durable. */
export function removeOwn(
  { remove }: Clearing,
  task: Task,
  keep: Result | null,
  context: WorkspaceContext,
): Outcome<null, Failure> {
  return guarded('remove', remove[0] ?? '', () => {
    for (const path of remove) removeQuietly(context.root, path);
    if (remove.length > 0) context.ownership.append([{ drop: remove }]);
    const kept = new Set(keep?.outputs.flatMap((entry) => (entry.kind === 'folder' ? [entry.path] : [])));
    for (const spec of task.outputs)
      if (spec.kind !== 'glob' && isFolder(join(context.root, spec.path)))
        removeEmpty(spec.path, kept, context);
  });
}

/** Makes the folders that outputs will lie in, but not the output folders themselves. */
export function makeParents(task: Task, context: WorkspaceContext): Outcome<null, Failure> {
  for (const spec of task.outputs) {
    const parent = spec.kind === 'glob' ? context.matching.parentOf(spec.path) : dirname(spec.path);
    if (parent === '' || parent === '.') continue;
    if (statSync(join(context.root, parent), { throwIfNoEntry: false })?.isDirectory()) continue;
    const made = guarded('make the folder', parent, () => {
      clearAncestors(parent, context);
      makeFolder(join(context.root, parent));
    });
    if (!made.ok) return made;
  }
  return ok(null);
}

/** A file where a folder must be: orch's own from an earlier shape of the pipeline is removed, others set aside. */
function clearAncestors(folder: string, context: WorkspaceContext): void {
  const parts = folder.split('/');
  for (let end = 1; end <= parts.length; end++) {
    const path = parts.slice(0, end).join('/');
    const stat = lstatOrNull(join(context.root, path));
    if (stat === null) return;
    if (stat.isDirectory() || stat.isSymbolicLink()) continue;
    if (isUnmodified(path, context)) {
      unlinkSync(join(context.root, path));
      context.ownership.append([{ drop: [path] }]);
    } else {
      moveTo(context.replacedDir, path, context);
      context.notice('set-aside', `${path} stands where a folder must be: set aside under .cache/replaced/`);
    }
    return;
  }
}

/** Recorded outputs that no task makes any more, as they were made, that an input folder or glob would pick up. */
export function orphansInTheWay(
  task: Task,
  orphans: readonly string[],
  context: WorkspaceContext,
): { readonly entry: OutputEntry; readonly isStored: boolean }[] {
  const specs = task.inputs.filter((spec) => !spec.negated && !spec.external);
  if (specs.length === 0 || orphans.length === 0) return [];
  const covers = specs.map((spec) => coverage(spec, context.matching));
  // Files before the folders that hold them.
  return [...orphans]
    .sort()
    .reverse()
    .flatMap((path) => {
      const content = context.ownership.contentOf(path);
      if (content === null || !covers.some((cover) => cover(path))) return [];
      if (outsideLink(context.root, path) !== null) return [];
      const entry = entryOf(path, content);
      return context.isOnDisk(entry) ? [{ entry, isStored: context.isStored(entry) }] : [];
    });
}

/** Takes orphans out of the way of a command that would read them. */
export function removeOrphans(
  task: Task,
  orphans: readonly string[],
  context: WorkspaceContext,
): Outcome<null, Failure> {
  return guarded('remove', orphans[0] ?? '', () => {
    for (const { entry, isStored } of orphansInTheWay(task, orphans, context)) {
      const { path } = entry;
      if (entry.kind === 'folder') removeQuietly(context.root, path);
      else if (isStored) {
        removeQuietly(context.root, path);
        context.notice(
          'orphan',
          `${path} is an output that no task makes any more: removed (it is in the cache)`,
        );
      } else {
        moveTo(context.replacedDir, path, context);
        context.notice(
          'orphan',
          `${path} is an output that no task makes any more: set aside under .cache/replaced/`,
        );
      }
      removeEmptyAbove(context.root, path);
      context.ownership.append([{ drop: [path] }]);
    }
  });
}

/** Folders that an orphan leaves empty would be taken for empty source folders. */
function removeEmptyAbove(root: string, path: string): void {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    try {
      rmdirSync(join(root, folder));
    } catch {
      return;
    }
  }
}

/**
 * Moves what an attempt left at its outputs to `.cache/failed/<task>/`, where the last failure is kept. What it
 * left counts as failed even where it has the recorded bytes; `isSpared` tells what isn't the attempt's.
 */
export function keepFailedOutputs(
  outputs: readonly Pick<OutputSpec, 'kind' | 'path'>[],
  label: string,
  isSpared: (path: string) => boolean,
  context: WorkspaceContext,
): Outcome<readonly string[], Failure> {
  const folder = join(context.failedDir, shortName(label));
  const moved: string[] = [];
  const done = guarded('set aside', folder, () => {
    const paths = outputs.flatMap((spec) =>
      present(spec, context, true).filter((path) => spec.kind === 'file' || !isSpared(path)),
    );
    if (paths.length === 0) return;
    rmSync(folder, { recursive: true, force: true });
    for (const path of paths) {
      moveTo(folder, path, context);
      moved.push(path);
    }
    for (const spec of outputs) if (spec.kind === 'folder') removeEmpty(spec.path, new Set(), context);
  });
  return done.ok ? ok(moved) : done;
}

/** Forgets and removes outputs of an attempt whose result doesn't count (its inputs changed meanwhile). */
export function discardOutputs(task: Task, context: WorkspaceContext): Outcome<null, Failure> {
  return guarded('remove', task.outputs[0]?.path ?? '', () => {
    for (const spec of task.outputs) {
      for (const path of present(spec, context, true))
        if (!context.isOthers(path, task)) rmSync(join(context.root, path), { recursive: true, force: true });
      if (spec.kind === 'folder') removeEmpty(spec.path, new Set(), context);
    }
  });
}

/** `keep`: a result whose entries stay where they lie as they should. */
export function clearingOf(task: Task, keep: Result | null, context: WorkspaceContext): Clearing {
  const remove: string[] = [];
  const setAside: string[] = [];
  const occupied: { output: string; path: string }[] = [];
  const kept = new Map(keep?.outputs.map((entry) => [entry.path, entry]));
  for (const spec of task.outputs)
    for (const path of present(spec, context)) {
      const wanted = kept.get(path);
      if (wanted !== undefined && context.isOnDisk(wanted)) continue;
      if (spec.kind !== 'file' && context.isOthers(path, task)) continue;
      if (isUnmodified(path, context)) remove.push(path);
      else if (spec.kind === 'file' || wanted !== undefined || context.ownership.contentOf(path) !== null)
        setAside.push(path);
      // A file manager leaves it in every folder that is looked at: no reason to stop and ask.
      else if (basename(path) === '.DS_Store') setAside.push(path);
      else if (!context.isClaimed(path))
        occupied.push({ output: spec.kind === 'folder' ? `${spec.path}/` : spec.path, path });
    }
  return { task: task.label, remove, setAside, occupied };
}

/**
 * What lies on disk at a declared output: files and links, not folders (except one in place of a file). Nothing where
 * a link on the way leaves the root: what lies there isn't ours to look at.
 */
function present(
  spec: Pick<OutputSpec, 'kind' | 'path'>,
  context: Pick<WorkspaceContext, 'root' | 'matching'>,
  mustSee = false,
): string[] {
  if (outsideLink(context.root, spec.path) !== null) return [];
  if (spec.kind === 'file') {
    const stat = lstatOrNull(join(context.root, spec.path));
    if (stat === null) return [];
    // A folder where a file belongs: what it holds stands in the way, one by one.
    return stat.isDirectory()
      ? walk(context.root, spec.path, Number.POSITIVE_INFINITY, mustSee)
      : [spec.path];
  }
  if (spec.kind === 'folder') {
    const stat = lstatOrNull(join(context.root, spec.path));
    if (stat === null) return [];
    return stat.isDirectory()
      ? walk(context.root, spec.path, Number.POSITIVE_INFINITY, mustSee)
      : [spec.path];
  }
  const covers = context.matching.compile(spec.path);
  const parent = context.matching.parentOf(spec.path);
  const below = parent === '' ? spec.path : spec.path.slice(parent.length + 1);
  const depth = below.includes('**') ? Number.POSITIVE_INFINITY : below.split('/').length;
  return walk(context.root, parent, depth, mustSee).filter(covers);
}

function isFolder(path: string): boolean {
  return lstatOrNull(path)?.isDirectory() === true;
}

/** Files and links below a folder, root-relative; orch's own folder and git's are left out. */
/** Passing trouble, behind which there may well be files: for who must not take them for absent. */
const PASSING: readonly unknown[] = ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'];

function walk(root: string, folder: string, depth: number, mustSee = false): string[] {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (mustSee && PASSING.includes((error as NodeJS.ErrnoException).code)) throw error;
    return [];
  }
  return entries.flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    if (folder === '' && (entry.name === '.cache' || entry.name === '.git')) return [];
    return depth > 1 ? walk(root, path, depth - 1, mustSee) : [];
  });
}

function removeQuietly(root: string, path: string): void {
  const file = join(root, path);
  try {
    if (lstatSync(file).isDirectory()) rmdirSync(file);
    else unlinkSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
  }
}

function removeEmpty(path: string, kept: ReadonlySet<string>, { root }: WorkspaceContext): void {
  if (outsideLink(root, path) === null) removeEmptyFolders(join(root, path), kept, path);
}

/** Empty folders below (and including) an output folder; `rmdir` never removes one that holds something. */
function removeEmptyFolders(folder: string, kept: ReadonlySet<string>, path: string): void {
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return;
  }
  for (const name of names) removeEmptyFolders(join(folder, name), kept, `${path}/${name}`);
  if (kept.has(path)) return;
  try {
    rmdirSync(folder);
  } catch {
    // Not empty: something in it is kept.
  }
}

function moveTo(folder: string, path: string, context: Pick<WorkspaceContext, 'root'>): void {
  const from = join(context.root, path);
  let to = join(folder, path);
  for (let n = 1; lstatOrNull(to) !== null; n++) to = join(folder, `${path}.${n}`);
  makeFolder(dirname(to));
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    rmSync(from, { recursive: true, force: true });
  }
}

function guarded(doing: string, path: string, act: () => void): Outcome<null, Failure> {
  try {
    act();
    return ok(null);
  } catch (error) {
    const { code, path: at } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return fail({ kind: 'io', doing, path: at ?? path, code });
  }
}
