/** `orch init` whatever it finds: what it writes, what it refuses, what it asks (SPEC A1, E). */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startEditor } from '../support/language-server.ts';
import { cleanEnv, ORCH } from '../support/project.ts';
import { FIXTURES, type FoundProject, folderWith } from './support/init-project.ts';
import { openTerminal, type TestTerminal } from './support/terminal.ts';

const BOTH = { Makefile: 'all: ; echo made\n', 'package.json': '{"scripts": {"test": "true"}}' };

function open(project: FoundProject, ...args: string[]): TestTerminal {
  return openTerminal([ORCH, 'init', ...args], { columns: 80, rows: 24, cwd: project.dir, env: cleanEnv() });
}

describe('in an empty folder', () => {
  it('writes an example that runs, restores and explains itself', async () => {
    const project = folderWith({});
    expect((await project.ok('init')).stdout).toBe(
      [
        'found nothing to take over: this is a small example',
        'wrote orch.yaml (2 tasks, 1 parameter) and .orch.schema.json, which editors read',
        'next: `orch run -n` shows what would run and why, `orch run` does it',
        '',
      ].join('\n'),
    );
    expect((await project.ok('validate')).stderr).toBe('');
    expect(await project.ran()).toEqual(['greet', 'report']);
    expect(project.read('build/greeting.txt')).toBe('Hello, world!\n');
    expect(await project.ran('--name', 'you')).toEqual(['greet', 'report']);
    expect(await project.ran()).toEqual([]);
    expect(project.read('build/greeting.txt')).toBe('Hello, world!\n');
  });

  it('in a folder with an awkward name gives the pipeline a good one', async () => {
    const project = folderWith({ 'a b: c/.keep': '' });
    await project.ok('init', '-C', 'a b: c');
    expect(project.read('a b: c/orch.yaml')).toContain('\nname: a-b-c\n');
  });
});

describe('what is there already', () => {
  it.each(['orch.yaml', 'orch.yml'])('%s is never replaced', async (file) => {
    const project = folderWith({ [file]: 'mine\n', ...BOTH });
    const ran = await project.exits(2, 'init');
    expect(ran.stderr).toMatch(new RegExp(`^error: ${file} is there already.*\n {2}hint: .*--dry-run`));
    expect(project.read(file)).toBe('mine\n');
    expect(project.exists('.orch.schema.json')).toBe(false);
    expect(readdirSync(project.dir).toSorted()).toEqual(
      ['.keep', 'Makefile', file, 'package.json'].toSorted(),
    );
  });

  it('pipelines of this project are not overlooked, and -f writes beside them', async () => {
    const project = folderWith({
      'pipelines/old.yaml': 'version: 1\ntasks: {a: {run: x, cache: false}}\n',
      ...BOTH,
    });
    expect((await project.exits(2, 'init')).stderr).toContain('pipelines/old.yaml');
    await project.ok('init', '-f', 'pipelines/build.yaml');
    expect(project.read('pipelines/build.yaml').split('\n')[0]).toBe(
      '# yaml-language-server: $schema=../.orch.schema.json',
    );
    expect((await project.ok('run', '-p', 'found')).stdout).toContain('made');
    await project.exits(2, 'init', '-f', 'pipelines/build.yaml');
  });

  it('an older copy of the schema stays, and is told of', async () => {
    const project = folderWith({ '.orch.schema.json': '{}\n' });
    expect((await project.ok('init')).stdout).toContain('`orch schema > .orch.schema.json` renews it');
    expect(project.read('.orch.schema.json')).toBe('{}\n');
    expect((await project.ok('validate')).stderr).toContain('`orch schema > .orch.schema.json` renews it');
    project.write('.orch.schema.json', (await project.ok('schema')).stdout);
    expect((await project.ok('validate')).stderr).toBe('');
  });
});

describe('what cannot be written', () => {
  it('a folder that is not there is not made', async () => {
    const project = folderWith({});
    expect((await project.exits(2, 'init', '-C', 'no-such')).stderr).toContain('no-such is not a folder');
    expect(project.exists('no-such')).toBe(false);
  });

  it('a place that takes no file is named', async () => {
    const project = folderWith({ file: '' });
    const { stderr } = await project.exits(2, 'init', '-f', 'file/orch.yaml');
    expect(stderr).toMatch(/can't write \S+ \((ENOTDIR|EEXIST)\)\n {2}hint: `orch init -n` prints it/);
  });

  it('control characters of found files reach neither the file nor the terminal', async () => {
    const project = folderWith({
      Makefile: 'all: x\nx: ; touch x # \u001b[31mred\n# \u001b[2Jtext\ny: ; true\n$(eval \u001b[0m)\n',
    });
    const { stdout } = await project.ok('init');
    expect(`${stdout}${project.read('orch.yaml')}`).not.toContain('\u001b');
    expect((await project.ok('validate')).stderr).toBe('');
  });
});

describe('with several things to begin with', () => {
  it('takes the first off a terminal, and names the others', async () => {
    const project = folderWith(BOTH);
    const { stdout } = await project.ok('init');
    expect(stdout).toContain(
      'found Makefile\nalso found package.json: `orch init --from npm` would begin with it\n',
    );
  });

  it('--from chooses', async () => {
    const project = folderWith(BOTH);
    await project.ok('init', '--from', 'npm');
    expect(project.read('orch.yaml')).toContain('run: npm run test');
  });

  it('--from what is not there, or no kind, is refused and changes nothing', async () => {
    const project = folderWith(BOTH);
    expect((await project.exits(2, 'init', '--from', 'dvc')).stderr).toContain(
      'hint: there is Makefile (--from makefile), package.json (--from npm)',
    );
    expect((await project.exits(2, 'init', '--from', 'makefil')).stderr).toContain(
      'did you mean --from makefile?',
    );
    expect((await project.exits(2, 'init', '--from', 'ant')).stderr).toContain(
      'the kinds are dvc, snakemake',
    );
    expect(project.exists('orch.yaml')).toBe(false);
  });

  it('asks on a terminal, once', async () => {
    const project = folderWith(BOTH);
    const terminal = open(project);
    await terminal.shows('Begin with which one? [1]');
    expect(terminal.screen()).toEqual([
      '  1  Makefile (makefile)',
      '  2  package.json (npm)',
      'Begin with which one? [1]',
    ]);
    terminal.type('7\r');
    await terminal.shows('a number from 1 to 2, please');
    terminal.type('2\r');
    expect((await terminal.done).code).toBe(0);
    expect(project.read('orch.yaml')).toContain('run: npm run test');
  });

  it.each([
    ['\r', 0],
    ['\u0003', 130],
    ['\u0004', 2],
  ])('takes %j for an answer', async (typed, code) => {
    const project = folderWith(BOTH);
    const terminal = open(project);
    await terminal.shows('[1]');
    terminal.type(typed);
    expect((await terminal.done).code).toBe(code);
    expect(project.exists('orch.yaml')).toBe(code === 0);
    if (code !== 0) expect(terminal.everything().join('\n')).toContain('nothing was written');
  });

  it.each([['-y'], ['--json'], ['--from', 'makefile']])('does not ask with %s %s', async (...args) => {
    const project = folderWith(BOTH);
    const terminal = open(project, ...args.filter((word) => word !== undefined));
    expect((await terminal.done).code).toBe(0);
    expect(terminal.everything().join('\n')).not.toContain('Begin with');
  });
});

describe('--dry-run', () => {
  it('prints what would be written, and writes nothing', async () => {
    const project = folderWith(BOTH);
    const dry = await project.ok('init', '-n');
    expect(readdirSync(project.dir).toSorted()).toEqual(['.keep', 'Makefile', 'package.json']);
    expect(dry.stderr).toContain('would write orch.yaml (1 task)');
    await project.ok('init');
    expect(dry.stdout).toBe(project.read('orch.yaml'));
    // Where one is there already it still shows what would be in it.
    expect((await project.ok('init', '-n', '--from', 'npm')).stdout).toContain('npm run test');
  });
});

it('--json is one document', async () => {
  const project = folderWith({ ...BOTH, Makefile: 'all: x\n\techo made\nx: ; touch x\n$(eval y)\n' });
  expect(JSON.parse((await project.ok('init', '--json')).stdout)).toEqual({
    kind: 'makefile',
    from: 'Makefile',
    file: 'orch.yaml',
    schemaFile: '.orch.schema.json',
    isSchemaOld: false,
    taskCount: 2,
    paramNames: [],
    defaultTargets: ['all'],
    first: [],
    made: [],
    missing: [],
    occupied: [],
    found: [
      { from: 'makefile', path: 'Makefile' },
      { from: 'npm', path: 'package.json' },
    ],
    notCarriedOver: [{ at: 'Makefile:4', text: '$(eval y)' }],
    text: project.read('orch.yaml'),
  });
});

it('-q says nothing, and --help names the kinds', async () => {
  const project = folderWith(BOTH);
  expect(await project.ok('init', '-q')).toMatchObject({ stdout: '', stderr: '' });
  const { stdout } = await project.ok('init', '--help');
  for (const word of ['makefile', 'dvc', 'notebooks', 'snakemake', '--dry-run', 'orch init --from npm'])
    expect(stdout).toContain(word);
});

it('an editor finds nothing wrong with any starter', async () => {
  const project = folderWith({});
  await project.ok('init');
  const editor = await startEditor(project.dir);
  for (const fixture of readdirSync(FIXTURES)) {
    const text = readFileSync(`${FIXTURES}${fixture}/orch.yaml`, 'utf8');
    expect(await editor.open(project.path(`${fixture}.yaml`), text), fixture).toEqual([]);
  }
});
