/** Signals (D4, E1), and two runs in one root (D7). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ORCH } from '../support/project.ts';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import {
  eventsOf,
  type Fields,
  outcomesOf,
  type Scenario,
  said,
  scenario,
  task,
} from './support/scenario.ts';

/** quick, then slow, which is held and has started a process of its own. */
const tasks: Fields = {
  quick: task('quick', 'echo q > quick.txt', { outputs: ['quick.txt'] }),
  slow: task('slow', `sh -c '${holdAt('child')}' &\n${holdAt('slow')}\ncat quick.txt > slow.txt`, {
    inputs: ['quick.txt'],
    outputs: ['slow.txt'],
    grace: '2s',
  }),
};

async function interrupted(
  signal: NodeJS.Signals,
): Promise<{ s: Scenario; code: number | null; pids: number[] }> {
  const s = scenario(tasks);
  const child = gate(s, 'child');
  const slow = gate(s, 'slow');
  const running = s.start(['run', 'slow']);
  const pids = [...(await slow.reached()), ...(await child.reached())];
  running.kill(signal);
  const { code } = await running.done;
  return { s, code, pids };
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (signal, expected) => {
  it(`gives exit ${expected}; no process survives; what was done stays done`, async () => {
    const { s, code, pids } = await interrupted(signal);
    expect(code).toBe(expected);
    for (const pid of pids) await until(() => !isAlive(pid), `the end of ${pid}`);
    expect(s.ran()).toEqual(['quick', 'slow']);
    s.flow({
      ...tasks,
      slow: task('slow', 'cat quick.txt > slow.txt', { inputs: ['quick.txt'], outputs: ['slow.txt'] }),
    });
    expect(await s.run('slow')).toEqual(['slow']);
  });
});

describe('an interrupt', () => {
  it('that a task ignores ends it after its grace', async () => {
    const s = scenario({ t: task('t', `trap '' INT; ${holdAt('t')}`, { grace: '100ms' }) });
    const t = gate(s, 't');
    const running = s.start(['run', 't']);
    const [pid = 0] = await t.reached();
    running.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    await until(() => !isAlive(pid), 'the end of the command');
  });

  it('that comes twice kills at once', async () => {
    const loop = 'while [ -d "$GATES" ]; do read go < "$GATES/t" || true; done';
    const s = scenario({
      t: task('t', `trap 'echo >> "$GATES/int.up"' INT\necho $$ >> "$GATES/t.up"\n${loop}`, { grace: '1h' }),
    });
    const t = gate(s, 't');
    const int = gate(s, 'int');
    const running = s.start(['run', 't']);
    const [pid = 0] = await t.reached();
    running.kill('SIGINT');
    await int.reached();
    running.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    await until(() => !isAlive(pid), 'the end of the command');
  });

  it('is an event and records nothing partial', async () => {
    const s = scenario({
      t: task('t', `echo half > out.txt; ${holdAt('t')}`, { outputs: ['out.txt'], grace: '1s' }),
    });
    const t = gate(s, 't');
    const running = s.start(['run', '--json', 't']);
    await t.reached();
    running.kill('SIGINT');
    const ran = await running.done;
    const events = eventsOf(ran);
    expect(events.at(-1)).toMatchObject({ event: 'run-finished', state: 'interrupted', exitCode: 130 });
    expect(s.exists('out.txt')).toBe(false);
  });
});

describe('a second run in one root', () => {
  const make: Fields = {
    make: task('make', `${holdAt('g')}; cat in.txt > out.txt`, { inputs: ['in.txt'], outputs: ['out.txt'] }),
  };

  it('waits, says for whom, and reuses what the first made', async () => {
    const s = scenario(make, { 'in.txt': 'x\n' });
    const g = gate(s, 'g');
    const first = s.start(['run', 'make']);
    await g.reached();
    const second = s.start(['run', '--json', 'make']);
    await second.stdoutMatches(/"task-waiting"/);
    g.release();
    expect((await first.done).code).toBe(0);
    const ran = await second.done;
    expect(ran.code, said(ran)).toBe(0);
    const events = eventsOf(ran);
    expect(events.find((event) => event.event === 'task-waiting')).toMatchObject({
      task: 'make',
      forTask: 'make',
      pid: first.pid,
    });
    expect(outcomesOf(events)).toEqual({ make: 'up-to-date' });
    expect(events.filter((event) => event.event === 'task-started')).toEqual([]);
    expect(s.ran()).toEqual(['make']);
  });

  it('says so in plain lines too', async () => {
    const s = scenario(make, { 'in.txt': 'x\n' });
    const g = gate(s, 'g');
    const first = s.start(['run', 'make']);
    await g.reached();
    const second = spawn(ORCH, ['run', 'make'], { cwd: s.dir, env: s.environment() });
    onTestFinished(() => void second.kill('SIGKILL'));
    let text = '';
    for (const stream of [second.stdout, second.stderr]) stream.on('data', (data) => (text += data));
    const ended = once(second, 'close');
    await until(() => /waiting/i.test(text), 'the word that it waits');
    expect(text).toContain(String(first.pid));
    expect(text).not.toContain('Running task');
    g.release();
    await first.done;
    expect(await ended).toEqual([0, null]);
    expect(s.ran()).toEqual(['make']);
  });

  it('ends with 4 under --no-wait', async () => {
    const s = scenario(make, { 'in.txt': 'x\n' });
    const g = gate(s, 'g');
    const first = s.start(['run', 'make']);
    await g.reached();
    const ran = await s.exits(4, ['run', '--no-wait', 'make']);
    expect(said(ran)).toContain(String(first.pid));
    g.release();
    expect((await first.done).code).toBe(0);
    expect(s.ran()).toEqual(['make']);
  });

  it('goes on at once where the first was killed', async () => {
    const s = scenario(make, { 'in.txt': 'x\n' });
    const g = gate(s, 'g');
    const first = s.start(['run', 'make']);
    const [pid = 0] = await g.reached();
    first.kill('SIGKILL');
    await first.done;
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'the end of the command');
    g.release();
    await s.ok('run', '--no-wait', 'make');
    expect(s.read('out.txt')).toBe('x\n');
  });

  it('is not disturbed by looking: list, status and a dry run need no turn', async () => {
    const s = scenario(make, { 'in.txt': 'x\n' });
    const g = gate(s, 'g');
    const first = s.start(['run', 'make']);
    await g.reached();
    await s.ok('list');
    await s.ok('status');
    await s.ok('run', '-n', 'make');
    g.release();
    expect((await first.done).code).toBe(0);
  });
});

describe.each([
  ['clean', ['clean', '-y']],
  ['clean --outputs', ['clean', '--outputs', '-y']],
  ['--clean', ['--clean', '-y']],
  ['accept', ['accept', 'other']],
  ['run --touch', ['run', '--touch', 'other']],
])('%s beside a run of the same root', (_what, argv) => {
  async function besideRun(): Promise<{ s: Scenario; end: () => Promise<void>; pid: number }> {
    const s = scenario({
      make: task('make', holdAt('g'), { outputs: [] }),
      other: task('other', '', { outputs: ['other.txt'] }),
    });
    s.write('other.txt', 'mine\n');
    const g = gate(s, 'g');
    const first = s.start(['run', 'make']);
    await g.reached();
    const end = async () => {
      g.release();
      expect((await first.done).code).toBe(0);
    };
    return { s, end, pid: first.pid };
  }

  it('waits and says for whom on stderr', async () => {
    const { s, end, pid } = await besideRun();
    const second = spawn(ORCH, argv, { cwd: s.dir, env: s.environment() });
    onTestFinished(() => void second.kill('SIGKILL'));
    let stdout = '';
    let stderr = '';
    second.stdout.on('data', (data) => (stdout += data));
    second.stderr.on('data', (data) => (stderr += data));
    const ended = once(second, 'close');
    await until(() => /waiting/i.test(stderr), 'the word that it waits');
    expect(stderr).toMatch(
      new RegExp(`Waiting for another run in this project: run .* \\(process ${pid}\\)`),
    );
    expect(stdout).toBe('');
    await end();
    expect(await ended).toEqual([0, null]);
  });

  it('ends with 4 under --no-wait, with nothing changed', async () => {
    const { s, end, pid } = await besideRun();
    const before = s.under('.cache/owned');
    const ran = await s.exits(4, [...argv, '--no-wait']);
    expect(ran.stderr).toContain(`process ${pid}`);
    expect(ran.stdout).toBe('');
    expect((await s.exits(4, argv, { env: { ORCH_NO_WAIT: '1' } })).stderr).toContain(`process ${pid}`);
    expect(s.under('.cache/owned')).toEqual(before);
    await end();
  });
});
