/** Faults 34 to 42: what a stat may and may not vouch for. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadHasher } from '../../src/base/digest.ts';
import { openFileClock } from '../../src/fingerprint/file-clock.ts';
import { compareStamps, stampOf } from '../../src/fingerprint/stamp.ts';
import { loadStatCache, type StatCacheRequest } from '../../src/fingerprint/stat-cache.ts';
import { makeRoot, type Root, read } from './root.ts';

/** Waits until the file is old enough for its stat to be believed, and proves that it is by the file's clock. */
async function settle(root: Root, path: string): Promise<void> {
  const clock = openFileClock(root.stateDir, false);
  while (clock.untilSettledMs(lstatSync(root.path(path))) > 0) await setTimeout(2);
  clock.close();
}

/** A root in which an earlier session has hashed `path`; the new session starts from the saved stat cache. */
async function hashedBefore(path: string, content: string): Promise<{ root: Root; before: string }> {
  const root = makeRoot();
  root.write(path, content);
  await settle(root, path);
  const first = await root.open();
  const before = (await read(first, path)).content;
  first.flush();
  return { root, before };
}

describe('the digest of an unchanged file', () => {
  test('comes from the saved cache without the file being opened', async () => {
    const { root, before } = await hashedBefore('a', 'one');
    // Nobody may read it now, not even root: a write that leaves no trace in the stat would go unseen.
    const stats = lstatSync(root.path('a'));
    const cache = await openCache(root);
    expect(cache.lookup('a', stats)).toBe(before);
  });

  test('is read again with rehash, whatever the stats say', async () => {
    const { root } = await hashedBefore('a', 'one');
    const stats = lstatSync(root.path('a'));
    expect((await openCache(root, { ignoreSaved: true })).lookup('a', stats)).toBeNull();
    const again = await root.open({ rehash: true });
    expect((await read(again, 'a')).sizeBytes).toBe(3);
  });

  test('isn’t saved where the session is read-only', async () => {
    const root = makeRoot(['a']);
    const session = await root.open({ readOnly: true });
    await read(session, 'a');
    session.flush();
    expect(() => statSync(join(root.stateDir, 'stat-cache'))).toThrow('ENOENT');
  });

  test('fault 35: a same-size change whose mtime is put back is seen by ctime', async () => {
    const { root, before } = await hashedBefore('a', 'one');
    const { atime, mtime } = statSync(root.path('a'));
    root.write('a', 'two');
    utimesSync(root.path('a'), atime, mtime);
    expect((await read(await root.open(), 'a')).content).not.toBe(before);
  });

  test('fault 37: a file from the future is read each time', async () => {
    const root = makeRoot(['a']);
    root.age('a', Date.now() / 1000 + 86_400);
    const session = await root.open();
    expect((await read(session, 'a')).seen.isSettled).toBe(false);
    session.flush();
    expect((await openCache(root)).lookup('a', lstatSync(root.path('a')))).toBeNull();
  });

  test('fault 36: an entry from before the clock was set back is not believed', async () => {
    const { root } = await hashedBefore('a', 'one');
    const stats = lstatSync(root.path('a'));
    const dayBefore = stats.ctimeMs - 86_400_000;
    const cache = await openCache(root, { isPast: (timeMs) => timeMs <= dayBefore });
    expect(cache.lookup('a', stats)).toBeNull();
  });

  test('fault 38: two files swapped by rename are both seen', async () => {
    const { root, before } = await hashedBefore('a', 'one');
    root.write('b', 'two');
    await settle(root, 'b');
    const first = await root.open();
    const other = (await read(first, 'b')).content;
    first.flush();
    renameSync(root.path('a'), root.path('c'));
    renameSync(root.path('b'), root.path('a'));
    renameSync(root.path('c'), root.path('b'));
    const session = await root.open();
    expect([(await read(session, 'a')).content, (await read(session, 'b')).content]).toEqual([other, before]);
  });

  test('fault 39: a write through a hard link is seen', async () => {
    const { root, before } = await hashedBefore('a', 'one');
    linkSync(root.path('a'), root.path('b'));
    const fd = openSync(root.path('b'), 'r+');
    writeSync(fd, 'two', 0);
    closeSync(fd);
    expect((await read(await root.open(), 'a')).content).not.toBe(before);
  });

  test('fault 40: a retargeted symlink is seen, by its text and its target’s content', async () => {
    const root = makeRoot();
    root.write('one', 'same');
    root.write('two', 'same');
    root.link('link', 'one');
    const session = await root.open();
    const before = await read(session, 'link');
    unlinkSync(root.path('link'));
    symlinkSync('two', root.path('link'));
    const after = await read(session, 'link');
    expect(before.content).toMatch(/^link:one xxh64-/);
    expect(after.content).toBe(before.content.replace('one', 'two'));
    root.write('two', 'other');
    expect((await read(session, 'link')).content).not.toBe(after.content);
  });

  test('fault 41: rehash reads what no stat tells of', async () => {
    // A second write through one memory map leaves mtime and ctime alone; the same stat with other bytes stands for it.
    const { root, before } = await hashedBefore('a', 'one');
    const cache = await openCache(root);
    const stats = lstatSync(root.path('a'));
    cache.record('a', stats, before.replace(/-[0-9a-f]{16}-/, '-0123456789abcdef-'));
    cache.save(Date.now());
    expect((await read(await root.open(), 'a')).content).not.toBe(before);
    expect((await read(await root.open({ rehash: true }), 'a')).content).toBe(before);
  });

  test('fault 42: only the owner’s executable bit counts, the content keeps its digest', async () => {
    const { root, before } = await hashedBefore('a', 'one');
    chmodSync(root.path('a'), 0o600);
    expect(await read(await root.open(), 'a')).toMatchObject({ content: before, executable: false });
    chmodSync(root.path('a'), 0o755);
    expect(await read(await root.open(), 'a')).toMatchObject({ content: before, executable: true });
  });
});

describe('the racy rule', () => {
  test('a file that was just written is read again in the next session, unless it was settled at the end', async () => {
    const root = makeRoot();
    root.write('a', 'one');
    const session = await root.open();
    const first = await read(session, 'a');
    expect(first.seen.isSettled).toBe(false);
    await settle(root, 'a');
    session.flush();
    expect((await openCache(root)).lookup('a', lstatSync(root.path('a')))).toBe(first.content);
  });

  test('same-size rewrites in quick succession are all seen', async () => {
    const root = makeRoot();
    const session = await root.open();
    const seen = new Set<string>();
    for (let n = 100; n < 400; n++) {
      root.write('a', String(n));
      seen.add((await read(session, 'a')).content);
    }
    expect(seen.size).toBe(300);
  });

  test('a large file that was just written is hashed once: it waits out the step instead', async () => {
    const root = makeRoot(['a']);
    truncateSync(root.path('a'), 33 * 1024 * 1024);
    const session = await root.open();
    expect((await read(session, 'a')).seen.isSettled).toBe(true);
    session.flush();
    expect((await openCache(root)).lookup('a', lstatSync(root.path('a')))).not.toBeNull();
  });

  test('believes a stat only a step of the file system’s clock later', () => {
    const root = makeRoot(['a']);
    const clock = openFileClock(root.stateDir, false);
    onTestFinished(() => clock.close());
    const stats = statSync(root.path('a'));
    const fine = Object.assign(stats, { mtimeMs: 1_000_000.25, ctimeMs: 1_000_000.25 });
    expect([clock.isSettled(fine, 1_000_010), clock.isSettled(fine, 1_000_021)]).toEqual([false, true]);
    // Whole seconds: a file system with coarse stamps.
    const coarse = Object.assign(stats, { mtimeMs: 1_000_000, ctimeMs: 1_000_000 });
    expect([clock.isSettled(coarse, 1_001_999), clock.isSettled(coarse, 1_002_000)]).toEqual([false, true]);
    // Another file system than the probe's may have another clock.
    const foreign = Object.assign(stats, {
      mtimeMs: 1_000_000.25,
      ctimeMs: 1_000_000.25,
      dev: stats.dev + 1,
    });
    expect(clock.isSettled(foreign, 1_000_500)).toBe(false);
  });

  test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
    'fault 34: a same-size rewrite within a second is seen on ext4 with one-second stamps (needs a loop mount)',
    async () => {
      const dir = mkdtempSync(join(tmpdir(), 'orch-coarse-'));
      const image = join(dir, 'image');
      const mount = join(dir, 'mount');
      execFileSync('sh', [
        '-ec',
        `truncate -s 8M "$1"; mkfs.ext4 -q -I 128 "$1" 2>&1; mkdir "$2"; mount -o loop "$1" "$2"`,
        'sh',
        image,
        mount,
      ]);
      onTestFinished(() => {
        execFileSync('umount', [mount]);
        rmSync(dir, { recursive: true });
      });
      const root = makeRoot([], mount);
      let unseen = 0;
      let equalStats = 0;
      for (let n = 0; n < 20; n++) {
        root.write('a', `one ${n % 10}`);
        const first = await root.open();
        const [before, stamp] = [(await read(first, 'a')).content, statSync(root.path('a')).ctimeMs];
        first.flush();
        first.close();
        root.write('a', `two ${n % 10}`);
        if (statSync(root.path('a')).ctimeMs === stamp) equalStats++;
        const second = await root.open();
        if ((await read(second, 'a')).content === before) unseen++;
        second.close();
      }
      // The fault must have happened for the test to say anything.
      expect(equalStats).toBeGreaterThan(0);
      expect(unseen).toBe(0);
    },
  );
});

describe('the saved file', () => {
  test('keeps any name and many entries, and later ones replace earlier', async () => {
    const root = makeRoot(['x']);
    const stats = lstatSync(root.path('x'));
    const names = [
      'a\nb',
      'ä',
      '😀',
      ' ',
      '-x',
      '$(y)',
      "it's",
      ...Array.from({ length: 500 }, (_, n) => `f${n}`),
    ];
    const first = await openCache(root);
    for (const [n, name] of names.entries()) first.record(name, stats, digest(n, stats.size));
    first.save(1);
    const second = await openCache(root);
    expect(names.map((name) => second.lookup(name, stats))).toEqual(
      names.map((_, n) => digest(n, stats.size)),
    );
    second.record('f7', stats, digest(9999, stats.size));
    second.save(2);
    const third = await openCache(root);
    expect([third.size(), third.lookup('f7', stats), third.lookup('f8', stats)]).toEqual([
      names.length,
      digest(9999, stats.size),
      digest(names.indexOf('f8'), stats.size),
    ]);
  });

  test('with any one byte changed or missing is an empty cache and a note, never an error', async () => {
    const root = makeRoot(['x']);
    const stats = lstatSync(root.path('x'));
    const file = join(root.stateDir, 'stat-cache');
    const cache = await openCache(root);
    cache.record('x', stats, digest(1, stats.size));
    cache.save(1);
    const good = readFileSync(file);
    for (let at = 0; at < good.length; at++) {
      for (const bytes of [good.subarray(0, at), Buffer.from(good).fill(good[at]! ^ 0x41, at, at + 1)]) {
        writeFileSync(file, bytes);
        const notes: string[] = [];
        const damaged = await openCache(root, { onNote: (note) => notes.push(note) });
        expect([at, damaged.lookup('x', stats), notes.length]).toEqual([at, null, 1]);
      }
    }
  });

  test('of another version is ignored with one line', async () => {
    const root = makeRoot(['x']);
    const cache = await openCache(root);
    cache.record('x', lstatSync(root.path('x')), digest(1, 1));
    cache.save(1);
    const file = join(root.stateDir, 'stat-cache');
    const bytes = readFileSync(file);
    bytes.writeUInt32LE(77, 8);
    writeFileSync(file, bytes);
    const notes: string[] = [];
    await openCache(root, { onNote: (note) => notes.push(note) });
    expect(notes).toEqual(['the stat cache is of another version: files are read again']);
  });

  test('that can’t be written is a note', async () => {
    const root = makeRoot(['x']);
    const notes: string[] = [];
    const cache = await openCache(root, {
      file: join(root.dir, 'none', 'stat-cache'),
      onNote: (note) => notes.push(note),
    });
    cache.record('x', lstatSync(root.path('x')), digest(1, 1));
    cache.save(1);
    expect(notes).toEqual(["the stat cache can't be saved (ENOENT): files are read again next time"]);
  });

  test('of another boot isn’t believed for what was written in its last minute', async () => {
    const root = makeRoot(['old', 'new']);
    const old = Object.assign(lstatSync(root.path('old')), { mtimeMs: 1_000_000, ctimeMs: 1_000_000 });
    const recent = Object.assign(lstatSync(root.path('new')), { mtimeMs: 1_090_000, ctimeMs: 1_090_000 });
    const first = await openCache(root, { bootId: 'first' });
    first.record('old', old, digest(1, old.size));
    first.record('new', recent, digest(2, recent.size));
    first.save(1_100_000);
    const same = await openCache(root, { bootId: 'first' });
    expect([same.lookup('old', old), same.lookup('new', recent)]).not.toContain(null);
    const other = await openCache(root, { bootId: 'second' });
    expect([other.lookup('old', old), other.lookup('new', recent)]).toEqual([digest(1, old.size), null]);
    // Saved again under the second boot's name, the doubtful entry must be gone.
    other.record('third', old, digest(3, old.size));
    other.save(1_200_000);
    const third = await openCache(root, { bootId: 'second' });
    expect([third.lookup('old', old), third.lookup('new', recent)]).toEqual([digest(1, old.size), null]);
  });

  test('distrustAfter leaves older entries', async () => {
    const root = makeRoot(['x']);
    const stats = Object.assign(lstatSync(root.path('x')), { mtimeMs: 1000, ctimeMs: 2000 });
    const first = await openCache(root);
    first.record('x', stats, digest(1, stats.size));
    first.save(1);
    const cache = await openCache(root);
    cache.distrustAfter(2000);
    expect(cache.lookup('x', stats)).not.toBeNull();
    cache.distrustAfter(1999);
    expect(cache.lookup('x', stats)).toBeNull();
  });
});

test('stamps tell writing from mere attributes', () => {
  const root = makeRoot(['a']);
  const now = stampOf(statSync(root.path('a')));
  expect(compareStamps(now, { ...now })).toBe('same');
  expect(compareStamps(now, { ...now, ctimeMs: now.ctimeMs + 1 })).toBe('written');
  expect(compareStamps(now, { ...now, ctimeMs: now.ctimeMs + 1, nlink: 2 })).toBe('attributes');
  expect(compareStamps(now, { ...now, ctimeMs: now.ctimeMs + 1, mode: 0o100600 })).toBe('attributes');
  expect(compareStamps(now, { ...now, mtimeMs: now.mtimeMs + 1, nlink: 2 })).toBe('written');
  expect(compareStamps(now, { ...now, ino: now.ino + 1 })).toBe('written');
});

async function openCache(root: Root, options: Partial<StatCacheRequest> = {}) {
  return loadStatCache({
    file: join(root.stateDir, 'stat-cache'),
    hasher: await loadHasher(),
    bootId: (await import('../../src/base/boot.ts')).bootId(),
    isPast: () => true,
    ignoreSaved: false,
    onNote: (note) => {
      throw new Error(note);
    },
    ...options,
  });
}

function digest(n: number, sizeBytes: number): string {
  return `xxh64-${n.toString(16).padStart(16, '0')}-${sizeBytes}`;
}
