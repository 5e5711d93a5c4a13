/** FAULTS.md, cache: each line by its number, as users meet it. What the store itself does is in test/cache. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatLines, parseLines } from '../../src/base/checksummed-lines.ts';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { bareScenario, flow, type Scenario, said, scenario, task } from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

const make = {
  make: task('make', 'seq 1 20000 > out.txt; cat in.txt >> out.txt', {
    inputs: ['in.txt'],
    outputs: ['out.txt'],
  }),
};

const V1 = '.cache/content/v1';

/** Made once, its output gone from the disk, and where its content lies in the cache. */
async function stored(): Promise<{ s: Scenario; blob: string; right: string }> {
  const s = scenario(make, { 'in.txt': 'in\n' });
  await s.run('make');
  const right = s.read('out.txt');
  s.remove('out.txt');
  const [path] = Object.keys(s.under(`${V1}/blobs`)).filter((name) => name.includes('-'));
  return { s, blob: s.path(V1, 'blobs', path!), right };
}

function damage(blob: string): void {
  const bytes = readFileSync(blob);
  bytes[bytes.length >> 1]! ^= 1;
  chmodSync(blob, 0o644);
  writeFileSync(blob, bytes);
}

/** Two roots of one scope that share a cache. */
function clones(): Scenario {
  const s = bareScenario();
  for (const root of ['one', 'two']) {
    s.write(`${root}/in.txt`, 'in\n');
    s.write(`${root}/orch.yaml`, flow(make));
  }
  s.env['ORCH_CACHE_DIR'] = join(s.outside, 'shared');
  return s;
}

it('FAULT 21: a flipped bit in a content is set aside with why, told, and made again', async () => {
  const { s, blob, right } = await stored();
  damage(blob);
  const wrong = readFileSync(blob, 'latin1');
  const ran = await s.ok('run', 'make');
  expect(ran.stderr).toContain('a damaged content of the cache was set aside');
  expect(ran.stdout).toContain('Running task: make (output out.txt missing, and damaged in the cache)');
  expect(s.read('out.txt')).toBe(right);
  const aside = s.path(V1, 'quarantine');
  const [content, note] = readdirSync(aside).sort();
  expect(readFileSync(join(aside, content!), 'latin1')).toBe(wrong);
  expect(JSON.parse(readFileSync(join(aside, note!), 'utf8'))).toMatchObject({
    foundBy: 'restore',
    problem: 'wrong-bytes',
    wantedFor: 'out.txt',
  });
  expect((await s.ok('why', 'make')).stdout).toContain('damaged in the cache');
});

it.each([
  ['short', 100],
  ['empty', 0],
])('FAULT 22: a content that is %s is a miss', async (_how, length) => {
  const { s, blob, right } = await stored();
  chmodSync(blob, 0o644);
  truncateSync(blob, length);
  s.ran();
  expect(await s.run('make')).toEqual(['make']);
  expect(s.read('out.txt')).toBe(right);
});

it('FAULT 23: a result whose content is gone is a miss, told as that, and never restored as nothing', async () => {
  const { s, blob, right } = await stored();
  rmSync(blob);
  s.ran();
  const ran = await s.ok('run', 'make');
  expect(ran.stdout).toContain('output out.txt missing, and no longer in the cache');
  expect(s.ran()).toEqual(['make']);
  expect(s.read('out.txt')).toBe(right);
});

it('FAULT 24: a damaged content is healed when it is stored again, and served from then on', async () => {
  const s = clones();
  await s.ok('-C', 'one', 'run', 'make');
  const blobs = join(s.outside, 'shared/v1/blobs');
  const [path] = Object.keys(entriesUnder(blobs)).filter((name) => name.includes('-'));
  damage(join(blobs, path!));
  // One makes it anew, for another reason: what it stores has the name of what is damaged.
  await s.ok('-C', 'one', 'run', '--force', 'make');
  s.ran();
  await s.ok('-C', 'two', 'run', 'make');
  expect(s.ran()).toEqual([]);
  expect(s.read('two/out.txt')).toBe(s.read('one/out.txt'));
  await s.ok('-C', 'one', 'cache', 'verify');
});

it('FAULT 25: two processes that store the same key at once leave one valid entry', async () => {
  const s = clones();
  const text = flow({ make: { ...make.make, run: `${holdAt('both')}\n${make.make['run'] as string}` } });
  for (const root of ['one', 'two']) s.write(`${root}/orch.yaml`, text);
  const both = gate(s, 'both');
  const running = ['one', 'two'].map((root) => s.start(['-C', root, 'run', 'make']));
  await both.reached(2);
  both.release();
  both.release();
  for (const { done } of running) expect((await done).code).toBe(0);
  const verified = await s.ok('-C', 'one', 'cache', 'verify', '--json');
  expect(JSON.parse(verified.stdout)).toMatchObject({ contents: 1, results: 1, damagedResults: [] });
  const entries = join(s.outside, 'shared/v1/results');
  const [path] = Object.keys(entriesUnder(entries)).filter((name) => name.includes('k1-'));
  expect(parseLines(readFileSync(join(entries, path!))).records).toHaveLength(1);
});

it('FAULT 26: of two processes that want the same task of one root one runs it, the other reuses it', async () => {
  const s = scenario(
    { make: task('make', `${holdAt('g')}; cp in.txt out.txt`, { inputs: ['in.txt'], outputs: ['out.txt'] }) },
    { 'in.txt': 'in\n' },
  );
  const g = gate(s, 'g');
  const first = s.start(['run', 'make']);
  await g.reached();
  const second = s.start(['run', '--json', 'make']);
  await second.stdoutMatches(/waiting/);
  g.release();
  expect((await first.done).code).toBe(0);
  expect((await second.done).code).toBe(0);
  expect(s.ran()).toEqual(['make']);
});

it('FAULT 27: a lock whose holder was killed is free, without a hand', async () => {
  const s = scenario(
    { make: task('make', `${holdAt('g')}; cp in.txt out.txt`, { inputs: ['in.txt'], outputs: ['out.txt'] }) },
    { 'in.txt': 'in\n' },
  );
  const g = gate(s, 'g');
  const first = s.start(['run', 'make']);
  const [pid = 0] = await g.reached();
  first.kill('SIGKILL');
  await first.done;
  const again = s.start(['run', '--no-wait', 'make']);
  await g.reached(2);
  await until(() => !isAlive(pid), 'the end of the command');
  g.release();
  expect((await again.done).code).toBe(0);
  expect(s.read('out.txt')).toBe('in\n');
});

it('FAULT 28: what a gc takes away while it is being restored is restored or made again, never half', async () => {
  const files = Array.from({ length: 200 }, (_, n) => `out/f${n}`);
  const s = scenario(
    {
      many: task(
        'many',
        `mkdir -p out; for i in $(seq 0 199); do echo "$i \${{ params.n }}" > out/f$i; done`,
        { outputs: ['out/'] },
      ),
    },
    {},
    { params: { n: 1 } },
  );
  await s.ok('run', 'many');
  await s.ok('run', 'many', '--n', '2');
  for (let round = 0; round < 3; round += 1) {
    const n = String((round % 2) + 1);
    const [ran, swept] = await Promise.all([
      s.orch(['run', 'many', '--n', n]),
      s.orch(['cache', 'gc', '--max-size', '0']),
    ]);
    expect(ran.code, said(ran)).toBe(0);
    expect(swept.code, said(swept)).toBe(0);
    for (const [at, path] of files.entries()) expect(s.read(path)).toBe(`${at} ${n}\n`);
    expect(Object.keys(s.under('out'))).toHaveLength(200);
  }
});

it('FAULT 29: a restore that is killed leaves each old output whole or absent, and the next one the new', async () => {
  const count = 100;
  const s = scenario(
    {
      many: task(
        'many',
        `mkdir -p out; for i in $(seq ${count}); do echo "$i \${{ params.n }}" > out/f$i; done; ` +
          'seq ${{ params.n }} 200000 > big.txt',
        { outputs: ['out/', 'big.txt'] },
      ),
    },
    {},
    { params: { n: 1 } },
  );
  await s.ok('run', 'many');
  const old = { ...s.under('out'), big: s.read('big.txt') };
  await s.ok('run', 'many', '--n', '2');
  const made = { ...s.under('out'), big: s.read('big.txt') };
  const now = (): Record<string, string> => ({
    ...(s.exists('out') ? s.under('out') : {}),
    ...(s.exists('big.txt') ? { big: s.read('big.txt') } : {}),
  });
  const waiting = () => readdirSync(s.path('.cache/tmp')).length;
  // Once its copies are on their way, once the first old file is gone, and once the first new one is there.
  const moments: Readonly<Record<string, () => boolean>> = {
    'a copy waits for its name': () => waiting() > 0,
    'something is gone': () => !s.exists('big.txt') || !s.exists('out/f1'),
    'something is new': () => s.exists('big.txt') && s.read('big.txt') === old.big,
  };
  for (const [moment, hasCome] of Object.entries(moments)) {
    await s.ok('run', 'many', '--n', '2');
    const run = s.start(['run', 'many', '--n', '1']);
    let isOver = false;
    void run.done.then(() => (isOver = true));
    await until(() => isOver || hasCome(), moment);
    run.kill('SIGKILL');
    await run.done;
    for (const [path, content] of Object.entries(now()))
      expect(
        [old[path as keyof typeof old], made[path as keyof typeof made]],
        `${moment}: ${path}`,
      ).toContain(content);
    await s.ok('run', 'many', '--n', '1');
    expect(now(), moment).toEqual(old);
  }
  expect(s.ran()).toEqual(['many', 'many']);
});

it('FAULT 30: a restored file that is edited in place changes nothing in the cache', async () => {
  const { s, right } = await stored();
  s.ran();
  expect(await s.run('make')).toEqual([]);
  s.append('out.txt', 'edited\n');
  await s.ok('cache', 'verify');
  expect(await s.run('make')).toEqual([]);
  expect(s.read('out.txt')).toBe(right);
});

describe('FAULT 31: a result of a shared cache that leads out of the root', () => {
  const cases: [string, readonly Record<string, unknown>[]][] = [
    ['by ..', [{ path: '../out.txt' }]],
    ['by an absolute path', [{ path: '/tmp/orch-fault-31/out.txt' }]],
    [
      'by a link of its own',
      [{ kind: 'symlink', path: 'out.txt', link: '../..' }, { path: 'out.txt/escaped.txt' }],
    ],
    [
      'by a chain of links',
      [
        { kind: 'symlink', path: 'a', link: '..' },
        { kind: 'symlink', path: 'b', link: 'a/..' },
        { path: 'b/escaped.txt' },
      ],
    ],
  ];

  it.each(cases)('%s is refused: nothing is written there, the task runs', async (_how, outputs) => {
    const s = clones();
    await s.ok('-C', 'one', 'run', 'make');
    const right = s.read('one/out.txt');
    const entries = join(s.outside, 'shared/v1/results');
    const [path] = Object.keys(entriesUnder(entries)).filter((name) => name.includes('k1-'));
    const file = join(entries, path!);
    const [record] = parseLines(readFileSync(file)).records as { outputs: Record<string, unknown>[] }[];
    const forged = outputs.map((each) => ('kind' in each ? each : { ...record!.outputs[0], ...each }));
    writeFileSync(file, formatLines([{ ...record, outputs: forged }]));
    const before = entriesUnder(s.outside, ['shared', 'trace', 'gates']);
    s.ran();
    const ran = await s.orch(['-C', 'two', 'run', 'make']);
    expect(entriesUnder(s.outside, ['shared', 'trace', 'gates'])).toEqual(before);
    expect(readdirSync(s.dir).sort()).toEqual(['one', 'two']);
    // What isn't even a record is a miss; a record that leads out is refused by name.
    if (ran.code !== 0) {
      expect(said(ran)).toContain('that result is refused; orch run --force=make makes it anew');
      await s.ok('-C', 'two', 'run', '--force=make', 'make');
    }
    expect(s.ran()).toEqual(['make']);
    expect(s.read('two/out.txt')).toBe(right);
  });

  it('nor is one restored through a link that stands in the root', async () => {
    const s = scenario({ t: task('t', 'mkdir -p sub; echo made > sub/x.txt', { outputs: ['sub/x.txt'] }) });
    await s.ok('run', 't');
    s.remove('sub');
    const far = join(s.outside, 'far');
    mkdirSync(far);
    writeFileSync(join(far, 'x.txt'), 'theirs\n');
    symlinkSync(far, s.path('sub'));
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('sub');
    expect(entriesUnder(far)).toEqual({ 'x.txt': 'theirs\n' });
  });
});

it('FAULT 32: a cache of a newer version is left alone, with one line', async () => {
  const s = clones();
  mkdirSync(join(s.outside, 'shared/v2/blobs'), { recursive: true });
  writeFileSync(join(s.outside, 'shared/v2/blobs/x'), 'theirs');
  const ran = await s.ok('-C', 'one', 'run', 'make');
  expect(ran.stderr.split('\n').filter((line) => line.includes('another version'))).toHaveLength(1);
  await s.ok('-C', 'one', 'cache', 'gc', '--max-size', '0');
  await s.ok('-C', 'one', 'cache', 'verify', '--repair');
  await s.ok('-C', 'one', '--clean');
  expect(readFileSync(join(s.outside, 'shared/v2/blobs/x'), 'utf8')).toBe('theirs');
});

it('FAULT 33: what a failed task made is never in the cache', async () => {
  const s = clones();
  const failing = task('make', 'echo half > out.txt; exit 1', { inputs: ['in.txt'], outputs: ['out.txt'] });
  for (const root of ['one', 'two']) s.write(`${root}/orch.yaml`, flow({ make: failing }));
  await s.exits(1, ['-C', 'one', 'run', 'make']);
  const verified = await s.ok('-C', 'one', 'cache', 'verify', '--json');
  expect(JSON.parse(verified.stdout)).toMatchObject({ contents: 0, results: 0 });
  s.ran();
  await s.exits(1, ['-C', 'two', 'run', 'make']);
  expect(s.ran()).toEqual(['make']);
});
