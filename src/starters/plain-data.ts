/** Telling apart what YAML and JSON files of other tools hold. */
import type { JsonValue } from '../model/ids.ts';
import { collectProblems } from '../pipeline/problems.ts';
import { readYaml } from '../pipeline/read-yaml.ts';
import { toJson } from '../pipeline/yaml-node.ts';
import type { Folder } from './folder.ts';
import type { Note } from './starter.ts';

export type Yaml = typeof import('yaml');
export type JsonMap = { readonly [key: string]: JsonValue };

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** One thing or a list of them. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A YAML or JSON file with a map in it; null for anything else. What is wrong with it is said to `onTrouble`. */
export function readMap(
  yaml: Yaml,
  folder: Folder,
  path: string,
  onTrouble: (note: Note) => void = () => {},
): JsonMap | null {
  const text = folder.read(path);
  return text === null || !/\.(ya?ml|jsonc?)$/.test(path) ? null : parseMap(yaml, path, text, onTrouble);
}

/** The same for a text; its size and depth are bounded. JSON is YAML. */
export function parseMap(
  yaml: Yaml,
  path: string,
  text: string,
  onTrouble: (note: Note) => void = () => {},
): JsonMap | null {
  const problems = collectProblems();
  const { root } = readYaml(path, Buffer.from(text), yaml, problems);
  for (const { line, message } of problems.sorted()) onTrouble({ at: `${path}:${line}`, text: message });
  const value = root === null ? null : toJson(root);
  return isMap(value) ? value : null;
}

/** What is mentioned of a map of values: everything else is nobody's parameter. */
export function pruned(values: JsonMap, mentioned: readonly (readonly string[])[]): JsonMap {
  const kept: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(values)) {
    const within = mentioned.filter(([first]) => first === key).map((keys) => keys.slice(1));
    if (within.length === 0) continue;
    kept[key] = isMap(value) && within.every((keys) => keys.length > 0) ? pruned(value, within) : value;
  }
  return kept;
}

/** `.name`, `[0]` or `['odd name']`. */
export function memberText(key: string): string {
  if (/^[A-Za-z_]\w*$/.test(key)) return `.${key}`;
  if (/^\d+$/.test(key)) return `[${key}]`;
  return `['${key.replaceAll("'", '')}']`;
}
