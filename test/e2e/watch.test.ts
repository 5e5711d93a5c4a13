/** `orch watch`: what sets off a run and what doesn't. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { gate, holdAt } from './support/gate.ts';
import { bareScenario, type Fields, flow, said, scenario, task } from './support/scenario.ts';
import { watchEvents, watching } from './support/watching.ts';

/** Every text below src/, joined. */
const join_: Fields = {
  join: task('join', 'cat $(find src -name "*.txt" | sort) > all.txt', {
    inputs: ['src/**/*.txt'],
    outputs: ['all.txt'],
  }),
};

it('runs at once, waits, and runs again when the content of a source changes; a touched file begins nothing', async () => {
  const s = scenario(join_, { 'src/a.txt': 'a\n', 'src/b.txt': 'b\n' });
  const w = watching(s, ['join']);
  expect(await w.round()).toMatchObject({ paths: [], outcomes: { join: 'succeeded' }, exitCode: 0 });
  utimesSync(s.path('src/a.txt'), new Date(), new Date());
  s.write('src/a.txt', 'a\n');
  s.write('src/b.txt', 'B\n');
  expect(await w.round()).toMatchObject({ paths: ['src/b.txt'], outcomes: { join: 'succeeded' } });
  expect(s.read('all.txt')).toBe('a\nB\n');
  expect(s.ran()).toEqual(['join', 'join']);
  w.kill('SIGINT');
  const ran = await w.done;
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
});

it('sees new, removed and renamed files and folders under a glob', async () => {
  const s = scenario(join_, { 'src/a.txt': 'a\n' });
  const w = watching(s, ['join']);
  await w.round();
  s.write('src/new/deep/b.txt', 'b\n');
  expect((await w.round()).paths).toEqual(['src/new/deep/b.txt']);
  s.write('src/new/deep/b.txt', 'B\n');
  expect((await w.round()).paths).toEqual(['src/new/deep/b.txt']);
  renameSync(s.path('src/new'), s.path('src/other'));
  expect((await w.round()).paths).toEqual(['src/new/deep/b.txt', 'src/other/deep/b.txt']);
  s.write('src/other/deep/b.txt', 'again\n');
  expect((await w.round()).paths).toEqual(['src/other/deep/b.txt']);
  s.remove('src/other');
  expect((await w.round()).paths).toEqual(['src/other/deep/b.txt']);
  s.write('src/other/deep/b.txt', 'back\n');
  expect((await w.round()).paths).toEqual(['src/other/deep/b.txt']);
  expect(s.read('all.txt')).toBe('a\nback\n');
});

it('follows a folder whose parent is renamed away and back', async () => {
  const s = scenario(
    { t: task('t', 'cat a/b/in.txt > out.txt', { inputs: ['a/b/in.txt'], outputs: ['out.txt'] }) },
    { 'a/b/in.txt': '1\n' },
  );
  const w = watching(s, ['t']);
  await w.round();
  renameSync(s.path('a'), s.path('z'));
  expect(await w.round()).toMatchObject({ paths: ['a/b/in.txt'], exitCode: 2 });
  s.write('z/b/in.txt', '2\n');
  renameSync(s.path('z'), s.path('a'));
  expect(await w.round()).toMatchObject({ paths: ['a/b/in.txt'], outcomes: { t: 'succeeded' } });
  s.write('a/b/in.txt', '3\n');
  await w.round();
  expect(s.read('out.txt')).toBe('3\n');
});

it('sees a file that an editor replaces: written beside it, then renamed', async () => {
  const s = scenario(join_, { 'src/a.txt': 'a\n' });
  const w = watching(s, ['join']);
  await w.round();
  for (const text of ['one\n', 'two\n', 'three\n']) {
    s.write('src/.a.txt.swp', text);
    renameSync(s.path('src/.a.txt.swp'), s.path('src/a.txt'));
    expect((await w.round()).paths).toEqual(['src/a.txt']);
    expect(s.read('all.txt')).toBe(text);
  }
});

it('takes a git checkout that changes hundreds of files for one change', async () => {
  const s = scenario(join_);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: s.dir,
      stdio: 'ignore',
      env: { ...s.environment(), GIT_CONFIG_NOSYSTEM: '1', HOME: s.outside },
    });
  const fill = (text: string) => {
    for (let at = 0; at < 300; at++) s.write(`src/f${at}.txt`, `${text}${at}\n`);
  };
  git('init', '-q', '-b', 'main');
  s.write('.gitignore', '.cache/\nall.txt\n');
  fill('one');
  git('add', '.');
  git('commit', '-qm', 'one');
  git('checkout', '-qb', 'other');
  fill('two');
  git('commit', '-qam', 'two');
  // A busy machine may take its time over 300 files.
  const w = watching(s, ['join', '--debounce', '500ms']);
  await w.round();
  git('checkout', '-q', 'main');
  const round = await w.round();
  expect(round.events.filter(({ event }) => event === 'watch-change')).toMatchObject([{ count: 300 }]);
  expect(round.paths.length).toBe(20);
  expect(s.ran()).toEqual(['join', 'join']);
});

it('reads an edited pipeline again; while it is broken it shows why and goes on watching', async () => {
  const s = scenario(join_, { 'src/a.txt': 'a\n' });
  const w = watching(s, ['join']);
  await w.round();
  const right = s.read('orch.yaml');
  s.write('orch.yaml', `${right}\n  nonsense here: [`);
  expect(await w.round()).toMatchObject({ paths: ['orch.yaml'], outcomes: {}, exitCode: 2 });
  // What it meant isn't known as long as it's broken.
  s.write('src/a.txt', 'A\n');
  s.flow({ join: task('join2', 'cat src/a.txt > all.txt', { inputs: ['src/a.txt'], outputs: ['all.txt'] }) });
  expect(await w.round()).toMatchObject({ outcomes: { join: 'succeeded' }, exitCode: 0 });
  expect(s.read('all.txt')).toBe('A\n');
  expect(s.ran()).toEqual(['join', 'join2']);
  w.kill('SIGINT');
  const { stderr } = await w.done;
  expect(stderr).toMatch(/orch\.yaml:\d+:\d+: error\[/);
  expect(stderr).toContain('nonsense here');
});

it('waits for a pipeline that is broken from the start, but not for a target that is not there', async () => {
  const s = bareScenario({ 'src/a.txt': 'a\n', 'orch.yaml': 'version: 1\nname: flow\ntasks: [' });
  const w = watching(s, ['join']);
  expect((await w.round()).exitCode).toBe(2);
  s.flow(join_);
  expect(await w.round()).toMatchObject({ outcomes: { join: 'succeeded' }, exitCode: 0 });
  const ran = await s.exits(2, ['watch', 'jion']);
  expect(ran.stderr).toContain("did you mean 'join'?");
});

it('goes on when the pipeline file is gone for a while, and leaves a project around it alone', async () => {
  const s = scenario({ join: task('outer', '') });
  s.write('inner/orch.yaml', flow(join_));
  s.write('inner/src/a.txt', 'a\n');
  const w = watching(s, ['join'], { cwd: 'inner' });
  expect((await w.round()).exitCode).toBe(0);
  renameSync(s.path('inner/orch.yaml'), s.path('inner/away.yaml'));
  expect((await w.round()).exitCode).toBe(2);
  s.write('inner/src/a.txt', 'A\n');
  renameSync(s.path('inner/away.yaml'), s.path('inner/orch.yaml'));
  expect((await w.round()).exitCode).toBe(0);
  expect(s.ran()).toEqual(['join', 'join']);
});

it('begins when an input appears that was absent: an optional one, and one without which nothing can run', async () => {
  const s = scenario(
    {
      t: task('t', 'cat in/a.txt $(ls in/extra/b.txt 2>&1) > out.txt || true', {
        inputs: ['in/a.txt', { path: 'in/extra/b.txt', optional: true }],
        outputs: ['out.txt'],
      }),
    },
    {},
  );
  const w = watching(s, ['t']);
  expect(await w.round()).toMatchObject({ outcomes: {}, exitCode: 2 });
  s.write('in/a.txt', 'a\n');
  expect(await w.round()).toMatchObject({ paths: ['in/a.txt'], outcomes: { t: 'succeeded' } });
  s.write('in/extra/b.txt', 'b\n');
  expect(await w.round()).toMatchObject({ paths: ['in/extra/b.txt'], outcomes: { t: 'succeeded' } });
  expect(s.read('out.txt')).toBe('a\nb\n');
  w.kill('SIGINT');
  expect((await w.done).stderr).toContain('in/a.txt');
});

it('is not set off by what tasks write: outputs among the sources of others, logs, rewritten sources', async () => {
  const s = scenario(
    {
      gen: task('gen', 'cat in.txt > src/gen.txt; echo once > src/unlisted.log', {
        inputs: ['in.txt'],
        outputs: ['src/gen.txt'],
      }),
      // Runs whenever it is asked, and writes the same bytes to a source of another task.
      check: task('check', 'cat in.txt > tmp && mv tmp in.txt', {
        inputs: ['src/*.txt'],
        cache: false,
      }),
    },
    { 'in.txt': '1\n', 'src/a.txt': 'a\n' },
  );
  const w = watching(s, ['check']);
  await w.round();
  s.write('in.txt', '2\n');
  expect((await w.round()).paths).toEqual(['in.txt']);
  // Edited by hand: whoever runs next repairs it, but it sets off nothing.
  s.write('src/gen.txt', 'edited\n');
  s.write('in.txt', '3\n');
  expect((await w.round()).paths).toEqual(['in.txt']);
  expect(s.ran()).toEqual(['gen', 'check', 'gen', 'check', 'gen', 'check']);
  expect(s.read('src/gen.txt')).toBe('3\n');
});

it('comes to rest though something in a watched folder is written all the time', async () => {
  const s = scenario(join_, { 'src/a.txt': 'a\n', 'src/noise.log': '' });
  const noise = setInterval(() => s.append('src/noise.log', 'x\n'), 10);
  onTestFinished(() => clearInterval(noise));
  const w = watching(s, ['join']);
  await w.round();
  s.write('src/a.txt', 'A\n');
  expect((await w.round()).paths).toEqual(['src/a.txt']);
});

it('a task that fails is run again by the next change, not before', async () => {
  const s = scenario(
    {
      t: task('t', 'echo half > out.txt; grep -q good in.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }),
    },
    { 'in.txt': 'bad\n' },
  );
  const w = watching(s, ['t']);
  expect(await w.round()).toMatchObject({ outcomes: { t: 'failed' }, exitCode: 1 });
  s.write('other.txt', 'x\n');
  s.write('in.txt', 'good\n');
  expect(await w.round()).toMatchObject({ paths: ['in.txt'], outcomes: { t: 'succeeded' }, exitCode: 0 });
  expect(s.ran()).toEqual(['t', 't']);
});

it('watches what links lead to, inputs outside the root, and with --only what other tasks make', async () => {
  const s = scenario(
    {
      made: task('made', 'cat in.txt > made.txt', { inputs: ['in.txt'], outputs: ['made.txt'] }),
      t: task('t', 'cat made.txt > out.txt', {
        inputs: ['made.txt', 'link.txt', { path: '../OUT/far/away.txt', external: true, optional: true }],
        outputs: ['out.txt'],
      }),
    },
    { 'in.txt': '1\n', 'real/target.txt': 'x\n' },
  );
  s.write('orch.yaml', s.read('orch.yaml').replace('../OUT', s.outside));
  symlinkSync('real/target.txt', s.path('link.txt'));
  await s.ok('run', 'made');
  const w = watching(s, ['--only', 't']);
  await w.round();
  s.write('real/target.txt', 'y\n');
  expect((await w.round()).paths).toEqual(['link.txt']);
  mkdirSync(join(s.outside, 'far'));
  writeFileSync(join(s.outside, 'far/away.txt'), 'z\n');
  expect((await w.round()).paths).toEqual([join(s.outside, 'far/away.txt')]);
  s.write('in.txt', '2\n');
  await s.ok('run', 'made');
  let round = await w.round();
  expect(round.paths.at(0)).toEqual('made.txt');
  // It is gone while it's being made anew, which a watch may see.
  if (round.exitCode !== 0) round = await w.round();
  expect(round.outcomes).toEqual({ t: 'succeeded' });
  expect(s.read('out.txt')).toBe('2\n');
});

it('reads .orchignore again', async () => {
  const s = scenario(join_, { 'src/a.txt': 'a\n', 'src/draft.txt': 'd\n' });
  const w = watching(s, ['join']);
  await w.round();
  s.write('.orchignore', 'draft.txt\n');
  expect((await w.round()).outcomes).toEqual({ join: 'succeeded' });
  s.write('src/draft.txt', 'D\n');
  s.write('src/a.txt', 'A\n');
  expect((await w.round()).paths).toEqual(['src/a.txt']);
});

it('--force counts for the first run only', async () => {
  const s = scenario(
    {
      ...join_,
      t: task('t', 'cat all.txt in.txt > t.txt', { inputs: ['all.txt', 'in.txt'], outputs: ['t.txt'] }),
    },
    { 'src/a.txt': 'a\n', 'in.txt': '1\n' },
  );
  await s.ok('run', 't');
  const w = watching(s, ['-B', 't']);
  expect((await w.round()).outcomes).toEqual({ join: 'succeeded', t: 'succeeded' });
  s.write('in.txt', '2\n');
  expect((await w.round()).outcomes).toEqual({ join: 'up-to-date', t: 'succeeded' });
  const f = watching(s, ['--force=join', 't']);
  expect((await f.round()).outcomes).toEqual({ join: 'succeeded', t: 'up-to-date' });
});

it('parameters and words after -- are those of each run', async () => {
  const s = scenario(
    {
      t: task('t', 'cat in.txt > out.txt; echo "${{ params.n }} $1" >> out.txt; : ', {
        inputs: ['in.txt'],
        outputs: ['out.txt'],
        run: ['sh', '-c', 'cat in.txt > out.txt; echo ${{ params.n }} $1 >> out.txt', 'sh'],
      }),
    },
    { 'in.txt': '1\n' },
    { params: { n: 1 } },
  );
  const w = watching(s, ['t', '--n', '7', '--', 'word']);
  await w.round();
  s.write('in.txt', '2\n');
  await w.round();
  expect(s.read('out.txt')).toBe('2\n7 word\n');
});

it('a change during a run waits for its end, then there is one more run', async () => {
  const s = scenario(
    {
      slow: task('slow', `${holdAt('slow')}; cat in.txt > slow.txt`, {
        inputs: ['in.txt'],
        outputs: ['slow.txt'],
      }),
      after: task('after', 'cat slow.txt late.txt > after.txt', {
        inputs: ['slow.txt', 'late.txt'],
        outputs: ['after.txt'],
      }),
      side: task('side', 'cat side.txt > side.out', { inputs: ['side.txt'], outputs: ['side.out'] }),
    },
    { 'in.txt': '1\n', 'late.txt': '1\n', 'side.txt': '1\n' },
  );
  const slow = gate(s, 'slow');
  const w = watching(s, ['after', 'side']);
  await w.event('task-started');
  await slow.reached();
  while (!s.exists('side.out')) await w.event('task-finished');
  // Used already by this run, and not used yet.
  s.write('side.txt', '2\n');
  s.write('late.txt', '2\n');
  slow.release();
  const { events } = await w.round();
  expect(events.filter(({ event }) => event === 'run-finished')).toMatchObject([
    { exitCode: 0 },
    { exitCode: 0 },
  ]);
  expect(events.filter(({ event }) => event === 'watch-change')).toMatchObject([
    { paths: ['late.txt', 'side.txt'], interrupts: false },
  ]);
  expect([s.read('after.txt'), s.read('side.out')]).toEqual(['1\n2\n', '2\n']);
  expect(s.ran().sort()).toEqual(['after', 'side', 'side', 'slow']);
});

it('says so and goes slower where a task keeps writing what the run goes by', async () => {
  const s = scenario(
    {
      first: task('first', 'cat seed.txt > first.txt', { inputs: ['seed.txt'], outputs: ['first.txt'] }),
      second: task('second', 'echo x >> seed.txt', { inputs: ['first.txt'], outputs: [] }),
    },
    { 'seed.txt': 'x\n' },
  );
  const w = watching(s, ['second']);
  expect(await w.event('notice')).toMatchObject({ code: 'watch-loop', level: 'warning' });
  w.kill('SIGTERM');
  const ran = await w.done;
  expect(ran.code, said(ran)).toBe(143);
  const runs = watchEvents(ran.stdout).filter(({ event }) => event === 'run-finished');
  expect(runs.length).toBe(5);
});

it('ends, and says why, when the folder of the project is deleted', async () => {
  const s = scenario({});
  s.write('proj/orch.yaml', flow(join_));
  s.write('proj/src/a.txt', 'a\n');
  const w = watching(s, ['join'], { cwd: 'proj' });
  await w.round();
  rmSync(s.path('proj'), { recursive: true });
  const ran = await w.done;
  expect(ran.code, said(ran)).toBe(3);
  expect(ran.stderr).toContain(`the project's folder ${s.path('proj')} is gone`);
});
