/**
 * FAULTS 67 and 31, SPEC F9: nothing outside the root is written or removed, whatever links there are and whenever
 * they were made; and a stranger's pipeline runs nothing but by `orch run`.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gate, holdAt } from './support/gate.ts';
import { bareScenario, type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

const tasks = (n: string): Fields => ({
  t: task('t', `mkdir -p sub/deep; echo ${n} > sub/x.txt; echo ${n} > sub/deep/y.txt; mkdir -p sub/empty`, {
    inputs: ['in.txt'],
    outputs: ['sub/x.txt', 'sub/deep/'],
  }),
  use: task('use', 'cat sub/x.txt > use.txt', { inputs: ['sub/x.txt'], outputs: ['use.txt'] }),
});

/** A folder outside with all that orch could take for its own, and more. */
function farAway(s: Scenario, content: string): { far: string; before: Record<string, string> } {
  const far = join(s.outside, 'far');
  mkdirSync(join(far, 'deep/empty'), { recursive: true });
  mkdirSync(join(far, 'empty'));
  writeFileSync(join(far, 'x.txt'), content);
  writeFileSync(join(far, 'deep/y.txt'), content);
  writeFileSync(join(far, 'deep/theirs.txt'), 'theirs\n');
  return { far, before: entriesUnder(far) };
}

const LINKS: [string, (s: Scenario, far: string) => void][] = [
  ['an absolute link', (s, far) => symlinkSync(far, s.path('sub'))],
  [
    'a chain of links',
    (s, far) => {
      symlinkSync(far, join(s.outside, 'hop'));
      mkdirSync(s.path('links'));
      symlinkSync(join(s.outside, 'hop'), s.path('links/hop'));
      symlinkSync('links/hop', s.path('sub'));
    },
  ],
];

describe.each(LINKS)('FAULT 67: where the folder of an output becomes %s out of the root', (_how, link) => {
  it.each([
    ['its own bytes', '1\n'],
    ["others' bytes", 'theirs\n'],
  ])('no command touches what lies there, %s', async (_what, content) => {
    const s = scenario(tasks('1'), { 'in.txt': 'in\n' });
    await s.ok('run', 't', 'use');
    s.remove('sub');
    const { far, before } = farAway(s, content);
    link(s, far);
    const commands: string[][] = [
      ['run', 't'],
      ['run', 'use'],
      ['run', '--force', 't'],
      ['run', '--replace', '--force', 'use'],
      ['accept', 't'],
      ['clean', '--orphans'],
      ['cache', 'verify', '--repair'],
      ['clean', '--outputs', '-y'],
    ];
    for (const args of commands) {
      const ran = await s.orch(args);
      expect(ran.code, said(ran)).not.toBe(null);
      expect(entriesUnder(far), args.join(' ')).toEqual(before);
    }
  });

  it('nor when the task was changed, or is gone and its outputs are orphans', async () => {
    const s = scenario(tasks('1'), { 'in.txt': 'in\n' });
    await s.ok('run', 't', 'use');
    s.remove('sub');
    const { far, before } = farAway(s, '1\n');
    link(s, far);
    s.flow(tasks('2'));
    expect(said(await s.exits(1, ['run', 't']))).toContain('behind the link sub, which leaves the root');
    expect(entriesUnder(far)).toEqual(before);
    s.flow(
      { other: task('other', '', { inputs: ['**/*.txt'], outputs: ['other.txt'] }) },
      { allow_links: ['sub'] },
    );
    await s.orch(['run', 'other']);
    await s.orch(['clean', '--orphans']);
    expect(entriesUnder(far)).toEqual(before);
  });
});

describe('FAULT 67: a link out of the root that is made between loading and running', () => {
  it('by an earlier task: the later one is not started', async () => {
    const s = scenario({
      link: task('link', 'ln -s "$OUTSIDE/far" sub'),
      t: task('t', 'echo 1 > sub/x.txt', {
        needs: [{ task: 'link', order_only: true }],
        outputs: ['sub/x.txt'],
      }),
    });
    const { far, before } = farAway(s, 'theirs\n');
    expect(said(await s.exits(1, ['run', 't']))).toContain('behind the link sub');
    expect(s.ran()).toEqual(['link']);
    expect(entriesUnder(far)).toEqual(before);
  });

  it.each([
    ['succeeds', 'exit 0'],
    ['fails', 'exit 1'],
  ])('by the task itself, which %s: it fails, and nothing there is moved or removed', async (_how, end) => {
    const s = scenario({
      t: task('t', `rm -rf sub; ln -s "$OUTSIDE/far" sub; ${end}`, { outputs: ['sub/x.txt', 'sub/deep/'] }),
    });
    const { far, before } = farAway(s, 'theirs\n');
    await s.exits(1, ['run', 't']);
    expect(entriesUnder(far)).toEqual(before);
  });

  it('while its orch was dead: what the claim covers is left there', async () => {
    const s = scenario({
      t: task('t', `mkdir -p sub; echo half > sub/x.txt; ${holdAt('g')}`, {
        outputs: ['sub/x.txt', 'sub/deep/'],
        grace: '1s',
      }),
    });
    const g = gate(s, 'g');
    const running = s.start(['run', 't']);
    await g.reached();
    running.kill('SIGKILL');
    await running.done;
    const { far, before } = farAway(s, 'half\n');
    renameSync(s.path('sub'), s.path('old'));
    symlinkSync(far, s.path('sub'));
    await s.orch(['run', 't']);
    expect(entriesUnder(far)).toEqual(before);
    rmSync(s.path('sub'));
  });
});

it('FAULT 67: an external input is never written or removed', async () => {
  const s = scenario({});
  const path = join(s.outside, 'external.txt');
  writeFileSync(path, 'theirs\n');
  const t = (script: string) => ({
    t: task('t', script, { inputs: [{ path, external: true }], outputs: ['out.txt'] }),
  });
  s.flow(t('cp ${{ inputs[0] }} out.txt'));
  await s.ok('run', 't');
  s.flow(t('exit 1'));
  await s.exits(1, ['run', 't']);
  s.flow({});
  await s.orch(['clean', '--orphans']);
  await s.ok('clean', '--outputs', '-y');
  expect(entriesUnder(s.outside, ['gates', 'trace'])).toEqual({ 'external.txt': 'theirs\n' });
});

describe("FAULT 67: a stranger's pipeline, in which every text would write a file if anything ran it,", () => {
  const bait = (name: string) => `$(touch "$OUTSIDE/ran-${name}")`;
  const command = (name: string) => `touch "$OUTSIDE/ran-${name}"`;
  const stranger = {
    description: bait('description'),
    params: { n: bait('param'), m: { type: 'string', default: bait('default'), description: bait('about') } },
    env: { VALUE: bait('env') },
    header: [bait('header')],
    summary: [bait('summary')],
    default: ['t'],
  };
  const strangers: Fields = {
    t: {
      run: command('run'),
      description: bait('task'),
      inputs: ['in.txt', bait('input')],
      outputs: [`out/${bait('output').replaceAll('/', '_')}`],
      tools: [command('tools')],
      env: { OTHER: bait('task-env') },
      shell: ['sh', '-c', command('shell')],
      labels: ['a'],
    },
    probed: { run: command('probed'), probe: command('probe'), inputs: ['in.txt'] },
    list: { run: ['sh', '-c', command('argv')] },
  };

  it('runs nothing by any command that looks', async () => {
    const s = scenario(strangers, { 'in.txt': 'in\n', [bait('input')]: 'x\n' }, stranger);
    const looks: string[][] = [
      ['list'],
      ['validate'],
      ['graph'],
      ['graph', '--format', 'svg'],
      ['params'],
      ['status'],
      ['why', 't'],
      ['why', 'probed'],
      ['run', '-n', 't'],
      ['run', '-n', '--force', 'probed'],
      ['path', 't'],
      ['logs', 't'],
      ['schema'],
      ['completion', 'bash'],
      ['complete', '--', 'orch', 'run', ''],
      ['complete', '--', 'orch', 'run', '--param', ''],
      ['cache', 'info'],
      ['cache', 'verify'],
      ['cache', 'gc', '-n'],
    ];
    for (const args of looks) {
      await s.orch(args);
      expect(
        readdirSync(s.outside).filter((name) => name.startsWith('ran-')),
        args.join(' '),
      ).toEqual([]);
    }
    expect(said(await s.orch(['validate']))).not.toContain('error');
  });

  it.each([
    ['Makefile', `X := $(shell touch "$(OUTSIDE)/ran-make")\nall:\n\ttouch "$(OUTSIDE)/ran-recipe"\n`],
    [
      'package.json',
      JSON.stringify({
        scripts: { build: 'touch "$OUTSIDE/ran-npm"', preinstall: 'touch "$OUTSIDE/ran-pre"' },
      }),
    ],
    ['dvc.yaml', 'stages:\n  a:\n    cmd: touch "$OUTSIDE/ran-dvc"\n    outs: [a.txt]\n'],
    [
      'Snakefile',
      'import os\nos.system("touch $OUTSIDE/ran-snake")\nrule a:\n  output: "a.txt"\n  shell: "touch $OUTSIDE/ran-rule"\n',
    ],
    ['justfile', 'x := `touch "$OUTSIDE/ran-just"`\nbuild:\n  touch "$OUTSIDE/ran-recipe"\n'],
    [
      'Taskfile.yml',
      'version: "3"\nvars:\n  X: {sh: touch "$OUTSIDE/ran-var"}\ntasks:\n  build: touch "$OUTSIDE/ran-task"\n',
    ],
  ])('init runs nothing of a %s', async (name, text) => {
    const s = bareScenario({ [name]: text });
    await s.orch(['init', '-n']);
    await s.orch(['init', '-y']);
    expect(readdirSync(s.outside).filter((each) => each.startsWith('ran-'))).toEqual([]);
  });
});
