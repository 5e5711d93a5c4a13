import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fail, ok } from '../../../src/base/outcome.ts';
import type { JsonValue } from '../../../src/model/ids.ts';
import {
  evaluate,
  FUNCTIONS,
  parseExpression,
  type Scope,
  signatureOf,
} from '../../../src/pipeline/expression/index.ts';
import { at } from './shells.ts';

const scope: Scope = {
  get: (root) => (root === 'env' || root === 'params' ? { month: 12, year: 2023 } : undefined),
  readJson: (path) => (path === 'config.json' ? ok({ depth: 6 }) : fail(`${path} isn't declared`)),
};

function run(text: string): JsonValue {
  const expr = parseExpression(text, at);
  if (!expr.ok) throw new Error(JSON.stringify(expr.error));
  const value = evaluate(expr.value, scope);
  return value.ok ? value.value : `error: ${value.error.message}`;
}

describe.each(FUNCTIONS.map((fn) => [signatureOf(fn), fn] as const))('%s', (_, fn) => {
  test('is documented', () => {
    expect(fn.description).toMatch(/\.$/);
    expect(fn.examples.length).toBeGreaterThan(0);
    expect(fn.examples.every(({ expression }) => expression.includes(`${fn.name}(`))).toBe(true);
  });

  test.each(fn.examples.map(({ expression, value }) => [expression, value] as const))(
    '%s is %j',
    (expression, value) => {
      expect(run(expression)).toEqual(value);
    },
  );
});

test('the functions that the contract names are all there', () => {
  const names =
    'pad join basename dirname stem contains default to_json from_json read_json range months date date_add format_date sha';
  expect(FUNCTIONS.map(({ name }) => name)).toEqual(expect.arrayContaining(names.split(' ')));
});

describe('texts', () => {
  test.each<[string, JsonValue]>([
    ["pad('abc', 2)", 'abc'],
    ['pad(12.5, 6)', '0012.5'],
    ['pad(true, 6, "-")', '--true'],
    ["pad('é🎉', 4)", '00é🎉'],
    ["pad(1, 2, 'ab')", 'error: pad: fill must be one character'],
    ['pad(1, 100000)', 'error: pad: width must be 0 to 1000'],
    ['pad(1, 1.5)', 'error: pad(value, width, fill?): width must be a whole number, not 1.5'],
    ["join([], ',')", ''],
    ["join(['a', [1]])", "error: join: a list can't stand inside a text"],
    ["join('abc')", 'error: join(list, separator?): list must be a list, not a string'],
    ["basename('a')", 'a'],
    ["basename('/')", '/'],
    ["basename('a//')", 'a'],
    ["dirname('/a')", '/'],
    ["dirname('a/b/')", 'a'],
    ["dirname('a//b')", 'a'],
    ["stem('a.b/c')", 'c'],
    ["stem('..a')", '..a'],
    ["stem('a.')", 'a'],
    ["stem('x/.hidden.txt')", '.hidden'],
    ["sha('é')", createHash('sha256').update('é').digest('hex')],
    ['sha(1) == sha("1")', true],
    ['sha([1])', 'error: sha(text): text must be a string, number or boolean, not a list'],
  ])('%s is %j', (text, value) => {
    expect(run(text)).toEqual(value);
  });
});

describe('numbers, lists, JSON', () => {
  test.each<[string, JsonValue]>([
    ["int('-3')", -3],
    ["int('1.5')", 'error: int: "1.5" is no whole number'],
    ['int(1.5)', 'error: int: 1.5 is no whole number'],
    ["int('')", 'error: int: "" is no whole number'],
    ["int('0x10')", 'error: int: "0x10" is no whole number'],
    ["int('99999999999999999999')", 'error: int: "99999999999999999999" is no whole number'],
    ['int(true)', 'error: int: true is no whole number'],
    ["number('.5')", 0.5],
    ["number('Infinity')", 'error: number: "Infinity" is no number'],
    ["number('1e999')", 'error: number: "1e999" is no number'],
    ['range(5, 1)', []],
    ['range(1, 6, 2)', [1, 3, 5]],
    ['range(0, 10, 0)', 'error: range: step must not be 0'],
    ['range(0, 1000000000)', 'error: range: 1000000000 items are too many (at most 100000)'],
    ["contains('a', 1)", "error: contains: a number can't be in a string"],
    ['contains(5, 5)', 'error: contains: a number contains nothing'],
    ["contains(env, 'toString')", false],
    [
      String.raw`to_json(from_json('{"b": [1, {"d": 1, "c": null}], "a": "x\\\"y"}'))`,
      '{"a":"x\\"y","b":[1,{"c":null,"d":1}]}',
    ],
    ["from_json('{')", 'error: from_json: "{" isn\'t JSON'],
    ["read_json('other.json')", "error: other.json isn't declared"],
  ])('%s is %j', (text, value) => {
    expect(run(text)).toEqual(value);
  });

  test('JSON that nests without end is refused', () => {
    const deep = '['.repeat(4000) + ']'.repeat(4000);
    expect(run(`from_json('${deep}')`)).toBe('error: from_json: nests more than 200 deep');
    expect(run(`from_json('"${'['.repeat(4000)}"')`)).toBe('['.repeat(4000));
  });
});

describe('dates', () => {
  test.each<[string, JsonValue]>([
    ["date_add('2024-01-31', 1, 'month')", '2024-02-29'],
    ["date_add('2023-01-31', 1, 'month')", '2023-02-28'],
    ["date_add('2023-03-31', -1, 'months')", '2023-02-28'],
    ["date_add('2024-02-29', 1, 'year')", '2025-02-28'],
    ["date_add('2023-12-31', 1, 'day')", '2024-01-01'],
    ["date_add('2023-12-25', 1, 'week')", '2024-01-01'],
    ["date_add('2023-01', -1, 'month')", '2022-12'],
    [
      "date_add('2023-01', 1, 'day')",
      'error: date_add: 2023-01 is a month, to which no days can be added; write 2023-01-01',
    ],
    [
      "date_add('2023-01-01', 1, 'hour')",
      'error: date_add: the unit is one of day, week, month, year, not "hour"',
    ],
    ["date_add('9999-12-31', 1, 'day')", 'error: date_add: the result lies outside the years 1 to 9999'],
    [
      "date_add('2023-01-01', 9007199254740991, 'day')",
      'error: date_add: the result lies outside the years 1 to 9999',
    ],
    ["date_add('0001-01-01', -1, 'month')", 'error: date_add: the result lies outside the years 1 to 9999'],
    [
      "date_add('2023-02-29', 1, 'day')",
      'error: date_add: "2023-02-29" is no date; dates are written 2023-01-31, months 2023-01',
    ],
    [
      "date_add('2023-1-1', 1, 'day')",
      'error: date_add: "2023-1-1" is no date; dates are written 2023-01-31, months 2023-01',
    ],
    ['date(2023, 2, 29)', 'error: date: there is no day 29 in month 2 of 2023'],
    ['date(2000, 2, 29)', '2000-02-29'],
    ['date(1900, 2, 29)', 'error: date: there is no day 29 in month 2 of 1900'],
    ['date(33, 1, 1)', '0033-01-01'],
    ["int(format_date(date_add(date(params.year, params.month, 1), 1, 'month'), '%m'))", 1],
    ["format_date(date_add(date(params.year, params.month, 1), 1, 'month'), '%Y-%-m')", '2024-1'],
    [
      "format_date('2023-01-05', '%y %e %-e %j %b %a %A %u %w %G-W%V %F %%m')",
      '23  5 5 005 Jan Thu Thursday 4 4 2023-W01 2023-01-05 %m',
    ],
    ["format_date('2021-01-03', '%G-W%V %u %w')", '2020-W53 7 0'],
    ["format_date('2024-12-30', '%G-W%V')", '2025-W01'],
    ["format_date('2023-07', '%B %Y')", 'July 2023'],
    ["format_date('0099-03-01', '%Y %j %a')", '0099 060 Sun'],
    [
      "format_date('2023-01-05', '%H')",
      'error: format_date: %H is unknown; there are %Y %y %m %d %e %j %B %b %A %a %u %w %G %V %F %%',
    ],
    [
      "format_date('2023-01-05', '100%')",
      'error: format_date: % is unknown; there are %Y %y %m %d %e %j %B %b %A %a %u %w %G %V %F %%',
    ],
    ["months('2023-01', '2023-04')", ['2023-01', '2023-02', '2023-03', '2023-04']],
    ["months('2023-12-15', '2024-01-01')", ['2023-12', '2024-01']],
    ["months('2024-01', '2023-01')", []],
    [
      "months('2023', '2024')",
      'error: months: "2023" is no date; dates are written 2023-01-31, months 2023-01',
    ],
  ])('%s is %j', (text, value) => {
    expect(run(text)).toEqual(value);
  });

  test('adding days agrees with the clock of the machine, whatever its zone', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0100-01-01'), max: new Date('9900-01-01'), noInvalidDate: true }),
        fc.integer({ min: -30_000, max: 30_000 }),
        (from, days) => {
          const text = from.toISOString().slice(0, 10);
          const moved = new Date(Date.parse(text) + days * 86_400_000).toISOString().slice(0, 10);
          expect(run(`date_add('${text}', ${days}, 'day')`)).toBe(moved);
        },
      ),
      { numRuns: 300 },
    );
  });
});
