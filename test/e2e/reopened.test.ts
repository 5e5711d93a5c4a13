/** Content that is asked for while what it was made from is being brought back itself (C10). */
import { expect, it } from 'vitest';
import { scenario, task } from './support/scenario.ts';

it('a task is not decided anew while a task that it needs is being restored', async () => {
  const s = scenario({
    one: task('one', 'echo 1 > one.txt', { outputs: ['one.txt'] }),
    two: task('two', 'cp one.txt two/a; cp one.txt two/b', { needs: ['one'], outputs: ['two/*'] }),
    three: task('three', 'cat two/* > three.txt', { inputs: ['two/'], outputs: ['three.txt'] }),
    four: task('four', 'cp one.txt four.txt', { inputs: ['one.txt'], outputs: ['four.txt'] }),
    five: task('five', 'cat two/* > five.txt', { inputs: ['two/'], outputs: ['five.txt'] }),
    all: { needs: ['three', 'four', 'five'] },
  });
  await s.ok('run', 'three');
  s.remove('one.txt');
  s.remove('two/b');
  expect((await s.run('-j', '1', 'all')).toSorted()).toEqual(['five', 'four']);
});

it('content from behind a group is waited for', async () => {
  const s = scenario({
    one: task('one', 'echo 1 > one.txt', { outputs: ['one.txt'] }),
    two: task('two', 'cp one.txt two.txt', { inputs: ['one.txt'], outputs: ['two.txt'] }),
    both: { needs: ['one', 'two'] },
    last: task('last', 'cat one.txt two.txt > last.txt', { needs: ['both'], outputs: ['last.txt'] }),
    other: task('other', 'cat one.txt > other.txt', { needs: ['both'], outputs: ['other.txt'] }),
    all: { needs: ['last', 'other'] },
  });
  await s.ok('run', 'both');
  s.remove('one.txt');
  s.remove('two.txt');
  expect((await s.run('all')).toSorted()).toEqual(['last', 'other']);
  expect(s.read('last.txt')).toBe('1\n1\n');
});
