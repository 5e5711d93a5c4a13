/** `orch accept`: the outputs on disk become the result of the present key (C12). */
import { expect, it } from 'vitest';
import { type Scenario, scenario, task } from './support/scenario.ts';

function chain(): Scenario {
  return scenario(
    {
      a: task('a', 'cat in.txt > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
      b: task('b', 'cat a.txt > b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
    },
    { 'in.txt': '1\n' },
  );
}

it('records an edited output without running anything', async () => {
  const s = chain();
  await s.run('b');
  s.write('b.txt', 'by hand\n');
  await s.ok('accept', 'b');
  expect(await s.run('b')).toEqual([]);
  expect(s.read('b.txt')).toBe('by hand\n');
});

it('spares the rerun after a change that does not matter', async () => {
  const s = chain();
  await s.run('b');
  s.write('in.txt', '2\n');
  await s.ok('accept', 'a');
  expect(await s.run('b')).toEqual([]);
  expect(s.read('a.txt')).toBe('1\n');
});

it('what depends on an accepted output is decided by its content', async () => {
  const s = chain();
  await s.run('b');
  s.write('a.txt', 'by hand\n');
  await s.ok('accept', 'a');
  expect(await s.run('b')).toEqual(['b']);
  expect(s.read('b.txt')).toBe('by hand\n');
});

it('also goes by --touch and -t', async () => {
  for (const flag of ['--touch', '-t']) {
    const s = chain();
    s.write('a.txt', 'by hand\n');
    await s.ok('run', flag, 'a');
    expect(await s.run('a')).toEqual([]);
    expect(s.read('a.txt')).toBe('by hand\n');
  }
});

it('is refused where its inputs are not up to date', async () => {
  const s = chain();
  await s.run('b');
  s.write('in.txt', '2\n');
  const ran = await s.exits(2, ['accept', 'b']);
  expect(ran.stderr).toContain('a');
  expect(s.read('b.txt')).toBe('1\n');
  expect(await s.run('b')).toEqual(['a', 'b']);
  expect(s.read('b.txt')).toBe('2\n');
});

it('is refused where a declared output is missing', async () => {
  const s = chain();
  const ran = await s.exits(2, ['accept', 'a']);
  expect(ran.stderr).toContain('a.txt');
});
