/** What happens to files that lie where outputs go: nothing of the user's is lost (B3, C9, F9). */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gate, holdAt, isAlive, until } from './support/gate.ts';
import { type Scenario, said, scenario, task } from './support/scenario.ts';

const REPLACED = '.cache/replaced';

/** The contents of everything that was set aside. */
function replaced(s: Scenario): string[] {
  return Object.values(s.under(REPLACED)).filter((content) => content !== '(folder)');
}

const make = task('make', 'echo made > out.txt', { outputs: ['out.txt'] });
const fill = task('fill', 'mkdir -p out; echo made > out/made.txt', { outputs: ['out/'] });

/** Runs until the command is at the gate, then kills orch and the command as a power cut would. */
async function dieAt(s: Scenario, name: string, args: readonly string[]): Promise<void> {
  const held = gate(s, name);
  const running = s.start(args);
  const [pid = 0] = await held.reached();
  running.kill('SIGKILL');
  await running.done;
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid), 'the end of the command');
  s.ran();
}

describe('a file that orch did not make', () => {
  it('is set aside where an output goes, and said', async () => {
    const s = scenario({ make }, { 'out.txt': 'mine\n' });
    const ran = await s.ok('run', 'make');
    expect(s.read('out.txt')).toBe('made\n');
    expect(replaced(s)).toEqual(['mine\n']);
    expect(said(ran)).toContain('out.txt');
    expect(said(ran)).toContain(REPLACED);
  });

  it('is kept by later runs, by --clean and by clean --outputs', async () => {
    const s = scenario({ make }, { 'out.txt': 'mine\n' });
    await s.ok('run', 'make');
    await s.ok('run', '--force', 'make');
    await s.ok('clean', '--outputs', '-y');
    await s.ok('--clean');
    expect(replaced(s)).toEqual(['mine\n']);
  });

  it('does not overwrite what was set aside before', async () => {
    const s = scenario({ make }, { 'out.txt': 'first\n' });
    await s.ok('run', 'make');
    s.write('out.txt', 'second\n');
    await s.ok('run', 'make');
    expect(replaced(s).sort()).toEqual(['first\n', 'second\n']);
  });

  it('with the very bytes of a cached result is no loss either', async () => {
    const s = scenario({ make });
    await s.ok('run', 'make');
    s.remove('out.txt');
    s.write('out.txt', 'made\n');
    expect(await s.run('make')).toEqual([]);
    expect(s.read('out.txt')).toBe('made\n');
  });
});

describe('an output that was edited', () => {
  it('is set aside and put right', async () => {
    const s = scenario({ make });
    await s.ok('run', 'make');
    s.write('out.txt', 'edited by hand\n');
    expect(await s.outcomes('make')).toEqual({ make: 'restored' });
    expect(s.read('out.txt')).toBe('made\n');
    expect(replaced(s)).toEqual(['edited by hand\n']);
  });

  it('is set aside before the command runs anew', async () => {
    const copy = task('copy', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] });
    const s = scenario({ copy }, { 'in.txt': '1\n' });
    await s.ok('run', 'copy');
    s.write('out.txt', 'edited by hand\n');
    s.write('in.txt', '2\n');
    expect(await s.run('copy')).toEqual(['copy']);
    expect(s.read('out.txt')).toBe('2\n');
    expect(replaced(s)).toEqual(['edited by hand\n']);
  });

  it('within a folder output is set aside, the rest is not', async () => {
    const s = scenario({
      fill: task('fill', 'mkdir -p out; echo a > out/a; echo b > out/b', { outputs: ['out/'] }),
    });
    await s.ok('run', 'fill');
    s.write('out/a', 'edited by hand\n');
    await s.ok('run', 'fill');
    expect(s.under('out')).toEqual({ a: 'a\n', b: 'b\n' });
    expect(replaced(s)).toEqual(['edited by hand\n']);
  });
});

describe.each([
  ['a folder output', 'out/', 'mkdir -p out; echo made > out/made.txt'],
  ['a glob output', 'out/*.txt', 'echo made > out/made.txt'],
])('%s that already holds files', (_what, output, script) => {
  const files = { 'out/one.txt': 'mine 1\n', 'out/two.txt': 'mine 2\n' };
  const tasks = { fill: task('fill', script, { outputs: [output] }) };

  it('is refused, naming them and the ways out; nothing is touched', async () => {
    const s = scenario(tasks, files);
    const before = s.userTree();
    const ran = await s.exits(2, ['run', 'fill']);
    for (const words of ['out/one.txt', 'out/two.txt', 'orch accept', '--replace'])
      expect(ran.stderr).toContain(words);
    expect(s.userTree()).toEqual(before);
    expect(s.ran()).toEqual([]);
  });

  it('--replace sets them aside', async () => {
    const s = scenario(tasks, files);
    expect(await s.run('--replace', 'fill')).toEqual(['fill']);
    expect(s.under('out')).toEqual({ 'made.txt': 'made\n' });
    expect(replaced(s).sort()).toEqual(['mine 1\n', 'mine 2\n']);
  });

  it('orch accept takes them as the result', async () => {
    const s = scenario(tasks, files);
    await s.ok('accept', 'fill');
    expect(await s.run('fill')).toEqual([]);
    expect(s.under('out')).toEqual({ 'one.txt': 'mine 1\n', 'two.txt': 'mine 2\n' });
  });
});

describe('before a command', () => {
  it('the outputs that orch recorded are removed', async () => {
    const s = scenario(
      { add: task('add', 'cat in.txt >> out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }) },
      { 'in.txt': '1\n' },
    );
    await s.ok('run', 'add');
    s.write('in.txt', '2\n');
    await s.ok('run', 'add');
    await s.ok('run', '--force', 'add');
    expect(s.read('out.txt')).toBe('2\n');
    expect(replaced(s)).toEqual([]);
  });

  it('the parent folders of outputs are made', async () => {
    const s = scenario({
      make: task('make', 'echo x > a/b/out.txt; echo y > c/d/y.txt', {
        outputs: ['a/b/out.txt', 'c/d/*.txt'],
      }),
    });
    await s.ok('run', 'make');
    expect(s.read('a/b/out.txt')).toBe('x\n');
    expect(s.read('c/d/y.txt')).toBe('y\n');
  });

  it('files that an earlier run left in a folder output are gone', async () => {
    const list = (names: string) => ({
      fill: task('fill', `mkdir -p out; cd out; touch ${names}`, { outputs: ['out/'] }),
    });
    const s = scenario(list('a b'));
    await s.ok('run', 'fill');
    s.flow(list('b c'));
    await s.ok('run', 'fill');
    expect(Object.keys(s.under('out'))).toEqual(['b', 'c']);
  });
});

describe('after a command', () => {
  it('a declared output that is missing fails the task and is named', async () => {
    const s = scenario({ make: task('make', 'echo x > one.txt', { outputs: ['one.txt', 'two.txt'] }) });
    const ran = await s.exits(1, ['run', 'make']);
    expect(said(ran)).toContain('two.txt');
    await s.exits(1, ['run', 'make']);
    expect(s.ran()).toEqual(['make', 'make']);
  });

  it('a folder output must exist, a glob output may match nothing', async () => {
    const s = scenario({
      folder: task('folder', '', { outputs: ['out/'] }),
      glob: task('glob', '', { outputs: ['logs/*.txt'] }),
    });
    expect(said(await s.exits(1, ['run', 'folder']))).toContain('out');
    await s.ok('run', 'glob');
    s.ran();
    expect(await s.run('glob')).toEqual([]);
  });

  it('the outputs of a failed one are set aside under .cache/failed', async () => {
    const s = scenario({ make: task('make', 'echo half > out.txt; exit 3', { outputs: ['out.txt'] }) });
    await s.exits(1, ['run', 'make']);
    expect(s.exists('out.txt')).toBe(false);
    expect(Object.values(s.under('.cache/failed'))).toContain('half\n');
    expect(Object.keys(s.under('.cache/failed')).join('\n')).toContain('make');
  });

  it('only the last failure is kept', async () => {
    const fails = (text: string) => ({
      make: task('make', `echo ${text} > out.txt; exit 3`, { outputs: ['out.txt'] }),
    });
    const s = scenario(fails('first'));
    await s.exits(1, ['run', 'make']);
    s.flow(fails('second'));
    await s.exits(1, ['run', 'make']);
    const kept = Object.values(s.under('.cache/failed'));
    expect(kept).toContain('second\n');
    expect(kept).not.toContain('first\n');
  });

  it('files outside of its declared outputs are left alone', async () => {
    const s = scenario({
      make: task('make', 'echo x > out.txt; echo y > side.txt', { outputs: ['out.txt'] }),
    });
    await s.ok('run', 'make');
    await s.ok('run', '--force', 'make');
    await s.ok('clean', '--outputs', '-y');
    expect(s.exists('out.txt')).toBe(false);
    expect(s.read('side.txt')).toBe('y\n');
  });
});

describe('what a dead attempt left', () => {
  it('in the place of an output file is set aside without asking', async () => {
    const s = scenario({
      make: task('make', `echo half > out.txt; ${holdAt('g')}`, { outputs: ['out.txt'] }),
    });
    await dieAt(s, 'g', ['run', 'make']);
    expect(s.read('out.txt')).toBe('half\n');
    s.flow({ make });
    expect(await s.run('make')).toEqual(['make']);
    expect(s.read('out.txt')).toBe('made\n');
  });

  it('in a folder output is set aside without asking', async () => {
    const s = scenario({
      fill: task('fill', `mkdir -p out; echo half > out/half.txt; ${holdAt('g')}`, { outputs: ['out/'] }),
    });
    await dieAt(s, 'g', ['run', 'fill']);
    s.flow({ fill });
    expect(await s.run('fill')).toEqual(['fill']);
    expect(s.under('out')).toEqual({ 'made.txt': 'made\n' });
  });

  it('is never taken for a result', async () => {
    const s = scenario({
      make: task(
        'make',
        `echo half > out.txt; test ! -e "$GATES/g" || { ${holdAt('g')}; }; echo whole >> out.txt`,
        { outputs: ['out.txt'] },
      ),
    });
    await dieAt(s, 'g', ['run', 'make']);
    rmSync(join(s.gates, 'g'));
    expect(await s.run('make')).toEqual(['make']);
    expect(s.read('out.txt')).toBe('half\nwhole\n');
  });
});

describe('clean', () => {
  const files = { 'in.txt': '1\n', 'notes/mine.txt': 'mine\n', 'out/.keep': '' };
  const tasks = {
    a: task('a', 'cat in.txt > build/a.txt', { inputs: ['in.txt'], outputs: ['build/a.txt'] }),
    b: task('b', 'cat in.txt > build/b.txt', { inputs: ['in.txt'], outputs: ['build/b.txt'] }),
  };

  it('--clean empties the cache and leaves every file outside of it', async () => {
    const s = scenario(tasks, files);
    await s.ok('run', 'a', 'b');
    const before = s.userTree();
    await s.ok('--clean');
    expect(s.userTree()).toEqual(before);
    expect(s.under('.cache/content')).toEqual({});
    s.ran();
    expect((await s.run('a', 'b')).sort()).toEqual(['a', 'b']);
    expect(replaced(s)).toEqual([]);
  });

  it('--clean knows afterwards which files orch made: a folder output is not refused', async () => {
    const s = scenario({ fill });
    await s.ok('run', 'fill');
    await s.ok('clean', '-y');
    expect(await s.run('fill')).toEqual(['fill']);
    expect(replaced(s)).toEqual([]);
  });

  it('--outputs removes recorded outputs, but not edited ones', async () => {
    const s = scenario(tasks, files);
    await s.ok('run', 'a', 'b');
    s.write('build/b.txt', 'edited by hand\n');
    await s.ok('clean', '--outputs', '-y');
    expect(s.exists('build/a.txt')).toBe(false);
    expect(s.read('build/b.txt')).toBe('edited by hand\n');
    expect(s.read('notes/mine.txt')).toBe('mine\n');
    expect(s.read('in.txt')).toBe('1\n');
  });

  it('leaves alone what lies in .cache without being its own', async () => {
    const s = scenario(tasks, { ...files, '.cache/other-tool/data': 'theirs\n' });
    await s.ok('run', 'a');
    await s.ok('--clean');
    expect(s.read('.cache/other-tool/data')).toBe('theirs\n');
  });
});

describe('a file that the user puts into an output folder', () => {
  const reading = (output: string, input: string) =>
    scenario({
      make: task('make', 'mkdir -p out && echo made > out/made.txt', { outputs: [output] }),
      read: task('read', 'cat out/*.txt > read.txt', { inputs: [input], outputs: ['read.txt'] }),
    });

  it.each([
    ['out/', 'out/'],
    ['out/*.txt', 'out/*.txt'],
    ['out/', 'out/*.txt'],
    ['out/*.txt', 'out/'],
  ])('(output %s) counts for what reads %s', async (output, input) => {
    const s = reading(output, input);
    await s.exits(0, ['run', 'read']);
    expect(s.ran()).toEqual(['make', 'read']);
    s.write('out/mine.txt', 'mine\n');
    await s.exits(0, ['run', 'read']);
    expect(s.ran()).toEqual(['read']);
    expect(s.read('read.txt')).toBe('made\nmine\n');
    s.write('out/mine.txt', 'changed\n');
    await s.exits(0, ['run', 'read']);
    expect(s.ran()).toEqual(['read']);
    s.remove('out/mine.txt');
    await s.exits(0, ['run', 'read']);
    expect(s.ran()).toEqual([]);
    expect(s.read('read.txt')).toBe('made\n');
  });

  it('is named when its folder has to be made again, and stays', async () => {
    const s = reading('out/', 'out/');
    await s.exits(0, ['run', 'read']);
    s.ran();
    s.write('out/mine.txt', 'mine\n');
    s.remove('out/made.txt');
    expect(said(await s.exits(2, ['run', 'make']))).toContain('out/mine.txt');
    expect(s.ran()).toEqual([]);
    expect(s.read('out/mine.txt')).toBe('mine\n');
  });

  it('as file managers do is set aside without asking', async () => {
    const s = scenario({
      make: task('make', 'mkdir -p out && cp in.txt out/made.txt', { inputs: ['in.txt'], outputs: ['out/'] }),
    });
    s.write('in.txt', 'one\n');
    await s.exits(0, ['run', 'make']);
    s.write('out/.DS_Store', 'icons');
    s.write('in.txt', 'two\n');
    await s.exits(0, ['run', 'make']);
    expect(s.read('out/made.txt')).toBe('two\n');
    expect(s.exists('out/.DS_Store')).toBe(false);
    expect(replaced(s)).toEqual(['icons']);
  });
});

it.each([
  ['a task', 'fill', {}, 'fill'],
  ['a matrix cell', 'fill[m=a b]', { matrix: { m: ['a b'] } }, "'fill[m=a b]'"],
])('the way out of an occupied output names %s as it is typed', async (_what, target, fields, typed) => {
  const s = scenario(
    {
      fill: task('fill', 'mkdir -p out; cp in.txt out/a.txt', {
        inputs: ['in.txt'],
        outputs: ['out/'],
        ...fields,
      }),
    },
    { 'in.txt': 'one' },
  );
  s.write('out/mine.txt', 'mine');
  const atOnce = await s.exits(2, ['run', target]);
  expect(said(atOnce)).toContain(`\`orch accept ${typed}\``);
  expect(said(atOnce)).toContain(`\`orch run --replace ${typed}\``);
  s.remove('out');
  await s.ok('run', target);
  s.write('out/mine.txt', 'mine');
  s.write('in.txt', 'two');
  const later = await s.exits(2, ['run', target]);
  expect(said(later)).toContain(`\`orch accept ${typed}\``);
  expect(said(later)).toContain(`\`orch run --replace ${typed}\``);
  expect(said(later)).not.toContain('TASK');
  expect(s.read('out/mine.txt')).toBe('mine');
});
