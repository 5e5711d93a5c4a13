import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { holderOf, type Lock, tryLock, waitForLock } from '../../src/base/lock.ts';
import { identify } from '../../src/base/process-identity.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
  return () => rmSync(dir, { recursive: true, force: true });
});

function take(name = 'l'): Lock {
  const taken = tryLock(dir, name, 'me');
  if (!taken.ok) throw new Error(JSON.stringify(taken.error));
  onTestFinished(() => taken.value.release());
  return taken.value;
}

const tickets = (name = 'l') => readdirSync(join(dir, `${name}.lock`)).sort();

function writeTicket(number: number, identity: string, state = 'H'): string {
  mkdirSync(join(dir, 'l.lock'), { recursive: true });
  const path = join(dir, 'l.lock', String(number));
  writeFileSync(path, `${state}\n${JSON.stringify({ identity, who: 'another', sinceMs: 5 })}\n`);
  return path;
}

/** An identity whose process has ended. */
function deadIdentity(): string {
  const [pid, start, ...rest] = identify(process.pid)!.split(':');
  return [pid, String(Number(start) - 1), ...rest].join(':');
}

const foreignIdentity = () => `${identify(process.pid)!.split(':').slice(0, 3).join(':')}:1`;

test('a held lock is refused with the words of its holder, and free after its release', () => {
  const lock = take();
  const second = tryLock(dir, 'l', 'you');
  expect(second).toMatchObject({ ok: false, error: { kind: 'held', who: 'me', pid: process.pid } });
  lock.release();
  lock.release();
  take().release();
  expect(tickets()).toEqual(['2']);
});

test('its holder can be seen without taking it, and without a trace', () => {
  expect(holderOf(dir, 'l')).toBeNull();
  expect(existsSync(join(dir, 'l.lock'))).toBe(false);
  const lock = take();
  expect(holderOf(dir, 'l')).toMatchObject({ who: 'me', pid: process.pid });
  expect(tickets()).toEqual(['1']);
  lock.release();
  expect(holderOf(dir, 'l')).toBeNull();
  writeTicket(2, deadIdentity());
  expect(holderOf(dir, 'l')).toBeNull();
  writeTicket(3, identify(process.pid)!);
  expect(holderOf(dir, 'l')).toMatchObject({ who: 'another' });
});

test('locks of different names are independent', () => {
  take('a');
  take('b');
  expect(tickets('a')).toEqual(['1']);
  expect(tickets('b')).toEqual(['1']);
});

test('releasing twice does not free the lock of the next holder', () => {
  const first = take();
  first.release();
  take();
  first.release();
  expect(tryLock(dir, 'l', 'you').ok).toBe(false);
});

describe('27: the lock of a dead holder is free', () => {
  test('without anybody unlocking it', () => {
    writeTicket(7, deadIdentity());
    take();
    expect(tickets()).toEqual(['8']);
  });

  test('with the temporary files that it left', () => {
    writeTicket(7, deadIdentity());
    const dead = spawnSync('true').pid;
    writeFileSync(join(dir, 'l.lock', `new.${dead}.abc`), 'H\n');
    writeFileSync(join(dir, 'l.lock', `new.${process.pid}.abc`), 'H\n');
    take();
    expect(tickets()).toEqual(['8', `new.${process.pid}.abc`]);
  });
});

test('a holder that cannot be seen from here holds it while it renews its ticket', () => {
  const path = writeTicket(3, foreignIdentity());
  expect(tryLock(dir, 'l', 'you')).toMatchObject({
    ok: false,
    error: { kind: 'held', who: 'another', sinceMs: 5 },
  });
  const longAgo = new Date(Date.now() - 120_000);
  utimesSync(path, longAgo, longAgo);
  take();
  expect(tickets()).toEqual(['4']);
});

test('an unreadable ticket is believed for a while only', () => {
  const path = writeTicket(3, '');
  writeFileSync(path, '');
  expect(tryLock(dir, 'l', 'you').ok).toBe(false);
  const longAgo = new Date(Date.now() - 120_000);
  utimesSync(path, longAgo, longAgo);
  take();
});

test('the ticket of a process that slept through several hand-overs means nothing', () => {
  writeTicket(5, identify(process.pid)!);
  writeTicket(9, deadIdentity(), 'R');
  take();
  expect(tickets()).toEqual(['10']);
});

test('numbers are compared as numbers', () => {
  for (const number of [9, 10, 11]) writeTicket(number, deadIdentity());
  take();
  expect(tickets()).toEqual(['12']);
});

test('a folder that cannot be used is told apart from a held lock', () => {
  writeFileSync(join(dir, 'l.lock'), 'a file');
  expect(tryLock(dir, 'l', 'me')).toMatchObject({ ok: false, error: { kind: 'unusable', code: 'ENOTDIR' } });
});

test.skipIf(process.getuid?.() === 0)('a read-only folder is unusable', () => {
  chmodSync(dir, 0o555);
  expect(tryLock(dir, 'l', 'me')).toMatchObject({ ok: false, error: { kind: 'unusable', code: 'EACCES' } });
  chmodSync(dir, 0o755);
});

describe('waitForLock', () => {
  test('says once for whom it waits, and takes the lock when it is released', async () => {
    const lock = take();
    const waitedFor: string[] = [];
    const taken = await waitForLock(dir, 'l', 'you', {
      pollMs: 1,
      onWait(held) {
        waitedFor.push(held.who);
        setImmediate(() => lock.release());
      },
    });
    expect(waitedFor).toEqual(['me']);
    expect(taken.ok).toBe(true);
    if (taken.ok) taken.value.release();
  });

  test('stops when it is aborted', async () => {
    take();
    const abort = new AbortController();
    const waiting = waitForLock(dir, 'l', 'you', { signal: abort.signal, onWait: () => abort.abort() });
    expect(await waiting).toEqual({ ok: false, error: { kind: 'aborted' } });
  });
});

/** Bundles lock-hammer.ts for node, which runs no TypeScript. */
function buildHammer(): string {
  const program = join(dir, 'hammer.cjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('./lock-hammer.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.url': '__url' },
    banner: { js: "const __url=require('url').pathToFileURL(__filename).href;" },
  });
  return program;
}

describe.runIf(spawnSync('strace', ['-V']).status === 0)('at the worst moments (strace)', () => {
  function hammerUnder(injection: string): ChildProcess {
    writeFileSync(join(dir, 'numbers'), '');
    const trace = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=link,linkat',
      '-e',
      `inject=link,linkat:${injection}`,
    ];
    const child = spawn('strace', [...trace, process.execPath, buildHammer(), dir], { stdio: 'inherit' });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  test('a process that sleeps before it takes its ticket, while the lock changes hands, gets nothing', async () => {
    mkdirSync(join(dir, 'hammer.lock'));
    const sleeper = hammerUnder('delay_enter=2000000:when=1');
    // Its temporary file shows that it has listed the folder and is about to take ticket 1.
    while (!tickets('hammer').some((name) => name.startsWith('new.')))
      await new Promise((go) => setTimeout(go, 1));
    for (let round = 0; round < 3; round++) take('hammer').release();
    const lock = take('hammer');
    expect(tickets('hammer').filter((name) => /^\d/.test(name))).toEqual(['4']);
    // Having slept, it creates ticket 1, sees ours, withdraws, and waits: then its temporary file is gone.
    while (tickets('hammer').length > 1) await new Promise((go) => setTimeout(go, 1));
    expect(readFileSync(join(dir, 'numbers'), 'utf8')).toBe('');
    writeFileSync(join(dir, 'stop'), '');
    lock.release();
    await once(sleeper, 'exit');
    expect(readFileSync(join(dir, 'numbers'), 'utf8')).toMatch(/^1 \d+\n$/);
  });

  test('27: a process killed as it takes its ticket leaves a free lock and, in the end, no file', async () => {
    const killed = hammerUnder('signal=SIGKILL:when=1');
    await once(killed, 'exit');
    expect(tickets('hammer')).not.toEqual([]);
    take('hammer');
    expect(tickets('hammer')).toHaveLength(1);
  });
});

test('27: eight processes that are killed at random lose no update and never block each other', async () => {
  const program = buildHammer();
  const numbers = join(dir, 'numbers');
  writeFileSync(numbers, '');
  const workers = new Set<ChildProcess>();
  const ended: Promise<unknown>[] = [];
  let errors = '';
  let lines = 0;
  let kills = 0;
  let finish = () => {};
  const enough = new Promise<void>((resolve) => {
    finish = resolve;
  });

  function start(): void {
    const worker = spawn(process.execPath, [program, dir], { stdio: ['ignore', 'pipe', 'pipe'] });
    workers.add(worker);
    ended.push(once(worker, 'close').then(() => workers.delete(worker)));
    worker.stderr.on('data', (data: Buffer) => {
      errors += data;
      finish();
    });
    worker.stdout.on('data', (dots: Buffer) => {
      lines += dots.length;
      if (kills >= 40) return finish();
      if (lines < (kills + 1) * 15) return;
      kills++;
      const alive = [...workers].filter(
        ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
      );
      alive[Math.floor(Math.random() * alive.length)]?.kill('SIGKILL');
      start();
    });
  }
  for (let index = 0; index < 8; index++) start();
  onTestFinished(() => {
    for (const worker of workers) worker.kill('SIGKILL');
  });

  await enough;
  writeFileSync(join(dir, 'stop'), '');
  await Promise.all(ended);
  expect(errors).toBe('');
  expect(kills).toBe(40);
  const written = readFileSync(numbers, 'utf8').trimEnd().split('\n');
  expect(written.map((line) => Number.parseInt(line, 10))).toEqual(written.map((_, index) => index + 1));
  expect(written.length).toBeGreaterThanOrEqual(lines);
  expect(existsSync(join(dir, 'hammer.lock'))).toBe(true);
  const last = tryLock(dir, 'hammer', 'me');
  expect(last.ok).toBe(true);
  if (last.ok) last.value.release();
  expect(readdirSync(join(dir, 'hammer.lock'))).toHaveLength(1);
});
