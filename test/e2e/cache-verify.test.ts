/** `orch cache verify` (E6): finds every damage there is, changes nothing unasked, and leaves nothing damaged in reach. */
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onTerminal } from '../support/terminal-run.ts';
import { bareScenario, flow, type Scenario, scenario, task } from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

const tasks = {
  a: task('a', 'cat in.txt > a.txt; printf "%0200000d" 7 > big.bin', {
    inputs: ['in.txt'],
    outputs: ['a.txt', 'big.bin'],
  }),
  b: task('b', 'cat a.txt a.txt > b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
};

async function made(): Promise<Scenario> {
  const s = scenario(tasks, { 'in.txt': 'one\n' });
  await s.ok('run', 'b');
  s.ran();
  return s;
}

/** The file of the cache with these bytes. */
function blobOf(s: Scenario, content: string): string {
  const folder = s.path('.cache/content/v1/blobs');
  const [path] = Object.entries(entriesUnder(folder)).find(([, bytes]) => bytes === content)!;
  return join(folder, path);
}

function entries(s: Scenario): string[] {
  const folder = s.path('.cache/content/v1/results');
  const names = Object.keys(entriesUnder(folder)).filter((path) => path.includes('k1-'));
  return names.map((path) => join(folder, path));
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

interface Document {
  readonly contents: number;
  readonly results: number;
  readonly quarantined: number;
  readonly unreferenced: { readonly contents: number };
  readonly damagedContents: readonly { readonly problem: string; readonly end?: string }[];
  readonly missingContents: readonly { readonly usedBy: readonly { readonly path: string }[] }[];
  readonly damagedResults: readonly unknown[];
  readonly droppedResults: readonly { readonly paths: readonly string[] }[];
}

async function verify(s: Scenario, code: number, ...args: string[]): Promise<Document> {
  return JSON.parse((await s.exits(code, ['cache', 'verify', '--json', ...args])).stdout) as Document;
}

describe('orch cache verify', () => {
  it('of a cache that is as it was stored ends with 0, and of one that is not there too', async () => {
    const s = await made();
    expect((await s.ok('cache', 'verify')).stdout).toBe(
      'checked 3 contents (200 kB) and 2 results: all as stored\n',
    );
    expect(await verify(s, 0)).toMatchObject({
      contents: 3,
      results: 2,
      damagedContents: [],
      missingContents: [],
    });
    expect((await s.ok('-q', 'cache', 'verify', '--repair')).stdout).toBe('');
    await s.ok('--clean');
    expect((await s.ok('cache', 'verify', '--repair')).stdout).toContain('checked 0 contents');
    expect(s.exists('.cache/content/v1')).toBe(false);
  });

  it('names what is damaged, cut, missing and unused, changes nothing, and ends with 3', async () => {
    const s = await made();
    const right = s.read('big.bin');
    flip(blobOf(s, right));
    truncateSync(chmod(blobOf(s, 'one\n')), 2);
    rmSync(blobOf(s, 'one\none\n'));
    appendFileSync(entries(s)[0]!, 'garbage\n');
    const before = s.under('.cache/content');
    const ran = await s.exits(3, ['cache', 'verify']);
    expect(ran.stdout).toMatch(/^damaged: \S+-200000, of big\.bin$/m);
    expect(ran.stdout).toMatch(/^damaged \(cut or grown\): \S+-4, of a\.txt$/m);
    expect(ran.stdout).toMatch(/^missing: \S+-8, of b\.txt$/m);
    expect(ran.stdout).toMatch(/^damaged result: k1-\w+, 1 result of it can be read$/m);
    expect(ran.stdout).toMatch(/and 2 results: 3 damaged, 1 missing$/m);
    expect(ran.stderr).toBe(
      'error: 4 parts of the cache are damaged or missing; no run will use them: `orch cache verify --repair` takes them out\n',
    );
    expect(s.under('.cache/content')).toEqual(before);
  });

  it('counts what no result names, which is no damage', async () => {
    const s = await made();
    for (const entry of entries(s)) rmSync(entry);
    expect((await s.ok('cache', 'verify')).stdout).toContain('unused: 3 contents (200 kB) of no result');
    expect(await verify(s, 0)).toMatchObject({ unreferenced: { contents: 3 } });
  });

  it('shows on a terminal how far it has come, and leaves no trace of that', async () => {
    const s = await made();
    const shown = await onTerminal(s.dir, ['cache', 'verify'], { columns: 80 });
    expect(shown.output.startsWith('\r\u001b[Kchecking the cache: 0 % (0 B of 200 kB)')).toBe(true);
    const last = '\r\u001b[Kchecked 3 contents (200 kB) and 2 results: all as stored\n';
    expect(shown.output.endsWith(last)).toBe(true);
    expect((await onTerminal(s.dir, ['-q', 'cache', 'verify'], { columns: 80 })).output).toBe('');
  });
});

function chmod(path: string): string {
  chmodSync(path, 0o644);
  return path;
}

describe('orch cache verify --repair', () => {
  it('stores a content again from the output that still has its bytes', async () => {
    const s = await made();
    flip(blobOf(s, s.read('big.bin')));
    rmSync(blobOf(s, 'one\n'));
    const ran = await s.ok('cache', 'verify', '--repair');
    expect(ran.stdout).toContain(`of big.bin: stored again from ${s.path('big.bin')}\n`);
    expect(ran.stdout).toContain(`of a.txt: stored again from ${s.path('a.txt')}\n`);
    expect(ran.stdout).toContain('1 damaged, 1 missing; repaired: 2 stored again, 0 results dropped\n');
    expect(await verify(s, 0)).toMatchObject({ damagedContents: [], missingContents: [], quarantined: 1 });
    const right = s.userTree();
    for (const path of ['a.txt', 'big.bin', 'b.txt']) s.remove(path);
    expect(await s.run('a', 'b')).toEqual([]);
    expect(s.userTree()).toEqual(right);
  });

  it('drops what has no bytes any more: set aside with why, a miss from then on, told by why', async () => {
    const s = await made();
    const right = s.read('big.bin');
    flip(blobOf(s, right));
    s.write('big.bin', 'edited by hand');
    const found = await verify(s, 0, '--repair');
    expect(found).toMatchObject({
      damagedContents: [{ problem: 'wrong-bytes', end: 'dropped' }],
      droppedResults: [{ paths: ['big.bin'], kept: 0 }],
    });
    const aside = s.path('.cache/content/v1/quarantine');
    const names = readdirSync(aside).sort();
    expect(names).toEqual([
      expect.stringMatching(/^k1-/),
      expect.stringMatching(/^k1-\w+\.why$/),
      expect.stringMatching(/-200000$/),
      expect.stringMatching(/-200000\.why$/),
    ]);
    expect(JSON.parse(readFileSync(join(aside, names[3]!), 'utf8'))).toMatchObject({
      foundBy: 'verify',
      problem: 'wrong-bytes',
      found: expect.stringMatching(/-200000$/),
    });
    expect(await verify(s, 0)).toMatchObject({ damagedContents: [], quarantined: 2 });
    s.remove('big.bin');
    expect((await s.ok('why', 'a')).stdout).toContain('output big.bin missing, and damaged in the cache');
    expect(await s.run('a', 'b')).toEqual(['a']);
    expect(s.read('big.bin')).toBe(right);
    s.remove('big.bin');
    expect(await s.run('a', 'b')).toEqual([]);
  });

  it('keeps what can be read of a damaged entry', async () => {
    const s = await made();
    for (const entry of entries(s)) appendFileSync(entry, 'garbage\n');
    truncateSync(entries(s)[1]!, 40);
    const found = await verify(s, 0, '--repair');
    expect(found.damagedResults).toHaveLength(2);
    expect(await verify(s, 0)).toMatchObject({ results: 1, damagedResults: [] });
    // This root has its own records.
    for (const path of ['a.txt', 'big.bin', 'b.txt']) s.remove(path);
    expect(await s.run('a', 'b')).toEqual([]);
  });

  it('finds the bytes in another project that shares the cache', async () => {
    const s = bareScenario();
    for (const name of ['one', 'two']) {
      s.write(`${name}/in.txt`, 'one\n');
      s.write(`${name}/orch.yaml`, flow(tasks));
    }
    s.env['ORCH_CACHE_DIR'] = join(s.outside, 'shared');
    for (const name of ['one', 'two']) await s.ok('-C', name, 'run', 'b');
    s.ran();
    const blobs = join(s.outside, 'shared/v1/blobs');
    for (const path of Object.keys(entriesUnder(blobs))) flip(join(blobs, path));
    s.remove('two/big.bin');
    s.remove('two/b.txt');
    const ran = await s.ok('-C', 'two', 'cache', 'verify', '--repair');
    expect(ran.stdout).toContain(`stored again from ${s.path('one/big.bin')}`);
    await s.ok('-C', 'two', 'run', 'a', 'b');
    expect(s.ran()).toEqual([]);
    expect(s.read('two/b.txt')).toBe('one\none\n');
  });

  it.skipIf(process.getuid?.() === 0)('of a cache that cannot be written says so, exit 3', async () => {
    const s = await made();
    flip(blobOf(s, 'one\n'));
    const folder = s.path('.cache/content/v1');
    chmodSync(folder, 0o555);
    try {
      expect((await s.exits(3, ['cache', 'verify', '--repair'])).stderr).toContain('could not set aside');
    } finally {
      chmodSync(folder, 0o755);
    }
  });

  it('refuses an argument', async () => {
    const s = await made();
    expect((await s.exits(2, ['cache', 'verify', 'a'])).stderr).toContain('error');
  });
});
