/** Tasks without outputs: a deploy, a check (C3). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

const deploy = (fields: Fields = {}, script = '') =>
  task('deploy', script, { inputs: ['release.txt'], ...fields });

async function deployed(fields: Fields = {}): Promise<Scenario> {
  const s = scenario({ deploy: deploy(fields) }, { 'release.txt': '1\n' });
  expect(await s.run('deploy')).toEqual(['deploy']);
  return s;
}

describe('a task without outputs', () => {
  it('is up to date after it succeeded', async () => {
    const s = await deployed();
    expect(await s.run('deploy')).toEqual([]);
    expect(await s.outcomes('deploy')).toEqual({ deploy: 'up-to-date' });
  });

  it('runs again when going back to what it did before', async () => {
    const s = await deployed();
    s.write('release.txt', '2\n');
    expect(await s.run('deploy')).toEqual(['deploy']);
    s.write('release.txt', '1\n');
    expect(await s.run('deploy')).toEqual(['deploy']);
    expect(await s.run('deploy')).toEqual([]);
  });

  it('goes back together with a build that is restored', async () => {
    const s = scenario(
      {
        build: task('build ${{ params.v }}', 'echo ${{ params.v }} > release.txt', {
          outputs: ['release.txt'],
        }),
        deploy: task('deploy', 'cat release.txt > "$OUTSIDE/live"', { needs: ['build'] }),
      },
      {},
      { params: { v: 1 } },
    );
    expect(await s.run('deploy')).toEqual(['build 1', 'deploy']);
    expect(await s.run('deploy', '--v', '2')).toEqual(['build 2', 'deploy']);
    expect(await s.outcomes('deploy')).toMatchObject({ build: 'restored', deploy: 'succeeded' });
    expect(s.ran()).toEqual(['deploy']);
    expect(await s.run('deploy')).toEqual([]);
  });

  it('runs again after it failed', async () => {
    const s = scenario({ deploy: deploy({}, 'test -e "$OUTSIDE/fixed"') }, { 'release.txt': '1\n' });
    await s.exits(1, ['run', 'deploy']);
    await s.exits(1, ['run', 'deploy']);
    expect(s.ran()).toEqual(['deploy', 'deploy']);
  });

  it('runs again with its old key after a later one failed halfway', async () => {
    const s = scenario({ deploy: deploy({}, 'grep -q 1 release.txt') }, { 'release.txt': '1\n' });
    expect(await s.run('deploy')).toEqual(['deploy']);
    s.write('release.txt', '2\n');
    await s.exits(1, ['run', 'deploy']);
    s.write('release.txt', '1\n');
    expect(await s.run('deploy')).toEqual(['deploy']);
  });

  it('runs again with its old key after a later one died together with orch', async () => {
    const s = scenario(
      { deploy: deploy({}, `if grep -q 2 release.txt; then ${holdAt('two')}; fi`) },
      { 'release.txt': '1\n' },
    );
    const two = gate(s, 'two');
    expect(await s.run('deploy')).toEqual(['deploy']);
    s.write('release.txt', '2\n');
    const running = s.start(['run', 'deploy']);
    const [pid] = await two.reached();
    running.kill('SIGKILL');
    await running.done;
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => !isAlive(pid ?? 0), 'the end of the command');
    s.write('release.txt', '1\n');
    expect(await s.run('deploy')).toEqual(['deploy']);
  });

  it('runs again after it was interrupted', async () => {
    const s = scenario(
      { deploy: deploy({}, `if grep -q 2 release.txt; then ${holdAt('two')}; fi`) },
      { 'release.txt': '1\n' },
    );
    const two = gate(s, 'two');
    await s.ok('run', 'deploy');
    s.write('release.txt', '2\n');
    const running = s.start(['run', 'deploy']);
    await two.reached();
    running.kill('SIGTERM');
    expect((await running.done).code).toBe(143);
    s.write('release.txt', '1\n');
    expect(await s.run('deploy')).toEqual(['deploy']);
  });

  it('runs again under another name', async () => {
    const s = await deployed();
    s.flow({ release: deploy() });
    expect(await s.run('release')).toEqual(['deploy']);
  });

  it('runs again under another name of the pipeline', async () => {
    const s = await deployed();
    s.flow({ deploy: deploy() }, { name: 'other', cache: { scope: 'flow' } });
    expect(await s.run('deploy')).toEqual(['deploy']);
  });

  it('runs again when what it needs made other bytes', async () => {
    const s = scenario(
      {
        build: task('build', 'sed s/a/b/ in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }),
        deploy: task('deploy', '', { needs: ['build'] }),
      },
      { 'in.txt': 'a\n' },
    );
    expect(await s.run('deploy')).toEqual(['build', 'deploy']);
    s.write('in.txt', 'b\n');
    expect(await s.run('deploy')).toEqual(['build']);
    s.write('in.txt', 'c\n');
    expect(await s.run('deploy')).toEqual(['build', 'deploy']);
  });

  it('runs again when forced', async () => {
    const s = await deployed();
    expect(await s.run('--force', 'deploy')).toEqual(['deploy']);
    expect(await s.run('deploy')).toEqual([]);
  });

  it('always runs with cache: false', async () => {
    const s = await deployed({ cache: false });
    expect(await s.run('deploy')).toEqual(['deploy']);
  });

  it('runs again after --clean', async () => {
    const s = await deployed();
    await s.ok('--clean');
    expect(await s.run('deploy')).toEqual(['deploy']);
  });
});

describe('a probe', () => {
  const probe = 'echo probe >> "$TRACE"; cmp -s release.txt "$OUTSIDE/live"';

  async function live(): Promise<Scenario> {
    const s = scenario(
      { deploy: deploy({ probe }, 'cat release.txt > "$OUTSIDE/live"') },
      { 'release.txt': '1\n' },
    );
    await s.ok('run', 'deploy');
    s.ran();
    return s;
  }

  it('that answers yes lets the record be believed', async () => {
    const s = await live();
    expect(await s.run('deploy')).toEqual(['probe']);
  });

  it('that answers no makes the task run, and the run says why', async () => {
    const s = await live();
    writeFileSync(join(s.outside, 'live'), 'rolled back\n');
    const ran = await s.ok('run', 'deploy');
    expect(s.ran()).toEqual(['probe', 'deploy']);
    expect(said(ran)).toMatch(/probe|in place/);
    expect(await s.run('deploy')).toEqual(['probe']);
  });

  it('is not asked by a dry run or by status', async () => {
    const s = await live();
    await s.ok('run', '--dry-run', 'deploy');
    await s.ok('status');
    expect(s.ran()).toEqual([]);
  });
});
