/**
 * The words of the differential test: a pipeline as plain data, a run that is asked for, and what is expected of it.
 * How it is written down is `pipeline-file.ts` and `commands.ts`, what must happen `reference-model.ts`.
 */
export type Op = 'cat' | 'named' | 'first' | 'count' | 'words' | 'none';
export type Values = Readonly<Record<string, string>>;
export type Params = Readonly<Record<string, number | string>>;

export interface NeedSpec {
  readonly mark: string;
  /** Written `t` (cells that agree), `t[*]`, or `t[m=a]`. */
  readonly cells: 'agree' | 'all' | Values;
  readonly orderOnly: boolean;
}

export interface TaskSpec {
  /** Who it is in the trace; a rename changes `name`, never this. */
  readonly mark: string;
  readonly name: string;
  readonly description: string;
  /** A group has needs only. */
  readonly group: boolean;
  /** A path, a folder `d/`, a glob `d/*.txt` or `d/** /*.txt` (without the space), or `!path`; with placeholders. */
  readonly inputs: readonly string[];
  /** Outputs of needs, in the same forms, that the command reads without declaring them as inputs. */
  readonly alsoReads: readonly string[];
  /** One file, two files, a folder, or a glob. None: a check. */
  readonly outputs: readonly string[];
  readonly needs: readonly NeedSpec[];
  readonly matrix: Readonly<Record<string, readonly string[]>> | null;
  readonly exclude: readonly Values[];
  /** Parameters mentioned in the command, and those listed under `params` and read from the environment. */
  readonly mentions: readonly string[];
  readonly lists: readonly string[];
  /** The declared variable WORD. */
  readonly word: string | null;
  readonly op: Op;
  /** An edit of the command that changes what it makes, and one that doesn't. */
  readonly salt: number;
  readonly remark: number;
  readonly cache: boolean;
}

export interface PipelineSpec {
  readonly params: Params;
  readonly default: readonly string[];
  /** A YAML comment. */
  readonly comment: string;
  readonly tasks: readonly TaskSpec[];
}

export type Files = ReadonlyMap<string, string>;

/** What earlier runs left; `predict` brings it up to date. */
export interface History {
  /** Key -> what the command made. Nothing is ever evicted. */
  readonly results: Map<string, { readonly mark: string; readonly made: Files }>;
  /** Paths that orch made and recorded as its own. */
  readonly owned: Map<string, string>;
  /** Task or cell without outputs -> the key of its last attempt, '' where that failed. */
  readonly lastEnd: Map<string, string>;
  /** Contents whose stored copies were damaged. */
  readonly damaged: Set<string>;
}

export interface Request {
  /** Names, cells or output paths; none: the pipeline's default. */
  readonly targets: readonly string[];
  readonly params: Params;
  /** null: none; '': all; else the only task forced. */
  readonly force: string | null;
  /** Marks of the commands that fail. The run goes on with everything that doesn't depend on them (`-k`). */
  readonly failing: readonly string[];
}

export interface Prediction {
  /** Lines of the trace, sorted. */
  readonly ran: readonly string[];
  readonly files: Files;
  /** Those of `files` that may also be absent: siblings of what was asked for, left-overs in folders nobody asked for. */
  readonly optional: ReadonlySet<string>;
  readonly exit: number;
  /** The contract leaves open what happens: half of a result is damaged and the other half is asked for. */
  readonly open: boolean;
}

export interface Cell {
  readonly task: TaskSpec;
  readonly values: Values;
  readonly mark: string;
  readonly label: string;
  readonly inputs: readonly string[];
  readonly reads: readonly string[];
  readonly outputs: readonly string[];
}

export function isPattern(path: string): boolean {
  return path.endsWith('/') || path.includes('*');
}

/** Fills in `${{ matrix.m }}` and `${{ params.p }}`. */
export function fill(text: string, cell: Values, params: Params): string {
  return text.replace(/\$\{\{ (matrix|params)\.(\w+) \}\}/g, (_, scope, name) =>
    String((scope === 'matrix' ? cell : params)[name]),
  );
}

/** The name of a task's cells in the trace, as a template. */
export function markTemplate(task: TaskSpec): string {
  return [task.mark, ...Object.keys(task.matrix ?? {}).map((key) => `\${{ matrix.${key} }}`)].join('.');
}

/** The parameters that a task mentions, in its command or in a path, or lists. */
export function paramsOf(task: TaskSpec): string[] {
  const paths = [...task.inputs, ...task.outputs, ...task.alsoReads].join(' ');
  const inPaths = [...paths.matchAll(/params\.(\w+)/g)].map((match) => match[1]!);
  return [...new Set([...task.mentions, ...task.lists, ...inPaths])].sort();
}

/** B1: what is gathered decides whether `cache` is on by itself. */
export function isCacheable(task: TaskSpec): boolean {
  const gathers =
    task.inputs.length > 0 || task.outputs.length > 0 || task.needs.some((need) => !need.orderOnly);
  return task.cache && gathers;
}

/** One cell of a task, its placeholders filled in. */
export function cellOf(task: TaskSpec, values: Values, params: Params): Cell {
  const filled = (paths: readonly string[]) => paths.map((path) => fill(path, values, params));
  const label = task.matrix === null ? task.name : `${task.name}[${cellLabel(values)}]`;
  const mark = fill(markTemplate(task), values, params);
  const reads = filled([...task.inputs, ...task.alsoReads]);
  return { task, values, mark, label, inputs: filled(task.inputs), reads, outputs: filled(task.outputs) };
}

/** `m=a,n=x` */
export function cellLabel(cell: Values): string {
  return Object.entries(cell)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
