/**
 * `{{.NAME}}` in texts of a Taskfile: variables become parameters of orch or their text, dynamic ones what a shell
 * does when the task runs. Other template code is refused, with the reason.
 */

import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import { type CommandPiece, isPlainWords } from '../orch-text.ts';
import { isMap } from '../plain-data.ts';
import type { StarterParam } from '../starter.ts';

export interface TaskVariables {
  /** Of the file: parameters where they are plain words. */
  readonly global: Readonly<Record<string, JsonValue>>;
  /** Of a task or a call: text. */
  readonly local: Readonly<Record<string, JsonValue>>;
  /** Parameters that came to be used. */
  readonly params: Map<string, StarterParam>;
  readonly task: string;
}

const MOST_DEPTH = 20;

export function renderPieces(
  text: string,
  variables: TaskVariables,
  depth = 0,
): Outcome<readonly CommandPiece[], string> {
  if (depth > MOST_DEPTH) return fail('a variable that refers to itself');
  const pieces: CommandPiece[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g)) {
    pieces.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const name = /^\.(\w+)$/.exec(match[1]!)?.[1];
    if (name === undefined) return fail(`the template ${match[0]}`);
    // orch adds words behind `--` to the end by itself.
    if (name === 'CLI_ARGS') {
      if (text.slice(at).trim() === '') continue;
      return fail('{{.CLI_ARGS}} within a command');
    }
    const value = variablePieces(name, variables, depth);
    if (!value.ok) return value;
    pieces.push(...value.value);
  }
  pieces.push(text.slice(at));
  return ok(pieces.filter((piece) => piece !== ''));
}

function variablePieces(
  name: string,
  variables: TaskVariables,
  depth: number,
): Outcome<readonly CommandPiece[], string> {
  const { global, local, params, task } = variables;
  if (name === 'TASK') return ok([task]);
  if (['ROOT_DIR', 'TASKFILE_DIR', 'USER_WORKING_DIR'].includes(name)) return ok(['.']);
  const isLocal = Object.hasOwn(local, name);
  const value = isLocal ? local[name] : global[name];
  if (value === undefined) return ok([param(name, [], params)]);
  if (isMap(value)) {
    const command = value['sh'];
    if (typeof command !== 'string') return fail(`the variable ${name}`);
    const inner = renderPieces(command, variables, depth + 1);
    return inner.ok ? ok(['$(', ...inner.value, ')']) : inner;
  }
  if (Array.isArray(value)) return fail(`the list ${name}`);
  const text = String(value ?? '');
  if (text.includes('{{')) return renderPieces(text, variables, depth + 1);
  if (isLocal || !isPlainWords(text) || text.startsWith('-')) return ok([text]);
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length !== 1) return ok([param(name, words, params)]);
  return ok([param(name, typeof value === 'number' || typeof value === 'boolean' ? value : text, params)]);
}

function param(name: string, value: JsonValue, params: Map<string, StarterParam>): CommandPiece {
  const plain = Array.isArray(value) ? value.join(' ') : String(value);
  const clashes = [...params.keys()].some(
    (other) => other !== name && other.toUpperCase() === name.toUpperCase(),
  );
  if (clashes || !/^[A-Za-z_]\w*$/.test(name)) return plain;
  if (!params.has(name)) params.set(name, { name, value });
  return { expression: `params.${name}`, isList: Array.isArray(value), plain };
}
