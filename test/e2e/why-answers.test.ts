/** What `orch why` answers beside the phrases of `why.test.ts`: predictions, chains, groups, cells, records, JSON (C7, C13, E6). */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gate, holdAt } from './support/gate.ts';
import { normalised } from './support/normalised.ts';
import { bareScenario, type Fields, type Scenario, scenario, task } from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

const chain: Fields = {
  a: task('a', 'cat in.txt > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
  b: task('b', 'cat a.txt > b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
  c: task('c', 'cat b.txt > c.txt; echo ${{ params.n }} >> c.txt', { inputs: ['b.txt'], outputs: ['c.txt'] }),
};
const params: Fields = { params: { n: 1 } };

async function made(tasks: Fields = chain, target = 'c', pipeline: Fields = params): Promise<Scenario> {
  const s = scenario(tasks, { 'in.txt': 'one\n' }, pipeline);
  await s.ok('run', target);
  return s;
}

/** stdout of a command that must end well, without what differs from time to time. */
async function lines(s: Scenario, ...args: string[]): Promise<string[]> {
  const { stdout } = await s.ok(...args);
  return normalised(stdout)
    .replaceAll(/log: \S+/g, 'log: LOG')
    .split('\n')
    .slice(0, -1);
}

async function json(s: Scenario, ...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await s.ok(...args, '--json')).stdout) as Record<string, unknown>;
}

const LAST = ['', 'Last run: succeeded in TIME, WHEN, run RUN', '  why: never ran', '  log: LOG'];

describe('below a task that would run', () => {
  it('it is a prediction, and the first change is named', async () => {
    const s = await made();
    s.write('in.txt', 'two\n');
    expect(await lines(s, 'why', 'c')).toEqual([
      'c is predicted to run if a makes new bytes.',
      '',
      'First changed: a. From there to c:',
      '  a  run (input in.txt changed)',
      '  b  predicted: run if a makes new bytes',
      '  c  predicted: run if a makes new bytes',
      ...LAST,
    ]);
    expect(await lines(s, 'run', '-n', 'c')).toEqual([
      'Dry run: nothing is run or changed.',
      '  a  run (input in.txt changed)',
      '  b  predicted: run if a makes new bytes',
      '  c  predicted: run if a makes new bytes',
      '1 to run, 2 depending on that',
    ]);
  });

  it('what is known even so is told: a changed parameter, a task that never ran', async () => {
    const s = await made();
    s.write('in.txt', 'two\n');
    expect(await lines(s, 'why', 'c', '--n', '2')).toEqual([
      'c is predicted to run, because:',
      '  parameter n went from 1 to 2',
      '  command changed in line 2',
      '      2 - cat b.txt > c.txt; echo 1 >> c.txt',
      '      2 + cat b.txt > c.txt; echo 2 >> c.txt',
      '',
      'First changed: a. From there to c:',
      '  a  run (input in.txt changed)',
      '  b  predicted: run if a makes new bytes',
      '  c  predicted: run (parameter n went from 1 to 2)',
      ...LAST,
    ]);
    const fresh = scenario(chain, { 'in.txt': 'one\n' }, params);
    expect(await lines(fresh, 'run', '-n', 'c')).toEqual([
      'Dry run: nothing is run or changed.',
      '  a  run (never ran)',
      '  b  predicted: run (never ran)',
      '  c  predicted: run (never ran)',
      '1 to run, 2 predicted to run',
    ]);
    expect(Object.keys(entriesUnder(fresh.dir))).toEqual(['in.txt', 'orch.yaml']);
  });

  it('an earlier result is predicted to come back', async () => {
    const s = await made();
    await s.ok('run', 'c', '--n', '2');
    s.write('in.txt', 'two\n');
    expect((await lines(s, 'why', 'c')).slice(0, 7)).toEqual([
      'c is predicted to be restored, or to run if a makes new bytes, because:',
      '  parameter n went from 2 to 1',
      '  command changed in line 2',
      '      2 - cat b.txt > c.txt; echo 2 >> c.txt',
      '      2 + cat b.txt > c.txt; echo 1 >> c.txt',
      '  output c.txt is of another result',
      '',
    ]);
    expect(await lines(s, 'status', 'c')).toContain(
      '  c  predicted: restore (parameter n went from 2 to 1), or run if a makes new bytes',
    );
  });

  it('a need without outputs counts by its key, which is known', async () => {
    const tasks = {
      check: task('check', 'true', { inputs: ['in.txt'] }),
      always: task('always', 'true', { cache: false, inputs: ['in.txt'] }),
      t: task('t', 'echo > o', { needs: ['check', 'always'], outputs: ['o'] }),
    };
    const s = await made(tasks, 't', {});
    expect(await lines(s, 'run', '-n', 't')).toEqual([
      'Dry run: nothing is run or changed.',
      '  check   up to date',
      '  always  run (always runs)',
      '  t       up to date',
      '1 to run, 2 up to date',
    ]);
    s.write('in.txt', 'two\n');
    expect(await lines(s, 'status', 't')).toContain('  t       predicted: run (need always changed)');
  });

  it('what is forced, or always runs, is certain', async () => {
    const s = await made({ ...chain, d: task('d', '', { inputs: ['c.txt'], cache: false }) }, 'd');
    s.write('in.txt', 'two\n');
    expect(await lines(s, 'run', '-n', 'd')).toContain('  d  run (always runs)');
    expect((await lines(s, 'run', '-n', '--force', 'd')).slice(-1)).toEqual(['4 to run']);
    expect(await lines(s, 'run', '-n', '--force=b', 'c')).toContain('  b  run (forced)');
  });

  it('many tasks that say the same are one line; -v prints them all', async () => {
    const days = Array.from({ length: 30 }, (_, day) => day);
    const day = { outputs: ['raw/${{ matrix.day }}.txt'], inputs: ['in.txt'] };
    const tasks = {
      fetch: task('fetch', 'echo ${{ matrix.day }} > ${{ outputs[0] }}', { matrix: { day: days }, ...day }),
      sum: task('sum', 'cat raw/*.txt > sum.txt', { inputs: ['raw/*.txt'], outputs: ['sum.txt'] }),
    };
    const s = await made(tasks, 'sum', {});
    expect(await lines(s, 'status')).toEqual(['  31 tasks up to date', '31 up to date']);
    expect(await lines(s, 'status', '-v')).toHaveLength(32);
    s.write('in.txt', 'two\n');
    const folded = [
      '  fetch (30 cells)  run (input in.txt changed)',
      '  sum               predicted: run if a cell of fetch makes new bytes',
      '30 to run, 1 depending on that',
    ];
    expect(await lines(s, 'status')).toEqual(folded);
    expect(await lines(s, 'why', 'fetch')).toEqual([
      'fetch has 30 cells:',
      '  fetch (30 cells)  run (input in.txt changed)',
      "More of one of them: orch why 'fetch[day=0]'",
    ]);
  });
});

describe('the first change', () => {
  it('is found by what a task saw when it last ran, not by the last run of what it needs', async () => {
    const s = await made();
    s.write('in.txt', 'two\n');
    await s.ok('run', 'a');
    // Once more, for another reason and with the same bytes.
    await s.ok('run', '--force=a', 'a');
    expect((await lines(s, 'why', 'b')).slice(0, 7)).toEqual([
      'b would run, because:',
      '  a made a new a.txt',
      '    DIGEST (4 bytes) -> DIGEST (4 bytes)',
      '',
      'First changed: a. From there to b:',
      '  a  ran (input in.txt changed), WHEN, run RUN',
      '  b  run (a made a new a.txt)',
    ]);
  });

  it('may be a task that made other bytes from the same', async () => {
    const tasks = {
      a: task('a', 'wc -l < "$TRACE" > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
      b: task('b', 'cat a.txt > b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
    };
    const s = await made(tasks, 'b', {});
    await s.ok('run', '--force', 'a');
    expect(await lines(s, 'why', 'b')).toContain(
      '  a  ran (forced) and made other bytes from the same inputs, WHEN, run RUN',
    );
    const { first_changed_ancestor: first } = await json(s, 'why', 'b');
    expect(first).toMatchObject({ task: 'a', state: 'ran', because: 'forced', unsteady: true });
  });

  it('is not what a task newly reads and nobody changed', async () => {
    const tasks = (input: string): Fields => ({
      a: task('a', 'echo > a.txt', { outputs: ['a.txt'], inputs: ['in.txt'] }),
      b: task('b', 'echo > b.txt', { outputs: ['b.txt'], inputs: ['in.txt'] }),
      t: task('t', 'echo > t.txt', { outputs: ['t.txt'], inputs: [input] }),
      all: { needs: ['a', 'b', 't'] },
    });
    const s = await made(tasks('a.txt'), 'all', {});
    s.flow(tasks('b.txt'));
    expect(await lines(s, 'why', 't')).toEqual([
      't would run, because:',
      '  input b.txt added',
      '    b makes it',
      '  input a.txt removed',
      '    a makes it',
      ...LAST,
    ]);
  });
});

describe('a task that is up to date', () => {
  it('says since when, and what would change that', async () => {
    const fields = {
      inputs: ['in.txt', 'src/', 'a.txt'],
      outputs: ['o'],
      env: { LEVEL: '1' },
      secrets: ['TOKEN'],
      tools: ['echo tool >> "$TRACE"'],
      params: ['n'],
      expires: '10d',
    };
    const s = scenario(
      { a: chain['a'], t: task('t', 'echo > o', fields) },
      { 'in.txt': '', ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`src/${n}`, ''])) },
      params,
    );
    s.env['TOKEN'] = 'hush hush';
    await s.ok('run', 't');
    s.ran();
    const said = await lines(s, 'why', 't');
    expect(said.map((line) => line.replace(/in 9d23h/, 'in AGE'))).toEqual([
      't is up to date.',
      'What lies there is result KEY of 1 file, made WHEN in run RUN, in TIME.',
      'It stays so until one of these changes: its command; 6 source files; a.txt that a makes; parameter n; variable LEVEL; secret TOKEN; tool echo tool >> "$TRACE"; its outputs.',
      'Its result expires after 10d: in AGE.',
      'Unchecked, as no command is run to answer this: echo tool >> "$TRACE". `orch run` asks.',
      ...LAST,
    ]);
    expect(s.ran()).toEqual([]);
    expect(await lines(s, 'status', 't')).toContain('  t  up to date (unchecked: echo tool >> "$TRACE")');
    expect((await json(s, 'why', 't'))['unchecked']).toEqual(['echo tool >> "$TRACE"']);
  });

  it('by `orch accept` says so, in a run too', async () => {
    const s = await made();
    s.write('b.txt', 'by hand\n');
    await s.ok('accept', 'b');
    expect(await lines(s, 'why', 'b')).toEqual([
      'b is up to date: accepted by hand with `orch accept`, WHEN.',
      'It stays so until one of these changes: its command; a.txt that a makes; its outputs.',
      '',
      'Last run: accepted by hand, WHEN',
    ]);
    const line = '  b  up to date (accepted by hand)';
    expect(await lines(s, 'status', 'b')).toContain(line);
    expect(await lines(s, 'run', '-n', 'b')).toContain(line);
    for (const _ of [1, 2, 3])
      expect(await lines(s, 'run', 'b')).toContain("⏭️  Task 'b' is up to date (accepted by hand)");
    expect(await json(s, 'why', 'b')).toMatchObject({ state: 'up-to-date', accepted: true });
    await s.ok('run', 'c');
    expect((await lines(s, 'why', 'c'))[1]).toMatch(/, from something that was accepted by hand\.$/);
  });

  it('after it was restored says when that was and why', async () => {
    const s = await made();
    await s.ok('run', 'c', '--n', '2');
    await s.ok('run', 'c');
    expect((await lines(s, 'why', 'c')).slice(-4)).toEqual([
      'Last run: succeeded in TIME, WHEN, run RUN',
      'Restored since: from the cache, WHEN, run RUN',
      '  why: parameter n went from 2 to 1',
      '  log: LOG',
    ]);
  });

  it('under another name is up to date all the same', async () => {
    const s = await made();
    const { a, b } = chain;
    s.flow({ first: a, b }, params);
    expect((await lines(s, 'why', 'first')).slice(0, 2)).toEqual([
      'first is up to date.',
      'What lies there is result KEY of 1 file, made WHEN under another name or in another project, in TIME.',
    ]);
    expect(await s.run('b')).toEqual([]);
  });
});

describe('what is asked for', () => {
  it('may be a group: by its needs', async () => {
    const s = await made({ ...chain, inner: { needs: ['b'] }, all: { needs: ['inner', 'c'] } }, 'all');
    expect(await lines(s, 'why', 'all')).toEqual([
      'all is a group of 2 tasks:',
      '  b  up to date',
      '  c  up to date',
    ]);
    s.write('in.txt', 'two\n');
    expect(await lines(s, 'why', 'all')).toEqual([
      'all is a group of 2 tasks:',
      '  b  predicted: run if a makes new bytes',
      '  c  predicted: run if a makes new bytes',
      '',
      'First changed: a. From there to all:',
      '  a    run (input in.txt changed)',
      '  b    predicted: run if a makes new bytes',
      '  all  predicted: run if a makes new bytes',
    ]);
    expect(await json(s, 'why', 'all')).toMatchObject({
      state: 'group',
      needs: [
        { task: 'b', state: 'predicted' },
        { task: 'c', state: 'predicted' },
      ],
    });
  });

  it('may be an output: of the task that makes it', async () => {
    const s = await made();
    expect((await lines(s, 'why', 'b.txt')).slice(0, 2)).toEqual(['b.txt is made by b.', 'b is up to date.']);
    expect((await lines(s, 'why', 'flow:b'))[0]).toBe('b is up to date.');
  });

  it('may be a matrix task or one of its cells', async () => {
    const s = await made(
      {
        t: task('t', 'cat ${{ matrix.m }}.in > ${{ outputs[0] }}', {
          matrix: { m: ['x', 'y'] },
          inputs: ['${{ matrix.m }}.in'],
          outputs: ['${{ matrix.m }}.out'],
        }),
        in: task('in', 'echo x > x.in; echo y > y.in', { outputs: ['x.in', 'y.in'] }),
      },
      't',
      {},
    );
    s.write('x.out', 'by hand\n');
    expect(await lines(s, 'why', 't')).toEqual([
      't has 2 cells:',
      '  t[m=x]  restore (output x.out was edited)',
      '  t[m=y]  up to date',
      "More of one of them: orch why 't[m=x]'",
    ]);
    expect((await lines(s, 'why', 't[m=y]'))[0]).toBe('t[m=y] is up to date.');
    expect(await json(s, 'why', 't')).toMatchObject({
      task: 't',
      state: 'matrix',
      cells: [
        { task: 't[m=x]', state: 'restore' },
        { task: 't[m=y]', state: 'up-to-date' },
      ],
    });
  });

  it('is refused where it is unknown, or where a parameter is', async () => {
    const s = await made();
    expect((await s.exits(2, ['why', 'bb'])).stderr).toMatch(/no task or output named 'bb'/);
    expect((await s.exits(2, ['why'])).stderr).toMatch(/orch why needs a TASK/);
    expect((await s.exits(2, ['why', 'c', '--param', 'm=1'])).stderr).toMatch(/\bm\b/);
    expect((await s.exits(2, ['why', 'c'], { cwd: '..', env: { PWD: undefined } })).stderr).toContain(
      'orch init',
    );
  });
});

describe('what would not run', () => {
  it('fails for a reason, and what is below it does not run for that', async () => {
    const s = await made();
    s.remove('in.txt');
    expect((await lines(s, 'why', 'a'))[0]).toBe(
      'a would fail: the input in.txt does not exist and no task makes it',
    );
    expect((await lines(s, 'why', 'c'))[0]).toBe(
      "c would not run, because a would fail: orch why 'a' says how.",
    );
    expect(await lines(s, 'status', 'c')).toEqual([
      '  a  would fail: the input in.txt does not exist and no task makes it',
      '  b  not run: a would fail',
      '  c  not run: a would fail',
      '1 would fail, 2 not run because of that',
    ]);
    expect(await json(s, 'why', 'a')).toMatchObject({
      state: 'would-fail',
      failure: { kind: 'input-missing' },
    });
  });

  it('runs already, in another process: that is no death', async () => {
    const tasks = {
      a: task('a', `${holdAt('g')}; echo > a.txt`, { outputs: ['a.txt'], inputs: ['in.txt'] }),
      b: task('b', `cat a.txt > b.txt`, { outputs: ['b.txt'], inputs: ['a.txt'] }),
    };
    const s = scenario(tasks, { 'in.txt': 'one\n' });
    const g = gate(s, 'g');
    const running = s.start(['run', 'b']);
    await g.reached();
    expect(await lines(s, 'why', 'a')).toEqual(['a is running now, in run RUN.']);
    expect(await lines(s, 'status')).toEqual([
      '  a  running now, in run RUN',
      '  b  predicted: run (never ran)',
      '1 predicted to run, 1 running now',
    ]);
    g.release();
    expect((await running.done).code).toBe(0);
    expect(await lines(s, 'status')).toEqual(['  a  up to date', '  b  up to date', '2 up to date']);
  });
});

describe('what is shown', () => {
  it('is never the value of a secret', async () => {
    const s = scenario(
      {
        t: task('t', 'echo ${{ secrets.TOKEN }} ${{ params.p }} > o', { outputs: ['o'], secrets: ['TOKEN'] }),
      },
      {},
      { params: { p: 'x' } },
    );
    s.env['TOKEN'] = 'first-value';
    await s.ok('run', 't');
    s.env['TOKEN'] = 'second-value';
    for (const args of [
      ['why', 't'],
      ['why', 't', '--json'],
      ['why', 't', '--p', 'second-value'],
      ['status', 't'],
      ['run', '-n', 't'],
    ]) {
      const { stdout, stderr } = await s.ok(...args);
      expect(stdout + stderr).not.toMatch(/first-value|second-value/);
      expect(stdout).toContain('TOKEN changed');
    }
  });

  it('stays one document where a secret looks like a number', async () => {
    const s = scenario({ t: task('t', 'echo > o', { outputs: ['o'], secrets: ['PIN'] }) });
    s.env['PIN'] = '1';
    await s.ok('run', 't');
    s.env['PIN'] = '2';
    expect(await json(s, 'why', 't')).toMatchObject({ task: 't', state: 'run' });
  });

  it('is what a run would ask a tool first, where that may change the answer', async () => {
    const s = await made({ t: task('t', 'echo > o', { outputs: ['o'], tools: ['echo 1'] }) }, 't', {});
    s.remove('o');
    const line = 'restore (output o missing), unchecked: echo 1';
    expect(await lines(s, 'run', '-n', 't')).toContain(`  t  ${line}`);
    expect(await lines(s, 'why', 't')).toContain(
      'Unchecked, as no command is run to answer this: echo 1. `orch run` asks.',
    );
  });

  it('is a command of words by the words that differ', async () => {
    const tasks = (word: string): Fields => ({
      t: { run: ['sh', '-c', `echo ${word} > o`], inputs: ['in.txt'], outputs: ['o'] },
    });
    const s = await made(tasks('one'), 't', {});
    s.flow(tasks('two'));
    expect((await lines(s, 'why', 't')).slice(1, 4)).toEqual([
      '  command changed',
      '    - ["sh","-c","echo one > o"]',
      '    + ["sh","-c","echo two > o"]',
    ]);
  });

  it('are twenty causes of many; --json has them all', async () => {
    const s = bareScenario(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`src/${n}`, '1'])));
    s.flow({ t: task('t', 'echo > o', { inputs: ['src/'], outputs: ['o'] }) });
    await s.ok('run', 't');
    for (let n = 0; n < 40; n++) s.write(`src/${n}`, '2');
    const said = await lines(s, 'why', 't');
    expect(said.filter((line) => /input src\/\d+ changed/.test(line))).toHaveLength(20);
    expect(said).toContain('  and 20 more causes (--json lists all)');
    expect((await json(s, 'why', 't'))['reasons']).toHaveLength(40);
  });

  it('tells an interrupt from a failure', async () => {
    const s = scenario({ t: task('t', holdAt('g'), { inputs: ['in.txt'], grace: '1s' }) }, { 'in.txt': '' });
    const g = gate(s, 'g');
    const running = s.start(['run', 't']);
    await g.reached();
    running.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    expect((await lines(s, 'why', 't')).slice(0, 4)).toEqual([
      't would run, because:',
      '  was interrupted last time',
      '',
      'Last run: was interrupted after TIME, WHEN, run RUN',
    ]);
  });

  it('tells an executable bit from content', async () => {
    const s = await made();
    chmodSync(s.path('in.txt'), 0o755);
    expect((await lines(s, 'why', 'a')).slice(0, 3)).toEqual([
      'a would run, because:',
      '  input in.txt became executable',
      '',
    ]);
  });
});

it('names the log as it is typed from where the user stands', async () => {
  const s = await made();
  s.write('sub/x', '');
  const ran = await s.exits(0, ['why', 'c'], { cwd: 'sub' });
  expect(ran.stdout).toMatch(/^ {2}log: \.\.\/\.cache\/logs\/\S+$/m);
});

describe('--run', () => {
  it('tells why it ran in an earlier run, by what was recorded then', async () => {
    const s = await made();
    s.write('in.txt', 'two and more\n');
    await s.ok('run', 'a');
    await s.ok('run', '--force', 'a');
    const { attempts } = (await json(s, 'why', 'a', '--run', '2')) as { attempts: { run: string }[] };
    expect(attempts).toHaveLength(3);
    const run = (at: number) => attempts[at]!.run;
    expect(await lines(s, 'why', 'a', '--run', run(1))).toEqual([
      'a ran in run RUN, because:',
      '  input in.txt changed',
      '    DIGEST (4 bytes) -> DIGEST (13 bytes)',
      'It succeeded in TIME, WHEN.',
      '  log: LOG',
    ]);
    expect((await lines(s, 'why', 'a', '--run', run(2)))[1]).toBe('  forced');
    expect(await lines(s, 'why', 'a')).toContain('  why: forced');
    const refused = await s.exits(2, ['why', 'c', '--run', run(1)]);
    expect(refused.stderr).toContain(`its last runs: ${run(0)}`);
  });
});

describe('--json', () => {
  it('is one document with the documented fields', async () => {
    const s = await made();
    s.write('in.txt', 'two\n');
    await s.ok('run', 'b');
    const found = await json(s, 'why', 'c');
    expect(Object.keys(found)).toEqual([
      ...['task', 'pipeline', 'state', 'because', 'reasons', 'first_changed_ancestor', 'chain', 'last'],
      ...['result', 'depends_on'],
    ]);
    const digest = expect.stringMatching(/^xxh64-[0-9a-f]{16}-4$/);
    expect(found).toMatchObject({
      task: 'c',
      pipeline: 'flow',
      state: 'run',
      because: 'run (b made a new b.txt)',
      reasons: [
        {
          ...{ why: 'upstream-changed', task: 'b', path: 'b.txt', phrase: 'b made a new b.txt' },
          ...{ from: digest, to: digest },
        },
      ],
      first_changed_ancestor: { task: 'a', state: 'ran', because: 'input in.txt changed' },
      chain: [
        {
          task: 'a',
          state: 'ran',
          because: 'input in.txt changed',
          at: expect.any(String),
          run: expect.any(String),
        },
        { task: 'b', state: 'ran', because: 'a made a new a.txt' },
        { task: 'c', state: 'run', because: 'run (b made a new b.txt)' },
      ],
      last: {
        run: expect.stringMatching(/^\d{8}-\d{6}-\w{6}$/),
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        outcome: 'succeeded',
        duration_ms: expect.any(Number),
        log: expect.stringMatching(/^\.cache\/logs\//),
        failure: null,
        because: 'never ran',
        reasons: [{ why: 'never-ran' }],
        restored: null,
      },
      result: null,
      depends_on: { sources: [], made: { b: ['b.txt'] }, params: ['n'] },
    });
    expect(await json(s, 'why', 'b')).toMatchObject({
      state: 'up-to-date',
      reasons: [],
      chain: [],
      first_changed_ancestor: null,
      result: { key: expect.stringMatching(/^k1-/), outputs: 1, made: { run: expect.any(String) } },
    });
  });
});

it('with damaged records writes nothing and does not fail', async () => {
  const s = await made();
  for (const path of Object.keys(s.under('.cache/state'))) {
    if (!path.endsWith('/')) s.write(join('.cache/state', path), 'garbage\n');
  }
  const before = entriesUnder(s.dir);
  expect((await lines(s, 'why', 'c'))[0]).toMatch(/^c (is|would)/);
  expect(entriesUnder(s.dir)).toEqual(before);
});
