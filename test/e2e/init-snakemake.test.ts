/** `orch init` beside a Snakefile: rules run at once, without Snakemake. */
import { describe, expect, it } from 'vitest';
import { folderWith, foundProject } from './support/init-project.ts';

describe('a Snakefile', () => {
  it('becomes tasks with a matrix of the wildcards that its targets ask for', async () => {
    const project = foundProject('snakemake');
    const { stdout } = await project.init();
    expect(stdout.split('\n').slice(2, 5)).toEqual([
      'not carried over: Snakefile:58: rule plot: script: needs Snakemake',
      'not carried over: Snakefile:16: temp(…) of trim (the files stay)',
      'not carried over: Snakefile:34: conda of count (have what the commands need on the PATH)',
    ]);
    expect(await project.ran()).toEqual([
      'count[sample=a,kind=long]',
      'count[sample=a,kind=short]',
      'count[sample=b,kind=long]',
      'count[sample=b,kind=short]',
      'summary',
      'trim[sample=a]',
      'trim[sample=b]',
    ]);
    expect(project.read('results/summary.txt')).toMatch(/^Codons\n/);
    expect(project.read('logs/trim/a.log')).toBe('trimmed a\n');
    expect(await project.ran()).toEqual([]);
    await project.ok('run', 'clean');
    expect(project.exists('trimmed')).toBe(false);
  });

  it('reruns what a parameter of the config file, or a file, asks for', async () => {
    const project = foundProject('snakemake');
    await project.init();
    await project.ran();
    project.write('ref/short.txt', 'ACG\n');
    expect(await project.ran()).toEqual([
      'count[sample=a,kind=short]',
      'count[sample=b,kind=short]',
      'summary',
    ]);
    // A target is a file, as under Snakemake.
    expect(await project.ran('trimmed/a.txt', '--trim.least', '3')).toEqual(['trim[sample=a]']);
    expect(project.read('trimmed/a.txt')).toContain('\nACG\n');
  });

  it('is read without running its Python', async () => {
    const project = folderWith({
      Snakefile: [
        'import os',
        'open("python-ran", "w").write("x")',
        'N = len(os.listdir("."))',
        'SIZES = [1, 2]',
        'rule all:',
        '    input: expand("{n}.txt", n=SIZES), f"{N}.txt"',
        'rule one:',
        '    output: "{n}.txt"',
        '    params: twice=lambda wildcards: int(wildcards.n) * 2',
        '    shell: "echo {params.twice} > {output}"',
        'rule two:',
        '    output: "two.txt"',
        '    shell: "echo 2 > {output}"',
        '',
      ].join('\n'),
    });
    const { stdout } = await project.ok('init');
    expect(project.exists('python-ran')).toBe(false);
    expect(stdout).toContain('Snakefile:5: rule all: its input is f"{N}.txt"');
    expect((await project.ok('validate')).stderr).toBe('');
    expect(await project.ran()).toEqual(['two']);
  });

  it('takes the rule that has its inputs where several could make a file', async () => {
    const project = folderWith({
      Snakefile: [
        'rule all:',
        '    input: "out/report.txt"',
        'rule tidy:',
        '    input: "data/{s}.csv"',
        '    output: "out/{s}.txt"',
        '    shell: "tr , \' \' < {input} > {output}"',
        'rule report:',
        '    input: "out/a.txt", "out/b.txt"',
        '    output: "out/report.txt"',
        '    shell: "cat {input} > {output}"',
        '',
      ].join('\n'),
      'data/a.csv': '1,2\n',
      'data/b.csv': '3,4\n',
    });
    await project.ok('init');
    expect(await project.ran()).toEqual(['report', 'tidy[s=a]', 'tidy[s=b]']);
    expect(project.read('out/report.txt')).toBe('1 2\n3 4\n');
  });
});
