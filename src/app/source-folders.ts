/**
 * In which folders, and under which names there, a change to what a run goes by can show. Folders are watched
 * instead of files: one place for a hundred files, it tells of new and removed ones too, and a file that an editor
 * replaces (writes beside it, then renames) doesn't slip away. It looks at links, and opens nothing.
 */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { leavesRoot } from '../base/path.ts';
import type { InputSpec } from '../model/task.ts';
import type { Project } from './project.ts';

/** Absolute folder -> the names in it that matter; null: all do. Folders that don't exist may be among them. */
export type FolderNames = ReadonlyMap<string, ReadonlySet<string> | null>;

export interface SourceFoldersRequest {
  readonly project: Project;
  readonly specs: readonly InputSpec[];
  /** `--only`: what other tasks make is taken as it lies, and so is a source. */
  readonly asTheyLie: boolean;
  /** Absolute folders that were listed to find the files of folders and globs. */
  readonly listed: readonly string[];
  /** Sources that are links. */
  readonly links: readonly string[];
}

/** `files`: pipeline files and what else shapes a pipeline, root-relative or absolute. */
export function definitionFolders(root: string, files: readonly string[]): FolderNames {
  const folders = new Map<string, Set<string> | null>();
  for (const file of ['orch.yaml', 'orch.yml', '.orchignore', 'pipelines/x', ...files])
    addPath(root, file, folders);
  // Any file there may turn out to be a pipeline.
  folders.set(join(root, 'pipelines'), null);
  return folders;
}

export function sourceFolders(defined: FolderNames, request: SourceFoldersRequest): FolderNames {
  const { project, specs, asTheyLie, listed, links } = request;
  const { root } = project.layout;
  const folders = new Map<string, Set<string> | null>();
  for (const [folder, names] of defined) folders.set(folder, names === null ? null : new Set(names));
  for (const { kind, path, negated } of specs) {
    if (negated || (kind === 'file' && !asTheyLie && project.graph.makerOf(path) !== null)) continue;
    const place = kind === 'glob' ? project.matching.parentOf(path) : path;
    if (place !== '') addPath(root, place, folders);
  }
  for (const folder of listed) folders.set(folder, null);
  for (const link of links) {
    const target = realPathOf(resolve(root, link));
    if (target !== null) add(dirname(target), basename(target), folders);
  }
  return folders;
}

/**
 * The path and all folders above it, up to the root: each may come, go or be renamed, and only the folder that
 * holds it tells. Outside of the root up to the first folder that exists.
 */
function addPath(root: string, path: string, folders: Map<string, Set<string> | null>): void {
  const isOutside = leavesRoot(path);
  let at = resolve(root, path);
  while (at !== root && at !== dirname(at)) {
    add(dirname(at), basename(at), folders);
    at = dirname(at);
    if (isOutside && statSync(at, { throwIfNoEntry: false }) !== undefined) return;
  }
}

function add(folder: string, name: string, folders: Map<string, Set<string> | null>): void {
  const names = folders.get(folder);
  if (names === undefined) folders.set(folder, new Set([name]));
  else names?.add(name);
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}
