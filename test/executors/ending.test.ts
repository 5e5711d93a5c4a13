/** How attempts end that don't end by themselves, and what becomes of the processes they started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { identify } from '../../src/base/process-identity.ts';
import { endLeftovers } from '../../src/executors/process-tree.ts';
import { isRunning, start, temporaryFolder } from './attempt.ts';

const onLinux = process.platform === 'linux';

describe('6, 7, 9: an interrupt', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s reaches every process of the group',
    async (signal) => {
      const attempt = start('sleep 60 & echo $!; sh -c "echo \\$\\$; sleep 60; :"; :');
      const [, first, second] = await attempt.logMatches(/(\d+)\n(\d+)\n/);
      attempt.interrupt(signal);
      expect(await attempt.done).toMatchObject({ failure: { kind: 'interrupted', signal } });
      for (const pid of [attempt.pid, first, second]) expect(isRunning(Number(pid))).toBe(false);
    },
  );

  test('lets the command end in its own way, and is a failure even where it exits with 0', async () => {
    const attempt = start('trap "echo saved; exit 0" INT; echo ready; while :; do sleep 0.01; done');
    await attempt.logMatches(/ready/);
    attempt.interrupt('SIGINT');
    expect(await attempt.done).toMatchObject({
      failure: { kind: 'interrupted', signal: 'SIGINT' },
      exitCode: 0,
    });
    expect(attempt.log()).toBe('ready\nsaved\n');
  });

  test('74: where signals are ignored, SIGKILL follows after the grace period', async () => {
    const attempt = start('trap "" INT TERM; echo ready; while :; do sleep 0.01; done', { graceMs: 50 });
    await attempt.logMatches(/ready/);
    attempt.interrupt('SIGINT');
    const end = await attempt.done;
    expect(end).toMatchObject({ failure: { kind: 'interrupted', signal: 'SIGINT' }, signal: 'SIGKILL' });
  });

  test('8: a second one that kills does not wait for the grace period', async () => {
    const attempt = start('trap "" INT TERM; echo ready; while :; do sleep 0.01; done', {
      graceMs: 3_600_000,
    });
    await attempt.logMatches(/ready/);
    attempt.interrupt('SIGINT');
    attempt.kill();
    expect(await attempt.done).toMatchObject({
      failure: { kind: 'interrupted', signal: 'SIGINT' },
      signal: 'SIGKILL',
    });
  });

  test('waits for a descendant that takes longer than the command itself', async () => {
    const dir = temporaryFolder();
    const slow = `trap 'sleep 0.2; echo done > slow; exit' TERM; echo ready; while :; do sleep 0.01; done`;
    const attempt = start(`(${slow}) & trap 'exit 143' TERM; wait`, { cwd: dir });
    await attempt.logMatches(/ready/);
    attempt.interrupt('SIGTERM');
    await attempt.done;
    expect(existsSync(join(dir, 'slow'))).toBe(true);
  });

  test.runIf(onLinux)('of SIGINT does not wait for a background process that cannot hear it', async () => {
    const attempt = start('sleep 60 & echo ready; wait', { graceMs: 3_600_000 });
    await attempt.logMatches(/ready/);
    attempt.interrupt('SIGINT');
    expect((await attempt.done).failure).toEqual({ kind: 'interrupted', signal: 'SIGINT' });
  });

  test('ends a stopped process as well', async () => {
    const attempt = start('echo ready; kill -STOP $$; sleep 60', { graceMs: 3_600_000 });
    await attempt.logMatches(/ready/);
    attempt.interrupt('SIGTERM');
    expect(await attempt.done).toMatchObject({ failure: { kind: 'interrupted' }, signal: 'SIGTERM' });
  });

  test('after the end changes nothing', async () => {
    const attempt = start('true');
    const end = await attempt.done;
    attempt.interrupt('SIGINT');
    attempt.kill();
    expect(await attempt.done).toBe(end);
    expect(end.failure).toBe(null);
  });

  test.runIf(onLinux)('83: a descendant that left the group is found, ended and reported', async () => {
    const attempt = start('setsid sh -c "echo \\$\\$; exec sleep 60" & sleep 60');
    const [pid] = await attempt.logMatches(/\d+(?=\n)/);
    attempt.interrupt('SIGTERM');
    expect((await attempt.done).escaped).toEqual([Number(pid)]);
    expect(isRunning(Number(pid))).toBe(false);
  });

  test.runIf(onLinux)(
    '83: so is one that ignores the signal, and one with an environment of its own in the same session',
    async () => {
      const stubborn = `setsid sh -c 'trap "" TERM; echo a=$$.; while :; do sleep 0.01; done' &`;
      // sh has no job control without a terminal.
      const jobControl = `env -i "$(command -v bash)" -c 'set -m; sleep 60 & echo b=$!.; wait' &`;
      const attempt = start(`${stubborn} ${jobControl} sleep 60`, { graceMs: 50 });
      const [, a, b] = await attempt.logMatches(/^(?=(?:.*\n)*a=(\d+)\.)(?=(?:.*\n)*b=(\d+)\.)/);
      attempt.interrupt('SIGTERM');
      const end = await attempt.done;
      expect(end.escaped).toEqual(expect.arrayContaining([Number(a), Number(b)]));
      expect(end.escaped.filter(isRunning)).toEqual([]);
      expect(end.unkillable).toEqual([]);
    },
  );
});

describe('a timeout', () => {
  test('ends the whole group with SIGTERM', async () => {
    const attempt = start('trap "echo bye; exit 3" TERM; sleep 60 & wait', { timeoutMs: 200 });
    expect(await attempt.done).toMatchObject({ failure: { kind: 'timeout', afterMs: 200 }, exitCode: 3 });
    expect(attempt.log()).toBe('bye\n');
  });

  test('74: and with SIGKILL after the grace period', async () => {
    const attempt = start('trap "" TERM; while :; do sleep 0.01; done', { timeoutMs: 200, graceMs: 50 });
    expect(await attempt.done).toMatchObject({
      failure: { kind: 'timeout', afterMs: 200 },
      signal: 'SIGKILL',
    });
  });

  test('of more days than a timer of Node can count does not fire at once', async () => {
    expect((await start('sleep 0.05', { timeoutMs: 30 * 86_400_000 }).done).failure).toBe(null);
  });
});

describe('processes that a command leaves behind', () => {
  test('75: do not delay its end, and live on where it succeeded', async () => {
    const attempt = start('sleep 60 & echo $!');
    expect((await attempt.done).failure).toBe(null);
    const pid = Number(attempt.log());
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    expect(isRunning(pid)).toBe(true);
  });

  test('75: also where they hold the pipe of a masked log', async () => {
    const attempt = start('sleep 60 & echo $!', { secretValues: ['a secret'] });
    expect((await attempt.done).failure).toBe(null);
    const pid = Number(attempt.log());
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    expect(isRunning(pid)).toBe(true);
  });

  test('are ended where it failed, since they could still write to its outputs', async () => {
    const attempt = start('sleep 60 & echo $!; exit 3');
    expect((await attempt.done).failure).toEqual({ kind: 'exit', code: 3 });
    expect(isRunning(Number(attempt.log()))).toBe(false);
  });

  test.runIf(onLinux)('83: also those that had left its group, which are told', async () => {
    const attempt = start(
      'setsid sh -c "echo \\$\\$; exec sleep 60" & until [ -s logs/attempt.log ]; do sleep 0.01; done; exit 3',
    );
    const end = await attempt.done;
    const pid = Number(attempt.log());
    expect(end).toMatchObject({ failure: { kind: 'exit', code: 3 }, escaped: [pid] });
    expect(isRunning(pid)).toBe(false);
  });
});

describe.runIf(onLinux)('11: what a killed orch left running', () => {
  function leave(script: string, marker: string): ChildProcess {
    const env = { PATH: process.env['PATH'] ?? '', ORCH_ATTEMPT: `outer;${marker}` };
    const child = spawn('sh', ['-c', script], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // All of its group has ended, as it should.
      }
    });
    return child;
  }

  test('is ended, whether its leader still lives or not', async () => {
    const marker = `left-${process.pid}`;
    const alive = leave('echo ready; sleep 60; :', marker);
    await once(alive.stdout!, 'data');
    const orphaned = leave('sleep 60 >/dev/null & echo $!', marker);
    const [line] = (await once(orphaned.stdout!, 'data')) as [Buffer];
    await once(orphaned, 'exit');
    expect(isRunning(Number(line))).toBe(true);

    const { escaped, unkillable } = await endLeftovers(identify(alive.pid!)!, marker, 5_000);
    expect(isRunning(alive.pid!)).toBe(false);
    expect(isRunning(Number(line))).toBe(false);
    expect(escaped).toEqual([Number(line)]);
    expect(unkillable).toEqual([]);
  });

  test('is not mistaken for a process that has its pid by now, nor for one with a longer marker', async () => {
    const other = leave('echo ready; sleep 60; :', `left-${process.pid}-2`);
    await once(other.stdout!, 'data');
    const [pid, startTicks, ...rest] = identify(other.pid!)!.split(':');
    const earlier = [pid, String(Number(startTicks) - 1), ...rest].join(':');
    expect(await endLeftovers(earlier, `left-${process.pid}`, 5_000)).toEqual({
      escaped: [],
      unkillable: [],
    });
    expect(isRunning(other.pid!)).toBe(true);
  });
});
