/** Two and more runs of one root (D7) with everything that a run may hold: cells, folders, retries, ends of all kinds. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import {
  bareScenario,
  eventsOf,
  type Fields,
  flow,
  outcomesOf,
  type Scenario,
  said,
  scenario,
  task,
} from './support/scenario.ts';

/** Both runs want `t`, held at a gate; `u` is made from it. */
const shared = (fields: Fields = {}, script = 'cat in.txt > t.txt'): Fields => ({
  t: task('t', `${holdAt('t')}; ${script}`, { inputs: ['in.txt'], outputs: ['t.txt'], ...fields }),
  u: task('u', 'cat t.txt > u.txt', { inputs: ['t.txt'], outputs: ['u.txt'] }),
});

const WAITS = /"task-waiting"/;

function startWaiting(s: Scenario, ...args: string[]) {
  const run = s.start(['run', '--json', ...args]);
  return { run, waits: run.stdoutMatches(WAITS) };
}

describe('what two runs share is made once', () => {
  it('each cell of a matrix', async () => {
    const m = '$' + '{{ matrix.m }}';
    const s = scenario({
      cell: {
        ...task(`cell-${m}`, `[ ${m} != 2 ] || { ${holdAt('two')}; }; echo ${m} > out-${m}.txt`, {
          outputs: [`out-${m}.txt`],
        }),
        matrix: { m: [1, 2, 3, 4] },
      },
      all: task('all', 'cat out-*.txt > all.txt', {
        inputs: ['out-*.txt'],
        needs: ['cell'],
        outputs: ['all.txt'],
      }),
    });
    const two = gate(s, 'two');
    const first = s.start(['run', '-j', '2', 'all']);
    await two.reached();
    const { run: second, waits } = startWaiting(s, '-j', '2', 'all');
    await waits;
    two.release();
    for (const ran of [await first.done, await second.done]) expect(ran.code, said(ran)).toBe(0);
    expect(s.ran().toSorted()).toEqual(['all', 'cell-1', 'cell-2', 'cell-3', 'cell-4']);
    expect(s.read('all.txt')).toBe('1\n2\n3\n4\n');
  });

  it('folders and globs of outputs', async () => {
    const s = scenario(
      {
        dir: task('dir', `mkdir -p d/e; echo half > d/a; ${holdAt('dir')}; cp in.txt d/a; cp in.txt d/e/b`, {
          inputs: ['in.txt'],
          outputs: ['d/'],
        }),
        glob: task('glob', 'mkdir -p g; cp d/a g/1.txt; cp d/e/b g/2.txt', {
          inputs: ['d/'],
          outputs: ['g/*.txt'],
        }),
        use: task('use', 'cat g/*.txt > use.txt', { inputs: ['g/*.txt'], outputs: ['use.txt'] }),
      },
      { 'in.txt': 'x\n' },
    );
    const dir = gate(s, 'dir');
    const first = s.start(['run', 'use']);
    await dir.reached();
    const { run: second, waits } = startWaiting(s, 'use');
    await waits;
    dir.release();
    for (const ran of [await first.done, await second.done]) expect(ran.code, said(ran)).toBe(0);
    expect(s.ran()).toEqual(['dir', 'glob', 'use']);
    expect(s.read('use.txt')).toBe('x\nx\n');
    expect(s.under('.cache/replaced')).toEqual({});
    expect(s.under('.cache/failed')).toEqual({});
  });

  it('six at once', async () => {
    const s = scenario(shared(), { 'in.txt': 'x\n' });
    const t = gate(s, 't');
    const first = s.start(['run', 'u']);
    await t.reached();
    const others = Array.from({ length: 5 }, () => startWaiting(s, 'u'));
    await Promise.all(others.map(({ waits }) => waits));
    t.release();
    for (const ran of await Promise.all([first.done, ...others.map(({ run }) => run.done)]))
      expect(ran.code, said(ran)).toBe(0);
    expect(s.ran()).toEqual(['t', 'u']);
    expect(s.under('.cache/live')).toEqual({});
  });

  it('and `finally` tasks are done for each run', async () => {
    const s = scenario(
      { ...shared(), end: task('end', holdAt('end'), { cache: false }) },
      { 'in.txt': 'x\n' },
      { finally: ['end'] },
    );
    const [t, end] = [gate(s, 't'), gate(s, 'end')];
    const first = s.start(['run', '--json', 'u']);
    await t.reached();
    const { run: second, waits } = startWaiting(s, 'u');
    await waits;
    t.release();
    await end.reached();
    end.release();
    end.release();
    const [one, two] = [await first.done, await second.done];
    expect([one.code, two.code], said(one) + said(two)).toEqual([0, 0]);
    expect(outcomesOf(eventsOf(one))['end']).toBe('succeeded');
  });
});

describe('while a run waits for a task of another', () => {
  it('a retry there is the one that counts', async () => {
    const s = scenario(
      shared({ retries: { limit: 2, delay: '10ms' } }, '[ -e "$GATES/good" ] || exit 1; cat in.txt > t.txt'),
      { 'in.txt': 'x\n' },
    );
    const t = gate(s, 't');
    const first = s.start(['run', '--json', 'u']);
    await t.reached();
    const { run: second, waits } = startWaiting(s, 'u');
    await waits;
    t.release();
    await t.reached(2);
    writeFileSync(join(s.gates, 'good'), '');
    t.release();
    for (const ran of [await first.done, await second.done]) expect(ran.code, said(ran)).toBe(0);
    expect(s.ran()).toEqual(['t', 't', 'u']);
  });

  it('Ctrl-C ends it at once with 130, and the other is none the worse', async () => {
    const s = scenario(shared(), { 'in.txt': 'x\n' });
    const t = gate(s, 't');
    const first = s.start(['run', 'u']);
    await t.reached();
    const { run: second, waits } = startWaiting(s, 'u');
    await waits;
    second.kill('SIGINT');
    const ended = await second.done;
    expect(ended.code, said(ended)).toBe(130);
    expect(eventsOf(ended).at(-1)).toMatchObject({ event: 'run-finished', state: 'interrupted' });
    t.release();
    expect((await first.done).code).toBe(0);
    expect(s.ran()).toEqual(['t', 'u']);
    expect(await s.run('u')).toEqual([]);
    expect(s.under('.cache/live')).toEqual({});
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s to the other: the one that waited makes it', async (signal) => {
    const s = scenario(shared(), { 'in.txt': 'x\n' });
    const t = gate(s, 't');
    const first = s.start(['run', 'u']);
    const [pid = 0] = await t.reached();
    const { run: second, waits } = startWaiting(s, 'u');
    await waits;
    first.kill(signal);
    expect((await first.done).code).toBe(signal === 'SIGINT' ? 130 : 143);
    await t.reached(2);
    expect(isAlive(pid)).toBe(false);
    t.release();
    const ran = await second.done;
    expect(ran.code, said(ran)).toBe(0);
    expect(s.ran()).toEqual(['t', 't', 'u']);
  });

  it('the time that it waits is none of its own timeout', async () => {
    const s = scenario(
      {
        t: task('t', `echo up >> "$GATES/t.up"; [ -e "$GATES/good" ] || exec sleep 60; cat in.txt > t.txt`, {
          inputs: ['in.txt'],
          outputs: ['t.txt'],
          timeout: '1s',
        }),
      },
      { 'in.txt': 'x\n' },
    );
    const t = gate(s, 't');
    const first = s.start(['run', 't']);
    await t.reached();
    const { run: second, waits } = startWaiting(s, 't');
    await waits;
    writeFileSync(join(s.gates, 'good'), '');
    const timedOut = await first.done;
    expect(timedOut.code, said(timedOut)).toBe(1);
    const ran = await second.done;
    expect(ran.code, said(ran)).toBe(0);
  });

  it('a run that is stopped is waited for, not robbed', async () => {
    const s = scenario(shared(), { 'in.txt': 'x\n' });
    const t = gate(s, 't');
    const first = s.start(['run', 'u']);
    await t.reached();
    first.kill('SIGSTOP');
    const { run: second, waits } = startWaiting(s, 'u');
    await waits;
    t.release();
    // The command has ended, and nobody has said so.
    await expect(s.orch(['run', '--no-wait', 'u']).then(({ code }) => code)).resolves.toBe(4);
    first.kill('SIGCONT');
    for (const ran of [await first.done, await second.done]) expect(ran.code, said(ran)).toBe(0);
    expect(s.ran()).toEqual(['t', 'u']);
  });

  it('a failure of another task of its own ends it', async () => {
    const s = scenario(
      { ...shared(), bad: task('bad', `${holdAt('bad')}; exit 7`), both: { needs: ['u', 'bad'] } },
      { 'in.txt': 'x\n' },
    );
    const [t, bad] = [gate(s, 't'), gate(s, 'bad')];
    const first = s.start(['run', 'u']);
    await t.reached();
    const { run: second, waits } = startWaiting(s, '-j', '4', 'both');
    await waits;
    await bad.reached();
    bad.release();
    const failed = await second.done;
    expect(failed.code, said(failed)).toBe(1);
    t.release();
    expect((await first.done).code).toBe(0);
  });

  it('its `finally` tasks still come, also when it is ended by Ctrl-C', async () => {
    const s = scenario(
      {
        ...shared(),
        own: task('own', '', { cache: false }),
        end: task('end', '', { cache: false }),
        both: { needs: ['own', 'u'] },
      },
      { 'in.txt': 'x\n' },
      { finally: ['end'] },
    );
    const t = gate(s, 't');
    const first = s.start(['run', 't']);
    await t.reached();
    const { run: second, waits } = startWaiting(s, 'both');
    await Promise.all([waits, second.stdoutMatches(/"task-finished","task":"own"/)]);
    second.kill('SIGINT');
    expect((await second.done).code).toBe(130);
    expect(s.ran()).toEqual(['t', 'own', 'end']);
    t.release();
    await first.done;
  });

  it('--no-wait ends it with 4, and its `finally` tasks still come', async () => {
    const s = scenario(
      {
        ...shared(),
        own: task('own', '', { cache: false }),
        // After `own`, and there the other run is in the way.
        v: task('v', 'cat t.txt', { inputs: ['t.txt'], needs: ['own'] }),
        end: task('end', '', { cache: false }),
      },
      { 'in.txt': 'x\n' },
      { finally: ['end'] },
    );
    const t = gate(s, 't');
    t.release();
    await s.ok('run', 'u');
    s.ran();
    s.write('in.txt', 'y\n');
    const first = s.start(['run', 't']);
    await t.reached(2);
    const ran = await s.orch(['run', '--no-wait', '-j', '1', '--json', 'v']);
    expect(ran.code, said(ran)).toBe(4);
    const trace = s.ran();
    expect(trace.includes('end'), trace.join()).toBe(trace.includes('own'));
    t.release();
    expect((await first.done).code).toBe(0);
  });
});

describe('other commands beside a run', () => {
  it('--only takes its turn, for what it takes lies as it lies', async () => {
    const s = scenario(shared(), { 'in.txt': 'x\n' });
    const t = gate(s, 't');
    t.release();
    await s.ok('run', 'u');
    s.write('in.txt', 'y\n');
    s.ran();
    const first = s.start(['run', 't']);
    await t.reached(2);
    const second = s.start(['run', '--json', '--only', '--force', 'u']);
    await second.stdoutMatches(/"run-waiting"/);
    t.release();
    for (const ran of [await first.done, await second.done]) expect(ran.code, said(ran)).toBe(0);
    expect(s.read('u.txt')).toBe('y\n');
    expect(s.ran()).toEqual(['t', 'u']);
  });

  it('clean and accept wait for its end, and go on then', async () => {
    const s = scenario(shared(), { 'in.txt': 'x\n' });
    const t = gate(s, 't');
    const first = s.start(['run', 'u']);
    await t.reached();
    const refused = await s.orch(['clean', '--outputs', '-y', '--no-wait']);
    expect(refused.code, said(refused)).toBe(4);
    const cleaning = s.start(['clean', '--outputs', '-y']);
    await cleaning.stderrMatches(/wait/i);
    const { run: second, waits } = startWaiting(s, 'u');
    await waits;
    t.release();
    for (const ran of [await first.done, await second.done, await cleaning.done])
      expect(ran.code, said(ran)).toBe(0);
    expect([s.exists('t.txt'), s.exists('u.txt')]).toEqual([false, false]);
  });

  it('watch goes round beside a run of other tasks, and shares what both want', async () => {
    const s = scenario(
      {
        ...shared(),
        w: task('w', 'cat w.in t.txt > w.txt', { inputs: ['w.in', 't.txt'], outputs: ['w.txt'] }),
      },
      { 'in.txt': 'x\n', 'w.in': '1\n' },
    );
    const t = gate(s, 't');
    const first = s.start(['run', 'u']);
    await t.reached();
    const watching = s.start(['watch', 'w']);
    await until(
      () => s.exists('.cache/live') && readdirSync(s.path('.cache/live')).length > 2,
      'the second place',
    );
    t.release();
    expect((await first.done).code).toBe(0);
    await until(() => s.exists('w.txt') && s.read('w.txt') === '1\nx\n', 'the first round');
    s.write('w.in', '2\n');
    await until(() => s.exists('w.txt') && s.read('w.txt') === '2\nx\n', 'the second round');
    watching.kill('SIGINT');
    await watching.done;
    expect(s.ran()).toEqual(['t', 'u', 'w', 'w']);
    expect(s.under('.cache/live')).toEqual({});
  });

  it('a root within a root has nothing to wait for', async () => {
    const s = bareScenario({
      'sub/orch.yaml': flow(shared()),
      'sub/in.txt': 'sub\n',
      'in.txt': 'top\n',
    });
    s.flow(shared());
    const t = gate(s, 't');
    const first = s.start(['run', '--json', 'u']);
    await t.reached();
    const second = s.start(['run', '--json', '-C', 'sub', 'u']);
    await t.reached(2);
    t.release();
    t.release();
    for (const ran of [await first.done, await second.done]) {
      expect(ran.code, said(ran)).toBe(0);
      expect(ran.stdout).not.toMatch(/-waiting"/);
    }
    expect([s.read('u.txt'), s.read('sub/u.txt')]).toEqual(['top\n', 'sub\n']);
  });
});

describe('orch within a task', () => {
  it('three levels deep, each with tasks of its own and one that all share', async () => {
    const s = scenario(
      {
        base: task('base', 'cat in.txt > base.txt', { inputs: ['in.txt'], outputs: ['base.txt'] }),
        one: task('one', '"$BIN" run two && cat two.txt > one.txt', {
          inputs: ['base.txt'],
          outputs: ['one.txt'],
        }),
        two: task('two', '"$BIN" run three && cat three.txt > two.txt', {
          inputs: ['base.txt'],
          outputs: ['two.txt'],
        }),
        three: task('three', 'cat base.txt > three.txt', { inputs: ['base.txt'], outputs: ['three.txt'] }),
      },
      { 'in.txt': 'x\n' },
    );
    const ran = await s.orch(['run', 'one'], { timeoutMs: 20_000 });
    expect(ran.signal, said(ran)).toBe(null);
    expect(ran.code, said(ran)).toBe(0);
    expect(s.ran()).toEqual(['base', 'one', 'two', 'three']);
    expect(s.read('one.txt')).toBe('x\n');
  });

  it('what both levels want is made once', async () => {
    const s = scenario(
      {
        base: task('base', 'cat in.txt > base.txt', { inputs: ['in.txt'], outputs: ['base.txt'] }),
        inner: task('inner', 'cat base.txt > inner.txt', { inputs: ['base.txt'], outputs: ['inner.txt'] }),
        outer: task('outer', '"$BIN" run inner', { cache: false }),
        all: { needs: ['outer', 'inner'] },
      },
      { 'in.txt': 'x\n' },
    );
    const ran = await s.orch(['run', 'all'], { timeoutMs: 20_000 });
    expect(ran.signal, said(ran)).toBe(null);
    expect(ran.code, said(ran)).toBe(0);
    expect(s.ran().toSorted()).toEqual(['base', 'inner', 'outer']);
  });

  it('two levels down it is told as well that an ancestor is at what it wants', async () => {
    const s = scenario({
      one: task('one', '"$BIN" run two', { outputs: [{ path: 'one.txt' }] }),
      two: task('two', '"$BIN" run one || { echo "inner $?" >> "$TRACE"; exit 1; }', { cache: false }),
    });
    const ran = await s.orch(['run', 'one'], { timeoutMs: 20_000 });
    expect(ran.signal, said(ran)).toBe(null);
    expect(s.ran()).toEqual(['one', 'two', 'inner 2']);
  });

  it('it does not wait for a run that waits for its own task', async () => {
    const m = '$' + '{{ params.m }}';
    const s = scenario(
      {
        outer: task(
          'outer',
          `${holdAt('outer')}; "$BIN" run p --m 2 || echo "inner $?" >> "$TRACE"; echo x > o.txt`,
          {
            outputs: ['o.txt'],
          },
        ),
        p: task('p', `echo ${m} > p.txt`, { outputs: ['p.txt'] }),
        both: { needs: ['outer', 'p'] },
      },
      {},
      { params: { m: 1 } },
    );
    const outer = gate(s, 'outer');
    const first = s.start(['run', 'outer'], { timeoutMs: 20_000 });
    await outer.reached();
    const second = s.start(['run', '--json', 'both'], { timeoutMs: 20_000 });
    await second.stdoutMatches(WAITS);
    outer.release();
    const [one, two] = [await first.done, await second.done];
    expect([one.signal, two.signal], said(one) + said(two)).toEqual([null, null]);
    expect([one.code, two.code], said(one) + said(two)).toEqual([0, 0]);
    expect(s.ran().filter((name) => name.startsWith('inner'))).toEqual(['inner 2']);
  });
});

it('a folder of live runs that cannot be used is told with its path, and nothing runs', async () => {
  const s = scenario(shared(), { 'in.txt': 'x\n', '.cache/live': 'in the way\n' });
  const ran = await s.orch(['run', 'u']);
  expect(ran.code, said(ran)).toBe(3);
  expect(said(ran)).toContain('.cache/live');
  expect(said(ran)).not.toMatch(/internal error|bug/i);
  expect(s.ran()).toEqual([]);
});
