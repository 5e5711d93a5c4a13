/** Parameters: where their values come from, what is refused, what a task receives (B4, B5). */
import { readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Fields, flow, type Scenario, said, scenario, task } from './support/scenario.ts';

const PARAMS: Fields = {
  year: { type: 'integer', default: 2023, min: 2009, max: 2030 },
  rate: { type: 'number', default: 0.5 },
  on: { type: 'boolean', default: true },
  day: { type: 'date', default: '2023-01-31' },
  start: { type: 'month', default: '2023-01' },
  size: { type: 'enum', values: ['small', 'large'], default: 'small' },
  list: { type: 'list', default: ['a', 'b'] },
  url_template: 'http://{year}',
  model: { max_depth: 6, learning_rate: 0.1 },
};

const SHOWN = [
  'year',
  'rate',
  'on',
  'day',
  'start',
  'size',
  'url_template',
  'model.max_depth',
  'model.learning_rate',
];

/** `show` writes every parameter as `name=value`. */
function shown(): Scenario {
  const script = SHOWN.map((name) => `echo ${name}=\${{ params.${name} }} >> "$OUTSIDE/seen"`).join('\n');
  return scenario({ show: task('show', script) }, {}, { params: PARAMS });
}

async function value(s: Scenario, name: string, args: readonly string[], env: Record<string, string> = {}) {
  rmSync(`${s.outside}/seen`, { force: true });
  await s.exits(0, ['run', 'show', ...args], { env });
  const line = readFileSync(`${s.outside}/seen`, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}=`));
  return line?.slice(name.length + 1);
}

describe('the value of a parameter', () => {
  it('is its declared default', async () => {
    const s = shown();
    expect(await value(s, 'year', [])).toBe('2023');
    expect(await value(s, 'model.max_depth', [])).toBe('6');
    expect(await value(s, 'day', [])).toBe('2023-01-31');
  });

  it('is taken from the environment before the default', async () => {
    expect(await value(shown(), 'year', [], { ORCH_PARAM_YEAR: '2022' })).toBe('2022');
    expect(await value(shown(), 'model.max_depth', [], { ORCH_PARAM_MODEL__MAX_DEPTH: '7' })).toBe('7');
  });

  it('is taken from the command line before the environment', async () => {
    const env = { ORCH_PARAM_YEAR: '2022' };
    expect(await value(shown(), 'year', ['--param', 'year=2021'], env)).toBe('2021');
    expect(await value(shown(), 'year', ['--year', '2020'], env)).toBe('2020');
    expect(await value(shown(), 'year', ['--year=2019'], env)).toBe('2019');
  });

  it('may be nested', async () => {
    const s = shown();
    expect(await value(s, 'model.max_depth', ['--param', 'model.max_depth=8'])).toBe('8');
    expect(await value(s, 'model.learning_rate', ['--param', 'model.max_depth=8'])).toBe('0.1');
  });

  it('is a flag with dashes for underscores', async () => {
    expect(await value(shown(), 'url_template', ['--url-template', 'file:{year}'])).toBe('file:{year}');
  });

  it('may hold = and spaces', async () => {
    expect(await value(shown(), 'url_template', ['--param', 'url_template=a=b c'])).toBe('a=b c');
  });

  it.each([
    ['rate', '1.25'],
    ['on', 'false'],
    ['day', '2024-02-29'],
    ['start', '2024-12'],
    ['size', 'large'],
  ])('%s may be %s', async (name, text) => {
    expect(await value(shown(), name, ['--param', `${name}=${text}`])).toBe(text);
  });
});

describe('a bad value is exit 2 with the parameter named', () => {
  it.each([
    ['year', 'next', 'no number'],
    ['year', '2023.5', 'no integer'],
    ['year', '2008', 'below min'],
    ['year', '2031', 'above max'],
    ['rate', 'fast', 'no number'],
    ['on', 'maybe', 'no boolean'],
    ['day', '2023-02-30', 'no date'],
    ['start', '2023-13', 'no month'],
    ['size', 'medium', 'not in the enum'],
    ['model.max_depth', 'deep', 'not the type of the default'],
  ])('%s=%s: %s', async (name, text) => {
    const s = shown();
    const ran = await s.exits(2, ['run', 'show', '--param', `${name}=${text}`]);
    expect(ran.stderr).toContain(name);
    expect(s.ran()).toEqual([]);
  });

  it('from the environment too', async () => {
    const s = shown();
    const ran = await s.exits(2, ['run', 'show'], { env: { ORCH_PARAM_YEAR: 'x' } });
    expect(ran.stderr).toContain('ORCH_PARAM_YEAR');
  });

  it('an unknown name gets the nearest one', async () => {
    const s = shown();
    expect((await s.exits(2, ['run', 'show', '--param', 'yaer=2023'])).stderr).toMatch(/yaer[\s\S]*year/);
    expect((await s.exits(2, ['run', 'show', '--param', 'model.max_dept=2'])).stderr).toMatch(
      /max_dept[\s\S]*max_depth/,
    );
    expect((await s.exits(2, ['run', 'show', '--yaer', '2023'])).stderr).toContain('yaer');
  });

  it('--param without = is refused', async () => {
    expect((await shown().exits(2, ['run', 'show', '--param', 'year'])).stderr).toContain('year');
  });

  it('a default that breaks its own declaration is an error of the file', async () => {
    const s = scenario(
      { t: task('t') },
      {},
      { params: { month: { type: 'integer', default: 13, max: 12 } } },
    );
    expect((await s.exits(2, ['run', 't'])).stderr).toMatch(/orch\.yaml:\d+:\d+[\s\S]*month/);
  });

  it('parameters whose variables coincide are an error', async () => {
    const s = scenario({ t: task('t') }, {}, { params: { year: 1, Year: 2 } });
    expect((await s.exits(2, ['run', 't'])).stderr).toContain('Year');
  });

  it('a parameter with the name of a flag goes by --param only, with a warning', async () => {
    const s = scenario({ t: task('t ${{ params.force }}') }, {}, { params: { force: 'none' } });
    const ran = await s.ok('run', 't', '--param', 'force=some');
    expect(s.ran()).toEqual(['t some']);
    expect(ran.stderr).toContain('--param');
  });
});

describe('a task receives', () => {
  const dump = 'env | grep -e ^ORCH_ -e ^OMP_ | sort > env.txt; cp "$ORCH_PARAMS_FILE" params.json';
  const outputs = ['env.txt', 'params.json'];
  const params = { year: 2023, other: 1, model: { max_depth: 6, rate: 0.5 } };

  it('the parameters that it mentions or lists, and only those', async () => {
    const s = scenario(
      { t: task('t ${{ params.year }}', dump, { outputs, params: ['model'] }) },
      {},
      { params },
    );
    await s.exits(0, ['run', 't'], { env: { ORCH_PARAM_OTHER: '2' } });
    const env = s.read('env.txt');
    expect(env).toContain('ORCH_PARAM_YEAR=2023\n');
    expect(env).toContain('ORCH_PARAM_MODEL__MAX_DEPTH=6\n');
    expect(env).not.toContain('OTHER');
    expect(JSON.parse(s.read('params.json'))).toEqual({ year: 2023, model: { max_depth: 6, rate: 0.5 } });
  });

  it('a mentioned part of a map without the rest', async () => {
    const s = scenario({ t: task('t ${{ params.model.rate }}', dump, { outputs }) }, {}, { params });
    await s.ok('run', 't');
    expect(s.read('env.txt')).toContain('ORCH_PARAM_MODEL__RATE=0.5\n');
    expect(s.read('env.txt')).not.toContain('MAX_DEPTH');
    expect(await s.run('t', '--param', 'model.max_depth=7')).toEqual([]);
    expect(await s.run('t', '--param', 'model.rate=0.25')).toEqual(['t 0.25']);
  });

  it('ORCH_CPU and OMP_NUM_THREADS by its resources, ORCH_TASK only where it mentions task', async () => {
    const s = scenario({
      plain: task('plain', 'env > env.txt', { outputs: ['env.txt'], resources: { cpu: 1 } }),
      named: task('named', 'env > named.txt; echo ${{ task }}', { outputs: ['named.txt'] }),
    });
    await s.ok('run', 'plain', 'named');
    expect(s.read('env.txt')).toContain('ORCH_CPU=1\n');
    expect(s.read('env.txt')).toContain('OMP_NUM_THREADS=1\n');
    expect(s.read('env.txt')).not.toContain('ORCH_TASK');
    expect(s.read('named.txt')).toMatch(/^ORCH_TASK=.*named$/m);
  });

  it('its declared env, and the environment of the user', async () => {
    const s = scenario(
      {
        t: task('t', 'echo "$A $B $C $USERS" > out.txt', {
          env: { B: 'task', C: '${{ params.year }}' },
          outputs: ['out.txt'],
        }),
      },
      {},
      {
        params,
        env: { A: 'pipeline', B: 'pipeline' },
      },
    );
    await s.exits(0, ['run', 't'], { env: { USERS: 'own', B: 'user' } });
    expect(s.read('out.txt')).toBe('pipeline task 2023 own\n');
  });

  it('nothing that a nested orch would take for its own', async () => {
    const s = scenario(
      { outer: task('outer ${{ params.year }}', '"$BIN" -C inner run t') },
      {},
      { params: { year: 1 } },
    );
    s.write('inner/orch.yaml', flow({ t: task('inner ${{ params.year }}') }, { params: { year: 5 } }));
    const ran = await s.ok('run', 'outer', '--year', '2');
    expect(s.ran(), said(ran)).toEqual(['outer 2', 'inner 5']);
  });

  it('its working directory by dir, with paths rendered relative to it', async () => {
    const s = scenario(
      {
        t: task('t', 'pwd > ${{ outputs[0] }}; cat ${{ inputs.text }} >> ${{ outputs[0] }}', {
          dir: 'sub/deep',
          inputs: { text: 'in.txt' },
          outputs: ['made/out.txt'],
        }),
      },
      { 'in.txt': 'text\n', 'sub/deep/x': '' },
    );
    await s.ok('run', 't');
    expect(s.read('made/out.txt')).toBe(`${s.path('sub/deep')}\ntext\n`);
  });
});

describe('a run has a date', () => {
  it('that --date gives', async () => {
    const s = scenario({ t: task('t ${{ run.date }}') });
    expect(await s.run('t', '--date', '2024-02-29')).toEqual(['t 2024-02-29']);
  });

  it('that must be one', async () => {
    await scenario({ t: task('t') }).exits(2, ['run', 't', '--date', '2023-02-30']);
  });
});
