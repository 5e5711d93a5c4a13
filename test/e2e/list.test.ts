/** `orch list`: the tasks in the order of the file, for eyes on a terminal, for programs off one. */
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { onTerminal } from '../support/terminal-run.ts';
import { bareScenario, type Fields, flow, type Scenario, scenario, task } from './support/scenario.ts';

const TASKS: Fields = {
  zeta: task('zeta', '', { description: 'First in the file', labels: ['nightly', 'gpu'] }),
  train: task('train', 'echo ${{ matrix.model }} ${{ matrix.month }}', {
    description: 'One model\na month',
    matrix: { model: ['a', 'b'], month: '${{ range(1, params.months + 1) }}' },
    labels: ['gpu'],
  }),
  all: { needs: ['zeta', 'train[*]'] },
  alpha: task('alpha', '', { cache: false }),
};

const project = (): Scenario =>
  scenario(TASKS, {}, { default: ['all'], finally: ['alpha'], params: { months: 12 } });

const fields = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));

describe('orch list', () => {
  it('off a terminal prints a line a task: name, what it is, labels, description', async () => {
    const { stdout } = await project().ok('list');
    expect(fields(stdout)).toEqual([
      ['zeta', '', 'nightly, gpu', 'First in the file'],
      ['train[model=a|b,month=1..12]', '24 cells', 'gpu', 'One model a month'],
      ['all', 'group, default', '', ''],
      ['alpha', 'finally', '', ''],
    ]);
  });

  it('prints names that are targets, cells folded or not', async () => {
    const s = project();
    for (const args of [[], ['--cells']])
      for (const [name] of fields((await s.ok('list', ...args)).stdout).slice(0, 5))
        await s.ok('run', '-n', name!);
    s.ran();
    await s.ok('run', 'train[model=a|b,month=2..3]');
    expect(s.ran().filter((name) => name === 'train')).toHaveLength(4);
  });

  it('--cells prints every cell, with parameters as a run would have them', async () => {
    const { stdout } = await project().ok('list', '--cells', '--months', '1');
    expect(fields(stdout).map(([name]) => name)).toEqual([
      'zeta',
      'train[model=a,month=1]',
      'train[model=b,month=1]',
      'all',
      'alpha',
    ]);
  });

  it('--label prints only tasks that have one of the labels', async () => {
    const s = project();
    const names = async (...args: string[]) =>
      fields((await s.ok('list', ...args)).stdout).map(([name]) => name!.slice(0, 5));
    expect(await names('--label', 'nightly')).toEqual(['zeta']);
    expect(await names('--label', 'gpu')).toEqual(['zeta', 'train']);
    expect(await names('--label', 'nightly', '--label=gpu')).toEqual(['zeta', 'train']);
    const { stderr } = await s.exits(2, ['list', '--label', 'nigthly']);
    expect(stderr).toContain("no task has the label 'nigthly'");
    expect(stderr).toContain("did you mean 'nightly'?");
    expect((await s.exits(2, ['list', '--lable', 'gpu'])).stderr).toContain('did you mean --label?');
  });

  it('qualifies a name that several pipelines have, so that each is a target', async () => {
    const s = bareScenario();
    for (const name of ['one', 'two'])
      s.write(
        `pipelines/${name}.yaml`,
        flow({ same: task('same', '', { matrix: { k: [1, 2] } }), [`only_${name}`]: task(name) }, { name }),
      );
    const names = async (...args: string[]) =>
      fields((await s.ok('list', ...args)).stdout).map(([name]) => name);
    expect(await names()).toEqual(['one:same[k=1|2]', 'only_one', 'two:same[k=1|2]', 'only_two']);
    for (const name of await names('--cells')) await s.ok('run', '-n', name!);
    expect(await names('-p', 'two')).toEqual(['two:same[k=1|2]', 'only_two']);
  });

  it('--json has every cell with what it reads and makes', async () => {
    const document = JSON.parse((await project().ok('list', '--json', '--label', 'gpu')).stdout) as {
      pipelines: { name: string; tasks: Record<string, unknown>[] }[];
    };
    const [pipeline] = document.pipelines;
    expect(pipeline!.name).toBe('flow');
    expect(pipeline!.tasks).toHaveLength(25);
    expect(pipeline!.tasks[1]).toEqual({
      name: 'train',
      label: 'train[model=a,month=1]',
      description: 'One model\na month',
      kind: 'task',
      default: false,
      final: false,
      cell: { model: 'a', month: 1 },
      inputs: [],
      outputs: [],
      needs: [],
      labels: ['gpu'],
    });
  });

  it('on a terminal is aligned, under a heading a pipeline, no wider than the terminal', async () => {
    const s = project();
    for (const columns of [20, 40, 80, 120]) {
      const { output } = await onTerminal(s.dir, ['list', '--no-color'], { columns });
      const lines = output.trimEnd().split('\n');
      expect(lines).toHaveLength(5);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }
    const { output } = await onTerminal(s.dir, ['list', '--no-color'], { columns: 100 });
    expect(output).toBe(
      [
        'flow (orch.yaml)',
        '  zeta                                          nightly, gpu  First in the file',
        '  train[model=a|b,month=1..12]  24 cells        gpu           One model a month',
        '  all                           group, default',
        '  alpha                         finally',
        '',
      ].join('\n'),
    );
  });
});
