/** Several runs in one root (D7): what goes on side by side, what is waited for and reused, what takes turns. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { eventsOf, outcomesOf, type Scenario, said, scenario, task } from './support/scenario.ts';

/** Two tasks that have nothing to do with each other, each held at a gate of its name. */
const apart = {
  a: task('a', `${holdAt('a')}; cat in.txt > a.txt`, { inputs: ['in.txt'], outputs: ['a.txt'] }),
  b: task('b', `${holdAt('b')}; cat in.txt > b.txt`, { inputs: ['in.txt'], outputs: ['b.txt'] }),
};

/** `made` is what both want; `other` is only the second one's. */
const together = {
  made: task('made', `${holdAt('made')}; cat in.txt > made.txt`, {
    inputs: ['in.txt'],
    outputs: ['made.txt'],
  }),
  other: task('other', 'echo o > other.txt', { outputs: ['other.txt'] }),
  left: task('left', 'cat made.txt > left.txt', { inputs: ['made.txt'], outputs: ['left.txt'] }),
  right: task('right', 'cat made.txt other.txt > right.txt', {
    inputs: ['made.txt', 'other.txt'],
    outputs: ['right.txt'],
  }),
};

/** Nothing is left to do for any of these targets. */
async function isDone(s: Scenario, ...targets: string[]): Promise<void> {
  expect(await s.run(...targets)).toEqual([]);
}

describe('runs of disjoint tasks', () => {
  it('proceed side by side, and each result is kept', async () => {
    const s = scenario(apart, { 'in.txt': 'x\n' });
    const [a, b] = [gate(s, 'a'), gate(s, 'b')];
    const first = s.start(['run', '--json', 'a']);
    await a.reached();
    const second = s.start(['run', '--json', 'b']);
    // Both commands are running at this moment.
    await b.reached();
    a.release();
    b.release();
    for (const ran of [await first.done, await second.done]) {
      expect(ran.code, said(ran)).toBe(0);
      expect(eventsOf(ran).filter(({ event }) => event.endsWith('-waiting'))).toEqual([]);
    }
    await isDone(s, 'a', 'b');
    expect([s.read('a.txt'), s.read('b.txt')]).toEqual(['x\n', 'x\n']);
  });

  it('proceed side by side where parameters send them to different paths', async () => {
    const m = '$' + '{{ params.m }}';
    const s = scenario(
      {
        t: task('t', `echo >> "$GATES/t.up"; read go < "$GATES/t"; echo ${m} > out-${m}.txt`, {
          outputs: [`out-${m}.txt`],
        }),
      },
      {},
      { params: { m: 1 } },
    );
    const t = gate(s, 't');
    const first = s.start(['run', 't', '--m', '1']);
    const second = s.start(['run', 't', '--m', '2']);
    await t.reached(2);
    t.release();
    t.release();
    expect([(await first.done).code, (await second.done).code]).toEqual([0, 0]);
    expect([s.read('out-1.txt'), s.read('out-2.txt')]).toEqual(['1\n', '2\n']);
    await isDone(s, 't', '--m', '1');
    await isDone(s, 't', '--m', '2');
  });
});

describe('a task that another run is making', () => {
  it('is waited for and reused, while the rest goes on', async () => {
    const s = scenario(together, { 'in.txt': 'x\n' });
    const made = gate(s, 'made');
    const first = s.start(['run', 'left']);
    await made.reached();
    const second = s.start(['run', '--json', 'right']);
    await second.stdoutMatches(/"task-waiting"/);
    await second.stdoutMatches(/"task-finished","task":"other","outcome":"succeeded"/);
    made.release();
    expect((await first.done).code).toBe(0);
    const ran = await second.done;
    expect(ran.code, said(ran)).toBe(0);
    expect(outcomesOf(eventsOf(ran))).toEqual({ made: 'up-to-date', other: 'succeeded', right: 'succeeded' });
    expect(s.ran().sort()).toEqual(['left', 'made', 'other', 'right']);
    expect(s.read('right.txt')).toBe('x\no\n');
    await isDone(s, 'left', 'right');
  });

  it('is made by the second run where the first is killed', async () => {
    const s = scenario(together, { 'in.txt': 'x\n' });
    const made = gate(s, 'made');
    const first = s.start(['run', 'left']);
    const [pid = 0] = await made.reached();
    const second = s.start(['run', '--json', 'right']);
    await second.stdoutMatches(/"task-waiting"/);
    first.kill('SIGKILL');
    await first.done;
    await made.reached(2);
    await until(() => !isAlive(pid), "the end of the dead run's command");
    made.release();
    const ran = await second.done;
    expect(ran.code, said(ran)).toBe(0);
    expect(s.read('right.txt')).toBe('x\no\n');
    await isDone(s, 'right');
  });

  it('is tried by the second run where it fails in the first', async () => {
    const s = scenario(
      {
        t: task('t', `${holdAt('t')}; [ -e "$GATES/good" ] || exit 1; echo t > t.txt`, {
          outputs: ['t.txt'],
        }),
      },
      {},
    );
    const t = gate(s, 't');
    const first = s.start(['run', 't']);
    await t.reached();
    const second = s.start(['run', '--json', 't']);
    await second.stdoutMatches(/"task-waiting"/);
    t.release();
    expect((await first.done).code).toBe(1);
    await t.reached(2);
    writeFileSync(join(s.gates, 'good'), '');
    t.release();
    expect((await second.done).code).toBe(0);
    expect(s.read('t.txt')).toBe('t\n');
  });

  it('is not waited for under --no-wait: exit 4', async () => {
    const s = scenario(together, { 'in.txt': 'x\n' });
    const made = gate(s, 'made');
    const first = s.start(['run', 'left']);
    await made.reached();
    const ran = await s.exits(4, ['run', '--no-wait', 'right']);
    expect(said(ran)).toContain(String(first.pid));
    made.release();
    expect((await first.done).code).toBe(0);
  });

  it('and whose sources are edited meanwhile is made again by the second run', async () => {
    const s = scenario(together, { 'in.txt': 'old\n' });
    const made = gate(s, 'made');
    const first = s.start(['run', 'left']);
    await made.reached();
    made.release();
    expect((await first.done).code).toBe(0);
    s.write('in.txt', 'new\n');
    const second = s.start(['run', 'left']);
    await made.reached(2);
    const third = s.start(['run', '--json', 'right']);
    await third.stdoutMatches(/"task-waiting"/);
    made.release();
    expect([(await second.done).code, (await third.done).code]).toEqual([0, 0]);
    expect([s.read('left.txt'), s.read('right.txt')]).toEqual(['new\n', 'new\no\n']);
    await isDone(s, 'left', 'right');
  });
});

describe('a command of another run', () => {
  it('that reads an output keeps it as it is until it has ended', async () => {
    const s = scenario(
      {
        made: task('made', 'cat in.txt > made.txt', { inputs: ['in.txt'], outputs: ['made.txt'] }),
        reader: task('reader', `${holdAt('reader')}; cat made.txt > read.txt`, {
          inputs: ['made.txt'],
          outputs: ['read.txt'],
        }),
      },
      { 'in.txt': 'old\n' },
    );
    const reader = gate(s, 'reader');
    const first = s.start(['run', 'reader']);
    await reader.reached();
    s.write('in.txt', 'new\n');
    const second = s.start(['run', '--json', 'made']);
    await second.stdoutMatches(/"task-waiting","task":"made".*"forTask":"reader"/);
    expect(s.read('made.txt')).toBe('old\n');
    reader.release();
    expect((await second.done).code).toBe(0);
    expect(s.read('made.txt')).toBe('new\n');
    expect((await first.done).code).toBe(0);
    reader.release();
    await s.ok('run', 'reader');
    expect(s.read('read.txt')).toBe('new\n');
  });
});

describe('a resource with a name of its own', () => {
  it('is one stock for all runs of the root', async () => {
    const s = scenario({
      a: task('a', holdAt('a'), { resources: { licence: 1 } }),
      b: task('b', holdAt('b'), { resources: { licence: 1 } }),
      c: task('c', holdAt('c'), { resources: { licence: 1 } }),
    });
    const [a, b, c] = [gate(s, 'a'), gate(s, 'b'), gate(s, 'c')];
    const run = (name: string) => s.start(['run', '--json', '--resources', 'licence=2', name]);
    const first = run('a');
    await a.reached();
    const second = run('b');
    await b.reached();
    const third = run('c');
    await third.stdoutMatches(/"task-waiting","task":"c"/);
    expect(c.count()).toBe(0);
    b.release();
    await c.reached();
    a.release();
    c.release();
    for (const each of [first, second, third]) expect((await each.done).code).toBe(0);
  });
});

describe('runs that would put different bytes at one path', () => {
  const m = '$' + '{{ params.m }}';
  const tasks = {
    t: task('t', `${holdAt('t')}; echo ${m} > t.txt`, { outputs: ['t.txt'] }),
    use: task('use', 'cat t.txt > use.txt', { inputs: ['t.txt'], outputs: ['use.txt'] }),
  };

  it('take turns', async () => {
    const s = scenario(tasks, {}, { params: { m: 1 } });
    const t = gate(s, 't');
    const first = s.start(['run', 'use', '--m', '1']);
    await t.reached();
    const second = s.start(['run', '--json', 'use', '--m', '2']);
    await second.stdoutMatches(/"run-waiting"/);
    t.release();
    expect((await first.done).code).toBe(0);
    await t.reached(2);
    expect(s.read('use.txt')).toBe('1\n');
    t.release();
    const ran = await second.done;
    expect(ran.code, said(ran)).toBe(0);
    expect(s.read('use.txt')).toBe('2\n');
    expect(s.ran()).toEqual(['t', 'use', 't', 'use']);
  });

  it('do not under --no-wait: exit 4, with nothing changed', async () => {
    const s = scenario(tasks, {}, { params: { m: 1 } });
    const t = gate(s, 't');
    const first = s.start(['run', 'use', '--m', '1']);
    await t.reached();
    const ran = await s.exits(4, ['run', '--no-wait', 'use', '--m', '2']);
    expect(said(ran)).toContain(String(first.pid));
    t.release();
    expect((await first.done).code).toBe(0);
    expect(s.read('use.txt')).toBe('1\n');
  });

  it('take turns where one is forced, and where a task always runs', async () => {
    const s = scenario({
      t: task('t', `${holdAt('t')}; echo x > t.txt`, { outputs: ['t.txt'], cache: false }),
      f: task('f', `${holdAt('f')}; echo x > f.txt`, { outputs: ['f.txt'] }),
    });
    for (const [name, ...flags] of [['t'], ['f', '--force']] as const) {
      const held = gate(s, name);
      const first = s.start(['run', name, ...flags]);
      await held.reached();
      const second = s.start(['run', '--json', name, ...flags]);
      await second.stdoutMatches(/"run-waiting"/);
      held.release();
      await held.reached(2);
      expect((await first.done).code).toBe(0);
      held.release();
      expect((await second.done).code).toBe(0);
    }
  });

  it('take turns where one reads as a source what the other makes by a pipeline edited since', async () => {
    const s = scenario(
      { t: task('t', `${holdAt('t')}; echo made > t.txt`, { outputs: ['t.txt'] }) },
      { 'src.txt': 'x\n' },
    );
    const t = gate(s, 't');
    const first = s.start(['run', 't']);
    await t.reached();
    s.flow({
      u: task('u', '[ ! -e t.txt ] && echo alone > u.txt', {
        inputs: [{ path: 't.txt', optional: true }],
        outputs: ['u.txt'],
      }),
    });
    const second = s.start(['run', '--json', 'u']);
    await second.stdoutMatches(/"run-waiting"/);
    t.release();
    expect((await first.done).code).toBe(0);
    expect((await second.done).code).toBe(0);
  });
});

describe('the place of a run that was killed', () => {
  it('is free at once, and what it left is set aside', async () => {
    const s = scenario({
      t: task('t', `echo half > t.txt; ${holdAt('t')}; echo whole > t.txt`, { outputs: ['t.txt'] }),
    });
    const t = gate(s, 't');
    const first = s.start(['run', 't']);
    const [pid = 0] = await t.reached();
    first.kill('SIGKILL');
    await first.done;
    const second = s.start(['run', '--no-wait', 't']);
    await t.reached(2);
    await until(() => !isAlive(pid), "the end of the dead run's command");
    t.release();
    expect((await second.done).code).toBe(0);
    expect(s.read('t.txt')).toBe('whole\n');
    expect(s.under('.cache/live')).toEqual({});
  });
});
