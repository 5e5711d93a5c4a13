/** FAULTS 67-73: what lies outside, odd names, and files that are no files (B3). */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareScenario, type Fields, flow, said, scenario, task } from './support/scenario.ts';

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

/** Files of these names as inputs, as outputs that are deleted and restored, and found by what takes many. */
function takenLiterally(names: readonly string[]): void {
  it('as inputs', async () => {
    const tasks = names.map((name, at): [string, Fields] => [
      `t${at}`,
      task(`t${at}`, 'cat ${{ inputs }} > ${{ outputs[0] }}', { inputs: [name], outputs: [`out-${at}.txt`] }),
    ]);
    const s = scenario(
      { ...Object.fromEntries(tasks), all: { needs: tasks.map(([name]) => name) } },
      Object.fromEntries(names.map((name) => [name, `text of ${name}\n`])),
    );
    await s.ok('run', 'all');
    for (const [at, name] of names.entries()) expect(s.read(`out-${at}.txt`)).toBe(`text of ${name}\n`);
    expect(s.exists('injected')).toBe(false);
    for (const name of names) s.write(name, 'other\n');
    expect((await s.run('all')).toSorted()).toEqual(tasks.map(([name]) => name).toSorted());
  });

  it('as outputs', async () => {
    const tasks = names.map((name, at): [string, Fields] => [
      `t${at}`,
      task(`t${at}`, `echo ${at} > \${{ outputs[0] }}`, { outputs: [name] }),
    ]);
    const s = scenario(Object.fromEntries(tasks));
    const targets = tasks.map(([name]) => name);
    await s.ok('run', ...targets);
    for (const [at, name] of names.entries()) expect(s.read(name), name).toBe(`${at}\n`);
    for (const name of names) s.remove(name);
    expect(await s.run(...targets)).toEqual([]);
    for (const [at, name] of names.entries()) expect(s.read(name), name).toBe(`${at}\n`);
    expect(s.exists('injected')).toBe(false);
  });

  it('all of them under a folder, by a folder and by a glob', async () => {
    const files = Object.fromEntries(names.map((name, index) => [`in/${name}`, `${index}\n`]));
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
    expect(s.read('all.txt')).toBe(names.map((_name, index) => `${index}\n`).join(''));
    s.ran();
    s.write(`in/${names[0]}`, 'other\n');
    expect((await s.run('folder', 'glob')).toSorted()).toEqual(['folder', 'glob']);
    s.remove('out');
    expect(await s.run('folder')).toEqual([]);
    expect(s.under('out')).toEqual(s.under('in'));
  });
}

describe('FAULT 68: spaces, quotes, newlines and $() in a name are taken literally', () => {
  takenLiterally([
    'line\nbreak.txt',
    'two words.txt',
    "it's.txt",
    'a "quoted".txt',
    '$(touch injected).txt',
    '`touch injected`.txt',
    ';touch injected;.txt',
    '$HOME.txt',
    'ünï.txt',
    '#x.txt',
    '~x.txt',
  ]);

  it('in the name of the root, and of a folder from where orch is called', async () => {
    const name = '$(touch injected) \'"\nroot';
    const s = bareScenario({
      [`${name}/orch.yaml`]: flow({
        t: task('t', 'cat ${{ inputs }} > ${{ outputs[0] }}', { inputs: ['sub/in.txt'], outputs: ['o.txt'] }),
      }),
      [`${name}/sub/in.txt`]: 'text\n',
    });
    await s.ok('-C', name, 'run', 't');
    expect(s.read(`${name}/o.txt`)).toBe('text\n');
    s.remove(`${name}/o.txt`);
    const again = await s.orch(['run', 't'], { cwd: `${name}/sub` });
    expect(again.code, said(again)).toBe(0);
    expect(s.read(`${name}/o.txt`)).toBe('text\n');
    expect(s.ran()).toEqual(['t']);
    expect(s.exists('injected') || s.exists(`${name}/injected`)).toBe(false);
  });
});

describe('FAULT 69: a name that begins with a dash is never an option', () => {
  takenLiterally(['-n', '--help', '-rf', '--']);

  it('where a glob finds it among others', async () => {
    const s = scenario(
      {
        t: task('t', 'cat ${{ inputs }} > out.txt', { inputs: ['*.txt', '!out.txt'], outputs: ['out.txt'] }),
      },
      { '-E.txt': '1\n', '--version.txt': '2\n', 'a.txt': '3\n' },
    );
    await s.ok('run', 't');
    expect(s.read('out.txt').split('\n').toSorted().join('')).toBe('123');
  });

  it('nor is it for orch itself, where it sets files aside and removes its own', async () => {
    const s = scenario({ t: task('t', 'echo made > ./-rf', { outputs: ['-rf'] }) }, { 'keep.txt': 'mine\n' });
    await s.ok('run', 't');
    s.write('-rf', 'edited\n');
    await s.ok('run', 't');
    await s.ok('clean', '--outputs', '-y');
    expect([s.exists('-rf'), s.read('keep.txt')]).toEqual([false, 'mine\n']);
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
