import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RootIdentity } from '../../src/cache/roots.ts';
import { type LocalStore, openStore } from '../../src/cache/store.ts';
import { tempFolder } from './temp-folder.ts';
import { hasher, keyOf, resultOf, writeTree } from './tree.ts';

const DAY_MS = 24 * 60 * 60_000;

function open(dir: string): LocalStore {
  const opened = openStore({ dir, maxSizeBytes: 1e9, hasher });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

function idOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}

/** A root that has its id, as a project has. */
function makeRoot(n: number): RootIdentity {
  const root = tempFolder();
  const proof = join(root, '.cache', 'root-id');
  mkdirSync(join(root, '.cache'));
  writeFileSync(proof, `${idOf(n)}\n`);
  return { id: idOf(n), root, proof };
}

function fileOf(dir: string, { id }: RootIdentity): string {
  return join(dir, 'v1', 'roots', id);
}

function age(path: string, days: number): void {
  const then = new Date(Date.now() - days * DAY_MS);
  utimesSync(path, then, then);
}

async function registered(n = 1, keys = [keyOf(1), keyOf(2)]) {
  const dir = join(tempFolder(), 'content');
  const root = makeRoot(n);
  const store = open(dir);
  expect(store.prepare(root)).toEqual({ ok: true, value: undefined });
  expect(await store.register(new Set(keys), { mayShrink: true })).toEqual({ ok: true, value: true });
  return { dir, root, store };
}

describe('a registration', () => {
  test('says who the root is and which keys it keeps', async () => {
    const { dir, root, store } = await registered();
    const [head, ...keys] = readFileSync(fileOf(dir, root), 'utf8').split('\n');
    expect(JSON.parse(head!)).toEqual({ root: root.root, proof: root.proof, host: hostname() });
    expect(keys).toEqual([keyOf(1), keyOf(2), '']);
    expect(store.info().roots).toEqual([
      {
        id: root.id,
        root: root.root,
        host: hostname(),
        results: 2,
        registeredAtMs: expect.any(Number),
        standing: 'here',
      },
    ]);
  });

  test('that says the same again is not written again, but renewed once a day', async () => {
    const { dir, root, store } = await registered();
    const before = statSync(fileOf(dir, root));
    const same = new Set([keyOf(2), keyOf(1)]);
    expect(await store.register(same, { mayShrink: true })).toEqual({ ok: true, value: false });
    expect(store.isRegistered(root, same)).toBe(true);
    expect(statSync(fileOf(dir, root))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    age(fileOf(dir, root), 2);
    expect(store.isRegistered(root, same)).toBe(true);
    expect(Date.now() - statSync(fileOf(dir, root)).mtimeMs).toBeLessThan(DAY_MS);
    expect(store.isRegistered(root, new Set([keyOf(1)]))).toBe(false);
    expect(store.isRegistered(root, new Set([keyOf(1), keyOf(3)]))).toBe(false);
  });

  test('grows with each result that is stored or touched, before the list is written anew', async () => {
    const { dir, root, store } = await registered(1, [keyOf(1)]);
    const tree = tempFolder();
    writeTree(tree, { 'a.txt': { file: 'a' } });
    const result = resultOf(tree, keyOf(7));
    await store.save(result, (path) => join(tree, path));
    await store.save(result, (path) => join(tree, path));
    store.touch({ ...result, key: keyOf(8) });
    store.touch({ ...result, key: keyOf(1) });
    const lines = readFileSync(fileOf(dir, root), 'utf8').split('\n');
    expect(lines.slice(1)).toEqual([keyOf(1), keyOf(7), keyOf(8), '']);
    expect(await store.register(new Set([keyOf(8)]), { mayShrink: false })).toMatchObject({ value: false });
    expect(await store.register(new Set([keyOf(8)]), { mayShrink: true })).toMatchObject({ value: true });
    expect(readFileSync(fileOf(dir, root), 'utf8').split('\n').slice(1)).toEqual([keyOf(8), '']);
  });

  test('begins with the first result of a root that has none yet', async () => {
    const dir = join(tempFolder(), 'content');
    const root = makeRoot(1);
    const store = open(dir);
    store.prepare(root);
    expect(existsSync(fileOf(dir, root))).toBe(false);
    const tree = tempFolder();
    writeTree(tree, { 'a.txt': { file: 'a' } });
    await store.save(resultOf(tree), (path) => join(tree, path));
    expect(store.info().roots).toMatchObject([{ root: root.root, results: 1 }]);
  });

  test.each([
    ['cut in a key', (text: string) => text.slice(0, -5)],
    ['without its first line', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['with a damaged first line', (text: string) => text.replace('{', '(')],
    ['empty', () => ''],
  ])('%s still keeps the keys that can be read, and is mended', async (_how, damage) => {
    const { dir, root } = await registered();
    const path = fileOf(dir, root);
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    const whole = readFileSync(path, 'utf8').split('\n').includes(keyOf(1));
    const store = open(dir);
    expect(store.info().roots).toHaveLength(1);
    store.prepare(root);
    store.touch({ ...resultOf(tempFolder(), keyOf(9)) });
    const [head, ...keys] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(head!)).toMatchObject({ root: root.root });
    expect(keys.includes(keyOf(1))).toBe(whole && _how !== 'without its first line');
    expect(keys.at(-2)).toBe(keyOf(9));
    expect(await store.register(new Set([keyOf(1), keyOf(2)]), { mayShrink: true })).toMatchObject({
      value: true,
    });
  });

  test('of 10,000 keys is compared and written in one go', async () => {
    const { root, store } = await registered(
      1,
      Array.from({ length: 10_000 }, (_, n) => keyOf(n)),
    );
    expect(store.info().roots).toMatchObject([{ results: 10_000 }]);
    expect(store.isRegistered(root, new Set(Array.from({ length: 10_000 }, (_, n) => keyOf(n))))).toBe(true);
  });

  test('is none of a store’s where its name is no id', async () => {
    const { dir, store } = await registered();
    writeFileSync(join(dir, 'v1', 'roots', 'README'), 'mine');
    mkdirSync(join(dir, 'v1', 'roots', idOf(5)));
    expect(store.info().roots).toHaveLength(1);
  });
});

describe('whether a registered root is still there', () => {
  const standing = (dir: string) =>
    open(dir)
      .info()
      .roots.map((root) => root.standing);

  test('its id under its folder is the proof', async () => {
    const { dir, root } = await registered();
    expect(standing(dir)).toEqual(['here']);
    writeFileSync(root.proof, `${idOf(2)}\n`);
    expect(standing(dir)).toEqual(['gone']);
    rmSync(root.proof);
    expect(standing(dir)).toEqual(['gone']);
  });

  test('a folder that is not in this view is believed for 30 days', async () => {
    const { dir, root } = await registered();
    renameSync(root.root, `${root.root}-moved`);
    expect(standing(dir)).toEqual(['unseen']);
    age(fileOf(dir, root), 29);
    expect(standing(dir)).toEqual(['unseen']);
    age(fileOf(dir, root), 31);
    expect(standing(dir)).toEqual(['gone']);
    renameSync(`${root.root}-moved`, root.root);
    expect(standing(dir)).toEqual(['here']);
  });

  test('an empty folder is what an unmounted disk leaves', async () => {
    const { dir, root } = await registered();
    rmSync(join(root.root, '.cache'), { recursive: true });
    expect(standing(dir)).toEqual(['unseen']);
    writeFileSync(join(root.root, 'orch.yaml'), '');
    expect(standing(dir)).toEqual(['gone']);
  });

  test('on another machine, or in another container, the same path is another folder', async () => {
    const { dir, root } = await registered();
    const path = fileOf(dir, root);
    writeFileSync(path, readFileSync(path, 'utf8').replace(`"host":"${hostname()}"`, '"host":"elsewhere"'));
    rmSync(root.proof);
    expect(standing(dir)).toEqual(['unseen']);
  });

  test('a trim forgets those that are gone, and a dry run none', async () => {
    const { dir, root } = await registered();
    rmSync(root.proof);
    const store = open(dir);
    const seen = [{ root: root.root, standing: 'gone' }];
    expect(await store.trim({ dryRun: true })).toMatchObject({ value: { dropped: seen, roots: [] } });
    expect(existsSync(fileOf(dir, root))).toBe(true);
    expect(await store.trim({})).toMatchObject({ value: { dropped: seen, roots: [] } });
    expect(existsSync(fileOf(dir, root))).toBe(false);
  });
});

describe('a root that was copied with its id', () => {
  test('is told so where the other is there as well', async () => {
    const { dir, root } = await registered();
    const copy = { ...makeRoot(1), id: root.id };
    expect(open(dir).prepare(copy)).toEqual({ ok: false, error: { kind: 'taken' } });
    rmSync(root.root, { recursive: true });
    expect(open(dir).prepare(copy)).toMatchObject({ ok: true });
  });

  test('is the same root where another path leads to the same folder', async () => {
    const { dir, root } = await registered();
    const other = `${root.root}-link`;
    renameSync(root.root, other);
    const moved = { id: root.id, root: other, proof: join(other, '.cache', 'root-id') };
    const store = open(dir);
    expect(store.prepare(moved)).toMatchObject({ ok: true });
    expect(await store.register(new Set([keyOf(1)]), { mayShrink: true })).toMatchObject({ value: true });
    expect(store.info().roots).toMatchObject([{ root: other, results: 1, standing: 'here' }]);
    rmSync(other, { recursive: true });
  });
});

test('a forgotten root keeps nothing, and only ids are forgotten', async () => {
  const { dir, root, store } = await registered();
  appendFileSync(join(dir, 'v1', 'usage'), '');
  store.unregister('../usage');
  expect(existsSync(join(dir, 'v1', 'usage'))).toBe(true);
  store.unregister(root.id);
  expect(store.info().roots).toEqual([]);
});
