/**
 * The key manifest of a task and the key that is made of it. What isn't in the manifest doesn't decide a result:
 * no times, no descriptions, no task names, nothing of this machine or of where the root lies (SPEC C1).
 */
import { loadedHasher } from '../base/digest.ts';
import { unreachable } from '../base/outcome.ts';
import { sortedByPath } from '../base/path.ts';
import type { JsonValue, TaskKey } from '../model/ids.ts';
import { KEY_FORMAT, type KeyManifest, type ManifestPart } from '../model/manifest.ts';
import type { Task } from '../model/task.ts';

export interface ManifestIngredients {
  readonly scope: string;
  readonly task: Pick<Task, 'run' | 'dir' | 'params' | 'matrixMentioned' | 'outputs'>;
  /** Rendered, with resources and the attempt's number masked. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tools: readonly { readonly command: string; readonly output: string }[];
  readonly secrets: readonly { readonly name: string; readonly hmac: string }[];
  readonly inputs: readonly {
    readonly path: string;
    readonly content: string;
    readonly executable: boolean;
    readonly from: string | null;
  }[];
  readonly needs: readonly { readonly value: string; readonly from: string }[];
}

/** Parts in a fixed order of kinds, each kind sorted bytewise, so that the order of declaration never matters. */
export function buildManifest(ingredients: ManifestIngredients): KeyManifest {
  const { scope, task, command } = ingredients;
  const parts: ManifestPart[] = [
    { part: 'scope', value: scope },
    { part: 'command', value: command },
    // An empty list is a command without a shell; `command` then holds its words unambiguously.
    { part: 'shell', value: task.run?.kind === 'shell' ? task.run.shell : [] },
    { part: 'dir', value: task.dir },
  ];
  for (const [name, value] of sortedEntries(task.params))
    parts.push({ part: 'param', name, value: ordered(value) });
  for (const [name, value] of sortedEntries(task.matrixMentioned))
    parts.push({ part: 'matrix', name, value: ordered(value) });
  for (const [name, value] of sortedEntries(ingredients.env)) parts.push({ part: 'env', name, value });
  for (const { name, hmac } of sortedByPath(ingredients.secrets, (it) => it.name))
    parts.push({ part: 'secret', name, hmac });
  for (const { command: probe, output } of sortedByPath(ingredients.tools, (it) => it.command))
    parts.push({ part: 'tool', command: probe, output });
  for (const { path, kind } of sortedByPath(task.outputs, (it) => `${it.path}\0${it.kind}`))
    parts.push({ part: 'output', path, kind });
  let before: string | null = null;
  for (const { path, content, executable, from } of sortedByPath(ingredients.inputs, (it) => it.path)) {
    // A file that two declarations lead to is one input.
    if (path !== before) parts.push({ part: 'input', path, content, executable, from });
    before = path;
  }
  for (const { value, from } of sortedByPath(ingredients.needs, (it) => `${it.value}\0${it.from}`))
    parts.push({ part: 'need', value, from });
  return { format: KEY_FORMAT, parts };
}

/**
 * The key. Everything of the manifest enters but `from`, which only explains. `loadHasher` must have been awaited.
 *
 *     orch-key <format>\n        then for each part its text and a newline
 *
 * Inputs, of which there may be 100,000, are texts with their lengths before them (a third of JSON's time); all
 * else is JSON. Either way no value can run into the next.
 */
export function hashManifest(manifest: KeyManifest): TaskKey {
  return `k${manifest.format}-${loadedHasher().keyHash(textsOf(manifest))}` as TaskKey;
}

function* textsOf(manifest: KeyManifest): Iterable<string> {
  yield `orch-key ${manifest.format}\n`;
  for (const part of manifest.parts) yield textOf(part);
}

function textOf(part: ManifestPart): string {
  switch (part.part) {
    case 'scope':
    case 'command':
    case 'shell':
    case 'dir':
      return line([part.part, part.value]);
    case 'param':
    case 'matrix':
    case 'env':
      return line([part.part, part.name, part.value]);
    case 'secret':
      return line([part.part, part.name, part.hmac]);
    case 'tool':
      return line([part.part, part.command, part.output]);
    case 'output':
      return line([part.part, part.path, part.kind]);
    case 'input':
      return `input ${part.path.length}:${part.path} ${part.executable ? 'x' : '-'} ${part.content.length}:${part.content}\n`;
    case 'need':
      return line([part.part, part.value]);
    default:
      return unreachable(part);
  }
}

function line(value: JsonValue): string {
  return `${JSON.stringify(value)}\n`;
}

/** The names of every map sorted: the order in which one was written neither counts nor shows as a difference. */
function ordered(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const map = value as { readonly [key: string]: JsonValue };
  return Object.fromEntries(sortedEntries(map).map(([name, each]) => [name, ordered(each)]));
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return sortedByPath(Object.entries(record), ([name]) => name);
}
