import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempName } from '../../src/base/atomic-file.ts';
import { tryLock } from '../../src/base/lock.ts';
import type { RootIdentity } from '../../src/cache/roots.ts';
import { type LocalStore, openStore } from '../../src/cache/store.ts';
import type { Trimmed, TrimRequest } from '../../src/cache/upkeep.ts';
import type { TaskKey } from '../../src/model/ids.ts';
import type { Result } from '../../src/model/result.ts';
import { tempFolder } from './temp-folder.ts';
import { filesBelow, hasher, keyOf, resultOf } from './tree.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

class Rig {
  readonly dir = join(tempFolder(), 'content');
  readonly root = tempFolder();
  readonly store: LocalStore;

  constructor(readonly maxSizeBytes = 10_000) {
    this.store = this.open();
  }

  open(maxSizeBytes = this.maxSizeBytes): LocalStore {
    const opened = openStore({ dir: this.dir, maxSizeBytes, hasher });
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    return opened.value;
  }

  /** Stores a result of one file for each content, last used so long ago. */
  async put(n: number, agoMs: number, ...contents: string[]): Promise<Result> {
    const paths = contents.map((content, at) => {
      const path = `f${n}-${at}`;
      writeFileSync(join(this.root, path), content);
      return path;
    });
    const result = resultOf(this.root, keyOf(n), paths);
    const saved = await this.store.save(result, (path) => join(this.root, path));
    expect(saved).toMatchObject({ ok: true, value: { saved: true } });
    this.use(this.entry(n), agoMs);
    for (const content of contents) this.use(this.blob(content), agoMs);
    return result;
  }

  entry(n: number): string {
    const key = keyOf(n);
    return join(this.dir, 'v1', 'results', key.at(-1)!, key);
  }

  blob(content: string): string {
    const digest = hasher.digestBytes(content);
    return join(this.dir, 'v1', 'blobs', digest.slice(digest.indexOf('-') + 1)[0]!, digest);
  }

  use(path: string, agoMs: number): void {
    const at = new Date(Date.now() - agoMs);
    utimesSync(path, at, at);
  }

  async trim(request: TrimRequest = {}, store = this.store): Promise<Trimmed> {
    const end = await store.trim(request);
    if (!end.ok) throw new Error(JSON.stringify(end.error));
    return end.value;
  }

  /** Which of the keys 1 to 9 have a result with all its contents. */
  whole(): number[] {
    return [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((n) =>
      this.store
        .lookup(keyOf(n))
        .some((result) => result.outputs.every((entry) => this.store.hasContent(entry))),
    );
  }

  blobs(): number {
    return existsSync(join(this.dir, 'v1', 'blobs')) ? filesBelow(join(this.dir, 'v1', 'blobs')).length : 0;
  }

  /** Takes part as a root that registered these keys. */
  async register(n: number, ...keys: TaskKey[]): Promise<RootIdentity> {
    const root = tempFolder();
    mkdirSync(join(root, '.cache'));
    const id = n.toString(16).padStart(32, '0');
    const identity = { id, root, proof: join(root, '.cache', 'root-id') };
    writeFileSync(identity.proof, id);
    const store = this.open();
    store.prepare(identity);
    await store.register(new Set(keys), { mayShrink: true });
    return identity;
  }
}

/** 3,000 bytes that are only this one's. */
const big = (name: string) => name.repeat(3000 / name.length);

describe('a trim', () => {
  test('does nothing below the cap', async () => {
    const rig = new Rig();
    await rig.put(1, DAY_MS, big('a'));
    const before = filesBelow(rig.dir);
    expect(await rig.trim()).toMatchObject({
      removed: { results: 0, contents: 0, files: 0, sizeBytes: 0, lastUsedAtMs: null },
      maxSizeBytes: 10_000,
    });
    expect(rig.whole()).toEqual([1]);
    expect(filesBelow(rig.dir).filter((path) => !path.includes('trim.lock'))).toEqual(before);
  });

  test('removes the least recently used results with their contents, down to 90 % of the cap', async () => {
    const rig = new Rig();
    await rig.put(1, 2 * DAY_MS, big('a'));
    await rig.put(2, 4 * DAY_MS, big('b'));
    await rig.put(3, DAY_MS, big('c'));
    await rig.put(4, 3 * DAY_MS, big('d'));
    const { removed, beforeBytes, afterBytes } = await rig.trim();
    expect(rig.whole()).toEqual([1, 3]);
    expect(rig.blobs()).toBe(2);
    expect(removed).toMatchObject({ results: 2, contents: 2, files: 4 });
    expect(removed.sizeBytes).toBe(beforeBytes - afterBytes);
    expect(afterBytes).toBe(rig.store.info().sizeBytes);
    expect(afterBytes).toBeLessThanOrEqual(9000);
    expect(Math.abs(removed.lastUsedAtMs! - (Date.now() - 3 * DAY_MS))).toBeLessThan(MINUTE_MS);
  });

  test('needs no age: what was stored a moment ago goes as well where there is nothing older', async () => {
    const rig = new Rig();
    for (const n of [1, 2, 3, 4]) await rig.put(n, 5 - n, big('abcd'[n - 1]!));
    await rig.trim();
    expect(rig.whole()).toEqual([3, 4]);
  });

  test('keeps a content for as long as another result names it', async () => {
    const rig = new Rig(12_000);
    await rig.put(1, 4 * DAY_MS, big('s'), big('a'));
    await rig.put(2, 3 * DAY_MS, big('s'), big('b'));
    await rig.put(3, 2 * DAY_MS, big('c'));
    expect((await rig.trim()).removed).toMatchObject({ results: 1, contents: 1 });
    expect(rig.whole()).toEqual([2, 3]);
    expect((await rig.trim({ maxSizeBytes: 4000 })).removed).toMatchObject({ results: 1, contents: 2 });
    expect(rig.whole()).toEqual([3]);
  });

  test('keeps what registered roots need, however old, and says what that takes', async () => {
    const rig = new Rig();
    await rig.put(1, 9 * DAY_MS, big('a'));
    await rig.put(2, DAY_MS, big('b'));
    await rig.put(3, DAY_MS, big('c'));
    await rig.put(4, DAY_MS, big('d'));
    await rig.register(1, keyOf(1), keyOf(99));
    rig.use(rig.entry(1), 9 * DAY_MS);
    const { pinned, roots } = await rig.trim({ maxSizeBytes: 100 });
    expect(rig.whole()).toEqual([1]);
    expect(roots).toHaveLength(1);
    expect(pinned).toEqual({ results: 1, sizeBytes: rig.store.info().sizeBytes });
    expect(pinned.sizeBytes).toBeGreaterThan(3000);
  });

  test('keeps what the caller names besides', async () => {
    const rig = new Rig();
    for (const n of [1, 2, 3, 4]) await rig.put(n, DAY_MS, big('abcd'[n - 1]!));
    await rig.trim({ maxSizeBytes: 0, pins: new Set([keyOf(2), keyOf(3)]) });
    expect(rig.whole()).toEqual([2, 3]);
  });

  test('frees what a root that is gone had registered', async () => {
    const rig = new Rig();
    await rig.put(1, DAY_MS, big('a'));
    const { proof } = await rig.register(1, keyOf(1));
    await rig.trim({ maxSizeBytes: 0 });
    expect(rig.whole()).toEqual([1]);
    rmSync(proof);
    writeFileSync(join(proof, '..', 'journal'), '');
    await rig.trim({ maxSizeBytes: 0 });
    expect(rig.whole()).toEqual([]);
  });

  test('removes contents without a result first, but none that is younger than the grace', async () => {
    const rig = new Rig(12_000);
    await rig.put(1, 3 * DAY_MS, big('a'));
    await rig.put(2, 2 * HOUR_MS, big('b'));
    await rig.put(3, MINUTE_MS, big('c'));
    for (const n of [2, 3]) rmSync(rig.entry(n));
    await rig.put(4, DAY_MS, big('d'));
    expect((await rig.trim()).removed).toMatchObject({ results: 0, contents: 1, lastUsedAtMs: null });
    expect(rig.whole()).toEqual([1, 4]);
    expect([big('b'), big('c')].map((content) => existsSync(rig.blob(content)))).toEqual([false, true]);
    await rig.trim({ graceMs: 0 });
    expect(existsSync(rig.blob(big('c')))).toBe(false);
  });

  test('removes what was not used for longer than an age, whatever the size', async () => {
    const rig = new Rig();
    await rig.put(1, 40 * DAY_MS, 'a');
    await rig.put(2, 20 * DAY_MS, 'b');
    await rig.put(3, 50 * DAY_MS, 'c');
    await rig.register(1, keyOf(3));
    rig.use(rig.entry(3), 50 * DAY_MS);
    expect((await rig.trim({ maxAgeMs: 30 * DAY_MS })).removed.results).toBe(1);
    expect(rig.whole()).toEqual([2, 3]);
  });

  test('a dry run says the same and removes nothing', async () => {
    const rig = new Rig();
    for (const n of [1, 2, 3, 4]) await rig.put(n, n * DAY_MS, big('abcd'[n - 1]!));
    const before = filesBelow(rig.dir);
    const told = await rig.trim({ dryRun: true });
    expect(filesBelow(rig.dir)).toEqual(before);
    expect(await rig.trim()).toMatchObject({ removed: told.removed, afterBytes: told.afterBytes });
  });

  test('removes damaged contents that were set aside and files of dead processes before any result', async () => {
    const rig = new Rig();
    await rig.put(1, DAY_MS, big('a'));
    await rig.put(2, DAY_MS, big('b'));
    const aside = join(rig.dir, 'v1', 'quarantine', hasher.digestBytes('x'));
    const left = join(rig.dir, 'v1', 'tmp', tempName());
    mkdirSync(join(aside, '..'));
    for (const path of [aside, left]) {
      writeFileSync(path, big('x'));
      rig.use(path, 2 * DAY_MS);
    }
    expect((await rig.trim()).removed).toMatchObject({ results: 0, files: 2 });
    expect(rig.whole()).toEqual([1, 2]);
  });

  test('leaves what it did not make, and follows no links', async () => {
    const rig = new Rig();
    await rig.put(1, DAY_MS, big('a'));
    const mine = join(tempFolder(), 'mine');
    writeFileSync(mine, 'mine');
    const blobs = join(rig.dir, 'v1', 'blobs');
    writeFileSync(join(blobs, 'README'), 'mine');
    mkdirSync(join(rig.blob('linked'), '..'), { recursive: true });
    symlinkSync(mine, rig.blob('linked'));
    await rig.trim({ maxSizeBytes: 0, graceMs: 0 });
    expect(rig.whole()).toEqual([]);
    expect(readFileSync(mine, 'utf8')).toBe('mine');
    expect(existsSync(join(blobs, 'README'))).toBe(true);
    expect(existsSync(rig.blob('linked'))).toBe(true);
  });

  test('of a store that is not there finds nothing, and makes nothing', async () => {
    const rig = new Rig();
    expect(await rig.trim({ maxSizeBytes: 0 })).toMatchObject({ beforeBytes: 0, afterBytes: 0 });
    expect(existsSync(rig.dir)).toBe(false);
  });

  test('is one at a time, and a dead one holds nobody up', async () => {
    const rig = new Rig();
    await rig.put(1, DAY_MS, big('a'));
    const other = tryLock(join(rig.dir, 'v1'), 'trim', 'another');
    expect(await rig.store.trim({ maxSizeBytes: 0 })).toEqual({ ok: false, error: { kind: 'busy' } });
    expect(await rig.store.trim({ maxSizeBytes: 0, dryRun: true })).toMatchObject({ ok: true });
    if (other.ok) other.value.release();
    expect(await rig.store.trim({ maxSizeBytes: 0 })).toMatchObject({ ok: true });
    expect(rig.whole()).toEqual([]);
  });

  test('that is told to end, ends', async () => {
    const rig = new Rig();
    for (const n of [1, 2, 3, 4]) await rig.put(n, n * DAY_MS, big('abcd'[n - 1]!));
    expect((await rig.trim({ signal: AbortSignal.abort() })).removed.results).toBe(0);
    expect(rig.whole()).toEqual([1, 2, 3, 4]);
  });
});

describe('what is used while a trim goes on', () => {
  /** A trim that lets others work once it has looked at everything: it pauses after each 256 files. */
  async function meanwhile(rig: Rig, work: () => unknown): Promise<Trimmed> {
    const small = join(rig.dir, 'v1', 'quarantine');
    mkdirSync(small, { recursive: true });
    for (let n = 0; n < 512; n += 1) writeFileSync(join(small, hasher.digestBytes(`aside ${n}`)), '');
    const trimming = rig.trim({ maxSizeBytes: 0 });
    setImmediate(() => void work());
    return trimming;
  }

  test('a result that is used stays', async () => {
    const rig = new Rig();
    const used = await rig.put(1, DAY_MS, big('a'));
    await rig.put(2, DAY_MS, big('b'));
    expect((await meanwhile(rig, () => rig.store.touch(used))).removed.results).toBe(1);
    expect(rig.whole()).toEqual([1]);
  });

  test('a content that a new result takes up stays, or is stored again', async () => {
    const rig = new Rig();
    await rig.put(1, DAY_MS, big('s'));
    let saving: Promise<unknown> | null = null;
    writeFileSync(join(rig.root, 'new'), big('s'));
    const result = resultOf(rig.root, keyOf(2), ['new']);
    await meanwhile(rig, () => {
      saving = rig.store.save(result, (path) => join(rig.root, path));
    });
    expect(await saving).toMatchObject({ ok: true, value: { saved: true } });
    expect(rig.whole()).toEqual([2]);
  });
});

describe('whether the cap may be exceeded', () => {
  const usage = (rig: Rig) => readFileSync(join(rig.dir, 'v1', 'usage'), 'latin1').split('\n');

  test('is asked only after something was added, and known without a walk', async () => {
    const rig = new Rig();
    expect(await rig.store.mayExceedCap()).toBe(false);
    await rig.put(1, 0, big('a'));
    await rig.put(2, 0, big('b'));
    expect(await rig.store.mayExceedCap()).toBe(false);
    expect(await rig.store.mayExceedCap()).toBe(false);
    expect(usage(rig)).toEqual([expect.stringMatching(/^=\d+ \d+ 0$/), '']);
    const counted = Number(/\d+/.exec(usage(rig)[0]!)![0]);
    expect(counted).toBe(rig.store.info().sizeBytes);
    // Files that it can't know of: it goes by what it noted.
    writeFileSync(rig.blob('nobody knows'), Buffer.alloc(50_000));
    await rig.put(3, 0, big('c'));
    expect(await rig.store.mayExceedCap()).toBe(false);
    await rig.put(4, 0, big('d'));
    expect(await rig.store.mayExceedCap()).toBe(true);
  });

  test('the same result again adds nothing', async () => {
    const rig = new Rig();
    await rig.put(1, 0, big('a'));
    await rig.store.mayExceedCap();
    await rig.put(1, 0, big('a'));
    const before = usage(rig);
    expect(await rig.store.mayExceedCap()).toBe(false);
    expect(usage(rig)).toEqual(before);
  });

  test.each([
    ['missing', (path: string) => rmSync(path)],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['cut', (path: string) => writeFileSync(path, readFileSync(path, 'latin1').slice(0, -1))],
    ['damaged', (path: string) => writeFileSync(path, `${readFileSync(path, 'latin1')}+12x\n`)],
    ['begun by a process that adds', (path: string) => writeFileSync(path, '+12\n')],
    ['two days old', (path: string) => writeFileSync(path, `=1 ${Date.now() - 2 * DAY_MS} 0\n`)],
    ['of the day after tomorrow', (path: string) => writeFileSync(path, `=1 ${Date.now() + 2 * DAY_MS} 0\n`)],
  ])('a note that is %s is replaced by a count', async (_how, spoil) => {
    const rig = new Rig();
    await rig.put(1, 0, big('a'));
    await rig.store.mayExceedCap();
    spoil(join(rig.dir, 'v1', 'usage'));
    await rig.put(2, 0, big('b'));
    await rig.put(3, 0, big('c'));
    await rig.put(4, 0, big('d'));
    expect(await rig.store.mayExceedCap()).toBe(true);
    expect(usage(rig)[0]).toMatch(new RegExp(`^=${rig.store.info().sizeBytes} `));
  });

  test('of a process that was killed, what it added before is noted all the same, but for 1 % of the cap', async () => {
    const rig = new Rig();
    await rig.put(1, 0, big('a'));
    await rig.store.mayExceedCap();
    await rig.put(2, 0, big('b'));
    expect(usage(rig)[1]).toMatch(/^\+3\d\d\d$/);
  });

  test('after a trim it is what the trim left', async () => {
    const rig = new Rig();
    for (const n of [1, 2, 3, 4]) await rig.put(n, 0, big('abcd'[n - 1]!));
    const { afterBytes } = await rig.trim();
    expect(usage(rig)).toEqual([expect.stringMatching(new RegExp(`^=${afterBytes} \\d+ 0$`)), '']);
  });

  test('where what must stay is too much, only more of it is worth another walk', async () => {
    const rig = new Rig(50_000);
    await rig.put(1, 0, big('a').repeat(9));
    await rig.put(2, 0, big('b').repeat(9));
    await rig.register(1, keyOf(1), keyOf(2));
    expect(await rig.store.mayExceedCap()).toBe(true);
    await rig.trim();
    expect(rig.whole()).toEqual([1, 2]);
    expect(rig.store.info().sizeBytes).toBeGreaterThan(50_000);
    await rig.put(3, 0, 'little');
    expect(await rig.store.mayExceedCap()).toBe(false);
    await rig.put(4, 0, big('d'));
    expect(await rig.store.mayExceedCap()).toBe(true);
  });
});

describe('emptying a store that others use', () => {
  test('leaves what they registered', async () => {
    const rig = new Rig();
    await rig.put(1, 0, big('a'));
    await rig.put(2, 0, big('b'), 'shared');
    await rig.put(3, 0, big('c'), 'shared');
    const mine = await rig.register(1, keyOf(1), keyOf(2));
    const theirs = await rig.register(2, keyOf(2));
    expect(await rig.store.empty(mine.id)).toMatchObject({
      value: { removedFiles: 4, pinned: { results: 1 } },
    });
    expect(rig.whole()).toEqual([2]);
    expect(rig.store.info().roots).toMatchObject([{ id: theirs.id }]);
    expect(await rig.store.empty(theirs.id)).toMatchObject({ value: { pinned: { results: 0 } } });
    expect(filesBelow(rig.dir)).toEqual([]);
  });

  test('leaves nothing for those that are gone', async () => {
    const rig = new Rig();
    await rig.put(1, 0, big('a'));
    const gone = await rig.register(1, keyOf(1));
    rmSync(gone.proof);
    writeFileSync(join(gone.root, 'x'), '');
    await rig.store.empty(null);
    expect(filesBelow(rig.dir)).toEqual([]);
  });
});

test('whatever is stored, used and registered: what stays is below the cap, pinned, or both', async () => {
  const put = fc.record({
    n: fc.integer({ min: 1, max: 9 }),
    ago: fc.integer({ min: 0, max: 100 }),
    contents: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(put, { minLength: 1, maxLength: 9, selector: ({ n }) => n }),
      fc.subarray([1, 2, 3, 4, 5]),
      async (puts, pins) => {
        const rig = new Rig(8000);
        for (const { n, ago, contents } of puts) await rig.put(n, ago * HOUR_MS, ...contents.map(big));
        await rig.register(1, ...pins.map(keyOf));
        for (const { n, ago } of puts) rig.use(rig.entry(n), ago * HOUR_MS);
        const before = rig.whole();
        const { removed, afterBytes, pinned } = await rig.trim();
        const after = rig.whole();
        expect(afterBytes).toBe(rig.store.info().sizeBytes);
        expect(pins.filter((n) => before.includes(n)).every((n) => after.includes(n))).toBe(true);
        expect(removed.results).toBe(before.length - after.length);
        if (afterBytes > 8000) {
          expect(afterBytes).toBe(pinned.sizeBytes);
          expect(after.every((n) => pins.includes(n))).toBe(true);
        }
        // No content without a result, and none of those that went was used later than one that could have gone.
        const named = new Set(after.flatMap((n) => puts.find((each) => each.n === n)!.contents));
        expect(rig.blobs()).toBe(named.size);
        const went = before.filter((n) => !after.includes(n));
        const agoOf = (n: number) => puts.find((each) => each.n === n)!.ago;
        for (const gone of went)
          for (const left of after)
            if (!pins.includes(left)) expect(agoOf(gone)).toBeGreaterThanOrEqual(agoOf(left));
      },
    ),
    { numRuns: 60 },
  );
});
