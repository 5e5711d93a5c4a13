/** The types of parameters: what is a value of each, and how one is read from a text. Knows no files. */
import { isDate } from '../base/date.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { JsonValue } from '../model/ids.ts';
import type { ParamType } from '../model/task.ts';

export const PARAM_TYPES: readonly ParamType[] = [
  'string',
  'integer',
  'number',
  'boolean',
  'date',
  'month',
  'enum',
  'list',
  'map',
];

export interface ParamLimits {
  readonly type: ParamType;
  readonly min: number | string | null;
  readonly max: number | string | null;
  /** Of an enum. */
  readonly values: readonly JsonValue[] | null;
}

/** The type that a plain value declares. */
export function typeOfValue(value: JsonValue): ParamType {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return Array.isArray(value) ? 'list' : 'map';
}

/** What is wrong with a value, in words that follow the parameter's name; null for nothing. */
export function troubleWith(value: JsonValue, limits: ParamLimits): string | null {
  const { type, min, max, values } = limits;
  if (!isOfType(value, type)) return `expected ${TYPE_WORDS[type]}`;
  if (type === 'enum' && values !== null && !values.includes(value))
    return `expected one of ${values.map((each) => JSON.stringify(each)).join(', ')}`;
  // Dates and months compare as texts, YYYY-MM-DD.
  const comparable = value as number | string;
  if (min !== null && comparable < min) return `${comparable} is less than its least value, ${min}`;
  if (max !== null && comparable > max) return `${comparable} is more than its greatest value, ${max}`;
  return null;
}

export function isOfType(value: JsonValue, type: ParamType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'date':
      return typeof value === 'string' && isDate(value);
    case 'month':
      return typeof value === 'string' && /^\d{4}-\d\d$/.test(value) && isDate(`${value}-01`);
    case 'enum':
      return typeof value !== 'object';
    case 'list':
      return Array.isArray(value);
    case 'map':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

export const TYPE_WORDS: Readonly<Record<ParamType, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date, YYYY-MM-DD',
  month: 'a month, YYYY-MM',
  enum: 'one of its values',
  list: 'a list',
  map: 'a map',
};

/** Reads YAML from a command line or variable; the failure says what is wrong with it. */
export type ReadLoose = (text: string) => Outcome<JsonValue, string>;

/** A value from the command line or the environment, by the type that is declared for it. Limits aren't checked. */
export function parseByType(
  text: string,
  { type, values }: Pick<ParamLimits, 'type' | 'values'>,
  readLoose: ReadLoose,
): Outcome<JsonValue, string> {
  const wrong = fail(`expected ${TYPE_WORDS[type]}`);
  switch (type) {
    case 'string':
    case 'date':
    case 'month':
      return ok(text);
    case 'integer':
    case 'number': {
      // As YAML reads them, so that a value means the same in the file: 010 is 10, 1e3 is 1000.
      if (!/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return wrong;
      const value = Number(text);
      if (!Number.isFinite(value) || (type === 'integer' && !Number.isInteger(value))) return wrong;
      if (type === 'integer' && !Number.isSafeInteger(value))
        return fail(`${text} is beyond 2^53 and can't be held exactly`);
      return ok(value);
    }
    case 'boolean':
      return text === 'true' ? ok(true) : text === 'false' ? ok(false) : wrong;
    case 'enum': {
      const found = values?.find((value) => String(value) === text);
      return ok(found ?? text);
    }
    case 'list': {
      if (text === '') return ok([]);
      if (!text.trimStart().startsWith('['))
        return ok(text.split(',').map((item) => looseScalar(item.trim(), readLoose)));
      const value = readLoose(text);
      return value.ok && !Array.isArray(value.value) ? wrong : value;
    }
    case 'map': {
      const value = readLoose(text);
      return value.ok && !isOfType(value.value, 'map') ? wrong : value;
    }
  }
}

/** A text as YAML would read it where that gives a scalar, else the text itself. */
export function looseScalar(text: string, readLoose: ReadLoose): JsonValue {
  const value = readLoose(text);
  return value.ok && (typeof value.value !== 'object' || value.value === null) ? value.value : text;
}
