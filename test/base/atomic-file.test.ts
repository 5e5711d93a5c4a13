import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  isAbandonedTemp,
  isTempName,
  shareRuns,
  syncFolder,
  tempName,
  writeFileAtomic,
} from '../../src/base/atomic-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'orch-atomic-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('writing a file', () => {
  test.each([true, false])('replaces the content and leaves nothing else (sync: %s)', (sync) => {
    const path = join(dir, 'state');
    expect(writeFileAtomic(path, 'old', { sync })).toEqual({ ok: true, value: undefined });
    expect(writeFileAtomic(path, Buffer.from([0, 255]), { sync }).ok).toBe(true);
    expect([...readFileSync(path)]).toEqual([0, 255]);
    expect(readdirSync(dir)).toEqual(['state']);
  });

  test('replaces a link instead of writing through it', () => {
    writeFileSync(join(dir, 'target'), 'kept');
    symlinkSync('target', join(dir, 'link'));
    writeFileAtomic(join(dir, 'link'), 'new', { sync: false });
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('kept');
    expect(() => readlinkSync(join(dir, 'link'))).toThrow('EINVAL');
  });

  test('answers with the system code where it fails, and leaves what was there', () => {
    mkdirSync(join(dir, 'folder'));
    expect(writeFileAtomic(join(dir, 'folder'), 'x', { sync: true })).toEqual({
      ok: false,
      error: { kind: 'io', doing: 'write', path: join(dir, 'folder'), code: 'EISDIR' },
    });
    expect(writeFileAtomic(join(dir, 'absent', 'file'), 'x', { sync: true })).toMatchObject({
      error: { code: 'ENOENT' },
    });
    expect(readdirSync(dir)).toEqual(['folder']);
  });

  test('killed at any moment, readers find the old content or the new one', async () => {
    const program = join(dir, 'writer.cjs');
    buildSync({
      stdin: {
        contents: `import { writeFileAtomic } from './atomic-file.ts';
          for (let n = 0; ; n += 1) {
            writeFileAtomic(process.argv[2], String(n % 10).repeat(200_000), { sync: false });
            if (n === 0) process.stdout.write('.');
          }`,
        resolveDir: fileURLToPath(new URL('../../src/base', import.meta.url)),
        loader: 'ts',
      },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
      define: { 'import.meta.url': '""' },
    });
    const path = join(dir, 'shared');
    for (let round = 0; round < 5; round += 1) {
      const writer = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(writer.stdout, 'data');
      for (let read = 0; read < 100; read += 1) {
        const text = readFileSync(path, 'utf8');
        expect(text.length).toBe(200_000);
        expect(text).toBe(text[0]!.repeat(200_000));
      }
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      expect(readFileSync(path).length).toBe(200_000);
      // What it left behind, if anything, is known for what it is.
      for (const name of readdirSync(dir).filter((name) => name.startsWith('.'))) {
        expect(isAbandonedTemp(name, Date.now(), Date.now())).toBe(true);
      }
    }
  });
});

describe('temporary names', () => {
  test('are never given twice, and known again', () => {
    const names = Array.from({ length: 1000 }, tempName);
    expect(new Set(names).size).toBe(1000);
    expect(names.every(isTempName)).toBe(true);
    expect(['.tmp', '.tmp-', 'tmp-1:2:3:4-abc-1', '.tmp-notes.txt'].some(isTempName)).toBe(false);
  });

  test('belong to somebody while the process lives, for a day', () => {
    const now = Date.now();
    const day = 24 * 60 * 60_000;
    expect(isAbandonedTemp(tempName(), now, now)).toBe(false);
    expect(isAbandonedTemp(tempName(), now - day - 1, now)).toBe(true);
    expect(isAbandonedTemp('report.csv', now - 10 * day, now)).toBe(false);
  });

  test('of a process that is gone are abandoned at once, of one that cannot be seen after a day', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const now = Date.now();
    const gone = tempName().replace(/^\.tmp-\d+/, `.tmp-${child.pid}`);
    const elsewhere = '.tmp-1:2:another-boot:3-abcdef-1';
    expect(isAbandonedTemp(gone, now, now)).toBe(true);
    expect(isAbandonedTemp(elsewhere, now, now)).toBe(false);
    expect(isAbandonedTemp(elsewhere, now - 25 * 60 * 60_000, now)).toBe(true);
  });
});

test('a folder is synced, an absent one is an error with its code', async () => {
  expect(await syncFolder(dir)).toEqual({ ok: true, value: undefined });
  expect(await syncFolder(join(dir, 'absent'))).toMatchObject({
    ok: false,
    error: { doing: 'open', code: 'ENOENT' },
  });
});

describe('sharing runs of a job', () => {
  test('calls of one turn share a run; a call during a run gets the next one', async () => {
    const ends: (() => void)[] = [];
    let runs = 0;
    const run = shareRuns(() => {
      runs += 1;
      const number = runs;
      return new Promise<number>((resolve) => ends.push(() => resolve(number)));
    });
    const first = [run(), run()];
    await Promise.resolve();
    await Promise.resolve();
    expect(runs).toBe(1);
    const second = [run(), run(), run()];
    ends[0]!();
    expect(await Promise.all(first)).toEqual([1, 1]);
    while (ends.length < 2) await Promise.resolve();
    ends[1]!();
    expect(await Promise.all(second)).toEqual([2, 2, 2]);
    expect(runs).toBe(2);
  });

  test('a run that fails fails those who wait for it, and the next one starts all the same', async () => {
    let runs = 0;
    const run = shareRuns(async () => {
      runs += 1;
      if (runs === 1) throw new Error('disk');
      return runs;
    });
    await expect(run()).rejects.toThrow('disk');
    expect(await run()).toBe(2);
  });
});
