/** `orch watch` as a process: how it ends, what it does to running tasks, and what it leaves to others. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { type Fields, said, scenario, task } from './support/scenario.ts';
import { watchEvents, watching } from './support/watching.ts';

const copy: Fields = { t: task('t', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }) };
const held: Fields = {
  t: task('t', `sh -c '${holdAt('child')}' & ${holdAt('t')}; cat in.txt > out.txt`, {
    inputs: ['in.txt'],
    outputs: ['out.txt'],
    grace: '5s',
  }),
};

describe.each([
  ['SIGINT', 0, 130],
  ['SIGTERM', 143, 143],
  ['SIGHUP', 129, 129],
] as const)('%s', (signal, whileWaiting, inRun) => {
  it(`ends a watch that waits with ${whileWaiting}`, async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const w = watching(s, ['t']);
    await w.round();
    w.kill(signal);
    const ran = await w.done;
    expect([ran.code, ran.stderr]).toEqual([whileWaiting, '']);
  });

  it(`ends a run that is going on, and then the watch, with ${inRun}; no process survives`, async () => {
    const s = scenario(held, { 'in.txt': '1\n' });
    const [t, child] = [gate(s, 't'), gate(s, 'child')];
    const w = watching(s, ['t']);
    const pids = [...(await t.reached()), ...(await child.reached())];
    w.kill(signal);
    const ran = await w.done;
    expect(ran.code, said(ran)).toBe(inRun);
    expect(watchEvents(ran.stdout).at(-1)).toMatchObject({ event: 'run-finished', state: 'interrupted' });
    for (const pid of pids) await until(() => !isAlive(pid), `the end of ${pid}`);
  });
});

it('a second Ctrl-C kills what a run left running', async () => {
  const loop = 'while [ -d "$GATES" ]; do read go < "$GATES/t" || true; done';
  const s = scenario({
    t: task('t', `trap 'echo >> "$GATES/int.up"' INT\necho $$ >> "$GATES/t.up"\n${loop}`, { grace: '1h' }),
  });
  const [t, int] = [gate(s, 't'), gate(s, 'int')];
  const w = watching(s, ['t']);
  const [pid = 0] = await t.reached();
  w.kill('SIGINT');
  await int.reached();
  w.kill('SIGINT');
  expect((await w.done).code).toBe(130);
  await until(() => !isAlive(pid), 'the end of the command');
});

describe('--on-busy restart', () => {
  it('ends the run that is going on gently and starts anew', async () => {
    const s = scenario(held, { 'in.txt': '1\n', 'other.txt': '1\n' });
    const [t, child] = [gate(s, 't'), gate(s, 'child')];
    const w = watching(s, ['--on-busy', 'restart', 't']);
    const pids = [...(await t.reached()), ...(await child.reached())];
    s.write('in.txt', '2\n');
    await t.reached(2);
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
    child.release();
    t.release();
    const { events, exitCode } = await w.round();
    expect(exitCode).toBe(0);
    expect(events.filter(({ event }) => event === 'watch-change' || event === 'run-finished')).toMatchObject([
      { event: 'watch-change', paths: ['in.txt'], interrupts: true },
      { event: 'run-finished', state: 'interrupted', exitCode: 143 },
      { event: 'run-finished', state: 'succeeded' },
    ]);
    expect(s.read('out.txt')).toBe('2\n');
  });

  it('leaves a run alone that writes outputs, or next to which other files change', async () => {
    const s = scenario(
      {
        gen: task('gen', 'echo 1 > src/gen.txt', { inputs: ['src/a.txt'], outputs: ['src/gen.txt'] }),
        t: task('t', `${holdAt('t')}; cat src/*.txt > out.txt`, {
          inputs: ['src/*.txt'],
          outputs: ['out.txt'],
        }),
      },
      { 'src/a.txt': 'a\n' },
    );
    const t = gate(s, 't');
    const w = watching(s, ['t', '--on-busy=restart']);
    await t.reached();
    s.write('src/notes.md', 'not an input\n');
    t.release();
    const { events } = await w.round();
    expect(events.filter(({ event }) => event === 'watch-change')).toEqual([]);
    expect(s.ran()).toEqual(['gen', 't']);
  });

  it('is interrupted itself while it restarts', async () => {
    const s = scenario(
      { t: task('t', `trap '' TERM INT; ${holdAt('t')}; cat in.txt`, { inputs: ['in.txt'], grace: '1h' }) },
      { 'in.txt': '1\n' },
    );
    const t = gate(s, 't');
    const w = watching(s, ['--on-busy', 'restart', 't']);
    const [pid = 0] = await t.reached();
    s.write('in.txt', '2\n');
    await w.event('watch-change');
    w.kill('SIGINT');
    expect((await w.done).code).toBe(130);
    await until(() => !isAlive(pid), 'the end of the command');
  });
});

it('holds no lock while it waits: another run goes on at once, and sets off nothing', async () => {
  const s = scenario(copy, { 'in.txt': '1\n' });
  const w = watching(s, ['t']);
  await w.round();
  await s.ok('run', '--no-wait', '-B', 't');
  s.remove('out.txt');
  await s.ok('run', '--no-wait', 't');
  s.write('in.txt', '2\n');
  expect((await w.round()).paths).toEqual(['in.txt']);
  expect(s.ran()).toEqual(['t', 't', 't']);
});

it('waits for another run of the project and takes what that made', async () => {
  const s = scenario(
    { t: task('t', `${holdAt('t')}; cat in.txt > out.txt`, { inputs: ['in.txt'], outputs: ['out.txt'] }) },
    { 'in.txt': '1\n' },
  );
  const t = gate(s, 't');
  const other = s.start(['run', 't']);
  await t.reached();
  const w = watching(s, ['t']);
  expect(await w.event('task-waiting')).toMatchObject({ task: 't', pid: other.pid });
  t.release();
  expect(await w.round()).toMatchObject({ outcomes: { t: 'up-to-date' }, exitCode: 0 });
  // Both see the change; one of them runs.
  const second = watching(s, ['t']);
  await second.round();
  s.ran();
  s.write('in.txt', '2\n');
  t.release();
  const rounds = [await w.round(), await second.round()];
  expect(rounds.map(({ outcomes }) => outcomes['t']).sort()).toEqual(['succeeded', 'up-to-date']);
  expect(s.ran()).toEqual(['t']);
});

it('keeps nothing from run to run: files, timers, handlers', async () => {
  const s = scenario(copy, { 'in.txt': '0\n' });
  const w = watching(s, ['t', '--debounce', '5ms']);
  await w.round();
  let early: string[] = [];
  for (let at = 1; at <= 30; at++) {
    s.write('in.txt', `${at}\n`);
    expect((await w.round()).outcomes).toEqual({ t: 'succeeded' });
    if (at === 3) early = openFiles(w.pid);
  }
  expect(openFiles(w.pid)).toEqual(early);
  w.kill('SIGINT');
  const ran = await w.done;
  // Node says there where listeners pile up.
  expect(ran.stderr).toBe('');
});

/** What a process has open, by what it is; nothing where the system doesn't tell. */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((fd) => {
      try {
        return [readlinkSync(join(folder, fd)).replace(/:\[\d+\]/, '')];
      } catch {
        return [];
      }
    })
    .sort();
}

it('watches folders, not files: 10,000 of them in 100 folders', async () => {
  const s = scenario({
    t: task('t', 'ls src | wc -l > out.txt', { inputs: ['src/**/*.txt'], outputs: ['out.txt'] }),
  });
  for (let folder = 0; folder < 100; folder++) {
    mkdirSync(s.path(`src/d${folder}`), { recursive: true });
    for (let file = 0; file < 100; file++) writeFileSync(s.path(`src/d${folder}/f${file}.txt`), `${file}`);
  }
  const w = watching(s, ['t']);
  const first = await w.round();
  expect(first.events.at(-1)).toMatchObject({ files: 10_001, folders: 103, pollMs: null });
  expect(watchCount(w.pid) ?? 102).toBe(102);
  s.write('src/d57/f99.txt', 'changed');
  expect((await w.round()).paths).toEqual(['src/d57/f99.txt']);
});

/** Watches that a process has of the system; null where that doesn't tell. */
function watchCount(pid: number): number | null {
  const folder = `/proc/${pid}/fdinfo`;
  if (!existsSync(folder)) return null;
  const infos = readdirSync(folder).map((fd) => readFileSync(join(folder, fd), 'utf8'));
  return infos.join('').split('inotify wd').length - 1;
}

describe.each([
  ['ENOSPC', 'fs.inotify.max_user_watches'],
  ['EMFILE', 'ulimit -n'],
])('where the system refuses to watch (%s)', (code, advice) => {
  it('says what to raise and looks again and again', async () => {
    const s = scenario(
      { t: task('t', 'cat src/*/*.txt > out.txt', { inputs: ['src/**/*.txt'], outputs: ['out.txt'] }) },
      { 'src/a/1.txt': '1\n', 'src/b/2.txt': '2\n' },
    );
    const limit = join(s.outside, 'limit.cjs');
    writeFileSync(
      limit,
      `const fs = require('node:fs');
const { watch } = fs;
let left = 2;
fs.watch = (...args) => {
  if (left-- > 0) return watch(...args);
  throw Object.assign(new Error('${code}'), { code: '${code}', syscall: 'watch' });
};`,
    );
    const w = watching(s, ['t'], { env: { NODE_OPTIONS: `--require ${limit}` } });
    expect(await w.event('notice')).toMatchObject({ code: 'watch-polling', level: 'warning' });
    expect((await w.round()).events.at(-1)).toMatchObject({ pollMs: 1_000, exitCode: 0 });
    s.write('src/b/2.txt', 'B\n');
    expect((await w.round()).paths).toEqual(['src/b/2.txt']);
    w.kill('SIGINT');
    const ran = await w.done;
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(advice);
  });
});

it('--poll looks instead of being told', async () => {
  const s = scenario(copy, { 'in.txt': '1\n' });
  const w = watching(s, ['t', '--poll', '100ms']);
  expect((await w.round()).events.at(-1)).toMatchObject({ pollMs: 100 });
  s.write('in.txt', '2\n');
  expect((await w.round()).paths).toEqual(['in.txt']);
  expect(watchCount(w.pid) ?? 0).toBe(0);
});

it('ends when nobody reads what it says any more', async () => {
  const s = scenario(copy, { 'in.txt': '1\n' });
  s.write('pipe.sh', 'set -e\n"$BIN" watch --json t | head -n 3 > seen; echo done >> seen\n');
  const t = s.start(['--version']);
  await t.done;
  const { execFile } = await import('node:child_process');
  const shell = execFile('sh', ['pipe.sh'], { cwd: s.dir, env: s.environment() });
  const ended = new Promise((resolve) => shell.on('close', resolve));
  await until(() => s.exists('seen') && s.read('seen').split('\n').length > 3, 'three lines');
  s.write('in.txt', '2\n');
  await ended;
  expect(s.read('seen')).toMatch(/done\n$/);
});
