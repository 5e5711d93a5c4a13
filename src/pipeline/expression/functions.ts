/**
 * The functions of expressions: one table that evaluation, error messages and the documentation share. A test
 * executes each example. All of them are pure, but `read_json`, which reads through its caller.
 */
import type { Outcome } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import { DATE_FUNCTIONS } from './functions-dates.ts';
import { TEXT_FUNCTIONS } from './functions-text.ts';
import { VALUE_FUNCTIONS } from './functions-values.ts';
import { isList, isMap, kindOf } from './values.ts';

/** `text` takes strings, numbers and booleans; `date` a string such as 2023-01-31 or 2023-01. */
export type ParameterKind = 'any' | 'string' | 'text' | 'number' | 'integer' | 'list' | 'date';

export interface FunctionParameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly optional?: true;
}

export interface FunctionEntry {
  readonly name: string;
  readonly parameters: readonly FunctionParameter[];
  readonly description: string;
  readonly examples: readonly { readonly expression: string; readonly value: JsonValue }[];
}

/** How a function reaches a file; the caller decides which paths are allowed. The error is a whole sentence. */
export type ReadJson = (path: string) => Outcome<JsonValue, string>;

export interface FunctionDefinition extends FunctionEntry {
  /** Gets as many arguments as were written, each of its parameter's kind. The error is a message. */
  readonly apply: (args: readonly JsonValue[], readJson: ReadJson | undefined) => Outcome<JsonValue, string>;
}

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
