/**
 * A dvc.yaml as a pipeline: stages are tasks, `params.yaml` gives parameters where commands name them, `foreach`
 * and `matrix` are a matrix. Reads the folder, runs nothing, needs no DVC.
 */
import type { JsonValue } from '../../model/ids.ts';
import type { Folder } from '../folder.ts';
import { isMap, type JsonMap, listOf, pruned, readMap, type Yaml } from '../plain-data.ts';
import {
  type Note,
  pathsIn,
  pipelineName,
  type Starter,
  type StarterParam,
  type StarterTask,
} from '../starter.ts';
import { plainText } from './cells.ts';
import { sectionsOf } from './sections.ts';
import { stageTask } from './stage.ts';
import type { Variables } from './variables.ts';

const PARAMS_FILE = 'params.yaml';

export async function dvcStarter(folder: Folder, file: string): Promise<Starter> {
  const yaml = await import('yaml');
  const notes: Note[] = [];
  const note = (text: string) => notes.push({ at: file, text });
  const pipeline = readMap(yaml, folder, file, (trouble) => notes.push(trouble)) ?? {};
  const mentioned: (readonly string[])[] = [];
  const variables: Variables = {
    values: readVariables(pipeline, yaml, folder, note),
    used: (keys) => mentioned.push(keys),
  };
  const stages = isMap(pipeline['stages']) ? Object.entries(pipeline['stages']) : [];
  const isFolder = folderOracle(stages, yaml, folder, variables);
  const sections = sectionsOf(PARAMS_FILE, folder.read(PARAMS_FILE));
  const staged = stages.flatMap(([name, stage]): StarterTask[] => {
    if (!isMap(stage)) return [];
    if (stage['frozen'] === true) {
      note(`stage ${name}: it is frozen, so its outputs are taken as they lie`);
      return [];
    }
    if ('vars' in stage) note(`stage ${name}: vars of its own`);
    const task = stageTask(name, stage, { folder, variables, isFolder, note, sections });
    return task === null ? [] : [task];
  });
  const cutting = sections.task(staged.some(({ name }) => name === 'params') ? 'params-parts' : 'params');
  const tasks = cutting === null ? staged : [cutting, ...staged];
  for (const field of ['plots', 'artifacts', 'datasets'])
    if (listOf(pipeline[field]).length > 0 || isMap(pipeline[field])) note(`${field}: of no meaning to orch`);
  const tracked = folder.files().filter((path) => path.endsWith('.dvc'));
  if (tracked.length > 0)
    notes.push({ at: shortList(tracked), text: 'files that DVC tracks: `dvc pull` brings them, as before' });

  const params = Object.entries(pruned(variables.values, mentioned)).map(([name, value]) => ({
    name,
    value,
  }));
  return {
    kind: 'dvc',
    from: file,
    name: pipelineName(folder.root),
    default: leavesOf(staged),
    ...(cutting === null ? {} : { first: [cutting.name] }),
    lessons: [
      "`dvc repro train` is `orch run train`; a stage of foreach or matrix is a task with cells, as 'train[key=us]'.",
      'What has outputs comes back from the cache when you go back to earlier parameters, code or data.',
    ],
    params,
    paramComments: paramLesson(params),
    tasks: withTopMetrics(tasks, listOf(pipeline['metrics'])),
    notes,
  };
}

function readVariables(pipeline: JsonMap, yaml: Yaml, folder: Folder, note: (text: string) => void): JsonMap {
  let values: JsonMap = withoutNulls(readMap(yaml, folder, PARAMS_FILE) ?? {});
  for (const entry of listOf(pipeline['vars'])) {
    if (isMap(entry)) values = { ...values, ...withoutNulls(entry) };
    if (typeof entry !== 'string') continue;
    const [path = '', keys] = plainText(entry, { values, used: () => {} }).split(':');
    const found = readMap(yaml, folder, path);
    if (found === null) note(`vars: ${entry} (only YAML and JSON files are read)`);
    else
      values = {
        ...values,
        ...withoutNulls(
          keys === undefined
            ? found
            : Object.fromEntries(Object.entries(found).filter(([key]) => keys.split(',').includes(key))),
        ),
      };
  }
  return values;
}

/** A parameter of orch has a value. */
function withoutNulls(map: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null));
}

/**
 * DVC writes files and folders alike. A folder is what dvc.lock, the disk or a path below it says; else what has no
 * ending.
 */
function folderOracle(
  stages: readonly (readonly [string, JsonValue])[],
  yaml: Yaml,
  folder: Folder,
  variables: Variables,
): (path: string) => boolean {
  const known = new Map<string, boolean>();
  const lock = readMap(yaml, folder, 'dvc.lock');
  for (const stage of isMap(lock?.['stages']) ? Object.values(lock['stages']) : [])
    for (const field of ['deps', 'outs'])
      for (const entry of isMap(stage) ? listOf(stage[field]) : [])
        if (isMap(entry) && typeof entry['path'] === 'string' && typeof entry['md5'] === 'string')
          known.set(entry['path'], entry['md5'].endsWith('.dir'));
  const mentioned = stages.flatMap(([, stage]) => textsIn(stage)).map((text) => plainText(text, variables));
  return (path) => {
    const kind = folder.kindOf(path);
    if (kind !== null) return kind === 'folder';
    const locked = known.get(path);
    if (locked !== undefined) return locked;
    if (mentioned.some((text) => text.includes(`${path}/`))) return true;
    return !/\.[^/.]+$/.test(path);
  };
}

function textsIn(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

/** What nothing else takes. */
function leavesOf(tasks: readonly StarterTask[]): readonly string[] {
  const read = tasks.map(({ inputs }) => pathsIn(inputs).map(({ path }) => path.replace(/\/$/, '')));
  const isTaken = (path: string, from: number) =>
    read.some(
      (paths, at) =>
        at !== from &&
        paths.some((each) => each === path || each.startsWith(`${path}/`) || path.startsWith(`${each}/`)),
    );
  const leaves = tasks.filter(({ outputs, metrics = [] }, at) => {
    const made = [...pathsIn(outputs).map(({ path }) => path.replace(/\/$/, '')), ...metrics];
    return !made.some((path) => isTaken(path, at));
  });
  return leaves.map(({ name }) => name);
}

/** Metrics that dvc.yaml lists beside its stages belong to the one that makes them. */
function withTopMetrics(
  tasks: readonly StarterTask[],
  metrics: readonly JsonValue[],
): readonly StarterTask[] {
  const files = metrics.filter((path): path is string => typeof path === 'string' && path.endsWith('.json'));
  return tasks.map((task) => {
    const own = files.filter((path) =>
      pathsIn(task.outputs).some(
        (output) => output.path === path || (output.path.endsWith('/') && path.startsWith(output.path)),
      ),
    );
    return own.length === 0 ? task : { ...task, metrics: [...new Set([...(task.metrics ?? []), ...own])] };
  });
}

function paramLesson(params: readonly StarterParam[]): readonly string[] {
  const keys: string[] = [];
  let value: JsonValue | undefined = Object.fromEntries(params.map((param) => [param.name, param.value]));
  while (isMap(value)) {
    const key: string = Object.keys(value)[0] ?? '';
    keys.push(key);
    value = value[key];
  }
  if (params.length === 0) return [];
  return [
    `values of ${PARAMS_FILE} and vars that commands are given: they are set here now, or by a flag,`,
    `orch run --${keys.join('.').replaceAll('_', '-')} VALUE; only what they reach runs again`,
  ];
}

function shortList(paths: readonly string[]): string {
  return paths.length <= 3
    ? paths.join(', ')
    : `${paths.slice(0, 2).join(', ')} and ${paths.length - 2} more`;
}
