import { describe, expect, test } from 'vitest';
import { load, loadFiles, loadGood, places } from './load-text.ts';

const TASKS = '\ntasks: {a: {run: x}}\n';

async function valuesOf(params: string, options?: Parameters<typeof loadGood>[1]): Promise<unknown> {
  const pipeline = await loadGood(`version: 1\nparams: ${params}${TASKS}`, options);
  return Object.fromEntries(pipeline.params.map(({ name, value }) => [name, value]));
}

async function troubleWith(
  params: string,
  options?: Parameters<typeof loadGood>[1],
): Promise<readonly unknown[]> {
  return (await load(`version: 1\nparams: ${params}${TASKS}`, options)).diagnostics;
}

describe('parameters', () => {
  test('a plain value declares its type', async () => {
    const { params } = await loadGood(
      `version: 1\nparams: {s: text, i: 3, n: 0.5, b: true, l: [1], m: {k: 1}, d: 2023-01-01}${TASKS}`,
    );
    expect(params.map(({ name, type }) => `${name} ${type}`)).toEqual([
      's string',
      'i integer',
      'n number',
      'b boolean',
      'l list',
      'm map',
      'd string',
    ]);
  });

  test('a map is a declaration only if it reads like one', async () => {
    expect(
      await valuesOf(
        '{a: {type: linear, depth: 3}, b: {default: 4, max: 9}, c: {default: x, values: [x, y]}}',
      ),
    ).toEqual({
      a: { type: 'linear', depth: 3 },
      b: 4,
      c: 'x',
    });
  });

  test('default, environment, command line: the later one wins, and its origin is kept', async () => {
    const text = `version: 1\nparams: {a: 1, b: 2, c: 3, m: {x: {y: 1}}}${TASKS}`;
    const environment = { ORCH_PARAM_B: '20', ORCH_PARAM_C: '30', ORCH_PARAM_M__X__Y: '5' };
    const { params } = await loadGood(text, { environment, params: ['c=300', 'c=301'] });
    expect(params.map(({ name, value, origin }) => [name, value, origin])).toEqual([
      ['a', 1, 'default'],
      ['b', 20, 'environment'],
      ['c', 301, 'command-line'],
      ['m', { x: { y: 5 } }, 'environment'],
    ]);
  });

  test('every variable that could set a parameter is reported as used', async () => {
    const { environmentUsed } = await load(`version: 1\nparams: {a: 1, m: {x-y: 1}}${TASKS}`);
    expect(environmentUsed).toEqual(['ORCH_PARAM_A', 'ORCH_PARAM_M', 'ORCH_PARAM_M__X_Y']);
  });

  test.each([
    ['{p: {type: integer, default: 1}}', '12', 12],
    ['{p: {type: integer, default: 1}}', '012', 12],
    ['{p: {type: number, default: 1}}', '1e-3', 0.001],
    ['{p: {type: boolean, default: true}}', 'false', false],
    ['{p: {type: string, default: x}}', '012', '012'],
    ['{p: {type: string, default: x}}', '', ''],
    ['{p: {type: date, default: 2023-01-31}}', '2024-02-29', '2024-02-29'],
    ['{p: {type: month, default: 2023-01}}', '2024-12', '2024-12'],
    ['{p: {type: enum, values: [1, 2], default: 1}}', '2', 2],
    ['{p: {type: list, default: []}}', 'a,2,true', ['a', 2, true]],
    ['{p: {type: list, default: []}}', '[a, {b: c}]', ['a', { b: 'c' }]],
    ['{p: {type: map, default: {}}}', '{a: 1}', { a: 1 }],
  ])('%s takes %j from the command line', async (params, text, value) => {
    expect(await valuesOf(params, { params: [`p=${text}`] })).toEqual({ p: value });
  });

  test.each([
    ['{p: {type: integer, default: 1}}', '1.5'],
    ['{p: {type: integer, default: 1}}', 'x'],
    ['{p: {type: integer, default: 1}}', '9007199254740993'],
    ['{p: {type: integer, default: 1, min: 1, max: 12}}', '13'],
    ['{p: {type: integer, default: 1, min: 1, max: 12}}', '0'],
    ['{p: {type: number, default: 1}}', 'NaN'],
    ['{p: {type: boolean, default: true}}', 'yes'],
    ['{p: {type: date, default: 2023-01-31}}', '2023-02-29'],
    ['{p: {type: date, default: 2023-01-31, min: 2023-01-01}}', '2022-12-31'],
    ['{p: {type: month, default: 2023-01}}', '2023-13'],
    ['{p: {type: enum, values: [a, b], default: a}}', 'c'],
    ['{p: {type: list, default: []}}', '[a'],
    ['{p: {type: map, default: {}}}', '3'],
  ])('%s refuses %j and names the flag and the parameter', async (params, text) => {
    const diagnostics = await troubleWith(params, { params: [`p=${text}`] });
    expect(diagnostics).toMatchObject([
      {
        code: 'wrong-parameter',
        file: null,
        message: expect.stringContaining(`--param p=${text}: the parameter p takes `),
        related: [{ line: 2, message: 'p is declared here' }],
      },
    ]);
  });

  test('a nested value keeps its kind, but a number may gain a fraction', async () => {
    const params = ['m.depth=0.5', 'm.name=007', 'm.deep.list=[1, 2]'];
    expect(await valuesOf('{m: {depth: 6, name: x, deep: {list: []}}}', { params })).toEqual({
      m: { depth: 0.5, name: '007', deep: { list: [1, 2] } },
    });
    expect(await troubleWith('{m: {depth: 6}}', { params: ['m.depth=x'] })).toMatchObject([
      { message: '--param m.depth=x: the parameter m.depth takes a number' },
    ]);
  });

  test('a declared map takes new keys, a plain one suggests those that it has', async () => {
    expect(await valuesOf('{m: {type: map, default: {}}}', { params: ['m.a.b=3', 'm.c=text'] })).toEqual({
      m: { a: { b: 3 }, c: 'text' },
    });
    expect(await troubleWith('{m: {max_depth: 6}}', { params: ['m.max_dept=8'] })).toMatchObject([
      { code: 'unknown-parameter', hint: 'did you mean m.max_depth?' },
    ]);
  });

  test('an unknown name is an error with the nearest one', async () => {
    expect(await troubleWith('{year: 1}', { params: ['yaer=2'] })).toMatchObject([
      { code: 'unknown-parameter', hint: 'did you mean year?' },
    ]);
  });

  test('a value without a pipeline goes to every pipeline that declares it', async () => {
    const one = 'version: 1\nname: one\nparams: {a: 1, b: 1}\ntasks: {}\n';
    const two = 'version: 1\nname: two\nparams: {a: 2}\ntasks: {}\n';
    const files = { 'pipelines/one.yaml': one, 'pipelines/two.yaml': two };
    const { pipelines, diagnostics } = await loadFiles(files, { params: ['a=9', 'b=8', 'two/a=7'] });
    expect(diagnostics).toEqual([]);
    expect(pipelines.map(({ params }) => params.map(({ value }) => value))).toEqual([[9, 8], [7]]);
    expect((await loadFiles(files, { params: ['two/b=8'] })).diagnostics).toMatchObject([
      { code: 'unknown-parameter' },
    ]);
  });

  test('a parameter without a default needs a value', async () => {
    expect(await troubleWith('{p: {type: integer}}')).toMatchObject([{ code: 'missing-parameter', line: 2 }]);
    expect(await valuesOf('{p: {type: integer}}', { params: ['p=3'] })).toEqual({ p: 3 });
  });

  test('wrong declarations are pointed at', async () => {
    const text = [
      'version: 1',
      'params:',
      '  a: {type: interger, default: 1}',
      '  b: {type: string, default: 010}',
      '  c: {type: integer, default: 1, minn: 0}',
      '  d: {type: enum, default: x}',
      '  e: {type: string, default: x, min: 3}',
      '  f: {type: integer, default: 1, max: many}',
      '  g: ~',
      '  h: {type: integer, default: 1e1, max: 5}',
      'tasks: {}',
    ].join('\n');
    const { diagnostics } = await load(text);
    expect(places(diagnostics)).toEqual([
      'error 3:13 bad-parameter',
      'error 4:30 wrong-parameter',
      'error 5:34 unknown-key',
      'error 6:6 bad-parameter',
      'error 7:38 bad-parameter',
      'error 8:39 bad-parameter',
      'error 9:6 wrong-type',
      'error 10:31 wrong-parameter',
    ]);
    expect(diagnostics[1]!.hint).toBe('put it in quotes: "010"');
    expect(diagnostics[7]!.hint).toBe('YAML reads 1e1 as 10');
  });

  test('parameters with the same variable are an error', async () => {
    expect(await troubleWith('{a-b: 1, a_b: 2}')).toMatchObject([{ code: 'coinciding-parameters' }]);
    expect(await troubleWith('{m: {x: 1}, m__x: 2}')).toMatchObject([{ code: 'coinciding-parameters' }]);
  });

  test('a parameter with the name of a flag gets a warning', async () => {
    const diagnostics = await troubleWith('{no_cache: 1, force: 1}', {
      reservedFlags: ['--no-cache', 'force'],
    });
    expect(diagnostics).toMatchObject([
      { severity: 'warning', code: 'parameter-shadowed' },
      { severity: 'warning', code: 'parameter-shadowed' },
    ]);
  });
});
