/** FAULTS 67-73: what lies outside, odd names, and files that are no files (B3). */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Fields, said, scenario, task } from './support/scenario.ts';

const use = (input: unknown, fields: Fields = {}): Fields => ({
  t: task('t', 'cat ${{ inputs }} > out.txt', { inputs: [input], outputs: ['out.txt'], ...fields }),
});

describe('FAULT 67: what leaves the root is refused', () => {
  it.each([
    ['an input with ..', { inputs: ['../x.txt'] }],
    ['an input that climbs out in the middle', { inputs: ['a/../../x.txt'] }],
    ['an absolute input', { inputs: ['/etc/hostname'] }],
    ['an output with ..', { outputs: ['../x.txt'] }],
    ['an absolute output', { outputs: ['/nowhere/x.txt'] }],
    ['a folder with ..', { inputs: ['../'] }],
    ['a glob with ..', { inputs: ['../*.txt'] }],
  ])('%s', async (_what, fields) => {
    const s = scenario({ t: task('t', '', fields) });
    const ran = await s.exits(2, ['run', 't']);
    expect(ran.stderr).toMatch(/orch\.yaml:\d+:\d+/);
    expect(s.ran()).toEqual([]);
  });

  it('an external input may lie outside, and counts', async () => {
    const s = scenario({});
    const path = join(s.outside, 'x.txt');
    writeFileSync(path, '1\n');
    s.flow(use({ path, external: true }));
    expect(await s.run('t')).toEqual(['t']);
    expect(s.read('out.txt')).toBe('1\n');
    expect(await s.run('t')).toEqual([]);
    writeFileSync(path, '2\n');
    expect(await s.run('t')).toEqual(['t']);
  });

  it('a folder link that leaves the root is followed only when allow_links lists it', async () => {
    const s = scenario(
      { t: task('t', 'cat data/link/x.txt > out.txt', { inputs: ['data/'], outputs: ['out.txt'] }) },
      { 'data/a.txt': '' },
    );
    mkdirSync(join(s.outside, 'far'));
    writeFileSync(join(s.outside, 'far/x.txt'), '1\n');
    symlinkSync(join(s.outside, 'far'), s.path('data/link'));
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('data/link');
    expect(s.ran()).toEqual([]);
    s.flow(
      { t: task('t', 'cat data/link/x.txt > out.txt', { inputs: ['data/'], outputs: ['out.txt'] }) },
      { allow_links: ['data/link'] },
    );
    expect(await s.run('t')).toEqual(['t']);
    writeFileSync(join(s.outside, 'far/x.txt'), '2\n');
    expect(await s.run('t')).toEqual(['t']);
    expect(s.read('out.txt')).toBe('2\n');
  });

  it('an output through a folder link that leaves the root is refused', async () => {
    const s = scenario({ t: task('t', 'echo 1 > link/x.txt', { outputs: ['link/x.txt'] }) });
    mkdirSync(join(s.outside, 'far'));
    writeFileSync(join(s.outside, 'far/x.txt'), 'theirs\n');
    symlinkSync(join(s.outside, 'far'), s.path('link'));
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(s.ran()).toEqual([]);
    expect(readFileSync(join(s.outside, 'far/x.txt'), 'utf8')).toBe('theirs\n');
  });

  it('a link among the outputs never leads a later clean-up outside', async () => {
    const s = scenario({
      t: task('t', 'mkdir -p out; ln -s "$OUTSIDE/far" out/link', { outputs: ['out/'] }),
    });
    mkdirSync(join(s.outside, 'far'));
    writeFileSync(join(s.outside, 'far/x.txt'), 'theirs\n');
    await s.orch(['run', 't']);
    await s.orch(['run', '--force', 't']);
    await s.orch(['clean', '--outputs', '-y']);
    expect(readFileSync(join(s.outside, 'far/x.txt'), 'utf8')).toBe('theirs\n');
  });
});

describe('FAULTS 68 and 69: a name is taken literally', () => {
  const NAMES = [
    'two words.txt',
    "it's.txt",
    'a "quoted".txt',
    'line\nbreak.txt',
    '$(touch injected).txt',
    '`touch injected`.txt',
    ';touch injected;.txt',
    '$HOME.txt',
    '-n',
    '--help',
    'ünï.txt',
    '#x.txt',
    '~x.txt',
  ];

  it.each(NAMES)('%j as an input', async (name) => {
    const s = scenario(use(name), { [name]: 'text\n' });
    await s.ok('run', 't');
    expect(s.read('out.txt')).toBe('text\n');
    expect(s.exists('injected')).toBe(false);
    s.ran();
    s.write(name, 'other\n');
    expect(await s.run('t')).toEqual(['t']);
  });

  it.each(NAMES)('%j as an output', async (name) => {
    const s = scenario({ t: task('t', 'echo text > ${{ outputs[0] }}', { outputs: [name] }) });
    await s.ok('run', 't');
    expect(s.read(name)).toBe('text\n');
    s.remove(name);
    s.ran();
    expect(await s.run('t')).toEqual([]);
    expect(s.read(name)).toBe('text\n');
    expect(s.exists('injected')).toBe(false);
  });

  it('all of them under a folder, by a folder and by a glob', async () => {
    const files = Object.fromEntries(NAMES.map((name, index) => [`in/${name}`, `${index}\n`]));
    const s = scenario(
      {
        folder: task('folder', 'cp -R in out', { inputs: ['in/'], outputs: ['out/'] }),
        glob: task('glob', 'cat ${{ inputs[0] }} | sort -n > all.txt', {
          inputs: ['in/*'],
          outputs: ['all.txt'],
        }),
      },
      files,
    );
    await s.ok('run', 'folder', 'glob');
    expect(s.under('out')).toEqual(s.under('in'));
    expect(s.read('all.txt')).toBe(NAMES.map((_name, index) => `${index}\n`).join(''));
    s.ran();
    s.write('in/line\nbreak.txt', 'other\n');
    expect((await s.run('folder', 'glob')).toSorted()).toEqual(['folder', 'glob']);
    s.remove('out');
    expect(await s.run('folder')).toEqual([]);
    expect(s.under('out')).toEqual(s.under('in'));
  });
});

it('FAULT 70: NFC and NFD names are distinct', async () => {
  const nfc = 'in/\u00e9.txt';
  const nfd = 'in/e\u0301.txt';
  const s = scenario(
    { t: task('t', 'cat ${{ inputs }} > out.txt', { inputs: [nfc, nfd], outputs: ['out.txt'] }) },
    { [nfc]: 'c\n', [nfd]: 'd\n' },
  );
  await s.ok('run', 't');
  expect(s.read('out.txt').length).toBe(4);
  s.write(nfd, 'x\n');
  s.ran();
  expect(await s.run('t')).toEqual(['t']);
});

it('FAULT 71: A and a are distinct', async () => {
  const s = scenario(
    { t: task('t', 'cat ${{ inputs }} > out.txt', { inputs: ['A', 'a'], outputs: ['out.txt'] }) },
    { A: '1\n', a: '2\n' },
  );
  await s.ok('run', 't');
  expect(s.read('out.txt')).toBe('1\n2\n');
  s.write('a', '3\n');
  s.ran();
  expect(await s.run('t')).toEqual(['t']);
});

it('FAULT 72: [x].txt as a literal path is found', async () => {
  const s = scenario(use('[x].txt'), { '[x].txt': 'text\n', 'x.txt': 'other\n' });
  await s.ok('run', 't');
  expect(s.read('out.txt')).toBe('text\n');
});

describe('FAULT 73: as an input is an error, and nothing hangs', () => {
  it.each([['named'], ['under a folder']])('a FIFO, %s', async (how) => {
    const s = scenario(
      { t: task('t', '', { inputs: [how === 'named' ? 'in/pipe' : 'in/'] }) },
      { 'in/a.txt': '' },
    );
    execFileSync('mkfifo', [s.path('in/pipe')]);
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('in/pipe');
    expect(s.ran()).toEqual([]);
  });

  it('a socket', async () => {
    const s = scenario({ t: task('t', '', { inputs: ['socket'] }) });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(s.path('socket'), resolve));
    onTestFinished(() => void server.close());
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('socket');
    expect(s.ran()).toEqual([]);
  });

  it('a device', async () => {
    const s = scenario({ t: task('t', '', { inputs: [{ path: '/dev/zero', external: true }] }) });
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('/dev/zero');
    expect(s.ran()).toEqual([]);
  });

  it('and as an output a failure', async () => {
    const s = scenario({ t: task('t', 'mkfifo out.pipe', { outputs: ['out.pipe'] }) });
    const ran = await s.exits(1, ['run', 't']);
    expect(said(ran)).toContain('out.pipe');
  });
});

it('an input that is absent and that no task makes is an error before anything runs', async () => {
  const s = scenario({
    other: task('other'),
    t: task('t', '', { inputs: ['nowhere.txt'], needs: ['other'] }),
  });
  const ran = await s.exits(2, ['run', 't']);
  expect(ran.stderr).toContain('nowhere.txt');
  expect(s.ran()).toEqual([]);
});

it('an input glob that matches nothing is an error unless optional', async () => {
  const s = scenario({ t: task('t', '', { inputs: ['in/*.txt'] }) });
  const ran = await s.orch(['run', 't']);
  expect([1, 2]).toContain(ran.code);
  expect(said(ran)).toContain('in/*.txt');
  expect(s.ran()).toEqual([]);
  s.flow({ t: task('t', '', { inputs: [{ path: 'in/*.txt', optional: true }] }) });
  expect(await s.run('t')).toEqual(['t']);
});
