/** Values as expressions see them: their kinds in words, equality, and how they become text. */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import { type EvaluateError, trouble } from './errors.ts';

type JsonMap = { readonly [key: string]: JsonValue };

export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isMap(value: JsonValue): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** For messages: `a string`, `a list`… */
export function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (isList(value)) return 'a list';
  if (isMap(value)) return 'a map';
  return typeof value === 'boolean' ? 'a boolean' : typeof value === 'number' ? 'a number' : 'a string';
}

/** Strict on types: 1 is not '1'. Lists and maps are equal where their contents are; a map's order is nothing. */
export function isEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => isEqual(item, b[i]!));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key]!, b[key]!))
  );
}

/**
 * The text of a single value: strings as they are, numbers and booleans as in JSON (`2023`, `0.1`, `true`).
 * Fails for null, lists and maps, and for what no program can be given: NUL, and halves of a surrogate pair
 * (they would arrive as another character).
 */
export function textOf(value: JsonValue): Outcome<string, EvaluateError> {
  if (typeof value === 'number' || typeof value === 'boolean') return ok(JSON.stringify(value));
  if (typeof value !== 'string') {
    if (value === null) return fail(trouble('null has no text', "give it one: default(…, 'text')"));
    if (isList(value)) return fail(trouble("a list can't stand inside a text", "join it: join(…, ' ')"));
    return fail(trouble("a map can't stand inside a text", 'pick a value of it, or write to_json(…)'));
  }
  if (value.includes('\0'))
    return fail(trouble('the value holds a NUL character, which no command can be given'));
  if (/\p{Surrogate}/u.test(value))
    return fail(trouble("the value isn't valid Unicode: it holds half a surrogate pair"));
  return ok(value);
}

/** JSON with the keys of maps in order, so that the order in a file changes no text. */
export function toJson(value: JsonValue): string {
  if (isList(value)) return `[${value.map(toJson).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${toJson(value[key]!)}`);
  return `{${members.join(',')}}`;
}
