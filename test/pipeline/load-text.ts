/** Loads pipelines from texts, as the tests of the loader need it: no files, a small fixed environment. */
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import type { Pipeline, Task } from '../../src/model/task.ts';
import { type LoadOutcome, type LoadRequest, loadPipelines } from '../../src/pipeline/load.ts';

export interface LoadOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** `name=value`, as after `--param`; `pipeline/name=value` for one pipeline. */
  readonly params?: readonly string[];
  readonly reservedFlags?: readonly string[];
}

export function loadFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  { environment = {}, params = [], reservedFlags = [] }: LoadOptions = {},
): Promise<LoadOutcome> {
  const request: LoadRequest = {
    root: '/project',
    rootPath: '/project',
    files: Object.entries(files).map(([path, text]) => ({
      path,
      text: typeof text === 'string' ? new TextEncoder().encode(text) : text,
    })),
    environment,
    today: '2026-11-21',
    reservedFlags,
    params: params.map((param) => {
      const [, pipeline = null, name = '', value = ''] = /^(?:(\w+)\/)?([^=]*)=(.*)$/s.exec(param) ?? [];
      return { pipeline, name, value, from: `--param ${name}=${value}` };
    }),
  };
  return loadPipelines(request);
}

export function load(text: string | Uint8Array, options?: LoadOptions): Promise<LoadOutcome> {
  return loadFiles({ 'orch.yaml': text }, options);
}

/** `severity line:column code`, by position. */
export function places(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics
    .flatMap((each) => [each, ...(each.alsoAt ?? []).map((place) => ({ ...each, ...place }))])
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ severity, file, line, column, code }) =>
      file === null ? `${severity} ${code}` : `${severity} ${line}:${column} ${code}`,
    );
}

/** The only pipeline of a text that must have no errors. */
export async function loadGood(text: string, options?: LoadOptions): Promise<Pipeline> {
  const { pipelines, diagnostics } = await load(text, options);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0 || pipelines.length !== 1)
    throw new Error(`expected a good pipeline: ${JSON.stringify(errors, null, 1)}`);
  return pipelines[0]!;
}

/** Tasks by label, of a text that has only its `tasks` (indented by two) and what comes before them. */
export async function loadTasks(
  tasks: string,
  before = '',
  options?: LoadOptions,
): Promise<Record<string, Task>> {
  const pipeline = await loadGood(`version: 1\n${before}\ntasks:\n${tasks}`, options);
  return Object.fromEntries(pipeline.tasks.map((task) => [task.label, task]));
}

/** The shell text of a task in which nothing is left open. */
export function scriptOf(task: Task | undefined): unknown {
  return task?.run?.kind === 'shell' ? task.run.script : task?.run;
}

/** The diagnostics of a text that has only `tasks`; line 3 is the first one's. */
export async function troubleIn(
  tasks: string,
  before = '',
  options?: LoadOptions,
): Promise<readonly Diagnostic[]> {
  return (await load(`version: 1\n${before}${before === '' ? '' : '\n'}tasks:\n${tasks}`, options))
    .diagnostics;
}
