/**
 * What a run of these targets goes by as it lies on the disk now: pipeline files and the contents of the sources.
 * Two looks tell by comparison whether a run could have anything to do. And where to watch for the next change.
 *
 * What tasks make is no source, so nothing that orch writes shows here. It runs no command and decides no task.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadHasher } from '../base/digest.ts';
import { lstatOrNull } from '../base/lstat.ts';
import { readIgnoreFile } from '../fingerprint/skip-list.ts';
import type { Plan } from '../planner/plan.ts';
import { createInspection } from '../scheduler/inspect.ts';
import type { PredictContext } from '../scheduler/predict.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { lookContext } from './look-context.ts';
import { PipelineErrors } from './pipeline-errors.ts';
import { openProject, openState, type Project } from './project.ts';
import { findProject, type PipelineFile } from './root.ts';
import { newRunId } from './run-id.ts';
import { planRun, type RunWish } from './run-request.ts';
import { prepareState } from './run-targets.ts';
import { definitionFolders, type FolderNames, sourceFolders } from './source-folders.ts';

export interface Sources {
  /** Absolute. */
  readonly root: string;
  /** What says which tasks there are: pipeline files and `.orchignore`, root-relative path -> digest. */
  readonly definition: ReadonlyMap<string, string>;
  /** Path -> content as it counts in a key, or `absent`. null: the pipeline can't be used as it stands. */
  readonly contents: ReadonlyMap<string, string> | null;
  /** Why there are no contents. */
  readonly trouble: PipelineErrors | CommandError | null;
  /** Where a change that matters can show. */
  readonly folders: FolderNames;
  readonly project: Project | null;
}

/**
 * Reads what the stat cache doesn't vouch for, and saves that cache. Throws CommandError where there is no project
 * or its folder has gone, and what `runTargets` throws where the state is unusable.
 */
export async function lookAtSources(wish: RunWish): Promise<Sources> {
  const { start } = wish.project;
  if (start.root !== null && !isFolder(start.root))
    throw new CommandError(`the project's folder ${start.root} is gone`, EXIT.unusable);
  const found = findProject(start);
  if (!found.ok && start.root === null)
    throw new CommandError(found.error.message, EXIT.usage, found.error.hint);
  const root = found.ok ? found.value.root : start.root!;
  const definition = await definitionOf(root, found.ok ? found.value.files : []);
  // Where `-f FILE` can't be read at the moment, it isn't among them.
  const chosen = start.file === null ? [] : [resolve(start.cwd, start.dir ?? '.', start.file)];
  const defined = definitionFolders(root, [...definition.keys(), ...chosen]);
  try {
    return { root, definition, trouble: null, ...(await lookAtPlan(wish, defined)) };
  } catch (error) {
    if (!(error instanceof PipelineErrors || error instanceof CommandError)) throw error;
    if (error instanceof CommandError && error.exitCode !== EXIT.usage) throw error;
    return { root, definition, contents: null, trouble: error, folders: defined, project: null };
  }
}

async function definitionOf(
  root: string,
  files: readonly PipelineFile[],
): Promise<ReadonlyMap<string, string>> {
  const hasher = await loadHasher();
  const digests = new Map(files.map(({ path, text }) => [path, hasher.digestBytes(text)]));
  const ignored = readIgnoreFile(root);
  if (ignored !== '') digests.set('.orchignore', hasher.digestBytes(ignored));
  return digests;
}

async function lookAtPlan(
  wish: RunWish,
  defined: FolderNames,
): Promise<Pick<Sources, 'contents' | 'folders' | 'project'>> {
  const { environment } = wish.project;
  const project = await openProject(wish.project);
  prepareState(project);
  const state = await openState(project, { readOnly: false, rehash: false, environment, notice: () => {} });
  try {
    const { plan, options } = await planRun(wish, project, state);
    const context = lookContext({ project, state, run: newRunId(), plan, options, environment });
    const contents = await contentsOf(plan, context);
    return {
      contents,
      folders: sourceFolders(defined, {
        project,
        specs: plan.nodes.flatMap(({ task }) => task.inputs),
        asTheyLie: options.only,
        listed: state.fingerprinter.foundFolders(),
        links: [...contents].flatMap(([path, content]) => (content.startsWith('link:') ? [path] : [])),
      }),
      project,
    };
  } finally {
    state.close();
  }
}

async function contentsOf(plan: Plan, context: PredictContext): Promise<ReadonlyMap<string, string>> {
  const { fingerprinter, options } = context;
  const made = createInspection(context, [], () => ({})).gathering.isMade;
  const isMade = options.only ? () => false : made;
  const contents = new Map<string, string>();
  for (const { task } of plan.nodes) {
    if (task.inputs.length === 0) continue;
    const { matches, problems, known } = await fingerprinter.matchInputs(task.inputs, { isMade });
    const unread = new Set(matches.map(({ path }) => path).filter((path) => !contents.has(path)));
    for (const [path, reading] of await fingerprinter.read(unread, known))
      contents.set(
        path,
        reading === null
          ? 'absent'
          : 'problem' in reading
            ? `unusable: ${reading.message}`
            : `${reading.content}${reading.executable ? ' x' : ''}`,
      );
    for (const problem of problems)
      if ('path' in problem) contents.set(problem.path, `unusable: ${JSON.stringify(problem)}`);
    for (const { kind, path, negated } of task.inputs)
      if (kind !== 'glob' && !negated && !contents.has(path) && !isMade(path))
        contents.set(path, lstatOrNull(resolve(context.layout.root, path)) === null ? 'absent' : 'there');
  }
  return contents;
}

/** Paths by which two looks differ, sorted. A pipeline that changed says by itself what else counts from now on. */
export function changedPaths(before: Sources, now: Sources): string[] {
  const defined = differences(before.definition, now.definition);
  const { contents: old } = before;
  const { contents } = now;
  if (old === null || contents === null) {
    // Whether it can be used depends on its files; should it ever depend on more, that counts as well.
    return defined.length > 0 || old === contents ? defined.sort() : [...now.definition.keys()].sort();
  }
  const sources = differences(old, contents).filter(
    (path) => defined.length === 0 || (old.has(path) && contents.has(path)),
  );
  return [...defined, ...sources].sort();
}

function differences(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...before.keys(), ...now.keys()]);
  // Absent and never heard of are the same.
  const of = (map: ReadonlyMap<string, string>, path: string) => map.get(path) ?? 'absent';
  return [...paths].filter((path) => of(before, path) !== of(now, path));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
