/** One mistake, one message: what only follows from it isn't told, and what doesn't follow still is. */
import { describe, expect, test } from 'vitest';
import { loadFiles, places, troubleIn } from './load-text.ts';

describe('one message', () => {
  test.each([
    [
      'an unknown need, and its outputs in the command',
      '  a: {run: "${{ needs.b.outputs[0] }}", needs: [b]}\n',
      'error 3:49 unknown-task',
    ],
    [
      'an unknown need, and what comes upstream through another one',
      '  a: {run: "${{ metrics.c.x }} ${{ needs.c.outputs[0] }}", needs: [b]}\n  c: {run: x, outputs: [c], metrics: [m]}\n',
      'error 3:68 unknown-task',
    ],
    [
      'a wrong path of inputs, and the inputs in the command',
      '  a: {run: "${{ inputs[0] }}", inputs: [/x]}\n',
      'error 3:41 outside-root',
    ],
    [
      'a wrong output, and whoever reads it',
      '  a: {run: x, outputs: [../x]}\n  b: {run: "${{ needs.a.outputs[0] }}", needs: [a]}\n',
      'error 3:25 outside-root',
    ],
    [
      'along a chain of tasks',
      '  a: {run: x, outs: [x]}\n  b: {run: x, needs: [a], outputs: ["${{ needs.a.outputs[0] }}.b"]}\n  c: {run: "${{ needs.b.outputs[0] }}", needs: [b]}\n',
      'error 3:15 unknown-key',
    ],
    [
      'a matrix without values, and its cells',
      '  a: {run: "${{ matrix.m }}", matrix: {m: []}}\n  b: {run: x, needs: ["a[m=1]"]}\n',
      'error 3:40 bad-matrix',
    ],
    [
      'needs of the wrong kind, and their outputs',
      '  a: {run: "${{ needs.b.outputs[0] }}", needs: {b: true}}\n  b: {run: x, outputs: [b]}\n',
      'error 3:48 bad-value',
    ],
    [
      'env under another name, and its variable',
      '  a: {run: "${{ env.NOT_THERE_AT_ALL }}", environment: {NOT_THERE_AT_ALL: 1}}\n',
      'error 3:43 unknown-key',
    ],
    [
      'a misspelled output that makes a task restless',
      '  a: {run: x, ouputs: [x]}\n  b: {run: x, needs: [a], outputs: [b]}\n',
      'error 3:15 unknown-key',
    ],
    [
      'secrets of the wrong kind, and a secret',
      '  a: {run: "${{ secrets.T }}", secrets: {T: 1}}\n',
      'error 3:41 wrong-type',
    ],
    [
      'an alias, and the task that held it',
      '  a: *b\n  c: {run: "${{ needs.a.outputs[0] }}", needs: [a]}\n',
      'error 3:6 unknown-alias',
    ],
  ])('of %s', async (_what, tasks, expected) => {
    expect(places(await troubleIn(tasks))).toEqual([expected]);
  });

  test('of parameters under another name, a wrong one, and one that was not given', async () => {
    const uses = '  a: {run: "${{ params.x }} ${{ params.y.z }}", params: [x]}\n';
    expect(places(await troubleIn(uses, 'vars: {x: 1, y: {z: 1}}'))).toEqual(['error 2:1 unknown-key']);
    expect(places(await troubleIn(uses, 'params: {x: {type: int}, y: {z: 1}}'))).toEqual([
      'error 2:20 bad-parameter',
    ]);
    expect(places(await troubleIn(uses, 'params: {x: {type: integer}, y: {z: 1}}'))).toEqual([
      'error 2:10 missing-parameter',
    ]);
    expect(
      places(await troubleIn(uses, 'params: {x: {type: integer}, y: {z: 1}}', { params: ['x=many'] })),
    ).toEqual(['error wrong-parameter']);
  });

  test('of tasks under another name, and the default ones', async () => {
    const { diagnostics } = await loadFiles({
      'orch.yaml': 'version: 1\ndefault: [a]\nfinally: [b]\njobs: {a: {run: x}, b: {run: y}}\n',
    });
    expect(places(diagnostics)).toEqual(['error 4:1 unknown-key']);
  });
});

describe('still told', () => {
  test.each([
    [
      'another unknown need of the same task',
      '  a: {run: x, needs: [b, c]}\n',
      ['error 3:23 unknown-task', 'error 3:26 unknown-task'],
    ],
    [
      'an unknown parameter beside an unknown need',
      '  a: {run: "${{ params.x }} ${{ needs.b.outputs[0] }}", needs: [b]}\n',
      ['error 3:13 unknown-name', 'error 3:65 unknown-task'],
    ],
    [
      'every placeholder of a text',
      '  a: {run: "${{ params.x }} ${{ env.NOT_THERE_AT_ALL }} ${{ outputs[1] }} ${{ 1 + }}", outputs: [a]}\n',
      [
        'error 3:13 unknown-name',
        'error 3:29 unknown-name',
        'error 3:57 unknown-name',
        'error 3:83 bad-expression',
      ],
    ],
    [
      'what another task with the same mistake has besides',
      '  a: {run: x, outs: [x]}\n  b: {run: "${{ outputs[0] }}"}\n',
      ['error 3:15 unknown-key', 'error 4:13 unknown-name'],
    ],
    [
      'an unknown need, where a key of the file is there twice',
      '  a: {run: x, needs: [nope]}\n  b: {run: x}\n  b: {run: y}\n',
      ['error 3:23 unknown-task', 'error 5:3 duplicate-key'],
    ],
  ])('is %s', async (_what, tasks, expected) => {
    expect(places(await troubleIn(tasks))).toEqual(expected);
  });

  test('is, in another file, that what it needs cannot be read: it must not run without', async () => {
    const { diagnostics, pipelines } = await loadFiles({
      'pipelines/one.yaml': 'version: 1\ntasks:\n\ta: {run: x}\n',
      'pipelines/two.yaml': 'version: 1\ntasks: {b: {run: x, needs: ["one:a"]}}\n',
    });
    expect(pipelines).toEqual([]);
    expect(diagnostics).toMatchObject([
      { file: 'pipelines/one.yaml', code: 'tab-indent' },
      {
        file: 'pipelines/two.yaml',
        code: 'unknown-task',
        message: "one:a is not known, because the file of one can't be read",
        hint: 'mend that file first',
      },
    ]);
  });
});
