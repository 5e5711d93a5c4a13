/**
 * Makes sure that what `orch init` writes can run: the text goes through the same loader and graph as every
 * pipeline, and what they refuse is mended or left out, and named. It reads the project's folder and changes
 * nothing; writing the file is its caller's.
 */

import type { Diagnostic } from '../base/diagnostic.ts';
import { compileGlob, globParent, globsMayIntersect } from '../base/glob.ts';
import type { InputSpec, Pipeline, Task } from '../model/task.ts';
import { loadPipelines } from '../pipeline/load.ts';
import { suspectedScripts } from '../pipeline/suspected-scripts.ts';
import { buildGraph, coverage, findCycle, type Graph, type PathMatching } from '../planner/graph.ts';
import type { Folder } from './folder.ts';
import { literalPath } from './orch-text.ts';
import { isPathList, mapPaths, type Note, pathOf, type Starter, type StarterTask } from './starter.ts';
import { writeStarter } from './write-starter.ts';

export interface SettleRequest {
  readonly starter: Starter;
  readonly folder: Folder;
  /** Where the file will lie, root-relative. */
  readonly file: string;
  readonly schema: string;
  /** Flags of `orch run`, with which parameters should not share a name. */
  readonly reservedFlags: readonly string[];
}

export interface Settled {
  readonly starter: Starter;
  readonly text: string;
  /** Of the pipeline as it is loaded. */
  readonly taskCount: number;
  /** Tasks, in the order of their needs, whose outputs are all there: results of the other tool. */
  readonly made: readonly string[];
  /** Folder outputs of tasks in which files lie already: orch asks before it touches them. */
  readonly occupied: readonly string[];
}

const MATCHING: PathMatching = {
  compile: compileGlob,
  mayIntersect: globsMayIntersect,
  parentOf: globParent,
};
/** Each round mends at least one thing; a starter has that many only if something is wrong with orch. */
const MOST_ROUNDS = 500;

export async function settle(request: SettleRequest): Promise<Settled> {
  let starter = withKnownNeeds(withoutOwnCalls(request.starter));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const text = await writeStarter(starter, request.schema);
    const { diagnostics, pipelines } = await loadPipelines({
      root: request.folder.root,
      rootPath: request.folder.root,
      files: [{ path: request.file, text: Buffer.from(text) }],
      environment: {},
      params: [],
      today: '2000-01-01',
      reservedFlags: request.reservedFlags,
    });
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const [pipeline] = pipelines;
    if (errors.length > 0 || pipeline === undefined) {
      starter = mend(starter, errors, text);
      continue;
    }
    const shadowed = diagnostics.find(({ code }) => code === 'parameter-shadowed');
    if (shadowed !== undefined) {
      starter = withRenamed(starter, starter.params[paramAt(starter, text, shadowed.line)]!.name);
      continue;
    }
    const graph = buildGraph(pipeline.tasks, MATCHING);
    const cycle = findCycle(graph);
    if (cycle !== null) {
      const [first] = cycle;
      const ring = cycle.map(({ label }) => label).join(' -> ');
      starter = leaveOut(starter, first!.name, `it would wait for itself: ${ring}`);
      continue;
    }
    const better = withUndeclared(
      withAbsent(starter, pipeline, graph, request.folder),
      pipeline,
      request.folder,
    );
    if (better !== starter) {
      starter = better;
      continue;
    }
    return {
      starter,
      text,
      taskCount: pipeline.tasks.length,
      made: madeIn(graph, request.folder),
      occupied: occupiedBy(pipeline, request.folder),
    };
  }
  throw new Error(`the starter from ${starter.from} doesn't settle`);
}

// ---- what the loader refuses --------------------------------------------------------------------------------

/** First without placeholders; if that is refused too, without the task. */
function mend(starter: Starter, errors: readonly Diagnostic[], text: string): Starter {
  const byTask = new Map<string, Diagnostic>();
  for (const error of errors) {
    const name = taskAt(starter, text, error.line);
    if (name !== null && !byTask.has(name)) byTask.set(name, error);
  }
  let mended = starter;
  for (const [name, error] of byTask) {
    const task = starter.tasks.find((each) => each.name === name)!;
    const { plainRun, ...rest } = task;
    mended =
      plainRun === undefined || plainRun === task.run
        ? leaveOut(mended, name, error.message)
        : withTask(mended, { ...rest, run: plainRun });
  }
  if (byTask.size > 0) return mended;
  const [first] = errors;
  const param = first === undefined ? undefined : starter.params[paramAt(starter, text, first.line)];
  if (param !== undefined && first?.code === 'coinciding-parameters') return withRenamed(starter, param.name);
  throw new Error(`the starter from ${starter.from} is refused: ${first?.line}: ${first?.message}`);
}

/** The task in whose lines a line of the text lies. */
function taskAt(starter: Starter, text: string, line: number): string | null {
  const lines = text.split('\n');
  const start = lines.indexOf('tasks:');
  if (start === -1 || line <= start + 1) return null;
  const heads = lines.slice(start + 1, line).filter((each) => /^ {2}[^\s#]/.test(each)).length;
  return starter.tasks[heads - 1]?.name ?? null;
}

/** The parameter in whose lines a line of the text lies; -1 for none. */
function paramAt(starter: Starter, text: string, line: number): number {
  const lines = text.split('\n');
  const start = lines.indexOf('params:');
  const end = lines.findIndex((each, at) => at > start && /^\S/.test(each));
  if (start === -1 || line <= start + 1 || line > end) return -1;
  const heads = lines.slice(start + 1, line).filter((each) => /^ {2}[^\s#]/.test(each)).length;
  return heads <= starter.params.length ? heads - 1 : -1;
}

/** A parameter whose flag or variable something else has gets another name, wherever it is mentioned. */
function withRenamed(starter: Starter, name: string): Starter {
  let renamed = `${name}_value`;
  while (starter.params.some((param) => param.name === renamed)) renamed += '_2';
  const mention = new RegExp(`\\bparams\\.${name}(?![\\w-])`, 'g');
  const tasks = JSON.stringify([starter.tasks, starter.env ?? {}]).replace(mention, `params.${renamed}`);
  const [changed, env] = JSON.parse(tasks) as [readonly StarterTask[], Readonly<Record<string, string>>];
  return {
    ...starter,
    params: starter.params.map((param) => (param.name === name ? { ...param, name: renamed } : param)),
    tasks: changed,
    ...(starter.env === undefined ? {} : { env }),
  };
}

function withTask(starter: Starter, task: StarterTask): Starter {
  return { ...starter, tasks: starter.tasks.map((each) => (each.name === task.name ? task : each)) };
}

function leaveOut(starter: Starter, name: string, why: string): Starter {
  const without = (names: readonly string[] | undefined) => names?.filter((each) => taskOf(each) !== name);
  const note: Note = { at: starter.from ?? starter.name, text: `${name}: ${why}` };
  return {
    ...starter,
    default: without(starter.default)!,
    tasks: starter.tasks.flatMap((task) => {
      if (task.name === name) return [];
      const needs = without(task.needs);
      const after = without(task.after);
      return [{ ...task, ...(needs && { needs }), ...(after && { after }) }];
    }),
    notes: [...starter.notes, note],
  };
}

/** A task that calls orch would start itself, or what waits for it. */
function withoutOwnCalls(starter: Starter): Starter {
  return starter.tasks
    .filter(({ run }) => /(^|[\s;&|(])(npx +)?orch\s+(run|-\w)/.test(run ?? ''))
    .reduce((rest, { name }) => leaveOut(rest, name, 'it calls orch itself'), starter);
}

/** What could not be carried over can't be waited for either. */
function withKnownNeeds(starter: Starter): Starter {
  const known = new Set(starter.tasks.map(({ name }) => name));
  const notes: Note[] = [];
  const keep = (task: StarterTask, names: readonly string[] | undefined) =>
    names?.filter((name) => {
      if (known.has(taskOf(name))) return true;
      notes.push({
        at: starter.from ?? starter.name,
        text: `${task.name}: its need ${name}, which is not here`,
      });
      return false;
    });
  const tasks = starter.tasks.map((task) => {
    const needs = keep(task, task.needs);
    const after = keep(task, task.after);
    return { ...task, ...(needs && { needs }), ...(after && { after }) };
  });
  return { ...starter, tasks, notes: [...starter.notes, ...notes] };
}

const taskOf = (target: string) => target.replace(/\[.*$/, '');

// ---- what a run would refuse --------------------------------------------------------------------------------

/** An input that isn't there and that no task makes would stop every run: it becomes optional. */
function withAbsent(starter: Starter, pipeline: Pipeline, graph: Graph, folder: Folder): Starter {
  let isChanged = false;
  const tasks = starter.tasks.map((task) => {
    if (task.inputs === undefined) return task;
    const inputs = pipeline.tasks.filter(({ name }) => name === task.name).flatMap((cell) => cell.inputs);
    // Each path of the starter has a place of its own in the text, in the order in which they are written.
    const places = [...new Set(inputs.map(({ position }) => placeOf(position)))].sort((a, b) => a - b);
    const absent = new Set(
      inputs
        .filter(
          (input) =>
            !input.negated && !input.optional && !graph.isMadeInput(input) && !isThere(input, folder),
        )
        .map(({ position }) => places.indexOf(placeOf(position))),
    );
    if (absent.size === 0) return task;
    isChanged = true;
    let at = -1;
    return {
      ...task,
      inputs: mapPaths(task.inputs, (path) => {
        at += 1;
        return absent.has(at) ? { ...path, optional: true, comment: path.comment ?? 'not there yet' } : path;
      }),
    };
  });
  return isChanged ? { ...starter, tasks } : starter;
}

/** Lines are shorter than that. */
const placeOf = ({ line, column }: InputSpec['position']): number =>
  line * 100_000 + Math.min(column, 99_999);

function isThere({ kind, path, external }: InputSpec, folder: Folder): boolean {
  if (kind === 'glob') return external || folder.match(path).length > 0;
  return folder.kindOf(path) !== null;
}

/** Files that a cached command names and that are there are inputs. */
function withUndeclared(starter: Starter, pipeline: Pipeline, folder: Folder): Starter {
  const additions = new Map<string, Set<string>>();
  for (const task of pipeline.tasks) {
    if (!task.cacheable) continue;
    for (const path of suspectedScripts(task)) {
      if (folder.kindOf(path) !== 'file' || isDeclared(task, path)) continue;
      // What a later task makes can't be read before.
      if (pipeline.tasks.some((other) => other.outputs.some((spec) => coverage(spec, MATCHING)(path))))
        continue;
      additions.set(task.name, (additions.get(task.name) ?? new Set()).add(path));
    }
  }
  if (additions.size === 0) return starter;
  return {
    ...starter,
    tasks: starter.tasks.map((task) => {
      const added = additions.get(task.name);
      return added === undefined ? task : addInputs(task, [...added]);
    }),
  };
}

function isDeclared(task: Task, path: string): boolean {
  return [...task.inputs, ...task.outputs].some((spec) => coverage(spec, MATCHING)(path));
}

/** Behind the others, under a name of their own where the command takes all inputs together. */
export function addInputs(task: StarterTask, paths: readonly string[]): StarterTask {
  const added = paths.map((path) => pathOf(literalPath(path)));
  const inputs = task.inputs ?? [];
  if (!isPathList(inputs)) return { ...task, inputs: { ...inputs, named: added } };
  const whole = /\$\{\{ *inputs *\}\}/g;
  if (task.run === undefined || !whole.test(task.run)) return { ...task, inputs: [...inputs, ...added] };
  return {
    ...task,
    run: task.run
      .replace(whole, '${{ inputs.sources }}')
      .replace(/\$\{\{ *inputs\[(\d+)\] *\}\}/g, '${{ inputs.sources[$1] }}'),
    inputs: { sources: inputs, named: added },
  };
}

function madeIn(graph: Graph, folder: Folder): readonly string[] {
  const ordered = new Set<number>();
  const visit = (at: number): void => {
    if (ordered.has(at)) return;
    for (const { task } of graph.upstream[at]!) visit(task);
    ordered.add(at);
  };
  graph.tasks.forEach((_, at) => {
    visit(at);
  });
  const isMade = ({ run, outputs, cacheable }: Task) =>
    run === null ||
    (cacheable &&
      outputs.length > 0 &&
      outputs.every(({ kind, path }) =>
        kind === 'glob' ? folder.match(path).length > 0 : folder.kindOf(path) !== null,
      ));
  const tasks = [...ordered].map((at) => graph.tasks[at]!);
  const unmade = new Set(tasks.filter((task) => !isMade(task)).map(({ name }) => name));
  return [...new Set(tasks.filter(({ run }) => run !== null).map(({ name }) => name))].filter(
    (name) => !unmade.has(name),
  );
}

function occupiedBy(pipeline: Pipeline, folder: Folder): readonly string[] {
  const specs = pipeline.tasks.flatMap(({ outputs }) => outputs);
  return specs.flatMap((spec) => {
    if (spec.kind === 'glob') return folder.match(spec.path).length > 0 ? [spec.path] : [];
    const isFolder = spec.kind === 'folder' && folder.kindOf(spec.path) === 'folder';
    return isFolder && folder.files().some((path) => path.startsWith(`${spec.path}/`))
      ? [`${spec.path}/`]
      : [];
  });
}
