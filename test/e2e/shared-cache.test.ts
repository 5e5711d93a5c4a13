/** One content cache for several projects (A3), results that are kept out of it (C12), and tasks that aren't deterministic (C2). */
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareScenario, type Fields, flow, type Scenario, scenario, task } from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

const make = task('make', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] });

/** Folders `one` and `two`, each a root with this pipeline, sharing a content cache. */
function twoRoots(one: Fields, two: Fields, tasks: Fields = { make }): Scenario {
  const s = bareScenario({ 'one/in.txt': 'same\n', 'two/in.txt': 'same\n' });
  s.write('one/orch.yaml', flow(tasks, one));
  s.write('two/orch.yaml', flow(tasks, two));
  mkdirSync(join(s.outside, 'shared'));
  s.env['ORCH_CACHE_DIR'] = join(s.outside, 'shared');
  return s;
}

describe('a shared content cache', () => {
  it('serves clones of one project', async () => {
    const s = twoRoots({}, {});
    await s.ok('-C', 'one', 'run', 'make');
    expect(s.ran()).toEqual(['make']);
    await s.ok('-C', 'two', 'run', 'make');
    expect(s.ran()).toEqual([]);
    expect(s.read('two/out.txt')).toBe('same\n');
    expect(Object.keys(entriesUnder(join(s.outside, 'shared'))).length).toBeGreaterThan(0);
    expect(s.exists('one/.cache/content')).toBe(false);
  });

  it('keeps apart projects of other names whose commands are equal', async () => {
    const s = twoRoots({ name: 'taxi' }, { name: 'bikes' });
    await s.ok('-C', 'one', 'run', 'make');
    await s.ok('-C', 'two', 'run', 'make');
    expect(s.ran()).toEqual(['make', 'make']);
  });

  it('keeps roots apart that ask for it with cache.scope: root', async () => {
    const s = twoRoots({ cache: { scope: 'root' } }, { cache: { scope: 'root' } });
    await s.ok('-C', 'one', 'run', 'make');
    await s.ok('-C', 'two', 'run', 'make');
    expect(s.ran()).toEqual(['make', 'make']);
  });

  it('serves projects of other names that share a scope', async () => {
    const s = twoRoots({ name: 'taxi', cache: { scope: 'x' } }, { name: 'bikes', cache: { scope: 'x' } });
    await s.ok('-C', 'one', 'run', 'make');
    await s.ok('-C', 'two', 'run', 'make');
    expect(s.ran()).toEqual(['make']);
  });

  it('may be named in the pipeline', async () => {
    const s = scenario({ make }, { 'in.txt': 'x' }, { cache: { dir: '../cache-of-all' } });
    const inner = s.path('inner');
    mkdirSync(inner);
    for (const name of ['orch.yaml', 'in.txt']) renameSync(s.path(name), join(inner, name));
    await s.ok('-C', 'inner', 'run', 'make');
    expect(Object.keys(s.under('cache-of-all')).length).toBeGreaterThan(0);
    expect(s.exists('inner/.cache/content')).toBe(false);
    s.remove('inner/out.txt');
    s.ran();
    await s.ok('-C', 'inner', 'run', 'make');
    expect(s.ran()).toEqual([]);
  });

  it('never serves the result of a task without outputs to another root', async () => {
    const s = twoRoots({}, {}, { check: task('check', '', { inputs: ['in.txt'] }) });
    await s.ok('-C', 'one', 'run', 'check');
    await s.ok('-C', 'two', 'run', 'check');
    expect(s.ran()).toEqual(['check', 'check']);
  });

  it('never holds an accepted result, nor one that descends from it', async () => {
    const use = task('use', 'cat out.txt > used.txt', { inputs: ['out.txt'], outputs: ['used.txt'] });
    const s = twoRoots({}, {}, { make, use });
    s.write('one/out.txt', 'by hand\n');
    await s.ok('-C', 'one', 'accept', 'make');
    await s.ok('-C', 'one', 'run', 'use');
    expect(s.ran()).toEqual(['use']);
    expect(s.read('one/used.txt')).toBe('by hand\n');
    await s.ok('-C', 'two', 'run', 'use');
    expect(s.ran()).toEqual(['make', 'use']);
    expect(s.read('two/used.txt')).toBe('same\n');
  });

  it('cleaned away under a project costs reruns, not results', async () => {
    const s = twoRoots({}, {});
    await s.ok('-C', 'one', 'run', 'make');
    cpSync(s.path('one/out.txt'), s.path('right.txt'));
    s.remove('one/out.txt');
    rmSync(join(s.outside, 'shared'), { recursive: true });
    await s.ok('-C', 'one', 'run', 'make');
    expect(s.read('one/out.txt')).toBe(s.read('right.txt'));
  });
});

describe('a task that is not deterministic', () => {
  /** `a` takes its bytes from outside; its output isn't stored. b and c take a; b also takes b.in. */
  const tasks: Fields = {
    a: task('a', 'cat "$OUTSIDE/seed" > a.txt', {
      inputs: ['a.in'],
      outputs: [{ path: 'a.txt', store: false }],
    }),
    b: task('b', 'cat a.txt b.in > b.txt', { inputs: ['a.txt', 'b.in'], outputs: ['b.txt'] }),
    c: task('c', 'cat a.txt > c.txt', { inputs: ['a.txt'], outputs: ['c.txt'] }),
    d: task('d', 'cat c.txt > d.txt', { inputs: ['c.txt'], outputs: ['d.txt'] }),
    all: { needs: ['c', 'd', 'b'] },
  };

  async function made(): Promise<Scenario> {
    const s = scenario(tasks, { 'a.in': '', 'b.in': 'b1\n' });
    writeFileSync(join(s.outside, 'seed'), 'seed 1\n');
    await s.run('all');
    writeFileSync(join(s.outside, 'seed'), 'seed 2\n');
    return s;
  }

  it('that reruns for its content and makes other bytes: all that was decided from the old ones is decided again', async () => {
    const s = await made();
    s.remove('a.txt');
    s.write('b.in', 'b2\n');
    expect((await s.run('all')).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(s.read('a.txt')).toBe('seed 2\n');
    expect(s.read('b.txt')).toBe('seed 2\nb2\n');
    expect(s.read('c.txt')).toBe('seed 2\n');
    expect(s.read('d.txt')).toBe('seed 2\n');
    expect(await s.run('all')).toEqual([]);
  });

  it('is not rerun where its content is not needed', async () => {
    const s = await made();
    s.remove('a.txt');
    expect(await s.run('all')).toEqual([]);
    expect(s.read('c.txt')).toBe('seed 1\n');
  });

  it('keeps the first result that was stored, except after --force', async () => {
    const s = scenario(
      { a: task('a', 'cat "$OUTSIDE/seed" > a.txt', { inputs: ['a.in'], outputs: ['a.txt'] }) },
      { 'a.in': '1' },
    );
    writeFileSync(join(s.outside, 'seed'), 'seed 1\n');
    await s.run('a');
    writeFileSync(join(s.outside, 'seed'), 'seed 2\n');
    expect(await s.run('--force', 'a')).toEqual(['a']);
    s.remove('a.txt');
    expect(await s.run('a')).toEqual([]);
    expect(s.read('a.txt')).toBe('seed 2\n');
  });
});
