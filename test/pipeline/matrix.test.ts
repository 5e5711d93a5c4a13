import { describe, expect, test } from 'vitest';
import { loadTasks, places, scriptOf, troubleIn } from './load-text.ts';

async function labels(matrix: string, before = ''): Promise<readonly string[]> {
  return Object.keys(await loadTasks(`  t: {run: x, matrix: ${matrix}}\n`, before));
}

describe('a matrix', () => {
  test('makes a task for each combination, in order', async () => {
    expect(await labels('{model: [a, b], month: "${{ range(1, 3) }}"}')).toEqual([
      't[model=a,month=1]',
      't[model=a,month=2]',
      't[model=b,month=1]',
      't[model=b,month=2]',
    ]);
  });

  test('takes values from parameters, with their types', async () => {
    const tasks = await loadTasks(
      '  t: {run: "echo ${{ matrix.m == 2 }} ${{ matrix.z }}", matrix: {m: "${{ params.ms }}", z: ["${{ params.z }}"]}}\n',
      'params: {ms: [1, 2], z: q}',
    );
    expect(scriptOf(tasks['t[m=2,z=q]'])).toMatch(/true.* 'q'|true.* q/);
    expect(tasks['t[m=2,z=q]']).toMatchObject({ id: 'orch:t[m=2,z=q]', name: 't', cell: { m: 2, z: 'q' } });
  });

  test('leaves out what exclude names', async () => {
    expect(await labels('{a: [1, 2], b: [x, y], exclude: [{a: 1, b: x}, {a: 2}]}')).toEqual(['t[a=1,b=y]']);
  });

  test('include extends the cells that agree, or adds one', async () => {
    expect(await labels('{a: [1, 2], include: [{a: 1, extra: e}, {a: 3}]}')).toEqual([
      't[a=1,extra=e]',
      't[a=2]',
      't[a=3]',
    ]);
    expect(await labels('{include: [{a: 1}, {a: 2}]}')).toEqual(['t[a=1]', 't[a=2]']);
  });

  test('escapes what labels and folder names need for themselves', async () => {
    expect(await labels('{v: ["a,b=c]/d%", "x y"]}')).toEqual(['t[v=a%2Cb%3Dc%5D%2Fd%25]', 't[v=x y]']);
  });

  test.each([
    ['{a: []}', 'bad-matrix'],
    ['{}', 'bad-matrix'],
    ['{a: [1], exclude: [{a: 1}]}', 'bad-matrix'],
    ['{a: [1], exclude: [{b: 1}]}', 'bad-matrix'],
    ['{a: "${{ params.one }}"}', 'bad-matrix'],
    ['{a: "${{ params.two }}"}', 'unknown-name'],
    ['{a: [1, 1]}', 'duplicate-cell'],
    ['{a: [1, "1"]}', 'duplicate-cell'],
    ['{a: "${{ range(0, 1000) }}", b: "${{ range(0, 1000) }}"}', 'too-many-tasks'],
    ['{a: {glob: "*.csv"}}', 'not-supported-yet'],
    ['{a: 3}', 'wrong-type'],
    ['{a: text}', 'bad-value'],
    ['[a]', 'wrong-type'],
  ])('%s is an error: %s', async (matrix, code) => {
    const diagnostics = await troubleIn(
      `  t: {run: x, matrix: ${matrix}}\n  u: {run: x, needs: [t]}\n`,
      'params: {one: 1}',
    );
    expect(diagnostics.filter(({ severity }) => severity === 'error').map((each) => each.code)).toEqual([
      code,
    ]);
  });

  test('an unknown key of a cell is an error with what there is', async () => {
    const diagnostics = await troubleIn('  t: {run: "x ${{ matrix.modle }}", matrix: {model: [a, b]}}\n');
    expect(places(diagnostics)).toEqual(['error 3:15 unknown-name']);
    expect(diagnostics[0]!.hint).toBe('did you mean model?');
  });
});
