/** What acceptance leaves behind: it hides no cached result, and taints what descends from it (C2, C12, F2). */
import { expect, it } from 'vitest';
import { scenario, task } from './support/scenario.ts';

it('an accepted output that was deleted does not hide the result that the cache holds for the key', async () => {
  const s = scenario(
    { a: task('a', 'cp in.txt a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }) },
    { 'in.txt': 'one\n' },
  );
  await s.ok('run', 'a');
  s.write('a.txt', 'by hand\n');
  await s.ok('accept', 'a');
  s.remove('a.txt');
  expect(await s.run('a')).toEqual([]);
  expect(s.read('a.txt')).toBe('one\n');
});

it('what needs an accepted task without outputs is not stored either', async () => {
  const s = scenario(
    {
      n: task('n', '', { inputs: ['in.txt'] }),
      b: task('b', 'cp in.txt b.txt', { inputs: ['in.txt'], needs: ['n'], outputs: ['b.txt'] }),
    },
    { 'in.txt': 'one\n' },
  );
  await s.ok('accept', 'n');
  await s.ok('run', 'b');
  s.remove('b.txt');
  expect(await s.run('b')).toEqual(['b']);
});
