/**
 * From the text of pipeline files to checked pipelines, or to everything that is wrong with them, at once.
 *
 * The way of a file: bytes -> YAML nodes with places (`read-yaml`) -> schema (`schema-check`) -> parameters ->
 * one draft for each task and matrix cell (`expand`) -> needs -> paths -> command and settings (`build-task`).
 * From needs on, the tasks of all files go together: they can need each other and get in each other's way.
 *
 * It reads no files and runs nothing; the same request gives the same outcome, always. `yaml` is loaded only here,
 * so that a stored plan doesn't need it.
 */
import type { Diagnostic } from '../base/diagnostic.ts';
import { nearest } from '../base/nearest.ts';
import type { SourcePosition } from '../model/ids.ts';
import type { Pipeline, Task } from '../model/task.ts';
import { buildTask } from './build-task.ts';
import type { PipelineDraft, TaskDraft } from './draft.ts';
import { userEnv } from './env.ts';
import { expandTasks } from './expand.ts';
import type { Filling } from './fill.ts';
import { indexTasks } from './needs.ts';
import { refuseOverlaps } from './overlaps.ts';
import { type GivenParam, topName } from './params.ts';
import { buildPipeline } from './pipeline-fields.ts';
import { nameOfFile, readPipelineFile } from './pipeline-file.ts';
import { collectProblems, NO_PLACE, type Problems } from './problems.ts';
import { orderTasks, resolveNeeds, warnOfRestlessNeeds } from './resolve-needs.ts';
import { type KnownPaths, type LoadSurroundings, NOTHING_KNOWN, taskScope } from './scope.ts';
import { readInputs, readOutputs } from './task-paths.ts';
import { upstreamFinder } from './upstream.ts';
import { child } from './yaml-node.ts';

export type { GivenParam } from './params.ts';

export interface LoadRequest {
  /** Absolute. Names the project for callers; the outcome doesn't depend on it (but on `rootPath`). */
  readonly root: string;
  readonly files: readonly { readonly path: string; readonly text: Uint8Array }[];
  /** The user's environment, for `env.X` and ORCH_PARAM_*. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** From the command line; later ones win. */
  readonly params: readonly GivenParam[];
  /** YYYY-MM-DD, for `run.date`. */
  readonly today: string;
  /** What `cache: {scope: root}` puts into every key. */
  readonly rootPath: string;
  /** Names of flags of `orch run`, with or without `--`: parameters of that name get a warning. */
  readonly reservedFlags: readonly string[];
}

export interface LoadOutcome {
  /** Those whose file has no errors. */
  readonly pipelines: readonly Pipeline[];
  /** Errors and warnings of all files, by file and position. */
  readonly diagnostics: readonly Diagnostic[];
  /** Names of variables that shaped the result by being there or not, sorted. */
  readonly environmentUsed: readonly string[];
}

export async function loadPipelines(request: LoadRequest): Promise<LoadOutcome> {
  const yaml = await import('yaml');
  const { params, reservedFlags, environment } = request;
  const problems = collectProblems();
  const environmentUsed = new Set<string>();

  const files = request.files.flatMap(
    (file) =>
      readPipelineFile({ file, yaml, problems, environment, environmentUsed, params, reservedFlags }) ?? [],
  );
  const pipelines = refuseSameNames(files, problems);
  if (pipelines.length === request.files.length) refuseUnknownParams(pipelines, params, problems);

  const around: LoadSurroundings = { env: userEnv(environment), environmentUsed, today: request.today };
  const drafts = pipelines.flatMap((pipeline) => expandTasks(pipeline, around, problems));
  const usable = drafts.filter((draft) => !draft.isBroken);
  const read = new Set(files.map(({ source }) => source.path));
  const unreadable = request.files.filter(({ path }) => !read.has(path)).map(({ path }) => nameOfFile(path));
  const index = indexTasks(drafts, new Set(unreadable));
  for (const draft of usable) {
    // What `needs` mentions doesn't count: which tasks are needed enters the key by what they make.
    const { noted: _uncounted, ...filling } = fillingFor(draft, NOTHING_KNOWN, around, problems);
    resolveNeeds(draft, index, { ...filling, subject: `tasks.${draft.name}.needs` });
  }
  const ordered = orderTasks(drafts, problems).filter((draft) => !draft.isBroken);
  for (const draft of ordered) readPaths(draft, around, problems);
  refuseOverlaps(usable, problems);

  const upstreamOf = upstreamFinder(drafts);
  const tasks = new Map<TaskDraft, Task>();
  for (const draft of usable) tasks.set(draft, buildTask(draft, { around, problems, index, upstreamOf }));
  warnOfNeeds(ordered, tasks, index, problems);

  const tasksOf = groupByPipeline(tasks);
  const built = pipelines.map((pipeline) =>
    buildPipeline(pipeline, tasksOf.get(pipeline) ?? [], {
      around,
      problems,
      index,
      rootPath: request.rootPath,
    }),
  );
  return {
    pipelines: built.filter((pipeline) => !problems.hasErrors(pipeline.file)),
    diagnostics: problems.sorted(),
    environmentUsed: [...environmentUsed].sort(),
  };
}

function refuseSameNames(files: readonly PipelineDraft[], problems: Problems): readonly PipelineDraft[] {
  const byName = new Map<string, PipelineDraft>();
  return files.filter((file) => {
    const before = byName.get(file.name);
    if (before === undefined) {
      byName.set(file.name, file);
      return true;
    }
    problems.error(
      'duplicate-pipeline',
      placeOfName(file),
      `the pipeline ${file.name} is in ${before.source.path}, too`,
      {
        hint: 'give one of them another `name`',
        related: [{ ...placeOfName(before), message: `${before.name} is here, too` }],
      },
    );
    return false;
  });
}

/** Of a pipeline that is called like its file: where the file begins. */
function placeOfName({ root, source }: PipelineDraft): SourcePosition {
  const name = child(root, 'name');
  return name === null ? { file: source.path, line: 1, column: 1 } : source.position(name.span);
}

/** A name is known if any of the pipelines that it is meant for declares it. */
function refuseUnknownParams(
  pipelines: readonly PipelineDraft[],
  given: readonly GivenParam[],
  problems: Problems,
): void {
  for (const { name, pipeline, from, isFlag = false, instead } of given) {
    const meant = pipelines.filter((each) => pipeline === null || each.name === pipeline);
    // Of its own declarations: one without a value has been reported already.
    const known = meant.flatMap((each) => each.declaredParams);
    const top = topName(name);
    if (known.includes(top)) continue;
    const asGiven = (param: string) => (isFlag ? `--${param.replaceAll('_', '-')}` : param);
    const close = nearest(top, known);
    const list =
      known.length === 0 ? 'there are no parameters' : `parameters: ${known.map(asGiven).join(', ')}`;
    problems.error(
      'unknown-parameter',
      NO_PLACE,
      `${isFlag ? from.replace(/[ =].*$/s, '') : from}: there is no ${isFlag ? 'such flag, and no ' : ''}parameter ${JSON.stringify(top)}${pipeline === null ? '' : ` in ${pipeline}`}`,
      {
        hint:
          suggestion(close === null ? null : asGiven(close), instead ?? null) ??
          `${list}${isFlag ? '; flags: `orch run --help`' : ''}`,
      },
    );
  }
}

/** A parameter that is near, and what else may have been meant. */
function suggestion(close: string | null, instead: string | null): string | null {
  if (close === null) return instead;
  if (instead === null) return `did you mean ${close}?`;
  const DID_YOU_MEAN = 'did you mean ';
  return instead.startsWith(DID_YOU_MEAN)
    ? `${DID_YOU_MEAN}${close} or ${instead.slice(DID_YOU_MEAN.length)}`
    : `${instead}; or did you mean ${close}?`;
}

function fillingFor(
  draft: TaskDraft,
  known: KnownPaths,
  around: LoadSurroundings,
  problems: Problems,
): Filling {
  const { texts, source } = draft.in;
  return { texts, problems, file: source.path, noted: draft, scope: taskScope(draft, around, known) };
}

/** In the order of needs: inputs may mention outputs of needs, and outputs may mention inputs. */
function readPaths(draft: TaskDraft, around: LoadSurroundings, problems: Problems): void {
  const withNeeds = { ...NOTHING_KNOWN, needs: true };
  const filling = (field: string, known: KnownPaths): Filling => ({
    ...fillingFor(draft, known, around, problems),
    subject: `tasks.${draft.name}.${field}`,
  });
  draft.inputs = readInputs(draft, filling('inputs', withNeeds));
  draft.outputs = readOutputs(draft, filling('outputs', { ...withNeeds, inputs: true }));
}

/** Of tasks whose results are kept: what runs every time anyway, and a group, compare nothing with a need. */
function warnOfNeeds(
  drafts: readonly TaskDraft[],
  tasks: ReadonlyMap<TaskDraft, Task>,
  index: ReturnType<typeof indexTasks<TaskDraft>>,
  problems: Problems,
): void {
  const restless = new Set<string>();
  for (const { id, run, inputs, outputs, cacheable } of tasks.values())
    if (run !== null && inputs.length === 0 && outputs.length === 0 && !cacheable) restless.add(id);
  if (restless.size === 0) return;
  const isRestless = ({ task, orderOnly }: TaskDraft['needs'][number]) => !orderOnly && restless.has(task);
  // A group counts by what it gathers. Drafts come in the order of needs.
  for (const draft of drafts)
    if (tasks.get(draft)?.run === null && draft.needs.some(isRestless)) restless.add(draft.id);
  for (const draft of drafts) {
    const task = tasks.get(draft);
    if (task !== undefined && task.run !== null && task.cacheable && draft.needs.some(isRestless))
      warnOfRestlessNeeds(draft, (id) => restless.has(id), index, problems);
  }
}

function groupByPipeline(tasks: ReadonlyMap<TaskDraft, Task>): ReadonlyMap<PipelineDraft, readonly Task[]> {
  const groups = new Map<PipelineDraft, Task[]>();
  for (const [draft, task] of tasks) {
    const group = groups.get(draft.in);
    if (group === undefined) groups.set(draft.in, [task]);
    else group.push(task);
  }
  return groups;
}
