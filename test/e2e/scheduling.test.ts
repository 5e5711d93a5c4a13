/** Which tasks run side by side, and what happens when one fails (D1, D2, D3). */
import { appendFileSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import {
  bareName,
  eventsOf,
  type Fields,
  outcomesOf,
  type Scenario,
  said,
  scenario,
  task,
} from './support/scenario.ts';

/** Says when it starts and ends, and is held in between. */
const held = (name: string, fields: Fields = {}): Fields =>
  task(`${name} starts`, `${holdAt(name)}\necho "${name} ends" >> "$TRACE"`, fields);

/** `first` and `second` both take all of a resource, `third` none of it; `first` goes first. */
function contended(resources: Fields): Scenario {
  return scenario({
    first: held('first', { resources, priority: 9 }),
    second: task('second', '', { resources, priority: 8 }),
    third: task('third'),
    all: { needs: ['first', 'second', 'third'] },
  });
}

describe('-j', () => {
  it('1 runs one task at a time, by priority', async () => {
    const s = scenario({
      low: held('low'),
      high: held('high', { priority: 10 }),
      all: { needs: ['low', 'high'] },
    });
    gate(s, 'low').release();
    gate(s, 'high').release();
    expect(await s.run('-j', '1', 'all')).toEqual(['high starts', 'high ends', 'low starts', 'low ends']);
  });

  it('2 runs two tasks that wait for each other', async () => {
    const meet = (mine: string, other: string) =>
      task(mine, `echo > "$GATES/${other}"; read go < "$GATES/${mine}"`);
    const s = scenario({ a: meet('a', 'b'), b: meet('b', 'a'), all: { needs: ['a', 'b'] } });
    gate(s, 'a');
    gate(s, 'b');
    expect((await s.run('-j', '2', '--resources', 'cpu=2', 'all')).toSorted()).toEqual(['a', 'b']);
  });

  it.each(['0', '-1', 'many', '1.5'])('%s is refused', async (jobs) => {
    const s = scenario({ a: task('a') });
    await s.exits(2, ['run', '-j', jobs, 'a']);
    expect(s.ran()).toEqual([]);
  });
});

describe('resources', () => {
  it.each([
    ['cpu', { cpu: 2 }, 'cpu=2'],
    ['memory', { memory: '3GB' }, 'memory=4GB'],
    ['an own resource', { licence: 1 }, 'licence=1'],
  ])('%s: two tasks that do not fit together run one after the other', async (_what, resources, totals) => {
    const s = contended(resources);
    const first = gate(s, 'first');
    const running = s.start(['run', '-j', '4', '--resources', 'cpu=2', '--resources', totals, 'all']);
    await first.reached();
    if (totals !== 'cpu=2') await running.stdoutMatches(/'third' completed/);
    first.release();
    expect((await running.done).code).toBe(0);
    const order = s.ran();
    expect(order.indexOf('second')).toBeGreaterThan(order.indexOf('first ends'));
  });

  it('cpu is capped to the machine, with a note', async () => {
    const s = scenario({ a: task('a', '', { resources: { cpu: 4096 } }) });
    const ran = await s.ok('run', 'a');
    expect(s.ran()).toEqual(['a']);
    expect(said(ran)).toContain('4096');
  });

  it('memory that can not fit is an error, before the command', async () => {
    const s = scenario({ a: task('a', '', { resources: { memory: '4GB' } }) });
    const ran = await s.orch(['run', '--resources', 'memory=1GB', 'a']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('memory');
    expect(s.ran()).toEqual([]);
  });

  it('memory that can not fit matters only for a task that would run', async () => {
    const s = scenario({
      a: task('a', 'echo 1 > a.txt', { outputs: ['a.txt'], resources: { memory: '4GB' } }),
    });
    await s.ok('run', '--resources', 'memory=8GB', 'a');
    await s.ok('run', '--resources', 'memory=1GB', 'a');
    s.remove('a.txt');
    await s.ok('run', '--resources', 'memory=1GB', 'a');
    expect(s.ran()).toEqual(['a']);
  });
});

describe('the first failure', () => {
  const tasks: Fields = {
    bad: held('bad', { priority: 9 }),
    good: held('good', { priority: 8 }),
    free: task('free', '', { inputs: ['in.txt'] }),
    child: task('child', '', { needs: ['bad'] }),
    grandchild: task('grandchild', '', { needs: ['child'] }),
    all: { needs: ['bad', 'good', 'free', 'grandchild'] },
  };

  async function failWhileGoodRuns(flags: readonly string[]) {
    const s = scenario(
      {
        ...tasks,
        bad: task('bad starts', `${holdAt('bad')}\nexit 7`, { priority: 9 }),
      },
      { 'in.txt': '' },
    );
    const bad = gate(s, 'bad');
    const good = gate(s, 'good');
    const running = s.start(['run', '--json', '-j', '2', '--resources', 'cpu=2', ...flags, 'all']);
    await Promise.all([bad.reached(), good.reached()]);
    bad.release();
    await running.stdoutMatches(/"task-finished".*bad/);
    good.release();
    const ran = await running.done;
    expect(ran.code, said(ran)).toBe(1);
    return { s, outcomes: outcomesOf(eventsOf(ran)) };
  }

  it('lets running tasks finish and starts nothing new', async () => {
    const { s, outcomes } = await failWhileGoodRuns([]);
    expect(s.ran().toSorted()).toEqual(['bad starts', 'good ends', 'good starts']);
    expect(outcomes).toMatchObject({
      bad: 'failed',
      good: 'succeeded',
      child: 'upstream-failed',
      grandchild: 'upstream-failed',
    });
    expect(outcomes['free']).not.toBe('succeeded');
  });

  it('with -k goes on with what does not depend on it', async () => {
    const { s, outcomes } = await failWhileGoodRuns(['-k']);
    expect(s.ran().toSorted()).toEqual(['bad starts', 'free', 'good ends', 'good starts']);
    expect(outcomes).toMatchObject({ bad: 'failed', free: 'succeeded', grandchild: 'upstream-failed' });
  });

  it('is recorded: the same command goes on from there', async () => {
    const s = scenario({
      a: task('a', 'echo a > a.txt', { outputs: ['a.txt'] }),
      b: task('b', 'test -e "$OUTSIDE/fixed"; cat a.txt > b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
    });
    await s.exits(1, ['run', 'b']);
    expect(s.ran()).toEqual(['a', 'b']);
    appendFileSync(`${s.outside}/fixed`, '');
    expect(await s.run('b')).toEqual(['b']);
  });
});

describe('retries', () => {
  /** Fails with `code` until it has been started `times` times. */
  const flaky = (times: number, code: number, retries: unknown): Fields => ({
    t: task(
      't',
      `echo try >> "$OUTSIDE/tries"; echo x >> out.txt; test $(wc -l < "$OUTSIDE/tries") -ge ${times} || exit ${code}`,
      { outputs: ['out.txt'], retries },
    ),
  });

  it('go on until it succeeds, each from a clean place', async () => {
    const s = scenario(flaky(3, 1, { limit: 5, delay: '1ms' }));
    const ran = await s.ok('run', '--json', 't');
    expect(s.ran()).toEqual(['t', 't', 't']);
    expect(s.read('out.txt')).toBe('x\n');
    const events = eventsOf(ran);
    expect(events.filter((event) => event.event === 'task-retrying')).toHaveLength(2);
    const end = events.find((event) => event.event === 'task-finished' && bareName(event.task) === 't');
    expect(end).toMatchObject({ outcome: 'succeeded', attempts: 3 });
  });

  it('end at the limit', async () => {
    const s = scenario(
      flaky(9, 4, { limit: 2, delay: '1ms', backoff: 'exponential', max_delay: '2ms', jitter: true }),
    );
    await s.exits(1, ['run', 't']);
    expect(s.ran()).toHaveLength(3);
  });

  it('may be a number, and may come from defaults', async () => {
    const s = scenario(flaky(9, 4, undefined), {}, { defaults: { retries: { limit: 1, delay: '1ms' } } });
    await s.exits(1, ['run', 't']);
    expect(s.ran()).toHaveLength(2);
    s.flow(flaky(9, 4, 0), { defaults: { retries: 1 } });
    await s.exits(1, ['run', 't']);
    expect(s.ran()).toHaveLength(1);
  });

  it('on: only those ends', async () => {
    const s = scenario(flaky(9, 4, { limit: 3, delay: '1ms', on: [5, 'timeout'] }));
    await s.exits(1, ['run', 't']);
    expect(s.ran()).toHaveLength(1);
    s.flow(flaky(9, 5, { limit: 2, delay: '1ms', on: [5] }));
    await s.exits(1, ['run', 't']);
    expect(s.ran()).toHaveLength(3);
  });

  it('know their attempt, which is not part of the key', async () => {
    const s = scenario({
      t: task('t ${{ run.attempt }}', 'echo x > out.txt; test ${{ run.attempt }} -ge 2', {
        outputs: ['out.txt'],
        retries: { limit: 1, delay: '1ms' },
      }),
    });
    await s.ok('run', 't');
    expect(s.ran()).toEqual(['t 1', 't 2']);
    expect(await s.run('t')).toEqual([]);
  });
});

describe('a timeout', () => {
  it('ends the task and everything that it started', async () => {
    const child = 'sh -c \'echo $$ >> "$GATES/g.up"; read go < "$GATES/g"\' & ';
    const s = scenario({ t: task('t', `${child}${holdAt('g')}`, { timeout: '300ms', grace: '2s' }) });
    const g = gate(s, 'g');
    const ran = await s.exits(1, ['run', 't']);
    expect(said(ran)).toMatch(/timed? ?out|timeout/i);
    for (const pid of await g.reached(2)) await until(() => !isAlive(pid), `the end of ${pid}`);
  });

  it('kills after grace what ignores SIGTERM', async () => {
    const s = scenario({
      t: task('t', `trap '' TERM; ${holdAt('g')}`, { timeout: '300ms', grace: '100ms' }),
    });
    const g = gate(s, 'g');
    await s.exits(1, ['run', 't']);
    for (const pid of await g.reached()) await until(() => !isAlive(pid), `the end of ${pid}`);
  });

  it('may be retried by name', async () => {
    const s = scenario({
      t: task('t', holdAt('g'), { timeout: '300ms', retries: { limit: 1, delay: '1ms', on: ['timeout'] } }),
    });
    gate(s, 'g');
    await s.exits(1, ['run', 't']);
    expect(s.ran()).toEqual(['t', 't']);
  });
});

it('a task reads nothing from the terminal', async () => {
  const s = scenario({ t: task('t', 'cat > out.txt', { outputs: ['out.txt'] }) });
  await s.ok('run', 't');
  expect(readFileSync(s.path('out.txt'), 'utf8')).toBe('');
});
