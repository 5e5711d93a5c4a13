/**
 * What `inputs`, `outputs` and `needs.t.outputs` are in expressions, as far as it is known without the disk:
 * literal paths are, globs aren't. A list where nothing has a name, else a map by name, where a name with
 * several paths holds a list. Negations are no values and don't count.
 */
import type { JsonValue } from '../model/ids.ts';
import type { InputSpec, OutputSpec } from '../model/task.ts';
import { localPath } from './paths.ts';

export interface PathValue {
  /** null stands where a glob is. */
  readonly value: JsonValue;
  /** Is the whole value (null) or the one under a key known? */
  isKnown(key: string | null): boolean;
}

/** `matchesOf`: what a glob matched, at run time; before, null stands in its place. */
export function pathValue(
  specs: readonly (InputSpec | OutputSpec)[],
  dir: string,
  matchesOf: (spec: InputSpec | OutputSpec) => readonly string[] | null = () => null,
): PathValue {
  const used = specs.filter((spec) => !('negated' in spec && spec.negated));
  const knownPath = (spec: InputSpec | OutputSpec): JsonValue =>
    spec.kind === 'glob'
      ? (matchesOf(spec)?.map((path) => localPath(path, dir)) ?? null)
      : localPath(spec.path, dir);
  const isLiteral = (spec: InputSpec | OutputSpec) => spec.kind !== 'glob';
  if (!used.some((spec) => spec.name !== null))
    return {
      value: used.map(knownPath),
      isKnown: (key) => (key === null ? used.every(isLiteral) : used[Number(key)]?.kind !== 'glob'),
    };
  const map: Record<string, JsonValue> = Object.create(null);
  for (const spec of used) {
    if (spec.name === null) continue;
    const before = map[spec.name];
    map[spec.name] = before === undefined ? knownPath(spec) : [before, knownPath(spec)].flat();
  }
  return {
    value: map,
    isKnown: (key) => used.every((spec) => (key !== null && spec.name !== key) || isLiteral(spec)),
  };
}

/** The outputs of several cells of one task: their lists one after the other, their maps joined name by name. */
export function joinPathValues(values: readonly PathValue[]): PathValue {
  const [only] = values;
  if (only !== undefined && values.length === 1) return only;
  const isKnown = (key: string | null) =>
    values.every((each) => each.isKnown(Array.isArray(each.value) ? null : key));
  if (values.every((each) => Array.isArray(each.value)))
    return { value: values.flatMap((each) => each.value as readonly JsonValue[]), isKnown };
  const map: Record<string, JsonValue> = Object.create(null);
  for (const { value } of values)
    for (const [name, paths] of Object.entries(value ?? {})) map[name] = [map[name] ?? [], paths].flat();
  return { value: map, isKnown };
}
