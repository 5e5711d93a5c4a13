/** Which files an input takes: what is never a source, what is taken whole (B3). */
import { symlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Fields, scenario, task } from './support/scenario.ts';

const listing = (inputs: unknown[], fields: Fields = {}): Fields => ({
  t: task('t', 'echo made > out.txt', { inputs, outputs: ['out.txt'], ...fields }),
});

it('a glob over everything takes neither the cache nor what is negated', async () => {
  const s = scenario(listing(['**', '!out.txt']), { 'a.txt': '1' });
  expect(await s.run('t')).toEqual(['t']);
  expect(await s.run('t')).toEqual([]);
  s.write('deep/er/b.txt', '2');
  expect(await s.run('t')).toEqual(['t']);
});

it('a glob over everything takes no cache that lies elsewhere in the root', async () => {
  const s = scenario(listing(['**', '!out.txt']), { 'a.txt': '1' }, { cache: { dir: 'my-cache' } });
  expect(await s.run('t')).toEqual(['t']);
  expect(await s.run('t')).toEqual([]);
});

it('a map of names may be mentioned by name, lists included', async () => {
  const s = scenario(
    {
      t: task('t', 'cat ${{ inputs.one }} ${{ inputs.many }} > ${{ outputs.all }}', {
        inputs: { one: '1.txt', many: ['2.txt', '3.txt'] },
        outputs: { all: 'out.txt' },
      }),
    },
    { '1.txt': '1', '2.txt': '2', '3.txt': '3' },
  );
  await s.ok('run', 't');
  expect(s.read('out.txt')).toBe('123');
});

it('store: false on an input: hashed and never copied', async () => {
  const s = scenario(listing([{ path: 'big.bin', store: false }]), { 'big.bin': 'needle-1' });
  await s.run('t');
  expect(Object.values(s.under('.cache/content')).join('')).not.toContain('needle-1');
  s.write('big.bin', 'needle-2');
  expect(await s.run('t')).toEqual(['t']);
});

it('an input that is a folder without a final slash is taken as one', async () => {
  const s = scenario(listing(['src']), { 'src/a.txt': '1' });
  await s.run('t');
  s.write('src/b.txt', '2');
  expect(await s.run('t')).toEqual(['t']);
  expect(await s.run('t')).toEqual([]);
});

it('a link that leads nowhere is refused, or counts as one: its target makes the task stale when it comes', async () => {
  const s = scenario(listing(['link.txt']));
  symlinkSync('nowhere.txt', s.path('link.txt'));
  const ran = await s.orch(['run', 't']);
  if (ran.code !== 0) {
    expect([1, 2]).toContain(ran.code);
    expect(ran.stderr).toContain('link.txt');
  }
  s.write('nowhere.txt', 'there now');
  s.ran();
  expect(await s.run('t')).toEqual(['t']);
});

it('links in a ring under a folder are an error or are taken once, and nothing hangs', async () => {
  const s = scenario(listing(['src/']), { 'src/a.txt': '1' });
  symlinkSync('../src', s.path('src/self'));
  const ran = await s.orch(['run', 't']);
  expect([0, 1, 2]).toContain(ran.code);
});

it('a parameter given as its default is the same value', async () => {
  const s = scenario(
    { t: task('t ${{ params.n }}', 'echo > out.txt', { outputs: ['out.txt'] }) },
    {},
    { params: { n: { type: 'number', default: 1 } } },
  );
  expect(await s.run('t')).toEqual(['t 1']);
  expect(await s.run('t', '--param', 'n=1')).toEqual([]);
  expect(await s.run('t', '--n', '1.0')).toEqual([]);
});
