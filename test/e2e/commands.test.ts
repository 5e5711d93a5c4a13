/** The commands beside `run` (E6): what they print, that they run nothing and change nothing (C13). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

const tasks: Fields = {
  extract: task('extract', 'echo "out of extract"; cat in.txt > data.txt', {
    description: 'Fetch the data',
    inputs: ['in.txt'],
    outputs: ['data.txt'],
  }),
  train: task('train', 'cp data.txt model.txt; cp data.txt extra.txt', {
    inputs: ['data.txt'],
    outputs: ['model.txt', 'extra.txt'],
  }),
  always: task('always', '', { cache: false }),
};

const fresh = (): Scenario => scenario(tasks, { 'in.txt': '1\n' }, { default: ['train'] });

async function made(): Promise<Scenario> {
  const s = fresh();
  expect(await s.run('train')).toEqual(['extract', 'train']);
  return s;
}

/** stdout as one JSON document. */
async function json(s: Scenario, ...args: string[]): Promise<unknown> {
  const ran = await s.ok(...args, '--json');
  return JSON.parse(ran.stdout) as unknown;
}

describe('list', () => {
  it('names every task with its description', async () => {
    const s = fresh();
    for (const args of [['list'], ['--list']]) {
      const { stdout } = await s.ok(...args);
      expect(stdout).toMatch(/extract.*Fetch the data/);
      for (const name of ['train', 'always']) expect(stdout).toContain(name);
    }
  });

  it('--json is one document', async () => {
    const document = JSON.stringify(await json(fresh(), 'list'));
    for (const word of ['extract', 'train', 'always', 'Fetch the data']) expect(document).toContain(word);
  });
});

describe('status', () => {
  it('tells stale from up to date', async () => {
    const s = await made();
    expect((await s.ok('status')).stdout).toMatch(/train.*up to date/);
    s.write('in.txt', '2\n');
    expect((await s.ok('status', 'train')).stdout).not.toMatch(/extract.*up to date/);
  });

  it('--exit-code is 1 if stale, where tasks that always run do not count', async () => {
    const s = fresh();
    await s.exits(1, ['status', '--exit-code']);
    await s.ok('run', 'train');
    await s.exits(0, ['status', '--exit-code']);
    s.write('in.txt', '2\n');
    await s.exits(1, ['status', '--exit-code']);
    await s.exits(1, ['status', '--exit-code', 'train']);
    await s.exits(0, ['status', '--exit-code', 'always']);
  });

  it('--json is one document', async () => {
    const document = JSON.stringify(await json(await made(), 'status'));
    for (const word of ['extract', 'train', 'always']) expect(document).toContain(word);
  });

  it('of an unknown task is refused', async () => {
    await fresh().exits(2, ['status', 'trian']);
  });
});

describe('logs', () => {
  it('prints what the last attempt said, stdout and stderr', async () => {
    const s = scenario({ t: task('t', 'echo to out; echo to err >&2') });
    await s.ok('run', 't');
    const { stdout } = await s.ok('logs', 't');
    expect(stdout).toContain('to out\n');
    expect(stdout).toContain('to err\n');
  });

  it('prints that of a failed attempt', async () => {
    const s = scenario({ t: task('t', 'echo before the end; exit 5') });
    await s.exits(1, ['run', 't']);
    expect((await s.ok('logs', 't')).stdout).toContain('before the end');
  });

  it('is byte-exact', async () => {
    const s = scenario({ t: { run: "printf 'a\\000b\\033[31mred'", cache: false } });
    await s.ok('run', 't');
    expect((await s.ok('logs', 't')).stdout).toContain('a\u0000b\u001b[31mred');
  });

  it('of a task that never ran says so', async () => {
    const ran = await fresh().orch(['logs', 'train']);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain('train');
  });
});

describe('validate', () => {
  it('accepts a good pipeline, by name too, and runs nothing', async () => {
    const s = fresh();
    await s.ok('validate');
    await s.ok('validate', 'orch.yaml');
    expect(s.ran()).toEqual([]);
  });

  it('--json is one document, for a bad pipeline too', async () => {
    const s = fresh();
    await json(s, 'validate');
    s.write('orch.yaml', 'version: 1\nname: flow\ntasks: {a: {runn: x}}\n');
    const ran = await s.exits(2, ['validate', '--json']);
    expect(JSON.stringify(JSON.parse(ran.stdout))).toContain('runn');
  });
});

describe('schema', () => {
  it('is a JSON Schema that knows the fields, and needs no project', async () => {
    const s = scenario({});
    s.remove('orch.yaml');
    const text = (await s.ok('schema')).stdout;
    const schema = JSON.parse(text) as Record<string, unknown>;
    expect(schema['$schema']).toMatch(/json-schema/);
    for (const field of ['tasks', 'upstream_tasks', 'trigger_rule', 'checkpoints', 'allow_links', 'depfile'])
      expect(text).toContain(field);
    const path = (await s.ok('schema', '--path')).stdout.trim();
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('cache', () => {
  it('path is where the content lies', async () => {
    const s = await made();
    expect((await s.ok('cache', 'path')).stdout).toBe(`${s.path('.cache/content')}\n`);
    const moved = await s.exits(0, ['cache', 'path'], { env: { ORCH_CACHE_DIR: `${s.outside}/moved` } });
    expect(moved.stdout.startsWith(`${s.outside}/moved`)).toBe(true);
  });

  it('info counts what it holds', async () => {
    const s = await made();
    expect((await s.ok('cache', 'info')).stdout).toMatch(/\d/);
    expect(typeof (await json(s, 'cache', 'info'))).toBe('object');
  });
});

describe('path', () => {
  it('prints the outputs of a task, one a line', async () => {
    const s = await made();
    expect((await s.ok('path', 'train')).stdout).toBe('model.txt\nextra.txt\n');
    expect((await s.ok('path', 'extract')).stdout).toBe('data.txt\n');
    expect(JSON.stringify(await json(s, 'path', 'train'))).toContain('extra.txt');
  });
});

describe('commands that look', () => {
  const LOOKS = [
    ['list'],
    ['--list'],
    ['validate'],
    ['status'],
    ['status', '--exit-code'],
    ['why', 'train'],
    ['why', 'train', '--json'],
    ['schema'],
    ['cache', 'info'],
    ['cache', 'path'],
    ['path', 'train'],
    ['graph'],
    ['graph', 'train', '--format', 'svg'],
    ['params', 'train'],
    ['run', '--dry-run', 'train'],
    ['run', '-n', '--force', 'train'],
    ['run', '-n', '--json', 'train'],
  ];

  it.each(LOOKS)('%s %s %s: runs nothing, changes nothing', async (...args) => {
    const s = await made();
    s.write('in.txt', '2\n');
    const command = args.filter((word) => word !== undefined);
    const before = s.userTree();
    await s.orch(command);
    expect(s.userTree()).toEqual(before);
    expect(s.ran()).toEqual([]);
    expect(await s.run('train')).toEqual(['extract', 'train']);
    expect(await s.run('train')).toEqual([]);
  });

  it('in a fresh project leave the first run a first run', async () => {
    const s = fresh();
    for (const args of LOOKS) await s.orch(args);
    expect(Object.keys(s.userTree()).toSorted()).toEqual(['in.txt', 'orch.yaml']);
    expect(await s.run('train')).toEqual(['extract', 'train']);
  });

  it('with a damaged state write nothing', async () => {
    const s = await made();
    for (const path of Object.keys(s.under('.cache/state'))) s.write(`.cache/state/${path}`, 'garbage\n');
    const before = s.under('.cache/state');
    for (const args of LOOKS.slice(3)) await s.orch(args);
    expect(
      Object.fromEntries(Object.entries(s.under('.cache/state')).filter(([path]) => path in before)),
    ).toEqual(before);
  });
});

describe('orch', () => {
  it('--version prints the version', async () => {
    expect((await fresh().ok('--version')).stdout).toMatch(/^\S*\d+\.\d+\.\d+\S*\n$/);
  });

  it('--help names the commands, run --help the flags', async () => {
    const s = fresh();
    const { stdout } = await s.ok('--help');
    for (const word of [
      'run',
      'list',
      'clean',
      'status',
      'logs',
      'validate',
      'schema',
      'cache',
      'accept',
      'path',
    ])
      expect(stdout).toContain(word);
    const help = (await s.ok('run', '--help')).stdout;
    for (const flag of [
      '-j',
      '-k',
      '--dry-run',
      '--force',
      '--param',
      '--only',
      '--no-cache',
      '--no-wait',
      '--materialize',
    ])
      expect(help).toContain(flag);
  });

  it('without arguments prints its help', async () => {
    expect(said(await fresh().orch([]))).toContain('run');
  });

  it('--clean asks nothing off a terminal', async () => {
    const s = await made();
    await s.ok('--clean');
    expect(s.under('.cache/content')).toEqual({});
  });
});
