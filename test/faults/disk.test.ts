/**
 * FAULTS 13 to 17, 19 and 20 on file systems that really are full, read-only, another one or closed to the user: the
 * error is named, nothing half done is believed, and once the fault is gone the same command leaves the clean tree.
 */
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { itWith } from '../support/tools.ts';
import { expectNamed, expectRecovered, writeFiles } from './support/crash-story.ts';
import { itMounting, mount, remount, tempFolder } from './support/file-systems.ts';
import { BUNDLE, type Ended, orchIn, runProgram } from './support/process.ts';
import { type Tree, treeOf } from './support/tree-of.ts';

const SOURCES = {
  'orch.yaml': `version: 1
name: flow
params: {p: 1}
default: [all]
tasks:
  one: {run: "cat in.txt > one.txt", inputs: [in.txt], outputs: [one.txt]}
  two: {run: "{ cat one.txt; echo \${{ params.p }}; } > two.txt", inputs: [one.txt], outputs: [two.txt]}
  folder: {run: "mkdir -p out/deep out/empty; cp in.txt out/a; head -c 40000 /dev/zero > out/deep/b", inputs: [in.txt], outputs: [out/]}
  check: {run: "cat two.txt; head -c 20000 /dev/zero", inputs: [two.txt]}
  large: {run: "{ cat in.txt; head -c 150000 /dev/zero; } > large.bin", inputs: [in.txt], outputs: [large.bin]}
  all: {needs: [two, folder, check, large]}
`,
  'in.txt': '1\n',
};
const NOTHING_OF_THE_USERS = { users: [] };

/** What a clean build leaves, made somewhere without faults. */
async function cleanTree(): Promise<Tree> {
  const dir = tempFolder();
  writeFiles(dir, SOURCES);
  const ran = await orchIn(dir, ['run']);
  expect(ran.code, ran.said).toBe(0);
  return treeOf(dir, ['.cache']);
}

/** Right, or a word about what isn't; and what tasks it says are done have their outputs. */
function expectHonest(ran: Ended, dir: string, clean: Tree, error: string, when: string): void {
  const tree = treeOf(dir, ['.cache']);
  if (ran.code === 0) expect(tree, when).toEqual(clean);
  // A command that the system refuses something fails in its own words.
  else if (/command exited with|was ended by/.test(ran.said)) expect([1, 3], when).toContain(ran.code);
  // No path: it's the process that may open no more.
  else if (ran.said.includes('too many open files while starting')) expect([1, 3], when).toContain(ran.code);
  else expectNamed(ran, error, when);
  expect(ran.said, when).not.toMatch(/internal error/);
  const outputs: Readonly<Record<string, string>> = { one: 'one.txt', two: 'two.txt', large: 'large.bin' };
  for (const [, task] of ran.stdout.matchAll(/✅ Task '(\w+)' completed/g)) {
    const path = outputs[task!];
    if (path !== undefined) expect(tree[path] === clean[path], `${path} of ${task}\n${when}`).toBe(true);
  }
}

describe('FAULTS 13 and 14: no room', () => {
  const sweep = (what: string, options: readonly string[], large: string) =>
    itMounting(
      `${what}: it says so wherever it comes, and with room the same command goes on`,
      async () => {
        const clean = await cleanTree();
        let failures = 0;
        for (const option of options) {
          const dir = tempFolder();
          mount(dir, '-t', 'tmpfs', '-o', option, 'orch-test');
          writeFiles(dir, SOURCES);
          const ran = await orchIn(dir, ['run', '-j', '1']);
          const when = `${option}: exit ${ran.code}\n${ran.said}`;
          if (ran.code !== 0) failures += 1;
          expectHonest(ran, dir, clean, 'ENOSPC', when);
          // Looking must work on a full disk too.
          const looked = await orchIn(dir, ['status']);
          expect(looked.said, when).not.toMatch(/internal error/);
          remount(dir, large);
          await expectRecovered({ dir, clean }, NOTHING_OF_THE_USERS, `${when}\n--- with room`, {
            mayLeave: true,
          });
        }
        expect(failures).toBeGreaterThan(options.length / 3);
      },
      400_000,
    );
  sweep(
    'of bytes',
    range(24, 700, 28).map((kib) => `size=${kib}k`),
    'size=20m',
  );
  sweep(
    'of inodes',
    range(8, 92, 3).map((inodes) => `size=20m,nr_inodes=${inodes}`),
    'size=20m,nr_inodes=10000',
  );
});

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, n) => from + n * step);
}

describe('FAULT 15: no permission (as an ordinary user)', () => {
  const asUser = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const give = (...paths: string[]) => {
    for (const path of paths) chownSync(path, 65534, 65534);
  };

  itMounting('on an output: that task fails and names it, the others go on', async () => {
    const dir = tempFolder();
    writeFiles(dir, SOURCES);
    writeFiles(dir, { 'orch.yaml': SOURCES['orch.yaml'].replaceAll('large.bin', 'theirs/sub/large.bin') });
    mkdirSync(join(dir, 'theirs'));
    give(dir, ...Object.keys(SOURCES).map((path) => join(dir, path)));
    const ran = await runProgram([...asUser, ...BUNDLE, 'run', '-k', 'large', 'two'], { cwd: dir });
    expect(ran.code, ran.said).toBe(1);
    expect(ran.said).toMatch(/❌ Task 'large' failed/);
    expect(ran.said).toMatch(/theirs\/sub.*\(EACCES\)/);
    expect(ran.said).toMatch(/✅ Task 'two' completed/);
    expect(ran.said).not.toMatch(/internal error/);
    writeFiles(dir, SOURCES);
    rmSync(join(dir, 'theirs'), { recursive: true });
    const again = await runProgram([...asUser, ...BUNDLE, 'run'], { cwd: dir });
    expect(again.code, again.said).toBe(0);
    expect(treeOf(dir, ['.cache'])).toEqual(await cleanTree());
  });

  itMounting('to remove an output that it made: named, and nothing is believed', async () => {
    const dir = tempFolder();
    writeFiles(dir, SOURCES);
    give(dir, ...Object.keys(SOURCES).map((path) => join(dir, path)));
    expect((await runProgram([...asUser, ...BUNDLE, 'run'], { cwd: dir })).code).toBe(0);
    chownSync(join(dir, 'out/deep'), 0, 0);
    chmodSync(join(dir, 'out/deep'), 0o755);
    writeFileSync(join(dir, 'in.txt'), '2\n');
    const ran = await runProgram([...asUser, ...BUNDLE, 'run', '-k'], { cwd: dir });
    expectNamed(ran, 'EACCES', ran.said);
    expect(ran.said).toMatch(/folder.*out\/deep|out\/deep/);
    give(join(dir, 'out/deep'));
    const again = await runProgram([...asUser, ...BUNDLE, 'run'], { cwd: dir });
    expect(again.code, again.said).toBe(0);
    expect(treeOf(dir, ['.cache'])['out/a']).toBe('2\n');
    expect(treeOf(join(dir, '.cache/replaced'))).toEqual({});
  });

  itMounting('to its records or its cache: exit 3 and the path, or done without the cache', async () => {
    const dir = tempFolder();
    writeFiles(dir, SOURCES);
    give(dir, ...Object.keys(SOURCES).map((path) => join(dir, path)));
    mkdirSync(join(dir, '.cache'));
    const ran = await runProgram([...asUser, ...BUNDLE, 'run'], { cwd: dir });
    expect(ran.code, ran.said).toBe(3);
    expectNamed(ran, 'EACCES', ran.said);
    expect(ran.said).toContain(join(dir, '.cache'));
    give(join(dir, '.cache'));
    mkdirSync(join(dir, '.cache/content'));
    const uncached = await runProgram([...asUser, ...BUNDLE, 'run'], { cwd: dir });
    expect(uncached.said).toMatch(/EACCES/);
    expect(uncached.said).toContain('.cache/content');
    expect([0, 3]).toContain(uncached.code);
    give(join(dir, '.cache/content'));
    const again = await runProgram([...asUser, ...BUNDLE, 'run'], { cwd: dir });
    expect(again.code, again.said).toBe(0);
    expect(treeOf(dir, ['.cache'])).toEqual(await cleanTree());
  });
});

describe('FAULT 16: read-only', () => {
  itMounting(
    'a cache that is: runs uncached and says so; what is in it is restored all the same',
    async () => {
      const clean = await cleanTree();
      const dir = tempFolder();
      const shared = tempFolder();
      mount(shared, '-t', 'tmpfs', 'orch-test');
      writeFiles(dir, SOURCES);
      const env = { ORCH_CACHE_DIR: shared };
      expect((await orchIn(dir, ['run'], env)).code).toBe(0);
      remount(shared, 'ro');
      const before = treeOf(shared);
      rmSync(join(dir, 'one.txt'));
      rmSync(join(dir, 'two.txt'));
      const restored = await orchIn(dir, ['run', '--materialize'], env);
      expect(restored.code, restored.said).toBe(0);
      expect(restored.said).toMatch(/[12] restored/);
      expect(treeOf(dir, ['.cache'])).toEqual(clean);
      writeFiles(dir, { 'in.txt': '2\n' });
      const made = await orchIn(dir, ['run'], env);
      expect(made.code, made.said).toBe(0);
      expect(made.said).toMatch(/read-only|EROFS/);
      expect(treeOf(dir)['one.txt']).toBe('2\n');
      expect((await orchIn(dir, ['run'], env)).said).toMatch(/📋 0 run, 0 restored/);
      expect(treeOf(shared)).toEqual(before);
      remount(shared, 'rw');
      writeFiles(dir, { 'in.txt': '1\n' });
      const back = await orchIn(dir, ['run'], env);
      expect(back.code, back.said).toBe(0);
      expect(treeOf(dir, ['.cache'])).toEqual(clean);
    },
  );

  itMounting(
    'a project that is: looking works, a run is refused with the path, and nothing is changed',
    async () => {
      const dir = tempFolder();
      mount(dir, '-t', 'tmpfs', 'orch-test');
      writeFiles(dir, SOURCES);
      expect((await orchIn(dir, ['run'])).code).toBe(0);
      writeFiles(dir, { 'in.txt': '2\n' });
      remount(dir, 'ro');
      const before = treeOf(dir);
      for (const args of [['status'], ['why', 'one'], ['run', '-n'], ['list'], ['validate']]) {
        const looked = await orchIn(dir, args);
        expect(looked.code, `${args}\n${looked.said}`).toBe(0);
      }
      const ran = await orchIn(dir, ['run']);
      expect(ran.code, ran.said).toBe(3);
      expectNamed(ran, 'EROFS', ran.said);
      expect(treeOf(dir)).toEqual(before);
      remount(dir, 'rw');
      const again = await orchIn(dir, ['run']);
      expect(again.code, again.said).toBe(0);
      expect(treeOf(dir)['two.txt']).toBe('2\n1\n');
    },
  );
});

describe('FAULTS 17 and 20: limits of the process', () => {
  const under = (option: string, dir: string) =>
    runProgram(['prlimit', option, ...BUNDLE, 'run', '-j', '1'], { cwd: dir });

  const sweep = (what: string, error: string, options: readonly string[]) =>
    itWith('prlimit')(
      `${what}: done or said, nothing half done is believed, and without the limit the same command goes on`,
      async () => {
        const clean = await cleanTree();
        let failures = 0;
        for (const option of options) {
          const dir = tempFolder();
          writeFiles(dir, SOURCES);
          const ran = await under(option, dir);
          const when = `${option}: exit ${ran.code} ${ran.signal ?? ''}\n${ran.said}`;
          if (ran.code !== 0) failures += 1;
          expectHonest(ran, dir, clean, error, when);
          await expectRecovered({ dir, clean }, NOTHING_OF_THE_USERS, `${when}\n--- without`, {
            mayLeave: true,
          });
        }
        expect(failures).toBeGreaterThan(0);
      },
      300_000,
    );
  // Under about 20 node itself doesn't start.
  sweep(
    'few files open at once (EMFILE)',
    'EMFILE',
    range(21, 33, 1).map((files) => `--nofile=${files}`),
  );
  sweep(
    'short files (EFBIG)',
    'EFBIG',
    [200, 500, 1_000, 2_000, 4_000, 8_000, 30_000, 100_000, 160_000].map((size) => `--fsize=${size}`),
  );
});

describe('FAULT 19: a cache on another file system', () => {
  itMounting('stores and restores whole files, also into a folder that is a mount itself', async () => {
    const clean = await cleanTree();
    const dir = tempFolder();
    const shared = tempFolder();
    mount(shared, '-t', 'tmpfs', 'orch-test');
    writeFiles(dir, SOURCES);
    const env = { ORCH_CACHE_DIR: shared };
    expect((await orchIn(dir, ['run'], env)).code).toBe(0);
    for (const path of ['one.txt', 'two.txt', 'large.bin', 'out'])
      rmSync(join(dir, path), { recursive: true });
    mkdirSync(join(dir, 'out/deep'), { recursive: true });
    mount(join(dir, 'out/deep'), '-t', 'tmpfs', 'orch-test');
    const back = await orchIn(dir, ['run', '--materialize'], env);
    expect(back.code, back.said).toBe(0);
    expect(back.said).toMatch(/0 run, 4 restored/);
    expect(treeOf(dir, ['.cache'])).toEqual(clean);
    expect((await orchIn(dir, ['run'], env)).said).toMatch(/📋 0 run, 0 restored/);
  });

  itMounting('that is full: named, and with room the same command goes on', async () => {
    const clean = await cleanTree();
    const dir = tempFolder();
    const shared = tempFolder();
    mount(shared, '-t', 'tmpfs', '-o', 'size=64k', 'orch-test');
    writeFiles(dir, SOURCES);
    const env = { ORCH_CACHE_DIR: shared };
    const ran = await orchIn(dir, ['run', '-j', '1'], env);
    expectHonest(ran, dir, clean, 'ENOSPC', ran.said);
    expect(ran.code, ran.said).not.toBe(0);
    expect(ran.said).toContain(shared);
    remount(shared, 'size=10m');
    const again = await orchIn(dir, ['run'], env);
    expect(again.code, again.said).toBe(0);
    expect(treeOf(dir, ['.cache'])).toEqual(clean);
  });
});
