import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../../src/base/make-folder.ts';

function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-folder-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('making a folder', () => {
  test('makes those above it, and says which was the first', () => {
    const dir = tempFolder();
    expect(makeFolder(join(dir, 'a/b/c'))).toBe(join(dir, 'a'));
    expect(existsSync(join(dir, 'a/b/c'))).toBe(true);
    expect(makeFolder(join(dir, 'a/b/d'))).toBe(join(dir, 'a/b/d'));
    expect(makeFolder(join(dir, 'a/b'))).toBeNull();
    expect(makeFolder('/')).toBeNull();
  });

  test('goes through links to folders', () => {
    const dir = tempFolder();
    mkdirSync(join(dir, 'real'));
    symlinkSync('real', join(dir, 'link'));
    expect(makeFolder(join(dir, 'link'))).toBeNull();
    expect(makeFolder(join(dir, 'link/x'))).toBe(join(dir, 'link/x'));
  });

  test.each([
    ['a file', (at: string) => writeFileSync(at, '')],
    ['a dangling link', (at: string) => symlinkSync('nowhere', at)],
  ])('says that %s in the way is no folder, and leaves it', (_what, put) => {
    const dir = tempFolder();
    put(join(dir, 'way'));
    expect(() => makeFolder(join(dir, 'way'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => makeFolder(join(dir, 'way/deep/deeper'))).toThrow();
  });

  test.runIf(existsSync('/proc/self'))('gives up where a file system makes none', () => {
    expect(() => makeFolder('/proc/nope')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => makeFolder('/proc/nope/v1/tmp')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
