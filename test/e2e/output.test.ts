/** What a run prints off a terminal, where it goes, and what stays hidden (E2, E3, E4, D5, F11). */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EVENT_VERSION } from '../../src/model/event.ts';
import { eventsOf, type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

const tasks: Fields = {
  extract: task('extract', 'echo quiet; cat in.txt > data.txt', {
    inputs: ['in.txt'],
    outputs: ['data.txt'],
  }),
  train: task('train', 'cat data.txt > model.txt', { inputs: ['data.txt'], outputs: ['model.txt'] }),
  deploy: task('deploy', '', { needs: ['train'] }),
};

const project = (fields: Fields = {}): Scenario =>
  scenario(
    tasks,
    { 'in.txt': '1\n' },
    {
      params: { year: 2023, month: 1 },
      header: ['📅 Data: ${{ params.year }}-${{ pad(params.month, 2) }}'],
      summary: ['📊 Final: ${{ params.year }}'],
      ...fields,
    },
  );

/** The lines with every time as 0.00s, and the phrase that says why (C7) taken off. */
function lines(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line
        .replace(/\d+\.\d+s/g, '0.00s')
        .replace(/^(🚀 Running task: \S+) \(.*\)$/, '$1')
        .replace(/^(📦 .* in 0.00s) \(.*\)$/, '$1'),
    );
}

/** Those that the contract spells out, in order. */
function spelled(stdout: string): string[] {
  return lines(stdout).filter((line) => /^(🎯|📅|🔄|🚀|✅|⏭️|📦|❌|🎉|📊)/u.test(line));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

describe('plain lines', () => {
  it('of a first run', async () => {
    const ran = await project().ok('run', 'deploy');
    expect(spelled(ran.stdout)).toEqual([
      '🎯 Target: deploy',
      '📅 Data: 2023-01',
      '🔄 Force rebuild: no',
      '🚀 Running task: extract',
      "✅ Task 'extract' completed in 0.00s",
      '🚀 Running task: train',
      "✅ Task 'train' completed in 0.00s",
      '🚀 Running task: deploy',
      "✅ Task 'deploy' completed in 0.00s",
      '🎉 Pipeline completed successfully!',
      '📊 Final: 2023',
    ]);
    expect(ran.stdout).not.toMatch(CONTROL);
    expect(ran.stderr).toBe('');
  });

  it('of a second run', async () => {
    const s = project();
    await s.ok('run', 'deploy');
    const ran = await s.ok('run', 'deploy');
    expect(spelled(ran.stdout)).toEqual([
      '🎯 Target: deploy',
      '📅 Data: 2023-01',
      '🔄 Force rebuild: no',
      "⏭️  Task 'extract' is up to date",
      "⏭️  Task 'train' is up to date",
      "⏭️  Task 'deploy' is up to date",
      '🎉 Pipeline completed successfully!',
      '📊 Final: 2023',
    ]);
  });

  it('of a restore and of force', async () => {
    const s = project();
    await s.ok('run', 'train');
    s.remove('model.txt');
    expect(spelled((await s.ok('run', 'train')).stdout)).toContain(
      "📦 Task 'train' restored from cache in 0.00s",
    );
    expect(spelled((await s.ok('run', '--force', 'train')).stdout)).toContain('🔄 Force rebuild: yes');
  });

  it('of a failure: the last lines, the cause and the log path come last of all', async () => {
    const s = scenario({
      train: task('train', 'echo the last line; exit 3'),
      next: task('next', '', { needs: ['train'] }),
    });
    const ran = await s.exits(1, ['run', 'next']);
    expect(spelled(ran.stdout)).toContain("❌ Task 'train' failed (exit 3) after 0.00s");
    expect(ran.stdout).not.toContain('🎉');
    const tail = said(ran).trimEnd().split('\n').slice(-8).join('\n');
    expect(tail).toContain('the last line');
    expect(tail).toContain('.cache/');
  });

  it('count what was done', async () => {
    const s = project();
    await s.ok('run', 'train');
    s.remove('model.txt');
    const { stdout } = await s.ok('run', 'deploy');
    expect(stdout).toMatch(/1 run/);
    expect(stdout).toMatch(/1 restored/);
    expect(stdout).toMatch(/1 up to date/);
  });

  it('of more than 20 up-to-date tasks are one line', async () => {
    const names = Array.from({ length: 25 }, (_each, index) => `t${index}`);
    const s = scenario({
      ...Object.fromEntries(
        names.map((name) => [name, task(name, `echo > ${name}.txt`, { outputs: [`${name}.txt`] })]),
      ),
      all: { needs: names },
    });
    await s.ok('run', 'all');
    const { stdout } = await s.ok('run', 'all');
    const upToDate = stdout.split('\n').filter((line) => line.startsWith('⏭️'));
    expect(upToDate).toHaveLength(1);
    expect(upToDate[0]).toContain('25');
  });

  it('use ASCII marks where the locale is not UTF-8', async () => {
    const s = scenario({ t: task('t') });
    const ran = await s.exits(0, ['run', 't'], { env: { LANG: 'C', LC_ALL: 'C' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII is looked for.
    expect(said(ran)).not.toMatch(/[^\u0000-\u007f]/);
    expect(ran.stdout).toContain('Running task: t');
  });

  it('have no colour under NO_COLOR, CI or TERM=dumb', async () => {
    const s = scenario({ t: task('t') });
    for (const env of [{ NO_COLOR: '1' }, { CI: '1' }, { TERM: 'dumb' }]) {
      const ran = await s.exits(0, ['run', 't'], { env });
      expect(said(ran)).not.toMatch(CONTROL);
    }
    const ran = await s.exits(0, ['run', '--no-color', 't'], { env: { FORCE_COLOR: '1' } });
    expect(said(ran)).not.toMatch(CONTROL);
  });
});

describe('what a task prints', () => {
  const talk = (code: number): Fields => ({
    talk: task('talk', `echo hello from talk; exit ${code}`, { needs: ['other'] }),
    other: task('other', 'echo hello from other'),
  });

  it('goes to its log and is shown where the task fails', async () => {
    const s = scenario(talk(1));
    const ran = await s.exits(1, ['run', 'talk']);
    expect(said(ran)).toContain('hello from talk');
    expect(said(ran)).not.toContain('hello from other');
  });

  it('is shown with -v, prefixed', async () => {
    const s = scenario(talk(0));
    const ran = await s.ok('run', '-v', 'talk');
    expect(said(ran)).toMatch(/other.*hello from other/);
    expect(said(ran)).toMatch(/talk.*hello from talk/);
  });

  it('-q leaves out what went well', async () => {
    const s = scenario(talk(0));
    const ran = await s.ok('run', '-q', 'talk');
    expect(ran.stdout).not.toContain('🚀');
  });
});

describe('streams', () => {
  it('results go to stdout, warnings and errors to stderr', async () => {
    const s = scenario({ t: task('t', 'echo a | cat') });
    const ran = await s.ok('run', 't');
    expect(ran.stderr).toContain('bash');
    expect(ran.stdout).not.toContain('bash');
    const bad = await s.exits(2, ['run', 'nothing']);
    expect(bad.stdout).toBe('');
    expect(bad.stderr).not.toBe('');
  });

  it('--json writes one event a line on stdout and nothing else', async () => {
    const s = project();
    const ran = await s.ok('run', '--json', 'deploy');
    const events = eventsOf(ran);
    for (const event of events) expect(event.v).toBe(EVENT_VERSION);
    expect(events[0]).toMatchObject({ event: 'run-started', header: ['📅 Data: 2023-01'], forced: false });
    expect(events.at(-1)).toMatchObject({
      event: 'run-finished',
      state: 'succeeded',
      exitCode: 0,
      counts: { run: 3, restored: 0, upToDate: 0, failed: 0, skipped: 0 },
      summary: ['📊 Final: 2023'],
    });
    expect(events.filter((event) => event.event === 'task-started')).toHaveLength(3);
    expect(events.filter((event) => event.event === 'task-finished')).toHaveLength(3);
  });

  it('--json of a failure carries the failure and the log', async () => {
    const s = scenario({ t: task('t', 'exit 9') });
    const events = eventsOf(await s.exits(1, ['run', '--json', 't']));
    const end = events.find((event) => event.event === 'task-finished');
    expect(end).toMatchObject({
      outcome: 'failed',
      failure: { kind: 'exit', code: 9 },
      log: expect.any(String),
    });
    expect(events.at(-1)).toMatchObject({ state: 'failed', exitCode: 1, counts: { failed: 1 } });
  });

  it('a closed pipe is silent and skips no clean-up', async () => {
    const s = scenario(
      { ...tasks, deploy: task('deploy', '', { needs: ['train'] }), cleanup: task('cleanup') },
      { 'in.txt': '1\n' },
      { finally: ['cleanup'] },
    );
    const shell = spawnSync('bash', ['-c', '"$BIN" run deploy | head -n 1; echo "${PIPESTATUS[0]}"'], {
      cwd: s.dir,
      env: s.environment(),
      encoding: 'utf8',
    });
    expect(shell.stdout.split('\n')[0]).toBe('🎯 Target: deploy');
    expect(shell.stderr).toBe('');
    expect(s.ran()).toEqual(['extract', 'train', 'deploy', 'cleanup']);
    expect(await s.run('deploy')).toEqual([]);
  });

  it('list may be cut by head', async () => {
    const s = project();
    const shell = spawnSync('bash', ['-c', '"$BIN" list | head -n 1'], {
      cwd: s.dir,
      env: s.environment(),
      encoding: 'utf8',
    });
    expect(shell.stderr).toBe('');
  });

  it('works from a Makefile, exit codes included', async () => {
    const s = project();
    s.write('Makefile', 'deploy: ; "$(BIN)" run deploy\nbroken: ; "$(BIN)" run nothing\n');
    const make = (target: string) =>
      spawnSync('make', ['-s', target], {
        cwd: s.dir,
        env: s.environment(),
        encoding: 'utf8',
      });
    expect(make('deploy').status).toBe(0);
    expect(s.ran()).toEqual(['extract', 'train', 'deploy']);
    const broken = make('broken');
    expect(broken.status).toBe(2);
    expect(broken.stderr).toMatch(/Error 2/);
  });
});

describe('a declared secret', () => {
  it('is in no log, line, event or file of the cache', async () => {
    const secret = 'hunter2-very-secret';
    const s = scenario({
      t: task('t', 'echo "token $TOKEN"; printf "%s" "$TOKEN" | wc -c > out.txt; exit 1', {
        secrets: ['TOKEN'],
        outputs: ['out.txt'],
      }),
    });
    for (const args of [
      ['run', 't'],
      ['run', '-v', 't'],
      ['run', '--json', 't'],
      ['logs', 't'],
      ['status', '--json'],
    ]) {
      const ran = await s.orch(args, { env: { TOKEN: secret } });
      expect(said(ran), args.join(' ')).not.toContain(secret);
    }
    expect(Object.values(s.under('.cache/failed')).join('')).toMatch(/^\s*19\s*$/m);
    expect(
      Object.entries(s.under('.cache')).filter(([path, text]) => `${path}${text}`.includes(secret)),
    ).toEqual([]);
    const grep = spawnSync('grep', ['-r', '-l', secret, s.dir], { encoding: 'utf8' });
    expect(grep.stdout).toBe('');
  });

  it('counts in the key', async () => {
    const s = scenario({
      t: task('t', 'printf "%s" "$TOKEN" | wc -c > out.txt', { secrets: ['TOKEN'], outputs: ['out.txt'] }),
    });
    await s.exits(0, ['run', 't'], { env: { TOKEN: 'first-secret' } });
    await s.exits(0, ['run', 't'], { env: { TOKEN: 'first-secret' } });
    await s.exits(0, ['run', 't'], { env: { TOKEN: 'second-secret' } });
    expect(s.ran()).toEqual(['t', 't']);
  });
});
