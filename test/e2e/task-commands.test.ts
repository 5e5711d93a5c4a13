/** How a task's command is run: shell, argv, folder, environment (B1). */
import { describe, expect, it } from 'vitest';
import { said, scenario, task } from './support/scenario.ts';

describe('a string', () => {
  it('goes to sh, which stops at the first command that fails', async () => {
    const s = scenario({ t: { run: 'echo one >> "$TRACE"\nfalse\necho two >> "$TRACE"' } });
    await s.exits(1, ['run', 't']);
    expect(s.ran()).toEqual(['one']);
  });

  it('may be a script of many lines', async () => {
    const s = scenario({
      t: task('t', 'for n in 1 2 3; do\n  echo $n\ndone > out.txt\n', { outputs: ['out.txt'] }),
    });
    await s.ok('run', 't');
    expect(s.read('out.txt')).toBe('1\n2\n3\n');
  });

  it('under sh takes the status of a pipe from its last command', async () => {
    await scenario({ t: task('t', 'false | true') }).ok('run', 't');
  });

  it('under shell: bash fails where any part of a pipe fails', async () => {
    await scenario({ t: task('t', 'false | true', { shell: 'bash' }) }).exits(1, ['run', 't']);
  });

  it('goes to an array shell as it is given', async () => {
    const s = scenario({ t: { run: 'console.log("from node")', shell: ['node', '-e'], cache: false } });
    await s.ok('run', 't');
    expect((await s.ok('logs', 't')).stdout).toContain('from node\n');
  });

  it('may take its shell from defaults', async () => {
    const s = scenario({ t: task('t', 'false | true') }, {}, { defaults: { shell: 'bash' } });
    await s.exits(1, ['run', 't']);
  });
});

describe('an array', () => {
  it('is run without a shell', async () => {
    const s = scenario({ t: { run: ['printf', '[%s]', '$HOME', '*', 'a b'], cache: false } });
    await s.ok('run', 't');
    expect((await s.ok('logs', 't')).stdout).toContain('[$HOME][*][a b]');
  });

  it('whose program is not there fails, with its name', async () => {
    const s = scenario({ t: { run: ['no-such-program-anywhere', 'x'], cache: false } });
    const ran = await s.exits(1, ['run', 't']);
    expect(said(ran)).toContain('no-such-program-anywhere');
  });
});

describe('a command', () => {
  it('that ends by a signal is a failure that names it', async () => {
    const s = scenario({ t: task('t', 'kill -SEGV $$') });
    expect(said(await s.exits(1, ['run', 't']))).toMatch(/SIGSEGV/);
  });

  it('whose folder is not there fails before it starts', async () => {
    const s = scenario({ t: task('t', '', { dir: 'nowhere' }) });
    const ran = await s.orch(['run', 't']);
    expect([1, 2]).toContain(ran.code);
    expect(said(ran)).toContain('nowhere');
    expect(s.ran()).toEqual([]);
  });

  it('among others that prints megabytes and then fails is shown by its end', async () => {
    const s = scenario({
      other: task('other'),
      t: task('t', 'seq 1 400000; echo the very end; exit 1', { needs: ['other'] }),
    });
    const ran = await s.exits(1, ['run', 't']);
    expect(said(ran)).toContain('the very end');
    expect(said(ran).length).toBeLessThan(100_000);
  });

  it('whose output has no final newline keeps its last line, on a line of its own', async () => {
    const s = scenario({ t: task('t', 'printf "no newline"') });
    const ran = await s.ok('run', 't');
    expect((await s.ok('logs', 't')).stdout).toMatch(/no newline$/);
    for (const line of ran.stdout.split('\n').filter((each) => each.includes('no newline')))
      expect(line.endsWith('no newline')).toBe(true);
  });

  it('of a single task is shown before the line that says how it ended', async () => {
    const s = scenario({ t: task('t', 'echo hello from t') });
    const { stdout } = await s.ok('run', 't');
    if (stdout.includes('hello from t'))
      expect(stdout.indexOf('hello from t')).toBeLessThan(stdout.indexOf("Task 't' completed"));
  });
});
