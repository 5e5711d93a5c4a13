import { describe, expect, test } from 'vitest';
import { runProbe } from '../../src/executors/probe.ts';
import { isRunning, temporaryFolder } from './attempt.ts';

function probe(script: string, timeoutMs = 30_000) {
  return runProbe(['sh', '-c', script], {
    cwd: temporaryFolder(),
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs,
  });
}

/** SIGKILL has been sent; the system takes a moment. Where it hasn't been, the test runs into its timeout. */
async function gone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  while (isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
}

test('the answer is what the command prints, without the final newline', async () => {
  expect(await probe('echo "tool 1.2"; echo warning >&2')).toEqual({ exitCode: 0, stdout: 'tool 1.2' });
});

test('where it prints nothing, its stderr is the answer', async () => {
  expect(await probe('echo "java 21" >&2')).toEqual({ exitCode: 0, stdout: 'java 21' });
});

test('an exit code is an answer, not a failure', async () => {
  expect(await probe('exit 3')).toEqual({ exitCode: 3, stdout: '' });
});

test('it gets the folder and the environment it is given, and nothing else', async () => {
  const cwd = temporaryFolder();
  const answer = await runProbe(['/bin/sh', '-c', 'pwd -P; echo "${HOME-none} $A"'], {
    cwd,
    env: { A: 'b' },
    timeoutMs: 30_000,
  });
  expect(answer).toEqual({ exitCode: 0, stdout: `${cwd}\nnone b` });
});

test('79: reading stdin gives the end of file', async () => {
  expect(await probe('cat; echo read')).toEqual({ exitCode: 0, stdout: 'read' });
});

describe('no answer is said in one sentence', () => {
  test('where the command cannot be started', async () => {
    const options = { cwd: temporaryFolder(), env: { PATH: '/usr/bin:/bin' }, timeoutMs: 30_000 };
    expect(await runProbe(['no-such-tool', '--version'], options)).toEqual({
      exitCode: null,
      stdout: '',
      failed: 'command not found: no-such-tool (not in PATH)',
    });
    expect(await runProbe(['true'], { ...options, cwd: '/no/such' })).toMatchObject({
      exitCode: null,
      failed: "the working directory doesn't exist: /no/such",
    });
    expect((await runProbe(['echo', 'x'.repeat(200_000)], options)).failed).toMatch(
      /^the command line .* is too long/,
    );
    expect((await runProbe(['echo', 'a\0b'], options)).failed).toMatch(
      /^argument 1 of the command holds a NUL byte/,
    );
    expect((await runProbe([], options)).failed).toBe('the command is empty');
  });

  test('where it does not end in time, and neither it nor its children live on', async () => {
    const answer = await probe('sleep 600 & echo $!; wait', 300);
    expect(answer).toMatchObject({ exitCode: null, failed: 'no answer within 300 ms' });
    await gone(Number(answer.stdout));
  });

  test('75: where a grandchild holds its output open', async () => {
    const answer = await probe('sleep 600 & echo $!', 300);
    await gone(Number(answer.stdout));
    expect(answer.failed).toBe('no answer within 300 ms');
  });

  test.runIf(process.platform === 'linux')(
    '75: where that grandchild has left the process group',
    async () => {
      const answer = await probe('setsid sleep 600 & echo $!', 300);
      expect(answer.failed).toBe('no answer within 300 ms');
      process.kill(Number(answer.stdout), 'SIGKILL');
    },
  );

  test('where it is interrupted', async () => {
    const abort = new AbortController();
    const cwd = temporaryFolder();
    const options = { cwd, env: { PATH: '/usr/bin:/bin' }, timeoutMs: 3_600_000, signal: abort.signal };
    const answer = runProbe(['sleep', '3600'], options);
    abort.abort();
    expect(await answer).toMatchObject({ exitCode: null, failed: 'interrupted' });
    expect(await runProbe(['sleep', '3600'], options)).toMatchObject({ failed: 'interrupted' });
  });

  test('where a signal ends it', async () => {
    expect(await probe('kill -KILL $$')).toMatchObject({ exitCode: null, failed: 'ended by SIGKILL' });
  });

  test('where it prints without end', async () => {
    const answer = await probe('yes');
    expect(answer.failed).toBe('more than 1000000 bytes of output');
    expect(answer.stdout.length).toBeLessThanOrEqual(1_000_000);
  });
});
