/**
 * The functions of expressions: one table that evaluation, error messages and the documentation share. A test
 * executes each example. All of them are pure, but `read_json`, which reads through its caller.
 */
import type { JsonValue } from '../../model/ids.ts';
import type { FunctionDefinition, FunctionEntry, ParameterKind } from './function-definition.ts';
import { DATE_FUNCTIONS } from './functions-dates.ts';
import { TEXT_FUNCTIONS } from './functions-text.ts';
import { VALUE_FUNCTIONS } from './functions-values.ts';
import { isList, isMap, kindOf } from './values.ts';

const DEFINITIONS: readonly FunctionDefinition[] = [...TEXT_FUNCTIONS, ...VALUE_FUNCTIONS, ...DATE_FUNCTIONS];
const BY_NAME: ReadonlyMap<string, FunctionDefinition> = new Map(DEFINITIONS.map((fn) => [fn.name, fn]));

/** For the documentation. */
export const FUNCTIONS: readonly FunctionEntry[] = DEFINITIONS;

export function functionNamed(name: string): FunctionDefinition | null {
  return BY_NAME.get(name) ?? null;
}

export function functionNames(): readonly string[] {
  return [...BY_NAME.keys()];
}

/** `pad(value, width, fill?)` */
export function signatureOf(fn: FunctionEntry): string {
  return `${fn.name}(${fn.parameters.map(({ name, optional }) => (optional ? `${name}?` : name)).join(', ')})`;
}

const KINDS: Readonly<
  Record<ParameterKind, { readonly is: (value: JsonValue) => boolean; readonly words: string }>
> = {
  any: { is: () => true, words: 'a value' },
  string: { is: (value) => typeof value === 'string', words: 'a string' },
  text: {
    is: (value) => value !== null && !isList(value) && !isMap(value),
    words: 'a string, number or boolean',
  },
  number: { is: (value) => typeof value === 'number', words: 'a number' },
  integer: { is: (value) => Number.isSafeInteger(value), words: 'a whole number' },
  list: { is: isList, words: 'a list' },
  date: { is: (value) => typeof value === 'string', words: 'a date' },
};

/** What is wrong with the first argument that doesn't fit, null where all do. */
export function argumentTrouble(fn: FunctionEntry, args: readonly JsonValue[]): string | null {
  for (const [i, value] of args.entries()) {
    const parameter = fn.parameters[i]!;
    const kind = KINDS[parameter.kind];
    if (!kind.is(value))
      return `${signatureOf(fn)}: ${parameter.name} must be ${kind.words}, not ${typeof value === 'number' ? value : kindOf(value)}`;
  }
  return null;
}
