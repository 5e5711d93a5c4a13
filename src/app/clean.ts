/** `orch clean`: empties cache and state. A user's file, the record of orch's own files and set-aside files stay. */
import { lstatSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outsideLink } from '../base/outside-link.ts';
import { entryOf } from '../state/ownership.ts';
import { forgetRootId, readRootId } from '../state/root-id.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { PipelineErrors } from './pipeline-errors.ts';
import { openProject, openState, type Project, type ProjectRequest } from './project.ts';
import { type Turn, takeTurn } from './root-lock.ts';

export interface CleanRequest {
  readonly project: ProjectRequest;
  readonly outputs: boolean;
  readonly orphansOnly: boolean;
  readonly turn: Turn;
}

export interface Cleaned {
  /** Recorded outputs that were removed. */
  readonly outputs: readonly string[];
  readonly cachedFiles: number;
  readonly freedBytes: number;
  /** Last good results of other projects that share the cache. */
  readonly keptForOthers: number;
}

export async function clean(request: CleanRequest): Promise<Cleaned> {
  const project = await openProject(request.project).catch((error: unknown) => {
    // Which outputs are orphans, and where the cache is, only a valid pipeline tells.
    if (error instanceof PipelineErrors)
      throw new CommandError(
        'the pipeline has errors, so it is not known what belongs to it',
        EXIT.usage,
        'mend it (`orch validate`), or remove the folder .cache by hand, except .cache/replaced and .cache/owned',
      );
    throw error;
  });
  const lock = await takeTurn(project.layout, 'clean', request.turn);
  try {
    const removed = request.outputs || request.orphansOnly ? await removeOutputs(project, request) : [];
    if (request.orphansOnly) return { outputs: removed, cachedFiles: 0, freedBytes: 0, keptForOthers: 0 };
    return { outputs: removed, ...(await emptyCache(project, request)) };
  } finally {
    lock.release();
  }
}

async function emptyCache(project: Project, request: CleanRequest): Promise<Omit<Cleaned, 'outputs'>> {
  const { layout } = project;
  const state = await openState(project, {
    readOnly: true,
    rehash: false,
    needsCache: true,
    environment: request.project.environment,
    notice: () => {},
  });
  const cleared = await state.store!.empty(readRootId(layout));
  state.close();
  if (!cleared.ok)
    throw new CommandError(
      `the cache can't be emptied: ${cleared.error.path} (${cleared.error.code})`,
      EXIT.unusable,
    );
  forgetRootId(layout);
  for (const folder of [join(layout.dir, 'state'), layout.logs, layout.tmp, layout.failed, layout.live])
    rmSync(folder, { recursive: true, force: true });
  const { removedFiles, freedBytes, pinned } = cleared.value;
  return { cachedFiles: removedFiles, freedBytes, keptForOthers: pinned.results };
}

/** Only what is still as orch recorded it. */
async function removeOutputs(project: Project, request: CleanRequest): Promise<string[]> {
  const state = await openState(project, {
    readOnly: false,
    rehash: false,
    environment: request.project.environment,
    notice: () => {},
  });
  try {
    const { root } = project.layout;
    state.ownership.tidy();
    const removed: string[] = [];
    const folders = new Set<string>();
    // Deepest first, so that a folder is empty when its turn comes.
    const paths = [...state.ownership.paths()].sort((a, b) => b.length - a.length);
    for (const path of paths) {
      if (request.orphansOnly && project.graph.makerOf(path) !== null) continue;
      const entry = entryOf(path, state.ownership.contentOf(path)!);
      // What is behind a link out of the root isn't what orch made.
      const isOutside = outsideLink(root, path) !== null;
      const [found] = state.fingerprinter.checkOutputs([entry]);
      if (found === 'wrong' || isOutside) continue;
      if (found === 'ok') {
        if (entry.kind === 'folder') folders.add(path);
        else {
          unlinkSync(join(root, path));
          removed.push(path);
        }
      }
      for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
      state.ownership.append([{ drop: [path] }]);
    }
    for (const folder of [...folders].sort((a, b) => b.length - a.length)) removeIfEmpty(join(root, folder));
    await state.ownership.sync();
    return removed.sort();
  } finally {
    state.close();
  }
}

function removeIfEmpty(folder: string): void {
  try {
    if (lstatSync(folder).isDirectory() && readdirSync(folder).length === 0) rmdirSync(folder);
  } catch {
    // Gone already, or not ours to remove.
  }
}
