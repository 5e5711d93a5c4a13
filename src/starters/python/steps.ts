/**
 * Scripts or notebooks as tasks, in the order of their names: a step waits for the one that makes what it reads,
 * and, where names are numbered and nothing better is known, for the one before it. Knows no Python.
 */
import type { Folder } from '../folder.ts';
import { literalPath, projectPath } from '../orch-text.ts';
import { pathOf, type StarterPath, type StarterTask, taskNamer } from '../starter.ts';
import type { FileUse } from './file-use.ts';

export interface Step {
  /** Root-relative. */
  readonly path: string;
  /** The folder that its paths are relative to, '' for the root. */
  readonly base: string;
  readonly use: FileUse;
  /** Modules of this project that it imports, root-relative. */
  readonly modules: readonly string[];
  readonly run: string;
  /** Where the command runs; '' for the root. */
  readonly dir: string;
  /** Outputs that are certain: what the command itself writes. */
  readonly outputs: readonly string[];
}

interface Files {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly unknown: readonly string[];
}

export function stepTasks(steps: readonly Step[], folder: Folder): readonly StarterTask[] {
  const namer = taskNamer();
  const ordered = [...steps].sort((a, b) => compareNames(a.path, b.path));
  const names = ordered.map(({ path }) => namer(nameOf(path)));
  const files = ordered.map((step) => filesOf(step, folder));
  // What two steps write is nobody's output.
  const writers = new Map<string, number>();
  for (const { writes } of files) for (const path of writes) writers.set(path, (writers.get(path) ?? 0) + 1);

  const known: boolean[] = [];
  return ordered.map((step, at) => {
    const { reads, writes, unknown } = files[at]!;
    const own = writes.filter((path) => writers.get(path) === 1);
    const shared = writes.filter((path) => !own.includes(path));
    const feeds = ordered.some(
      (_, other) => other !== at && reads.some((path) => mayMake(files[other]!.writes, path)),
    );
    const before = at > 0 && isNumbered(step.path) && isNumbered(ordered[at - 1]!.path) ? at - 1 : null;
    const isLonely = before !== null && !feeds && (reads.length === 0 || unknown.length > 0);
    const needs = isLonely ? [names[before]!] : [];
    // Without all that it reads and writes, or after a step whose results nobody knows, it could become stale unseen.
    const isKnown =
      unknown.length === 0 &&
      shared.length === 0 &&
      own.length + step.outputs.length > 0 &&
      (!isLonely || known[before]!);
    known.push(isKnown);
    return {
      name: names[at]!,
      comments: isKnown ? ['inputs and outputs are guessed from its text: check them'] : [],
      ...(needs.length > 0 ? { needs } : {}),
      ...(step.dir === '' ? {} : { dir: step.dir }),
      run: step.run,
      inputs: [step.path, ...step.modules].map(literalPath).map(pathOf).concat(reads.map(inputPath)),
      outputs: [...step.outputs, ...own].map(literalPath).map(pathOf),
      ...(isKnown
        ? {}
        : { cache: false, hints: hintsFor(unknown, shared, own.length + step.outputs.length) }),
    };
  });
}

function filesOf(step: Step, folder: Folder): Files {
  const fromRoot = (path: string): string | null => {
    const isFolder = path.endsWith('/');
    const found = projectPath(path, folder.root, step.base);
    return found.ok && found.value !== '' ? `${found.value}${isFolder ? '/' : ''}` : null;
  };
  const outside: string[] = [];
  const mapped = (paths: ReadonlySet<string>) =>
    [...paths].flatMap((path) => {
      const found = fromRoot(path);
      if (found === null) outside.push(path);
      return found ?? [];
    });
  const writes = mapped(step.use.writes).filter((path) => !/[*?[]/.test(path));
  const reads = mapped(step.use.reads)
    // What it writes itself and reads back is an output.
    .filter((path) => !writes.includes(path) && path !== step.path)
    .map((path) => (folder.kindOf(path) === 'folder' && !path.endsWith('/') ? `${path}/` : path));
  return { reads, writes, unknown: [...step.use.unknown, ...outside.map((path) => `${path} lies outside`)] };
}

/** A glob as it is, anything else as a literal path. */
function inputPath(path: string): StarterPath {
  return pathOf(/[*?]/.test(path) ? path : literalPath(path));
}

function mayMake(writes: readonly string[], read: string): boolean {
  const folder = /[*?[]/.test(read) ? read.slice(0, read.search(/[^/]*[*?[]/)) : read;
  return writes.some((path) => path === read || (folder.endsWith('/') && path.startsWith(folder)));
}

function hintsFor(
  unknown: readonly string[],
  shared: readonly string[],
  outputCount: number,
): readonly string[] {
  const reasons = [
    ...unknown,
    ...shared.map((path) => `another step writes ${path}, too`),
    ...(outputCount === 0 ? ['no file that it writes was found'] : []),
  ];
  return [
    `always runs, for what it reads and writes isn't all known (${reasons.slice(0, 2).join('; ')}):`,
    'complete inputs and outputs, then remove `cache: false`',
  ];
}

/** `01_load.py` -> `load`. */
function nameOf(path: string): string {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
  return stem.replace(/^\d+[\s._-]*/, '') || stem;
}

export function isNumbered(path: string): boolean {
  return /^\d/.test(path.slice(path.lastIndexOf('/') + 1));
}

/** `2_x` before `10_x`. */
export function compareNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Steps that no other waits for. */
export function lastSteps(tasks: readonly StarterTask[]): readonly string[] {
  const needed = new Set(tasks.flatMap(({ needs = [] }) => needs));
  const paths = (list: StarterTask['inputs']) => (Array.isArray(list) ? list.map(({ path }) => path) : []);
  return tasks
    .filter(({ name, outputs }) => {
      const made = paths(outputs);
      const isRead = tasks.some(
        (other) => other.name !== name && paths(other.inputs).some((path) => mayMake(made, path)),
      );
      return !needed.has(name) && !isRead;
    })
    .map(({ name }) => name);
}
