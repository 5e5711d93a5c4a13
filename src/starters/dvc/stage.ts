/** One stage of a dvc.yaml as a task: its command, what it reads, writes and measures. */
import type { JsonValue } from '../../model/ids.ts';
import type { Folder } from '../folder.ts';
import { commandText, literalPath, plainCommand, projectPath } from '../orch-text.ts';
import { shellForPipes } from '../pipes.ts';
import { isMap, type JsonMap, listOf } from '../plain-data.ts';
import { scriptOf } from '../shell-lines.ts';
import type { StarterPath, StarterTask } from '../starter.ts';
import { type Cells, cellsOfForeach, cellsOfMatrix } from './cells.ts';
import type { Sections } from './sections.ts';
import { type Interpolation, interpolate, pathTexts, type Variables } from './variables.ts';

export interface StageSurroundings {
  readonly folder: Folder;
  readonly variables: Variables;
  /** Is this path, as it is now, a folder? */
  readonly isFolder: (path: string) => boolean;
  readonly note: (text: string) => void;
  readonly sections: Sections;
}

/** null: the stage can't be carried over, which has been noted. */
export function stageTask(name: string, stage: JsonMap, surroundings: StageSurroundings): StarterTask | null {
  const { variables, note } = surroundings;
  const isForeach = 'foreach' in stage;
  const fields = isForeach && isMap(stage['do']) ? stage['do'] : stage;
  const cells: Cells | null = isForeach
    ? cellsOfForeach(stage['foreach'] ?? null, variables)
    : 'matrix' in stage
      ? cellsOfMatrix(stage['matrix'] ?? null, variables)
      : null;
  if (cells === null && (isForeach || 'matrix' in stage)) {
    note(`stage ${name}: its ${isForeach ? 'foreach' : 'matrix'} has no values that are known now`);
    return null;
  }
  const into: Interpolation = { variables, cell: cells?.cell ?? null };
  const dir = typeof fields['wdir'] === 'string' ? pathTexts(interpolate(fields['wdir'], into)) : null;
  const root = dir === null ? '' : projectPath(dir.plain, surroundings.folder.root);
  if (root !== '' && !root.ok) {
    note(`stage ${name}: its wdir lies outside this folder`);
    return null;
  }
  const place: Place = { ...surroundings, name, into, dir: root === '' ? '' : root.value };
  const command = commandOf(fields['cmd'], into);
  if (command === null) {
    note(`stage ${name}: it has no cmd`);
    return null;
  }
  const plots = listOf(fields['plots']).flatMap((entry) => outputsOf(entry, place));
  const metrics = listOf(fields['metrics']).flatMap((entry) => outputsOf(entry, place));
  const jsonMetrics = metrics.filter(({ path }) => /\.json$/.test(path));
  if (jsonMetrics.length < metrics.length)
    note(`stage ${name}: metrics that are no JSON are outputs like others`);
  const outputs = [
    ...listOf(fields['outs']).flatMap((entry) => outputsOf(entry, place)),
    ...plots,
    ...metrics.filter((path) => !jsonMetrics.includes(path)),
  ];
  const { inputs, comments } = inputsOf(fields, command.plain, place);
  const { comments: ofPipes = [], ...shell } = shellForPipes(command.run);
  const description = fields['desc'] ?? stage['desc'];
  const all = [...comments, ...ofPipes];
  return {
    name,
    ...(all.length > 0 ? { comments: all } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(cells === null ? {} : { matrix: cells.matrix }),
    ...(place.dir === '' ? {} : { dir: place.dir }),
    ...shell,
    run: command.run,
    ...(cells === null ? { plainRun: command.plainRun } : {}),
    inputs,
    ...(outputs.length > 0 ? { outputs } : {}),
    ...(jsonMetrics.length > 0 ? { metrics: jsonMetrics.map(({ path }) => path) } : {}),
    ...(fields['always_changed'] === true ? { cache: false } : {}),
  };
}

interface Place extends StageSurroundings {
  readonly name: string;
  readonly into: Interpolation;
  /** Root-relative working directory. */
  readonly dir: string;
}

interface StageCommand {
  readonly run: string;
  readonly plainRun: string;
  /** As written in dvc.yaml, in one text. */
  readonly plain: string;
}

/** A list of commands runs one after the other, each in a shell of its own. */
function commandOf(cmd: JsonValue | undefined, into: Interpolation): StageCommand | null {
  const lines = listOf(cmd).filter((line): line is string => typeof line === 'string' && line.trim() !== '');
  if (lines.length === 0) return null;
  const pieces = scriptOf(
    lines.map((line) => ({ pieces: interpolate(line.trim(), into), mayFail: false, goesOn: false })),
  );
  return { run: commandText(pieces), plainRun: plainCommand(pieces), plain: lines.join('\n') };
}

function inputsOf(
  fields: JsonMap,
  command: string,
  place: Place,
): { readonly inputs: readonly StarterPath[]; readonly comments: readonly string[] } {
  const inputs: StarterPath[] = [];
  const add = (path: StarterPath | null) => {
    if (path !== null && !inputs.some((each) => each.path === path.path)) inputs.push(path);
  };
  for (const entry of listOf(fields['deps'])) add(inputOf(entry, place));
  const files = paramFiles(fields['params'], command);
  const parts = files.read.includes('params.yaml') ? partsOf(files.keys, command, place) : null;
  for (const file of files.read)
    if (file !== 'params.yaml' || parts === null) add(inputOf(file, place));
    else for (const part of parts) add({ path: literalPath(part) });
  const comments =
    files.read.includes('params.yaml') && parts === null
      ? [`the command reads ${files.keys.join(', ')} from params.yaml itself: any change of that file counts`]
      : [];
  return { inputs, comments };
}

/** null: the whole file counts. */
function partsOf(keys: readonly string[], command: string, place: Place): readonly string[] | null {
  // From another folder it is another file; and what a command names is one of its inputs.
  if (place.dir !== '' || command.includes('params.yaml')) return null;
  const parts = keys.map((key) => place.sections.pathFor(key));
  return parts.every((part) => part !== null) ? parts : null;
}

function inputOf(entry: JsonValue, place: Place): StarterPath | null {
  const written = typeof entry === 'string' ? entry : isMap(entry) ? Object.keys(entry)[0] : undefined;
  if (written === undefined) return null;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
    place.note(`stage ${place.name}: the dependency ${written}, which is no file`);
    return null;
  }
  const { pattern, plain } = pathTexts(interpolate(written, place.into));
  const path = projectPath(plain, place.folder.root, place.dir);
  if (!path.ok) return { path: literalPath(path.error), external: true };
  return { path: fromRoot(pattern, plain, path.value) + (place.isFolder(path.value) ? '/' : '') };
}

/** The pattern where it is a path from the root already, else the present path. */
function fromRoot(pattern: string, plain: string, path: string): string {
  const tidy = pattern.replace(/^(\.\/+)+/, '').replace(/\/+$/, '');
  if (plain.replace(/^(\.\/+)+/, '').replace(/\/+$/, '') === path) return tidy;
  // From within wdir: what stands before it is the same.
  const before = path.slice(0, path.length - plain.length);
  return path.endsWith(plain) ? literalPath(before) + pattern : literalPath(path);
}

function outputsOf(entry: JsonValue, place: Place): readonly StarterPath[] {
  const written = typeof entry === 'string' ? entry : isMap(entry) ? Object.keys(entry)[0] : undefined;
  if (written === undefined) return [];
  const options = isMap(entry) && isMap(entry[written]) ? entry[written] : {};
  if (options['persist'] === true)
    place.note(
      `stage ${place.name}: persist of ${written} (orch removes a task's own outputs before it runs)`,
    );
  const { pattern, plain } = pathTexts(interpolate(written, place.into));
  const path = projectPath(plain, place.folder.root, place.dir);
  if (!path.ok || path.value === '') {
    place.note(`stage ${place.name}: the output ${written}, which lies outside this folder`);
    return [];
  }
  const isFolder = place.isFolder(path.value);
  const isStored = options['cache'] !== false || isMetric(options, written);
  return [
    {
      path: fromRoot(pattern, plain, path.value) + (isFolder ? '/' : ''),
      ...(isStored ? {} : { store: false as const }),
    },
  ];
}

/** Metrics and plots are small: DVC leaves them to git, orch restores them with the rest. */
function isMetric(options: JsonMap, path: string): boolean {
  return /\.(json|ya?ml|csv|tsv|png|svg|html)$/.test(path) || 'x' in options || 'template' in options;
}

/** Files whose keys a stage lists, unless its command names each of them. */
function paramFiles(
  params: JsonValue | undefined,
  command: string,
): { readonly read: readonly string[]; readonly keys: readonly string[] } {
  const read = new Set<string>();
  const keys: string[] = [];
  for (const entry of listOf(params)) {
    if (typeof entry === 'string') {
      // Handed over by the command: then orch's own parameter decides.
      if (new RegExp(`\\$\\{\\s*${entry.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*\\}`).test(command))
        continue;
      read.add('params.yaml');
      keys.push(entry);
    } else if (isMap(entry))
      for (const [file, listed] of Object.entries(entry)) {
        read.add(file);
        if (file === 'params.yaml') keys.push(...listOf(listed).map(String));
      }
  }
  return { read: [...read], keys: keys.length === 0 ? ['everything'] : keys };
}
