import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatLines, openAppender, parseLines, readLines } from '../../src/base/checksummed-lines.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'orch-lines-'));
  path = join(dir, 'journal');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const RECORDS = [{ t: 'start', id: 'a' }, { t: 'end', text: 'zwei\nZeilen, ä€😀' }, [1, null], 'x', {}];

test('any JSON value comes back, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 8 }), (values) => {
      const records = JSON.parse(JSON.stringify(values)) as unknown[];
      const bytes = Buffer.from(formatLines(records));
      expect(parseLines(bytes)).toEqual({ records, damagedLines: 0, validBytes: bytes.length });
    }),
    { numRuns: 300 },
  );
});

test('a line is sixteen hex digits, a space, the JSON', () => {
  expect(formatLines([{ a: 1 }, { a: 1 }])).toMatch(/^([0-9a-f]{16}) {"a":1}\n\1 {"a":1}\n$/);
});

test('a file that is absent has no records', () => {
  expect(readLines(path)).toEqual({ records: [], damagedLines: 0, validBytes: 0 });
  expect(() => readLines(dir)).toThrow('EISDIR');
});

test('3: cut at any byte, the whole records before the cut load', () => {
  const bytes = Buffer.from(formatLines(RECORDS));
  const ends = [...bytes.keys()].filter((at) => bytes[at] === 10);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    // A record is whole with its last brace; the newline behind it is only the end of the line.
    const whole = ends.filter((end) => end <= cut).length;
    const read = parseLines(bytes.subarray(0, cut));
    expect(read.records).toEqual(RECORDS.slice(0, whole));
    expect(read.damagedLines).toBe(0);
    expect(read.validBytes).toBe(whole === 0 ? 0 : Math.min(ends[whole - 1]! + 1, cut));
  }
});

test('3: cut at any byte, what is appended afterwards loads too', () => {
  const bytes = Buffer.from(formatLines(RECORDS));
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    writeFileSync(path, bytes.subarray(0, cut));
    const before = readLines(path).records;
    const appender = openAppender(path);
    appender.append([{ after: cut }, 'more']);
    appender.close();
    expect(readLines(path).records).toEqual([...before, { after: cut }, 'more']);
  }
});

test('4: whichever byte is flipped, at most its own record is lost', () => {
  const bytes = Buffer.from(formatLines(RECORDS));
  let line = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, bytes[at]! ^ 10]) {
      if (flip === 0) continue;
      const damaged = Buffer.from(bytes);
      damaged[at] = bytes[at]! ^ flip;
      const { records, damagedLines } = parseLines(damaged);
      const lost = RECORDS.filter((_, index) => index !== line);
      // A damaged newline costs nothing: both lines still prove themselves.
      expect([lost, RECORDS]).toContainEqual(records);
      if (bytes[at] !== 10) expect(records).toEqual(lost);
      if (at < bytes.length - 1) expect(damagedLines).toBeGreaterThan(0);
    }
    if (bytes[at] === 10) line += 1;
  }
});

test('lines of other formats are damaged lines, not records', () => {
  const text = `hello\n\n{"t":"run"}\n${formatLines(['good'])}0123456789abcdef {"t":"run"}\n${'x'.repeat(40)}`;
  expect(parseLines(Buffer.from(text))).toMatchObject({ records: ['good'], damagedLines: 3 });
});

describe('an appender', () => {
  test('adds behind what is there, visibly at once', async () => {
    writeFileSync(path, formatLines(['old']));
    const appender = openAppender(path);
    appender.append(['one', 'two']);
    appender.append([]);
    expect(readLines(path).records).toEqual(['old', 'one', 'two']);
    await appender.sync();
    appender.append(['three']);
    // Closing while a sync is under way lets it end.
    const syncs = [appender.sync(), appender.sync()];
    appender.close();
    await Promise.all(syncs);
    expect(readFileSync(path, 'utf8')).toBe(formatLines(['old', 'one', 'two', 'three']));
    expect(() => appender.append(['four'])).toThrow('after close');
  });

  test('has nothing to sync where nothing was appended', async () => {
    const appender = openAppender(path);
    await appender.sync();
    appender.close();
    expect(readLines(path).records).toEqual([]);
  });

  test('leaves two writers that follow each other one well-formed file', () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const appender = openAppender(path);
      appender.append([turn]);
      appender.close();
      appendFileSync(path, '0123');
    }
    expect(readLines(path)).toMatchObject({ records: [0, 1, 2], damagedLines: 2 });
  });

  test('13: throws on a full disk, and a failed sync is never followed by a successful one', async () => {
    const appender = openAppender('/dev/full');
    expect(() => appender.append(['x'])).toThrow('ENOSPC');
    await expect(appender.sync()).rejects.toThrow('EINVAL');
    await expect(appender.sync()).rejects.toThrow('EINVAL');
    appender.close();
  });
});
