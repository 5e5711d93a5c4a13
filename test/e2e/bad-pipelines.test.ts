/** FAULTS 49 and 51, and what else a pipeline may get wrong (B11, E1): one clear message with its place, exit 2. */
import { describe, expect, it } from 'vitest';
import { bareScenario, type Scenario, scenario, task } from './support/scenario.ts';

const HEAD = 'version: 1\nname: flow\n';

function project(body: string, files: Record<string, string> = {}): Scenario {
  const s = bareScenario(files);
  s.write('orch.yaml', HEAD + body);
  return s;
}

async function refused(body: string, words: readonly (string | RegExp)[]): Promise<void> {
  const s = project(body);
  for (const args of [['validate'], ['run', 'make']]) {
    const ran = await s.exits(2, args);
    for (const word of words) {
      if (typeof word === 'string') expect(ran.stderr).toContain(word);
      else expect(ran.stderr).toMatch(word);
    }
    expect(ran.stderr).toMatch(/orch\.yaml:\d+:\d+/);
  }
  expect(Object.keys(s.userTree())).toEqual(['orch.yaml']);
}

describe('FAULT 49: outputs of two tasks that overlap', () => {
  it.each([
    ['the same file', 'out.txt', 'out.txt'],
    ['the same file written in two ways', 'out.txt', './out.txt'],
    ['a file under a folder', 'out/', 'out/a.txt'],
    ['a folder under a folder', 'out/', 'out/deep/'],
    ['a file that a glob matches', 'out/*.txt', 'out/a.txt'],
    ['a glob under a folder', 'out/', 'out/*.txt'],
  ])('%s', async (_what, one, two) => {
    await refused(`tasks:\n  make: {run: a, outputs: ['${one}']}\n  other: {run: b, outputs: ['${two}']}\n`, [
      'make',
      'other',
      /out/,
    ]);
  });

  it('in two pipelines of the root', async () => {
    const s = bareScenario();
    const text = (name: string) =>
      `version: 1\nname: ${name}\ntasks:\n  make_${name}: {run: a, outputs: [out.txt]}\n`;
    s.write('pipelines/one.yaml', text('one'));
    s.write('pipelines/two.yaml', text('two'));
    const ran = await s.exits(2, ['validate']);
    expect(ran.stderr).toContain('make_one');
    expect(ran.stderr).toContain('make_two');
  });

  it('a file and a folder of its name', async () => {
    await refused("tasks:\n  make: {run: a, outputs: ['out']}\n  other: {run: b, outputs: ['out/a.txt']}\n", [
      'make',
      'other',
    ]);
  });
});

describe('FAULT 51: a task that writes its own input', () => {
  it.each([
    ['the same path', 'data.txt', 'data.txt'],
    ['an output under an input folder', 'data/', 'data/a.txt'],
    ['an output that an input glob matches', 'data/*.txt', 'data/a.txt'],
    ['an input under an output folder', 'data/a.txt', 'data/'],
  ])('%s', async (_what, input, output) => {
    await refused(`tasks:\n  make: {run: a, inputs: ['${input}'], outputs: ['${output}']}\n`, [
      'make',
      /data/,
    ]);
  });
});

describe('a pipeline is refused', () => {
  it.each([
    ['without version', 'tasks: {make: {run: x}}\n', [/version/]],
    ['that needs a task that is not there', 'tasks:\n  make: {run: x, needs: [mkae2]}\n', ['mkae2']],
    [
      'with a name of the wrong type',
      'description: [1]\ntasks: {make: {run: x}}\n',
      [/description/, 'orch.yaml:3:'],
    ],
    [
      'with a duration that is none',
      'tasks:\n  make: {run: x, timeout: soon}\n',
      [/timeout/, /soon/, 'orch.yaml:4:'],
    ],
    ['with a size that is none', 'tasks:\n  make: {run: x, resources: {memory: lots}}\n', [/lots/]],
    ['with a negative resource', 'tasks:\n  make: {run: x, resources: {cpu: -1}}\n', [/cpu/]],
    ['with a broken expression', "tasks:\n  make: {run: 'echo ${{ params. }}'}\n", ['orch.yaml:4:']],
    [
      'with an expression that is not closed',
      "tasks:\n  make: {run: 'echo ${{ params.x'}\n",
      ['orch.yaml:4:'],
    ],
    [
      'with an unknown parameter',
      "params: {year: 1}\ntasks:\n  make: {run: 'echo ${{ params.yaer }}'}\n",
      [/yaer/, /year/],
    ],
    ['with an unknown function', "tasks:\n  make: {run: 'echo ${{ padd(1, 2) }}'}\n", [/padd/, /pad\b/]],
    [
      'with an output index that is not there',
      "tasks:\n  make: {run: 'echo ${{ outputs[3] }}', outputs: [a]}\n",
      [/outputs/],
    ],
    ['with an unknown default target', 'default: [mkae]\ntasks:\n  make: {run: x}\n', [/mkae/, /make/]],
    ['with an unknown finally task', 'finally: [clean]\ntasks:\n  make: {run: x}\n', [/clean/]],
    [
      'with metrics of a task that is not upstream',
      "tasks:\n  make: {run: 'echo ${{ metrics.other.a }}'}\n  other: {run: x, metrics: [m.json]}\n",
      [/other/],
    ],
    ['with an empty matrix', 'tasks:\n  make: {run: x, matrix: {m: []}}\n', [/matrix|m\b/]],
  ] as [string, string, (string | RegExp)[]][])('%s', async (what, body, words) => {
    if (what === 'without version') {
      const s = bareScenario();
      s.write('orch.yaml', body);
      const ran = await s.exits(2, ['validate']);
      for (const word of words) expect(ran.stderr).toMatch(word);
    } else await refused(body, words);
  });

  it('of a version that this orch does not know', async () => {
    const s = bareScenario({ 'orch.yaml': 'version: 2\ntasks: {make: {run: x}}\n' });
    const ran = await s.exits(2, ['run', 'make']);
    expect(ran.stderr).toMatch(/orch\.yaml:1:\d+[\s\S]*version/);
  });

  it('with all its errors together', async () => {
    await refused('descripton: x\ntasks:\n  make: {run: x, ouputs: [a]}\n  two: {run: y, timeout: soon}\n', [
      /descripton/,
      /ouputs/,
      /soon/,
    ]);
  });

  it('with a code frame', async () => {
    await refused('tasks:\n  make:\n    run: x\n    ouputs: [a]\n', [/ouputs: \[a\]/, /\^/]);
  });

  it('and validate names every file that is wrong', async () => {
    const s = bareScenario({
      'pipelines/one.yaml': 'version: 1\nname: one\ntasks: {a: {rnu: x}}\n',
      'pipelines/two.yaml': 'version: 1\nname: two\ntasks: {b: {runn: x}}\n',
    });
    const ran = await s.exits(2, ['validate']);
    expect(ran.stderr).toMatch(/one\.yaml:3:/);
    expect(ran.stderr).toMatch(/two\.yaml:3:/);
  });
});

describe('fields of later issues', () => {
  it('are either done or refused with their place, never ignored', async () => {
    const s = project('tasks:\n  make: {run: x, pool: gpu, breaker: b}\n');
    const ran = await s.orch(['validate']);
    if (ran.code !== 0) {
      expect(ran.code).toBe(2);
      expect(ran.stderr).toMatch(/orch\.yaml:4:\d+/);
      expect(ran.stderr).toMatch(/supported/);
    }
  });
});

describe('warnings', () => {
  it('a | under plain sh names shell: bash', async () => {
    const s = scenario({ t: task('t', 'echo a | cat > out.txt', { outputs: ['out.txt'] }) });
    const ran = await s.ok('run', 't');
    expect(ran.stderr).toContain('bash');
    expect(s.read('out.txt')).toBe('a\n');
  });

  it('a file named in run that is neither input nor output', async () => {
    const s = scenario(
      { t: task('t', 'sh train.sh > out.txt', { outputs: ['out.txt'] }) },
      { 'train.sh': 'echo 1\n' },
    );
    const ran = await s.ok('validate');
    expect(ran.stderr).toContain('train.sh');
  });

  it('not of a task that runs every time and so sees every edit', async () => {
    const s = scenario({ t: task('t', 'sh train.sh', { cache: false }) }, { 'train.sh': 'echo 1\n' });
    expect((await s.ok('validate')).stderr).toBe('');
  });
});

describe('exit 3: cache or state unusable', () => {
  it('.cache is a file', async () => {
    const s = scenario({ t: task('t', 'echo > out.txt', { outputs: ['out.txt'] }) }, { '.cache': 'mine\n' });
    const ran = await s.exits(3, ['run', 't']);
    expect(ran.stderr).toContain('.cache');
    expect(s.read('.cache')).toBe('mine\n');
    expect(s.ran()).toEqual([]);
  });

  it('ORCH_CACHE_DIR is a file: refused, or run without a cache and said (fault 16)', async () => {
    const s = scenario({ t: task('t', 'echo > out.txt', { outputs: ['out.txt'] }) }, { blocked: 'mine\n' });
    const ran = await s.orch(['run', 't'], { env: { ORCH_CACHE_DIR: s.path('blocked') } });
    expect([0, 3]).toContain(ran.code);
    expect(ran.stderr).toContain('blocked');
    expect(s.read('blocked')).toBe('mine\n');
  });
});

it('a megabyte of placeholders that are never closed is refused like one', async () => {
  const s = bareScenario({ 'orch.yaml': `version: 1\ntasks:\n  a: {run: '${'${{ '.repeat(240_000)}'}\n` });
  const { stderr } = await s.exits(2, ['run', 'a']);
  expect(stderr).toContain('orch.yaml:3:13: error[bad-expression]: this placeholder is never closed');
});
