/** Functions on values of any kind: membership, defaults, numbers, lists, JSON. */
import { fail, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { isEqual, isList, isMap, kindOf, toJson } from './values.ts';

const MAX_ITEMS = 100_000;
const MAX_JSON_DEPTH = 200;

export const VALUE_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'contains',
    parameters: [
      { name: 'whole', kind: 'any' },
      { name: 'part', kind: 'any' },
    ],
    description:
      'Whether a list has an equal item, a string has the other string in it, or a map has the key.',
    examples: [
      { expression: "contains(['a', 'b'], 'b')", value: true },
      { expression: "contains('production', 'prod')", value: true },
      { expression: "contains([1, 2], '1')", value: false },
    ],
    apply: ([whole, part]) => {
      const [all, one] = [whole!, part!];
      if (isList(all)) return ok(all.some((item) => isEqual(item, one)));
      if (typeof all !== 'string' && !isMap(all)) return fail(`contains: ${kindOf(all)} contains nothing`);
      if (typeof one !== 'string') return fail(`contains: ${kindOf(one)} can't be in ${kindOf(all)}`);
      return ok(typeof all === 'string' ? all.includes(one) : Object.hasOwn(all, one));
    },
  },
  {
    name: 'default',
    parameters: [
      { name: 'value', kind: 'any' },
      { name: 'fallback', kind: 'any' },
    ],
    description:
      'The value, or `fallback` where it is null or not there (a variable that is unset, a metric without a value).',
    examples: [
      { expression: "default(env.SURELY_UNSET, 'none')", value: 'none' },
      { expression: 'default(null, 1)', value: 1 },
      { expression: 'default(0, 1)', value: 0 },
    ],
    // What is missing is forgiven where arguments are evaluated; here only null is left to replace.
    apply: ([value, fallback]) => ok(value === null ? fallback! : value!),
  },
  {
    name: 'int',
    parameters: [{ name: 'value', kind: 'any' }],
    description: 'A whole number from its text (`08` is 8); a number passes if it is whole.',
    examples: [
      { expression: "int('08')", value: 8 },
      { expression: 'int(7)', value: 7 },
    ],
    apply: ([value]) => {
      const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
      return Number.isSafeInteger(number) ? ok(number!) : fail(`int: ${shown(value!)} is no whole number`);
    },
  },
  {
    name: 'number',
    parameters: [{ name: 'value', kind: 'any' }],
    description: 'A number from its decimal text.',
    examples: [
      { expression: "number('0.5')", value: 0.5 },
      { expression: "number('1e3')", value: 1000 },
    ],
    apply: ([value]) => {
      const isDecimal =
        typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value);
      const number = isDecimal ? Number(value) : value;
      return Number.isFinite(number) ? ok(number!) : fail(`number: ${shown(value!)} is no number`);
    },
  },
  {
    name: 'range',
    parameters: [
      { name: 'start', kind: 'integer' },
      { name: 'end', kind: 'integer', optional: true },
      { name: 'step', kind: 'integer', optional: true },
    ],
    description:
      'Whole numbers from `start` up to, but without, `end`, every `step` (1 by default). With one argument: from 0 up to it.',
    examples: [
      { expression: 'range(1, 13)', value: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
      { expression: 'range(3)', value: [0, 1, 2] },
      { expression: 'range(10, 0, -5)', value: [10, 5] },
    ],
    apply: (args) => {
      const [start, end, step = 1] = (args.length === 1 ? [0, args[0]] : args) as [number, number, number?];
      if (step === 0) return fail('range: step must not be 0');
      const length = Math.max(0, Math.ceil((end - start) / step));
      if (length > MAX_ITEMS) return fail(`range: ${length} items are too many (at most ${MAX_ITEMS})`);
      return ok(Array.from({ length }, (_, i) => start + i * step));
    },
  },
  {
    name: 'to_json',
    parameters: [{ name: 'value', kind: 'any' }],
    description: 'The value as JSON text, with the keys of maps in alphabetical order.',
    examples: [{ expression: "to_json(['a', 1, true])", value: '["a",1,true]' }],
    apply: ([value]) => ok(toJson(value!)),
  },
  {
    name: 'from_json',
    parameters: [{ name: 'text', kind: 'string' }],
    description: 'The value that a JSON text stands for.',
    examples: [{ expression: `from_json('{"depth": 6}').depth`, value: 6 }],
    apply: ([text]) => {
      if (jsonDepth(text as string) > MAX_JSON_DEPTH)
        return fail(`from_json: nests more than ${MAX_JSON_DEPTH} deep`);
      try {
        return ok(JSON.parse(text as string) as JsonValue);
      } catch {
        return fail(`from_json: ${shown(text!)} isn't JSON`);
      }
    },
  },
  {
    name: 'read_json',
    parameters: [{ name: 'path', kind: 'string' }],
    description: 'The content of a JSON file that the task declares as an input.',
    examples: [{ expression: "read_json('config.json').depth", value: 6 }],
    apply: ([path], readJson) =>
      readJson === undefined ? fail('read_json: no file can be read here') : readJson(path as string),
  },
];

/** How deep brackets nest outside strings; linear and without recursion, as the text may be anything. */
function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}

function shown(value: JsonValue): string {
  const text = toJson(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
