/**
 * The terminal is given back as it was, however a run ends (E2), and the live view survives what terminals and shells
 * do meanwhile: resizing, Ctrl-Z, the background, a window that is closed, output that goes elsewhere (E4).
 */
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ORCH } from '../support/project.ts';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { type Scenario, scenario, task } from './support/scenario.ts';
import { openTerminal, type TestTerminal } from './support/terminal.ts';

const SPINNER = /^ [⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] /mu;
const BAR = /[⣿⣇⣀]/u;

function open(
  s: Scenario,
  argv: readonly string[],
  env: Record<string, string> = {},
  columns = 80,
): TestTerminal {
  return openTerminal(argv, { columns, rows: 24, cwd: s.dir, env: { ...s.environment(), ...env } });
}

/** Two held tasks, so that there is a bar; `after` comes when they are done. */
function held(after = '', fields: object = {}): Scenario {
  return scenario({
    a: task('a', holdAt('a')),
    b: task('b', holdAt('b')),
    after: task('after', after, {
      needs: ['a', 'b'].map((each) => ({ task: each, order_only: true })),
      ...fields,
    }),
  });
}

/** `orch run after` with both tasks held and the region on the screen. */
async function running(s: Scenario, env: Record<string, string> = {}, columns = 80) {
  const a = gate(s, 'a');
  const b = gate(s, 'b');
  const terminal = open(s, [ORCH, 'run', '-j', '2', 'after'], env, columns);
  const pids = [...(await a.reached()), ...(await b.reached())];
  await terminal.shows(BAR);
  expect(terminal.isCursorShown()).toBe(false);
  return { terminal, a, b, pids };
}

/** Nothing of the region is left, and the cursor is there. */
function expectGivenBack(terminal: TestTerminal): void {
  expect(terminal.isCursorShown()).toBe(true);
  const text = terminal.everything().join('\n');
  expect(text).not.toMatch(SPINNER);
  expect(text).not.toMatch(BAR);
}

describe('the terminal is given back', () => {
  it('after success', async () => {
    const { terminal, a, b } = await running(held());
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(0);
    expectGivenBack(terminal);
    expect(terminal.screen().at(-1)).toContain('completed successfully');
  });

  it('after a failure', async () => {
    const { terminal, a, b } = await running(held('echo oh no; exit 3'));
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(1);
    expectGivenBack(terminal);
    expect(terminal.screen().slice(-3).join('\n')).toMatch(/after: .*\n.*oh no\n.*log:/);
  });

  it('after exit 2 in the middle', async () => {
    const s = held('echo > out/x', { outputs: ['out/'] });
    const { terminal, a, b } = await running(s);
    s.write('out/mine', 'of the user');
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(2);
    expectGivenBack(terminal);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('after %s', async (signal, code) => {
    const { terminal } = await running(held());
    terminal.kill(signal);
    expect((await terminal.done).code).toBe(code);
    expectGivenBack(terminal);
  });

  it('after Ctrl-C, once and twice', async () => {
    const once = await running(held());
    once.terminal.type('\x03');
    expect((await once.terminal.done).code).toBe(130);
    expectGivenBack(once.terminal);

    const loop = `while [ -d "$GATES" ]; do read go < "$GATES/t" && break; done`;
    const s = scenario({ t: task('t', `trap : INT\n${holdAt('t')} || ${loop}`, { grace: '1h' }) });
    const t = gate(s, 't');
    const terminal = open(s, [ORCH, 'run', 't']);
    await t.reached();
    await terminal.shows(SPINNER);
    terminal.type('\x03');
    await terminal.shows('Interrupted: ending 1 running task');
    terminal.type('\x03');
    expect((await terminal.done).code).toBe(130);
    expectGivenBack(terminal);
  });

  it('after a bug in orch itself', async () => {
    const s = held();
    s.write('bug.cjs', "process.on('SIGUSR2', () => { throw new Error('planted'); });");
    const { terminal, pids } = await running(s, { NODE_OPTIONS: `--require ${s.path('bug.cjs')}` });
    terminal.kill('SIGUSR2');
    expect((await terminal.done).code).not.toBe(0);
    expectGivenBack(terminal);
    expect(terminal.everything().join('\n')).toContain('planted');
    for (const pid of pids) if (isAlive(pid)) process.kill(-pid, 'SIGKILL');
  });

  it('a window that is closed ends the run as SIGHUP does, and the next run goes on', async () => {
    const s = held();
    const { terminal, pids } = await running(s);
    terminal.closeWindow();
    // Not by an abort, which leaves a core dump behind.
    expect(await terminal.done).toEqual({ code: null, signal: constants.signals.SIGHUP });
    for (const pid of pids) await until(() => !isAlive(pid), `the end of ${pid}`);
    s.flow({ a: task('a'), b: task('b'), after: task('after', '', { needs: ['a', 'b'] }) });
    expect(await s.run('after')).toEqual(['a', 'b', 'after']);
  });
});

describe('resizing', () => {
  it('leaves nothing behind, narrower or wider, and adapts', async () => {
    const { terminal, a, b } = await running(held());
    const bars = () => terminal.everything().filter((line) => BAR.test(line));
    for (const columns of [40, 30, 100, 60]) {
      terminal.resize(columns, 24);
      await until(
        () => bars().length === 1 && terminal.screen().filter((line) => SPINNER.test(line)).length === 2,
        `one region at ${columns} columns`,
      );
      // Drawn anew at this width: the bar takes what there is, up to 30 cells.
      const cells = Math.min(30, columns - 2 - 1 - '  0/3  0%'.length);
      await until(() => bars()[0]?.match(/[⣿⣇⣀]/gu)?.length === cells, `a bar of ${cells} cells`);
    }
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(0);
    expectGivenBack(terminal);
    expect(terminal.everything().filter((line) => line.startsWith('🎯'))).toHaveLength(1);
  });

  it('to 0 columns: the rest comes as lines', async () => {
    const { terminal, a, b } = await running(held());
    terminal.resize(0, 0);
    await until(() => terminal.isCursorShown(), 'the cursor');
    const before = terminal.bytes().length;
    a.release();
    await terminal.shows("Task 'a' completed");
    b.release();
    expect((await terminal.done).code).toBe(0);
    expect(terminal.bytes().slice(before)).not.toMatch(BAR);
    expectGivenBack(terminal);
  });

  it('a terminal that grows out of 0 columns stays with lines', async () => {
    const s = held();
    const a = gate(s, 'a');
    const b = gate(s, 'b');
    const terminal = open(s, [ORCH, 'run', '-j', '2', 'after'], {}, 0);
    await a.reached();
    terminal.resize(80, 24);
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(0);
    expect(terminal.bytes()).not.toMatch(BAR);
  });
});

describe('a shell with job control', () => {
  async function shell(s: Scenario): Promise<TestTerminal> {
    const terminal = open(s, ['bash', '--norc', '--noprofile', '-i'], { PS1: 'ready> ', HISTFILE: '' });
    await terminal.shows('ready>');
    return terminal;
  }

  it('Ctrl-Z gives the terminal to the shell, fg draws the region again', async () => {
    const s = held();
    const a = gate(s, 'a');
    const b = gate(s, 'b');
    const terminal = await shell(s);
    terminal.type('"$BIN" run -j 2 after\r');
    await a.reached();
    await terminal.shows(BAR);
    terminal.type('\x1a');
    await terminal.shows(/Stopped.*\n(.*\n)?ready> *$/);
    expectGivenBack(terminal);
    a.release();
    terminal.type('fg\r');
    await terminal.shows("Task 'a' completed");
    await terminal.shows(BAR);
    expect(terminal.isCursorShown()).toBe(false);
    b.release();
    await terminal.shows(/completed successfully!\nready>/);
    expectGivenBack(terminal);
    terminal.type('exit\r');
    await terminal.done;
  });

  it('in the background only lines are written; in the foreground again there is a region', async () => {
    const s = held();
    const a = gate(s, 'a');
    const b = gate(s, 'b');
    const terminal = await shell(s);
    terminal.type('"$BIN" run -j 2 after &\r');
    await a.reached();
    await b.reached();
    a.release();
    await terminal.shows("Task 'a' completed");
    expect(terminal.bytes()).not.toMatch(BAR);
    terminal.type('fg\r');
    await terminal.shows(BAR);
    b.release();
    await terminal.shows(/completed successfully!\nready>/);
    expectGivenBack(terminal);
    terminal.type('exit\r');
    await terminal.done;
  });

  it('one that was stopped from outside draws below what was written meanwhile', async () => {
    const s = held();
    const { terminal, a, b } = await running(s);
    terminal.kill('SIGSTOP');
    terminal.kill('SIGCONT');
    const from = terminal.bytes().length;
    await until(() => BAR.test(terminal.bytes().slice(from)), 'another drawing');
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(0);
    expect(terminal.isCursorShown()).toBe(true);
    expect(terminal.screen().at(-1)).toContain('completed successfully');
  });
});

describe('output that goes elsewhere', () => {
  it('stdout in a file: full plain lines there, the region on the terminal', async () => {
    const s = held();
    const a = gate(s, 'a');
    const b = gate(s, 'b');
    const terminal = open(s, ['sh', '-c', '"$BIN" run -j 2 after > lines.txt']);
    await a.reached();
    await b.reached();
    await terminal.shows(BAR);
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(0);
    expectGivenBack(terminal);
    expect(terminal.everything()).toEqual([]);
    const lines = s.read('lines.txt');
    expect(lines).not.toContain('\x1b');
    for (const name of ['a', 'b', 'after']) {
      expect(lines).toContain(`🚀 Running task: ${name} (always runs)\n`);
      expect(lines).toContain(`✅ Task '${name}' completed in `);
    }
  });

  it('| tee: each line is whole, on the terminal and in the file', async () => {
    const s = held();
    const a = gate(s, 'a');
    const b = gate(s, 'b');
    const terminal = open(s, ['sh', '-c', '"$BIN" run -j 2 after | tee lines.txt']);
    await a.reached();
    await b.reached();
    await terminal.shows(BAR);
    a.release();
    await terminal.shows(/^✅ Task 'a' completed in \d+\.\d\ds$/mu);
    await terminal.shows(BAR);
    b.release();
    expect((await terminal.done).code).toBe(0);
    expectGivenBack(terminal);
    expect(s.read('lines.txt').trimEnd().split('\n')).toEqual(terminal.everything());
  });

  it('stderr in a file: no region, and what goes there has no colours', async () => {
    const s = scenario({ t: task('t', 'echo x | cat; exit 4') });
    const terminal = open(s, ['sh', '-c', '"$BIN" run t 2> errors.txt']);
    expect((await terminal.done).code).toBe(1);
    expect(terminal.bytes()).toContain('\x1b[31m');
    expect(terminal.bytes()).not.toContain('\x1b[?25l');
    expect(s.read('errors.txt')).toContain('the command exited with 4');
    expect(s.read('errors.txt')).not.toContain('\x1b');
  });

  it('a reader that goes away takes nothing with it', async () => {
    const s = held();
    const a = gate(s, 'a');
    const b = gate(s, 'b');
    const terminal = open(s, [
      'bash',
      '-c',
      '"$BIN" run -j 2 after | head -n 1; echo "code ${PIPESTATUS[0]}"',
    ]);
    await a.reached();
    await b.reached();
    await terminal.shows(BAR);
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(0);
    expectGivenBack(terminal);
    expect(terminal.everything()).toEqual(['🎯 Target: after', 'code 0']);
    expect(s.ran().sort()).toEqual(['a', 'after', 'b']);
  });
});

describe('no region', () => {
  it.each([
    ['TERM=dumb', [], { TERM: 'dumb' }],
    ['CI', [], { CI: 'true' }],
    ['--no-live', ['--no-live'], {}],
    ['ORCH_NO_LIVE', [], { ORCH_NO_LIVE: '1' }],
    ['-q', ['-q'], {}],
    ['--json', ['--json'], {}],
  ] as const)('with %s', async (_what, flags, env) => {
    const s = scenario({ t: task('t', holdAt('t')) });
    const t = gate(s, 't');
    const terminal = open(s, [ORCH, 'run', ...flags, 't'], env);
    await t.reached();
    t.release();
    expect((await terminal.done).code).toBe(0);
    expect(terminal.bytes()).not.toContain('\x1b[?');
    if (!('ORCH_NO_LIVE' in env) && !(flags as readonly string[]).includes('--no-live'))
      expect(terminal.bytes()).not.toContain('\x1b');
  });

  it('NO_COLOR leaves the region and takes its colours', async () => {
    const { terminal, a, b } = await running(held(), { NO_COLOR: '1' });
    a.release();
    b.release();
    expect((await terminal.done).code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for.
    expect(terminal.bytes()).not.toMatch(/\x1b\[[\d;]*m/);
    expectGivenBack(terminal);
  });
});
