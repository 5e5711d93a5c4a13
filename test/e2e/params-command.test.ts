/** `orch params`: every parameter with its value, where that comes from, and the tasks that use it. */
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { onTerminal } from '../support/terminal-run.ts';
import { bareScenario, type Fields, flow, type Scenario, scenario, task } from './support/scenario.ts';

const PARAMS: Fields = {
  month: { type: 'integer', default: 1, min: 1, max: 12, description: 'Which month' },
  source: { type: 'enum', values: ['sample', 'tlc'], default: 'sample' },
  model: { max_depth: 6, kind: 'tree' },
  jobs: { type: 'integer', default: 3 },
  unused: 'x',
};

const TASKS: Fields = {
  fetch: task('fetch', 'echo ${{ params.source }} > raw.txt', { outputs: ['raw.txt'] }),
  train: task('train', 'echo ${{ params.model.max_depth }} > ${{ outputs[0] }}', {
    matrix: { part: '${{ range(0, params.month) }}' },
    inputs: ['raw.txt'],
    outputs: ['model-${{ matrix.part }}.txt'],
  }),
  report: task('report', 'echo ${{ params.source }}', { params: ['model'] }),
};

const project = (): Scenario => scenario(TASKS, {}, { params: PARAMS });

interface Shown {
  readonly name: string;
  readonly [field: string]: unknown;
}

async function shown(s: Scenario, ...args: string[]): Promise<Record<string, Shown>> {
  const { params } = JSON.parse((await s.ok('params', '--json', ...args)).stdout) as { params: Shown[] };
  return Object.fromEntries(params.map((each) => [each.name, each]));
}

describe('orch params', () => {
  it('prints a line for each value: name, value, type, where it comes from, description, tasks', async () => {
    const { stdout, stderr } = await project().ok('params');
    expect(stdout.split('\n').map((line) => line.split('\t'))).toEqual([
      ['month', '1', 'integer 1..12', 'default', 'Which month', 'train'],
      ['source', 'sample', 'enum sample|tlc', 'default', '', 'fetch, report'],
      ['model.max_depth', '6', 'number', 'default', '', 'train, report'],
      ['model.kind', 'tree', 'string', 'default', '', 'report'],
      ['jobs', '3', 'integer', 'default', '', ''],
      ['unused', 'x', 'string', 'default', '', ''],
      [''],
    ]);
    expect(stderr).not.toContain('error');
  });

  it('says what set a value, and what it would be without', async () => {
    const s = project();
    const { stdout } = await s.exits(0, ['params', '--month', '3', '--param', 'source=tlc'], {
      env: { ORCH_PARAM_MODEL__MAX_DEPTH: '8', ORCH_PARAM_MONTH: '2' },
    });
    const from = Object.fromEntries(
      stdout.split('\n').map((line) => [line.split('\t')[0], line.split('\t')]),
    );
    expect(from['month']?.slice(1, 4)).toEqual(['3', 'integer 1..12', '--month (default 1)']);
    expect(from['source']?.slice(1, 4)).toEqual(['tlc', 'enum sample|tlc', '--param (default sample)']);
    expect(from['model.max_depth']?.[3]).toBe('ORCH_PARAM_MODEL__MAX_DEPTH (default 6)');
    expect(from['model.kind']?.[3]).toBe('default');
  });

  it('--json has every field, with values as they are', async () => {
    const { month, model, jobs } = await shown(project(), '--model.max_depth=8');
    expect(month).toEqual({
      pipeline: 'flow',
      name: 'month',
      value: 1,
      type: 'integer',
      origin: 'default',
      setBy: [],
      default: 1,
      min: 1,
      max: 12,
      values: null,
      variable: 'ORCH_PARAM_MONTH',
      flag: '--month',
      description: 'Which month',
      tasks: ['train'],
      uses: { month: ['train'] },
    });
    expect(model).toMatchObject({
      value: { max_depth: 8, kind: 'tree' },
      default: { max_depth: 6, kind: 'tree' },
      origin: 'command-line',
      setBy: [{ name: 'model.max_depth', by: '--model.max_depth' }],
      tasks: ['train', 'report'],
      uses: { 'model.max_depth': ['train'], model: ['report'] },
    });
    // A flag of orch has this name: only --param sets it.
    expect(jobs).toMatchObject({ flag: null });
  });

  it('with targets lists what they and their needs use', async () => {
    const s = project();
    expect(Object.keys(await shown(s, 'train'))).toEqual(['month', 'source', 'model']);
    expect((await shown(s, 'train'))['source']).toMatchObject({ tasks: ['fetch'] });
    expect(Object.keys(await shown(s, 'fetch'))).toEqual(['source']);
    await s.exits(2, ['params', 'trian']);
    await s.exits(2, ['params', '--month', '13']);
  });

  it('names the pipeline where there are several', async () => {
    const s = bareScenario();
    for (const name of ['one', 'two'])
      s.write(`pipelines/${name}.yaml`, flow({ [name]: task(name) }, { name, params: { size: 1 } }));
    const names = (text: string) => text.split('\n').map((line) => line.split('\t')[0]);
    expect(names((await s.ok('params')).stdout)).toEqual(['one:size', 'two:size', '']);
    expect(names((await s.ok('params', '-p', 'two')).stdout)).toEqual(['size', '']);
  });

  it('without parameters says so on stderr and prints nothing', async () => {
    const { stdout, stderr } = await scenario({ t: task('t') }).ok('params');
    expect(stdout).toBe('');
    expect(stderr).toBe('no parameters are declared\n');
  });

  it('on a terminal is a table no wider than it', async () => {
    const s = scenario(
      { t: task('t', 'echo ${{ params.city }}') },
      {},
      {
        params: {
          city: { type: 'string', default: '東京都'.repeat(20), description: 'Which\ncity\tor place' },
        },
      },
    );
    for (const columns of [30, 50, 80, 120]) {
      const { output } = await onTerminal(s.dir, ['params', '--no-color'], { columns });
      const lines = output.split('\n');
      expect(lines).toHaveLength(3);
      expect(lines[0]).toMatch(/^parameter +value +/);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }
    const { output } = await onTerminal(s.dir, ['params', '--no-color'], { columns: 120 });
    expect(output).toContain('Which city or place');
  });

  it('runs nothing and writes nothing', async () => {
    const s = project();
    await s.ok('params');
    expect(Object.keys(s.userTree())).toEqual(['orch.yaml']);
    expect(s.exists('.cache')).toBe(false);
  });
});
