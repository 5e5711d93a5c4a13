import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDescriptors, start, temporaryFolder } from './attempt.ts';

describe('a command that ends by itself', () => {
  test('succeeds with exit 0; stdout and stderr are in the log in their order', async () => {
    const attempt = start('echo one; echo two >&2; echo three');
    expect(attempt.pid).toBeGreaterThan(0);
    expect(await attempt.done).toEqual({
      failure: null,
      exitCode: 0,
      signal: null,
      durationMs: expect.any(Number),
      logBytes: 14,
      escaped: [],
      unkillable: [],
    });
    expect(attempt.log()).toBe('one\ntwo\nthree\n');
  });

  test('fails with its exit code', async () => {
    expect(await start('exit 7').done).toMatchObject({
      failure: { kind: 'exit', code: 7 },
      exitCode: 7,
      signal: null,
    });
  });

  test('81: a signal that ends it is reported', async () => {
    const end = await start('kill -SEGV $$').done;
    expect(end).toMatchObject({
      failure: { kind: 'signal', signal: 'SIGSEGV' },
      exitCode: null,
      signal: 'SIGSEGV',
    });
  });

  test('leaves no log file where it wrote nothing', async () => {
    const attempt = start('true');
    expect((await attempt.done).logBytes).toBe(0);
    expect(existsSync(attempt.logPath)).toBe(false);
  });

  test('replaces the log of an earlier attempt of that name', async () => {
    const logPath = join(temporaryFolder(), 'log');
    await start('echo first and longer', { logPath }).done;
    const second = start('echo second', { logPath });
    await second.done;
    expect(second.log()).toBe('second\n');
  });

  test('gets exactly the environment and the folder it was given, and its marker', async () => {
    const attempt = start('pwd -P; env', { env: { PATH: '/usr/bin:/bin', A: 'b c' }, marker: 'the-marker' });
    await attempt.done;
    const [folder, ...variables] = attempt.log().trimEnd().split('\n');
    expect(folder).toBe(attempt.dir);
    expect(variables.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line)).sort()).toEqual([
      'A=b c',
      'ORCH_ATTEMPT=the-marker',
      'PATH=/usr/bin:/bin',
    ]);
  });

  test('79: reading stdin gives the end of file', async () => {
    const attempt = start('cat; echo read $?');
    await attempt.done;
    expect(attempt.log()).toBe('read 0\n');
  });

  test('77: the log is exact in every byte', async () => {
    const dir = temporaryFolder();
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    writeFileSync(join(dir, 'bytes'), bytes);
    const attempt = start('cat bytes; printf "\\033[2Jno newline"', { cwd: dir });
    await attempt.done;
    expect(readFileSync(attempt.logPath)).toEqual(Buffer.concat([bytes, Buffer.from('\x1b[2Jno newline')]));
  });

  test('68, 69: arguments reach it literally', async () => {
    const words = ['a b', "it's", '"', '$(touch x)', 'new\nline', '-rf', '--', '*', ''];
    const attempt = start(['printf', '<%s>', ...words]);
    await attempt.done;
    expect(attempt.log()).toBe(words.map((word) => `<${word}>`).join(''));
  });

  test('leaves no descriptor open in orch', async () => {
    await start('echo warm', { secretValues: ['secret'] }).done;
    const before = openDescriptors();
    await start('echo x').done;
    await start('echo x', { secretValues: ['secret'] }).done;
    await start(['/no/such/command']).done;
    await start(['x'.repeat(300_000)]).done;
    await start('exit 1').done;
    expect(openDescriptors()).toBe(before);
  });
});

describe('80: what cannot be started says why', () => {
  const cases: [string, string | readonly string[], object, RegExp][] = [
    ['an unknown command', ['no-such-command'], {}, /^command not found: no-such-command \(not in PATH\)$/],
    ['a missing path', ['./no/such'], {}, /^command not found: \.\/no\/such$/],
    [
      'a missing working directory',
      'true',
      { cwd: '/no/such/folder' },
      /working directory doesn't exist: \/no/,
    ],
    ['a working directory that is a file', 'true', { cwd: '/etc/passwd' }, /is no folder: \/etc\/passwd$/],
    ['a folder', ['/usr'], {}, /^not a command: \/usr is a folder$/],
    [
      'an argument too long',
      ['echo', 'x'.repeat(200_000)],
      {},
      /^the command line .* is too long .*\(200\d\d\d bytes/,
    ],
    ['a NUL in an argument', ['echo', 'a', 'b\0c'], {}, /^argument 2 of the command holds a NUL byte/],
    [
      'a NUL in the environment',
      'true',
      { env: { A: 'x\0' } },
      /^the environment variable A holds a NUL byte/,
    ],
    ['an empty command', [], {}, /^the command is empty$/],
  ];
  test.each(cases)('%s', async (_what, run, options, message) => {
    const attempt = start(run, options);
    const end = await attempt.done;
    expect(attempt.pid).toBe(null);
    expect(end).toMatchObject({ failure: { kind: 'spawn' }, exitCode: null, signal: null, logBytes: 0 });
    expect(end.failure?.kind === 'spawn' && end.failure.message).toMatch(message);
    attempt.interrupt('SIGINT');
    attempt.kill();
    expect(existsSync(attempt.logPath)).toBe(false);
  });

  test('a file that is not executable, and a script whose interpreter is missing', async () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'plain'), 'x');
    writeFileSync(join(dir, 'script'), '#!/no/such/interpreter\n', { mode: 0o755 });
    const plain = await start(['./plain'], { cwd: dir }).done;
    expect(plain.failure).toMatchObject({
      kind: 'spawn',
      message: expect.stringMatching(/^not allowed to execute .\/plain/),
    });
    const script = await start(['./script'], { cwd: dir }).done;
    expect(script.failure).toMatchObject({
      kind: 'spawn',
      message: expect.stringMatching(/interpreter .* doesn't exist$/),
    });
  });

  test('109: without a secret that the command line holds', async () => {
    const end = await start(['/no/such/hunter22'], { secretValues: ['hunter22'] }).done;
    expect(end.failure).toEqual({ kind: 'spawn', message: 'command not found: /no/such/***' });
  });
});

describe('a log that cannot be a plain file of its own is a failure, and the command is not started', () => {
  async function refused(logPath: string): Promise<string> {
    const attempt = start('echo ran > ran', { logPath });
    const end = await attempt.done;
    expect(existsSync(join(attempt.dir, 'ran'))).toBe(false);
    expect(end.failure).toMatchObject({ kind: 'io', doing: 'create the log', path: logPath });
    return end.failure?.kind === 'io' ? end.failure.code : '';
  }

  test('at the place of a folder', async () => {
    expect(await refused(temporaryFolder())).toBe('EISDIR');
  });

  test('below a file', async () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'file'), '');
    expect(await refused(join(dir, 'file', 'log'))).toBe('ENOTDIR');
  });

  test('at the place of a link, whose target stays as it is', async () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'precious'), 'data');
    symlinkSync('precious', join(dir, 'log'));
    expect(await refused(join(dir, 'log'))).toBe('ELOOP');
    expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('data');
  });

  test('at the place of a FIFO, with or without a reader', async () => {
    const path = join(temporaryFolder(), 'fifo');
    execFileSync('mkfifo', [path]);
    expect(await refused(path)).toBe('ENXIO');
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    expect(await refused(path)).toBe('EINVAL');
    closeSync(reader);
    expect(lstatSync(path).isFIFO()).toBe(true);
  });
});

test('what a task puts in the place of its log is left alone', async () => {
  const attempt = start('rm logs/attempt.log; mkfifo logs/attempt.log');
  expect(await attempt.done).toMatchObject({ failure: null, logBytes: 0 });
  expect(lstatSync(attempt.logPath).isFIFO()).toBe(true);
});

test('an interactive command has no log and no process group of its own', async () => {
  const dir = temporaryFolder();
  const attempt = start('ps -o pgid= -p $$ > group', { cwd: dir, interactive: true });
  expect(await attempt.done).toMatchObject({ failure: null, logBytes: 0 });
  expect(Number(readFileSync(join(dir, 'group'), 'utf8'))).not.toBe(attempt.pid);
  expect(existsSync(attempt.logPath)).toBe(false);
});
