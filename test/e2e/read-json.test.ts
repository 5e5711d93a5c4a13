/** `read_json` of what other tasks made: by its record, wherever the content is at the moment (SPEC B4, C10). */
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Fields, said, scenario, task } from './support/scenario.ts';

const make = task('a', `echo '{"n": '$(cat in.txt)'}' > conf.json`, {
  inputs: ['in.txt'],
  outputs: ['conf.json'],
});

function reader(fields: Fields): Fields {
  return task('b', 'echo ${{ read_json("conf.json").n }} > b.txt', { outputs: ['b.txt'], ...fields });
}

describe.each([
  ['listed as an input', { inputs: ['conf.json'] }],
  ['made by a need', { needs: ['a'] }],
])('an upstream file, %s', (_how, fields) => {
  it('is read from the cache where it is not on the disk, and stays away', async () => {
    const s = scenario({ a: make, b: reader(fields) }, { 'in.txt': '1' });
    await s.ok('run', 'b');
    for (const path of ['conf.json', 'b.txt']) s.remove(path);
    expect((await s.ok('status', '--exit-code')).stdout).toMatch(/2 up to date/);
    expect((await s.ok('run', '-n', 'b')).stdout).toMatch(/b +restore \(output b.txt missing\)/);
    expect(s.exists('.cache/tmp')).toBe(true);
    expect(s.under('.cache/tmp')).toEqual({});
    expect(await s.outcomes('b')).toEqual({ a: 'up-to-date', b: 'restored' });
    expect(s.exists('conf.json')).toBe(false);
    expect(s.read('b.txt')).toBe('1\n');
  });

  it('is what a command that runs is given', async () => {
    const s = scenario({ a: make, b: reader(fields) }, { 'in.txt': '1' });
    await s.ok('run', 'b');
    s.write('in.txt', '2');
    await s.ok('run', 'a');
    s.remove('conf.json');
    expect((await s.ok('run', '-n', 'b')).stdout).toMatch(/b +run \(command changed/);
    expect(await s.run('b')).toEqual(['b']);
    expect(s.read('b.txt')).toBe('2\n');
  });

  it('counts as recorded where it was edited by hand', async () => {
    const s = scenario({ a: make, b: reader(fields) }, { 'in.txt': '1' });
    await s.ok('run', 'b');
    s.write('conf.json', '{"n": 7}');
    expect((await s.ok('run', '-n', 'b')).stdout).not.toMatch(/b +run/);
    await s.ok('run', 'b');
    expect(s.read('b.txt')).toBe('1\n');
  });

  it('is made again where neither the disk nor the cache has it', async () => {
    const s = scenario({ a: make, b: reader(fields) }, { 'in.txt': '1' });
    await s.ok('run', 'b');
    s.remove('conf.json');
    rmSync(s.path('.cache/content'), { recursive: true });
    expect((await s.ok('run', '-n', 'b')).stdout).toMatch(/a +run \(.*no longer in the cache\)/);
    expect(existsSync(s.path('.cache/content'))).toBe(false);
    expect(await s.run('b')).toEqual(['a']);
    expect(s.read('b.txt')).toBe('1\n');
  });
});

it('a file in an input folder is among the inputs', async () => {
  const b = task('b', 'echo ${{ read_json("cfg/x.json").n }} > b.txt', {
    inputs: ['cfg/'],
    outputs: ['b.txt'],
  });
  const s = scenario({ b }, { 'cfg/x.json': '{"n": 1}' });
  expect(await s.run('b')).toEqual(['b']);
  expect(s.read('b.txt')).toBe('1\n');
});

it('a file behind a link that another task made is read by its record too', async () => {
  const s = scenario(
    {
      c: task('c', 'mkdir -p made; cp in.txt made/x.json', { inputs: ['in.txt'], outputs: ['made/'] }),
      a: task('a', 'ln -sfn made link', { needs: ['c'], outputs: ['link'] }),
      b: task('b', 'echo ${{ read_json("link/x.json").n }} > b.txt', {
        inputs: ['link/x.json'],
        outputs: ['b.txt'],
      }),
    },
    { 'in.txt': '{"n": 1}' },
  );
  await s.ok('run', 'b');
  for (const path of ['made', 'link', 'b.txt']) s.remove(path);
  expect(await s.run('b')).toEqual([]);
  expect(s.read('b.txt')).toBe('1\n');
  s.remove('made');
  rmSync(s.path('.cache/content'), { recursive: true });
  expect(await s.run('b')).toEqual(['c']);
  s.remove('made');
  s.remove('link');
  symlinkSync('made', s.path('link'));
  expect(await s.run('b')).toEqual([]);
});

it('what is no JSON is named', async () => {
  const s = scenario({
    a: task('a', 'echo no > conf.json', { outputs: ['conf.json'] }),
    b: reader({ needs: ['a'] }),
  });
  expect(said(await s.exits(1, ['run', 'b']))).toMatch(/read_json: conf.json can't be read as JSON/);
});

it('metrics are read by their record without writing anything, and made again where they are gone', async () => {
  const s = scenario(
    {
      a: task('a', `echo '{"n": '$(cat in.txt)'}' > m.json`, { inputs: ['in.txt'], metrics: ['m.json'] }),
      b: task('b', 'echo ${{ metrics.a.n }} > b.txt', { needs: ['a'], outputs: ['b.txt'] }),
    },
    { 'in.txt': '1' },
  );
  await s.ok('run', 'b');
  s.write('m.json', '{"n": 7}');
  await s.ok('run', 'b');
  expect(s.read('b.txt')).toBe('1\n');
  s.remove('m.json');
  await s.ok('status', '--exit-code');
  expect(s.under('.cache/tmp')).toEqual({});
  rmSync(s.path('.cache/content'), { recursive: true });
  expect(await s.run('b')).toEqual(['a']);
  expect(s.read('b.txt')).toBe('1\n');
});
