/**
 * What `orch init` makes of a found project, before it is YAML: tasks in orch's words, and notes on what could not
 * be carried over. Plain data; the readers of other tools' files build it, `write-starter` writes it.
 */
import type { JsonValue } from '../model/ids.ts';

/** In the order in which they are preferred where several are found: the more a file says, the earlier. */
export const STARTER_KINDS = [
  'dvc',
  'snakemake',
  'makefile',
  'taskfile',
  'turbo',
  'justfile',
  'npm',
  'notebooks',
  'python',
  'shell',
  'example',
] as const;
export type StarterKind = (typeof STARTER_KINDS)[number];

/** A path as `inputs` and `outputs` have it: a pattern of orch, already escaped. */
export interface StarterPath {
  readonly path: string;
  readonly optional?: true;
  readonly external?: true;
  readonly store?: false;
  /** Written behind it, for a reader. */
  readonly comment?: string;
}

export type StarterPaths =
  | readonly StarterPath[]
  | Readonly<Record<string, StarterPath | readonly StarterPath[]>>;

export interface StarterTask {
  readonly name: string;
  /** Lines above the task. */
  readonly comments?: readonly string[];
  readonly description?: string;
  readonly dir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly shell?: string | readonly string[];
  readonly matrix?: Readonly<Record<string, JsonValue>>;
  /** With placeholders of orch; absent: a group. */
  readonly run?: string;
  /** The same command with all values written out, for where a placeholder is refused. */
  readonly plainRun?: string;
  readonly inputs?: StarterPaths;
  readonly outputs?: StarterPaths;
  readonly metrics?: readonly string[];
  readonly needs?: readonly string[];
  /** Needs that are only waited for. */
  readonly after?: readonly string[];
  readonly params?: readonly string[];
  readonly probe?: string;
  readonly cpu?: number;
  readonly retries?: number;
  readonly labels?: readonly string[];
  readonly cache?: boolean;
  /** Lines at the end of the task: what to add to it. */
  readonly hints?: readonly string[];
}

export interface StarterParam {
  readonly name: string;
  readonly value: JsonValue;
  readonly description?: string;
}

/** Something that was found and isn't in the pipeline, or is there otherwise than before. */
export interface Note {
  /** `Makefile:12`, or a file's name. */
  readonly at: string;
  readonly text: string;
}

export interface Starter {
  readonly kind: StarterKind;
  /** The file or folder that it was read from; null for the example. */
  readonly from: string | null;
  readonly name: string;
  readonly description?: string;
  /** Targets of `orch run`. */
  readonly default: readonly string[];
  /** Tasks that the other tool hasn't got: to be run before its results can be taken over. */
  readonly first?: readonly string[];
  /** Lines that teach, below the head that every starter has. */
  readonly lessons: readonly string[];
  readonly params: readonly StarterParam[];
  /** Above `params`. */
  readonly paramComments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of all tasks that don't say otherwise. */
  readonly shell?: readonly string[];
  readonly summary?: readonly string[];
  readonly tasks: readonly StarterTask[];
  /** Files to write besides, by path: only the example has some. */
  readonly files?: Readonly<Record<string, string>>;
  readonly notes: readonly Note[];
}

export const pathOf = (path: string): StarterPath => ({ path });

export function pathsIn(paths: StarterPaths | undefined): readonly StarterPath[] {
  if (paths === undefined) return [];
  return isPathList(paths) ? paths : Object.values(paths).flat();
}

export function isPathList(paths: StarterPaths): paths is readonly StarterPath[] {
  return Array.isArray(paths);
}

/** Changes each path, or leaves it out by null. */
export function mapPaths(
  paths: StarterPaths,
  change: (path: StarterPath) => StarterPath | null,
): StarterPaths {
  const changed = (list: readonly StarterPath[]) => list.flatMap((path) => change(path) ?? []);
  if (isPathList(paths)) return changed(paths);
  return Object.fromEntries(
    Object.entries(paths).flatMap(([name, entry]) => {
      const list = changed([entry].flat());
      return list.length === 0 ? [] : [[name, Array.isArray(entry) ? list : list[0]!]];
    }),
  );
}

/** Names for tasks: letters, digits, `_ . -`, each once. */
export function taskNamer(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    const base =
      wanted
        .replace(/[^\p{L}\p{N}_.-]+/gu, '-')
        .replace(/^[^\p{L}\p{N}_]+/u, '')
        .replace(/-+$/, '') || 'task';
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
    taken.add(name);
    return name;
  };
}

/** Names of what nobody wants to happen by a bare `orch run`. */
export function isRisky(name: string): boolean {
  return /install|deploy|publish|release|upload|push|clean|remove|delete|drop|reset|purge|destroy|migrate/i.test(
    name,
  );
}

/** A name for the pipeline, from a folder's. */
export function pipelineName(folder: string): string {
  return taskNamer()(folder.slice(folder.lastIndexOf('/') + 1)).replace(/^task$/, 'pipeline');
}
