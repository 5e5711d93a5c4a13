/** SIGKILL of orch itself (F3, F4, F7; faults 1, 11, 29): what it leaves behind is never taken for a result. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { identify } from '../../src/base/process-identity.ts';
import { ORCH } from '../support/project.ts';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';
import { deadPid } from './support/taxi-project.ts';

const hasStrace = spawnSync('strace', ['-V']).status === 0;

describe('11: a command that outlives its orch', () => {
  const tasks: Fields = {
    make: task('make', `echo one >> out.txt; ${holdAt('g')}; echo two >> out.txt`, {
      inputs: ['in.txt'],
      outputs: ['out.txt'],
      grace: '1s',
    }),
    deploy: task('deploy', holdAt('d'), { inputs: ['in.txt'], grace: '1s' }),
  };

  async function leftBy(
    name: string,
    at: string,
  ): Promise<{ s: Scenario; pid: number; at: ReturnType<typeof gate> }> {
    const s = scenario(tasks, { 'in.txt': 'x\n' });
    const held = gate(s, at);
    const first = s.start(['run', name]);
    const [pid = 0] = await held.reached();
    onTestFinished(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    first.kill('SIGKILL');
    await first.done;
    return { s, pid, at: held };
  }

  it('is ended before the task is run again, and writes nothing into its result', async () => {
    const { s, pid, at } = await leftBy('make', 'g');
    const again = s.start(['run', 'make']);
    await at.reached(2);
    expect(isAlive(pid)).toBe(false);
    at.release();
    at.release();
    const ran = await again.done;
    expect(ran.code, said(ran)).toBe(0);
    expect(s.read('out.txt')).toBe('one\ntwo\n');
  });

  it('is ended where the task has no outputs too', async () => {
    const { s, pid, at } = await leftBy('deploy', 'd');
    const again = s.start(['run', 'deploy']);
    await at.reached(2);
    expect(isAlive(pid)).toBe(false);
    at.release();
    at.release();
    expect((await again.done).code).toBe(0);
  });

  it('is ended by a run of another task', async () => {
    const { s, pid } = await leftBy('deploy', 'd');
    s.flow({ ...tasks, other: task('other', 'echo o > o.txt', { outputs: ['o.txt'] }) });
    await s.ok('run', 'other');
    await until(() => !isAlive(pid), `the end of ${pid}`, 3_000);
  });
});

describe('1: what a kill leaves, laid out by hand', () => {
  it('a restore that was killed before it was recorded is not taken for done when other tasks act', async () => {
    const s = scenario(
      {
        back: { run: 'echo ${{ params.p }} > back.txt', outputs: ['back.txt'] },
        other: task('other', 'cat in.txt > other.txt', { inputs: ['in.txt'], outputs: ['other.txt'] }),
      },
      { 'in.txt': '1\n' },
      { params: { p: 1 } },
    );
    for (const p of ['1', '2', '1']) await s.ok('run', 'back', 'other', '--p', p);
    // The files have their names; that they are orch's own, and the end of the claim, came too late.
    for (const copy of ['a', 'b']) {
      const lines = s.read(`.cache/owned/${copy}`).split('\n').slice(0, -1);
      expect(lines.at(-1)).toContain('"end":');
      expect(lines.at(-2)).toContain('"own":');
      s.write(`.cache/owned/${copy}`, `${lines.slice(0, -2).join('\n')}\n`);
    }
    const journal = s.read('.cache/state/v1/journal').split('\n').slice(0, -1);
    expect(journal.at(-1)).toContain('"t":"restored"');
    s.write('.cache/state/v1/journal', `${journal.slice(0, -1).join('\n')}\n`);
    s.write('in.txt', '2\n');
    await s.ok('run', 'back', 'other', '--p', '1');
    expect(s.exists('back.txt')).toBe(true);
    expect(s.read('back.txt')).toBe('1\n');
    expect(s.read('other.txt')).toBe('2\n');
    expect(await s.run('back', 'other', '--p', '1')).toEqual([]);
  });

  it('temporary files of the dead are removed by the next run, those of others are not', async () => {
    const s = scenario({ make: task('make', 'echo 1 > out.txt', { outputs: ['out.txt'] }) });
    await s.ok('run', 'make');
    const mine = identify(process.pid)!;
    const dead = mine.replace(/^\d+/, String(deadPid()));
    for (const folder of ['state/v1', 'state/v1/compiled', 'state/v1/idle', 'owned', 'tmp'])
      for (const owner of [mine, dead]) s.write(`.cache/${folder}/.tmp-${owner}-abc123-1`, 'half');
    await s.ok('run', 'make', '--force');
    const left = Object.keys(s.under('.cache')).filter((path) => path.includes('.tmp-'));
    expect(left.filter((path) => path.includes(dead))).toEqual([]);
    expect(left).toHaveLength(5);
  });
});

describe.skipIf(!hasStrace)('29: a restore that is killed at its n-th rename', () => {
  const files = [0, 1, 2, 3, 4];
  const tasks: Fields = {
    folder: {
      run: `mkdir -p out/deep\nfor i in ${files.join(' ')}; do echo "$i \${{ params.p }}" > out/deep/f$i; done`,
      inputs: ['in.txt'],
      outputs: ['out/'],
    },
    last: { run: 'cat out/deep/* > last.txt', inputs: ['out/'], outputs: ['last.txt'] },
  };

  function killedAt(s: Scenario, rename: number): boolean {
    const { status, signal } = spawnSync(
      'strace',
      [
        ...['-f', '-qq', '-o', '/dev/null', '-e', 'trace=rename'],
        ...['-e', `inject=rename:signal=SIGKILL:when=${rename}`, ORCH, 'run', 'last', '--p', '1'],
      ],
      { cwd: s.dir, env: { ...s.environment(), UV_THREADPOOL_SIZE: '1' } },
    );
    return signal === 'SIGKILL' || status === 137;
  }

  /** Kills at every rename in turn until none is left; the state before each is that of `--p 2`. */
  async function atEachRename(check: (s: Scenario, rename: number) => Promise<void>): Promise<void> {
    let kills = 0;
    for (let rename = 1; rename < 40; rename++) {
      const s = scenario(tasks, { 'in.txt': 'x\n' }, { params: { p: 1 } });
      await s.ok('run', 'last');
      await s.ok('run', 'last', '--p', '2');
      if (!killedAt(s, rename)) break;
      kills += 1;
      await s.ok('run', 'last', '--p', '1');
      await check(s, rename);
    }
    expect(kills).toBeGreaterThan(5);
  }

  it('leaves the folder whole or absent after the rerun', { timeout: 120_000 }, () =>
    atEachRename(async (s, rename) => {
      const names = Object.keys(s.under('out/deep'));
      if (names.length > 0) expect(names, `killed at rename ${rename}`).toEqual(files.map((i) => `f${i}`));
      expect(s.read('last.txt')).toBe(files.map((i) => `${i} 1\n`).join(''));
    }),
  );

  it('leaves files that are known as orch’s own: another parameter then runs', { timeout: 120_000 }, () =>
    atEachRename(async (s, rename) => {
      const next = await s.orch(['run', 'last', '--p', '3']);
      expect(next.code, `killed at rename ${rename}\n${said(next)}`).toBe(0);
      expect(s.exists('.cache/replaced'), `killed at rename ${rename}\n${said(next)}`).toBe(false);
    }),
  );
});
