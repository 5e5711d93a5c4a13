/** What every result store must do, whatever keeps its bytes: run against each of them. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResultStore } from '../../src/cache/result-store.ts';
import type { Digest } from '../../src/model/ids.ts';
import type { OutputEntry, Result } from '../../src/model/result.ts';
import { tempFolder } from './temp-folder.ts';
import { emptyRoot, hasher, keyOf, type Node, readTree, resultOf, type Tree, writeTree } from './tree.ts';

/** Bytes above the size up to which contents are handled in one piece. */
const LARGE = Buffer.alloc(3_000_001, 'large content ');

const TREE: Tree = {
  'out/a.txt': { file: 'alpha' },
  'out/empty.txt': { file: '' },
  'out/run.sh': { file: '#!/bin/sh\n', executable: true },
  'out/same.txt': { file: 'alpha' },
  'out/empty': 'folder',
  'out/latest': { link: 'a.txt' },
  'out/dangling': { link: '../nowhere' },
  'models/large.bin': { file: LARGE },
};

export interface StoreRig {
  /** An empty store for this test, with a cap of 100 MB. */
  open(): ResultStore;
}

export function describeStoreContract(name: string, rig: StoreRig): void {
  describe(`${name}: the contract of a result store`, () => {
    async function saved(tree: Tree = TREE): Promise<{ store: ResultStore; root: string; result: Result }> {
      const root = tempFolder();
      writeTree(root, tree);
      const store = rig.open();
      const result = resultOf(root);
      expect(await store.save(result, (path) => join(root, path))).toMatchObject({
        ok: true,
        value: { saved: true },
      });
      return { store, root, result };
    }

    test('a key that was never saved has no results', () => {
      const store = rig.open();
      expect(store.lookup(keyOf(1))).toEqual([]);
      expect(store.lookup('../../etc/passwd' as never)).toEqual([]);
    });

    test('what was saved is found, and brings back the same tree', async () => {
      const { store, root, result } = await saved();
      const before = readTree(root);
      emptyRoot(root);
      expect(store.lookup(result.key)).toEqual([result]);
      expect(result.outputs.every((entry) => store.hasContent(entry))).toBe(true);
      expect(await store.restore(result.outputs, root)).toEqual({
        restored: true,
        files: 5,
        sizeBytes: LARGE.length + 5 + 5 + 10,
      });
      expect(readTree(root)).toEqual(before);
    });

    test('a content is read by its digest, and nothing by what is none', async () => {
      const { store, result } = await saved();
      const read = result.outputs.flatMap((entry) =>
        entry.kind === 'file' ? [Buffer.from(store.readContent(entry.digest)!).toString()] : [],
      );
      expect(read.map((text) => text.length)).toEqual([LARGE.length, 5, 0, 10, 5]);
      expect(read[1]).toBe('alpha');
      for (const digest of ['xxh64-0000000000000000-5', '../../etc/passwd', ''])
        expect(store.readContent(digest)).toBeNull();
    });

    test('a result comes back in another root', async () => {
      const { store, root, result } = await saved();
      const other = tempFolder();
      await store.restore(result.outputs, other);
      expect(readTree(other)).toEqual(readTree(root));
    });

    test('random trees come back as they were', async () => {
      const name = fc.constantFrom(
        'a',
        'b',
        'ä',
        'with space',
        'q\'uo"te',
        '-rf',
        '[x]',
        'new\nline',
        '$(id)',
      );
      const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
      const node: fc.Arbitrary<Node> = fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({ file: fc.uint8Array({ maxLength: 300 }), executable: fc.boolean() }),
        },
        {
          weight: 1,
          arbitrary: fc.record({ link: fc.constantFrom('a', '../b', '/etc/hostname', 'no such') }),
        },
        { weight: 1, arbitrary: fc.constant<Node>('folder') },
      );
      const entries = fc.array(fc.tuple(path, node), { minLength: 1, maxLength: 30 });
      let n = 0;
      const store = rig.open();
      await fc.assert(
        fc.asyncProperty(entries, fc.boolean(), async (drawn, keepHalf) => {
          const root = tempFolder();
          // A path that is a folder of another can't be a file or link as well: the first drawn wins.
          const tree: Record<string, Node> = {};
          for (const [at, what] of drawn) {
            const clashes = Object.keys(tree).some(
              (p) => p === at || p.startsWith(`${at}/`) || at.startsWith(`${p}/`),
            );
            if (!clashes) tree[at] = what;
          }
          writeTree(root, tree);
          const before = readTree(root);
          n += 1;
          const result = resultOf(root, keyOf(n));
          expect(await store.save(result, (at) => join(root, at))).toMatchObject({ value: { saved: true } });
          if (keepHalf) for (const entry of result.outputs.slice(0, 3)) spoil(root, entry);
          else emptyRoot(root);
          expect(await store.restore(store.lookup(keyOf(n))[0]!.outputs, root)).toMatchObject({
            restored: true,
          });
          expect(readTree(root)).toEqual(before);
        }),
        { numRuns: 60 },
      );
    });

    test('a restored file edited in place changes nothing in the store (30)', async () => {
      const { store, root, result } = await saved();
      emptyRoot(root);
      await store.restore(result.outputs, root);
      const before = readTree(root);
      for (const path of ['out/a.txt', 'models/large.bin', 'out/run.sh'])
        appendFileSync(join(root, path), 'edited');
      chmodSync(join(root, 'out/a.txt'), 0o600);
      emptyRoot(root);
      await store.restore(result.outputs, root);
      expect(readTree(root)).toEqual(before);
    });

    test('restoring over files replaces them, links included, and nothing else', async () => {
      const { store, root, result } = await saved();
      const before = readTree(root);
      const elsewhere = join(root, 'mine.txt');
      writeFileSync(elsewhere, 'mine');
      emptyRootBut(root, 'mine.txt');
      mkdirSync(join(root, 'out'));
      symlinkSync('../mine.txt', join(root, 'out/a.txt'));
      writeFileSync(join(root, 'out/latest'), 'a file where a link belongs');
      writeFileSync(join(root, 'out/other.txt'), 'mine, too');
      expect(await store.restore(result.outputs, root)).toMatchObject({ restored: true });
      expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
      expect(readFileSync(join(root, 'out/other.txt'), 'utf8')).toBe('mine, too');
      expect(readTree(root)).toMatchObject(before);
    });

    test('the umask of the restoring process holds', async () => {
      const { store, root, result } = await saved();
      emptyRoot(root);
      const umask = process.umask(0o077);
      try {
        await store.restore(result.outputs, root);
      } finally {
        process.umask(umask);
      }
      expect(statSync(join(root, 'out/a.txt')).mode & 0o777).toBe(0o600);
      expect(statSync(join(root, 'out/run.sh')).mode & 0o777).toBe(0o700);
      expect(statSync(join(root, 'models/large.bin')).mode & 0o777).toBe(0o600);
    });

    test('restoring the same thing several times at once is harmless', async () => {
      const { store, root, result } = await saved();
      const before = readTree(root);
      emptyRoot(root);
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () => store.restore(result.outputs, root)),
      );
      expect(outcomes.every((outcome) => outcome.restored)).toBe(true);
      expect(readTree(root)).toEqual(before);
    });

    test('many saves at once all succeed', async () => {
      const root = tempFolder();
      const store = rig.open();
      const results = Array.from({ length: 200 }, (_, n) => {
        writeFileSync(join(root, `f${n}`), `content ${n % 50}`);
        return resultOf(root, keyOf(n), [`f${n}`]);
      });
      const outcomes = await Promise.all(
        results.map((result) => store.save(result, (path) => join(root, path))),
      );
      expect(outcomes.every((outcome) => outcome.ok && outcome.value.saved)).toBe(true);
      for (const result of results) expect(store.lookup(result.key)).toEqual([result]);
      const before = readTree(root);
      emptyRoot(root);
      await Promise.all(results.map((result) => store.restore(result.outputs, root)));
      expect(readTree(root)).toEqual(before);
    });

    test('the result stored first stays the first; the same one again adds nothing', async () => {
      const { store, root, result } = await saved({ 'a.txt': { file: '0' } });
      expect(await store.save({ ...result, durationMs: 99 }, (path) => join(root, path))).toMatchObject({
        value: { saved: true, addedBlobs: 0, addedBytes: 0 },
      });
      expect(store.lookup(result.key)).toEqual([result]);
      const later: Result[] = [];
      for (let n = 1; n <= 5; n += 1) {
        writeFileSync(join(root, 'a.txt'), String(n));
        later.push(resultOf(root));
        await store.save(later.at(-1)!, (path) => join(root, path));
        const found = store.lookup(result.key);
        expect(found[0]).toEqual(result);
        expect(found.at(-1)).toEqual(later.at(-1));
      }
      expect(store.lookup(result.key).length).toBeLessThan(6);
    });

    test('a result that is to be the first becomes it, and the others stay behind it', async () => {
      const { store, root, result } = await saved({ 'a.txt': { file: '0' } });
      const put = async (text: string, options = {}) => {
        writeFileSync(join(root, 'a.txt'), text);
        const made = { ...resultOf(root), createdAtMs: result.createdAtMs + Number(text) };
        expect(await store.save(made, (path) => join(root, path), options)).toMatchObject({
          value: { saved: true },
        });
        return made;
      };
      const forced = await put('1', { first: true });
      expect(store.lookup(result.key)).toEqual([forced, result]);
      const later = await put('2');
      expect(store.lookup(result.key)).toEqual([forced, result, later]);
      // One that is there already comes to the front, and no second time.
      const again = await put('2', { first: true });
      expect(store.lookup(result.key)).toEqual([again, forced, result]);
      await put('2', { first: true });
      expect(store.lookup(result.key)).toEqual([again, forced, result]);
      for (const text of ['3', '4', '5']) await put(text, { first: true });
      const found = store.lookup(result.key);
      expect(found[0]?.createdAtMs).toBe(result.createdAtMs + 5);
      expect(found.length).toBeLessThan(6);
    });

    test('the same bytes made again later are the first with their later time', async () => {
      const { store, root, result } = await saved({ 'a.txt': { file: '0' } });
      const again = { ...result, createdAtMs: result.createdAtMs + 1000 };
      await store.save(again, (path) => join(root, path));
      expect(store.lookup(result.key)).toEqual([result]);
      await store.save(again, (path) => join(root, path), { first: true });
      expect(store.lookup(result.key)).toEqual([again]);
    });

    test('an accepted result is never stored', async () => {
      const root = tempFolder();
      writeTree(root, TREE);
      const store = rig.open();
      const result = { ...resultOf(root), accepted: true };
      expect(await store.save(result, (path) => join(root, path))).toEqual({
        ok: true,
        value: { saved: false, because: 'accepted' },
      });
      expect(store.lookup(result.key)).toEqual([]);
      expect(store.info()).toMatchObject({ blobs: 0, results: 0, sizeBytes: 0 });
    });

    test.each([
      ['edited', 'out/a.txt', 'ALPHA'],
      ['longer', 'out/a.txt', 'alpha and more'],
      ['shorter', 'out/a.txt', 'al'],
      ['edited at its end', 'models/large.bin', Buffer.concat([LARGE.subarray(0, -1), Buffer.from('!')])],
      ['cut', 'models/large.bin', LARGE.subarray(0, 1000)],
    ])('a file that was %s since it was recorded: nothing is recorded', async (_how, path, content) => {
      const root = tempFolder();
      writeTree(root, TREE);
      const store = rig.open();
      const result = resultOf(root);
      writeFileSync(join(root, path), content);
      const outcome = await store.save(result, (at) => join(root, at));
      // The same content under another name was another's to supply.
      expect(outcome).toMatchObject({ ok: false, error: { kind: 'output-changed' } });
      expect(!outcome.ok && outcome.error.kind === 'output-changed' && outcome.error.paths).toContain(path);
      expect(store.lookup(result.key)).toEqual([]);
      expect(store.info()).toMatchObject({ blobs: 0, results: 0 });
    });

    test('a file that is gone changed as well', async () => {
      const root = tempFolder();
      writeTree(root, TREE);
      const store = rig.open();
      const result = resultOf(root);
      emptyRoot(root);
      expect(await store.save(result, (at) => join(root, at))).toMatchObject({
        error: {
          kind: 'output-changed',
          paths: ['models/large.bin', 'out/a.txt', 'out/empty.txt', 'out/run.sh', 'out/same.txt'],
        },
      });
    });

    test('outputs that are recorded only are neither stored nor restored', async () => {
      const root = tempFolder();
      writeTree(root, { 'kept.txt': { file: 'kept' }, 'huge.bin': { file: 'huge' } });
      const store = rig.open();
      const full = resultOf(root);
      const outputs = full.outputs.map(
        (entry): OutputEntry =>
          entry.path === 'huge.bin' ? ({ ...entry, stored: false } as OutputEntry) : entry,
      );
      const result = { ...full, outputs };
      await store.save(result, (path) => join(root, path));
      expect(store.info().blobs).toBe(1);
      emptyRoot(root);
      expect(store.lookup(result.key)).toEqual([result]);
      expect(outputs.map((entry) => store.hasContent(entry))).toEqual([false, true]);
      expect(await store.restore(outputs, root)).toEqual({
        restored: false,
        why: 'missing',
        paths: ['huge.bin'],
      });
      expect(readTree(root)).toEqual({});
      expect(await store.restore(outputs.slice(1), root)).toMatchObject({ restored: true });
    });

    test('a content that was never there: all of them are named, and nothing is written', async () => {
      const { store, root, result } = await saved();
      emptyRoot(root);
      const unknown = ['x', 'y'].map((text): OutputEntry => {
        const digest = hasher.digestBytes(text) as Digest;
        return { kind: 'file', path: `out/${text}`, digest, executable: false, stored: true };
      });
      expect(unknown.some((entry) => store.hasContent(entry))).toBe(false);
      expect(await store.restore([...result.outputs, ...unknown], root)).toEqual({
        restored: false,
        why: 'missing',
        paths: ['out/x', 'out/y'],
      });
      expect(readTree(root)).toEqual({});
      const nonsense = {
        kind: 'file',
        path: 'a',
        digest: '../../x' as Digest,
        executable: false,
        stored: true,
      } as const;
      expect(store.hasContent(nonsense)).toBe(false);
      expect(await store.restore([nonsense], root)).toEqual({
        restored: false,
        why: 'missing',
        paths: ['a'],
      });
    });

    describe('31: an entry that would leave the root is refused, and nothing is written', () => {
      const refused: [string, string, readonly OutputEntry[], string][] = [
        ['an absolute path', '/orch-escaped', [], 'not-relative'],
        ['a path with ..', 'out/../../orch-escaped', [], 'not-relative'],
        ['an empty name', 'out//a', [], 'not-relative'],
        ['a NUL', 'out\0', [], 'not-relative'],
        ['a folder link that leads out', 'outside/a', [], 'leaves-the-root'],
        ['a folder link behind a folder link', 'inside/up/a', [], 'leaves-the-root'],
        ['a dangling folder link', 'dangling/a', [], 'leaves-the-root'],
        [
          'a link of the same result',
          'l/x',
          [{ kind: 'symlink', path: 'l', link: '..' }],
          'through-a-link-of-the-result',
        ],
        [
          'a chain of links of the same result',
          'l/m/x',
          [
            { kind: 'symlink', path: 'l', link: '.' },
            { kind: 'symlink', path: 'l/m', link: '..' },
          ],
          'through-a-link-of-the-result',
        ],
      ];
      test.each(refused)('%s', async (_name, path, others, because) => {
        const { store, root, result } = await saved({ 'a.txt': { file: 'alpha' } });
        const outside = tempFolder();
        mkdirSync(join(root, 'folder'));
        symlinkSync(outside, join(root, 'outside'));
        symlinkSync('folder', join(root, 'inside'));
        symlinkSync(outside, join(root, 'folder/up'));
        symlinkSync('nowhere', join(root, 'dangling'));
        const before = readTree(root);
        const file = result.outputs[0] as Extract<OutputEntry, { kind: 'file' }>;
        const kinds: OutputEntry[] = [
          { ...file, path },
          { kind: 'symlink', path, link: 'x' },
          { kind: 'folder', path },
        ];
        for (const entry of kinds) {
          const outcome = await store.restore([...others, { ...file, path: 'fresh.txt' }, entry], root);
          expect(outcome).toMatchObject({ restored: false, why: 'refused', because });
          expect(readTree(root)).toEqual(before);
        }
        expect(existsSync(join(outside, 'a'))).toBe(false);
      });

      test('but a folder link within the root, or one that the user allows, is used', async () => {
        const { store, root, result } = await saved({ 'a.txt': { file: 'alpha' } });
        const outside = tempFolder();
        mkdirSync(join(root, 'folder'));
        symlinkSync('folder', join(root, 'inside'));
        symlinkSync(outside, join(root, 'outside'));
        const file = result.outputs[0] as Extract<OutputEntry, { kind: 'file' }>;
        expect(await store.restore([{ ...file, path: 'inside/deep/a' }], root)).toMatchObject({
          restored: true,
        });
        expect(readFileSync(join(root, 'folder/deep/a'), 'utf8')).toBe('alpha');
        const options = { allowedLinks: ['outside'] };
        expect(await store.restore([{ ...file, path: 'outside/deep/a' }], root, options)).toMatchObject({
          restored: true,
        });
        expect(readFileSync(join(outside, 'deep/a'), 'utf8')).toBe('alpha');
      });

      test('and such a result is a bug where it is saved', async () => {
        const { store, root, result } = await saved({ 'a.txt': { file: 'alpha' } });
        const outputs = result.outputs.map((entry) => ({ ...entry, path: '../a.txt' }));
        await expect(store.save({ ...result, outputs }, () => join(root, 'a.txt'))).rejects.toThrow(
          '../a.txt',
        );
      });
    });

    test('a folder where a file belongs is an error with its path, and stays', async () => {
      const { store, root, result } = await saved({ 'a.txt': { file: 'alpha' } });
      emptyRoot(root);
      writeTree(root, { 'a.txt/mine': { file: 'mine' } });
      expect(await store.restore(result.outputs, root)).toEqual({
        restored: false,
        why: 'failed',
        failure: { kind: 'io', doing: 'restore', path: join(root, 'a.txt'), code: 'EISDIR' },
      });
      expect(readFileSync(join(root, 'a.txt/mine'), 'utf8')).toBe('mine');
    });
  });
}

/** Damages an output in a way that a restore repairs. */
function spoil(root: string, entry: OutputEntry): void {
  if (entry.kind === 'file') writeFileSync(join(root, entry.path), 'spoiled', { flag: 'a' });
}

function emptyRootBut(root: string, kept: string): void {
  const content = readFileSync(join(root, kept));
  emptyRoot(root);
  writeFileSync(join(root, kept), content);
}
