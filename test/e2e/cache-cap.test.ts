/**
 * The cap of the content cache (A3, C2, E5, E6): who keeps what, what goes first, and what is said of it. Caps are
 * small, and files are made old where time must have passed.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatLines, parseLines } from '../../src/base/checksummed-lines.ts';
import { tryLock } from '../../src/base/lock.ts';
import { gate, holdAt } from './support/gate.ts';
import {
  bareScenario,
  eventsOf,
  type Fields,
  flow,
  outcomesOf,
  type Scenario,
  scenario,
  task,
} from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** A task that makes NAME.bin: 300,000 bytes that are those of `n`, and of `salt`, only. */
const make = (name = 'make', salt = ''): Fields => ({
  [name]: task(name, `printf '%0300000d' \${{ params.n }}${salt} > ${name}.bin`, {
    inputs: ['in.txt'],
    outputs: [`${name}.bin`],
  }),
});
const bytesOf = (n: string) => n.padStart(300_000, '0');
const N = { params: { n: '1' } };

function single(fields: Fields = {}): Scenario {
  return scenario(make(), { 'in.txt': 'x' }, { ...N, cache: { max_size: '1MB' }, ...fields });
}

/** Roots of these names with one cache; each has its own scope, so that they share contents and not results. */
function roots(names: readonly string[], fields: Fields = {}, tasks: Fields = make()): Scenario {
  const s = bareScenario();
  for (const name of names) {
    s.write(`${name}/in.txt`, 'x');
    s.write(`${name}/orch.yaml`, flow(tasks, { ...N, name, ...fields }));
  }
  s.env['ORCH_CACHE_DIR'] = join(s.outside, 'shared');
  s.env['ORCH_CACHE_MAX_SIZE'] = '1MB';
  return s;
}

const shared = (s: Scenario) => join(s.outside, 'shared');

interface Info {
  readonly sizeBytes: number;
  readonly maxSizeBytes: number;
  readonly blobs: number;
  readonly results: number;
  readonly roots: readonly { readonly root: string; readonly results: number; readonly standing: string }[];
}

async function info(s: Scenario, ...args: string[]): Promise<Info> {
  return JSON.parse((await s.ok(...args, 'cache', 'info', '--json')).stdout) as Info;
}

/** Makes everything in a cache as old as this. */
function age(folder: string, byMs: number): void {
  const at = new Date(Date.now() - byMs);
  for (const path of Object.keys(entriesUnder(folder))) {
    const file = join(folder, path);
    if (statSync(file).isFile() && /results|blobs|quarantine/.test(path)) utimesSync(file, at, at);
  }
}

describe('a cache above its cap', () => {
  it('loses what was least recently used, says so before the run ends, and stays below', async () => {
    const s = single();
    for (const n of ['1', '2', '3']) expect((await s.ok('run', 'make', '--n', n)).stderr).toBe('');
    const ran = await s.ok('run', '--json', 'make', '--n', '4');
    const events = eventsOf(ran);
    expect(events.at(-1)?.event).toBe('run-finished');
    const notices = events.filter((event) => event.event === 'notice');
    expect(notices).toEqual([
      {
        v: 1,
        atMs: expect.any(Number),
        event: 'notice',
        level: 'note',
        code: 'cache-trimmed',
        message: expect.stringMatching(
          /^the cache had reached its cap of 1 MB: removed 2 results \(60\d kB\), not used since \d{4}-\d\d-\d\d \d\d:\d\d$/,
        ),
        task: null,
      },
    ]);
    expect(await info(s)).toMatchObject({ blobs: 2, results: 2 });
    expect((await info(s)).sizeBytes).toBeLessThanOrEqual(900_000);
    expect(await s.run('make', '--n', '3')).toEqual([]);
    expect(await s.run('make', '--n', '4')).toEqual([]);
  });

  it('costs a run where somebody goes back to what went, and the run says why', async () => {
    const s = single();
    for (const n of ['1', '2', '3', '4']) await s.ok('run', 'make', '--n', n);
    s.ran();
    const planned = await s.ok('run', '-n', 'make', '--n', '1');
    expect(planned.stdout).toContain('make.bin is no longer in the cache');
    const ran = await s.ok('run', 'make', '--n', '1');
    expect(ran.stdout).toContain('Running task: make (make.bin is no longer in the cache)');
    expect(s.ran()).toEqual(['make']);
    expect(s.read('make.bin')).toBe(bytesOf('1'));
  });

  it('keeps what was used last, not what was made last', async () => {
    const s = single();
    for (const n of ['1', '2', '3']) await s.ok('run', 'make', '--n', n);
    expect(await s.run('make', '--n', '1')).toEqual([]);
    await s.ok('run', 'make', '--n', '4');
    expect(await s.run('make', '--n', '1')).toEqual([]);
    expect(await s.run('make', '--n', '2')).toEqual(['make']);
  });

  it('yields to the last good results of the project, and says with which numbers and what to do', async () => {
    const s = scenario({ ...make('a'), ...make('b') }, { 'in.txt': 'x' }, N);
    s.env['ORCH_CACHE_MAX_SIZE'] = '400kB';
    // As long as both make the same bytes, there is room for them.
    expect((await s.ok('run', 'a', 'b')).stderr).toBe('');
    s.write('in.txt', 'y');
    expect((await s.ok('run', 'a', 'b')).stderr).toBe('');
    s.flow({ ...make('a'), ...make('b', '7') }, N);
    const yielded = await s.ok('run', 'a', 'b');
    expect(yielded.stderr).toMatch(
      /^note: the cache had reached its cap of 400 kB: removed \d results? .*\nwarning: the last good results of this project take 60\d kB, more than the cache's cap of 400 kB: they are kept all the same; raise cache\.max_size or ORCH_CACHE_MAX_SIZE\n$/,
    );
    s.remove('a.bin');
    s.remove('b.bin');
    s.ran();
    expect(outcomesOf(eventsOf(await s.ok('run', '--json', 'a', 'b')))).toEqual({
      a: 'restored',
      b: 'restored',
    });
  });

  it('does not take a result that is larger than the cap, and says so with the numbers', async () => {
    const s = single({ cache: { max_size: '200kB' } });
    const ran = await s.ok('run', 'make');
    expect(ran.stderr).toBe(
      'warning: the result of make is larger than the cache may become (300 kB of 200 kB): not stored; raise cache.max_size or ORCH_CACHE_MAX_SIZE\n',
    );
    expect(await info(s)).toMatchObject({ blobs: 0, results: 0 });
    expect(await s.run('make')).toEqual([]);
    expect(await s.run('make', '--n', '2')).toEqual(['make']);
  });

  it('is the pipeline’s, or the variable’s, which must be a size', async () => {
    const s = single();
    expect((await info(s)).maxSizeBytes).toBe(1_000_000);
    s.env['ORCH_CACHE_MAX_SIZE'] = '2GiB';
    expect((await info(s)).maxSizeBytes).toBe(2 * 2 ** 30);
    s.env['ORCH_CACHE_MAX_SIZE'] = '2G';
    const ran = await s.exits(2, ['run', 'make']);
    expect(ran.stderr).toContain('ORCH_CACHE_MAX_SIZE=2G: the unit "G" has two meanings');
    expect(s.ran()).toEqual([]);
    s.env['ORCH_CACHE_MAX_SIZE'] = '';
    s.flow(make(), N);
    expect((await info(s)).maxSizeBytes).toBe(20_000_000_000);
  });

  it('a run that stores nothing does not look at the cache’s size', async () => {
    const s = single();
    await s.ok('run', 'make');
    const usage = s.path('.cache/content/v1/usage');
    writeFileSync(usage, 'damaged');
    s.remove('make.bin');
    s.write('other.txt', '');
    expect(await s.run('make')).toEqual([]);
    expect(readFileSync(usage, 'latin1')).toBe('damaged');
    await s.ok('run', 'make', '--n', '2');
    expect(readFileSync(usage, 'latin1')).toMatch(/^=\d+ \d+ 0\n$/);
  });
});

describe('roots that share a cache', () => {
  const FLOOD = ['1', '2', '3', '4'];

  it('never lose their last good results to another’s flood', async () => {
    const s = roots(['one', 'two']);
    await s.ok('-C', 'one', 'run', 'make', '--n', '8');
    age(shared(s), 90 * DAY_MS);
    for (const n of FLOOD) await s.ok('-C', 'two', 'run', 'make', '--n', n);
    expect((await info(s, '-C', 'one')).sizeBytes).toBeLessThan(1_000_000);
    s.remove('one/make.bin');
    s.ran();
    await s.ok('-C', 'one', 'run', 'make', '--n', '8');
    expect(s.ran()).toEqual([]);
    expect(s.read('one/make.bin')).toBe(bytesOf('8'));
    expect((await info(s, '-C', 'two')).roots).toMatchObject([
      { root: s.path('one'), results: 1, standing: 'here' },
      { root: s.path('two'), results: 1, standing: 'here' },
    ]);
    expect((await s.ok('-C', 'two', 'cache', 'info')).stdout).toContain(
      `kept for: ${s.path('one')} (1 last good result)\n          ${s.path('two')} (1 last good result)\n`,
    );
  });

  it('nor behind a failure, of tasks outside the plan included', async () => {
    const s = roots(['one', 'two']);
    const other = (script: string) => ({
      other: task('other', script, { inputs: ['in.txt'], outputs: ['other.txt'] }),
    });
    const write = (script: string) =>
      s.write('one/orch.yaml', flow({ ...make(), ...other(script) }, { ...N, name: 'one' }));
    write('cp in.txt other.txt');
    await s.ok('-C', 'one', 'run', 'make', 'other');
    write('exit 1');
    await s.exits(1, ['-C', 'one', 'run', 'other']);
    await s.ok('-C', 'one', 'run', 'make', '--n', '9');
    await s.ok('-C', 'one', 'run', 'make');
    age(shared(s), DAY_MS);
    for (const n of FLOOD) await s.ok('-C', 'two', 'run', 'make', '--n', n);
    write('cp in.txt other.txt');
    s.remove('one/make.bin');
    s.remove('one/other.txt');
    s.ran();
    await s.ok('-C', 'one', 'run', 'make', 'other');
    expect(s.ran()).toEqual([]);
  });

  it('nor while the run that made them is still going on', async () => {
    const hold = task('hold', `${holdAt('held')}; echo > hold.txt`, {
      needs: ['make'],
      outputs: ['hold.txt'],
    });
    const s = roots(['one', 'two'], {}, { ...make(), hold });
    const held = gate(s, 'held');
    const running = s.start(['-C', 'one', 'run', 'hold', '--n', '8']);
    await held.reached();
    age(shared(s), DAY_MS);
    for (const n of FLOOD) await s.ok('-C', 'two', 'run', 'make', '--n', n);
    held.release();
    expect((await running.done).code).toBe(0);
    rmSync(s.path('one/make.bin'));
    s.ran();
    await s.ok('-C', 'one', 'run', 'make', '--n', '8');
    expect(s.ran()).toEqual([]);
  });

  it('nor where that run was killed', async () => {
    const hold = task('hold', `${holdAt('held')}; echo > hold.txt`, {
      needs: ['make'],
      outputs: ['hold.txt'],
    });
    const s = roots(['one', 'two'], {}, { ...make(), hold });
    const held = gate(s, 'held');
    const running = s.start(['-C', 'one', 'run', 'hold', '--n', '8']);
    await held.reached();
    // What was said to be done is kept.
    await running.stdoutMatches(/Task 'make' completed/);
    running.kill('SIGKILL');
    await running.done;
    age(shared(s), DAY_MS);
    for (const n of FLOOD) await s.ok('-C', 'two', 'run', 'make', '--n', n);
    rmSync(s.path('one/make.bin'));
    s.ran();
    await s.ok('-C', 'one', 'run', 'make', '--n', '8');
    expect(s.ran()).toEqual([]);
  });

  it('of a project that is gone nothing is kept', async () => {
    const s = roots(['one', 'two']);
    await s.ok('-C', 'one', 'run', 'make', '--n', '8');
    s.remove('one');
    s.write('one/orch.yaml', flow(make(), { ...N, name: 'one' }));
    s.write('one/in.txt', 'x');
    expect((await info(s, '-C', 'two')).roots).toMatchObject([{ root: s.path('one'), standing: 'gone' }]);
    expect((await s.ok('-C', 'two', 'cache', 'info')).stdout).toContain('gone: its results may be removed');
    age(shared(s), HOUR_MS);
    for (const n of ['1', '2', '3']) await s.ok('-C', 'two', 'run', 'make', '--n', n);
    expect((await info(s, '-C', 'two')).roots).toMatchObject([{ root: s.path('two') }]);
    s.ran();
    await s.ok('-C', 'one', 'run', 'make', '--n', '8');
    expect(s.ran()).toEqual(['make']);
  });

  it('a project whose folder is not to be seen keeps its results for 30 days', async () => {
    const s = roots(['one', 'two']);
    await s.ok('-C', 'one', 'run', 'make', '--n', '8');
    renameSync(s.path('one'), s.path('unmounted'));
    expect((await s.ok('-C', 'two', 'cache', 'info')).stdout).toContain('not seen from here');
    await s.ok('-C', 'two', 'cache', 'gc', '--max-size', '0');
    expect((await info(s, '-C', 'two')).results).toBe(1);
    const [registration] = readdirSync(join(shared(s), 'v1/roots'));
    const then = new Date(Date.now() - 31 * DAY_MS);
    utimesSync(join(shared(s), 'v1/roots', registration!), then, then);
    expect((await s.ok('-C', 'two', 'cache', 'gc', '--max-size', '0')).stdout).toContain(
      `forgot a project that is gone: ${s.path('one')}\n`,
    );
    expect((await info(s, '-C', 'two')).results).toBe(0);
  });

  it('--clean of one leaves the last good results of the others, and forgets its own', async () => {
    const s = roots(['one', 'two']);
    for (const n of ['1', '2']) {
      await s.ok('-C', 'one', 'run', 'make', '--n', n);
      await s.ok('-C', 'two', 'run', 'make', '--n', n);
    }
    const id = s.read('one/.cache/root-id');
    const cleaned = await s.ok('-C', 'one', '--clean');
    expect(cleaned.stdout).toContain(
      'kept for the other projects that share the cache: their last good results (1)\n',
    );
    expect(await info(s, '-C', 'one')).toMatchObject({ results: 1, roots: [{ root: s.path('two') }] });
    s.remove('two/make.bin');
    s.ran();
    await s.ok('-C', 'two', 'run', 'make', '--n', '2');
    expect(s.ran()).toEqual([]);
    await s.ok('-C', 'one', 'run', 'make', '--n', '2');
    expect(s.ran()).toEqual(['make']);
    expect(s.read('one/.cache/root-id')).not.toBe(id);
    expect((await info(s, '-C', 'one')).roots).toHaveLength(2);
    // What a killed --clean leaves: the root has another id than the one that is registered.
    rmSync(s.path('one/.cache'), { recursive: true });
    await s.ok('-C', 'one', 'run', '--force', 'make', '--n', '3');
    expect((await info(s, '-C', 'two')).roots).toMatchObject([
      { root: s.path('one'), standing: expect.any(String) },
      { root: s.path('one'), standing: expect.any(String) },
      { root: s.path('two'), standing: 'here' },
    ]);
    await s.ok('-C', 'two', 'cache', 'gc');
    expect((await info(s, '-C', 'two')).roots.map(({ standing }) => standing)).toEqual(['here', 'here']);
  });

  it('a copy of a project is a project of its own', async () => {
    const s = roots(['one']);
    await s.ok('-C', 'one', 'run', 'make', '--n', '1');
    cpSync(s.path('one'), s.path('copy'), { recursive: true });
    await s.ok('-C', 'copy', 'run', 'make', '--n', '2');
    expect((await info(s, '-C', 'one')).roots).toMatchObject([
      { root: s.path('copy'), results: 1, standing: 'here' },
      { root: s.path('one'), results: 1, standing: 'here' },
    ]);
    expect(s.read('copy/.cache/root-id')).not.toBe(s.read('one/.cache/root-id'));
  });

  it('two that flood and trim at the same time get right bytes and end well', async () => {
    const s = roots(['one', 'two']);
    const flood = async (root: string) => {
      for (const n of ['1', '2', '3', '4', '2', '1']) {
        await s.ok('-C', root, 'run', 'make', '--n', n);
        expect(s.read(`${root}/make.bin`)).toBe(bytesOf(n));
      }
    };
    await Promise.all([flood('one'), flood('two')]);
    const { stdout } = await s.ok('-C', 'one', 'cache', 'gc', '--json');
    expect((JSON.parse(stdout) as { afterBytes: number }).afterBytes).toBeLessThanOrEqual(1_000_000);
    for (const root of ['one', 'two']) {
      s.remove(`${root}/make.bin`);
      s.ran();
      await s.ok('-C', root, 'run', 'make', '--n', '1');
      expect(s.ran()).toEqual([]);
    }
  });

  it('an idle run, and a command that only looks, leave everything as it is', async () => {
    const s = roots(['one']);
    await s.ok('-C', 'one', 'run', 'make');
    await s.ok('-C', 'one', 'run', 'make');
    const stats = () =>
      Object.keys(entriesUnder(shared(s))).map((path) => {
        const { mtimeMs, ctimeMs, ino } = statSync(join(shared(s), path));
        return [path, mtimeMs, ctimeMs, ino];
      });
    const before = stats();
    for (const args of [
      ['run', 'make'],
      ['run', 'make', '-j', '2'],
      ['status'],
      ['list'],
      ['run', '-n', 'make', '--n', '2'],
      ['cache', 'info'],
      ['cache', 'path'],
      ['cache', 'gc', '-n', '--max-size', '0'],
    ])
      await s.ok('-C', 'one', ...args);
    expect(stats()).toEqual(before);
  });

  it('a run that finds other results up to date than registered registers them', async () => {
    const tasks = {
      make: task('make', 'echo ${{ params.n }} > out-${{ params.n }}.txt', {
        inputs: ['in.txt'],
        outputs: ['out-${{ params.n }}.txt'],
      }),
    };
    const s = roots(['one'], {}, tasks);
    for (const n of ['1', '2']) await s.ok('-C', 'one', 'run', 'make', '--n', n);
    const keys = () =>
      Object.values(entriesUnder(join(shared(s), 'v1/roots')))
        .join()
        .match(/k1-[0-9a-f]+/g);
    const ofTwo = keys();
    expect(ofTwo).toHaveLength(1);
    s.ran();
    await s.ok('-C', 'one', 'run', 'make', '--n', '1');
    expect(s.ran()).toEqual([]);
    expect(keys()).toHaveLength(1);
    expect(keys()).not.toEqual(ofTwo);
  });
});

describe('a forced result', () => {
  const seeded = task('a', 'cat "$OUTSIDE/seed" > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] });

  it('is what another root gets, and each root that has its own keeps that', async () => {
    const s = roots(['one', 'two', 'three'], { name: 'flow' }, { a: seeded });
    const run = async (root: string, seed: string, ...args: string[]) => {
      writeFileSync(join(s.outside, 'seed'), seed);
      s.ran();
      await s.ok('-C', root, 'run', ...args, 'a');
      return [s.ran().length, s.read(`${root}/a.txt`)];
    };
    expect(await run('one', 'first')).toEqual([1, 'first']);
    expect(await run('two', 'second')).toEqual([0, 'first']);
    expect(await run('one', 'third', '--force')).toEqual([1, 'third']);
    expect(await run('three', 'fourth')).toEqual([0, 'third']);
    s.remove('two/a.txt');
    expect(await run('two', 'fifth')).toEqual([0, 'first']);
    s.remove('one/a.txt');
    expect(await run('one', 'sixth')).toEqual([0, 'third']);
  });

  it('so is one that was made again because the first had expired', async () => {
    const s = roots(['one', 'two', 'three'], { name: 'flow' }, { a: { ...seeded, expires: '1h' } });
    writeFileSync(join(s.outside, 'seed'), 'same');
    await s.ok('-C', 'one', 'run', 'a');
    // As if it had been made two hours ago.
    const folder = join(shared(s), 'v1/results');
    const path = Object.keys(entriesUnder(folder)).find((each) => each.includes('k1-'))!;
    const [record] = parseLines(readFileSync(join(folder, path))).records as { createdAtMs: number }[];
    const older = { ...record, createdAtMs: record!.createdAtMs - 2 * HOUR_MS };
    writeFileSync(join(folder, path), formatLines([older]));
    s.ran();
    expect((await s.ok('-C', 'two', 'run', 'a')).stdout).toContain('result expired');
    await s.ok('-C', 'three', 'run', 'a');
    expect(s.ran()).toEqual(['a']);
  });
});

describe('orch cache gc', () => {
  async function filled(): Promise<Scenario> {
    const s = single({ cache: { max_size: '5MB' } });
    for (const n of ['1', '2', '3', '4']) await s.ok('run', 'make', '--n', n);
    return s;
  }

  it('comes down to a size, and leaves the last good result', async () => {
    const s = await filled();
    expect((await s.ok('cache', 'gc', '--max-size', '700kB')).stdout).toMatch(
      /^removed 2 results \(60\d kB\), not used since .*\nleft: 60\d kB of at most 700 kB, 300 kB of it the last good results of 1 project\n$/,
    );
    const none = await s.ok('cache', 'gc', '--max-size', '1kB');
    expect(none.stdout).toContain('removed 1 result');
    expect(none.stderr).toContain("more than the cache's cap of 1 kB: they are kept all the same");
    expect(await s.run('make', '--n', '4')).toEqual([]);
    s.remove('make.bin');
    expect(await s.run('make', '--n', '4')).toEqual([]);
    expect((await s.ok('cache', 'gc')).stdout).toContain('nothing to remove\n');
  });

  it('removes what was not used for so long', async () => {
    const s = await filled();
    age(s.path('.cache/content'), 40 * DAY_MS);
    expect(await s.run('make', '--n', '1')).toEqual([]);
    expect((await s.ok('cache', 'gc', '--max-age', '50d')).stdout).toContain('nothing to remove\n');
    expect((await s.ok('cache', 'gc', '--max-age', '30d')).stdout).toContain('removed 2 results');
    // 1 was used just now, 4 was until then.
    expect(await s.run('make', '--n', '4')).toEqual([]);
    expect(await s.run('make', '--n', '1')).toEqual([]);
  });

  it('only says so with --dry-run, and says it as one document with --json', async () => {
    const s = await filled();
    const before = s.under('.cache/content');
    const dry = await s.ok('cache', 'gc', '--max-size', '0', '--dry-run');
    expect(dry.stdout).toMatch(/^would remove 3 results .*\nit would leave 300 kB /);
    const told = JSON.parse((await s.ok('cache', 'gc', '--max-size', '0', '-n', '--json')).stdout) as Fields;
    expect(s.under('.cache/content')).toEqual(before);
    const done = JSON.parse((await s.ok('cache', 'gc', '--max-size', '0', '--json')).stdout) as Fields;
    expect(told['dryRun']).toBe(true);
    expect(done).toMatchObject({
      dryRun: false,
      removed: { results: 3, contents: 3, files: 6, lastUsedAtMs: expect.any(Number) },
      afterBytes: expect.any(Number),
      pinned: { results: 1 },
      maxSizeBytes: 0,
      roots: [{ root: s.dir, results: 1, standing: 'here' }],
      dropped: [],
    });
    expect(done['removed']).toEqual(told['removed']);
    expect((await s.ok('-q', 'cache', 'gc')).stdout).toBe('');
  });

  it('refuses what is no size or no duration, naming the flag', async () => {
    const s = single();
    expect((await s.exits(2, ['cache', 'gc', '--max-size', '10'])).stderr).toContain(
      '--max-size 10: it has no unit',
    );
    expect((await s.exits(2, ['cache', 'gc', '--max-age', '10'])).stderr).toContain(
      '--max-age 10: it has no unit',
    );
    expect((await s.ok('cache', 'gc', '--help')).stdout).toContain('--max-age');
  });

  it('leaves the work to another that is at it: gc ends with 4, a run just goes on', async () => {
    const s = single();
    for (const n of ['1', '2', '3']) await s.ok('run', 'make', '--n', n);
    const lock = tryLock(s.path('.cache/content/v1'), 'trim', 'another');
    expect((await s.exits(4, ['cache', 'gc'])).stderr).toContain(
      'another process is removing unused results',
    );
    expect((await s.ok('run', 'make', '--n', '4')).stderr).toBe('');
    expect(await info(s)).toMatchObject({ results: 4 });
    if (lock.ok) lock.value.release();
    expect((await s.ok('run', 'make', '--n', '5')).stderr).toContain('removed 3 results');
  });

  it('of a cache that nobody made yet finds nothing and makes nothing', async () => {
    const s = single();
    expect((await s.ok('cache', 'gc', '--max-size', '0')).stdout).toContain('nothing to remove\n');
    expect(s.exists('.cache')).toBe(false);
  });

  it('spares what the project needs though it never registered', async () => {
    const s = await filled();
    rmSync(s.path('.cache/content/v1/roots'), { recursive: true });
    await s.ok('cache', 'gc', '--max-size', '0');
    s.remove('make.bin');
    expect(await s.run('make', '--n', '4')).toEqual([]);
  });
});

describe('a cache that cannot be used', () => {
  const t = { t: task('t', 'echo made > out.txt', { outputs: ['out.txt'] }) };

  function at(dir: string | ((s: Scenario) => string)): Scenario {
    const s = scenario(t);
    s.env['ORCH_CACHE_DIR'] = typeof dir === 'string' ? dir : dir(s);
    return s;
  }

  const cases: [string, (s: Scenario) => string, string][] = [
    [
      'is a file',
      (s) => {
        s.write('blocked', 'mine');
        return s.path('blocked');
      },
      'it is no folder',
    ],
    [
      'lies below a file',
      (s) => {
        s.write('blocked', 'mine');
        return s.path('blocked/far/below');
      },
      'blocked is no folder',
    ],
    [
      'is a link to nowhere',
      (s) => {
        symlinkSync('/nowhere/at/all', s.path('link'));
        return s.path('link');
      },
      "it is a link to /nowhere/at/all, which isn't there",
    ],
    ...(existsSync('/proc/self')
      ? [
          [
            'cannot be made, where Node’s own way to make it would never end',
            () => '/proc/nope',
            'could not make it: no folder can be made there',
          ] as [string, (s: Scenario) => string, string],
        ]
      : []),
  ];

  it.each(cases)('where its folder %s: exit 3, named, and nothing was run', async (_what, dir, why) => {
    const s = at(dir);
    const tree = s.userTree();
    const ran = await s.exits(3, ['run', 't']);
    expect(ran.stderr).toMatch(
      /^error: the cache folder .* \(ORCH_CACHE_DIR\) can't be used: .*\n {2}hint: .*\n$/,
    );
    expect(ran.stderr).toContain(why);
    expect(ran.stderr).toContain(s.env['ORCH_CACHE_DIR']);
    expect(ran.stdout).toBe('');
    expect(s.ran()).toEqual([]);
    expect(s.userTree()).toEqual(tree);
    expect((await s.exits(0, ['run', '--no-cache', 't'])).stderr).not.toContain('error:');
    expect(s.ran()).toEqual(['t']);
  });

  it('a folder that the pipeline names is called cache.dir', async () => {
    const s = scenario(t, { blocked: 'mine' }, { cache: { dir: 'blocked' } });
    expect((await s.exits(3, ['run', 't'])).stderr).toContain(
      `${s.path('blocked')} (cache.dir) can't be used`,
    );
    expect((await s.exits(3, ['cache', 'info'])).stderr).toContain('(cache.dir)');
    expect((await s.exits(3, ['cache', 'gc'])).stderr).toContain('(cache.dir)');
    expect((await s.ok('status')).stderr).toContain('going on without it');
  });

  it('a link to a folder that is there is used', async () => {
    const s = at((made) => {
      mkdirSync(join(made.outside, 'real'));
      symlinkSync(join(made.outside, 'real'), made.path('link'));
      return made.path('link');
    });
    await s.ok('run', 't');
    expect(readdirSync(join(s.outside, 'real'))).toEqual(['v1']);
  });

  it('a folder where a content belongs is set aside, and the run goes on', async () => {
    const s = single({ cache: { max_size: '5MB' } });
    await s.ok('run', 'make');
    const blobs = s.path('.cache/content/v1/blobs');
    const [blob] = Object.keys(entriesUnder(blobs)).filter((path) => path.includes('xxh64'));
    rmSync(join(blobs, blob!));
    mkdirSync(join(blobs, blob!));
    writeFileSync(join(blobs, blob!, 'mine'), '');
    s.remove('make.bin');
    expect(await s.run('make')).toEqual(['make']);
    s.remove('make.bin');
    expect(await s.run('make')).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)(
    '16: one that cannot be written is said and done without (needs root)',
    async () => {
      const s = roots(['one']);
      for (const n of ['9', '1']) await s.ok('-C', 'one', 'run', 'make', '--n', n);
      const before = entriesUnder(shared(s));
      spawnSync('chmod', ['-R', 'a+rX,a-w', shared(s)]);
      for (const path of [s.dir, s.outside]) spawnSync('chmod', ['-R', 'a+rwX', path]);
      spawnSync('chmod', ['-R', 'a-w', shared(s)]);
      const as = (...args: string[]) =>
        spawnSync(
          'setpriv',
          [
            '--reuid=65534',
            '--regid=65534',
            '--clear-groups',
            s.environment()['BIN']!,
            '-C',
            s.path('one'),
            ...args,
          ],
          { env: s.environment(), encoding: 'utf8' },
        );
      const ran = as('run', 'make', '--n', '2');
      expect(`${ran.status} ${ran.stderr}`).toMatch(
        /^0 warning: the cache can't be written: \/\S+ \(EACCES\); results are not stored\n$/,
      );
      expect(as('run', 'make', '--n', '2').status).toBe(0);
      expect(as('cache', 'gc', '--max-size', '0').status).toBe(3);
      expect(entriesUnder(shared(s))).toEqual(before);
    },
  );
});

it('a quiet run still says that something was removed, on stderr', async () => {
  const s = single();
  for (const n of ['1', '2', '3']) await s.ok('run', 'make', '--n', n);
  const ran = await s.ok('run', '-q', 'make', '--n', '4');
  expect(ran.stdout).toBe('');
  expect(ran.stderr).toContain('removed 2 results');
});
