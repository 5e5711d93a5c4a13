/** Telling apart what YAML and JSON files of other tools hold. */
import type { JsonValue } from '../model/ids.ts';
import type { Folder } from './folder.ts';

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

/** A YAML or JSON file with a map in it; null for anything else. */
export function readMap(yaml: Yaml, folder: Folder, path: string): JsonMap | null {
  const text = folder.read(path);
  if (text === null || !/\.(ya?ml|json)$/.test(path)) return null;
  try {
    const value: unknown = yaml.parse(text, { merge: true, logLevel: 'error' });
    return isMap(value) ? value : null;
  } catch {
    return null;
  }
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
