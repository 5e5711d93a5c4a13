/** `orch init` beside a dvc.yaml: stages run at once, by plain sh and python3, without DVC. */
import { describe, expect, it } from 'vitest';
import { folderWith, foundProject } from './support/init-project.ts';

const ALL = [
  'chart',
  'evaluate',
  'params[section=train]',
  'prepare',
  'split[key=north,code=N]',
  'split[key=south,code=S]',
  'train[model=mean]',
  'train[model=median]',
];

describe('a dvc.yaml', () => {
  it('becomes tasks with its parameters, matrices and metrics', async () => {
    const project = foundProject('dvc');
    const { stdout } = await project.init();
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      'found dvc.yaml',
      'wrote orch.yaml (8 tasks, 3 parameters) and .orch.schema.json, which editors read',
      'not carried over: dvc.yaml: stage download: it is frozen, so its outputs are taken as they lie',
      "not carried over: dvc.yaml: stage chart: persist of reports/chart.txt (orch removes a task's own outputs before it runs)",
      'not carried over: dvc.yaml: plots: of no meaning to orch',
    ]);
    expect(await project.ran()).toEqual(ALL);
    expect(JSON.parse(project.read('reports/metrics.json'))).toEqual({
      mean: expect.any(Number),
      median: expect.any(Number),
    });
    expect(project.read('reports/chart.txt')).toContain('median');
    expect(await project.ran()).toEqual([]);
  });

  it('reruns by parameters that commands are given, and by files that they read themselves', async () => {
    const project = foundProject('dvc');
    await project.init();
    await project.ran();
    expect(await project.ran('--plot-width', '30')).toEqual(['chart']);
    expect(await project.ran('--prepare.seed', '7')).toContain('prepare');
    project.write('params.yaml', project.read('params.yaml').replace('epochs: 3', 'epochs: 4'));
    const models = await project.ran();
    expect(models).toContain('train[model=mean]');
    expect(models).not.toContain('prepare');
    expect(JSON.parse(project.read('models/mean.json'))).toMatchObject({ epochs: 4 });
    // A part that no stage lists is nobody's reason.
    project.write('params.yaml', project.read('params.yaml').replace('unused: 1', 'unused: 2'));
    expect(await project.ran()).toEqual(['params[section=train]']);
    expect((await project.ok('why', 'params')).stdout).toContain('up to date');
  });

  it('takes over results that are there, with the command that init says', async () => {
    const project = foundProject('dvc');
    await project.init();
    await project.ran();
    for (const path of ['.cache', 'orch.yaml', '.orch.schema.json', 'build']) project.remove(path);
    const { stdout } = await project.init();
    const [, first, command] = /`orch ([^`]+) && orch ([^`]+)`/.exec(stdout) as unknown as [
      string,
      string,
      string,
    ];
    expect([first, command]).toEqual(['run params', 'run -t split prepare train evaluate chart']);
    await project.ok(...first.split(' '));
    expect(stdout).toContain('`orch run --replace` sets aside what lies in data/prepared/');
    await project.ok(...command.split(' '));
    expect(await project.ran()).toEqual([]);
  });

  it('goes by the whole params.yaml where its parts cannot be told apart', async () => {
    for (const [params, cmd] of [
      ['train: &t {lr: 1}\nother: *t\n', 'true'],
      ['{train: {lr: 1}}\n', 'true'],
      ['train: {lr: 1}\n', 'cat params.yaml'],
    ]) {
      const project = folderWith({
        'params.yaml': params!,
        'dvc.yaml': `stages:\n  fit: {cmd: "${cmd} > out.txt; echo > out.txt", params: [train.lr], outs: [out.txt]}\n`,
      });
      await project.ok('init');
      expect(project.read('orch.yaml'), params).toContain('inputs: [params.yaml]');
      expect(await project.ran()).toEqual(['fit']);
    }
  });

  it('carries over what DVC makes of maps, escapes and items', async () => {
    const project = folderWith({
      'params.yaml':
        'train:\n  lr: 0.1\n  deep: true\n  quiet: false\n  layers: [8, 4]\n  opt: {name: "a b"}\nnothing:\nodd name: 1\n',
      'dvc.yaml': [
        'stages:',
        '  flags: {cmd: "printf \'%s|\' ${train} > flags.txt", outs: [flags.txt]}',
        '  escaped: {cmd: "X=1; echo \\\\${X} ${unknown:-y} > escaped.txt", outs: [escaped.txt]}',
        '  each:',
        '    foreach: [{name: a, n: {m: 1}}, {name: b, n: {m: 2}}]',
        '    do: {cmd: "echo ${item.n.m} > ${item.name}.txt", outs: ["${item.name}.txt"]}',
        '  open: {foreach: "${missing}", do: {cmd: "echo ${item}"}}',
        '  always: {cmd: "date > now.txt", outs: [now.txt], always_changed: true}',
        '  remote: {cmd: "cp in.txt out.bin", deps: [in.txt, "s3://bucket/x"], outs: [{out.bin: {cache: false}}]}',
        '',
      ].join('\n'),
      'in.txt': 'in\n',
    });
    const { stdout } = await project.ok('init');
    expect(stdout).toContain('stage open: its foreach has no values that are known now');
    expect(stdout).toContain('stage remote: the dependency s3://bucket/x');
    expect((await project.ok('validate')).stderr).toBe('');
    await project.ok('run');
    expect(project.read('flags.txt')).toBe('--lr|0.1|--deep|--layers|8|4|--opt.name|a b|');
    expect(project.read('escaped.txt')).toBe('1 y\n');
    expect([project.read('a.txt'), project.read('b.txt')]).toEqual(['1\n', '2\n']);
    expect(await project.ran()).toEqual(['always']);
    expect(project.read('orch.yaml')).toContain('{path: out.bin, store: false}');
  });
});
