/** The store among several processes, killed ones, and systems that refuse: real processes throughout. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ResultStore } from '../../src/cache/result-store.ts';
import { openStore } from '../../src/cache/store.ts';
import { tempFolder } from './temp-folder.ts';
import { emptyRoot, filesBelow, hasher, keyOf, readTree, resultOf, type Tree, writeTree } from './tree.ts';

const TREE: Tree = {
  'a.txt': { file: 'alpha' },
  'b.bin': { file: Buffer.alloc(300_000, 'b') },
  'new/deep/c.txt': { file: 'gamma', executable: true },
  'new/link': { link: 'deep' },
};
/** Enough for a folder that is brought back as a whole. */
const MANY = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`many/f${n}`, { file: `file ${n}` }]));

const hasStrace = spawnSync('strace', ['-V']).status === 0;
const isRoot = process.getuid?.() === 0;

let programDir: string;
let program: string;
beforeAll(async () => {
  programDir = mkdtempSync(join(tmpdir(), 'orch-worker-'));
  chmodSync(programDir, 0o755);
  program = join(programDir, 'worker.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./store-worker.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire as load } from 'node:module'; const require = load(import.meta.url);",
    },
  });
});
afterAll(() => rmSync(programDir, { recursive: true, force: true }));

function open(dir: string): ResultStore {
  const opened = openStore({ dir, maxSizeBytes: 1e9, hasher });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

/** A store that holds `tree` as the result of key 1, and the root that it came from. */
async function stored(
  tree: Tree = TREE,
): Promise<{ root: string; dir: string; before: Record<string, string> }> {
  const root = tempFolder();
  const dir = join(tempFolder(), 'content');
  writeTree(root, tree);
  expect(await open(dir).save(resultOf(root), (path) => join(root, path))).toMatchObject({
    value: { saved: true },
  });
  return { root, dir, before: readTree(root) };
}

function work(args: readonly string[], wrapper: readonly string[] = []): SpawnSyncReturns<string> {
  const [command, ...rest] = [...wrapper, process.execPath, program, ...args];
  return spawnSync(command!, rest, { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } });
}

/** Runs it with a fault injected into these system calls, or none; they are listed on stderr. */
function under(calls: string, injection: string | null, args: readonly string[]): SpawnSyncReturns<string> {
  const inject = injection === null ? [] : ['-e', `inject=${calls}:${injection}`];
  return work(args, ['strace', '-f', '-qq', '-e', `trace=${calls}`, '-e', 'signal=none', ...inject]);
}

/** What a worker that goes on beside others answers; what it complains of is its answer, too. */
async function answerOf(...args: string[]): Promise<Record<string, unknown>> {
  const worker = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [worker.stdout, worker.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  await once(worker, 'close');
  return JSON.parse(output.startsWith('{') ? output : JSON.stringify({ failed: output })) as Record<
    string,
    unknown
  >;
}

test('25: processes that save and restore the same keys at once never see a part or a wrong byte', async () => {
  const dir = join(tempFolder(), 'content');
  const workers = Array.from({ length: 4 }, () => answerOf('hammer', dir, tempFolder(), '150'));
  for (const seen of await Promise.all(workers)) {
    expect(seen).toMatchObject({ saved: expect.any(Number), restored: expect.any(Number) });
  }
  expect(open(dir).info()).toMatchObject({ blobs: 10, results: 5, quarantined: 0 });
  expect(readdirSync(join(dir, 'v1', 'tmp'))).toEqual([]);
  for (let n = 0; n < 5; n += 1) expect(open(dir).lookup(keyOf(n))).toHaveLength(1);
}, 120_000);

test('28: while others trim, what a registered root saved is there and right, and what another saved is right or gone', async () => {
  const dir = join(tempFolder(), 'content');
  const [one, two, third, ...trims] = await Promise.all([
    answerOf('churn', dir, tempFolder(), '150', '1'.repeat(32)),
    answerOf('churn', dir, tempFolder(), '150', '2'.repeat(32)),
    answerOf('churn', dir, tempFolder(), '150'),
    answerOf('trim', dir, '400'),
    answerOf('trim', dir, '400'),
  ]);
  for (const seen of [one, two]) expect(seen).toEqual({ saved: 150, restored: 150, missed: 0 });
  expect(third).toMatchObject({ saved: expect.any(Number), missed: expect.any(Number) });
  for (const { removed } of trims) expect(removed).toEqual(expect.any(Number));
  expect(readdirSync(join(dir, 'v1', 'tmp'))).toEqual([]);
}, 120_000);

describe.runIf(hasStrace)('at exact moments (strace)', () => {
  const renames = '/^rename';
  const links = '/^link';

  function countOf(calls: string, args: readonly string[]): number {
    const { stderr } = under(calls, null, args);
    return stderr.split('\n').filter((line) => /\b(rename|link)\w*\(/.test(line)).length;
  }

  test('29: a restore that is killed before any of its renames leaves each file old, absent or whole', async () => {
    const { root, dir, before } = await stored({ ...TREE, ...MANY });
    const old = { 'a.txt': { file: 'old' }, 'b.bin': { file: 'older' } };
    const prepare = (): Record<string, string> => {
      rmSync(root, { recursive: true });
      mkdirSync(root);
      writeTree(root, old);
      return readTree(root);
    };
    const oldTree = prepare();
    const total = countOf(renames, ['restore', dir, root]);
    expect(total).toBeGreaterThanOrEqual(5);
    for (let n = 1; n <= total; n += 1) {
      prepare();
      const killed = under(renames, `signal=SIGKILL:when=${n}`, ['restore', dir, root]);
      expect(killed.signal ?? killed.status).toBe('SIGKILL');
      for (const [path, content] of Object.entries(readTree(root))) {
        expect([oldTree[path], before[path]]).toContain(content);
      }
      expect(JSON.parse(work(['restore', dir, root]).stdout)).toMatchObject({ restored: true });
      expect(readTree(root)).toEqual(before);
      expect(readdirSync(join(root, '.cache', 'tmp'))).toEqual([]);
    }
  });

  test('1: a save that is killed at any rename or link leaves a whole result or none', async () => {
    const { root } = await stored();
    const fresh = (): string => join(tempFolder(), 'content');
    for (const calls of [renames, links]) {
      const total = countOf(calls, ['save', fresh(), root]);
      expect(total).toBeGreaterThan(0);
      for (let n = 1; n <= total; n += 1) {
        const dir = fresh();
        const killed = under(calls, `signal=SIGKILL:when=${n}`, ['save', dir, root]);
        expect(killed.signal ?? killed.status).toBe('SIGKILL');
        const [found] = open(dir).lookup(keyOf(1));
        const other = tempFolder();
        if (found !== undefined)
          expect(await open(dir).restore(found.outputs, other)).toMatchObject({ restored: true });
        expect(JSON.parse(work(['save', dir, root]).stdout)).toMatchObject({
          outcome: { value: { saved: true } },
        });
        expect(JSON.parse(work(['restore', dir, other]).stdout)).toMatchObject({ restored: true });
        expect(readTree(other)).toEqual(readTree(root));
        expect(readdirSync(join(dir, 'v1', 'tmp'))).toEqual([]);
      }
    }
  });

  test('25: of two processes that store different bytes under one new key, neither takes the other’s away', async () => {
    const { root } = await stored();
    const dir = join(tempFolder(), 'content');
    const late = spawn(
      'strace',
      [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        `trace=${links}`,
        '-e',
        `inject=${links}:delay_enter=1500000:when=1`,
      ].concat([process.execPath, program, 'save', dir, root]),
      { stdio: 'ignore' },
    );
    const ended = once(late, 'exit');
    // Its contents have their names: it has seen that there is no entry, and is about to make one.
    while (!existsSync(join(dir, 'v1', 'blobs')) || filesBelow(join(dir, 'v1', 'blobs')).length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const other = tempFolder();
    writeTree(other, { 'a.txt': { file: 'other' } });
    await open(dir).save(resultOf(other), (path) => join(other, path));
    await ended;
    const found = open(dir)
      .lookup(keyOf(1))
      .map((result) => result.outputs);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(resultOf(other).outputs);
    expect(found).toContainEqual(resultOf(root).outputs);
  });

  test.each([
    ['fdatasync', 'when=1'],
    ['fdatasync', 'when=2'],
  ])('18: an EIO of %s (%s) is a failure with its name, and nothing is recorded', async (call, when) => {
    const { root } = await stored();
    const dir = join(tempFolder(), 'content');
    const { stdout } = under(call, `error=EIO:${when}`, ['save', dir, root]);
    expect(JSON.parse(stdout).outcome).toMatchObject({
      ok: false,
      error: { kind: 'io', doing: 'write', code: 'EIO' },
    });
    // The worker's second save found the disk well again: everything is stored after all.
    expect(JSON.parse(stdout).again).toMatchObject({ ok: true, value: { saved: true, addedBlobs: 3 } });
  });

  test('18: an EIO as a folder is synced is a failure', async () => {
    const { root } = await stored();
    const { stdout } = under('fsync', 'error=EIO:when=1', ['save', join(tempFolder(), 'content'), root]);
    expect(JSON.parse(stdout).outcome).toMatchObject({
      ok: false,
      error: { kind: 'io', doing: 'sync', code: 'EIO' },
    });
  });

  test('every content is synced before its name is set, and its folder afterwards', async () => {
    const { root } = await stored({ 'a.txt': { file: 'alpha' } });
    const { stderr } = under('fdatasync,fsync,/^rename,/^link', null, [
      'save',
      join(tempFolder(), 'content'),
      root,
    ]);
    // Calls that failed only found that a folder has to be made first.
    const done = stderr.split('\n').filter((line) => !line.includes('= -1'));
    const calls = done.flatMap((line) => /\b(fdatasync|fsync|rename|link)\w*\(/.exec(line)?.[1] ?? []);
    expect(calls.slice(0, 4)).toEqual(['fdatasync', 'rename', 'link', 'fsync']);
  });
});

describe.runIf(existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev)(
  'two file systems',
  () => {
    function shmFolder(): string {
      const dir = mkdtempSync('/dev/shm/orch-store-');
      onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
      return dir;
    }

    test('19: a store on another file system stores and restores', async () => {
      const root = tempFolder();
      const store = open(join(shmFolder(), 'content'));
      writeTree(root, TREE);
      const before = readTree(root);
      const result = resultOf(root);
      expect(await store.save(result, (path) => join(root, path))).toMatchObject({ value: { saved: true } });
      emptyRoot(root);
      expect(await store.restore(result.outputs, root)).toMatchObject({ restored: true });
      expect(readTree(root)).toEqual(before);
    });

    test('19: an output folder on another file system gets its files', async () => {
      const { root, dir } = await stored({ ...TREE, ...MANY });
      const other = tempFolder();
      const far = shmFolder();
      for (const name of ['new', 'many']) {
        mkdirSync(join(far, name));
        symlinkSync(join(far, name), join(other, name));
      }
      const [result] = open(dir).lookup(keyOf(1));
      expect(await open(dir).restore(result!.outputs, other)).toMatchObject({
        restored: false,
        why: 'refused',
      });
      const options = { allowedLinks: ['new', 'many'] };
      expect(await open(dir).restore(result!.outputs, other, options)).toMatchObject({ restored: true });
      expect(readTree(far)).toEqual(
        Object.fromEntries(Object.entries(readTree(root)).filter(([path]) => /^(new|many)/.test(path))),
      );
      expect(filesBelow(join(other, '.cache'))).toEqual([]);
    });
  },
);

/** A small file system of its own, null where it can't be had. */
function mountTmpfs(options: string): string | null {
  if (!isRoot) return null;
  const dir = mkdtempSync(join(tmpdir(), 'orch-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir]).status === 0;
  onTestFinished(() => {
    if (mounted) spawnSync('umount', [dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return mounted ? dir : null;
}

describe.runIf(isRoot)('what the system refuses (needs root)', () => {
  test.each([
    [
      '13: a full disk',
      'size=256k',
      { 'a.txt': { file: 'alpha' }, 'b.bin': { file: Buffer.alloc(300_000, 'b') } },
    ],
    [
      '13: a disk that is full of small contents',
      'size=256k',
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`f${n}`, { file: `content ${n}` }])),
    ],
    [
      '14: no inode left',
      'nr_inodes=12',
      { 'a.txt': { file: 'alpha' }, 'b.txt': { file: 'beta' }, 'c.txt': { file: 'gamma' } },
    ],
  ] as [string, string, Tree][])(
    '%s is a failure with its name; nothing of the result is left',
    async (_name, options, tree) => {
      const disk = mountTmpfs(options);
      // A container without the right to mount.
      if (disk === null) return;
      const root = tempFolder();
      writeTree(root, tree);
      const store = open(join(disk, 'content'));
      const result = resultOf(root);
      expect(await store.save(result, (path) => join(root, path))).toMatchObject({
        ok: false,
        error: { kind: 'io', doing: 'write', code: 'ENOSPC' },
      });
      expect(store.lookup(result.key)).toEqual([]);
      expect(filesBelow(join(disk, 'content', 'v1', 'tmp'))).toEqual([]);
    },
  );

  test('13: a restore into a full disk fails with its name, and leaves nothing', async () => {
    const disk = mountTmpfs('size=128k');
    if (disk === null) return;
    const { dir } = await stored();
    const [result] = open(dir).lookup(keyOf(1));
    expect(await open(dir).restore(result!.outputs, disk)).toMatchObject({
      restored: false,
      why: 'failed',
      failure: { kind: 'io', doing: 'restore', path: join(disk, 'b.bin'), code: 'ENOSPC' },
    });
    expect(filesBelow(disk)).toEqual([]);
  });

  test('16: a store on a read-only file system gives what it has, takes nothing, and says so once', async () => {
    const disk = mountTmpfs('size=4m');
    if (disk === null) return;
    const root = tempFolder();
    const dir = join(disk, 'content');
    writeTree(root, TREE);
    await open(dir).save(resultOf(root), (path) => join(root, path));
    spawnSync('mount', ['-o', 'remount,ro', disk]);
    const before = readTree(root);
    emptyRoot(root);
    expect(JSON.parse(work(['restore', dir, root]).stdout)).toMatchObject({ restored: true });
    expect(readTree(root)).toEqual(before);
    appendFileSync(join(root, 'a.txt'), 'more');
    expect(JSON.parse(work(['save', dir, root]).stdout)).toEqual({
      outcome: { ok: true, value: { saved: false, because: 'read-only' } },
      again: { ok: true, value: { saved: false, because: 'read-only' } },
      notices: [
        {
          notice: 'read-only',
          error: { kind: 'io', doing: 'write', path: expect.any(String), code: 'EROFS' },
        },
      ],
      readOnly: true,
    });
  });
});

describe.runIf(isRoot && hasStrace && spawnSync('mkfs.btrfs', ['--version']).status === 0)(
  'a file system with clones (needs root, strace, mkfs.btrfs)',
  () => {
    test('contents share their blocks with the files they came from and go to, and not their changes', async () => {
      const dir = tempFolder();
      const [image, disk] = [join(dir, 'image'), join(dir, 'disk')];
      mkdirSync(disk);
      writeFileSync(image, '');
      truncateSync(image, 200_000_000);
      expect(spawnSync('mkfs.btrfs', [image]).status).toBe(0);
      if (spawnSync('mount', ['-o', 'loop', image, disk]).status !== 0) return;
      onTestFinished(() => void spawnSync('umount', [disk]));
      const content = Buffer.alloc(20_000_000, 'content ');
      writeTree(disk, { 'large.bin': { file: content, executable: true } });
      const before = readTree(disk);
      const store = open(join(disk, '.cache', 'content'));
      const result = resultOf(disk);
      const { stderr } = under('ioctl', null, ['save', join(disk, '.cache', 'content'), disk]);
      expect(stderr).toMatch(/FICLONE.* = 0/);
      const [blob] = filesBelow(join(disk, '.cache', 'content', 'v1', 'blobs'));
      expect(statSync(join(disk, '.cache', 'content', 'v1', 'blobs', blob!)).mode & 0o777).toBe(0o444);
      for (let round = 0; round < 2; round += 1) {
        expect(await store.restore(result.outputs, disk)).toMatchObject({ restored: true });
        expect(readTree(disk)).toEqual(before);
        writeFileSync(join(disk, 'large.bin'), 'edited', { flag: 'r+' });
      }
      expect(await store.save(result, (path) => join(disk, path))).toMatchObject({
        value: { saved: true, addedBlobs: 0 },
      });
      emptyRoot(disk);
      const damaged = join(disk, '.cache', 'content', 'v1', 'blobs', blob!);
      chmodSync(damaged, 0o644);
      writeFileSync(damaged, 'damaged', { flag: 'r+' });
      expect(await store.restore(result.outputs, disk)).toMatchObject({ restored: false, why: 'missing' });
      expect(readTree(disk)).toEqual({});
    });
  },
);

test('16: another user’s store is read-only', async () => {
  const { root, dir } = await stored();
  const other = tempFolder();
  const wrapper = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  for (const folder of [root, join(dir, '..'), other]) chmodSync(folder, 0o777);
  if (!isRoot) for (const name of ['', 'v1', 'v1/tmp', 'v1/blobs']) chmodSync(join(dir, name), 0o555);
  chmodSync(dir, 0o555);
  expect(JSON.parse(work(['restore', dir, other], wrapper).stdout)).toMatchObject({ restored: true });
  expect(readTree(other)).toEqual(readTree(root));
  appendFileSync(join(root, 'a.txt'), 'more');
  expect(JSON.parse(work(['save', dir, root], wrapper).stdout)).toMatchObject({
    outcome: { ok: true, value: { saved: false, because: 'read-only' } },
    notices: [{ notice: 'read-only', error: { code: 'EACCES' } }],
  });
  expect(open(dir).lookup(keyOf(1))).toHaveLength(1);
  if (!isRoot) for (const name of ['', 'v1', 'v1/tmp', 'v1/blobs']) chmodSync(join(dir, name), 0o755);
});

test('17: with few file numbers a result of many files is stored all the same', async () => {
  const root = tempFolder();
  writeTree(
    root,
    Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, { file: `content ${n}` }])),
  );
  const dir = join(tempFolder(), 'content');
  const { stdout } = work(['save', dir, root], ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh']);
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: { ok: true, value: { saved: true, addedBlobs: 300 } },
  });
});

test('20: a content beyond the file size limit is an error with its name, and nothing is left', async () => {
  const root = tempFolder();
  writeTree(root, { 'b.bin': { file: Buffer.alloc(300_000, 'b') } });
  const dir = join(tempFolder(), 'content');
  const { stdout } = work(['save', dir, root], ['sh', '-c', 'ulimit -f 100; exec "$@"', 'sh']);
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: { ok: false, error: { kind: 'io', doing: 'write', code: 'EFBIG' } },
  });
  expect(filesBelow(dir)).toEqual([]);
  expect(readFileSync(join(root, 'b.bin')).length).toBe(300_000);
});
