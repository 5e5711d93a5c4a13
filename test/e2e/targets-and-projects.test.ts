/** Which project, which pipeline and which task a command line means (A1, A2, A3). */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareScenario, flow, type Scenario, said, scenario, task } from './support/scenario.ts';

/** Two pipelines: both have `build`, only taxi has `deploy`. */
function twoPipelines(): Scenario {
  const made = bareScenario();
  made.write(
    'pipelines/taxi.yaml',
    flow({ build: task('taxi build'), deploy: task('taxi deploy') }, { name: 'taxi', default: ['deploy'] }),
  );
  made.write(
    'pipelines/bikes.yml',
    flow({ build: task('bikes build') }, { name: 'bikes', default: ['build'] }),
  );
  return made;
}

describe('the project root', () => {
  it('is the nearest ancestor that holds orch.yaml', async () => {
    const s = scenario({
      make: task('make', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }),
    });
    s.write('in.txt', 'hello\n');
    s.write('a/b/note.txt', 'a folder to stand in');
    await s.exits(0, ['run', 'make'], { cwd: 'a/b' });
    expect(s.read('out.txt')).toBe('hello\n');
    expect(s.exists('a/b/out.txt')).toBe(false);
  });

  it('is the inner one where projects are nested', async () => {
    const s = scenario({ make: task('outer') });
    s.write('inner/orch.yml', flow({ make: task('inner') }));
    mkdirSync(s.path('inner/deep'));
    await s.exits(0, ['run', 'make'], { cwd: 'inner/deep' });
    expect(s.ran()).toEqual(['inner']);
  });

  it('may hold a pipelines folder instead', async () => {
    const s = twoPipelines();
    mkdirSync(s.path('data'));
    await s.exits(0, ['run', 'deploy'], { cwd: 'data' });
    expect(s.ran()).toEqual(['taxi deploy']);
  });

  it('is not a folder whose pipelines folder holds no pipeline', async () => {
    const s = scenario({ make: task('outer') });
    s.write('inner/pipelines/notes.yaml', 'title: no pipeline\n');
    await s.exits(0, ['run', 'make'], { cwd: 'inner' });
    expect(s.ran()).toEqual(['outer']);
  });

  it('is searched from the folder that -C names', async () => {
    const s = bareScenario();
    s.write('project/orch.yaml', flow({ make: task('make', 'pwd > out.txt', { outputs: ['out.txt'] }) }));
    mkdirSync(s.path('project/deep'));
    await s.ok('-C', 'project/deep', 'run', 'make');
    expect(s.read('project/out.txt')).toBe(`${s.path('project')}\n`);
  });

  it('is the folder of the file that -f names', async () => {
    const s = scenario({ make: task('outer') });
    s.write('other/flow.yaml', flow({ make: task('other', 'pwd > out.txt', { outputs: ['out.txt'] }) }));
    await s.ok('run', '-f', 'other/flow.yaml', 'make');
    expect(s.ran()).toEqual(['other']);
    expect(s.read('other/out.txt')).toBe(`${s.path('other')}\n`);
  });

  it('is the parent of that folder where it is called pipelines', async () => {
    const s = twoPipelines();
    s.write('pipelines/bikes.yml', flow({ where: task('where', 'pwd > out.txt', { outputs: ['out.txt'] }) }));
    await s.ok('run', '-f', 'pipelines/bikes.yml', 'where');
    expect(s.read('out.txt')).toBe(`${s.dir}\n`);
  });

  it('is what --root says where it is given', async () => {
    const s = bareScenario();
    s.write(
      'work/config/flow.yaml',
      flow({ make: task('make', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }) }),
    );
    s.write('work/in.txt', 'here\n');
    await s.ok('run', '-f', 'work/config/flow.yaml', '--root', 'work', 'make');
    expect(s.read('work/out.txt')).toBe('here\n');
    expect(s.exists('work/.cache')).toBe(true);
    expect(s.exists('work/config/.cache')).toBe(false);
  });

  it('not found: exit 2, where it looked, and orch init', async () => {
    const s = bareScenario();
    mkdirSync(s.path('deep'));
    const ran = await s.exits(2, ['run', 'make'], { cwd: 'deep' });
    expect(ran.stderr).toContain(s.path('deep'));
    expect(ran.stderr).toContain('orch init');
    expect(ran.stdout).toBe('');
    expect(s.userTree()).toEqual({ deep: '(folder)' });
    expect(s.exists('.cache')).toBe(false);
  });

  it('keeps a .cache that git ignores by itself', async () => {
    const s = scenario({ make: task('make', 'echo x > out.txt', { outputs: ['out.txt'] }) });
    await s.ok('run', 'make');
    expect(s.read('.cache/.gitignore')).toContain('*');
  });
});

describe('a run without a target and without a default', () => {
  it('names some of many tasks', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `t${n}`);
    const s = scenario(Object.fromEntries(names.map((name) => [name, task(name)])));
    const { stderr } = await s.exits(2, ['run']);
    expect(stderr).toContain('t11, … (orch list)');
    expect(stderr).not.toContain('t12');
  });
});

describe('pipelines of a root', () => {
  it('are orch.yaml and every YAML file with version and tasks in pipelines/', async () => {
    const s = twoPipelines();
    s.flow({ top: task('top') });
    s.write('pipelines/values.yaml', 'a: 1\n');
    s.write('pipelines/readme.txt', 'no pipeline');
    const { stdout } = await s.ok('list');
    for (const name of ['top', 'deploy', 'build']) expect(stdout).toContain(name);
    await s.ok('run', 'top');
    expect(s.ran()).toEqual(['top']);
  });

  it('a task depends on a task of another pipeline that makes its input', async () => {
    const s = bareScenario();
    s.write(
      'pipelines/one.yaml',
      flow({ make: task('make', 'echo x > data.txt', { outputs: ['data.txt'] }) }, { name: 'one' }),
    );
    s.write(
      'pipelines/two.yaml',
      flow(
        { use: task('use', 'cat data.txt > used.txt', { inputs: ['data.txt'], outputs: ['used.txt'] }) },
        { name: 'two' },
      ),
    );
    expect(await s.run('use')).toEqual(['make', 'use']);
  });
});

describe('a target', () => {
  it('is a task that exactly one pipeline has', async () => {
    expect(await twoPipelines().run('deploy')).toEqual(['taxi deploy']);
  });

  it('may name its pipeline', async () => {
    const s = twoPipelines();
    expect(await s.run('taxi:build')).toEqual(['taxi build']);
    expect(await s.run('bikes:build')).toEqual(['bikes build']);
  });

  it('that several pipelines have is refused with the candidates', async () => {
    const s = twoPipelines();
    const ran = await s.exits(2, ['run', 'build']);
    expect(ran.stderr).toContain('taxi:build');
    expect(ran.stderr).toContain('bikes:build');
    expect(s.ran()).toEqual([]);
  });

  it('is narrowed by -p', async () => {
    expect(await twoPipelines().run('-p', 'bikes', 'build')).toEqual(['bikes build']);
  });

  it('that nothing has is refused with the nearest name', async () => {
    const s = twoPipelines();
    const ran = await s.exits(2, ['run', 'deplyo']);
    expect(ran.stderr).toMatch(/deplyo[\s\S]*deploy/);
    expect(s.ran()).toEqual([]);
  });

  it('with an unknown pipeline is refused with the nearest name', async () => {
    const s = twoPipelines();
    const ran = await s.exits(2, ['run', '-p', 'taxy', 'deploy']);
    expect(ran.stderr).toMatch(/taxy[\s\S]*taxi/);
  });

  it('may be the path of an output', async () => {
    const s = scenario({
      one: task('one', 'echo 1 > data/one.txt', { outputs: ['data/one.txt'] }),
      two: task('two', 'echo 2 > data/two.txt', { outputs: ['data/two.txt'] }),
    });
    expect(await s.run('data/two.txt')).toEqual(['two']);
    expect(s.exists('data/one.txt')).toBe(false);
  });

  it('may be one of several', async () => {
    const s = scenario({ a: task('a'), b: task('b'), c: task('c') });
    expect((await s.run('-j', '1', 'a', 'c')).sort()).toEqual(['a', 'c']);
  });

  it('runs nothing where one of several is unknown', async () => {
    const s = scenario({ alpha: task('alpha') });
    await s.exits(2, ['run', 'alpha', 'nowhere']);
    expect(s.ran()).toEqual([]);
  });
});

describe('orch run without a target', () => {
  it('runs the default of the only pipeline', async () => {
    const s = scenario({ a: task('a'), b: task('b') }, {}, { default: ['b'] });
    expect(await s.run()).toEqual(['b']);
  });

  it('runs the default of the pipeline that -p names', async () => {
    expect(await twoPipelines().run('-p', 'taxi')).toEqual(['taxi deploy']);
  });

  it('without a default gives the list and exit 2', async () => {
    const s = scenario({ alpha: task('alpha'), beta: task('beta') });
    const ran = await s.exits(2, ['run']);
    expect(said(ran)).toContain('alpha');
    expect(said(ran)).toContain('beta');
    expect(s.ran()).toEqual([]);
  });
});

describe('usage errors', () => {
  it('orch deploy asks whether orch run deploy was meant', async () => {
    const s = scenario({ deploy: task('deploy') });
    const ran = await s.exits(2, ['deploy']);
    expect(ran.stderr).toContain('orch run deploy');
    expect(s.ran()).toEqual([]);
  });

  it('-f with a name that is no file mentions -B', async () => {
    const s = scenario({ deploy: task('deploy') });
    const ran = await s.exits(2, ['run', '-f', 'deploy']);
    expect(ran.stderr).toContain('-B');
    expect(s.ran()).toEqual([]);
  });

  it('-p with a value that looks like a parameter mentions --param', async () => {
    const s = scenario({ deploy: task('deploy') }, {}, { params: { month: 1 } });
    const ran = await s.exits(2, ['run', '-p', 'month=2', 'deploy']);
    expect(ran.stderr).toContain('--param');
    expect(s.ran()).toEqual([]);
  });

  it('an unknown flag is refused', async () => {
    const s = scenario({ deploy: task('deploy') });
    const ran = await s.exits(2, ['run', '--forse', 'deploy']);
    expect(ran.stderr).toContain('--forse');
    expect(s.ran()).toEqual([]);
  });

  it('--force takes no value after a space', async () => {
    const s = scenario({ one: task('one'), two: task('two') });
    await s.ok('run', '--force', 'two');
    expect(s.ran()).toEqual(['two']);
  });

  it('-C with a folder that is not there is refused', async () => {
    const s = scenario({ deploy: task('deploy') });
    const ran = await s.exits(2, ['-C', join('no', 'such'), 'run', 'deploy']);
    expect(ran.stderr).toContain(join('no', 'such'));
  });
});

describe('a path as a target', () => {
  const makers = () =>
    scenario({
      top: task('top', 'echo top > out.txt', { outputs: ['out.txt'] }),
      deep: task('deep', 'echo deep > sub/out.txt', { outputs: ['sub/out.txt'] }),
    });

  it('starts from where the user stands', async () => {
    const s = makers();
    s.write('sub/note.txt', 'a folder to stand in');
    await s.exits(0, ['run', 'out.txt'], { cwd: 'sub' });
    expect(s.ran()).toEqual(['deep']);
    await s.exits(0, ['run', '../out.txt'], { cwd: 'sub' });
    expect(s.ran()).toEqual(['top']);
  });

  it('is another one from another folder, also where there is nothing to do', async () => {
    const s = makers();
    s.write('sub/note.txt', 'a folder to stand in');
    for (const _ of [1, 2, 3]) await s.exits(0, ['run', 'out.txt'], { cwd: 'sub' });
    await s.exits(0, ['run', 'out.txt']);
    expect(s.ran()).toEqual(['deep', 'top']);
  });

  it('may start from the root, or be absolute', async () => {
    const s = makers();
    s.write('sub/note.txt', 'a folder to stand in');
    await s.exits(0, ['run', 'sub/out.txt'], { cwd: 'sub' });
    await s.exits(0, ['run', s.path('out.txt')], { cwd: 'sub' });
    expect(s.ran()).toEqual(['deep', 'top']);
  });
});

describe('a task name that two pipelines have', () => {
  it('is shown as it must be typed, in lines and events', async () => {
    const s = twoPipelines();
    const ran = await s.exits(0, ['run', 'bikes:build', 'taxi:build', 'deploy']);
    expect(ran.stdout).toContain("Task 'bikes:build' completed");
    expect(ran.stdout).toContain("Task 'taxi:build' completed");
    expect(ran.stdout).toContain("Task 'deploy' completed");
  });

  it('changes no key of the task: `task` in its text is its own name', async () => {
    const s = bareScenario();
    const one = { one: { run: 'echo ${{ task }} $ORCH_TASK > out.txt', outputs: ['out.txt'] } };
    s.write('pipelines/a.yaml', flow(one, { name: 'a' }));
    await s.exits(0, ['run', 'one']);
    expect(s.read('out.txt')).toBe('one one\n');
    s.write('pipelines/b.yaml', flow({ one: task('other') }, { name: 'b' }));
    expect((await s.exits(0, ['run', 'a:one'])).stdout).toContain("Task 'a:one' is up to date");
  });

  it('is a metric of its own pipeline in the summary', async () => {
    const s = bareScenario();
    for (const [name, rmse] of [
      ['a', 1],
      ['b', 2],
    ])
      s.write(
        `pipelines/${name}.yaml`,
        flow(
          { eval: { run: `echo '{"rmse": ${rmse}}' > ${name}.json`, metrics: [`${name}.json`] } },
          { name, summary: [`${name} has \${{ metrics.eval.rmse }}`] },
        ),
      );
    const { stdout } = await s.exits(0, ['run', 'a:eval', 'b:eval']);
    expect(stdout).toContain('a has 1');
    expect(stdout).toContain('b has 2');
  });
});
