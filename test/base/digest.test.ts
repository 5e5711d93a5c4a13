import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadHasher, sizeOfDigest } from '../../src/base/digest.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-digest-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('a digest names its function, the XXH64 of the content and the size', async () => {
  const hasher = await loadHasher();
  // From the reference implementation.
  expect(hasher.digestBytes('')).toBe('xxh64-ef46db3751d8e999-0');
  expect(hasher.digestBytes('abc')).toBe('xxh64-44bc2cf5ad770999-3');
  expect(hasher.digestBytes('\u00e9')).toBe(hasher.digestBytes(new Uint8Array([0xc3, 0xa9])));
  expect(sizeOfDigest('xxh64-44bc2cf5ad770999-3')).toBe(3);
});

test('files of every size around the buffers have the digest of their bytes, by each way of reading', async () => {
  const hasher = await loadHasher();
  const file = join(folder(), 'file');
  for (const size of [0, 1, 255, 262_143, 262_144, 262_145, 1_048_576, 1_048_577, 3_000_000]) {
    const bytes = Buffer.alloc(size, 'content that repeats with a period of its own; ');
    writeFileSync(file, bytes);
    const expected = hasher.digestBytes(bytes);
    expect(hasher.digestFile(file)).toMatchObject({ digest: expected, whole: true });
    expect(await hasher.digestLargeFile(file)).toMatchObject({ digest: expected, whole: true });
  }
});

test('files read at the same time do not disturb one another', async () => {
  const hasher = await loadHasher();
  const dir = folder();
  const contents = Array.from({ length: 6 }, (_, index) => Buffer.alloc(2_500_000 + index, `file ${index}`));
  for (const [index, content] of contents.entries()) writeFileSync(join(dir, `${index}`), content);
  const read = await Promise.all(contents.map((_, index) => hasher.digestLargeFile(join(dir, `${index}`))));
  expect(read.map((each) => each?.digest)).toEqual(contents.map((content) => hasher.digestBytes(content)));
});

test('hashing a large file leaves the event loop free', async () => {
  const hasher = await loadHasher();
  const file = join(folder(), 'large');
  writeFileSync(file, '');
  truncateSync(file, 64 * 1024 * 1024);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await hasher.digestLargeFile(file);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

test('a file whose size says nothing is read to its end', async () => {
  const hasher = await loadHasher();
  const read = hasher.digestFile('/proc/self/mounts');
  expect(sizeOfDigest(read!.digest)).toBeGreaterThan(0);
});

test('fault 73: a folder or FIFO gives null and never hangs; a link and an absent file throw the code', async () => {
  const hasher = await loadHasher();
  const dir = folder();
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  symlinkSync('fifo', join(dir, 'link'));
  expect([hasher.digestFile(dir), hasher.digestFile(fifo), await hasher.digestLargeFile(fifo)]).toEqual([
    null,
    null,
    null,
  ]);
  expect(() => hasher.digestFile(join(dir, 'link'))).toThrow('ELOOP');
  expect(() => hasher.digestFile(join(dir, 'none'))).toThrow('ENOENT');
});

test('key hashes have 128 bits in two independent halves, also for long texts', async () => {
  const { keyHash } = await loadHasher();
  const long = 'x'.repeat(1_000_000);
  expect(keyHash('a')).toMatch(/^[0-9a-f]{32}$/);
  expect(keyHash('a').slice(0, 16)).not.toBe(keyHash('a').slice(16));
  expect(new Set([keyHash(''), keyHash('a'), keyHash('b'), keyHash(long), keyHash(`${long}x`)]).size).toBe(5);
});
