/** What makes a cacheable task run again, and what doesn't (C1, C2, C4, C5, C6). */
import { chmodSync, lstatSync, readdirSync, renameSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Fields, type Scenario, scenario, task } from './support/scenario.ts';

const copy = (fields: Fields = {}) =>
  task('copy', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'], ...fields });

/** in.txt -> out.txt, already made. */
async function made(fields: Fields = {}, pipeline: Fields = {}): Promise<Scenario> {
  const s = scenario({ copy: copy(fields) }, { 'in.txt': 'one\n' }, pipeline);
  expect(await s.run('copy')).toEqual(['copy']);
  expect(await s.run('copy')).toEqual([]);
  return s;
}

/** filter (drops comments) -> count (counts lines), already made. */
async function filtered(): Promise<Scenario> {
  const s = scenario(
    {
      filter: task('filter', "grep -v '^#' in.txt > mid.txt", { inputs: ['in.txt'], outputs: ['mid.txt'] }),
      count: task('count', 'wc -l < mid.txt > out.txt', { inputs: ['mid.txt'], outputs: ['out.txt'] }),
    },
    { 'in.txt': '# a comment\none\n' },
  );
  expect(await s.run('count')).toEqual(['filter', 'count']);
  return s;
}

describe('nothing runs after', () => {
  it('touching every file', async () => {
    const s = await made();
    for (const name of readdirSync(s.dir))
      if (statSync(s.path(name)).isFile()) utimesSync(s.path(name), 2e9, 2e9);
    expect(await s.run('copy')).toEqual([]);
    expect(await s.outcomes('copy')).toEqual({ copy: 'up-to-date' });
  });

  it('rewriting an input with the same bytes', async () => {
    const s = await made();
    s.remove('in.txt');
    s.write('in.txt', 'one\n');
    expect(await s.run('copy')).toEqual([]);
  });

  it('a comment in the pipeline', async () => {
    const s = await made();
    s.append('orch.yaml', '\n# a comment\n');
    expect(await s.run('copy')).toEqual([]);
  });

  it('a description', async () => {
    const s = await made();
    s.flow({ copy: copy({ description: 'Copies' }) }, { description: 'A flow', owner: 'someone' });
    expect(await s.run('copy')).toEqual([]);
  });

  it('another order in the file', async () => {
    const s = scenario(
      { a: copy(), b: task('b', 'cat out.txt > b.txt', { inputs: ['out.txt'], outputs: ['b.txt'] }) },
      { 'in.txt': 'x' },
    );
    expect(await s.run('b')).toEqual(['copy', 'b']);
    s.flow({ b: task('b', 'cat out.txt > b.txt', { outputs: ['b.txt'], inputs: ['out.txt'] }), a: copy() });
    expect(await s.run('b')).toEqual([]);
  });

  it('another order of the inputs', async () => {
    const two = (inputs: string[]) => ({
      t: task('t', 'cat a.txt b.txt > o.txt', { inputs, outputs: ['o.txt'] }),
    });
    const s = scenario(two(['a.txt', 'b.txt']), { 'a.txt': 'a', 'b.txt': 'b' });
    expect(await s.run('t')).toEqual(['t']);
    s.flow(two(['b.txt', 'a.txt']));
    expect(await s.run('t')).toEqual([]);
  });

  it('renaming a task', async () => {
    const s = await made();
    s.flow({ renamed: copy() });
    expect(await s.run('renamed')).toEqual([]);
    expect(s.read('out.txt')).toBe('one\n');
  });

  it('moving the project', async () => {
    const s = await made();
    const elsewhere = `${s.outside}/moved`;
    renameSync(s.dir, elsewhere);
    await s.exits(0, ['-C', elsewhere, 'run', 'copy'], { cwd: '../' });
    expect(s.ran()).toEqual([]);
  });

  it('a variable of the environment that is not declared', async () => {
    const s = await made();
    await s.exits(0, ['run', 'copy'], { env: { SOMETHING: 'else' } });
    expect(s.ran()).toEqual([]);
  });

  it('permissions other than the executable bit', async () => {
    const s = await made();
    chmodSync(s.path('in.txt'), 0o600);
    chmodSync(s.path('out.txt'), 0o600);
    expect(await s.run('copy')).toEqual([]);
  });

  it('other resources, retries or timeouts', async () => {
    const s = await made();
    s.flow({ copy: copy({ resources: { cpu: 1, memory: '1MB' }, retries: 2, timeout: '10m', priority: 3 }) });
    expect(await s.run('copy')).toEqual([]);
  });
});

describe('the task runs again after', () => {
  it('a change of an input', async () => {
    const s = await made();
    s.write('in.txt', 'two and more\n');
    expect(await s.run('copy')).toEqual(['copy']);
    expect(s.read('out.txt')).toBe('two and more\n');
  });

  it('a change that keeps the size', async () => {
    const s = await made();
    s.write('in.txt', 'two\n');
    expect(await s.run('copy')).toEqual(['copy']);
  });

  it('a change of the same size whose mtime is put back', async () => {
    const s = await made();
    const { atime, mtime } = statSync(s.path('in.txt'));
    s.write('in.txt', 'two\n');
    utimesSync(s.path('in.txt'), atime, mtime);
    expect(await s.run('copy')).toEqual(['copy']);
    expect(s.read('out.txt')).toBe('two\n');
  });

  it('two files swapped by renaming', async () => {
    const s = scenario(
      { t: task('t', 'cat a b > o', { inputs: ['a', 'b'], outputs: ['o'] }) },
      { a: '1', b: '2' },
    );
    await s.run('t');
    renameSync(s.path('a'), s.path('c'));
    renameSync(s.path('b'), s.path('a'));
    renameSync(s.path('c'), s.path('b'));
    expect(await s.run('t')).toEqual(['t']);
    expect(s.read('o')).toBe('21');
  });

  it('a change of the command', async () => {
    const s = await made();
    s.flow({
      copy: task('copy', 'cat in.txt in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }),
    });
    expect(await s.run('copy')).toEqual(['copy']);
    expect(s.read('out.txt')).toBe('one\none\n');
  });

  it('another shell', async () => {
    const s = await made();
    s.flow({ copy: copy({ shell: 'bash' }) });
    expect(await s.run('copy')).toEqual(['copy']);
  });

  it('a declared variable, of the task or of the pipeline', async () => {
    const s = await made();
    s.flow({ copy: copy({ env: { A: '1' } }) });
    expect(await s.run('copy')).toEqual(['copy']);
    s.flow({ copy: copy({ env: { A: '1' } }) }, { env: { B: '1' } });
    expect(await s.run('copy')).toEqual(['copy']);
    s.flow({ copy: copy({ env: { A: '1' } }) }, { env: { B: '2' } });
    expect(await s.run('copy')).toEqual(['copy']);
  });

  it('another list of outputs', async () => {
    const s = await made();
    s.flow({ copy: copy({ outputs: ['out.txt', 'more/*.txt'] }) });
    expect(await s.run('copy')).toEqual(['copy']);
  });

  it('making an input executable', async () => {
    const s = await made();
    chmodSync(s.path('in.txt'), 0o755);
    expect(await s.run('copy')).toEqual(['copy']);
  });

  it('a tool that answers differently', async () => {
    const s = await made({ tools: ['cat version.txt || true'] });
    s.write('version.txt', '2\n');
    expect(await s.run('copy')).toEqual(['copy']);
    expect(await s.run('copy')).toEqual([]);
  });

  it('an optional input that comes or goes', async () => {
    const s = await made({ inputs: ['in.txt', { path: 'extra.txt', optional: true }] });
    s.write('extra.txt', 'x');
    expect(await s.run('copy')).toEqual(['copy']);
    s.write('extra.txt', 'y');
    expect(await s.run('copy')).toEqual(['copy']);
    s.remove('extra.txt');
    expect(await s.outcomes('copy')).toEqual({ copy: 'up-to-date' });
  });
});

describe('globs and folders as inputs', () => {
  const all = (inputs: unknown[]) => ({ t: task('t', 'ls src > o', { inputs, outputs: ['o'] }) });

  it.each([['src/*.txt'], ['src/'], ['src/**']])(
    '%s: new, removed and renamed files count',
    async (input) => {
      const s = scenario(all([input]), { 'src/a.txt': '1', 'src/b.txt': '2' });
      expect(await s.run('t')).toEqual(['t']);
      s.write('src/c.txt', '3');
      expect(await s.run('t')).toEqual(['t']);
      s.remove('src/a.txt');
      expect(await s.run('t')).toEqual(['t']);
      renameSync(s.path('src/b.txt'), s.path('src/d.txt'));
      expect(await s.run('t')).toEqual(['t']);
      expect(s.read('o')).toBe('c.txt\nd.txt\n');
      expect(await s.run('t')).toEqual([]);
    },
  );

  it('skip what belongs to tools, and the lines of .orchignore', async () => {
    const s = scenario(all(['src/']), { 'src/a.txt': '1', '.orchignore': '*.tmp\n' });
    await s.run('t');
    for (const path of [
      'src/__pycache__/x.bin',
      'src/a.pyc',
      'src/.git/HEAD',
      'src/node_modules/m/i.js',
      'src/b.tmp',
      'src/.DS_Store',
    ])
      s.write(path, 'noise');
    expect(await s.run('t')).toEqual([]);
  });

  it('a negation takes files away', async () => {
    const s = scenario(all(['src/*.txt', '!src/skip.txt']), { 'src/a.txt': '1', 'src/skip.txt': '2' });
    await s.run('t');
    s.write('src/skip.txt', 'other');
    expect(await s.run('t')).toEqual([]);
    s.write('src/a.txt', 'other');
    expect(await s.run('t')).toEqual(['t']);
  });

  it('a literal path is taken whole, skipped names included', async () => {
    const s = scenario(all(['src/a.pyc']), { 'src/a.pyc': '1' });
    await s.run('t');
    s.write('src/a.pyc', '2');
    expect(await s.run('t')).toEqual(['t']);
  });
});

describe('a symlink as an input', () => {
  async function linked(): Promise<Scenario> {
    const s = scenario({ copy: copy() }, { 'one.txt': 'same\n', 'two.txt': 'same\n' });
    symlinkSync('one.txt', s.path('in.txt'));
    await s.run('copy');
    expect(await s.run('copy')).toEqual([]);
    return s;
  }

  it('counts by the content of its target', async () => {
    const s = await linked();
    s.write('one.txt', 'other\n');
    expect(await s.run('copy')).toEqual(['copy']);
    expect(s.read('out.txt')).toBe('other\n');
  });

  it('counts by its text', async () => {
    const s = await linked();
    s.remove('in.txt');
    symlinkSync('two.txt', s.path('in.txt'));
    expect(await s.run('copy')).toEqual(['copy']);
  });
});

describe('going back', () => {
  it('to an earlier input restores', async () => {
    const s = await made();
    s.write('in.txt', 'two\n');
    await s.run('copy');
    s.write('in.txt', 'one\n');
    expect(await s.outcomes('copy')).toEqual({ copy: 'restored' });
    expect(s.ran()).toEqual([]);
    expect(s.read('out.txt')).toBe('one\n');
  });

  it('to an earlier parameter restores', async () => {
    const s = scenario(
      { t: task('t-${{ params.n }}', 'echo ${{ params.n }} > o', { outputs: ['o'], inputs: ['in'] }) },
      { in: '' },
      { params: { n: 1, unused: 1 } },
    );
    expect(await s.run('t')).toEqual(['t-1']);
    expect(await s.run('t', '--param', 'unused=2')).toEqual([]);
    expect(await s.run('t', '--param', 'n=2')).toEqual(['t-2']);
    expect(s.read('o')).toBe('2\n');
    expect(await s.run('t')).toEqual([]);
    expect(s.read('o')).toBe('1\n');
  });

  it('to an earlier command restores modes, symlinks and empty folders', async () => {
    const build = 'mkdir -p out/empty; echo hi > out/tool; chmod +x out/tool; ln -s tool out/link';
    const s = scenario({ t: task('t', build, { outputs: ['out/'] }) });
    await s.run('t');
    s.flow({ t: task('t', 'mkdir -p out; echo other > out/only', { outputs: ['out/'] }) });
    await s.run('t');
    expect(s.under('out')).toEqual({ only: 'other\n' });
    s.flow({ t: task('t', build, { outputs: ['out/'] }) });
    expect(await s.run('t')).toEqual([]);
    expect(s.under('out')).toEqual({ empty: '(folder)', link: '-> tool', tool: 'hi\n' });
    expect(lstatSync(s.path('out/tool')).mode & 0o100).toBe(0o100);
  });
});

describe('early cut-off', () => {
  it('an upstream task that makes the same bytes stops the rebuild', async () => {
    const s = await filtered();
    s.write('in.txt', '# another comment\none\n');
    expect(await s.run('count')).toEqual(['filter']);
    expect(await s.run('count')).toEqual([]);
  });

  it('goes on where the bytes differ', async () => {
    const s = await filtered();
    s.write('in.txt', 'one\ntwo\n');
    expect(await s.run('count')).toEqual(['filter', 'count']);
  });
});

describe('cache: false and expires', () => {
  it('a task with cache: false always runs, and what depends on it goes by content', async () => {
    const s = scenario(
      {
        fetch: task('fetch', 'cat source.txt > got.txt', { cache: false, outputs: ['got.txt'] }),
        use: task('use', 'cat got.txt > used.txt', { inputs: ['got.txt'], outputs: ['used.txt'] }),
      },
      { 'source.txt': '1\n' },
    );
    expect(await s.run('use')).toEqual(['fetch', 'use']);
    expect(await s.run('use')).toEqual(['fetch']);
    s.write('source.txt', '2\n');
    expect(await s.run('use')).toEqual(['fetch', 'use']);
  });

  it('a task that declares neither inputs nor outputs nor needs always runs', async () => {
    const s = scenario({
      hello: task('hello'),
      later: task('later', '', { needs: [{ task: 'hello', order_only: true }] }),
    });
    expect(await s.run('later')).toEqual(['hello', 'later']);
    expect(await s.run('later')).toEqual(['hello', 'later']);
  });

  it('a result is stale after the age that expires gives', async () => {
    const s = scenario({ copy: copy({ expires: '1ms' }) }, { 'in.txt': 'x' });
    expect(await s.run('copy')).toEqual(['copy']);
    expect(await s.run('copy')).toEqual(['copy']);
  });

  it('a result is fresh before that age', async () => {
    await made({ expires: '30d' });
  });
});

describe('force', () => {
  it('--force and -B run the targets and all that they need', async () => {
    const s = await filtered();
    expect(await s.run('--force', 'count')).toEqual(['filter', 'count']);
    expect(await s.run('-B', 'filter')).toEqual(['filter']);
    expect(await s.run('count')).toEqual([]);
  });

  it('--force=TASK runs only that task', async () => {
    const s = await filtered();
    expect(await s.run('--force=count', 'count')).toEqual(['count']);
    expect(await s.run('--force=filter', 'count')).toEqual(['filter']);
  });

  it('--rehash reads everything again and still runs nothing', async () => {
    const s = await filtered();
    expect(await s.run('--rehash', 'count')).toEqual([]);
  });
});
