/** `orch init` in a folder of shell scripts: a task for each, by what their texts say of files. */
import { describe, expect, it } from 'vitest';
import { folderWith, foundProject } from './support/init-project.ts';

describe('a folder of shell scripts', () => {
  it('becomes the pipeline that is kept beside it', async () => {
    const { stdout } = await foundProject('shell').init();
    expect(stdout).toContain('found *.sh');
  });

  it('becomes steps that wait for what they read; a script that runs the others is not one', async () => {
    const project = folderWith({
      'in.txt': 'b\na\nb\n',
      '01-sort.sh':
        '#!/bin/sh\nset -e\n. ./lib.sh\nmkdir -p build\nsort in.txt > build/sorted.txt # in order\n',
      '02-count.sh':
        '#!/bin/bash\nset -euo pipefail\nuniq -c < build/sorted.txt | sort -rn > build/counts.txt\n',
      '03_report.sh': 'head -n 1 build/counts.txt | tee report.txt\ncat <<EOF\n$(rm x) > not.txt\nEOF\n',
      'lib.sh': 'true\n',
      'run_all.sh': '#!/bin/sh\n./01-sort.sh\n./02-count.sh && sh 03_report.sh\n',
    });
    const { stdout } = await project.ok('init');
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'found *.sh',
      'wrote orch.yaml (3 tasks) and .orch.schema.json, which editors read',
      'not carried over: run_all.sh: it runs the others, as orch does now',
    ]);
    expect((await project.ok('validate')).stderr).toBe('');
    expect(await project.ran()).toEqual(['count', 'report', 'sort']);
    expect(project.read('report.txt')).toMatch(/2 b/);
    expect(await project.ran()).toEqual([]);
    project.write('lib.sh', 'true again\n'.replace('again', '#'));
    expect(await project.ran()).toEqual(['sort']);
    project.write('in.txt', 'c\nc\nc\n');
    expect(await project.ran()).toEqual(['count', 'report', 'sort']);
  });

  it('with what cannot be known always runs, and the file says why', async () => {
    const project = folderWith({
      'fetch.sh': 'curl -sf "$URL" > data.json\n',
      'deploy.sh': 'scp data.json host:\n',
    });
    await project.ok('init');
    const text = project.read('orch.yaml');
    expect(text).toContain('line 1: curl');
    expect(text).toContain('line 1: scp');
    expect(text.match(/cache: false/g)).toHaveLength(4);
    // A deploy isn't what a bare `orch run` is for.
    expect(text).toContain('default: [fetch]');
    expect((await project.ok('validate')).stderr).toBe('');
  });

  it('is left to a Makefile that orders them', async () => {
    const project = folderWith({ Makefile: 'all: ; sh a.sh\n', 'a.sh': 'echo\n' });
    expect((await project.ok('init')).stdout).not.toContain('.sh: ');
  });
});

it('says which programs are missing', async () => {
  const project = folderWith({ 'a.ipynb': '{"cells": []}' });
  project.env['PATH'] = `${process.execPath.replace(/[^/]+$/, '')}:/bin:/usr/bin`;
  const { stdout } = await project.ok('init');
  expect(stdout).toContain(
    'not on the PATH: jupyter; install it first, or correct the commands in orch.yaml',
  );
  expect(JSON.parse((await project.ok('init', '-n', '--json', '-f', 'other.yaml')).stdout).missing).toEqual([
    'jupyter',
  ]);
});
