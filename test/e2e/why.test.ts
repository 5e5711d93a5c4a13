/**
 * Why a task is stale: one phrase for each reason, the same in `why`, `--dry-run`, `status` and on the task's line in
 * a run (C7). Every reason that orch knows has a scenario here, with the whole output of all four.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StaleReason } from '../../src/model/decision.ts';
import { gate, holdAt, isAlive } from './support/gate.ts';
import { normalised } from './support/normalised.ts';
import { type Fields, type Scenario, scenario, task } from './support/scenario.ts';
import { entriesUnder } from './support/tree.ts';

interface Case {
  /** The project as it is when the question is asked, everything before included. */
  readonly made: () => Promise<Scenario>;
  /** Parameters and the like, for all four commands. */
  readonly args?: readonly string[];
  /** Only for `run` and `-n`: looking at the present state takes no such flag. */
  readonly runArgs?: readonly string[];
  readonly phrase: string;
  readonly will?: 'run' | 'restore';
  /** What `why` prints between its first and its last lines, where that isn't the phrase alone. */
  readonly causes?: readonly string[];
  readonly target?: string;
  /** How it was last dealt with, as `why` says it. */
  readonly last?: readonly string[];
  readonly chain?: readonly string[];
  /** A dry run's other tasks. */
  readonly others?: readonly string[];
  /** What only a run finds out, because commands would have to be run, or which is asked of runs only. */
  readonly looks?: 'up to date' | false;
}

const SUCCEEDED = ['Last run: succeeded in TIME, WHEN, run RUN', '  why: never ran', '  log: LOG'];

/** Copies its input. */
function copy(fields: Fields = {}, script = 'cat in.txt > out.txt'): Fields {
  return task('t', script, { inputs: ['in.txt'], outputs: ['out.txt'], ...fields });
}

/** A project of one task that has run once. */
async function ran(
  fields: Fields = {},
  script?: string,
  pipeline: Fields = {},
  args: readonly string[] = [],
): Promise<Scenario> {
  const s = scenario({ t: copy(fields, script) }, { 'in.txt': 'one\n' }, pipeline);
  await s.ok('run', 't', ...args);
  return s;
}

/** It has run, and then something was done. */
function after(change: (s: Scenario) => unknown, ...first: Parameters<typeof ran>): () => Promise<Scenario> {
  return async () => {
    const s = await ran(...first);
    await change(s);
    return s;
  };
}

/** a -> b -> c, all made. */
async function three(): Promise<Scenario> {
  const s = scenario(
    {
      a: task('a', 'cat in.txt > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
      b: task('b', 'cat a.txt > b.txt', { inputs: ['a.txt'], outputs: ['b.txt'] }),
      t: task('t', 'cat b.txt > out.txt', { inputs: ['b.txt'], outputs: ['out.txt'] }),
    },
    { 'in.txt': 'one\n' },
  );
  await s.ok('run', 't');
  return s;
}

/** Every content of the cache is gone. */
function emptyCache(s: Scenario): void {
  rmSync(s.path('.cache/content/v1/blobs'), { recursive: true });
}

const CASES: Record<StaleReason['why'], Case> = {
  'never-ran': {
    made: () => Promise.resolve(scenario({ t: copy() }, { 'in.txt': 'one\n' })),
    phrase: 'never ran',
    last: [],
  },
  'input-changed': {
    made: after((s) => s.write('in.txt', 'two and more\n')),
    phrase: 'input in.txt changed',
    causes: ['  input in.txt changed', '    DIGEST (4 bytes) -> DIGEST (13 bytes)'],
  },
  'input-added': {
    made: after((s) => s.write('src/b.txt', 'b\n'), {
      inputs: ['in.txt', { path: 'src/*.txt', optional: true }],
    }),
    phrase: 'input src/b.txt added',
  },
  'input-removed': {
    made: after((s) => s.flow({ t: copy({ inputs: ['in.txt'] }) }), { inputs: ['in.txt', 'orch.yaml'] }),
    phrase: 'input orch.yaml removed',
  },
  'param-changed': {
    made: () =>
      ran({}, 'echo ${{ params.model.max_depth }} > out.txt', {
        params: { model: { max_depth: 6, rate: 0.1 } },
      }),
    args: ['--param', 'model.max_depth=8'],
    phrase: 'parameter model.max_depth went from 6 to 8',
    causes: [
      '  parameter model.max_depth went from 6 to 8',
      '  command changed in line 2',
      '      2 - echo 6 > out.txt',
      '      2 + echo 8 > out.txt',
    ],
  },
  'matrix-changed': {
    made: async () => {
      const script = 'echo ${{ matrix.m }} > out.txt';
      const s = scenario({ t: copy({ matrix: { m: [1] } }, script) }, { 'in.txt': 'one\n' });
      await s.ok('run', 't');
      s.flow({ t: copy({ matrix: { m: ['1'] } }, script) });
      return s;
    },
    target: 't[m=1]',
    phrase: 'matrix value m went from 1 to "1"',
  },
  'env-changed': {
    made: after((s) => s.flow({ t: copy({ env: { LEVEL: 'high' } }) }), { env: { LEVEL: 'low' } }),
    phrase: 'variable LEVEL went from low to high',
  },
  'secret-changed': {
    made: async () => {
      const s = scenario({ t: copy({ secrets: ['TOKEN'] }) }, { 'in.txt': 'one\n' });
      s.env['TOKEN'] = 'not to be seen';
      await s.ok('run', 't');
      s.env['TOKEN'] = 'nor this one';
      return s;
    },
    phrase: 'secret TOKEN changed',
  },
  'command-changed': {
    made: after(
      (s) => s.flow({ t: copy({}, 'set -u\ntest -s in.txt\ncat in.txt in.txt > out.txt') }),
      {},
      'set -u\ncat in.txt > out.txt',
    ),
    phrase: 'command changed in lines 3 and 4',
    causes: [
      '  command changed in lines 3 and 4',
      '      3 - cat in.txt > out.txt',
      '      3 + test -s in.txt',
      '      4 + cat in.txt in.txt > out.txt',
    ],
  },
  'shell-changed': {
    made: after((s) => s.flow({ t: copy({ shell: 'bash' }) })),
    phrase: 'shell went from sh -e -c to bash -e -o pipefail -c',
  },
  'dir-changed': {
    made: after(
      (s) => {
        s.write('sub/in.txt', '');
        s.flow({ t: copy({ dir: 'sub' }, 'echo > ${{ outputs[0] }}') });
      },
      {},
      'echo > ${{ outputs[0] }}',
    ),
    phrase: 'dir went from . to sub',
    causes: [
      '  dir went from . to sub',
      '  command changed in line 2',
      '      2 - echo > out.txt',
      '      2 + echo > ../out.txt',
    ],
  },
  'outputs-changed': {
    made: after((s) => s.flow({ t: copy({ outputs: ['out.txt', 'more/*.txt'] }) })),
    phrase: 'declared output more/*.txt added',
  },
  'tool-changed': {
    made: after((s) => s.write('version.txt', 'tool 2.0\n'), { tools: ['cat version.txt || echo none'] }),
    looks: 'up to date',
    phrase: 'cat version.txt || echo none went from none to tool 2.0',
  },
  'scope-changed': {
    made: after((s) => s.flow({ t: copy() }, { cache: { scope: 'other' } })),
    phrase: 'cache scope went from flow to other',
  },
  'output-missing': {
    made: after((s) => s.remove('out.txt')),
    will: 'restore',
    phrase: 'output out.txt missing',
  },
  'output-edited': {
    made: after((s) => s.write('out.txt', 'by hand\n')),
    will: 'restore',
    phrase: 'output out.txt was edited',
  },
  'output-of-another-result': {
    // Made under another name, then made otherwise: under the new name there is no last run to compare with.
    made: async () => {
      const pipeline = { params: { n: 1 } };
      const script = 'echo ${{ params.n }} > out.txt';
      const s = await ran({}, script, pipeline);
      await s.ok('run', 't', '--n', '2');
      s.flow({ renamed: copy({}, script) }, pipeline);
      return s;
    },
    target: 'renamed',
    will: 'restore',
    phrase: 'output out.txt is of another result',
    last: [],
  },
  evicted: {
    made: after((s) => {
      s.remove('out.txt');
      emptyCache(s);
    }),
    phrase: 'output out.txt missing, and no longer in the cache',
  },
  damaged: {
    made: after(async (s) => {
      s.remove('out.txt');
      const blobs = s.path('.cache/content/v1/blobs');
      for (const path of Object.keys(entriesUnder(blobs)).filter((each) => each.includes('-')))
        writeFileSync(join(blobs, path), 'ONE\n', { flag: 'r+' });
      await s.ok('cache', 'verify', '--repair');
    }),
    phrase: 'output out.txt missing, and damaged in the cache',
  },
  'failed-last': {
    made: async () => {
      const script = '[ -e "$OUTSIDE/ready" ] || exit 3\ncat in.txt > out.txt';
      const s = scenario({ t: copy({}, script) }, { 'in.txt': 'one\n' });
      await s.exits(1, ['run', 't']);
      writeFileSync(join(s.outside, 'ready'), '');
      return s;
    },
    phrase: 'failed last time: exit 3',
    last: ['Last run: failed (exit 3) after TIME, WHEN, run RUN', '  why: never ran', '  log: LOG'],
  },
  'died-last': {
    made: async () => {
      const s = scenario(
        { t: copy({}, `if [ -e "$OUTSIDE/hold" ]; then ${holdAt('g')}; fi\ncat in.txt > out.txt`) },
        { 'in.txt': 'one\n' },
      );
      const hold = join(s.outside, 'hold');
      writeFileSync(hold, '');
      const g = gate(s, 'g');
      const running = s.start(['run', 't']);
      const [pid = 0] = await g.reached();
      onTestFinished(() => {
        if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      });
      running.kill('SIGKILL');
      await running.done;
      rmSync(hold);
      s.ran();
      return s;
    },
    phrase: 'died last time, before its end',
    last: ['Last run: began and never ended, as orch was killed, WHEN, run RUN'],
  },
  expired: {
    made: () => ran({ expires: '1ms' }),
    phrase: 'its result expired: older than 1ms',
    causes: ['  its result expired: older than 1ms', '    it is AGE old'],
  },
  'probe-failed': {
    made: after(
      (s) => s.remove('placed'),
      { probe: 'test -e placed || { echo gone; exit 1; }', outputs: [] },
      'touch placed',
    ),
    looks: 'up to date',
    phrase: 'no longer in place: gone',
  },
  'upstream-changed': {
    made: async () => {
      const s = await three();
      s.write('in.txt', 'two and more\n');
      await s.ok('run', 'b');
      return s;
    },
    others: ['  a  up to date', '  b  up to date'],
    phrase: 'b made a new b.txt',
    causes: ['  b made a new b.txt', '    DIGEST (4 bytes) -> DIGEST (13 bytes)'],
    chain: [
      'First changed: a. From there to t:',
      '  a  ran (input in.txt changed), WHEN, run RUN',
      '  b  ran (a made a new a.txt), WHEN, run RUN',
      '  t  run (b made a new b.txt)',
    ],
  },
  'need-changed': {
    made: async () => {
      const check = task('check', 'test -s in.txt', { inputs: ['in.txt'] });
      const s = scenario(
        { check, t: task('t', 'echo > out.txt', { needs: ['check'], outputs: ['out.txt'] }) },
        { 'in.txt': 'one\n' },
      );
      await s.ok('run', 't');
      s.write('in.txt', 'two\n');
      await s.ok('run', 'check');
      return s;
    },
    others: ['  check  up to date'],
    phrase: 'need check changed',
    chain: [
      'First changed: check. From there to t:',
      '  check  ran (input in.txt changed), WHEN, run RUN',
      '  t      run (need check changed)',
    ],
  },
  'always-runs': {
    made: () => ran({ cache: false }),
    phrase: 'always runs',
    causes: ['  always runs', '    it says cache: false'],
    last: ['Last run: succeeded in TIME, WHEN, run RUN', '  why: always runs', '  log: LOG'],
  },
  forced: { made: () => ran(), runArgs: ['--force'], phrase: 'forced', looks: 'up to date' },
  'no-record': {
    // The journal's lines of results are damaged, and there is no cache to ask.
    made: after((s) => {
      rmSync(s.path('.cache/content'), { recursive: true });
      const journal = s.read('.cache/state/v1/journal');
      s.write('.cache/state/v1/journal', journal.replace(/^.*"t":"result".*\n/m, ''));
    }),
    phrase: 'no record of its last result',
  },
};

describe.each(Object.entries(CASES))('%s', (_why, each) => {
  const { args = [], runArgs = [], phrase, will = 'run', target = 't', looks = true } = each;

  it('is one phrase in why, a dry run, status and a run', async () => {
    const s = await each.made();
    const text = async (...words: string[]) =>
      normalised((await s.ok(...words)).stdout).replaceAll(/log: \S+/g, 'log: LOG');
    const before = entriesUnder(s.dir);
    s.ran();

    const others = each.others ?? [];
    const width = Math.max(
      ...[target, ...others.map((line) => line.trim().split(' ')[0]!)].map((name) => name.length),
    );
    const line = `  ${target.padEnd(width)}  ${will} (${phrase})`;
    const sum = others.length === 0 ? `1 to ${will}` : `1 to ${will}, ${others.length} up to date`;
    const [why, planned, status] = await Promise.all([
      text('why', target, ...args),
      text('run', '-n', target, ...args, ...runArgs),
      text('status', target, ...args),
    ]);
    if (looks === true) {
      const causes = each.causes ?? [`  ${phrase}`];
      const last = each.last ?? SUCCEEDED;
      const got = will === 'run' ? [] : ['It would get result KEY of 1 file, made WHEN HOW, in TIME.'];
      const expected = [
        `${target} would ${will === 'run' ? 'run' : 'be restored from the cache'}, because:`,
        ...causes,
        ...got,
        ...(each.chain === undefined ? [] : ['', ...each.chain]),
        ...(last.length === 0 ? [] : ['', ...last]),
        '',
      ].join('\n');
      expect(why.replace(/(made WHEN) (in run RUN|under another name or in another project)/, '$1 HOW')).toBe(
        expected,
      );
      // What becomes of files in the way, below, is for `e2e/refused-runs`.
      expect(planned.replace(/^ {2}.*, would be .*\n/gm, '')).toBe(
        ['Dry run: nothing is run or changed.', ...others, line, sum, ''].join('\n'),
      );
      expect(status).toBe([...others, line, sum, ''].join('\n'));
    } else {
      expect(why).toMatch(/^t is up to date\.\n/);
      expect(status).toMatch(/^ {2}t {2}up to date.*\n1 up to date\n$/);
    }
    // Looking ran nothing and wrote nothing.
    expect(s.ran()).toEqual([]);
    expect(entriesUnder(s.dir)).toEqual(before);

    const run = await text('run', target, ...args, ...runArgs);
    const upToDate = others.map((other) => `⏭️  Task '${other.trim().split(' ')[0]}' is up to date`);
    const did =
      will === 'run'
        ? [`🚀 Running task: ${target} (${phrase})`, `✅ Task '${target}' completed in TIME`]
        : [`📦 Task '${target}' restored from cache in TIME (${phrase})`];
    const counts = will === 'run' ? '1 run, 0 restored' : '0 run, 1 restored';
    // An up-to-date task is said once nothing below it can ask for its content any more: in no fixed place.
    expect(run.replace(', TIME saved by the cache', '').split('\n').sort()).toEqual(
      [
        `🎯 Target: ${target}`,
        `🔄 Force rebuild: ${runArgs.includes('--force') ? 'yes' : 'no'}`,
        ...upToDate,
        ...did,
        `📋 ${counts}, ${others.length} up to date, 0 failed, 0 skipped in TIME`,
        '🎉 Pipeline completed successfully!',
        '',
      ].sort(),
    );
    expect(s.ran().filter((name) => name === 't')).toEqual(will === 'run' ? ['t'] : []);
    // And afterwards it says why that run was.
    const later = await text('why', target, ...args);
    expect(later).toMatch(/^Last run: succeeded in TIME, WHEN, run RUN|^Restored/m);
    expect(later).toContain(will === 'run' || later.includes('Restored') ? `\n  why: ${phrase}\n` : '');
  });
});

it('every reason is documented', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const listed = /^`why` of a reason is one of ([^.]*)\./m.exec(readme)?.[1] ?? '';
  expect([...listed.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name).sort()).toEqual(
    Object.keys(CASES).sort(),
  );
});

it('a task that is up to date by equal bytes under a new key is compared with that key from then on', async () => {
  const s = scenario(
    {
      a: task('a', 'head -n 1 in.txt > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'], params: ['p'] }),
    },
    { 'in.txt': 'one\n' },
    { params: { p: 1 } },
  );
  expect(await s.run('a')).toEqual(['a']);
  expect(await s.run('a', '--p', '2')).toEqual(['a']);
  // Looking doesn't record anything; the run does.
  await s.ok('why', 'a');
  expect((await s.ok('why', 'a', '--p', '3')).stdout).toMatch(
    /parameter p.* 2 .* 3|p: 2 -> 3|p .*from 2 to 3/,
  );
  expect(await s.run('a')).toEqual([]);
  const after = (await s.ok('why', 'a', '--p', '3')).stdout;
  expect(after).toMatch(/parameter p.* 1 .* 3|p: 1 -> 3|p .*from 1 to 3/);
  expect((await s.ok('run', '-n', '--p', '3', 'a')).stdout).not.toContain('2');
  const journal = s.read('.cache/state/v1/journal');
  expect(await s.run('a')).toEqual([]);
  expect(s.read('.cache/state/v1/journal')).toBe(journal);
});
