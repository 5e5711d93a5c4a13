/** Slips of new users (A2, B5, F10): each is told what to do instead, and nothing that can't work is suggested. */
import { describe, expect, it } from 'vitest';
import { makeProject } from '../support/project.ts';
import { said, scenario, task } from './support/scenario.ts';

const project = () =>
  scenario(
    { train: task('train'), deploy: task('deploy') },
    {},
    { params: { month: { type: 'integer', default: 1 }, fast: { type: 'boolean', default: false } } },
  );

async function told(...args: string[]): Promise<string> {
  const s = project();
  const ran = await s.exits(2, args);
  expect(s.ran()).toEqual([]);
  expect(s.exists('.cache')).toBe(false);
  return said(ran);
}

describe('an unknown command', () => {
  it('that is the name of a task suggests `orch run`', async () => {
    expect(await told('deploy')).toContain('orch run deploy');
  });
  it('that is nearly the name of a task suggests that task', async () => {
    const text = await told('deplyo');
    expect(text).toContain('orch run deploy');
    expect(text).not.toContain('orch run deplyo');
  });
  it.each(['history', 'doctor'])('`%s` is not offered as a task', async (word) => {
    expect(await told(word)).not.toContain(`orch run ${word}`);
  });
  it.each([
    ['repro', 'orch run'],
    ['make', 'orch run'],
    ['dag', 'orch graph'],
    ['ls', 'orch list'],
    ['checkout', 'orch run'],
  ])('of another tool, %s, names what does the same: %s', async (word, right) => {
    expect(await told(word)).toContain(`\`${right}`);
  });
  it('where there is no pipeline speaks of `orch init`', async () => {
    const ran = await makeProject({ Makefile: 'all:\n' }).orch(['everything']);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('`orch init`') });
  });
  it('after `help` is named', async () => {
    expect(await told('help', 'nope')).toMatch(/error: .*nope/);
  });
});

it('a word for the command of a task, as npm takes it, belongs behind --', async () => {
  expect(await told('run', 'deploy', 'somewhere')).toContain('`orch run deploy -- somewhere`');
  expect(await told('run', 'deploy', 'trian')).not.toContain(' -- ');
});

it('a parameter as make takes it names the flag, with the name that it has here', async () => {
  expect(await told('run', 'MONTH=2')).toContain('write --param month=2');
});

describe('what the contract names and this version has not got', () => {
  it.each([
    ...['history', 'show', 'stats', 'report', 'lineage', 'audit', 'verify', 'menu', 'serve', 'schedule'],
    ...['backfill', 'export', 'import', 'doctor', 'metrics'],
  ])('`orch %s` says so, whatever follows', async (command) => {
    for (const args of [[command], [command, 'x', '--limit', '3'], [command, '--help'], ['help', command]])
      expect((await told(...args)).trim().split('\n')[0]).toBe(
        `error: \`orch ${command}\` is not supported yet`,
      );
  });

  it('a task of such a name is told apart, and runs by its name', async () => {
    const s = scenario({ report: task('report') });
    expect(said(await s.exits(2, ['report']))).toContain('orch run report');
    expect(await s.run('report')).toEqual(['report']);
  });

  it('nothing else is taken for such a command', async () => {
    expect(await told('histroy')).toContain("there is no command 'histroy'");
    expect(await told('histroy')).not.toContain('orch history');
  });

  it.each(['from', 'until', 'profile', 'label', 'since', 'trace'])('`run --%s` says so', async (flag) => {
    const line = `error: --${flag} is not supported yet`;
    expect(await told('run', 'deploy', `--${flag}`, 'x')).toContain(line);
    expect(await told('run', `--${flag}=x`, 'deploy')).toContain(line);
    const s = project();
    const variable = `ORCH_${flag.toUpperCase()}`;
    const ran = await s.exits(2, ['run', 'deploy'], { env: { [variable]: 'x' } });
    expect(said(ran)).toContain(`error: ${variable} stands for --${flag}, which is not supported yet`);
    expect(s.ran()).toEqual([]);
  });

  it('`run --replay-logs` says so', async () => {
    expect(await told('run', '--replay-logs', 'deploy')).toContain('--replay-logs is not supported yet');
  });

  it('a word of the command behind -- is no flag', async () => {
    const s = scenario({ t: task('t', 'true') });
    await s.ok('run', 't', '--', '--since', 'x');
  });

  it('a parameter of such a name is set by --param, and a warning says so', async () => {
    const s = scenario({ t: task('t ${{ params.label }}') }, {}, { params: { label: 'a' } });
    const ran = await s.ok('run', 't', '--param', 'label=b');
    expect(ran.stderr).toContain('--label is a flag of orch run');
    expect(s.ran()).toEqual(['t b']);
  });
});

describe('a flag', () => {
  it.each([
    ['--dryrun', '--dry-run'],
    ['--keepgoing', '--keep-going'],
    ['--materialise', '--materialize'],
    ['--nocache', '--no-cache'],
  ])('%s suggests %s', async (wrong, right) => {
    expect(await told('run', wrong)).toContain(right);
  });
  it('of `run` before the command says where it belongs', async () => {
    expect(await told('-n', 'run')).toContain('orch run -n');
    expect(await told('-j4', 'deploy')).toContain('orch run -j4 deploy');
  });
  it('of a parameter without its value says that the value is missing', async () => {
    const text = await told('run', '--month');
    expect(text).not.toContain('"true"');
    expect(text).toMatch(/--month.*value/);
  });
  it('of a boolean parameter before a target says how to write both', async () => {
    expect(await told('run', '--fast', 'deploy')).toContain('--fast=true');
  });
  it('for watching names `orch watch`', async () => {
    expect(await told('run', '--watch', 'deploy')).toContain('`orch watch TASK`');
  });
  it('that is the value of a parameter, -Wall say, has to be attached', async () => {
    expect(await told('run', '--month', '-Wall -O2')).toContain('--NAME=VALUE');
  });
  it('-j from its variable is named as the variable', async () => {
    const s = project();
    const ran = await s.exits(2, ['run', '-n'], { env: { ORCH_JOBS: 'x' } });
    expect(said(ran)).toContain('ORCH_JOBS');
  });
});

it('a missing file given to `validate` is no talk of -f', async () => {
  expect(await told('validate', 'nofile.yaml')).not.toContain('-f names');
});

describe('a file named in a command', () => {
  const warning = "but doesn't list it";
  it('that is no input is a warning', async () => {
    const s = scenario(
      { train: { run: 'sh train.sh > out.txt', outputs: ['out.txt'] } },
      { 'train.sh': 'echo trained\n' },
    );
    expect(said(await s.exits(0, ['validate']))).toContain(`train runs train.sh ${warning}`);
  });
  it('that a needed task makes is in the key and no warning', async () => {
    const s = scenario({
      make: { run: 'echo echo hello > gen.sh', outputs: ['gen.sh'] },
      use: { run: 'sh gen.sh > out.txt', needs: ['make'], outputs: ['out.txt'] },
      after: {
        run: 'sh gen.sh > late.txt',
        needs: [{ task: 'make', order_only: true }],
        outputs: ['late.txt'],
      },
    });
    await s.exits(0, ['run', 'use']);
    const text = said(await s.exits(0, ['validate']));
    expect(text).not.toContain('use runs');
    expect(text).toContain(`after runs gen.sh ${warning}`);
  });
});

it('a wrong value of one parameter says nothing about the others', async () => {
  expect(await told('run', '--month', 'may', '--fast=true')).not.toContain('was taken for the value');
});
