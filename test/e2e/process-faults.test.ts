/** FAULTS.md, processes: what tasks do to the process that runs them, and what they leave, by number. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ORCH } from '../support/project.ts';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { eventsOf, type Scenario, said, scenario, task } from './support/scenario.ts';

const onLinux = process.platform === 'linux';

/** Shell text that starts a process in a session of its own, which says its pid to the gate and waits there. */
const escaping = (name: string) => `setsid sh -c '${holdAt(name)}' &`;

async function gone(...pids: number[]): Promise<void> {
  for (const pid of pids) await until(() => !isAlive(pid), `the end of ${pid}`);
}

function killAtEnd(pid: number): void {
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
}

describe.each([
  ['FAULT 6: SIGINT', 'SIGINT', 130],
  ['FAULT 7: SIGTERM', 'SIGTERM', 143],
  ['FAULT 9: SIGHUP', 'SIGHUP', 129],
] as const)('%s', (_title, signal, code) => {
  it(`ends every process of every task, those that left its group included, exit ${code}`, async () => {
    const s = scenario({
      one: task('one', `${onLinux ? escaping('left') : ''}\nsh -c '${holdAt('child')}' &\n${holdAt('one')}`),
      two: task('two', holdAt('two')),
    });
    const gates = [...(onLinux ? ['left'] : []), 'child', 'one', 'two'].map((name) => gate(s, name));
    const running = s.start(['run', '-j', '2', 'one', 'two']);
    const pids = (await Promise.all(gates.map((each) => each.reached()))).flat();
    running.kill(signal);
    const ran = await running.done;
    expect(ran.code, said(ran)).toBe(code);
    await gone(...pids);
  });
});

it('FAULT 8: a second SIGINT kills what ignores the first, long before its grace is over', async () => {
  const stubborn = `trap '' INT TERM\necho $$ >> "$GATES/t.up"\nwhile [ -d "$GATES" ]; do sleep 0.05; done`;
  const s = scenario({ t: task('t', stubborn, { grace: '1h' }) });
  const t = gate(s, 't');
  const running = s.start(['run', 't']);
  const [pid = 0] = await t.reached();
  running.kill('SIGINT');
  await running.stderrMatches(/Ctrl-C|again|interrupt/i).catch(() => undefined);
  running.kill('SIGINT');
  expect((await running.done).code).toBe(130);
  await gone(pid);
});

it('FAULT 10: a reader that leaves (orch run | head -1) stops nothing and skips no cleaning up', async () => {
  const s = scenario({
    a: task('a', 'seq 1 20000', {}),
    b: task('b', 'echo made > b.txt', { needs: [{ task: 'a', order_only: true }], outputs: ['b.txt'] }),
  });
  const ran = spawnSync('sh', ['-c', `"$BIN" run -v b | head -1; echo "left"`], {
    cwd: s.dir,
    env: s.environment(),
    encoding: 'utf8',
  });
  expect(ran.stdout).toMatch(/left\n$/);
  expect(ran.stderr).toBe('');
  expect(s.read('b.txt')).toBe('made\n');
  s.ran();
  expect(await s.run('--no-wait', 'b')).toEqual(['a']);
});

describe.runIf(onLinux)('FAULT 11: orch is killed, and the next run', () => {
  it('ends what it left before the task runs again, escaped processes included', async () => {
    const s = scenario({
      make: task('make', `${escaping('left')}\n${holdAt('g')}\necho made > out.txt`, {
        outputs: ['out.txt'],
        grace: '1s',
      }),
    });
    const [left, g] = [gate(s, 'left'), gate(s, 'g')];
    const first = s.start(['run', 'make']);
    const pids = [...(await left.reached()), ...(await g.reached())];
    for (const pid of pids) killAtEnd(pid);
    first.kill('SIGKILL');
    await first.done;
    s.flow({ make: task('make', 'echo made > out.txt', { outputs: ['out.txt'] }) });
    const again = await s.ok('run', 'make');
    expect(said(again)).toContain('a killed run had left 2 processes of');
    await gone(...pids);
  });
});

it('FAULT 74: a task that ignores SIGTERM is killed after its grace', async () => {
  const s = scenario({
    t: task('t', `trap '' TERM INT\necho $$ > pid\nwhile :; do sleep 0.05; done`, {
      timeout: '300ms',
      grace: '200ms',
    }),
  });
  const ran = await s.exits(1, ['run', 't']);
  expect(said(ran)).toMatch(/timed out|timeout/i);
  await gone(Number(s.read('pid')));
});

it('FAULT 75: a grandchild that holds the pipe delays nothing', async () => {
  const s = scenario(
    {
      t: task('t', `sh -c '${holdAt('held')}' &\necho done > out.txt`, {
        outputs: ['out.txt'],
        secrets: ['TOKEN'],
      }),
    },
    {},
    {},
  );
  s.env['TOKEN'] = 'a-secret-value';
  const held = gate(s, 'held');
  const running = s.start(['run', 't']);
  const [pid = 0] = await held.reached();
  killAtEnd(pid);
  const ran = await running.done;
  expect(ran.code, said(ran)).toBe(0);
  expect(said(ran)).toContain(`t left a process running, which was ended with the run: ${pid}`);
  await gone(pid);
});

it('FAULT 77: NUL bytes and escape sequences are in the log byte by byte, and not on the terminal', async () => {
  const bytes = 'a\\000b\\033[2J\\033]0;title\\007\\rc\\377\\n';
  const s = scenario({ t: task('t', `printf '${bytes}'; exit 1`) });
  const ran = await s.exits(1, ['run', '-v', 't']);
  const folder = Object.keys(s.under('.cache/logs')).find((path) => path.endsWith('.log'))!;
  expect(readFileSync(s.path('.cache/logs', folder), 'latin1')).toBe('a\0b\x1b[2J\x1b]0;title\x07\rc\xff\n');
  for (const text of ['\0', '\x1b', '\x07']) expect(said(ran)).not.toContain(text);
});

it('FAULT 78: a last line without a newline is kept and shown', async () => {
  const s = scenario({ t: task('t', 'printf "first\\nlast words"; exit 1') });
  expect(said(await s.exits(1, ['run', 't']))).toMatch(/last words$/m);
  expect((await s.ok('logs', 't')).stdout).toMatch(/first\nlast words/);
});

it('FAULT 79: a task that reads stdin finds its end, whatever orch itself is given', async () => {
  const s = scenario({ t: task('t', 'cat > out.txt; echo end >> out.txt', { outputs: ['out.txt'] }) });
  const child = spawn(ORCH, ['run', 't'], {
    cwd: s.dir,
    env: s.environment(),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.write('not for the task\n');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(s.read('out.txt')).toBe('end\n');
});

describe('FAULT 80: what cannot be handed to a command is a named error', () => {
  it('an argument longer than the system takes', async () => {
    const long = 'x'.repeat(3_000_000);
    const s = scenario({ t: { run: ['echo', long], outputs: ['out.txt'] } });
    const ran = await s.exits(1, ['run', 't']);
    expect(ran.stderr + ran.stdout).toMatch(/E2BIG|too long/i);
    expect((ran.stdout + ran.stderr).length).toBeLessThan(20_000);
  });

  it('a NUL in an argument', async () => {
    const s = scenario({ t: { run: ['echo', 'a\0b'], outputs: ['out.txt'] } });
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toMatch(/NUL|control character|null/i);
  });
});

it('FAULT 81: the signal that ends a command is named', async () => {
  const s = scenario({ t: task('t', 'kill -SEGV $$') });
  const ran = await s.exits(1, ['run', '--json', 't']);
  expect(eventsOf(ran).find((event) => event.event === 'task-finished')).toMatchObject({
    failure: { kind: 'signal', signal: 'SIGSEGV' },
  });
});

describe.runIf(onLinux)('FAULT 83: a child that left by setsid', () => {
  async function escapedIn(s: Scenario, args: readonly string[]): Promise<{ pid: number; said: string }> {
    const left = gate(s, 'left');
    const running = s.start(args);
    const [pid = 0] = await left.reached();
    killAtEnd(pid);
    const ran = await running.done;
    return { pid, said: said(ran) };
  }
  const arrived = `until [ -s "$GATES/left.up" ]; do sleep 0.01; done`;

  it('is found, ended and told where the task fails', async () => {
    const s = scenario({ t: task('t', `${escaping('left')}\n${arrived}\nexit 3`) });
    const { pid, said: text } = await escapedIn(s, ['run', 't']);
    expect(text).toContain(`note: t: process ${pid} had left the task's process group and was ended with it`);
    await gone(pid);
  });

  it('and where a timeout ends it', async () => {
    const s = scenario({ t: task('t', `${escaping('left')}\n${arrived}\nsleep 60`, { timeout: '1s' }) });
    const { pid, said: text } = await escapedIn(s, ['run', 't']);
    expect(text).toContain(`process ${pid} had left the task's process group`);
    await gone(pid);
  });

  it('lives as long as the run where the task succeeded, and is ended and told at its end', async () => {
    const s = scenario({
      t: task('t', `${escaping('left')}\n${arrived}`, { outputs: [] }),
      user: task('user', 'kill -0 "$(cat "$GATES/left.up")"', { needs: ['t'] }),
    });
    const { pid, said: text } = await escapedIn(s, ['run', 'user']);
    expect(text).toContain(`note: t left a process running, which was ended with the run: ${pid} (sh)`);
    expect(text).toContain('2 run, ');
    await gone(pid);
  });

  it('stays where it was started as a service, without the marker', async () => {
    const service = escaping('left').replace('setsid', 'env -u ORCH_ATTEMPT setsid');
    const s = scenario({ t: task('t', `${service}\n${arrived}`) });
    const { pid, said: text } = await escapedIn(s, ['run', 't']);
    expect(text).not.toContain('running');
    expect(isAlive(pid)).toBe(true);
  });
});
