/** Results come back from the cache where they are asked for, whole and checked, or not at all (C10, F6). */
import { lstatSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fields, type Scenario, scenario, task } from './support/scenario.ts';
import { entriesUnder, largestFile } from './support/tree.ts';

/** a -> b -> c, each adding a line. */
const chain: Fields = {
  a: task('a', 'cat in.txt > a.txt; echo a >> a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
  b: task('b', 'cat a.txt > b.txt; echo b >> b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
  c: task('c', 'cat b.txt > c.txt; echo c >> c.txt', { inputs: ['b.txt'], outputs: ['c.txt'] }),
};

async function chained(): Promise<Scenario> {
  const s = scenario(chain, { 'in.txt': 'in\n' });
  expect(await s.run('c')).toEqual(['a', 'b', 'c']);
  return s;
}

function deleteOutputs(s: Scenario): void {
  for (const path of ['a.txt', 'b.txt', 'c.txt']) s.remove(path);
}

describe('an output that is absent', () => {
  it('everything deleted and the last asked for: nothing runs, one is restored', async () => {
    const s = await chained();
    deleteOutputs(s);
    expect(await s.outcomes('c')).toEqual({ a: 'up-to-date', b: 'up-to-date', c: 'restored' });
    expect(s.ran()).toEqual([]);
    expect(s.read('c.txt')).toBe('in\na\nb\nc\n');
    expect(s.exists('a.txt')).toBe(false);
    expect(s.exists('b.txt')).toBe(false);
  });

  it('of an intermediate task is not missed', async () => {
    const s = await chained();
    s.remove('a.txt');
    expect(await s.outcomes('c')).toEqual({ a: 'up-to-date', b: 'up-to-date', c: 'up-to-date' });
    expect(s.exists('a.txt')).toBe(false);
  });

  it('is restored for a task that runs', async () => {
    const s = await chained();
    deleteOutputs(s);
    s.flow({ ...chain, c: task('c', 'wc -l < b.txt > c.txt', { inputs: ['b.txt'], outputs: ['c.txt'] }) });
    expect(await s.run('c')).toEqual(['c']);
    expect(s.read('b.txt')).toBe('in\na\nb\n');
    expect(s.exists('a.txt')).toBe(false);
  });

  it('of any task in needs is restored for a task that runs, order-only ones included', async () => {
    const tasks = (script: string) => ({
      one: task('one', 'echo 1 > one.txt', { outputs: ['one.txt'] }),
      two: task('two', 'echo 2 > two.txt', { outputs: ['two.txt'] }),
      use: task('use', script, { needs: ['one', { task: 'two', order_only: true }], outputs: ['use.txt'] }),
    });
    const s = scenario(tasks('cat one.txt two.txt > use.txt'));
    await s.run('use');
    for (const path of ['one.txt', 'two.txt', 'use.txt']) s.remove(path);
    s.flow(tasks('cat two.txt one.txt > use.txt'));
    expect(await s.run('use')).toEqual(['use']);
    expect(s.read('use.txt')).toBe('2\n1\n');
  });

  it('is restored where a group is the target', async () => {
    const s = scenario({ ...chain, all: { needs: ['a', 'c'] } }, { 'in.txt': 'in\n' });
    await s.run('all');
    deleteOutputs(s);
    expect(await s.run('all')).toEqual([]);
    expect([s.exists('a.txt'), s.exists('b.txt'), s.exists('c.txt')]).toEqual([true, false, true]);
  });

  it('is restored everywhere with --materialize', async () => {
    const s = await chained();
    deleteOutputs(s);
    expect(await s.run('--materialize', 'c')).toEqual([]);
    expect(s.read('a.txt')).toBe('in\na\n');
    expect(s.read('b.txt')).toBe('in\na\nb\n');
  });

  it('of a glob comes back with all its files', async () => {
    const s = scenario({
      make: task('make', 'echo 1 > out/1.txt; echo 2 > out/2.txt', { outputs: ['out/*.txt'] }),
    });
    await s.run('make');
    s.remove('out/1.txt');
    expect(await s.outcomes('make')).toEqual({ make: 'restored' });
    s.remove('out');
    expect(await s.outcomes('make')).toEqual({ make: 'restored' });
    expect(s.under('out')).toEqual({ '1.txt': '1\n', '2.txt': '2\n' });
    expect(s.ran()).toEqual([]);
  });

  it('of a folder: a file too many is no part of the result', async () => {
    const s = scenario({ make: task('make', 'mkdir out; echo 1 > out/1.txt', { outputs: ['out/'] }) });
    await s.run('make');
    s.write('out/extra.txt', 'mine\n');
    await s.orch(['run', 'make']);
    const everywhere = [...Object.values(s.userTree()), ...Object.values(s.under('.cache/replaced'))];
    expect(everywhere).toContain('mine\n');
    expect(s.read('out/1.txt')).toBe('1\n');
  });

  it('that is not stored is made again', async () => {
    const s = scenario({
      make: task('make', 'echo 1 > out.txt', { outputs: [{ path: 'out.txt', store: false }] }),
    });
    await s.run('make');
    expect(await s.run('make')).toEqual([]);
    s.remove('out.txt');
    expect(await s.run('make')).toEqual(['make']);
  });
});

describe('an output that is present but wrong', () => {
  it('is repaired though nobody asked for it, and set aside', async () => {
    const s = await chained();
    s.write('a.txt', 'tampered\n');
    expect(await s.outcomes('c')).toEqual({ a: 'restored', b: 'up-to-date', c: 'up-to-date' });
    expect(s.read('a.txt')).toBe('in\na\n');
    expect(Object.values(s.under('.cache/replaced'))).toEqual(['tampered\n']);
  });

  it('loses no executable bit', async () => {
    const s = scenario({ make: task('make', 'echo 1 > tool; chmod +x tool', { outputs: ['tool'] }) });
    await s.run('make');
    s.remove('tool');
    s.write('tool', '1\n', 0o644);
    expect(await s.run('make')).toEqual([]);
    expect(lstatSync(s.path('tool')).mode & 0o100).toBe(0o100);
  });

  it('a folder in the place of a file is set aside', async () => {
    const s = scenario({ make: task('make', 'echo 1 > out', { outputs: ['out'] }) });
    await s.run('make');
    s.remove('out');
    s.write('out/mine.txt', 'mine\n');
    await s.ok('run', 'make');
    expect(s.read('out')).toBe('1\n');
    expect(Object.values(s.under('.cache/replaced'))).toEqual(['mine\n']);
  });
});

describe('a restored file edited in place', () => {
  it('leaves the cache as it was', async () => {
    const s = await chained();
    s.remove('c.txt');
    await s.ok('run', 'c');
    s.append('c.txt', 'more\n');
    await s.ok('run', 'c');
    s.remove('c.txt');
    await s.ok('run', 'c');
    expect(s.read('c.txt')).toBe('in\na\nb\nc\n');
    expect(s.ran()).toEqual([]);
  });
});

describe('a damaged cache', () => {
  /** One task whose content is by far the largest file of the cache. */
  async function stored(): Promise<{ s: Scenario; blob: string; right: string }> {
    const s = scenario({ make: task('make', 'seq 1 20000 > out.txt', { outputs: ['out.txt'] }) });
    await s.run('make');
    const blob = largestFile(s.path('.cache/content')) ?? '';
    return { s, blob, right: s.read('out.txt') };
  }

  const damages: [string, (blob: string) => void][] = [
    [
      'a flipped bit',
      (blob) => {
        const bytes = readFileSync(blob);
        const middle = bytes.length >> 1;
        bytes[middle] = (bytes[middle] ?? 0) ^ 1;
        rmSync(blob);
        writeFileSync(blob, bytes);
      },
    ],
    ['a short content', (blob) => truncateSync(blob, 100)],
    ['an empty content', (blob) => truncateSync(blob, 0)],
    ['a content that is gone', (blob) => rmSync(blob)],
  ];

  it.each(damages)('%s is a miss: it is made again and heals', async (_what, damage) => {
    const { s, blob, right } = await stored();
    s.remove('out.txt');
    damage(blob);
    expect(await s.run('make')).toEqual(['make']);
    expect(s.read('out.txt')).toBe(right);
    s.remove('out.txt');
    expect(await s.run('make')).toEqual([]);
    expect(s.read('out.txt')).toBe(right);
  });

  it('--clean followed by a plain run makes everything again', async () => {
    const s = await chained();
    await s.ok('--clean');
    expect(await s.run('c')).toEqual(['a', 'b', 'c']);
    expect(s.read('c.txt')).toBe('in\na\nb\nc\n');
    expect(s.under('.cache/replaced')).toEqual({});
    expect(await s.run('c')).toEqual([]);
  });
});

describe('a damaged state', () => {
  const damages: [string, (file: string) => void][] = [
    ['cut in half', (file) => truncateSync(file, readFileSync(file).length >> 1)],
    [
      'overwritten with garbage',
      (file) => writeFileSync(file, Buffer.alloc(300, '\u0000\u00ffgarbage\n', 'latin1')),
    ],
    ['emptied', (file) => truncateSync(file, 0)],
    ['deleted', (file) => rmSync(file)],
  ];
  const tasks: Fields = {
    ...chain,
    folder: task('folder', 'mkdir -p out; cat c.txt > out/c.txt', { inputs: ['c.txt'], outputs: ['out/'] }),
    deploy: task('deploy', '', { needs: ['folder'] }),
  };

  it.each(damages)(
    'each of its files %s: a plain run ends well with the right bytes',
    async (_what, damage) => {
      const s = scenario(tasks, { 'in.txt': 'in\n' });
      await s.run('deploy');
      const right = s.userTree();
      for (const path of Object.keys(entriesUnder(s.path('.cache/state')))) {
        const file = s.path('.cache/state', path);
        try {
          if (!lstatSync(file).isFile()) continue;
        } catch {
          continue;
        }
        damage(file);
        const commands = await s.run('deploy');
        expect(
          commands.filter((name) => name !== 'deploy'),
          path,
        ).toEqual([]);
        expect(s.userTree(), path).toEqual(right);
        expect(s.under('.cache/replaced'), path).toEqual({});
      }
    },
  );

  it('of another version is ignored, never misread: a plain run ends well', async () => {
    const s = scenario(tasks, { 'in.txt': 'in\n' });
    await s.run('deploy');
    const right = s.userTree();
    rmSync(join(s.dir, '.cache/state'), { recursive: true });
    await s.ok('run', 'deploy');
    expect(s.userTree()).toEqual(right);
  });
});
