import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../src/model/ids.ts';
import {
  type EvaluateError,
  evaluate,
  parseExpression,
  type Scope,
} from '../../../src/pipeline/expression/index.ts';
import { at, scopeOf } from './shells.ts';

const roots = {
  params: { year: 2023, model: { max_depth: 6 }, name: 'ann', flag: true, nothing: null, list: ['a', 'b'] },
  env: { HOME: '/root' },
  outputs: ['out.csv'],
  needs: {},
  secrets: JSON.parse('{"__proto__": "own", "constructor": "mine"}') as JsonValue,
};

function run(text: string, scope: Scope = scopeOf(roots)): { value: JsonValue } | { error: EvaluateError } {
  const expr = parseExpression(text, at);
  if (!expr.ok) throw new Error(JSON.stringify(expr.error));
  const value = evaluate(expr.value, scope);
  return value.ok ? { value: value.value } : { error: value.error };
}

function messageOf(text: string): string {
  const result = run(text);
  if ('value' in result) throw new Error(`${text} is ${JSON.stringify(result.value)}`);
  return result.error.hint === undefined
    ? result.error.message
    : `${result.error.message} (${result.error.hint})`;
}

describe('values', () => {
  test.each<[string, JsonValue]>([
    ['params.model.max_depth', 6],
    ["params['model']['max_' + 'depth']", 6],
    ['params.list[1]', 'b'],
    ['outputs[0]', 'out.csv'],
    ["'a' + 'b'", 'ab'],
    ["'a' < 'b'", true],
    ['2 >= 2', true],
    ['7 / 2', 3.5],
    ['7 % 3', 1],
    ['(1 - 2) % 12 + 1', 12],
    ['-7 % 3', 2],
    ['0 * -1', 0],
    ["1 == '1'", false],
    ['1 != true', true],
    ['null == null', true],
    ['[1, [2]] == [1, [2]]', true],
    ['params.model == from_json(\'{"max_depth": 6}\')', true],
    ['[1, 2] == [2, 1]', false],
    ['params.flag && params.year > 2000', true],
    ['false && params.absent', false],
    ['true || params.absent', true],
    ['params.flag ? 1 : params.absent', 1],
    ["default(params.absent.deeper, 'x')", 'x'],
    ["default(params.nothing, 'x')", 'x'],
    ["default(params.nothing.deeper, 'x')", 'x'],
    ["default(params.list[9], 'x')", 'x'],
    ['default(params.name, params.absent)', 'ann'],
    ["contains(params.model, 'max_depth')", true],
    ['secrets.constructor', 'mine'],
    ['secrets.__proto__', 'own'],
  ])('%s is %j', (text, value) => {
    expect(run(text)).toEqual({ value });
  });

  test('no zero is negative', () => {
    for (const text of ['-0', '0 * -1', '-(1 - 1)', '0 / -5', '-4 % 2']) {
      const result = run(text);
      expect('value' in result && Object.is(result.value, 0), text).toBe(true);
    }
  });
});

describe('what is not there is named', () => {
  test.each([
    ['params.model.max_dept', 'params.model has no max_dept (did you mean max_depth?)'],
    ['params.zzz', 'there is no parameter zzz (it has year, model, name, flag, nothing, list)'],
    ["params['a b']", 'there is no parameter a b (it has year, model, name, flag, nothing, list)'],
    ['outputs[1]', "outputs[1] isn't there: the list has 1 item, counted from 0"],
    ['params.list[2]', "params.list[2] isn't there: the list has 2 items, counted from 0"],
    ['params.nothing.x', 'params.nothing is null, which has no members'],
    [
      'env.HMOE',
      'the variable HMOE is not set (did you mean env.HOME? Else set it, or write default(env.HMOE, …))',
    ],
    ['needs.train-1', 'needs has no train-1'],
    ["params['year-1']", 'there is no parameter year-1 (for a subtraction, put spaces around the -)'],
    ['matrix.month', "matrix can't be used here"],
  ])('%s', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  test('and told apart from wrong use', () => {
    expect(run('params.zzz')).toMatchObject({ error: { missing: true, position: null } });
    expect(run('params.name.x')).not.toHaveProperty('error.missing');
    expect(run('default(params.name.x, 1)')).toHaveProperty('error');
    expect(run('default(matrix.month, 1)')).toHaveProperty('error');
  });
});

describe('no prototype is reached', () => {
  test.each([
    'params.constructor',
    'params.__proto__',
    'params.toString',
    "params['hasOwnProperty']",
    'params.name.length',
    'params.list.length',
    "params.list['length']",
    'params.list.map',
    'params.year.toFixed',
    'params.flag.valueOf',
    'params.model.constructor.constructor',
    "from_json('{}').__proto__",
    "params.list['0']",
    'params.name[0]',
  ])('%s is an error', (text) => {
    expect(messageOf(text)).toMatch(/has no|no parameter|is a list|which has no members/);
  });
});

describe('nothing is converted silently', () => {
  test.each([
    [
      "'a' + 1",
      "+ adds two numbers or joins two strings, not a string and a number (to put values into one text, write join([a, b], '') or several placeholders)",
    ],
    ["'2' * 2", '* needs two numbers, not a string and a number'],
    ["1 < '2'", '< needs two numbers or two strings, not a number and a string'],
    ['true < false', '< needs two numbers or two strings, not a boolean and a boolean'],
    ['1 && true', "&& needs a boolean, not a number (compare it first, as in x != '' or x > 0)"],
    ["true && 'x'", "&& needs a boolean, not a string (compare it first, as in x != '' or x > 0)"],
    ['null || true', "|| needs a boolean, not null (compare it first, as in x != '' or x > 0)"],
    ["!''", "! needs a boolean, not a string (compare it first, as in x != '' or x > 0)"],
    ["'' ? 1 : 2", "? : needs a boolean, not a string (compare it first, as in x != '' or x > 0)"],
    ["-'1'", '- needs a number, not a string'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'division by zero'],
    ['1e308 * 10', 'the result is too large for a number'],
    ['params[0]', 'params is a map: its keys are strings, not a number'],
    ["outputs['x']", 'outputs is a list: its items are counted from 0, as in outputs[0]'],
    ['outputs[-1]', 'outputs is a list: its items are counted from 0, as in outputs[0]'],
    ['outputs[0.5]', 'outputs is a list: its items are counted from 0, as in outputs[0]'],
  ])('%s', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });
});
