import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  hasEnded,
  identify,
  isAlive,
  lifeOf,
  pidOf,
  readProcessStat,
} from '../../src/base/process-identity.ts';

test('11: a process is alive until it ends, even where its pid is taken by another one', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid!)!;
  expect(pidOf(identity)).toBe(child.pid);
  expect(isAlive(identity)).toBe(true);
  // What the identity of an earlier process with the same pid looks like.
  const [pid, start, ...rest] = identity.split(':');
  expect(lifeOf([pid, String(Number(start) - 1), ...rest].join(':'))).toBe('dead');

  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(identify(child.pid!)).toBe(null);
  expect(lifeOf(identity)).toBe('dead');
});

test('a process of another boot or container is unknown, never alive', () => {
  const [pid, start, boot, namespace] = identify(process.pid)!.split(':');
  expect(lifeOf([pid, start, 'another-boot', namespace].join(':'))).toBe('unknown');
  expect(lifeOf([pid, start, boot, '1'].join(':'))).toBe('unknown');
  expect(isAlive([pid, start, boot, '1'].join(':'))).toBe(false);
  for (const nonsense of ['', 'x', '-1:2:3:4', '1', ':::']) expect(isAlive(nonsense)).toBe(false);
});

test('identify refuses what is not a pid', () => {
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 40]) expect(identify(pid)).toBe(null);
});

test.runIf(process.platform === 'linux')(
  'a command name with spaces and parentheses does not shift the fields',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'identity-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const command = join(dir, 'a) S 1 (b');
    copyFileSync('/bin/sleep', command);
    const child = spawn(command, ['60'], { stdio: 'ignore', detached: true });
    const stat = readProcessStat(child.pid!)!;
    expect(stat.group).toBe(child.pid);
    expect(stat.session).toBe(child.pid);
    expect(isAlive(identify(child.pid!)!)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
  },
);

test.runIf(process.platform === 'linux')('a zombie counts as ended', async () => {
  // The shell starts a process and becomes a sleep that never collects it.
  const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$" & exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  // It prints, then ends: within moments it is a zombie, and stays one.
  while (!hasEnded(readProcessStat(pid)!)) await new Promise((resolve) => setImmediate(resolve));
  expect(identify(pid)).toBe(null);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
});
