/** What is shown of what tasks print (`--output`, D5), and what GitHub Actions gets (E2). */
import { describe, expect, it } from 'vitest';
import { gate, holdAt } from './support/gate.ts';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

const input = { inputs: ['in.txt'] };

/** dep, then train and test beside each other, then all. */
function talking(fields: Fields = {}): Scenario {
  return scenario(
    {
      dep: task('dep', 'echo dep says hello; cat in.txt > dep.txt', { ...input, outputs: ['dep.txt'] }),
      train: task('train', 'echo train one; echo train two >&2; cat dep.txt > train.txt', {
        inputs: ['dep.txt'],
        outputs: ['train.txt'],
      }),
      test: task('test', "printf 'test without an end'", { inputs: ['dep.txt'] }),
      silent: task('silent', '', { inputs: ['dep.txt'] }),
      all: { needs: ['train', 'test', 'silent'] },
      ...fields,
    },
    { 'in.txt': '1\n' },
  );
}

describe('--output', () => {
  it('auto: nothing of several tasks that succeed', async () => {
    const ran = await talking().ok('run', 'all');
    expect(said(ran)).not.toMatch(/says hello|train one|without an end/);
  });

  it('auto: all of a task that runs alone, though it needs others, as it comes', async () => {
    const s = talking({
      train: task('train', `echo train one; ${holdAt('train')}; echo train two`, { inputs: ['dep.txt'] }),
    });
    await s.ok('run', 'dep');
    const train = gate(s, 'train');
    const running = s.start(['run', 'train']);
    await running.stdoutMatches(/^train one$/m);
    train.release();
    const ran = await running.done;
    expect(ran.stdout).toMatch(/Task 'dep' is up to date\n.*Running task: train .*\ntrain one\ntrain two\n/);
    // Two run this time: whose output would it be?
    s.write('in.txt', '2\n');
    train.release();
    expect(said(await s.ok('run', 'train'))).not.toMatch(/train one|says hello/);
  });

  it('auto: all of the target that was given words after --, whatever had to run before it', async () => {
    const s = talking({ train: task('train', 'echo train one', { inputs: ['dep.txt'] }) });
    const ran = await s.ok('run', 'train', '--', 'Hello');
    expect(ran.stdout).toContain("Task 'dep' completed");
    expect(ran.stdout).toMatch(/Running task: train .*\ntrain one Hello\n/);
    expect(ran.stdout).not.toContain('dep says hello');
  });

  it('group: all of each task, in one piece at its end', async () => {
    const ran = await talking().ok('run', '--output', 'group', 'all');
    expect(ran.stdout).toContain("Output of dep:\ndep says hello\n✅ Task 'dep' completed");
    expect(ran.stdout).toContain("Output of train:\ntrain one\ntrain two\n✅ Task 'train' completed");
    expect(ran.stdout).toContain("Output of test:\ntest without an end\n✅ Task 'test' completed");
    expect(ran.stdout).not.toContain('Output of silent');
  });

  it('group: of a failing task too, and its end comes last of all as ever', async () => {
    const s = talking({ test: task('test', 'echo boom; exit 3', input) });
    const ran = await s.exits(1, ['run', '--output=group', 'test']);
    expect(ran.stdout).toContain("Output of test:\nboom\n❌ Task 'test' failed (exit 3)");
    expect(ran.stderr).toMatch(/test: the command exited with 3\n {3}\| boom\n {3}log: /);
  });

  it('stream: prefixed lines, as ORCH_OUTPUT and -v too', async () => {
    for (const [args, env] of [
      [['--output', 'stream'], {}],
      [['-v'], {}],
      [[], { ORCH_OUTPUT: 'stream' }],
    ] as const) {
      const ran = await talking().exits(0, ['run', ...args, 'all'], { env });
      for (const line of ['[dep] dep says hello', '[train] train one', '[test] test without an end'])
        expect(ran.stdout.split('\n')).toContain(line);
    }
  });

  it('quiet: only what went wrong', async () => {
    const s = talking({ test: task('test', 'echo boom; exit 3', input) });
    const fine = await s.exits(0, ['run', '--output', 'quiet', 'train']);
    expect(said(fine).trim()).toBe('');
    const ran = await s.exits(1, ['run', '--output', 'quiet', 'test']);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toMatch(/test: the command exited with 3\n {3}\| boom/);
  });

  it('anything else is refused, and the four are named', async () => {
    const ran = await talking().exits(2, ['run', '--output', 'loud', 'all']);
    expect(ran.stderr).toContain('expected auto, group, stream or quiet');
  });
});

describe('in GitHub Actions', () => {
  const secret = 'hunter2-very-secret';
  const env = { GITHUB_ACTIONS: 'true', CI: 'true', TOKEN: secret };

  it('output is folded, a failure is marked in the file, and the summary is written', async () => {
    const s = talking({
      bad: task('bad', 'echo "token $TOKEN"; echo "::boom:: 100%"; exit 3', {
        inputs: ['dep.txt'],
        secrets: ['TOKEN'],
      }),
      all: { needs: ['train', 'bad'] },
    });
    const summary = s.path('summary.md');
    s.write('summary.md', 'of an earlier step\n');
    // The repository is checked out one level up.
    const workspace = s.path('..');
    const ran = await s.exits(1, ['run', '-k', 'all'], {
      env: { ...env, GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: workspace },
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are taken off.
    const lines = ran.stdout.replace(/\x1b\[\d+m/g, '').split('\n');
    const from = lines.indexOf('::group::Output of train');
    expect(lines.slice(from, from + 4)).toEqual([
      '::group::Output of train',
      'train one',
      'train two',
      '::endgroup::',
    ]);
    expect(ran.stdout).toContain('\x1b[31m');
    const annotation = ran.stderr.split('\n').find((line) => line.startsWith('::error '));
    const line =
      s
        .read('orch.yaml')
        .split('\n')
        .findIndex((text) => text.includes('"bad": {')) + 1;
    expect(annotation).toMatch(
      new RegExp(`^::error file=[^/,]+/orch\\.yaml,line=${line},col=\\d+,title=Task 'bad' failed::`),
    );
    expect(annotation).toMatch(/::the command exited with 3%0Atoken \*\*\*%0A::boom:: 100%25$/);
    const written = s.read('summary.md');
    expect(written).toMatch(/^of an earlier step\n### ❌ orch run all\n/);
    expect(written).toMatch(/^\| ❌ bad \| exit 3 \| \d+\.\d\ds \| never ran \|$/m);
    expect(written).toMatch(/^\| train \| completed \|/m);
    expect(said(ran) + written).not.toContain(secret);
  });

  it('what is wrong with a pipeline is marked at its place, also where stdout is data', async () => {
    const s = talking();
    s.write('sub/orch.yaml', 'version: 1\nname: sub\ntasks:\n  t:\n    comand: echo 100%\n');
    const place = { ...env, GITHUB_WORKSPACE: s.dir };
    for (const args of [['run', 't'], ['run', '--json', 't'], ['validate'], ['list']]) {
      const ran = await s.exits(2, args, { env: place, cwd: 'sub' });
      expect(ran.stdout).not.toContain('::error');
      expect(ran.stderr, args.join(' ')).toMatch(
        /^::error file=sub\/orch\.yaml,line=5,col=5,title=orch%3A unknown-key::/m,
      );
    }
    expect(said(await s.exits(2, ['run', 't'], { cwd: 'sub' }))).not.toContain('::');
    // A warning of the first look at a pipeline.
    s.write('in.sh', 'true\n');
    s.flow({ t: task('t', 'sh in.sh | cat') });
    const warned = await s.exits(0, ['run', 't'], { env: place });
    expect(warned.stderr).toMatch(/^::warning file=orch\.yaml,line=\d+,col=\d+,title=orch%3A /m);
  });

  it('an idle run leaves a summary too', async () => {
    const s = talking();
    const summary = s.path('summary.md');
    await s.ok('run', 'dep');
    await s.ok('run', 'dep');
    await s.exits(0, ['run', 'dep'], { env: { ...env, GITHUB_STEP_SUMMARY: summary } });
    expect(s.read('summary.md')).toMatch(/### ✅ orch run dep\n\n0 run, 0 restored, 1 up to date/);
  });

  it('a summary that cannot be written is a warning', async () => {
    const ran = await talking().exits(0, ['run', 'dep'], {
      env: { ...env, GITHUB_STEP_SUMMARY: '/nowhere/summary.md' },
    });
    expect(ran.stderr).toContain('the step summary could not be written (ENOENT)');
  });

  it('NO_COLOR takes the colours', async () => {
    const ran = await talking().exits(0, ['run', 'all'], { env: { ...env, NO_COLOR: '1' } });
    expect(said(ran)).not.toContain('\x1b');
  });
});

describe('where the locale is not UTF-8', () => {
  it.each([
    [{ LC_ALL: 'C', LC_CTYPE: 'C.UTF-8', LANG: 'C.UTF-8' }, true],
    [{ LC_ALL: '', LC_CTYPE: 'POSIX', LANG: 'en_US.UTF-8' }, true],
    [{ LC_ALL: '', LC_CTYPE: '', LANG: 'de_DE.utf8' }, false],
    [{ LC_ALL: 'C.UTF-8', LC_CTYPE: 'C', LANG: 'C' }, false],
  ])('%j: ASCII is %s', async (env, isAscii) => {
    const ran = await scenario({ t: task('t') }, {}, { header: ['größer… 📅'] }).exits(0, ['run', 't'], {
      env,
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII is looked for.
    expect(/[^\x00-\x7f]/.test(said(ran))).toBe(!isAscii);
    expect(ran.stdout).toContain(isAscii ? 'gr??er...' : 'größer… 📅');
  });
});
