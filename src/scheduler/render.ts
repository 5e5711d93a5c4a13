/**
 * Fills in what a task's texts leave open until run time: matched inputs, outputs of other tasks, metrics,
 * granted resources, run and attempt. Knows expressions; reads metrics through a function.
 */
import { join, normalize } from 'node:path/posix';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { Template } from '../model/expression.ts';
import type { Failure } from '../model/failure.ts';
import type { JsonValue } from '../model/ids.ts';
import { type CommandSpec, type InputSpec, localLabel, type Task } from '../model/task.ts';
import {
  type EvaluateError,
  renderText,
  renderValue,
  type Scope,
  shellWord,
} from '../pipeline/expression/index.ts';
import { pathValue } from '../pipeline/path-values.ts';

export interface RenderContext {
  readonly task: Task;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Matched paths by input spec, root-relative. */
  readonly matched: readonly (readonly string[])[];
  /** The bytes of an input; null: it's none. Throws the system's error where a file of the user's can't be read. */
  readonly readInput: (path: string) => Outcome<Uint8Array, string> | null;
  /** Upstream tasks by name: outputs (root-relative) and status. */
  readonly needs: () => Readonly<Record<string, { readonly outputs: JsonValue; readonly status: string }>>;
  readonly metrics: Readonly<Record<string, JsonValue>>;
  readonly run: { readonly id: string; readonly date: string; readonly attempt: number };
  readonly resources: Readonly<Record<string, number>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The argument vector to execute. */
export function renderCommand(
  command: CommandSpec,
  context: RenderContext,
): Outcome<readonly string[], Failure> {
  const scope = scopeOf(context);
  if (command.kind === 'shell') {
    const script = renderTemplate(command.script, scope);
    return script.ok ? ok([...command.shell, script.value]) : script;
  }
  const argv: string[] = [];
  for (const template of command.argv) {
    const words = renderWords(template, scope);
    if (!words.ok) return words;
    argv.push(...words.value);
  }
  return ok(argv);
}

/** An element that is one placeholder with a list in it (`${{ inputs }}`) is as many words. */
function renderWords(template: Template, scope: Scope): Outcome<readonly string[], Failure> {
  const [only] = typeof template === 'string' ? [] : template.parts;
  if (typeof only === 'object' && typeof template !== 'string' && template.parts.length === 1) {
    const value = renderValue(template, scope);
    if (!value.ok) return fail(expressionFailure(value.error));
    const list: readonly unknown[] = Array.isArray(value.value) ? value.value.flat(8) : [];
    if (Array.isArray(value.value) && list.every((item) => typeof item !== 'object'))
      return ok(list.map((item) => String(item)));
  }
  const text = renderTemplate(template, scope);
  return text.ok ? ok([text.value]) : text;
}

/** As texts enter the key: `resources` and the attempt never do, and a secret does only as a keyed hash of its own. */
export function forKey(context: RenderContext): RenderContext {
  return {
    ...context,
    resources: Object.fromEntries(Object.keys(context.resources).map((name) => [name, 0])),
    run: { ...context.run, id: '', attempt: 0 },
    secrets: Object.fromEntries(Object.keys(context.secrets).map((name) => [name, ''])),
  };
}

/**
 * The command as it enters the key. `resources` and `run.attempt` never do (SPEC B4), so both are filled with
 * a constant here: the text differs from what is executed only there.
 */
export function keyTextOf(command: CommandSpec, context: RenderContext): Outcome<string, Failure> {
  const masked = forKey(context);
  const argv = renderCommand(command, masked);
  if (!argv.ok) return argv;
  return ok(command.kind === 'shell' ? argv.value[argv.value.length - 1]! : JSON.stringify(argv.value));
}

/** `-- ARGS`: words of an argument vector, or quoted behind a script. */
export function withArgs(
  command: CommandSpec,
  argv: readonly string[],
  args: readonly string[],
): readonly string[] {
  if (args.length === 0) return argv;
  if (command.kind === 'argv') return [...argv, ...args];
  const script = argv[argv.length - 1]!.trimEnd();
  return [...argv.slice(0, -1), [script, ...args.map(shellWord)].join(' ')];
}

export function renderEnv(
  task: Task,
  context: RenderContext,
): Outcome<Readonly<Record<string, string>>, Failure> {
  const scope = scopeOf(context);
  const env: Record<string, string> = {};
  for (const [name, template] of Object.entries(task.env)) {
    const value = renderTemplate(template, scope);
    if (!value.ok) return value;
    env[name] = value.value;
  }
  return ok(env);
}

export function renderTemplate(template: Template, scope: Scope): Outcome<string, Failure> {
  if (typeof template === 'string') return ok(template);
  const text = renderText(template, scope);
  return text.ok ? text : fail(expressionFailure(text.error));
}

export function expressionFailure(error: EvaluateError): Failure {
  return {
    kind: 'expression',
    message: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
    file: error.position?.file ?? '',
    line: error.position?.line ?? 0,
    column: error.position?.column ?? 0,
  };
}

/** Built root by root when asked: most texts are static and ask for none. */
export function scopeOf(context: RenderContext): Scope {
  return { get: (root) => rootValue(root, context), readJson: (path) => readDeclared(path, context) };
}

/** `read_json`: only of a file that the task declares, so that what it says is part of the key. */
function readDeclared(path: string, { task, readInput }: RenderContext): Outcome<JsonValue, string> {
  try {
    const bytes = readInput(normalize(join(task.dir, path)));
    if (bytes === null) return fail(`read_json: ${path} is not among the inputs of ${task.label}`);
    if (!bytes.ok) return fail(`read_json: ${path} ${bytes.error}`);
    return ok(JSON.parse(Buffer.from(bytes.value).toString('utf8')) as JsonValue);
  } catch (error) {
    return fail(`read_json: ${path} can't be read as JSON: ${(error as Error).message}`);
  }
}

function rootValue(root: string, context: RenderContext): JsonValue | undefined {
  const { task } = context;
  switch (root) {
    case 'params':
      return context.params;
    case 'env':
      return Object.fromEntries(
        Object.entries(context.environment).filter(([, value]) => value !== undefined),
      ) as Record<string, string>;
    case 'matrix':
      return task.cell ?? {};
    case 'inputs':
      return pathValue(
        task.inputs,
        task.dir,
        (spec) => context.matched[task.inputs.indexOf(spec as InputSpec)] ?? [],
      ).value;
    case 'outputs':
      return pathValue(task.outputs, task.dir).value;
    case 'needs':
      return context.needs();
    case 'task':
      return localLabel(task);
    case 'pipeline':
      return task.pipeline;
    case 'run':
      return context.run;
    case 'metrics':
      return context.metrics;
    case 'resources':
      return context.resources;
    case 'secrets':
      return context.secrets;
    default:
      return undefined;
  }
}
