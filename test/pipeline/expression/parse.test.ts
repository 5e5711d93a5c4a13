import { describe, expect, test } from 'vitest';
import { evaluate, parseExpression } from '../../../src/pipeline/expression/index.ts';
import { at, scopeOf } from './shells.ts';

function resultOf(text: string): unknown {
  const expr = parseExpression(text, at);
  if (!expr.ok) throw new Error(JSON.stringify(expr.error));
  const value = evaluate(expr.value, scopeOf({ params: { a: 1, b: 2, c: 3 } }));
  if (!value.ok) throw new Error(value.error.message);
  return value.value;
}

/** `column: message (hint)` */
function errorOf(text: string): string {
  const expr = parseExpression(text, at);
  if (expr.ok) throw new Error(`accepted: ${text}`);
  return expr.error
    .map(({ message, position, hint }) => `${position.column}: ${message}${hint ? ` (${hint})` : ''}`)
    .join('\n');
}

describe('precedence', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 3 - 2', 5],
    ['8 / 4 / 2', 1],
    ['-2 * -3', 6],
    ['- -2', 2],
    ['1 + 1 == 2', true],
    ['1 < 2 == true', true],
    ['true || false && false', true],
    ['!true || true', true],
    ['!(true || true)', false],
    ['true ? 1 : 2', 1],
    ['false ? 1 : true ? 2 : 3', 2],
    ['1 == 1 ? 2 + 3 : 0', 5],
    ['[1, 2, 3][1]', 2],
    ['[1, [2, 3],][1][0]', 2],
    ['-params.b', -2],
    ['params.c-params.b-1', 0],
    ["params['a'] + params . b", 3],
    ['\n params.a\n\t+ params.b ', 3],
  ])('%s is %j', (text, value) => {
    expect(resultOf(text)).toEqual(value);
  });
});

describe('literals', () => {
  test.each([
    ['2023', 2023],
    ['0.5', 0.5],
    ['1e3', 1000],
    ['007', 7],
    ['true', true],
    ['null', null],
    ['[]', []],
    [`'it''`, null],
    [`"it's"`, "it's"],
    [`'say "hi"'`, 'say "hi"'],
    [String.raw`'a\\b\'c\"d\n\t\ré'`, 'a\\b\'c"d\n\t\ré'],
    ["'}} ${{ ] )'", '}} ${{ ] )'],
    ["'two\nlines'", 'two\nlines'],
  ])('%s', (text, value) => {
    if (text === `'it''`) expect(errorOf(text)).toContain('never closed');
    else expect(resultOf(text)).toEqual(value);
  });
});

describe('mistakes are found with their place', () => {
  test.each([
    ['', '1: the expression is empty'],
    ['1 +', '4: a value is missing at the end'],
    ['(1', '3: ) is missing at the end'],
    ['[1, 2', '6: ] is missing at the end'],
    ['1 2', '3: expected an operator or the end, found "2"'],
    ['true and false', '6: expected an operator or the end, found "and" (write &&)'],
    ['not true', '1: not is unknown here (write !)'],
    ['True', '1: True is unknown here (write true)'],
    ['params.a = 1', '10: "=" has no meaning in an expression (to compare, write ==)'],
    ['params.a & true', '10: "&" has no meaning in an expression (for "and", write &&)'],
    ['{a: 1}', '1: "{" has no meaning in an expression (maps can be read, but not written, in expressions)'],
    [
      '$HOME',
      '1: "$" has no meaning in an expression (inside an expression, names stand alone: params.year)',
    ],
    ['🎉', '1: "🎉" has no meaning in an expression'],
    ["'abc", "1: this string is never closed: ' is missing"],
    [
      String.raw`'\d'`,
      String.raw`2: \d isn't an escape that strings know (they are \\ \' \" \n \t \r and \uXXXX; a backslash itself is \\)`,
    ],
    ['9007199254740993', '1: the number 9007199254740993 is too large to be exact (write it as a string)'],
    ['parms.year', '1: parms is unknown here (did you mean params?)'],
    ['pad', '1: pad is unknown here (did you mean pad(…)?)'],
    ['pda(1, 2)', '1: there is no function pda (did you mean pad?)'],
    ['pad(1)', '1: pad is called as pad(value, width, fill?); here it has 1 arguments'],
    ['sha()', '1: sha is called as sha(text); here it has 0 arguments'],
    ['params.', '8: a name after the dot is missing at the end'],
    ['outputs.0', "9: a name that starts with a digit stands in brackets: ['0']"],
    ['${{ params.a }}', '1: this is an expression already: write it without ${{ }}'],
  ])('%j', (text, error) => {
    expect(errorOf(text)).toBe(error);
  });

  test('unknown names say how values are written, unknown functions list what there is', () => {
    expect(errorOf('qqqqqqqq')).toContain('a parameter is params.qqqqqqqq, a variable env.qqqqqqqq');
    expect(errorOf('wildcards.x')).toContain('here it is called matrix');
    expect(errorOf('toJSON(1)')).toContain('here it is called to_json');
    expect(errorOf('qqqqqqqq()')).toContain('there are pad, join');
  });

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    '%s is neither a name nor a function',
    (name) => {
      expect(errorOf(name)).toContain('is unknown here');
      expect(errorOf(`${name}(1)`)).toContain('there is no function');
      expect(errorOf(`1 ${name}`)).toBe(`3: expected an operator or the end, found "${name}"`);
    },
  );
});

describe('hostile texts', () => {
  test.each([
    ['parentheses', '('.repeat(5000)],
    ['closed parentheses', `${'('.repeat(500)}1${')'.repeat(500)}`],
    ['brackets', '['.repeat(5000)],
    ['minus signs', '-'.repeat(5000)],
    ['exclamation marks', '!'.repeat(5000)],
    ['conditionals', 'true ? '.repeat(1000)],
    ['calls', 'sha('.repeat(2000)],
    ['members', `params${'.a'.repeat(3000)}`],
    ['sums', `1${'+1'.repeat(3000)}`],
    ['a long text', 'x'.repeat(1_000_000)],
    ['a long string', `'${'x'.repeat(1_000_000)}'`],
  ])('%s are refused', (_, text) => {
    expect(errorOf(text)).toMatch(/at most|unknown|missing/);
  });

  test('a long sum within the limits is computed', () => {
    expect(resultOf(`1${'+1'.repeat(400)}`)).toBe(401);
  });
});

describe('task names with dashes', () => {
  const scope = scopeOf({
    needs: { 'train-model': { status: 'done' }, 'step-2b': { status: 'skipped' } },
    metrics: { 'train-model': { rmse: 2 }, rmse: 2 },
    params: { year: 2023 },
  });

  test.each([
    ['needs.train-model.status', 'done'],
    ['needs.step-2b.status', 'skipped'],
    ['metrics.train-model.rmse', 2],
    ['metrics.rmse-1', 1],
    ['params.year-1', 2022],
    ['params.year -1', 2022],
    ["needs['train-model'].status", 'done'],
  ])('%s', (text, value) => {
    const expr = parseExpression(text, at);
    expect(expr.ok && evaluate(expr.value, scope)).toEqual({ ok: true, value });
  });
});
