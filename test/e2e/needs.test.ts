/** What a task depends on (B2), and the tasks that join a run at its end (finally). */
import { describe, expect, it } from 'vitest';
import { type Fields, said, scenario, task } from './support/scenario.ts';

const a = task('a', 'cat in.txt > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] });

describe('an undeclared dependency', () => {
  it.each([
    ['a file', 'data/a.txt', ['data/a.txt']],
    ['a file under an output folder', 'data/a.txt', ['data/']],
    ['a folder that holds an output', 'data/', ['data/a.txt']],
    ['a folder that is an output', 'data/', ['data/']],
    ['a glob that an output matches', 'data/*.txt', ['data/a.txt']],
    ['a glob under an output folder', 'data/**', ['data/']],
    ['a glob that is another glob output', 'data/*.txt', ['data/*.txt']],
  ])('comes from %s', async (_what, input, outputs) => {
    const s = scenario({
      use: task('use', 'cat data/a.txt > used.txt', { inputs: [input], outputs: ['used.txt'] }),
      make: task('make', 'mkdir -p data; echo a > data/a.txt', { outputs }),
    });
    expect(await s.run('use')).toEqual(['make', 'use']);
    expect(s.read('used.txt')).toBe('a\n');
    expect(await s.run('use')).toEqual([]);
  });
});

describe('needs', () => {
  it('all outputs of a need enter the key, listed as inputs or not', async () => {
    const s = scenario(
      { a, use: task('use', 'cat a.txt > used.txt', { needs: ['a'], outputs: ['used.txt'] }) },
      { 'in.txt': '1\n' },
    );
    expect(await s.run('use')).toEqual(['a', 'use']);
    s.write('in.txt', '2\n');
    expect(await s.run('use')).toEqual(['a', 'use']);
    expect(s.read('used.txt')).toBe('2\n');
    s.write('in.txt', '1\n');
    expect(await s.run('use')).toEqual([]);
  });

  it('may be called upstream_tasks', async () => {
    const s = scenario({ a, use: task('use', '', { upstream_tasks: ['a'] }) }, { 'in.txt': '1\n' });
    expect(await s.run('use')).toEqual(['a', 'use']);
  });

  it('a need without outputs counts by its own key', async () => {
    const s = scenario(
      {
        check: task('check', '', { inputs: ['rules.txt'] }),
        use: task('use', 'echo x > used.txt', { needs: ['check'], outputs: ['used.txt'] }),
      },
      { 'rules.txt': '1\n' },
    );
    expect(await s.run('use')).toEqual(['check', 'use']);
    expect(await s.run('use')).toEqual([]);
    s.write('rules.txt', '2\n');
    expect(await s.run('use')).toEqual(['check', 'use']);
  });

  it('a group counts by its needs, recursively', async () => {
    const s = scenario(
      {
        a,
        inner: { needs: ['a'] },
        outer: { needs: ['inner'] },
        use: task('use', 'echo x > used.txt', { needs: ['outer'], outputs: ['used.txt'] }),
      },
      { 'in.txt': '1\n' },
    );
    expect(await s.run('use')).toEqual(['a', 'use']);
    s.write('in.txt', '2\n');
    expect(await s.run('use')).toEqual(['a', 'use']);
    expect(await s.run('use')).toEqual([]);
  });

  it('order_only only orders', async () => {
    const s = scenario(
      {
        a,
        use: task('use', 'cat a.txt > used.txt', {
          needs: [{ task: 'a', order_only: true }],
          outputs: ['used.txt'],
        }),
      },
      { 'in.txt': '1\n' },
    );
    expect(await s.run('use')).toEqual(['a', 'use']);
    s.write('in.txt', '2\n');
    expect(await s.run('use')).toEqual(['a']);
  });

  it('nothing that the target does not need runs', async () => {
    const s = scenario(
      { a, b: task('b', '', { needs: ['a'] }), c: task('c', '', { needs: ['b'] }), d: task('d') },
      { 'in.txt': '' },
    );
    expect(await s.run('b')).toEqual(['a', 'b']);
  });

  it('may be asked for outputs and status', async () => {
    const s = scenario(
      {
        a,
        use: task('use ${{ needs.a.status }}', 'cat ${{ needs.a.outputs[0] }} > used.txt', {
          needs: ['a'],
          outputs: ['used.txt'],
        }),
      },
      { 'in.txt': '1\n' },
    );
    const ran = await s.run('use');
    expect(ran[1]).toMatch(/^use \S+$/);
    expect(s.read('used.txt')).toBe('1\n');
    expect(await s.run('use')).toEqual([]);
  });

  it('asked for outputs without being upstream is refused', async () => {
    const s = scenario({ a, use: task('use', 'cat ${{ needs.a.outputs[0] }}') }, { 'in.txt': '1\n' });
    expect((await s.exits(2, ['run', 'use'])).stderr).toMatch(/orch\.yaml:\d+:\d+/);
    expect(s.ran()).toEqual([]);
  });

  it('a folder that a task makes is taken whole, names that are skipped among sources included', async () => {
    const make = (text: string) => ({
      make: task('make', `mkdir -p made/node_modules made/empty; echo ${text} > made/node_modules/x.pyc`, {
        outputs: ['made/'],
      }),
      use: task('use', 'cat made/node_modules/x.pyc > used.txt', {
        inputs: ['made/'],
        outputs: ['used.txt'],
      }),
    });
    const s = scenario(make('1'));
    await s.run('use');
    s.flow(make('2'));
    expect(await s.run('use')).toEqual(['make', 'use']);
    expect(s.read('used.txt')).toBe('2\n');
    s.flow(make('2; rmdir made/empty'));
    expect(await s.run('use')).toEqual(['make', 'use']);
  });

  it('a task of a diamond runs once', async () => {
    const s = scenario(
      {
        a,
        b: task('b', '', { needs: ['a'] }),
        c: task('c', '', { needs: ['a'] }),
        d: task('d', '', { needs: ['b', 'c'] }),
      },
      { 'in.txt': '' },
    );
    const ran = await s.run('d');
    expect(ran.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect([ran[0], ran[3]]).toEqual(['a', 'd']);
  });

  it('one that always runs and has neither inputs nor outputs is a warning', async () => {
    const s = scenario({ hello: task('hello'), use: task('use', '', { needs: ['hello'] }) });
    const ran = await s.ok('run', 'use');
    expect(ran.stderr).toContain('hello');
    expect(ran.stdout).not.toMatch(/warn/i);
  });

  it('on itself or in a ring is refused', async () => {
    const s = scenario({ a: task('a', '', { needs: ['a'] }) });
    await s.exits(2, ['run', 'a']);
    expect(s.ran()).toEqual([]);
  });
});

describe('a group', () => {
  it('runs what it gathers and nothing itself', async () => {
    const s = scenario({ a, b: task('b'), all: { needs: ['a', 'b'] } }, { 'in.txt': '' });
    expect((await s.run('all')).toSorted()).toEqual(['a', 'b']);
    expect(await s.run('all')).toEqual(['b']);
  });
});

describe('metrics', () => {
  const tasks = (rmse: number): Fields => ({
    score: task('score', `echo '{"rmse": ${rmse}, "deep": {"mae": 2}}' > m.json`, { metrics: ['m.json'] }),
    use: task('use', 'echo ${{ metrics.score.rmse }} > used.txt', {
      needs: ['score'],
      outputs: ['used.txt'],
    }),
  });

  it('are outputs whose values may be mentioned, and enter the key', async () => {
    const s = scenario(
      tasks(3.5),
      {},
      { summary: ['RMSE: ${{ metrics.score.rmse }}, MAE ${{ metrics.score.deep.mae }}'] },
    );
    const ran = await s.ok('run', 'use');
    expect(s.ran()).toEqual(['score', 'use']);
    expect(s.read('used.txt')).toBe('3.5\n');
    expect(ran.stdout).toContain('RMSE: 3.5, MAE 2');
    expect((await s.ok('run', 'use')).stdout).toContain('RMSE: 3.5, MAE 2');
    s.ran();
    s.flow(tasks(4));
    expect(await s.run('use')).toEqual(['score', 'use']);
    expect(s.read('used.txt')).toBe('4\n');
  });

  it('that cannot be read fail the task, with the file named', async () => {
    const s = scenario({ score: task('score', "echo 'no json' > m.json", { metrics: ['m.json'] }) });
    expect(said(await s.exits(1, ['run', 'score']))).toContain('m.json');
  });
});

describe('finally', () => {
  const tasks = (script = ''): Fields => ({
    a: task('a', `cat in.txt > a.txt; ${script}`, { inputs: ['in.txt'], outputs: ['a.txt'] }),
    cleanup: task('cleanup'),
  });

  it('joins a run in which a command started, after the rest', async () => {
    const s = scenario(tasks(), { 'in.txt': '1' }, { finally: ['cleanup'] });
    expect(await s.run('a')).toEqual(['a', 'cleanup']);
  });

  it('does not join a run in which none started', async () => {
    const s = scenario(tasks(), { 'in.txt': '1' }, { finally: ['cleanup'] });
    await s.run('a');
    expect(await s.run('a')).toEqual([]);
    s.remove('a.txt');
    expect(await s.run('a')).toEqual([]);
  });

  it('joins a run that failed', async () => {
    const s = scenario(tasks('exit 1'), { 'in.txt': '1' }, { finally: ['cleanup'] });
    await s.exits(1, ['run', 'a']);
    expect(s.ran()).toEqual(['a', 'cleanup']);
  });

  it('that fails makes the run fail', async () => {
    const s = scenario(
      { ...tasks(), cleanup: task('cleanup', 'exit 1') },
      { 'in.txt': '1' },
      { finally: ['cleanup'] },
    );
    await s.exits(1, ['run', 'a']);
  });
});
