/**
 * A process that uses a store, for tests that need several of them, or one that is killed or refused something.
 *
 *     save DIR ROOT           stores what lies below ROOT as the result of key 1
 *     restore DIR ROOT        brings the first result of key 1 back into ROOT
 *     hammer DIR ROOT N       N times saves or restores one of five keys, and checks what it gets
 *     churn DIR ROOT N        as hammer, of keys that share contents, where others trim: what is there is right
 *     churn DIR ROOT N ID     the same as a registered root: what it saved is there
 *     trim DIR N              N times removes all that no registered root needs
 *
 * Prints the last outcome as JSON.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadHasher } from '../../src/base/digest.ts';
import type { ResultStore } from '../../src/cache/result-store.ts';
import { type LocalStore, openStore } from '../../src/cache/store.ts';
import { hasher, keyOf, readTree, resultOf } from './tree.ts';

async function main([command, dir, root, count, id]: string[]): Promise<unknown> {
  const notices: unknown[] = [];
  const opened = openStore({
    dir: dir!,
    maxSizeBytes: 1e9,
    hasher: await loadHasher(),
    notify: (notice) => notices.push(notice),
  });
  if (!opened.ok) return opened;
  const store = opened.value;
  if (command === 'hammer') return hammer(store, root!, Number(count));
  if (command === 'churn') return churn(store, root!, Number(count), id ?? null);
  if (command === 'trim') return trim(store, Number(root));
  if (command === 'restore') return store.restore(store.lookup(keyOf(1))[0]?.outputs ?? [], root!);
  const outcome = await store.save(resultOf(root!), (path) => join(root!, path));
  const again = await store.save(resultOf(root!), (path) => join(root!, path));
  return { outcome, again, notices, readOnly: store.info().readOnly };
}

async function hammer(store: ResultStore, root: string, count: number): Promise<unknown> {
  const seen = { saved: 0, restored: 0, missed: 0 };
  for (let round = 0; round < count; round += 1) {
    const n = Math.floor(Math.random() * 5);
    const folder = join(root, String(round));
    mkdirSync(folder);
    const wanted = {
      'out.bin': Buffer.alloc(1 + n * 70_000, `content ${n}`),
      'out.txt': Buffer.from(`text ${n}`),
    };
    if (Math.random() < 0.5) {
      for (const [name, content] of Object.entries(wanted)) writeFileSync(join(folder, name), content);
      const saved = await store.save(resultOf(folder, keyOf(n)), (path) => join(folder, path));
      if (!saved.ok || !saved.value.saved) throw new Error(JSON.stringify(saved));
      seen.saved += 1;
    } else {
      const [result, other] = store.lookup(keyOf(n));
      if (other !== undefined) throw new Error('two results of one task that makes the same bytes');
      const outcome = result === undefined ? null : await store.restore(result.outputs, folder);
      if (outcome !== null && !outcome.restored) throw new Error(JSON.stringify(outcome));
      if (outcome === null) seen.missed += 1;
      else {
        seen.restored += 1;
        const digests = resultOf(folder).outputs.map((entry) => entry.kind === 'file' && entry.digest);
        const expected = Object.values(wanted).map((content) => hasher.digestBytes(content));
        if (String(digests) !== String(expected))
          throw new Error(`wrong bytes: ${JSON.stringify(readTree(folder))}`);
      }
    }
    rmSync(folder, { recursive: true });
  }
  return seen;
}

async function churn(store: LocalStore, root: string, count: number, id: string | null): Promise<unknown> {
  const seen = { saved: 0, restored: 0, missed: 0 };
  if (id !== null) {
    const proof = join(root, '.cache', 'root-id');
    mkdirSync(join(root, '.cache'));
    writeFileSync(proof, id);
    store.prepare({ id, root, proof });
  }
  for (let round = 0; round < count; round += 1) {
    const n = Math.floor(Math.random() * 6);
    const folder = join(root, String(round));
    mkdirSync(folder);
    const large = Buffer.alloc(200_000, `shared by some ${n % 2}`);
    writeFileSync(join(folder, 'out.bin'), large);
    writeFileSync(join(folder, 'out.txt'), `text ${n}`);
    const result = resultOf(folder, keyOf(n));
    const isSaving = id !== null || Math.random() < 0.5;
    if (isSaving) {
      const saved = await store.save(result, (path) => join(folder, path));
      if (!saved.ok || !saved.value.saved) throw new Error(JSON.stringify(saved));
      seen.saved += 1;
    }
    const outcome = await store.restore(result.outputs, join(folder, 'again'));
    if (outcome.restored) {
      seen.restored += 1;
      const again = resultOf(join(folder, 'again')).outputs;
      if (JSON.stringify(again) !== JSON.stringify(result.outputs)) throw new Error('wrong bytes');
    } else if (id !== null || outcome.why !== 'missing') throw new Error(JSON.stringify(outcome));
    else seen.missed += 1;
    if (id !== null && store.lookup(keyOf(n)).length !== 1) throw new Error('its result is gone');
    // Now and then nothing of it is needed any more.
    if (round % 10 === 9) await store.register(new Set(), { mayShrink: true });
    rmSync(folder, { recursive: true });
  }
  return seen;
}

async function trim(store: LocalStore, count: number): Promise<unknown> {
  let removed = 0;
  for (let round = 0; round < count; round += 1) {
    const end = await store.trim({ maxSizeBytes: 0 });
    if (end.ok) removed += end.value.removed.results;
    else if (end.error.kind !== 'busy') throw new Error(JSON.stringify(end));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { removed };
}

void main(process.argv.slice(2)).then((outcome) => console.log(JSON.stringify(outcome)));
