/** What a run finds after failures, interrupts and damage: the same command goes on, and nothing is refused or lost (D6, F3). */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { eventsOf, type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

/** Makes the files of `out/`, is held where in.txt says so, and fails where it says so. */
function fill(output: string): Fields {
  const script = `mkdir -p out; cp in.txt out/a.txt; case $(cat in.txt) in hold) ${holdAt('g')};; fail) exit 1;; esac`;
  return { fill: task('fill', script, { inputs: ['in.txt'], outputs: [output], grace: '1s' }) };
}

describe.each([
  ['a folder', 'out/'],
  ['a glob', 'out/*.txt'],
  ['a file', 'out/a.txt'],
])('%s as an output', (_what, output) => {
  async function made(): Promise<Scenario> {
    const s = scenario(fill(output), { 'in.txt': 'one' });
    await s.ok('run', 'fill');
    return s;
  }

  async function rightAgain(s: Scenario): Promise<void> {
    s.write('in.txt', 'two');
    s.ran();
    expect(await s.run('fill')).toEqual(['fill']);
    expect(s.under('out')).toEqual({ 'a.txt': 'two' });
    s.write('in.txt', 'one');
    expect(await s.run('fill')).toEqual([]);
    expect(s.under('out')).toEqual({ 'a.txt': 'one' });
  }

  it('after a failure', async () => {
    const s = await made();
    s.write('in.txt', 'fail');
    await s.exits(1, ['run', 'fill']);
    await rightAgain(s);
    expect(s.under('.cache/replaced')).toEqual({});
  });

  it('after an interrupt', async () => {
    const s = await made();
    const g = gate(s, 'g');
    s.write('in.txt', 'hold');
    const running = s.start(['run', 'fill']);
    await g.reached();
    running.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    await rightAgain(s);
  });

  it('after the death of orch and its command', async () => {
    const s = await made();
    const g = gate(s, 'g');
    s.write('in.txt', 'hold');
    const running = s.start(['run', 'fill']);
    const [pid = 0] = await g.reached();
    running.kill('SIGKILL');
    await running.done;
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'the end of the command');
    await rightAgain(s);
  });

  it('after each file of the state was damaged, and the input changed', async () => {
    const damages = [
      (file: string) => truncateSync(file, readFileSync(file).length >> 1),
      (file: string) => writeFileSync(file, 'garbage\n'),
    ];
    const s = await made();
    let round = 0;
    for (const path of Object.keys(s.under('.cache/state'))) {
      for (const damage of damages) {
        if (!s.exists(`.cache/state/${path}`)) continue;
        damage(s.path('.cache/state', path));
        s.write('in.txt', `round ${round++}`);
        expect(await s.run('fill'), path).toEqual(['fill']);
        expect(s.under('out'), path).toEqual({ 'a.txt': s.read('in.txt') });
        expect(s.under('.cache/replaced'), path).toEqual({});
      }
    }
    expect(round).toBeGreaterThan(0);
  });

  it('after --clean, and the input changed', async () => {
    const s = await made();
    await s.ok('--clean');
    s.write('in.txt', 'two');
    expect(await s.run('fill')).toEqual(['fill']);
    expect(s.under('out')).toEqual({ 'a.txt': 'two' });
    expect(s.under('.cache/replaced')).toEqual({});
  });
});

describe('an interrupt', () => {
  it('ends the wait for a retry', async () => {
    const s = scenario({ t: task('t', 'exit 1', { retries: { limit: 1, delay: '1h' } }) });
    const running = s.start(['run', '--json', 't']);
    await running.stdoutMatches(/"task-retrying"/);
    running.kill('SIGINT');
    const ran = await running.done;
    expect(ran.code, said(ran)).toBe(130);
    expect(eventsOf(ran).at(-1)).toMatchObject({ event: 'run-finished', state: 'interrupted' });
    expect(s.ran()).toEqual(['t']);
  });

  it.each([
    ['task', []],
    ['run', ['--force']],
  ])('ends the wait of a %s for another run, which goes on', async (what, flags) => {
    const s = scenario({ t: task('t', `${holdAt('g')}; echo 1 > out.txt`, { outputs: ['out.txt'] }) });
    const g = gate(s, 'g');
    const first = s.start(['run', 't']);
    await g.reached();
    const second = s.start(['run', '--json', 't', ...flags]);
    await second.stdoutMatches(new RegExp(`"${what}-waiting"`));
    second.kill('SIGINT');
    expect((await second.done).code).toBe(130);
    g.release();
    expect((await first.done).code).toBe(0);
    expect(s.read('out.txt')).toBe('1\n');
  });
});

describe('clean during a run', () => {
  it('waits or refuses: the run ends well either way', async () => {
    const s = scenario({
      a: task('a', 'echo 1 > a.txt', { outputs: ['a.txt'] }),
      b: task('b', `${holdAt('g')}; cat a.txt > b.txt`, { inputs: ['a.txt'], outputs: ['b.txt'] }),
    });
    const g = gate(s, 'g');
    const first = s.start(['run', 'b']);
    await g.reached();
    const cleaning = s.start(['clean', '--outputs', '-y']);
    await s.ok('status');
    expect(s.read('a.txt')).toBe('1\n');
    g.release();
    const ran = await first.done;
    expect(ran.code, said(ran)).toBe(0);
    expect([0, 4]).toContain((await cleaning.done).code);
    g.release();
    await s.ok('run', 'b');
    expect(s.read('b.txt')).toBe('1\n');
  });
});
