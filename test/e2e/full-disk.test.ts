/**
 * Records under `.cache/` that can't be written any more while a run is going (faults 13, 18, 20): nothing new is
 * started, what runs comes to its end, the summary says what failed and why, and the same command goes on later.
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatLines } from '../../src/base/checksummed-lines.ts';
import { ORCH, type Ran } from '../support/project.ts';
import { gate, holdAt, until } from './support/gate.ts';
import { eventsOf, type Fields, flow, Scenario, said, scenario, task } from './support/scenario.ts';

const LIMIT_BLOCKS = 200;

/** What `ulimit -f` counts in: 512 bytes by the standard, 1024 in some shells. */
function limitBytes(): number {
  const dir = mkdtempSync(join(tmpdir(), 'orch-limit-'));
  try {
    spawnSync('sh', ['-c', 'ulimit -f 1; head -c 4000 /dev/zero > probe'], { cwd: dir });
    return LIMIT_BLOCKS * statSync(join(dir, 'probe')).size;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Makes records so long that nothing more of use may be written to them under the limit. */
function fillUp(s: Scenario, files: readonly string[]): void {
  const room = 20;
  for (const file of files) {
    const path = s.path('.cache', file);
    const lines = readFileSync(path, 'utf8').split('\n').length;
    const left = limitBytes() - statSync(path).size - room;
    const empty = formatLines([{ n: lines, pad: '' }]).length;
    appendFileSync(path, formatLines([{ n: lines, pad: 'x'.repeat(left - empty) }]));
    expect(statSync(path).size).toBe(limitBytes() - room);
  }
}

interface Limited {
  readonly stderr: () => string;
  readonly done: Promise<Ran>;
}

/** `orch ARGS` in a process that may write no file beyond the limit: the system answers EFBIG. */
function startLimited(s: Scenario, args: readonly string[]): Limited {
  const child = spawn('sh', ['-c', `ulimit -f ${LIMIT_BLOCKS}; exec "$@"`, 'sh', ORCH, ...args], {
    cwd: s.dir,
    env: s.environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const done = new Promise<Ran>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { stderr: () => stderr, done };
}

const JOURNAL = ['state/v1/journal'];
const OWNED = ['owned/a', 'owned/b'];

const make = (name: string, needs: readonly string[] = [], script = ''): Fields =>
  task(name, `${script}\ncp in.txt ${name}.txt`, { inputs: ['in.txt'], needs, outputs: [`${name}.txt`] });

async function begun(tasks: Fields): Promise<Scenario> {
  const s = scenario({ first: make('first'), ...tasks }, { 'in.txt': '1\n' });
  await s.ok('run', 'first');
  s.ran();
  return s;
}

describe.each([
  ['the journal', JOURNAL, 'state/v1/journal'],
  ['the record of own files', OWNED, 'owned/a'],
])('%s can not be written any more', (_what, files, named) => {
  it('at the end of a task: what runs ends, nothing new starts, and the same command goes on', async () => {
    const s = await begun({
      quick: make('quick', [], holdAt('quick')),
      slow: make('slow', [], holdAt('slow')),
      next: make('next', ['quick']),
      other: make('other', ['slow']),
    });
    const [quick, slow] = [gate(s, 'quick'), gate(s, 'slow')];
    const run = startLimited(s, ['run', '-k', '-j', '2', 'next', 'other']);
    await quick.reached();
    await slow.reached();
    fillUp(s, files);
    quick.release();
    await until(() => run.stderr().includes(named), 'the word that the record can not be written');
    expect(run.stderr()).toMatch(/error: .*\.cache.*file too large \(EFBIG\)/);
    slow.release();
    const ran = await run.done;
    expect(ran.code, said(ran)).toBe(3);
    expect(said(ran)).not.toContain('internal error');
    expect(ran.stdout).toMatch(/📋 0 run, 0 restored, 0 up to date, [23] failed, [12] skipped/);
    for (const name of ['quick', 'slow'])
      expect(ran.stderr).toContain(`could not record the result of ${name}: file too large (EFBIG)`);
    // What needs quick goes on as soon as its bytes are there, which may be before they can't be recorded.
    expect(s.ran()).not.toContain('other');
    expect(s.read('slow.txt')).toBe('1\n');

    quick.release();
    slow.release();
    await s.ok('run', '-j', '2', 'next', 'other');
    for (const name of ['next', 'other']) expect(s.read(`${name}.txt`)).toBe('1\n');
    expect(await s.run('next', 'other', 'slow', 'quick')).toEqual([]);
    expect(s.exists('.cache/replaced')).toBe(false);
  });

  it('when a command has failed: its own cause is told too', async () => {
    const s = await begun({
      bad: task('bad', `${holdAt('bad')}; echo why >&2; exit 7`, { outputs: ['bad.txt'] }),
    });
    const bad = gate(s, 'bad');
    const run = startLimited(s, ['run', 'bad']);
    await bad.reached();
    fillUp(s, files);
    bad.release();
    const ran = await run.done;
    expect(ran.code, said(ran)).toBe(3);
    expect(ran.stderr).toContain('the command exited with 7');
    expect(ran.stderr).toContain('| why');
    expect(ran.stderr).toMatch(/error: .*\.cache.*file too large/);
    expect(ran.stdout).toContain('📋 0 run');
  });

  it('under a task that would be retried: it is not', async () => {
    const s = await begun({
      bad: task('bad', `${holdAt('bad')}; exit 7`, {
        outputs: ['bad.txt'],
        retries: { limit: 3, delay: '1h' },
      }),
    });
    const bad = gate(s, 'bad');
    const run = startLimited(s, ['run', 'bad']);
    await bad.reached();
    fillUp(s, files);
    bad.release();
    expect((await run.done).code).toBe(3);
    expect(s.ran()).toEqual(['bad']);
  });
});

it('a start that can not be recorded is no start', async () => {
  const s = await begun({ quick: make('quick'), slow: make('slow') });
  fillUp(s, OWNED);
  const ran = await startLimited(s, ['run', '-k', '-j', '1', 'quick', 'slow']).done;
  expect(ran.code, said(ran)).toBe(3);
  expect(s.ran()).toEqual([]);
  expect(ran.stderr).toMatch(/could not record the start of quick: file too large/);
  expect(ran.stdout).toMatch(/📋 0 run/);
  expect(await s.run('quick', 'slow')).toHaveLength(2);
});

it('a result that is brought back and can not be recorded ends the run, with its summary', async () => {
  const s = await begun({ quick: make('quick') });
  await s.ok('run', 'quick');
  s.write('in.txt', '2\n');
  await s.ok('run', 'quick');
  s.write('in.txt', '1\n');
  s.ran();
  fillUp(s, OWNED);
  const ran = await startLimited(s, ['run', 'quick']).done;
  expect(ran.code, said(ran)).toBe(3);
  expect(ran.stdout).toContain('📋 ');
  expect(said(ran)).not.toContain('internal error');
  expect(await s.run('quick')).toEqual([]);
  expect(s.read('quick.txt')).toBe('1\n');
});

it('the events tell it too', async () => {
  const s = await begun({ quick: make('quick') });
  fillUp(s, JOURNAL);
  const events = eventsOf(await startLimited(s, ['run', '--json', 'quick']).done);
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'notice', level: 'error', code: 'records-unwritable' }),
  );
  expect(events.at(-1)).toMatchObject({ event: 'run-finished', state: 'failed', exitCode: 3 });
});

const hasStrace = spawnSync('strace', ['-V']).status === 0;

it('a sync that fails (needs strace): the task is not done', async (context) => {
  if (!hasStrace) return context.skip('needs strace');
  const s = await begun({ quick: make('quick'), next: make('next', ['quick']) });
  const traced = ['-f', '-qq', '-o', s.path('../trace.out'), '-P', s.path('.cache/state/v1/journal')];
  const { status, stdout, stderr } = spawnSync(
    'strace',
    [...traced, '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO', ORCH, 'run', 'next'],
    { cwd: s.dir, env: s.environment(), encoding: 'utf8' },
  );
  rmSync(s.path('../trace.out'), { force: true });
  expect(status, `${stdout}\n${stderr}`).toBe(3);
  expect(stderr).toMatch(/could not record the result of quick: input\/output error \(EIO\)/);
  expect(stdout).not.toContain("'quick' completed");
  expect(stdout).toContain('📋 ');
  await s.ok('run', 'next');
  expect(s.read('next.txt')).toBe('1\n');
});

it('a full disk (needs the right to mount) ends the run with its summary, and room lets it go on', async (context) => {
  const dir = mkdtempSync(join(tmpdir(), 'orch-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'orch-test', dir]).status === 0;
  onTestFinished(() => {
    if (mounted) spawnSync('umount', [dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  if (!mounted) return context.skip('needs the right to mount');
  const outside = mkdtempSync(join(tmpdir(), 'orch-outside-'));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  const s = new Scenario(dir, outside);
  s.write(
    'orch.yaml',
    flow({
      first: make('first'),
      eats: make(
        'eats',
        ['first'],
        'cp in.txt eats.txt; cat /dev/zero > filler 2> /dev/null || true; exit 0',
      ),
      next: make('next', ['eats']),
    }),
  );
  s.write('in.txt', '1\n');
  await s.ok('run', 'first');
  const ran = await s.exits(3, ['run', 'next']);
  expect(said(ran)).not.toContain('internal error');
  expect(ran.stdout).toMatch(/📋 0 run, 0 restored, 1 up to date, 1 failed/);
  expect(ran.stderr).toMatch(/no space left on the device \(ENOSPC\)/);
  expect(s.ran()).toEqual(['first', 'eats']);
  expect((await s.exits(3, ['run', 'next'])).stderr).toMatch(/make room there/i);
  s.remove('filler');
  s.flow({ first: make('first'), eats: make('eats', ['first']), next: make('next', ['eats']) });
  expect(await s.run('next')).toEqual(['eats', 'next']);
  expect(await s.run('next')).toEqual([]);
});

it('what else the system refuses at the start of a task fails that task, with the summary of the run', async () => {
  const s = scenario(
    {
      breaks: task('breaks', 'rm -r .cache/tmp; echo > .cache/tmp; exit 0', { outputs: [] }),
      given: task('given ${{ params.p }}', '', { needs: ['breaks'], outputs: [] }),
      other: task('other', '', { needs: ['breaks'], outputs: [] }),
    },
    {},
    { params: { p: 1 } },
  );
  const ran = await s.exits(1, ['run', '-k', 'given', 'other']);
  expect(ran.stderr).toMatch(/given: could not prepare .*\.cache\/tmp/);
  expect(ran.stdout).toContain('📋 2 run, 0 restored, 0 up to date, 1 failed');
  expect(s.ran()).toEqual(['breaks', 'other']);
});
