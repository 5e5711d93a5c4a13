/** `orch watch` on a terminal: one clear screen a run, one line while it waits; and plain lines where there is none. */
import { describe, expect, it } from 'vitest';
import { ORCH } from '../support/project.ts';
import { type Gate, gate, holdAt, until } from './support/gate.ts';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';
import { openTerminal, type TestTerminal } from './support/terminal.ts';

const copy: Fields = { t: task('t', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }) };

function watchOnTerminal(s: Scenario, args: readonly string[], columns = 80): TestTerminal {
  return openTerminal([ORCH, 'watch', ...args], { columns, rows: 24, cwd: s.dir, env: s.environment() });
}

/** As `gate.reached`; where the watch ends before, the failure says what it showed. */
async function comesTo(w: TestTerminal, gate: Gate, times?: number): Promise<void> {
  await Promise.race([
    gate.reached(times).catch((error: Error) => {
      throw new Error(`${error.message}; bytes so far: ${JSON.stringify(w.bytes())}`);
    }),
    w.done.then((end) => {
      throw new Error(`ended with ${JSON.stringify(end)}: ${JSON.stringify(w.bytes())}`);
    }),
  ]);
}

const STATUS = /^watching 2 files in 2 folders · last run (just now|\d+s ago) ok · Ctrl-C to stop$/;

describe('on a terminal', () => {
  it('each run begins on a clear screen, says what changed, and ends in one line', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const w = watchOnTerminal(s, ['t']);
    await w.shows('Ctrl-C to stop');
    expect(w.screen()).toMatchObject([
      expect.stringContaining('Target: t'),
      expect.anything(),
      ...new Array(w.screen().length - 3).fill(expect.anything()),
      expect.stringMatching(STATUS),
    ]);
    s.write('in.txt', '2\n');
    await w.shows('in.txt changed');
    await w.shows('Ctrl-C to stop');
    expect(w.screen()[0]).toContain('in.txt changed');
    expect(
      w
        .screen()
        .join('\n')
        .match(/Target: t/g),
    ).toHaveLength(1);
    expect(w.screen().at(-1)).toMatch(STATUS);
    w.type('\x03');
    expect(await w.done).toEqual({ code: 0, signal: null });
    expect(w.screen().join('\n')).not.toContain('watching');
    expect(w.isCursorShown()).toBe(true);
  });

  it('the line counts the seconds in place', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const w = watchOnTerminal(s, ['t']);
    await w.shows(/last run .* ok/);
    const height = w.screen().length;
    await w.shows(/last run [1-9]s ago/);
    expect(w.screen().length).toBe(height);
  });

  it('shows why a pipeline is broken, and the next run in its place', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const w = watchOnTerminal(s, ['t']);
    await w.shows('Ctrl-C to stop');
    const right = s.read('orch.yaml');
    s.write('orch.yaml', `${right} broken`);
    await w.shows('not possible');
    expect(w.screen().join('\n')).toMatch(/orch\.yaml:\d+:\d+: error/);
    s.write('orch.yaml', right);
    await w.shows(/last run .* ok/);
    expect(w.screen().join('\n')).not.toContain('error');
    expect(w.screen().join('\n')).toContain("Task 't' is up to date");
  });

  it('says less on a narrow one', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const w = watchOnTerminal(s, ['t'], 40);
    await w.shows(/^watching 2 files in 2 folders/m);
    expect(w.screen().at(-1)).toBe('watching 2 files in 2 folders');
    w.type('\x03');
    expect((await w.done).code).toBe(0);
  });

  it.each([
    ['that has no width', 0, {}],
    ['of a build server', 80, { CI: 'true' }],
    ['that is dumb', 80, { TERM: 'dumb' }],
  ])('one %s gets plain lines', async (_name, columns, env) => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    Object.assign(s.env, env);
    const w = watchOnTerminal(s, ['t', '--no-color'], columns);
    await w.shows('Watching 2 files');
    s.write('in.txt', '2\n');
    await w.shows(/in\.txt changed.*Watching 2 files/s);
    w.type('\x03');
    expect((await w.done).code).toBe(0);
    expect(w.bytes()).not.toContain('\x1b');
  });

  it('--no-clear keeps what earlier runs printed', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const w = watchOnTerminal(s, ['--no-clear', 't']);
    await w.shows('Ctrl-C to stop');
    s.write('in.txt', '2\n');
    await w.shows(/in\.txt changed.*Ctrl-C to stop/s);
    expect(
      w
        .screen()
        .join('\n')
        .match(/Target: t/g),
    ).toHaveLength(2);
    expect(
      w
        .screen()
        .join('\n')
        .match(/Ctrl-C to stop/g),
    ).toHaveLength(1);
  });

  it('a run that was ended for a change gives way to the next one', async () => {
    const s = scenario(
      { t: task('t', holdAt('t'), { inputs: ['in.txt'], grace: '5s' }) },
      { 'in.txt': '1\n' },
    );
    const t = gate(s, 't');
    const w = watchOnTerminal(s, ['--on-busy', 'restart', 't']);
    await comesTo(w, t);
    s.write('in.txt', '2\n');
    await comesTo(w, t, 2);
    t.release();
    await w.shows('Ctrl-C to stop');
    expect(w.screen()[0]).toContain('in.txt changed');
    expect(w.screen().join('\n')).not.toMatch(/interrupted/i);
    expect(w.screen().at(-1)).toMatch(STATUS);
    w.type('\x03');
    expect((await w.done).code).toBe(0);
    expect(w.isCursorShown()).toBe(true);
  });

  it('Ctrl-C in a run ends that first, then the watch, with 130', async () => {
    const s = scenario(
      { t: task('t', holdAt('t'), { inputs: ['in.txt'], grace: '5s' }) },
      { 'in.txt': '1\n' },
    );
    const t = gate(s, 't');
    const w = watchOnTerminal(s, ['t']);
    await comesTo(w, t);
    w.type('\x03');
    expect(await w.done).toEqual({ code: 130, signal: null });
    expect(w.isCursorShown()).toBe(true);
  });
});

describe('off a terminal', () => {
  it('plain lines, without control codes; nothing for a run that has nothing to do', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const w = s.start(['watch', 't']);
    await w.stdoutMatches(/Watching 2 files in 2 folders · last run ok · Ctrl-C to stop\n/);
    // Another definition of the same tasks: there is a run, and it has nothing to do.
    s.write('.orchignore', '*.bak\n');
    await until(() => s.read('.cache/state/v1/runs').split('\n').length === 3, 'a second run');
    s.write('in.txt', '2\n');
    await w.stdoutMatches(/in\.txt changed\n.*Watching/s);
    w.kill('SIGINT');
    const ran = await w.done;
    expect(ran.code).toBe(0);
    expect(ran.stdout).not.toContain('orchignore');
    expect(ran.stdout.match(/Target/g)).toHaveLength(2);
    expect(said(ran)).not.toContain('\x1b');
    expect(ran.stdout.match(/Watching/g)).toHaveLength(2);
  });

  it('a restart is said before the run that it ends', async () => {
    const s = scenario(
      { t: task('t', holdAt('t'), { inputs: ['in.txt'], grace: '5s' }) },
      { 'in.txt': '1\n' },
    );
    const t = gate(s, 't');
    const w = s.start(['watch', '--on-busy', 'restart', 't']);
    await t.reached();
    s.write('in.txt', '2\n');
    await t.reached(2);
    t.release();
    await w.stdoutMatches(/Watching/);
    w.kill('SIGINT');
    expect((await w.done).stdout).toMatch(/in\.txt changed: starting anew\n.*interrupted.*Target: t\n/s);
  });

  it('-q says only what goes wrong; ASCII where the locale has no more', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const quiet = s.start(['watch', '-q', 't']);
    const ascii = s.start(['watch', 't'], { env: { LANG: 'C', LC_ALL: 'C' } });
    await ascii.stdoutMatches(/^~ Watching 2 files in 2 folders \| last run ok \| Ctrl-C to stop$/m);
    ascii.kill('SIGINT');
    s.write('in.txt', '2\n');
    await ascii.done;
    const right = s.read('orch.yaml');
    s.write('orch.yaml', `${right} broken`);
    await quiet.stderrMatches(/orch\.yaml:\d+:\d+: error/);
    quiet.kill('SIGINT');
    expect((await quiet.done).stdout).toBe('');
  });
});

describe('what it refuses', () => {
  it.each([
    [['--on-busy', 'wait'], '--on-busy wait: expected queue or restart'],
    [['--debounce', '5'], '--debounce 5: it has no unit: write 5s for seconds'],
    [['--poll', '1ms'], '--poll 1ms: expected at least 10ms'],
    [['--dry-run'], '--dry-run is a flag of `orch run`, not of `orch watch`'],
    [['--rehash'], '--rehash is a flag of `orch run`, not of `orch watch`'],
    [['--jobs', 'x'], 'expected a number of workers'],
    [['nothing'], "there is no task or output named 'nothing'"],
    [['t', '--month', '2'], 'month'],
  ])('%j', async (args, message) => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const ran = await s.exits(2, ['watch', ...(args.includes('t') ? args : [...args, 't'])]);
    expect(ran.stderr).toContain(message);
    expect(ran.stdout).toBe('');
  });

  it('where there is no project: exit 2; --help says how it is used', async () => {
    const s = scenario(copy);
    s.remove('orch.yaml');
    expect((await s.exits(2, ['watch', 't'])).stderr).toContain('no pipeline found');
    expect((await s.ok('watch', '--help')).stdout).toContain('--on-busy');
  });

  it('variables stand for flags', async () => {
    const s = scenario(copy, { 'in.txt': '1\n' });
    const ran = await s.exits(2, ['watch', 't'], { env: { ORCH_ON_BUSY: 'never' } });
    expect(ran.stderr).toContain('ORCH_ON_BUSY=never');
  });
});
