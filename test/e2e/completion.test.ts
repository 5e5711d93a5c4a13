/**
 * Completion in the real shells: bash and zsh on a terminal that keys are typed into, bash's and fish's own ways
 * of asking for candidates, and what `orch complete` does where there is little to know.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cleanEnv, ORCH } from '../support/project.ts';
import { itWith } from '../support/tools.ts';
import { type TypingShell, typingShell } from '../support/typing-shell.ts';
import { bareScenario, type Fields, flow, type Scenario, scenario, task } from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

const PARAMS: Fields = {
  month: { type: 'integer', default: 1, min: 1, max: 3, description: 'Which month' },
  mode: { type: 'enum', values: ['fast', 'slow'], default: 'fast' },
  checked: { type: 'boolean', default: false },
  url_template: 'http://x',
  model: { max_depth: 6, robust: true },
};

const TASKS: Fields = {
  train: task('train', 'echo ${{ matrix.model }}', {
    description: 'Fit it: really',
    matrix: { model: ['a', 'b c', "d'e"], month: [1, 2] },
    labels: ['nightly'],
  }),
  tidy: task('tidy', '', { cache: false }),
  transform: task('transform', '', { cache: false }),
};

/** A project that has run, so that its names are kept. */
async function project(): Promise<Scenario> {
  const s = scenario(TASKS, { 'afolder/inner.yaml': '' }, { params: PARAMS });
  await s.ok('run', 'tidy');
  s.ran();
  return s;
}

/** Lines of `orch complete` as fish would get them, without descriptions. */
async function words(s: Scenario, ...typed: string[]): Promise<string[]> {
  const { stdout, stderr, code } = await s.orch(['complete', 'fish', '--', ...typed]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('\t')[0]!);
}

describe('orch completion', () => {
  it.each(['bash', 'zsh', 'fish'])('%s prints a script that says how to install it', async (shell) => {
    const { stdout } = await bareScenario().ok('completion', shell);
    expect(stdout).toContain(`orch completion ${shell}`);
    expect(stdout.split('\n').slice(0, 5).join('\n')).toMatch(/Put this line into/);
  });

  it('refuses other shells', async () => {
    const { stderr } = await bareScenario().exits(2, ['completion', 'tcsh']);
    expect(stderr).toContain('bash, zsh, fish');
  });
});

/** What bash's function gives for a line, asked as bash asks. */
function bashReplies(s: Scenario, lines: readonly string[], type = 9): Record<string, string[]> {
  const script = [
    'source <(orch completion bash)',
    'for line in "$@"; do',
    `  COMP_LINE=$line COMP_POINT=\${#line} COMP_TYPE=${type} COMP_WORDS=($line) COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))`,
    '  _orch',
    '  printf "%s\\0" "$line" "${#COMPREPLY[@]}" "${COMPREPLY[@]}"',
    'done',
  ].join('\n');
  const ran = spawnSync('bash', ['--norc', '-c', script, 'bash', ...lines], {
    cwd: s.dir,
    encoding: 'utf8',
    env: cleanEnv({ PATH: `${dirname(ORCH)}:${process.env['PATH']}` }),
  });
  expect(ran.stderr).toBe('');
  const fields = ran.stdout.split('\0');
  const replies: Record<string, string[]> = {};
  for (let at = 0; at + 1 < fields.length; ) {
    const count = Number(fields[at + 1]);
    replies[fields[at]!] = fields.slice(at + 2, at + 2 + count);
    at += 2 + count;
  }
  return replies;
}

describe('in bash', () => {
  itWith('bash')('the function gives what readline is to insert', async () => {
    const s = await project();
    const expected: Record<string, string[]> = {
      'orch ru': ['run '],
      'orch cache p': ['path '],
      'orch help cache i': ['info '],
      'orch completion ': ['bash ', 'zsh ', 'fish '],
      'orch run t': ['train ', 'tidy ', 'transform '],
      'orch -C . run --only tr': ['train ', 'transform '],
      'orch run train': ['train ', 'train\\['],
      'orch run flow:ti': ['tidy '],
      'orch run train[model=a,': ['a,month=1\\] ', 'a,month=2\\] '],
      'orch run train\\[model=b': ['b\\ c,month=1\\] ', 'b\\ c,month=2\\] '],
      "orch run 'train[model=d": ["train[model=d'\\''e,month=1]", "train[model=d'\\''e,month=2]"],
      'orch run "train[model=d': ["train[model=d'e,month=1]", "train[model=d'e,month=2]"],
      'orch run --force=ti': ['tidy '],
      'orch run --mo': ['--month ', '--mode ', '--model.max_depth ', '--model.robust '],
      'orch run --url': ['--url-template '],
      'orch run --month ': ['1 ', '2 ', '3 '],
      'orch run --mode=': ['fast ', 'slow '],
      'orch run --checked ': ['true ', 'false '],
      'orch run --model.robust=t': ['true '],
      'orch run --param mo': ['month=', 'mode=', 'model.max_depth=', 'model.robust='],
      'orch run --param mode=s': ['slow '],
      'orch run --output ': ['auto ', 'group ', 'stream ', 'quiet '],
      'orch graph --format ': ['tree ', 'mermaid ', 'dot ', 'json ', 'svg '],
      'orch list --label ': ['nightly '],
      'orch run -p ': ['flow '],
      'orch logs tidy ': [],
      'orch nothing ': [],
      'orch run -- t': [],
    };
    expect(bashReplies(s, Object.keys(expected))).toEqual(expected);
  });

  itWith('bash')('says what words are where it only lists them', async () => {
    const s = await project();
    expect(bashReplies(s, ['orch run tr'], 63)).toEqual({
      'orch run tr': ['train      -- 6 cells: Fit it: really', 'transform'],
    });
  });

  itWith('bash')('evaluates nothing of the line', async () => {
    const s = await project();
    const lines = [
      'orch run $(touch hacked) ti',
      'orch run `touch hacked`; ti',
      'orch run "$(touch hacked)" ti',
    ];
    for (const reply of Object.values(bashReplies(s, lines))) expect(reply).toEqual(['tidy ']);
    expect(s.exists('hacked')).toBe(false);
  });

  itWith('bash')('TAB completes what is typed', async () => {
    const shell = await typingShell('bash', (await project()).dir);
    await typed(shell, {
      'orch ru\t': 'orch run ',
      'orch run ti\t': 'orch run tidy ',
      'orch run t\t': 'orch run t',
      'orch run train\\[\t': 'orch run train\\[model=',
      'orch run train[model=a,month=1\t': 'orch run train[model=a,month=1\\] ',
      'orch run train[model=b\t': 'orch run train[model=b\\ c,month=',
      "orch run 'train[model=b\t": "orch run 'train[model=b c,month=",
      "orch run 'train[model=a,month=1\t": "orch run 'train[model=a,month=1]'",
      'orch run flow:ti\t': 'orch run flow:tidy ',
      'orch run --mode=f\t': 'orch run --mode=fast ',
      'orch run --param mode=f\t': 'orch run --param mode=fast ',
      'orch -f or\t': 'orch -f orch.yaml ',
      'orch --file=or\t': 'orch --file=orch.yaml ',
      'orch -C af\t': 'orch -C afolder/',
      'orch --root=af\t': 'orch --root=afolder/',
      'orch -C or\t': 'orch -C or',
      'orch run or\t': 'orch run orch.yaml ',
      'orch run tidy -- or\t': 'orch run tidy -- orch.yaml ',
      'orch logs tidy or\t': 'orch logs tidy or',
    });
    const { seen } = await shell.type('orch run tra\t\t');
    expect(seen).toContain('train      -- 6 cells: Fit it: really');
  });
});

describe('in zsh', () => {
  itWith('zsh')('TAB completes what is typed', async () => {
    const s = await project();
    const shell = await typingShell('zsh', s.dir);
    await typed(shell, {
      'orch ru\t': 'orch run ',
      'orch run ti\t': 'orch run tidy ',
      'orch run train\\[\t': 'orch run train\\[model=',
      'orch run train\\[model=b\t': 'orch run train\\[model=b\\ c,month=',
      "orch run 'train[model=b\t": "orch run 'train[model=b c,month=",
      "orch run 'train[model=a,month=1\t": "orch run 'train[model=a,month=1]' ",
      'orch run flow:ti\t': 'orch run flow:tidy ',
      'orch run --mode=f\t': 'orch run --mode=fast ',
      'orch run --param mode=f\t': 'orch run --param mode=fast ',
      'orch run --param mon\t': 'orch run --param month=',
      'orch -f or\t': 'orch -f orch.yaml ',
      'orch --file=or\t': 'orch --file=orch.yaml ',
      'orch -C af\t': 'orch -C afolder/',
      'orch --root=af\t': 'orch --root=afolder/',
      'orch run or\t': 'orch run orch.yaml ',
      'orch run tidy -- or\t': 'orch run tidy -- orch.yaml ',
      'orch logs tidy or\t': 'orch logs tidy or',
      'orch run $(touch hacked) ti\t': 'orch run $(touch hacked) tidy ',
    });
    expect(s.exists('hacked')).toBe(false);
    const { seen } = await shell.type('orch run tra\t');
    expect(seen).toContain('train      -- 6 cells: Fit it: really');
  });
});

describe('in fish', () => {
  itWith('fish')('complete -C gives candidates with what they are', async () => {
    const s = await project();
    const lines = {
      'orch ru': ['run\tmake the targets: run what is stale, restore what is cached…'],
      'orch run tr': ['train\t6 cells: Fit it: really', 'transform'],
      'orch run train[model=a': ['train[model=a,month=1]', 'train[model=a,month=2]'],
      "orch run 'train[model=d": ["train[model=d'e,month=1]", "train[model=d'e,month=2]"],
      'orch run train\\[model=b': ['train[model=b c,month=1]', 'train[model=b c,month=2]'],
      'orch run flow:ti': ['flow:tidy'],
      'orch run --mont': ['--month\tWhich month (1)'],
      'orch run --mode ': ['fast', 'slow'],
      'orch run --mode=f': ['--mode=fast'],
      'orch run --param mon': ['month=\tWhich month (1)'],
      'orch -f or': ['orch.yaml'],
      'orch --file=or': ['--file=orch.yaml'],
      'orch -C af': ['afolder/\tDirectory'],
      'orch run or': ['orch.yaml'],
      'orch run tidy -- or': ['orch.yaml'],
      'orch logs tidy or': [],
      'orch run (touch hacked) ti': ['tidy'],
    };
    const script = [
      'orch completion fish | source',
      'for line in $argv; echo "=== $line"; complete -C $line; end',
    ].join('\n');
    const ran = spawnSync('fish', ['--no-config', '-c', script, ...Object.keys(lines)], {
      cwd: s.dir,
      encoding: 'utf8',
      env: cleanEnv({ HOME: s.outside, PATH: `${dirname(ORCH)}:${process.env['PATH']}` }),
    });
    expect(ran.stderr).toBe('');
    const replies = ran.stdout
      .split('=== ')
      .slice(1)
      .map((part) => part.trimEnd().split('\n'))
      .map(([line, ...rest]) => [line, rest]);
    expect(Object.fromEntries(replies)).toEqual(lines);
    expect(s.exists('hacked')).toBe(false);
  });
});

async function typed(shell: TypingShell, expected: Readonly<Record<string, string>>): Promise<void> {
  const lines: Record<string, string> = {};
  for (const keys of Object.keys(expected)) lines[keys] = (await shell.type(keys)).line;
  expect(lines).toEqual(expected);
}

describe('orch complete', () => {
  it('knows every command and every flag that help knows', async () => {
    const s = bareScenario();
    const help = (await s.ok('--help')).stdout;
    const commands = await words(s, '');
    for (const command of commands) expect(help).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    expect(commands).toEqual(expect.arrayContaining(['run', 'list', 'graph', 'completion', 'cache']));
    const flags = [...(await s.ok('run', '--help')).stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(
      ([, flag]) => flag,
    );
    expect(flags.length).toBeGreaterThan(10);
    expect(await words(s, 'run', '--')).toEqual(expect.arrayContaining(flags));
  });

  it('goes by the flags that say where the project is', async () => {
    const s = await project();
    s.write('other/pipelines/one.yaml', flow({ uno: task('uno') }, { name: 'one' }));
    s.write('other/pipelines/two.yaml', flow({ due: task('due'), uno: task('uno') }, { name: 'two' }));
    expect(await words(s, '-C', 'other', 'run', '')).toEqual(['one:uno', 'due', 'two:uno', 'one:', 'two:']);
    expect(await words(s, 'run', '--directory=other', '-p', 'two', '')).toEqual(['due', 'uno']);
    expect(await words(s, 'run', '-f', 'other/pipelines/one.yaml', '')).toEqual(['uno']);
    expect(await words(s, '--root', 'other', 'run', 'two:')).toEqual(['two:due', 'two:uno']);
    const home = await s.orch(['complete', 'fish', '--', '-C', '~/other', 'run', 'du'], {
      env: { HOME: s.dir },
    });
    expect(home.stdout).toContain('due');
  });

  it('sees an edit at once', async () => {
    const s = await project();
    s.flow({ ...TASKS, brand_new: task('brand_new') }, { params: PARAMS });
    expect(await words(s, 'run', '')).toEqual(['train', 'tidy', 'transform', 'brand_new']);
  });

  it('without a run before knows all the same', async () => {
    const s = scenario(TASKS, {}, { params: PARAMS });
    expect(await words(s, 'run', 'train[')).toHaveLength(6);
    expect(await words(s, 'run', '--mode', '')).toEqual(['fast', 'slow']);
    expect(s.exists('.cache')).toBe(false);
  });

  it('of a broken pipeline knows what was known, and what its lines say', async () => {
    const s = await project();
    s.write(
      'orch.yaml',
      'version: 1\nname: flow\nparams:\n  mode: [\n  fresh: 1\ntasks:\n  train: {\n  tidy:\n    run: x\n  added:\n    runn: y\n',
    );
    expect(await words(s, 'run', '')).toEqual(['train', 'tidy', 'added']);
    expect(await words(s, 'run', 'train[')).toHaveLength(6);
    expect(await words(s, 'run', '--mode', '')).toEqual(['fast', 'slow']);
    s.remove('.cache');
    expect(await words(s, 'run', '')).toEqual(['train', 'tidy', 'added']);
    expect(await words(s, 'run', '--fr')).toContain('--fresh');
  });

  it('of several pipelines a broken one hides none of the others', async () => {
    const s = bareScenario();
    s.write('pipelines/bad.yaml', 'version: 1\ntasks:\n  worse: {run: [}\n');
    s.write('pipelines/good.yaml', flow({ better: task('better') }, { name: 'good' }));
    expect(await words(s, 'run', '')).toEqual(['worse', 'better', 'bad:', 'good:']);
  });

  it('of a large pipeline that was edited knows the new names without reading it as YAML', async () => {
    const s = bareScenario();
    const many = (extra: string) =>
      `version: 1\nname: big\nparams:\n  mode: {type: enum, values: [x, y], default: x}\ntasks:\n${Array.from(
        { length: 2_000 },
        (_, n) => `  t${n}:\n    # ${'long '.repeat(10)}\n    run: "true"\n`,
      ).join('')}${extra}`;
    s.write('orch.yaml', many('  last: {run: "true"}\n'));
    // Before the first run, too.
    expect(await words(s, 'run', 'las')).toContain('last');
    expect(await words(s, 'run', '--mo')).toContain('--mode');
    await s.ok('run', 'last');
    s.write('orch.yaml', many('  last: {run: "true"}\n  newest: {run: "true"}\n'));
    const found = await words(s, 'run', 'ne');
    expect(found).toHaveLength(2_002);
    expect(found).toContain('newest');
    expect(await words(s, 'run', '--mode', '')).toEqual(['x', 'y']);
  });

  it.each([
    ['without a project', (s: Scenario) => s.remove('orch.yaml')],
    ['with a damaged record of names', (s: Scenario) => s.write('.cache/state/v1/names', '{"format":1\n[[[')],
    [
      'with a record of something else',
      (s: Scenario) => s.write('.cache/state/v1/names', '{"format":1}\n7\n'),
    ],
    [
      'with a pipeline that is no text',
      (s: Scenario) => s.write('orch.yaml', Buffer.from([0xff, 0xfe, 0, 1])),
    ],
    ['with an empty pipeline', (s: Scenario) => s.write('orch.yaml', '')],
  ])('%s says nothing wrong', async (_, spoil) => {
    const s = await project();
    spoil(s);
    for (const typed of [
      ['run', ''],
      ['run', '--'],
      ['run', '--mode', ''],
      ['-p', ''],
      ['-C', 'nowhere', 'run', ''],
    ])
      await words(s, ...typed);
    expect(await words(s, 'ru')).toContain('run');
    for (const args of [[], ['--'], ['bash'], ['tcsh', 'x'], ['fish'], ['zsh', '--']]) {
      const { code, stderr } = await s.orch(['complete', ...args]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
  });

  it('runs nothing and writes nothing', async () => {
    const s = await project();
    const kept = entriesUnder(s.dir);
    for (const edit of [
      () => {},
      () => s.append('orch.yaml', '\n'),
      () => s.append('orch.yaml', ' broken: ['),
    ]) {
      edit();
      const before = entriesUnder(s.dir);
      for (const typed of [['run', ''], ['run', 'train['], ['run', '--mode='], ['']])
        await words(s, ...typed);
      expect(entriesUnder(s.dir)).toEqual(before);
    }
    expect(Object.keys(entriesUnder(s.dir))).toEqual(Object.keys(kept));
    expect(s.ran()).toEqual([]);
  });

  it('needs only its own small bundle where names are kept', async () => {
    const s = await project();
    const dist = mkdtempSync(join(tmpdir(), 'orch-dist-'));
    onTestFinished(() => rmSync(dist, { recursive: true, force: true }));
    const built = join(dirname(ORCH), '../dist');
    for (const name of readdirSync(built))
      if (!name.startsWith('main.')) cpSync(join(built, name), join(dist, name));
    const ran = spawnSync(
      process.execPath,
      [join(dist, 'complete.cjs'), 'complete', 'fish', '--', 'run', 'ti'],
      {
        cwd: s.dir,
        encoding: 'utf8',
        env: cleanEnv(),
      },
    );
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toContain('\ntidy\n');
  });
});
