/**
 * The commands of a task of a Taskfile as lines of a script. Tasks that are called in the middle are written out,
 * because their order counts; those that come first, or say by their files when they are due, become needs.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import { plainCommand, textOf } from '../orch-text.ts';
import { isMap, isScalar, type JsonMap, listOf } from '../plain-data.ts';
import type { ShellLine } from '../shell-lines.ts';
import type { StarterParam } from '../starter.ts';
import { renderPieces, type TaskVariables } from './template.ts';

/** The file that a task stands in. */
export interface Surroundings {
  readonly tasks: ReadonlyMap<string, JsonMap>;
  /** Of its tasks in orch. */
  readonly names: ReadonlyMap<string, string>;
  readonly global: JsonMap;
  readonly params: Map<string, StarterParam>;
}

export function variablesFor(
  task: string,
  fields: JsonMap,
  given: JsonMap,
  { global, params }: Surroundings,
): TaskVariables {
  const own = isMap(fields['vars']) ? fields['vars'] : {};
  return { global, local: { ...own, ...given }, params, task };
}

export interface Calling extends Surroundings {
  /** Gets the tasks that needn't be written out. */
  readonly needs: Set<string>;
  readonly chain: readonly string[];
  /** The task itself, not one that it calls. */
  readonly isOuter: boolean;
}

export function commandLines(
  name: string,
  fields: JsonMap,
  variables: TaskVariables,
  calling: Calling,
): Outcome<readonly ShellLine[], string> {
  const lines: ShellLine[] = [];
  const commands = listOf(fields['cmds'] ?? fields['cmd']);
  const calls = commands.filter((each) => isMap(each) && 'task' in each).length;
  for (const command of commands) {
    const fieldsOfCommand: JsonMap = isMap(command) ? command : { cmd: command };
    if ('defer' in fieldsOfCommand) return fail('defer');
    const items = itemsOf(fieldsOfCommand['for'], fields, variables);
    if (!items.ok) return items;
    for (const item of items.value) {
      const local = item === null ? variables : { ...variables, local: { ...variables.local, ITEM: item } };
      const added =
        'task' in fieldsOfCommand
          ? callLines(fieldsOfCommand, local, { ...calling, mayNeed: lines.length === 0 && calls === 1 })
          : ownLine(fieldsOfCommand, local, name);
      if (!added.ok) return added;
      lines.push(...added.value);
    }
  }
  return ok(lines);
}

function ownLine(
  { cmd, ignore_error: mayFail }: JsonMap,
  variables: TaskVariables,
  name: string,
): Outcome<readonly ShellLine[], string> {
  if (typeof cmd !== 'string') return fail('a command that is no text');
  if (/^task(\s|$)/.test(cmd.trim())) return fail(`it calls task itself: ${cmd.trim()}`);
  const pieces = renderPieces(cmd.trim(), variables);
  if (!pieces.ok) return fail(`${pieces.error} (${name})`);
  return ok(
    pieces.value.length === 0 ? [] : [{ pieces: pieces.value, mayFail: mayFail === true, goesOn: false }],
  );
}

/** A called task is needed where nothing comes before it, or where its files say when it is due; else written out. */
function callLines(
  { task: called, vars }: JsonMap,
  variables: TaskVariables,
  calling: Calling & { readonly mayNeed: boolean },
): Outcome<readonly ShellLine[], string> {
  const { tasks, names, needs, chain } = calling;
  const callee = typeof called === 'string' ? called.replace(/^:/, '') : '';
  const fields = tasks.get(callee);
  if (fields === undefined) return fail(`it calls ${JSON.stringify(called)}`);
  if (chain.includes(callee)) return fail(`it calls itself by ${callee}`);
  const needed = names.get(callee)!;
  if (!isMap(vars) && (('generates' in fields && calling.isOuter) || (calling.mayNeed && calling.isOuter))) {
    needs.add(needed);
    return ok([]);
  }
  const given: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(isMap(vars) ? vars : {})) {
    const pieces = typeof value === 'string' ? renderPieces(value, variables) : ok([String(value)]);
    if (!pieces.ok) return pieces;
    given[key] = textOf(pieces.value);
  }
  if ('dir' in fields) return fail(`it calls ${callee}, which has a dir of its own`);
  for (const dep of listOf(fields['deps'])) {
    const name = typeof dep === 'string' ? names.get(dep) : undefined;
    if (name === undefined) return fail(`it calls ${callee}, which depends on ${JSON.stringify(dep)}`);
    needs.add(name);
  }
  return commandLines(callee, fields, variablesFor(callee, fields, given, calling), {
    ...calling,
    chain: [...chain, callee],
    isOuter: false,
  });
}

/** What `for` loops over; one null where there is none. */
function itemsOf(
  loop: JsonValue | undefined,
  fields: JsonMap,
  variables: TaskVariables,
): Outcome<readonly (string | null)[], string> {
  if (loop === undefined) return ok([null]);
  if (Array.isArray(loop) && loop.every(isScalar)) return ok(loop.map(String));
  const name = isMap(loop) ? loop['var'] : undefined;
  const value = typeof name === 'string' ? (variables.local[name] ?? variables.global[name]) : undefined;
  if (Array.isArray(value) && value.every(isScalar)) return ok(value.map(String));
  const split = isMap(loop) && typeof loop['split'] === 'string' ? loop['split'] : /\s+/;
  if (typeof value === 'string' && !value.includes('{{')) return ok(value.split(split).filter(Boolean));
  return fail(`for: ${JSON.stringify(loop)}${'sources' in fields ? ' (a matrix may say it)' : ''}`);
}

export function preconditions(
  written: JsonValue | undefined,
  variables: TaskVariables,
): Outcome<readonly ShellLine[], string> {
  const lines: ShellLine[] = [];
  for (const entry of listOf(written)) {
    const check = typeof entry === 'string' ? entry : isMap(entry) ? entry['sh'] : undefined;
    if (typeof check !== 'string') return fail('a precondition');
    const pieces = renderPieces(check, variables);
    if (!pieces.ok) return pieces;
    const message = isMap(entry) && typeof entry['msg'] === 'string' ? entry['msg'] : `${check} fails`;
    const quoted = `'${message.replaceAll("'", "'\\''")}'`;
    lines.push({
      pieces: [...pieces.value, ` || { echo ${quoted} >&2; exit 1; }`],
      mayFail: false,
      goesOn: false,
    });
  }
  return ok(lines);
}

export function statusOf(
  written: JsonValue | undefined,
  variables: TaskVariables,
): Outcome<string | null, string> {
  const checks: string[] = [];
  for (const check of listOf(written)) {
    const pieces = renderPieces(String(check), variables);
    if (!pieces.ok) return pieces;
    checks.push(plainCommand(pieces.value));
  }
  return ok(
    checks.length === 0
      ? null
      : checks.length === 1
        ? checks[0]!
        : checks.map((check) => `(${check})`).join(' && '),
  );
}
