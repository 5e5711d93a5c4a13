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
    const value: unknown = yaml.parse(text, { merge: true });
    return isMap(value) ? value : null;
  } catch {
    return null;
  }
}
