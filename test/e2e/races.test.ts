/** FAULTS 43-48 and 50: inputs and outputs that change while or after a task runs (C8, C9). */
import { appendFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gate, holdAt } from './support/gate.ts';
import {
  eventsOf,
  type Fields,
  outcomesOf,
  type Scenario,
  said,
  scenario,
  task,
} from './support/scenario.ts';

/** Reads its input, is held, then writes it out; `after` takes that. */
const tasks: Fields = {
  copy: task('copy', `text=$(cat in.txt 2>/dev/null || true); ${holdAt('g')}; echo "$text" > out.txt`, {
    inputs: ['in.txt'],
    outputs: ['out.txt'],
  }),
  after: task('after', 'cat out.txt > after.txt', { inputs: ['out.txt'], outputs: ['after.txt'] }),
};

const start = (): Scenario => scenario(tasks, { 'in.txt': 'one\n' });

describe('FAULT 43: an input edited while its task runs', () => {
  it('once: the task runs once more, and its result is that of the new bytes', async () => {
    const s = start();
    const g = gate(s, 'g');
    const running = s.start(['run', 'after']);
    await g.reached();
    s.write('in.txt', 'two\n');
    g.release();
    await g.reached(2);
    g.release();
    const ran = await running.done;
    expect(ran.code, said(ran)).toBe(0);
    expect(s.ran()).toEqual(['copy', 'copy', 'after']);
    expect(s.read('after.txt')).toBe('two\n');
    expect(said(ran)).toContain('in.txt');
    expect(await s.run('after')).toEqual([]);
  });

  it('the result of the overtaken attempt is not in the cache', async () => {
    const s = start();
    const g = gate(s, 'g');
    const running = s.start(['run', 'after']);
    await g.reached();
    s.write('in.txt', 'two\n');
    g.release();
    await g.reached(2);
    g.release();
    await running.done;
    s.ran();
    s.write('in.txt', 'one\n');
    g.release();
    expect(await s.run('after')).toEqual(['copy', 'after']);
    expect(s.read('after.txt')).toBe('one\n');
  });

  it('twice: nothing is cached, dependents do not start, the run says so and exits 1', async () => {
    const s = start();
    const g = gate(s, 'g');
    const running = s.start(['run', '--json', 'after']);
    await g.reached();
    s.write('in.txt', 'two\n');
    g.release();
    await g.reached(2);
    s.write('in.txt', 'three\n');
    g.release();
    const ran = await running.done;
    expect(ran.code, said(ran)).toBe(1);
    expect(s.ran()).toEqual(['copy', 'copy']);
    const events = eventsOf(ran);
    expect(outcomesOf(events)).toMatchObject({ copy: 'failed', after: 'upstream-failed' });
    const end = events.find((event) => event.event === 'task-finished' && event.outcome === 'failed');
    expect(end).toMatchObject({ failure: { kind: 'input-changed', paths: ['in.txt'] } });
    // Neither dead nor never run: it failed, and that is on record.
    expect((await s.ok('status', 'copy')).stdout).toMatch(/copy +run \(input in.txt changed\)/);
    const why = (await s.ok('why', 'copy')).stdout;
    expect(why).toContain('  failed last time: input changed while running\n');
    expect(why).toContain('Last run: failed (input changed while running)');
    g.release();
    expect(await s.run('after')).toEqual(['copy', 'after']);
    expect(s.read('after.txt')).toBe('three\n');
  });

  it('by the command itself counts as well', async () => {
    const s = scenario(
      {
        t: task('t', 'cat in.txt > out.txt; echo more >> in.txt', {
          inputs: ['in.txt'],
          outputs: ['out.txt'],
        }),
      },
      { 'in.txt': 'one\n' },
    );
    const ran = await s.exits(1, ['run', 't']);
    expect(s.ran()).toEqual(['t', 't']);
    expect(said(ran)).toContain('in.txt');
  });

  it('a file added under an input folder counts as well', async () => {
    const s = scenario(
      { t: task('t', `ls src > out.txt; ${holdAt('g')}`, { inputs: ['src/'], outputs: ['out.txt'] }) },
      { 'src/a': '1' },
    );
    const g = gate(s, 'g');
    const running = s.start(['run', 't']);
    await g.reached();
    s.write('src/b', '2');
    g.release();
    await g.reached(2);
    g.release();
    expect((await running.done).code).toBe(0);
    expect(s.read('out.txt')).toBe('a\nb\n');
    expect(await s.run('t')).toEqual([]);
  });
});

it('FAULT 44: an input edited and reverted meanwhile is not taken as unchanged', async () => {
  const s = start();
  const g = gate(s, 'g');
  const running = s.start(['run', 'after']);
  await g.reached();
  s.write('in.txt', 'two\n');
  s.write('in.txt', 'one\n');
  g.release();
  await g.reached(2);
  g.release();
  expect((await running.done).code).toBe(0);
  expect(s.ran()).toEqual(['copy', 'copy', 'after']);
  expect(s.read('after.txt')).toBe('one\n');
});

it('FAULT 45: an input deleted meanwhile is an error that names it', async () => {
  const s = start();
  const g = gate(s, 'g');
  const running = s.start(['run', 'after']);
  await g.reached();
  s.remove('in.txt');
  g.release();
  g.release();
  const ran = await running.done;
  expect(ran.code, said(ran)).toBe(1);
  expect(said(ran)).toContain('in.txt');
  expect(s.ran()).not.toContain('after');
  expect((await s.exits(2, ['run', 'after'])).stderr).toContain('in.txt');
});

it('FAULT 46: exit 0 without the output fails', async () => {
  const s = scenario({
    t: task('t', '', { outputs: ['out.txt'] }),
    after: task('after', '', { inputs: ['out.txt'] }),
  });
  const ran = await s.exits(1, ['run', 'after']);
  expect(said(ran)).toContain('out.txt');
  expect(s.ran()).toEqual(['t']);
});

it('FAULT 47: a failure after a partial output: set aside, never taken for a result', async () => {
  const s = scenario({
    t: task('t', 'echo half > out.txt; test -e "$OUTSIDE/fixed"; echo whole > out.txt', {
      outputs: ['out.txt'],
    }),
    after: task('after', 'cat out.txt > after.txt', { inputs: ['out.txt'], outputs: ['after.txt'] }),
  });
  await s.exits(1, ['run', 'after']);
  expect(s.exists('out.txt')).toBe(false);
  expect(Object.values(s.under('.cache/failed'))).toContain('half\n');
  appendFileSync(`${s.outside}/fixed`, '');
  s.ran();
  expect(await s.run('after')).toEqual(['t', 'after']);
  expect(s.read('after.txt')).toBe('whole\n');
});

it('FAULT 47: a failure of a task that had a good result keeps that result in the cache', async () => {
  const s = scenario(
    { t: task('t', 'grep -v bad in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }) },
    { 'in.txt': 'good\n' },
  );
  await s.ok('run', 't');
  s.write('in.txt', 'bad\n');
  await s.exits(1, ['run', 't']);
  expect(s.exists('out.txt')).toBe(false);
  s.write('in.txt', 'good\n');
  s.ran();
  expect(await s.run('t')).toEqual([]);
  expect(s.read('out.txt')).toBe('good\n');
});

it('FAULT 48: an output deleted after success is restored when it is asked for', async () => {
  const s = scenario({ t: task('t', 'echo 1 > out.txt', { outputs: ['out.txt'] }) });
  await s.ok('run', 't');
  s.remove('out.txt');
  s.ran();
  expect(await s.run('t')).toEqual([]);
  expect(s.read('out.txt')).toBe('1\n');
});

describe.each([
  ['glob', 'out/*.txt'],
  ['folder', 'out/'],
])('FAULT 50: a %s output', (_kind, output) => {
  const make = (names: string): Fields => ({
    t: task('t', `mkdir -p out; for n in ${names}; do echo $n > out/$n.txt; done`, { outputs: [output] }),
  });

  it('does not capture a file of an earlier run', async () => {
    const s = scenario(make('a b'));
    await s.ok('run', 't');
    s.flow(make('b c'));
    await s.ok('run', 't');
    expect(Object.keys(s.under('out'))).toEqual(['b.txt', 'c.txt']);
    s.remove('out');
    await s.ok('run', 't');
    expect(Object.keys(s.under('out'))).toEqual(['b.txt', 'c.txt']);
  });

  it('with files of the user is refused and nothing is touched', async () => {
    const s = scenario(make('a'), { 'out/mine.txt': 'mine' });
    const before = s.userTree();
    expect((await s.exits(2, ['run', 't'])).stderr).toContain('out/mine.txt');
    expect(s.userTree()).toEqual(before);
    expect(s.ran()).toEqual([]);
  });
});

it('an output that appears while its task is decided is not overwritten unseen', async () => {
  const s = scenario({
    first: task('first', holdAt('g'), { cache: false }),
    make: task('make', 'echo made > out.txt', {
      needs: [{ task: 'first', order_only: true }],
      outputs: ['out.txt'],
    }),
  });
  const g = gate(s, 'g');
  const running = s.start(['run', 'make']);
  await g.reached();
  writeFileSync(s.path('out.txt'), 'mine\n');
  g.release();
  expect((await running.done).code).toBe(0);
  expect(s.read('out.txt')).toBe('made\n');
  expect(Object.values(s.under('.cache/replaced'))).toContain('mine\n');
});
