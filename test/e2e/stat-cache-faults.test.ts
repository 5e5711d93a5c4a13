/**
 * FAULTS 34-42: files that change in ways which their stat shows badly or not at all. Each change is made after two
 * runs, the second of which had nothing to do: then the stat cache vouches for every file, and the whole command line
 * is answered by stats alone.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FAKETIME_LIBRARY } from '../support/faketime.ts';
import { itWith } from '../support/tools.ts';
import { type Fields, type Scenario, scenario, task } from './support/scenario.ts';

const DAY_S = 86_400;

const copy = (name: string, fields: Fields = {}) =>
  task(name, `cat ${name}.in > ${name}.out`, {
    inputs: [`${name}.in`],
    outputs: [`${name}.out`],
    ...fields,
  });

/** `a` and `b`, each made from a file of its own, with nothing left to do. */
async function settled(fields: Fields = {}): Promise<Scenario> {
  const s = scenario({ a: copy('a', fields), b: copy('b') }, { 'a.in': 'one\n', 'b.in': 'two\n' });
  await s.ok('run', 'a', 'b');
  expect(await s.run('a', 'b')).toEqual([]);
  return s;
}

/** The pair is run, and what the change concerns is what is run. */
async function sees(s: Scenario, ...tasks: string[]): Promise<void> {
  expect((await s.run('a', 'b')).sort()).toEqual(tasks);
  for (const name of ['a', 'b']) expect(s.read(`${name}.out`), name).toBe(s.read(`${name}.in`));
}

function setMtime(s: Scenario, path: string, mtimeS: number): void {
  utimesSync(s.path(path), mtimeS, mtimeS);
}

/** A program that writes to a file through one mapping: a letter at its first byte whenever it is told to. */
async function mapped(path: string): Promise<(letter: string) => Promise<void>> {
  const child = spawn(
    'python3',
    [
      '-c',
      `import mmap, sys
f = open(sys.argv[1], "r+b")
m = mmap.mmap(f.fileno(), 0)
for line in sys.stdin:
    m[0:1] = line[0:1].encode()
    print("done", flush=True)`,
      path,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  return (letter) =>
    new Promise((resolve, reject) => {
      child.once('close', () => reject(new Error('the writer ended')));
      child.stdout.once('data', () => resolve());
      child.stdin.write(`${letter}\n`);
    });
}

describe('FAULT 34: a rewrite of the same size', () => {
  it('right after the run that read it is seen', async () => {
    const s = await settled();
    for (const text of ['abc\n', 'abd\n', 'abe\n']) {
      s.write('a.in', text);
      expect(await s.run('a')).toEqual(['a']);
      expect(s.read('a.out')).toBe(text);
    }
  });

  it('within the moment in which it was first written, by the task before, is seen', async () => {
    const s = scenario({
      // Read by orch, and written again by a process that outlives nothing: the next command of the same run.
      first: task('first', 'echo 1 > a.in', { outputs: ['a.in'] }),
      a: copy('a'),
    });
    await s.ok('run', 'a');
    writeFileSync(s.path('a.in'), '2\n');
    await s.ok('run', 'a');
    expect([s.read('a.in'), s.read('a.out')]).toEqual(['1\n', '1\n']);
  });
});

describe('FAULT 35: a change whose mtime is put back', () => {
  it('is seen by the ctime', async () => {
    const s = await settled();
    const { mtimeMs } = statSync(s.path('a.in'));
    s.write('a.in', 'new\n');
    setMtime(s, 'a.in', mtimeMs / 1000);
    await sees(s, 'a');
  });

  it('is seen where the file is another one of the same size and mtime', async () => {
    const s = await settled();
    setMtime(s, 'a.in', 1_700_000_000);
    await s.ok('run', 'a', 'b');
    s.write('other', 'new\n');
    setMtime(s, 'other', 1_700_000_000);
    renameSync(s.path('other'), s.path('a.in'));
    await sees(s, 'a');
  });

  it('is seen in an output, which is repaired', async () => {
    const s = await settled();
    const { mtimeMs } = statSync(s.path('a.out'));
    s.write('a.out', 'bad\n');
    setMtime(s, 'a.out', mtimeMs / 1000);
    await sees(s);
  });
});

describe('FAULT 36: the clock goes back a day between two runs', () => {
  const at = (s: Scenario, when: string) => {
    s.env['FAKETIME'] = when;
    s.env['LD_PRELOAD'] = FAKETIME_LIBRARY!;
  };

  itWith('faketime')('and a change is seen, and nothing else', async () => {
    const s = scenario({ a: copy('a'), b: copy('b') }, { 'a.in': 'one\n', 'b.in': 'two\n' });
    at(s, '+1d');
    for (const name of ['a.in', 'b.in']) setMtime(s, name, Date.now() / 1000 + DAY_S);
    await s.ok('run', 'a', 'b');
    expect(await s.run('a', 'b')).toEqual([]);
    at(s, '+0d');
    expect(await s.run('a', 'b')).toEqual([]);
    const { mtimeMs } = statSync(s.path('a.in'));
    s.write('a.in', 'new\n');
    await sees(s, 'a');
    s.write('a.in', 'odd\n');
    setMtime(s, 'a.in', mtimeMs / 1000);
    await sees(s, 'a');
  });

  itWith('faketime')('and a result from tomorrow is not fresh for a day longer', async () => {
    const s = scenario({ a: copy('a', { expires: '1h' }) }, { 'a.in': 'one\n' });
    at(s, '+1d');
    await s.ok('run', 'a');
    expect(await s.run('a')).toEqual([]);
    at(s, '+0d');
    expect(await s.run('a')).toEqual(['a']);
    expect(await s.run('a')).toEqual([]);
  });
});

describe('FAULT 37: a file whose mtime lies in the future', () => {
  it('is seen to change, and costs no run while it does not', async () => {
    const s = await settled();
    const soonS = Math.round(Date.now() / 1000) + DAY_S;
    setMtime(s, 'a.in', soonS);
    await sees(s);
    s.write('a.in', 'new\n');
    setMtime(s, 'a.in', soonS);
    await sees(s, 'a');
  });

  itWith('python3')('is read every time: even what no stamp shows is seen', async () => {
    const s = await settled();
    const write = await mapped(s.path('a.in'));
    await write('O');
    setMtime(s, 'a.in', Math.round(Date.now() / 1000) + DAY_S);
    await sees(s, 'a');
    await write('U');
    await sees(s, 'a');
    expect(s.read('a.out')).toBe('Une\n');
  });
});

it('FAULT 38: two files of one size and mtime that are swapped by renaming are both seen', async () => {
  const s = await settled();
  for (const name of ['a.in', 'b.in']) setMtime(s, name, 1_700_000_000);
  await sees(s);
  renameSync(s.path('a.in'), s.path('c'));
  renameSync(s.path('b.in'), s.path('a.in'));
  renameSync(s.path('c'), s.path('b.in'));
  // Both results are known under their contents' old places only.
  await sees(s, 'a', 'b');
  expect([s.read('a.out'), s.read('b.out')]).toEqual(['two\n', 'one\n']);
});

describe('FAULT 39: a write through a hard link', () => {
  it('from outside of the root is seen', async () => {
    const s = await settled();
    const link = join(s.outside, 'link');
    linkSync(s.path('a.in'), link);
    await sees(s);
    writeFileSync(link, 'new\n');
    await sees(s, 'a');
  });

  it('to an output is seen, and the output repaired', async () => {
    const s = await settled();
    const link = join(s.outside, 'link');
    linkSync(s.path('a.out'), link);
    await sees(s);
    writeFileSync(link, 'bad\n');
    await sees(s);
    expect(readFileSync(link, 'utf8')).toBe('bad\n');
  });
});

describe('FAULT 40: a symlink that is led elsewhere', () => {
  const linked = async () => {
    const s = scenario(
      {
        a: copy('a'),
        b: copy('b', { inputs: ['dir/b.in'], run: 'echo b >> "$TRACE"; cat dir/b.in > b.out' }),
      },
      { '1': 'one\n', '2': 'two\n', '3': 'two\n', 'one/b.in': 'x\n', 'two/b.in': 'y\n' },
    );
    for (const name of ['1', '2', '3', 'one/b.in', 'two/b.in']) setMtime(s, name, 1_700_000_000);
    symlinkSync('1', s.path('a.in'));
    symlinkSync('one', s.path('dir'));
    await s.ok('run', 'a', 'b');
    expect(await s.run('a', 'b')).toEqual([]);
    return s;
  };
  const lead = (s: Scenario, path: string, to: string) => {
    unlinkSync(s.path(path));
    symlinkSync(to, s.path(path));
  };

  it('counts by what it leads to, and by its text', async () => {
    const s = await linked();
    lead(s, 'a.in', '2');
    expect(await s.run('a', 'b')).toEqual(['a']);
    expect(s.read('a.out')).toBe('two\n');
    // The link itself is read, too: a command may use its text.
    lead(s, 'a.in', '3');
    expect(await s.run('a', 'b')).toEqual(['a']);
  });

  it('counts where it is a folder on the way', async () => {
    const s = await linked();
    lead(s, 'dir', 'two');
    expect(await s.run('a', 'b')).toEqual(['b']);
    expect(s.read('b.out')).toBe('y\n');
  });
});

itWith('python3')(
  'FAULT 41: what is written through mmap is seen with --rehash, as the README says',
  async () => {
    const s = await settled();
    const write = await mapped(s.path('a.in'));
    await write('O');
    await sees(s, 'a');
    await write('U');
    expect(await s.run('--rehash', 'a', 'b')).toEqual(['a']);
    expect(s.read('a.out')).toBe('Une\n');
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(readme).toMatch(/writes through mmap without `--rehash`/);
  },
);

it('FAULT 42: of the permissions only the executable bit counts', async () => {
  const s = await settled();
  chmodSync(s.path('a.in'), 0o600);
  await sees(s);
  chmodSync(s.path('a.in'), 0o700);
  await sees(s, 'a');
  chmodSync(s.path('a.in'), 0o711);
  await sees(s);
  // Back to what it was: the result is known.
  chmodSync(s.path('a.in'), 0o644);
  await sees(s);
});
