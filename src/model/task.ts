/**
 * What a pipeline says, checked and expanded: one `Task` for each matrix cell, all static values filled in.
 * Plain data, so that it can be stored between runs (see `LoadedPipeline`).
 */
import type { Template } from './expression.ts';
import type { JsonValue, SourcePosition, TaskId } from './ids.ts';

export type PathKind = 'file' | 'folder' | 'glob';

export interface InputSpec {
  /** The name it has where `inputs` is a map; several specs share it where the map's value is a list. */
  readonly name: string | null;
  /** `file` is any literal path (it may turn out to be a folder on disk); `folder` was written with a final `/`. */
  readonly kind: PathKind;
  /** Root-relative with `/`, without `./` or a final `/`; absolute or with `..` only where `external`. A glob keeps its syntax. */
  readonly path: string;
  /** Written `!x`: takes away from what the other globs and folders of this task match. */
  readonly negated: boolean;
  readonly optional: boolean;
  readonly external: boolean;
  readonly store: boolean;
  readonly position: SourcePosition;
}

export interface OutputSpec {
  readonly name: string | null;
  readonly kind: PathKind;
  readonly path: string;
  readonly store: boolean;
  /** Listed under `metrics`: a JSON file whose values are recorded. */
  readonly metrics: boolean;
  readonly position: SourcePosition;
}

export interface Need {
  readonly task: TaskId;
  /** Waits for it, but takes nothing from it: it isn't part of the key. */
  readonly orderOnly: boolean;
}

/** A command line: `script` goes to `shell` as its last argument; `argv` is executed directly. */
export type CommandSpec =
  | { readonly kind: 'shell'; readonly shell: readonly string[]; readonly script: Template }
  | { readonly kind: 'argv'; readonly argv: readonly Template[] };

export interface RetryPolicy {
  /** Further attempts after the first. */
  readonly limit: number;
  readonly delayMs: number;
  readonly backoff: 'fixed' | 'linear' | 'exponential';
  readonly maxDelayMs: number | null;
  readonly jitter: boolean;
  /** Only these ends are retried; null: every failure. */
  readonly on: readonly (number | 'oom' | 'timeout' | 'signal')[] | null;
}

export interface Task {
  readonly id: TaskId;
  readonly pipeline: string;
  /** The name in the file, without the cell. */
  readonly name: string;
  /** What users see and type: `train` or `train[model=a,month=1]`; `taxi:train` where another pipeline has a `train`. */
  readonly label: string;
  /** Matrix values of this cell, null where the task has no matrix. */
  readonly cell: Readonly<Record<string, JsonValue>> | null;
  readonly description: string | null;
  readonly position: SourcePosition;
  /** null: a group, which only gathers its needs. */
  readonly run: CommandSpec | null;
  /** Root-relative working directory of the command, '' for the root. */
  readonly dir: string;
  /** Declared variables (pipeline, defaults, task), keyed. */
  readonly env: Readonly<Record<string, Template>>;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  readonly needs: readonly Need[];
  /** Values of the parameters it mentions or lists, by dotted name (`model.max_depth`, or `model` with a map). */
  readonly params: Readonly<Record<string, JsonValue>>;
  /** Matrix values that its text mentions. */
  readonly matrixMentioned: Readonly<Record<string, JsonValue>>;
  /** Dotted names of parameters that its matrix mentions: they decide which cells there are, not what a cell makes. */
  readonly shapedBy: readonly string[];
  /** Commands whose output enters the key. */
  readonly tools: readonly Template[];
  readonly cacheable: boolean;
  readonly expiresMs: number | null;
  readonly retries: RetryPolicy;
  readonly timeoutMs: number | null;
  readonly graceMs: number;
  /** cpu (cores), memory (bytes), gpu (count) and own names. */
  readonly resources: Readonly<Record<string, number>>;
  readonly priority: number;
  readonly probe: CommandSpec | null;
  readonly secrets: readonly string[];
  readonly labels: readonly string[];
  /** `task` is mentioned: it receives ORCH_TASK. */
  readonly mentionsTask: boolean;
}

export type ParamType =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'date'
  | 'month'
  | 'enum'
  | 'list'
  | 'map';

export interface ParamSetting {
  /** Dotted: `model.max_depth`. */
  readonly name: string;
  /** A variable, or a flag as the user typed it: `ORCH_PARAM_MONTH`, `--month`, `--param`. */
  readonly by: string;
}

export interface ParamDeclaration {
  readonly name: string;
  readonly type: ParamType;
  /** The value in force for this run. */
  readonly value: JsonValue;
  /** Where the value came from. */
  readonly origin: 'default' | 'environment' | 'command-line';
  /** What the file says where nothing sets it; null: a value must be given. */
  readonly initial: JsonValue | null;
  readonly min: number | string | null;
  readonly max: number | string | null;
  /** Of an enum. */
  readonly values: readonly JsonValue[] | null;
  /** What set it, or a part of a map, in the order in which it counts: later ones win. */
  readonly setBy: readonly ParamSetting[];
  readonly description: string | null;
  readonly position: SourcePosition;
}

export interface Pipeline {
  readonly name: string;
  /** Root-relative path of its file. */
  readonly file: string;
  readonly description: string | null;
  readonly params: readonly ParamDeclaration[];
  /** Targets of `orch run` without any, as written. */
  readonly defaultTargets: readonly string[];
  readonly header: readonly Template[];
  readonly summary: readonly Template[];
  /** Tasks that join every run in which a command started. */
  readonly finally: readonly TaskId[];
  readonly tasks: readonly Task[];
  readonly allowLinks: readonly string[];
  readonly cache: {
    /** Enters every key. `root` in the file puts the root's path here. */
    readonly scope: string;
    readonly dir: string | null;
    readonly maxSizeBytes: number | null;
  };
}

/** What texts of its own pipeline call a task: `train[model=a]`, whatever other pipelines there are. */
export function localLabel({ id, pipeline }: Pick<Task, 'id' | 'pipeline'>): string {
  return id.slice(pipeline.length + 1);
}
