/** Recorded outputs that no task makes any more: they are no source (B3), and a glob never captures another task's file. */
import { describe, expect, it } from 'vitest';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

/** One part for each of `names`, and a task that takes all parts together through `input`. */
function parts(
  names: readonly string[],
  input: string,
  output: unknown = 'parts/${{ matrix.n }}.txt',
): Fields {
  return {
    part: task('part ${{ matrix.n }}', 'echo ${{ matrix.n }} > parts/${{ matrix.n }}.txt', {
      matrix: { n: names },
      outputs: [output],
    }),
    all: task('all', 'cat parts/*.txt > all.txt', { inputs: [input], outputs: ['all.txt'] }),
  };
}

describe.each([['parts/'], ['parts/*.txt']])(
  'a cell that is gone while its file still lies under %s',
  (input) => {
    async function bothMade(): Promise<Scenario> {
      const s = scenario(parts(['a', 'b'], input));
      await s.ok('run', 'all');
      expect(s.read('all.txt')).toBe('a\nb\n');
      s.ran();
      return s;
    }

    it('is removed before the command that would see it, and said', async () => {
      const s = await bothMade();
      s.flow(parts(['a'], input));
      const ran = await s.ok('run', 'all');
      expect(s.ran()).toEqual(['all']);
      expect(s.read('all.txt')).toBe('a\n');
      expect(s.exists('parts/b.txt')).toBe(false);
      expect(said(ran)).toContain('parts/b.txt');
    });

    it('comes back with its cell, from the cache', async () => {
      const s = await bothMade();
      s.flow(parts(['a'], input));
      await s.ok('run', 'all');
      s.flow(parts(['a', 'b'], input));
      s.ran();
      expect(await s.run('all')).toEqual([]);
      expect(s.read('all.txt')).toBe('a\nb\n');
    });

    it('is not lost where it was edited', async () => {
      const s = await bothMade();
      s.write('parts/b.txt', 'edited by hand\n');
      s.flow(parts(['a'], input));
      await s.orch(['run', 'all']);
      const everywhere = [...Object.values(s.userTree()), ...Object.values(s.under('.cache/replaced'))];
      expect(everywhere).toContain('edited by hand\n');
    });
  },
);

it('an orphan that is not stored is set aside', async () => {
  const output = { path: 'parts/${{ matrix.n }}.txt', store: false };
  const s = scenario(parts(['a', 'b'], 'parts/', output));
  await s.ok('run', 'all');
  s.flow(parts(['a'], 'parts/', output));
  await s.ok('run', 'all');
  expect(s.read('all.txt')).toBe('a\n');
  expect(s.exists('parts/b.txt')).toBe(false);
  expect(Object.values(s.under('.cache/replaced'))).toContain('b\n');
});

it('a file of another parameter is an orphan', async () => {
  const s = scenario(
    {
      part: task('part', 'echo ${{ params.m }} > parts/${{ params.m }}.txt', {
        outputs: ['parts/${{ params.m }}.txt'],
      }),
      all: task('all', 'cat parts/*.txt > all.txt', { inputs: ['parts/*.txt'], outputs: ['all.txt'] }),
    },
    {},
    { params: { m: 1 } },
  );
  await s.ok('run', 'all');
  await s.ok('run', 'all', '--m', '2');
  expect(s.read('all.txt')).toBe('2\n');
  await s.ok('run', 'all');
  expect(s.read('all.txt')).toBe('1\n');
});

it('a file of the user that lies among the parts is a source and stays', async () => {
  const s = scenario(parts(['a'], 'parts/*.txt'), { 'parts/mine.txt': 'mine\n' });
  await s.ok('run', 'all');
  expect(s.read('all.txt')).toBe('a\nmine\n');
  expect(s.read('parts/mine.txt')).toBe('mine\n');
});

it('an orphan that no command would see stays until clean --orphans', async () => {
  const s = scenario({
    a: task('a', 'echo 1 > a.txt', { outputs: ['a.txt'] }),
    b: task('b', 'echo 2 > b.txt', { outputs: ['b.txt'] }),
  });
  await s.ok('run', 'a', 'b');
  s.write('keep.txt', 'mine');
  s.flow({ b: task('b', 'echo 2 > b.txt', { outputs: ['b.txt'] }) });
  await s.ok('run', 'b');
  expect(s.exists('a.txt')).toBe(true);
  await s.ok('clean', '--orphans', '-y');
  expect(s.exists('a.txt')).toBe(false);
  expect(s.read('b.txt')).toBe('2\n');
  expect(s.read('keep.txt')).toBe('mine');
});

it('a glob output never captures a file that another task recorded', async () => {
  const s = scenario(
    {
      one: task('one', 'echo 1 > out/ab.txt', { outputs: ['out/a*'] }),
      rest: task('rest', 'cat in.txt > out/b.txt', {
        inputs: ['in.txt'],
        needs: [{ task: 'one', order_only: true }],
        outputs: ['out/*b.txt'],
      }),
    },
    { 'in.txt': '1\n' },
  );
  await s.orch(['run', 'rest']);
  s.write('in.txt', '2\n');
  await s.orch(['run', 'rest']);
  expect(s.read('out/ab.txt')).toBe('1\n');
  await s.orch(['run', 'one']);
  expect(s.ran().filter((name) => name === 'one')).toEqual(['one']);
});

it('an input glob matches recorded outputs even where they are absent', async () => {
  const s = scenario(parts(['a', 'b'], 'parts/*.txt'));
  await s.ok('run', 'all');
  s.ran();
  s.remove('parts');
  expect(await s.run('all')).toEqual([]);
  s.remove('all.txt');
  expect(await s.run('all')).toEqual([]);
  expect(s.read('all.txt')).toBe('a\nb\n');
  s.flow({
    ...parts(['a', 'b'], 'parts/*.txt'),
    all: task('all', 'cat parts/*.txt | rev > all.txt', { inputs: ['parts/*.txt'], outputs: ['all.txt'] }),
  });
  expect(await s.run('all')).toEqual(['all']);
  expect(s.under('parts')).toEqual({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
});
