/** Flags of `run` that change what a run may do: --only, --no-cache, --dry-run, -- ARGS, -C (C6, C14, E2). */
import { describe, expect, it } from 'vitest';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

const chain: Fields = {
  a: task('a', 'cat in.txt > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
  b: task('b', 'cat a.txt > b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
};

async function made(): Promise<Scenario> {
  const s = scenario(chain, { 'in.txt': '1\n' });
  expect(await s.run('b')).toEqual(['a', 'b']);
  return s;
}

describe('--only', () => {
  it('takes the inputs as they lie', async () => {
    const s = await made();
    s.write('in.txt', '2\n');
    expect(await s.run('--only', 'b')).toEqual([]);
    s.write('a.txt', 'by hand\n');
    expect(await s.run('--only', 'b')).toEqual(['b']);
    expect(s.read('b.txt')).toBe('by hand\n');
    expect(s.read('a.txt')).toBe('by hand\n');
  });

  it('keys by those bytes: the next plain run puts everything right', async () => {
    const s = await made();
    s.write('a.txt', 'by hand\n');
    await s.run('--only', 'b');
    await s.ok('run', 'b');
    expect(s.read('a.txt')).toBe('1\n');
    expect(s.read('b.txt')).toBe('1\n');
    expect(s.ran()).toEqual([]);
  });

  it('with an input that is absent is an error', async () => {
    const s = await made();
    s.remove('a.txt');
    s.remove('b.txt');
    const ran = await s.orch(['run', '--only', 'b']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('a.txt');
    expect(s.exists('a.txt')).toBe(false);
    expect(s.ran()).toEqual([]);
  });
});

describe('--no-cache', () => {
  it('stores no result', async () => {
    const s = scenario(chain, { 'in.txt': '1\n' });
    expect(await s.run('--no-cache', 'b')).toEqual(['a', 'b']);
    s.remove('b.txt');
    expect(await s.run('b')).toEqual(['b']);
  });

  it('reads no result', async () => {
    const s = await made();
    s.remove('b.txt');
    expect(await s.run('--no-cache', 'b')).toEqual(['b']);
  });

  it("keeps the records of which files are orch's own", async () => {
    const s = scenario(
      { fill: task('fill', 'mkdir -p out; cat in.txt > out/x', { inputs: ['in.txt'], outputs: ['out/'] }) },
      { 'in.txt': '1\n' },
    );
    await s.run('--no-cache', 'fill');
    s.write('in.txt', '2\n');
    expect(await s.run('--no-cache', 'fill')).toEqual(['fill']);
    expect(s.under('.cache/replaced')).toEqual({});
  });
});

describe('--dry-run', () => {
  it.each(['--dry-run', '-n'])('%s prints what would run, runs nothing and changes nothing', async (flag) => {
    const s = await made();
    s.write('in.txt', '2\n');
    const before = s.userTree();
    const ran = await s.ok('run', flag, 'b');
    expect(ran.stdout).toMatch(/\ba\b/);
    expect(ran.stdout).toMatch(/\bb\b/);
    expect(ran.stdout).toContain('in.txt');
    expect(s.ran()).toEqual([]);
    expect(s.userTree()).toEqual(before);
    expect(await s.run('b')).toEqual(['a', 'b']);
  });

  it('in a fresh project leaves the first run a first run', async () => {
    const s = scenario(chain, { 'in.txt': '1\n' });
    await s.ok('run', '-n', 'b');
    expect(Object.keys(s.userTree()).toSorted()).toEqual(['in.txt', 'orch.yaml']);
    expect(await s.run('b')).toEqual(['a', 'b']);
  });

  it('restores nothing and sets nothing aside', async () => {
    const s = await made();
    s.remove('b.txt');
    s.write('a.txt', 'by hand\n');
    await s.ok('run', '-n', 'b');
    expect(s.exists('b.txt')).toBe(false);
    expect(s.read('a.txt')).toBe('by hand\n');
    expect(s.under('.cache/replaced')).toEqual({});
  });

  it('says that all is up to date', async () => {
    const s = await made();
    expect((await s.ok('run', '-n', 'b')).stdout).toMatch(/up to date/);
  });

  it('does not start the tools', async () => {
    const s = scenario({
      t: task('t', 'echo > o', { outputs: ['o'], tools: ['sh -c "echo tool >> $TRACE"'] }),
    });
    await s.ok('run', '-n', 't');
    expect(s.ran()).toEqual([]);
  });
});

describe('-- ARGS', () => {
  const show: Fields = {
    pre: task('pre', 'echo p > pre.txt', { outputs: ['pre.txt'] }),
    last: task('last', 'cat pre.txt', { inputs: ['pre.txt'] }),
    count: {
      run: 'sh -c \'for word in "$@"; do printf "[%s]" "$word"; done > out2.txt\' sh',
      outputs: ['out2.txt'],
    },
    argv: { run: ['sh', '-c', 'printf "[%s]" "$@" > out3.txt', 'sh'], outputs: ['out3.txt'] },
  };

  it('are appended to the command of the target, quoted', async () => {
    const s = scenario(show);
    await s.ok('run', 'count', '--', 'two words', '$(echo x)', "it's", '-n', '--force');
    expect(s.read('out2.txt')).toBe("[two words][$(echo x)][it's][-n][--force]");
    await s.ok('run', 'argv', '--', 'two words', '*');
    expect(s.read('out3.txt')).toBe('[two words][*]');
  });

  it('enter the key of the target only', async () => {
    const s = scenario(show);
    await s.ok('run', 'count', '--', 'a');
    expect((await s.ok('run', 'count', '--', 'a')).stdout).toContain("'count' is up to date");
    await s.ok('run', 'count', '--', 'b');
    expect(s.read('out2.txt')).toBe('[b]');
    expect((await s.ok('run', 'count', '--', 'a')).stdout).toContain("'count' restored");
    s.ran();
    await s.ok('run', 'last');
    await s.ok('run', 'last', '--', 'pre.txt');
    expect(s.ran()).toEqual(['pre', 'last', 'last']);
  });

  it('for a group are an error: it has no command that could take them', async () => {
    const s = scenario({ ...show, all: { needs: ['count'] } });
    const { stderr } = await s.exits(2, ['run', 'all', '--', 'x']);
    expect(stderr).toContain('the words after -- have no command to go to: all is a group');
    expect(s.ran()).toEqual([]);
  });
});

describe('ORCH_* variables', () => {
  it('stand for flags of run', async () => {
    const s = await made();
    await s.exits(0, ['run', 'b'], { env: { ORCH_FORCE: '1' } });
    expect(s.ran()).toEqual(['a', 'b']);
    await s.exits(0, ['run', 'b'], { env: { ORCH_DRY_RUN: '1', ORCH_FORCE: '1' } });
    expect(s.ran()).toEqual([]);
  });
});
