import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/model/task.ts';
import { loadFiles, loadTasks, places, troubleIn } from './load-text.ts';

function needsOf(task: Task | undefined): readonly string[] {
  return (task?.needs ?? []).map(
    ({ task: id, orderOnly }) => `${id.replace(/^orch:/, '')}${orderOnly ? ' (order)' : ''}`,
  );
}

const CELLS = '  t: {run: x, matrix: {model: [a, b], month: [1, 2]}}\n';

describe('needs', () => {
  test.each([
    ['[t]', ['t[model=a,month=1]', 't[model=a,month=2]', 't[model=b,month=1]', 't[model=b,month=2]']],
    ['["t[*]"]', ['t[model=a,month=1]', 't[model=a,month=2]', 't[model=b,month=1]', 't[model=b,month=2]']],
    ['["t[model=a]"]', ['t[model=a,month=1]', 't[model=a,month=2]']],
    ['["t[month=2,model=b]"]', ['t[model=b,month=2]']],
    ['["orch:t[month=2, model=b]"]', ['t[model=b,month=2]']],
    ['{task: "t[model=b,month=1]", order_only: true}', ['t[model=b,month=1] (order)']],
    [
      '[{task: "t[model=a]", order_only: true}, "t[month=1,model=a]"]',
      ['t[model=a,month=1]', 't[model=a,month=2] (order)'],
    ],
    ['s', ['s']],
  ])('%s means %j', async (needs, expected) => {
    const tasks = await loadTasks(`${CELLS}  s: {run: x, outputs: [s]}\n  u: {run: x, needs: ${needs}}\n`);
    expect(needsOf(tasks['u'])).toEqual(expected);
  });

  test('a cell takes the cells that agree on shared keys', async () => {
    const tasks = await loadTasks(`${CELLS}  u: {run: x, matrix: {month: [1, 2], kind: [k]}, needs: [t]}\n`);
    expect(needsOf(tasks['u[month=2,kind=k]'])).toEqual(['t[model=a,month=2]', 't[model=b,month=2]']);
  });

  test('a reference may use matrix values', async () => {
    const tasks = await loadTasks(
      `${CELLS}  u: {run: x, matrix: {v: [1, 2]}, needs: ["t[model=a,month=\${{ matrix.v }}]"]}\n`,
    );
    expect(needsOf(tasks['u[v=2]'])).toEqual(['t[model=a,month=2]']);
  });

  test('upstream_tasks is another name for needs', async () => {
    const tasks = await loadTasks('  a: {run: x, outputs: [a]}\n  b: {run: x, upstream_tasks: [a]}\n');
    expect(needsOf(tasks['b'])).toEqual(['a']);
  });

  test('a task of another pipeline can be needed', async () => {
    const { pipelines, diagnostics } = await loadFiles({
      'pipelines/one.yaml': 'version: 1\ntasks: {a: {run: x, outputs: [a]}}\n',
      'pipelines/two.yaml':
        'version: 1\ntasks: {b: {run: "cat ${{ needs.a.outputs[0] }}", needs: ["one:a"]}}\n',
    });
    expect(diagnostics).toEqual([]);
    expect(pipelines[1]!.tasks[0]).toMatchObject({ needs: [{ task: 'one:a' }], run: { script: "cat 'a'" } });
  });

  test('a cycle across pipelines is printed with their names', async () => {
    const { diagnostics } = await loadFiles({
      'pipelines/one.yaml': 'version: 1\ntasks: {a: {run: x, needs: ["two:b"]}}\n',
      'pipelines/two.yaml': 'version: 1\ntasks: {b: {run: x, needs: ["one:a"]}}\n',
    });
    expect(diagnostics).toMatchObject([
      { message: 'tasks need each other in a circle: one:a -> two:b -> one:a' },
    ]);
  });

  test.each([
    ['[tt]', 'unknown-task', 'did you mean t?'],
    [
      '["t[model=c]"]',
      'no-matching-cell',
      'it has t[model=a,month=1], t[model=a,month=2], t[model=b,month=1], t[model=b,month=2]',
    ],
    [
      '["t[kind=a]"]',
      'no-matching-cell',
      'it has t[model=a,month=1], t[model=a,month=2], t[model=b,month=1], t[model=b,month=2]',
    ],
    ['["s[*]"]', 'no-matching-cell', 's has no matrix'],
    ['["t["]', 'unknown-task', 'expected name, name[*], name[key=value] or pipeline:name'],
    ['["orhc:t"]', 'unknown-task', 'did you mean orch?'],
  ])('%s is an error: %s', async (needs, code, hint) => {
    const diagnostics = await troubleIn(
      `${CELLS}  s: {run: x, outputs: [s]}\n  u: {run: x, needs: ${needs}}\n`,
    );
    expect(diagnostics).toMatchObject([{ code, hint, line: 5 }]);
  });

  test('a cell without an agreeing one is an error', async () => {
    const diagnostics = await troubleIn(`${CELLS}  u: {run: x, matrix: {month: [2, 3]}, needs: [t]}\n`);
    expect(diagnostics[0]).toMatchObject({
      code: 'no-matching-cell',
      message: 'no cell of t agrees with u[month=3]',
    });
  });

  test('a need that always runs and has no files is a warning for what is cached, unless it only orders', async () => {
    const tasks =
      '  a: {run: x}\n  b: {run: x, needs: [a]}\n  c: {run: x, needs: [{task: a, order_only: true}]}\n  d: {run: x, needs: [a], cache: false}\n';
    expect(places(await troubleIn(tasks))).toEqual(['warning 4:23 always-runs-need']);
  });

  test('a group of such needs is none itself, but makes one for the cached task that needs it', async () => {
    const tasks = '  c: {run: x, needs: [outer]}\n  outer: {needs: [g]}\n  g: {needs: [a]}\n  a: {run: x}\n';
    expect(await troubleIn(tasks)).toMatchObject([
      { code: 'always-runs-need', line: 3, message: expect.stringContaining('c needs outer') },
    ]);
  });

  test('a chain of 10,000 tasks loads', async () => {
    const chain = Array.from({ length: 10_000 }, (_, at) =>
      at === 0
        ? '  t0: {run: x, outputs: [o/0]}'
        : `  t${at}: {run: "cp \${{ needs.t${at - 1}.outputs[0] }}", needs: [t${at - 1}], outputs: [o/${at}]}`,
    );
    const tasks = await loadTasks(`${chain.reverse().join('\n')}\n`);
    expect(tasks['t9999']).toMatchObject({ run: { script: 'cp o/9998' } });
  }, 60_000);
});
