/** What is in an attempt's log: masked values, limits, memory. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { start } from './attempt.ts';

const env = (extra: Record<string, string>) => ({ PATH: process.env['PATH'] ?? '', ...extra });

describe('107: a declared secret never reaches the log', () => {
  const secret = 'hunter2/and+more é';
  const withSecret = (script: string) =>
    start(script, {
      secretValues: [secret],
      env: env({ SECRET: secret, B64: Buffer.from(secret).toString('base64') }),
    });

  test('as it is, as base64, URL-encoded, on stdout and stderr', async () => {
    const url = encodeURIComponent(secret);
    const attempt = withSecret(`echo "a $SECRET b"; echo "x=$B64" >&2; echo 'u=${url}'; printf "$SECRET"`);
    expect((await attempt.done).failure).toBe(null);
    // Two pipes: what was written to stderr may stand before or within what stdout got first.
    expect(attempt.log().match(/\*\*\*/g)).toHaveLength(4);
    expect([...attempt.log().replaceAll('***', '').replaceAll(/\s/g, '')].sort().join('')).toBe('==abux');
  });

  test('in pieces that arrive one by one', async () => {
    const pieces = [...secret].map((char) => `printf '%s' '${char}'; sleep 0.01`).join('; ');
    const attempt = withSecret(`printf '<'; ${pieces}; printf '>'`);
    await attempt.done;
    expect(attempt.log()).toBe('<***>');
  });

  test('and its beginning is written where the rest does not come', async () => {
    const attempt = withSecret('printf "hunter2/and"');
    expect((await attempt.done).logBytes).toBe(11);
    expect(attempt.log()).toBe('hunter2/and');
  });

  test('and a log without anything in it is removed as well', async () => {
    const attempt = withSecret('true');
    expect((await attempt.done).logBytes).toBe(0);
    expect(() => statSync(attempt.logPath)).toThrow('ENOENT');
  });
});

describe('76: a log over its limit keeps its head and its tail, and says what is missing', () => {
  const script = 'i=0; while [ $i -lt 2000 ]; do printf "%09d\\n" $i; i=$((i+1)); done';
  const line = (index: number) => `${String(index).padStart(9, '0')}\n`;
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => line(from + at)).join('');
  const note = '\n[orch: 19000 bytes of output are missing here: a log keeps 1000 bytes]\n';

  test.each([
    ['written by the command itself', []],
    ['masked', ['some secret']],
  ])('%s', async (_how, secretValues) => {
    const attempt = start(script, { maxLogBytes: 1000, secretValues });
    const end = await attempt.done;
    expect(attempt.log()).toBe(`${lines(0, 50)}${note}${lines(1950, 2000)}`);
    expect(end.logBytes).toBe(1000 + note.length);
  });

  test.each([
    ['written by the command itself', []],
    ['masked', ['some secret']],
  ])('%s, and up to the limit it is whole', async (_how, secretValues) => {
    for (const maxLogBytes of [20_000, 20_001, 39_999]) {
      const attempt = start(script, { maxLogBytes, secretValues });
      expect((await attempt.done).logBytes).toBe(20_000);
      expect(attempt.log()).toBe(lines(0, 2000));
    }
  });

  test('in one piece that is longer than everything kept', async () => {
    const attempt = start('head -c 300000 /dev/zero | tr "\\0" x; echo end', {
      maxLogBytes: 100,
      secretValues: ['secret'],
    });
    await attempt.done;
    const [head, dropped, tail] = attempt.log().split(/\n(\[.*\])\n/);
    expect([head, dropped, tail]).toEqual([
      'x'.repeat(50),
      '[orch: 299904 bytes of output are missing here: a log keeps 100 bytes]',
      `${'x'.repeat(46)}end\n`,
    ]);
  });
});

test.each([
  ['written by the command itself', []],
  ['masked', ['some secret']],
])('76: 1 GB of output does not stay in memory: %s', async (_how, secretValues) => {
  const before = process.resourceUsage().maxRSS;
  const attempt = start('head -c 1000000000 /dev/zero', { secretValues, maxLogBytes: 20_000_000 });
  const end = await attempt.done;
  expect(end.failure).toBe(null);
  expect(end.logBytes).toBeLessThan(20_001_000);
  expect(readFileSync(attempt.logPath).includes('[orch: 980000000 bytes')).toBe(true);
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(150);
});

function mountSmallDisk(): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'small-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'orch-test', dir]).status !== 0) {
    rmdirSync(dir);
    return null;
  }
  onTestFinished(() => {
    spawnSync('umount', [dir]);
    rmdirSync(dir);
  });
  return dir;
}

test('13: a full disk under a masked log fails the attempt by name, and does not block the command', async (context) => {
  const dir = mountSmallDisk();
  if (dir === null) return context.skip('needs the right to mount');
  const logPath = join(dir, 'log');
  const attempt = start('head -c 10000000 /dev/zero; echo done >&2', {
    logPath,
    secretValues: ['some secret'],
  });
  expect(await attempt.done).toMatchObject({
    failure: { kind: 'io', doing: 'write the log', path: logPath, code: 'ENOSPC' },
    exitCode: 0,
  });
});
