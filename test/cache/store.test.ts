import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempName } from '../../src/base/atomic-file.ts';
import type { StoreNotice } from '../../src/cache/result-store.ts';
import { type LocalStore, openStore } from '../../src/cache/store.ts';
import type { Result } from '../../src/model/result.ts';
import { describeStoreContract } from './store-contract.ts';
import { tempFolder } from './temp-folder.ts';
import { emptyRoot, filesBelow, hasher, keyOf, readTree, resultOf, type Tree, writeTree } from './tree.ts';

const DAY_MS = 24 * 60 * 60_000;
const LARGE = Buffer.alloc(500_000, 'large content ');
const TREE: Tree = {
  'a.txt': { file: 'alpha' },
  'b/large.bin': { file: LARGE },
  'b/run': { file: 'run', executable: true },
};

function open(dir: string, notices: StoreNotice[] = [], maxSizeBytes = 100_000_000): LocalStore {
  const opened = openStore({ dir, maxSizeBytes, hasher, notify: (notice) => notices.push(notice) });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

describeStoreContract('the local store', { open: () => open(join(tempFolder(), 'content')) });

interface Rig {
  readonly dir: string;
  readonly root: string;
  readonly store: LocalStore;
  readonly result: Result;
  readonly notices: StoreNotice[];
  readonly before: Record<string, string>;
  save(): ReturnType<LocalStore['save']>;
}

/** A store with one result in it, whose files are gone from the root. */
async function rig(tree: Tree = TREE): Promise<Rig> {
  const root = tempFolder();
  const dir = join(root, '.cache', 'content');
  const notices: StoreNotice[] = [];
  const store = open(dir, notices);
  writeTree(root, tree);
  const before = readTree(root);
  const result = resultOf(root);
  const save = () => store.save(result, (path) => join(root, path));
  expect(await save()).toMatchObject({ ok: true, value: { saved: true } });
  emptyRoot(root);
  return { dir, root, store, result, notices, before, save };
}

function blobs(dir: string): string[] {
  return filesBelow(join(dir, 'v1', 'blobs')).map((name) => join(dir, 'v1', 'blobs', name));
}

function blobOf(dir: string, content: string | Uint8Array): string {
  const digest = hasher.digestBytes(content);
  return blobs(dir).find((path) => path.endsWith(digest))!;
}

/** Writes to a blob as a failing disk would: it has no write permission. */
function overwrite(path: string, content: string | Uint8Array): void {
  chmodSync(path, 0o644);
  writeFileSync(path, content);
  chmodSync(path, 0o444);
}

describe('on disk', () => {
  test('contents lie under their digest, once, read-only, and nothing temporary is left', async () => {
    const { dir, result } = await rig({ 'a.txt': { file: 'alpha' }, 'b.txt': { file: 'alpha' } });
    expect(blobs(dir)).toHaveLength(1);
    const [blob] = blobs(dir);
    expect(readFileSync(blob!, 'utf8')).toBe('alpha');
    expect(statSync(blob!).mode & 0o777).toBe(0o444);
    expect(readdirSync(join(dir, 'v1', 'tmp'))).toEqual([]);
    expect(filesBelow(join(dir, 'v1', 'results'))).toEqual([join('1', result.key)]);
  });

  test('a store that is only asked writes nothing', () => {
    const dir = join(tempFolder(), 'content');
    const store = open(dir);
    expect(store.lookup(keyOf(1))).toEqual([]);
    expect(store.info()).toMatchObject({ dir, blobs: 0, results: 0, sizeBytes: 0, readOnly: false });
    expect(existsSync(dir)).toBe(false);
  });

  test('where something else than a folder stands, at its place or above it, it is told what', () => {
    const folder = tempFolder();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    symlinkSync('nowhere', join(folder, 'link'));
    symlinkSync('file', join(folder, 'to-file'));
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'to-folder'));
    const at = (dir: string) => openStore({ dir: join(folder, dir), maxSizeBytes: 1, hasher });
    for (const dir of ['file', 'file/below', 'file/far/below'])
      expect(at(dir)).toEqual({ ok: false, error: { kind: 'not-a-folder', path: file } });
    expect(at('to-file')).toMatchObject({ error: { kind: 'not-a-folder', path: join(folder, 'to-file') } });
    for (const dir of ['link', 'link/below'])
      expect(at(dir)).toEqual({
        ok: false,
        error: { kind: 'dangling-link', path: join(folder, 'link'), target: 'nowhere' },
      });
    for (const dir of ['to-folder', 'to-folder/below', 'absent/far/below'])
      expect(at(dir)).toMatchObject({ ok: true });
  });

  test('32: content of another version is ignored with one line, as long as there is none of this one', async () => {
    const { dir, root, save, result } = await rig();
    renameSync(join(dir, 'v1'), join(dir, 'v99'));
    mkdirSync(join(dir, 'v2'));
    const notices: StoreNotice[] = [];
    const store = open(dir, notices);
    expect(notices).toEqual([{ notice: 'other-version', dir, versions: ['v2', 'v99'] }]);
    expect(store.lookup(result.key)).toEqual([]);
    writeTree(root, TREE);
    await save();
    const later: StoreNotice[] = [];
    open(dir, later);
    expect(later).toEqual([]);
  });

  test('what killed processes left in the folders for temporary files goes away, what live ones write stays', async () => {
    const { dir, root, result } = await rig();
    const mine = tempName();
    const old = tempName();
    for (const folder of [join(dir, 'v1', 'tmp'), join(root, '.cache', 'tmp')]) {
      mkdirSync(folder, { recursive: true });
      for (const name of [mine, old, 'notes.txt']) writeFileSync(join(folder, name), 'x');
      mkdirSync(join(folder, `${old}1`, 'deep'), { recursive: true });
      writeFileSync(join(folder, `${old}1`, 'deep', 'file'), 'x');
      const longAgo = new Date(Date.now() - 2 * DAY_MS);
      for (const name of [old, `${old}1`, 'notes.txt']) utimesSync(join(folder, name), longAgo, longAgo);
    }
    const store = open(dir);
    expect(await store.restore(result.outputs, root)).toMatchObject({ restored: true });
    await store.save(result, (path) => join(root, path));
    expect(readdirSync(join(dir, 'v1', 'tmp')).sort()).toEqual([mine, 'notes.txt']);
    expect(readdirSync(join(root, '.cache', 'tmp')).sort()).toEqual([mine, 'notes.txt']);
  });
});

test('a result larger than the cap is not stored, and says so', async () => {
  const root = tempFolder();
  writeTree(root, { 'a.bin': { file: Buffer.alloc(1000, 1) }, 'b.bin': { file: Buffer.alloc(1001, 2) } });
  const store = open(join(root, '.cache', 'content'), [], 2000);
  expect(await store.save(resultOf(root), (path) => join(root, path))).toEqual({
    ok: true,
    value: { saved: false, because: 'larger-than-cap', sizeBytes: 2001, maxSizeBytes: 2000 },
  });
  expect(store.info()).toMatchObject({ blobs: 0, results: 0 });
});

describe('use is noted for a trim', () => {
  test('of an entry that is touched, and of all that a save finds there', async () => {
    const { dir, store, result, save, root } = await rig();
    const entry = join(dir, 'v1', 'results', '1', result.key);
    const files = [entry, ...blobs(dir)];
    const then = new Date(Date.now() - 60_000);
    const isNoted = (file: string) => statSync(file).mtimeMs > then.getTime() + 1000;
    for (const file of files) utimesSync(file, then, then);
    store.lookup(result.key);
    expect(files.some(isNoted)).toBe(false);
    store.touch(result);
    expect(files.filter(isNoted)).toEqual([entry]);
    // Contents that a new result uses again are noted as well, or they could be trimmed away under it.
    utimesSync(entry, then, then);
    writeTree(root, TREE);
    await save();
    expect(files.every(isNoted)).toBe(true);
  });

  test('an entry that was lost comes back with its use', async () => {
    const { dir, store, result } = await rig();
    unlinkSync(join(dir, 'v1', 'results', '1', result.key));
    store.touch({ ...result, accepted: true });
    expect(store.lookup(result.key)).toEqual([]);
    store.touch(result);
    expect(store.lookup(result.key)).toEqual([result]);
  });
});

describe('damage', () => {
  test('21: a flipped bit anywhere in a content is a miss, set aside, and never restored', async () => {
    const { dir, root, store, result, notices, before, save } = await rig({
      'a.txt': { file: 'alpha' },
      'b.txt': { file: 'beta' },
    });
    const blob = blobOf(dir, 'alpha');
    for (let at = 0; at < 5; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const bytes = Buffer.from('alpha');
        bytes[at]! ^= 1 << bit;
        overwrite(blob, bytes);
        notices.length = 0;
        expect(store.readContent(hasher.digestBytes('alpha'))).toBeNull();
        expect(await store.restore(result.outputs, root)).toEqual({
          restored: false,
          why: 'missing',
          paths: ['a.txt'],
        });
        expect(readTree(root)).toEqual({});
        expect(notices).toEqual([
          { notice: 'quarantined', path: 'a.txt', digest: hasher.digestBytes('alpha') },
        ]);
        expect(existsSync(blob)).toBe(false);
        expect(readFileSync(join(dir, 'v1', 'quarantine', hasher.digestBytes('alpha')))).toEqual(bytes);
        expect(store.hasContent(result.outputs[0]!)).toBe(false);
        writeTree(root, { 'a.txt': { file: 'alpha' }, 'b.txt': { file: 'beta' } });
        expect(await save()).toMatchObject({ value: { saved: true, addedBlobs: 1 } });
        emptyRoot(root);
      }
    }
    expect(await store.restore(result.outputs, root)).toMatchObject({ restored: true });
    expect(readTree(root)).toEqual(before);
    expect(store.info().quarantined).toBe(1);
  });

  test('a result of which a content is gone is not brought back by being used: its entry would promise too much', async () => {
    const { dir, store, result } = await rig();
    const [entry] = filesBelow(join(dir, 'v1', 'results'));
    unlinkSync(join(dir, 'v1', 'results', entry!));
    unlinkSync(blobs(dir)[0]!);
    store.touch(result);
    expect(store.lookup(result.key)).toEqual([]);
  });

  test('21: so it is in a large content, at its start, at its end and where pieces meet', async () => {
    const large = Buffer.alloc(2 * 1024 * 1024 + 7, 'x');
    const { dir, root, store, result, save } = await rig({ 'large.bin': { file: large } });
    for (const at of [0, 1024 * 1024 - 1, 1024 * 1024, large.length - 1]) {
      const bytes = Buffer.from(large);
      bytes[at]! ^= 1;
      overwrite(blobOf(dir, large), bytes);
      expect(await store.restore(result.outputs, root)).toEqual({
        restored: false,
        why: 'missing',
        paths: ['large.bin'],
      });
      expect(readTree(root)).toEqual({});
      writeTree(root, { 'large.bin': { file: large } });
      expect(await save()).toMatchObject({ value: { addedBlobs: 1 } });
      emptyRoot(root);
    }
  });

  test.each([
    ['empty', 0],
    ['too short', 3],
    ['too long', 9],
  ])('22: a content that is %s is a miss', async (_name, length) => {
    for (const content of ['alpha', LARGE]) {
      const { dir, root, store, result } = await rig({ 'a.txt': { file: content } });
      const blob = blobOf(dir, content);
      chmodSync(blob, 0o644);
      if (length === 9) appendFileSync(blob, 'more');
      else truncateSync(blob, length);
      expect(store.lookup(result.key)).toEqual([result]);
      expect(store.hasContent(result.outputs[0]!)).toBe(false);
      expect(await store.restore(result.outputs, root)).toEqual({
        restored: false,
        why: 'missing',
        paths: ['a.txt'],
      });
      expect(readTree(root)).toEqual({});
    }
  });

  test('23: an entry whose content is gone is a miss, and names what is missing', async () => {
    const { dir, root, store, result } = await rig();
    for (const blob of blobs(dir)) unlinkSync(blob);
    expect(store.lookup(result.key)).toEqual([result]);
    expect(await store.restore(result.outputs, root)).toEqual({
      restored: false,
      why: 'missing',
      paths: ['a.txt', 'b/large.bin', 'b/run'],
    });
    expect(readTree(root)).toEqual({});
  });

  test('a restore that fails half-way leaves nothing behind', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`out/f${n}`, { file: `file ${n}` }]),
    );
    const { dir, root, store, result } = await rig({ ...TREE, ...many });
    unlinkSync(blobOf(dir, 'file 9'));
    expect(await store.restore(result.outputs, root)).toEqual({
      restored: false,
      why: 'missing',
      paths: ['out/f9'],
    });
    expect(readTree(root)).toEqual({});
    expect(readdirSync(join(root, '.cache', 'tmp'))).toEqual([]);
  });

  test.each([
    ['changed', (content: Uint8Array) => Buffer.alloc(content.length, '!')],
    ['cut', (content: Uint8Array) => content.subarray(0, 2)],
    ['emptied', () => Buffer.alloc(0)],
  ])('24: a content that was %s is healed when it is stored again', async (_name, spoil) => {
    const { dir, root, store, result, before, save } = await rig();
    for (const blob of blobs(dir)) overwrite(blob, spoil(readFileSync(blob)));
    writeTree(root, TREE);
    expect(await save()).toMatchObject({ value: { saved: true, addedBlobs: 3 } });
    expect(await save()).toMatchObject({ value: { saved: true, addedBlobs: 0 } });
    emptyRoot(root);
    expect(await store.restore(result.outputs, root)).toMatchObject({ restored: true });
    expect(readTree(root)).toEqual(before);
  });

  test('a result that has any byte flipped is no result, or still the right one', async () => {
    const { dir, root, store, result, save } = await rig({
      'a.txt': { file: 'alpha' },
      l: { link: 'a.txt' },
    });
    const entry = join(dir, 'v1', 'results', '1', result.key);
    const bytes = readFileSync(entry);
    let misses = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      for (const flip of [1, 4, 32, 128, bytes[at]! ^ 10]) {
        if (flip === 0) continue;
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= flip;
        writeFileSync(entry, damaged);
        const found = store.lookup(result.key);
        expect([[], [result]]).toContainEqual(found);
        if (found.length === 0) misses += 1;
      }
    }
    expect(misses).toBeGreaterThan(bytes.length * 4);
    for (let length = 0; length < bytes.length; length += 1) {
      writeFileSync(entry, bytes.subarray(0, length));
      expect([[], [result]]).toContainEqual(store.lookup(result.key));
    }
    // And a damaged entry is replaced by the next save.
    writeFileSync(entry, 'damaged');
    writeTree(root, { 'a.txt': { file: 'alpha' }, l: { link: 'a.txt' } });
    await save();
    expect(store.lookup(result.key)).toEqual([result]);
    expect(readFileSync(entry)).toEqual(bytes);
  });

  test('a result that another key left in a file is not that key’s result', async () => {
    const { dir, store, result } = await rig();
    const bytes = readFileSync(join(dir, 'v1', 'results', '1', result.key));
    writeFileSync(join(dir, 'v1', 'results', '1', keyOf(0x11)), bytes);
    expect(store.lookup(keyOf(0x11))).toEqual([]);
  });

  test('two restores that see the same damage both miss, and what is stored again afterwards is kept', async () => {
    const { dir, root, store, result, before } = await rig();
    overwrite(blobOf(dir, 'alpha'), 'ALPHA');
    const outcomes = await Promise.all([
      store.restore(result.outputs, root),
      store.restore(result.outputs, root),
    ]);
    expect(outcomes.map((outcome) => outcome.restored)).toEqual([false, false]);
    writeTree(root, TREE);
    await store.save(result, (path) => join(root, path));
    emptyRoot(root);
    expect(await store.restore(result.outputs, root)).toMatchObject({ restored: true });
    expect(readTree(root)).toEqual(before);
  });
});

describe('something else in the way', () => {
  const files = (dir: string) => filesBelow(join(dir, 'v1', 'quarantine'));

  test('a folder with the name of a content is a miss, and set aside when the content is stored again', async () => {
    for (const content of ['alpha', LARGE]) {
      const { dir, root, store, result, before, save } = await rig({ 'a.txt': { file: content } });
      const blob = blobOf(dir, content);
      unlinkSync(blob);
      mkdirSync(blob);
      writeFileSync(join(blob, 'mine.txt'), 'mine');
      expect(store.hasContent(result.outputs[0]!)).toBe(false);
      expect(await store.restore(result.outputs, root)).toMatchObject({ restored: false, why: 'missing' });
      writeTree(root, { 'a.txt': { file: content } });
      expect(await save()).toMatchObject({ ok: true, value: { saved: true, addedBlobs: 1 } });
      emptyRoot(root);
      expect(await store.restore(result.outputs, root)).toMatchObject({ restored: true });
      expect(readTree(root)).toEqual(before);
      expect(files(dir)).toEqual([expect.stringMatching(/\/mine\.txt$/)]);
      expect(readdirSync(join(dir, 'v1', 'tmp'))).toEqual([]);
    }
  });

  test('so is a folder with the name of a result', async () => {
    const { dir, root, store, result, save } = await rig({ 'a.txt': { file: 'alpha' } });
    const entry = join(dir, 'v1', 'results', '1', result.key);
    for (const first of [false, true]) {
      unlinkSync(entry);
      mkdirSync(join(entry, 'deep'), { recursive: true });
      writeFileSync(join(entry, 'deep', 'mine.txt'), 'mine');
      expect(store.lookup(result.key)).toEqual([]);
      writeTree(root, { 'a.txt': { file: 'alpha' } });
      expect(
        first ? await store.save(result, (path) => join(root, path), { first }) : await save(),
      ).toMatchObject({
        value: { saved: true },
      });
      expect(store.lookup(result.key)).toEqual([result]);
    }
    expect(files(dir)).toHaveLength(2);
  });

  test.each(['blobs', 'results'])('so is a file where a folder of %s belongs', async (kind) => {
    const { dir, root, store, result, save } = await rig({ 'a.txt': { file: 'alpha' } });
    const shard = join(dir, 'v1', kind, kind === 'results' ? '1' : blobOf(dir, 'alpha').split('/').at(-2)!);
    rmSync(shard, { recursive: true });
    writeFileSync(shard, 'mine');
    expect(await store.restore(store.lookup(result.key)[0]?.outputs ?? [], root)).toMatchObject(
      kind === 'results' ? { files: 0 } : { restored: false, why: 'missing' },
    );
    writeTree(root, { 'a.txt': { file: 'alpha' } });
    expect(await save()).toMatchObject({ value: { saved: true } });
    emptyRoot(root);
    expect(await store.restore(store.lookup(result.key)[0]!.outputs, root)).toMatchObject({ restored: true });
    expect(files(dir)).toHaveLength(1);
  });
});

describe('clearing', () => {
  test('cleared, it knows nothing, and can be used again', async () => {
    const { store, root, result } = await rig();
    expect(store.info()).toMatchObject({ blobs: 3, results: 1 });
    expect(await store.empty(null)).toMatchObject({ ok: true, value: { removedFiles: 4 } });
    expect(store.info()).toMatchObject({ blobs: 0, results: 0, sizeBytes: 0 });
    expect(store.lookup(result.key)).toEqual([]);
    expect(await store.restore(result.outputs, tempFolder())).toMatchObject({
      restored: false,
      why: 'missing',
    });
    writeTree(root, TREE);
    expect(await store.save(result, (path) => join(root, path))).toMatchObject({
      value: { saved: true, addedBlobs: 3 },
    });
    expect(store.lookup(result.key)).toEqual([result]);
  });
  test('removes what the store made, and nothing that it did not', async () => {
    const { dir, root, store, save } = await rig();
    const outside = tempFolder();
    const digest = hasher.digestBytes('precious');
    writeTree(outside, {
      'precious.txt': { file: 'precious' },
      [`quarantine/${digest}`]: { file: 'precious' },
    });
    const shard = join(dir, 'v1', 'blobs', 'notes');
    mkdirSync(shard);
    writeFileSync(join(shard, 'mine.txt'), 'mine');
    writeFileSync(join(dir, 'v1', 'blobs', 'README'), 'mine');
    writeFileSync(join(dir, 'mine.txt'), 'mine');
    mkdirSync(join(dir, 'v2'));
    writeFileSync(join(dir, 'v2', 'x'), 'theirs');
    symlinkSync(outside, join(dir, 'v1', 'results', 'f'));
    symlinkSync(join(outside, 'quarantine'), join(dir, 'v1', 'quarantine'));
    symlinkSync(join(outside, 'precious.txt'), join(dir, 'v1', 'tmp', tempName()));
    expect(await store.empty(null)).toMatchObject({ ok: true, value: { removedFiles: 4 } });
    expect(filesBelow(dir).filter((path) => !path.includes('.tmp-'))).toEqual([
      'mine.txt',
      'v1/blobs/README',
      'v1/blobs/notes/mine.txt',
      'v1/quarantine',
      'v1/results/f',
      'v2/x',
    ]);
    expect(filesBelow(outside)).toEqual(['precious.txt', `quarantine/${digest}`]);
    writeTree(root, TREE);
    expect(await save()).toMatchObject({ value: { saved: true } });
  });

  test('leaves an empty folder where there was nothing else', async () => {
    const { dir, store } = await rig();
    await store.empty(null);
    expect(readdirSync(dir)).toEqual([]);
    expect(await store.empty(null)).toMatchObject({ ok: true, value: { removedFiles: 0, freedBytes: 0 } });
  });

  test('saves that go on meanwhile end well', async () => {
    const { root, store } = await rig();
    const results = Array.from({ length: 100 }, (_, n) => {
      writeFileSync(join(root, `f${n}`), `content ${n}`);
      return resultOf(root, keyOf(n), [`f${n}`]);
    });
    const saves = results.map((result) => store.save(result, (path) => join(root, path)));
    for (let turn = 0; turn < 10; turn += 1) {
      await store.empty(null);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const outcome of await Promise.all(saves))
      expect(outcome).toMatchObject({ ok: true, value: { saved: true } });
    // Whatever was cleared is a miss; whatever is there is whole.
    for (const result of results) {
      const outcome = await store.restore(result.outputs, tempFolder());
      expect(outcome.restored || outcome.why === 'missing').toBe(true);
    }
  });
});
