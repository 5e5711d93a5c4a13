/** What a run refuses before it changes anything (SPEC F10), and that a dry run foresees it and what would be cleared away. */
import { describe, expect, it } from 'vitest';
import { type Fields, type Scenario, scenario, task } from './support/scenario.ts';

const copy = (from: string, to: string): Fields =>
  task(to, `cp ${from} ${to}`, { inputs: [from], outputs: [to] });

/** Every entry of the project, orch's own included, but for the file that it reads the disk's clock by. */
function whole(s: Scenario): Record<string, string> {
  const { '.cache/state/v1/clock-probe': _, ...entries } = s.under('.');
  return entries;
}

describe('a run that cannot be is refused without a trace', () => {
  const split = task('split', 'mkdir -p parts; cp in.txt parts/1', {
    inputs: ['in.txt'],
    outputs: ['parts/'],
  });
  it.each([
    [
      'a forced task that is no part of it',
      ['a.txt', '--force=b.txt'],
      "--force=b.txt: a.txt doesn't need that task",
    ],
    [
      'an input that does not exist',
      ['b.txt'],
      'error[input-missing]: the input absent.txt of b.txt does not exist',
    ],
    [
      'an output that is occupied',
      ['split'],
      'error[output-occupied]: the output parts/ of split already holds',
    ],
    ['words for a group', ['group', '--', 'x'], 'the words after -- have no command to go to'],
  ])('%s', async (_what, args, message) => {
    const s = scenario(
      {
        'a.txt': copy('in.txt', 'a.txt'),
        'b.txt': copy('absent.txt', 'b.txt'),
        split,
        group: { needs: ['a.txt'] },
      },
      { 'in.txt': 'one\n', 'parts/mine': 'mine\n' },
    );
    const before = whole(s);
    for (const dry of [[], ['-n']]) {
      expect((await s.exits(2, ['run', ...dry, ...args])).stderr).toContain(message);
      expect(whole(s)).toEqual(before);
    }
    await s.ok('run', 'a.txt');
    const after = whole(s);
    expect((await s.exits(2, ['run', ...args])).stderr).toContain(message);
    expect(whole(s)).toEqual(after);
  });
});

it('an input that all cells of a task lack is told once, with their number', async () => {
  const s = scenario({
    train: task('train', 'cp absent.csv ${{ outputs[0] }}', {
      matrix: { m: [1, 2, 3], n: ['x', 'y'] },
      inputs: ['absent.csv', 'own-${{ matrix.m }}.csv', '*.none'],
      outputs: ['out-${{ matrix.m }}-${{ matrix.n }}.csv'],
    }),
  });
  for (const args of [
    ['run', '-n', 'train'],
    ['run', 'train'],
  ]) {
    const { stderr } = await s.exits(2, args);
    expect(stderr.split('\n').filter((line) => line.includes('error['))).toHaveLength(5);
    expect(stderr).toContain('the input absent.csv of 6 cells of train does not exist and no task makes it');
    expect(stderr).toContain('no file matches the input *.none of 6 cells of train');
    expect(stderr).toContain('the input own-2.csv of 2 cells of train does not exist');
  }
  expect((await s.exits(2, ['run', 'train[m=1,n=x]'])).stderr).toContain('absent.csv of train[m=1,n=x] does');
});

describe('a dry run', () => {
  it('foresees an output that is occupied though its task has run before', async () => {
    const s = scenario(
      {
        split: task('split', 'mkdir -p parts; cp in.txt parts/1', {
          inputs: ['in.txt'],
          outputs: ['parts/'],
        }),
        use: task('use', 'cp parts/1 used', { inputs: ['parts/'], outputs: ['used'] }),
      },
      { 'in.txt': 'one\n' },
    );
    await s.ok('run', 'use');
    s.write('in.txt', 'two\n');
    s.write('parts/mine', 'mine\n');
    const dry = await s.exits(2, ['run', '-n', 'use']);
    expect(dry.stdout).toMatch(
      /split +would fail: parts\/ already holds files that orch did not make: parts\/mine/,
    );
    expect(dry.stdout).toMatch(/use +not run: split would fail/);
    await s.exits(2, ['run', 'use']);
    const replacing = await s.ok('run', '-n', '--replace', 'use');
    expect(replacing.stdout).toContain(
      '  parts/mine, not made by orch or edited since, would be set aside under .cache/replaced/ to make room for split\n',
    );
  });

  it('names the files that a run would remove or set aside', async () => {
    const gather = task('gather', 'cat data/*.csv > all.csv', {
      inputs: ['data/*.csv'],
      outputs: ['all.csv'],
    });
    const s = scenario(
      {
        a: task('a', 'echo a > data/a.csv', { outputs: ['data/a.csv'] }),
        b: task('b', 'echo b > data/b.csv', { outputs: [{ path: 'data/b.csv', store: false }] }),
        gather,
      },
      { 'data/own.csv': 'own\n' },
    );
    await s.ok('run', 'gather');
    s.flow({ gather });
    s.write('all.csv', 'edited\n');
    const dry = await s.ok('run', '-n', 'gather');
    const lines = dry.stdout.split('\n').filter((line) => line.includes('would be'));
    expect(lines.sort()).toEqual([
      '  all.csv, not made by orch or edited since, would be set aside under .cache/replaced/ to make room for gather',
      '  data/a.csv, an output that no task makes any more, would be removed (it is in the cache) before gather runs',
      '  data/b.csv, an output that no task makes any more, would be set aside under .cache/replaced/ before gather runs',
    ]);
    const told = JSON.parse((await s.ok('run', '-n', '--json', 'gather')).stdout) as { files: unknown };
    expect(told.files).toContainEqual({
      path: 'data/a.csv',
      task: 'gather',
      would: 'remove',
      because: 'orphan',
    });
    expect(s.read('all.csv')).toBe('edited\n');
    const { stderr } = await s.ok('run', 'gather');
    for (const file of ['all.csv', 'data/a.csv', 'data/b.csv']) expect(stderr).toContain(file);
    expect(s.read('all.csv')).toBe('own\n');
    expect((await s.ok('run', '-n', 'gather')).stdout).not.toContain('would be');
  });
});
