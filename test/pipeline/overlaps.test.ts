import { describe, expect, test } from 'vitest';
import { loadFiles, places, troubleIn } from './load-text.ts';

async function trouble(a: string, b: string): Promise<readonly string[]> {
  return places(await troubleIn(`  a: {run: x, outputs: ${a}}\n  b: {run: x, outputs: ${b}}\n`));
}

describe('outputs of two tasks', () => {
  test.each([
    ['[x]', '[x]'],
    ['[x]', '[./x/]'],
    ['[d/]', '[d/x]'],
    ['[d/x/y]', '[d]'],
    ['[d/]', '["d/*.csv"]'],
    ['["d/*.csv"]', '[d/x.csv]'],
    ['["**/*.csv"]', '[d/x.csv]'],
    ['["*.csv"]', '["*.csv"]'],
  ])('49 %s and %s are an error', async (a, b) => {
    expect(await trouble(a, b)).toEqual([expect.stringMatching(/^error [34]:\d+ overlapping-outputs$/)]);
  });

  test.each([
    ['[x]', '[xy]'],
    ['[d/]', '[da/x]'],
    ['["d/*.csv"]', '[d/x.txt]'],
    ['["d/*.csv"]', '[d/e/x.csv]'],
    ['["d/*.csv"]', '["d/x*"]'],
    ['["d/*"]', '[d/.hidden]'],
    ['["d/\\\\*.csv"]', '[d/x.csv]'],
  ])('%s and %s are left to the files', async (a, b) => {
    expect(await trouble(a, b)).toEqual([]);
  });

  test('49 cells that write the same file are told how to differ', async () => {
    const diagnostics = await troubleIn('  a: {run: x, matrix: {i: [1, 2, 3]}, outputs: [x]}\n');
    expect(diagnostics).toMatchObject([
      { message: 'a[i=1] and a[i=2] both write x', hint: expect.stringContaining('${{ matrix.') },
    ]);
  });

  test('49 tasks of two pipelines are compared, and both places named', async () => {
    const { diagnostics, pipelines } = await loadFiles({
      'pipelines/one.yaml': 'version: 1\ntasks: {a: {run: x, outputs: [d/]}}\n',
      'pipelines/two.yaml': 'version: 1\ntasks: {b: {run: x, outputs: [d/x]}}\n',
    });
    expect(diagnostics).toMatchObject([
      {
        file: 'pipelines/two.yaml',
        line: 2,
        column: 31,
        message: 'one:a and two:b write d/ and d/x, which overlap',
        related: [{ file: 'pipelines/one.yaml', line: 2, column: 31 }],
      },
    ]);
    expect(pipelines.map(({ name }) => name)).toEqual(['one']);
  });

  test('within one task only the same path twice is an error', async () => {
    const tasks = '  a: {run: x, outputs: [d/], metrics: [d/m.json]}\n  b: {run: x, outputs: [y, ./y]}\n';
    expect(places(await troubleIn(tasks))).toEqual(['error 4:28 duplicate-output']);
  });
});

describe('a task that writes its own input', () => {
  test.each([
    ['[x]', '[x]'],
    ['[d/]', '[d/x]'],
    ['[d/x]', '[d/]'],
    ['["*.csv"]', '[x.csv]'],
    ['[d/x.csv]', '["d/*.csv"]'],
    ['["d/*.csv"]', '["d/*.csv"]'],
    ['[d/, "!d/y"]', '[d/x]'],
  ])('51 %s -> %s is an error', async (inputs, outputs) => {
    const diagnostics = await troubleIn(`  a: {run: x, inputs: ${inputs}, outputs: ${outputs}}\n`);
    expect(diagnostics.map(({ code }) => code)).toEqual(['own-input']);
    expect(diagnostics[0]!.related).toHaveLength(1);
  });

  test.each([
    ['[d/, "!d/x"]', '[d/x]'],
    ['["*.csv", "!x.csv"]', '[x.csv]'],
    ['["*.csv"]', '[x.txt]'],
    ['[d/, "!d/e*"]', '[d/ex/y]'],
    ['[{path: /d/x, external: true}]', '[d/x]'],
  ])('%s -> %s is fine', async (inputs, outputs) => {
    expect(await troubleIn(`  a: {run: x, inputs: ${inputs}, outputs: ${outputs}}\n`)).toEqual([]);
  });
});
