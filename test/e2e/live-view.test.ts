/**
 * The live view as a user sees it (E2, D5): the screens of a run at chosen moments on terminals of several sizes.
 * They are kept under fixtures/live, to be looked at: whoever changes one should like the new one better.
 */
import { describe, expect, it } from 'vitest';
import { ORCH } from '../support/project.ts';
import { gate, holdAt } from './support/gate.ts';
import { type Scenario, scenario, task } from './support/scenario.ts';
import { openTerminal, type TestTerminal } from './support/terminal.ts';

interface Size {
  readonly columns: number;
  readonly rows: number;
}

function runOn(
  s: Scenario,
  size: Size,
  args: readonly string[],
  env: Record<string, string> = {},
): TestTerminal {
  return openTerminal([ORCH, 'run', ...args], { ...size, cwd: s.dir, env: { ...s.environment(), ...env } });
}

/** Times and turning spinners made equal, tasks that start together sorted. What has the same width keeps it. */
function stilled(lines: readonly string[]): string {
  const still = lines.map((line) =>
    line
      .replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/gu, '⠋')
      .replace(/^ [|/\\-] /, ' | ')
      .replace(/\d+\.\d\ds/g, '0.00s')
      .replace(/(?<![.\d])\d+s\b/g, '0s')
      .replace(/\d+h \d\dm/g, '0h 00m')
      .replace(/\d{8}-\d{6}-[0-9a-f]{6}/g, '20230101-000000-abcdef'),
  );
  const isTask = (line: string | undefined) => line !== undefined && /^ [⠋|] (?!Interrupted)/u.test(line);
  for (let from = 0; from < still.length; from++) {
    let to = from;
    while (isTask(still[to])) to++;
    still.splice(from, to - from, ...still.slice(from, to).sort());
    from = to;
  }
  return still.join('\n');
}

/** Screens with a heading each. */
function album() {
  const pages: string[] = [];
  return {
    add(moment: string, lines: readonly string[]) {
      pages.push(`== ${moment}\n${stilled(lines)}\n`);
    },
    text: () => pages.join('\n'),
  };
}

const LONG = 'join-green-taxi-trips-of-all-years-with-hourly-weather-and-holidays';

/** Wide and long names, a task that will be tried again, one that doesn't listen to Ctrl-C. */
function story(): Scenario {
  const deaf = `trap : INT\n${holdAt('train')} || while [ -d "$GATES" ]; do read go < "$GATES/train" && break; done`;
  return scenario(
    {
      fetch: task('fetch', 'cat in.txt > raw.txt', { inputs: ['in.txt'], outputs: ['raw.txt'] }),
      [LONG]: task('join', holdAt('join'), { inputs: ['raw.txt'], outputs: [] }),
      train: task('train', deaf, {
        matrix: { model: ['東京モデル👨‍👩‍👧'] },
        inputs: ['raw.txt'],
        grace: '1h',
      }),
      flaky: task('flaky', 'echo cannot reach the server; exit 7', {
        inputs: ['raw.txt'],
        retries: { limit: 2, delay: '9h' },
      }),
      report: task('report', 'echo > report.txt', {
        needs: [{ task: 'train[*]', order_only: true }],
        outputs: ['report.txt'],
      }),
      all: { needs: [LONG, 'train[*]', 'flaky', 'report'] },
    },
    { 'in.txt': '1\n' },
    { header: ['📅 Data: 2023'] },
  );
}

async function tell(
  size: Size,
  env: Record<string, string> = {},
): Promise<{ terminal: TestTerminal; text: string }> {
  const s = story();
  const join = gate(s, 'join');
  const train = gate(s, 'train');
  const { add, text } = album();
  const terminal = runOn(s, size, ['-j', '8', 'all'], env);
  await join.reached();
  await train.reached();
  await terminal.shows(/retry 1\/2/);
  await terminal.shows('1/5');
  add('two are running, one waits for its next attempt', terminal.screen());
  join.release();
  await terminal.shows('2/5');
  add('one is done', terminal.screen());
  terminal.type('\x03');
  await terminal.shows(/flaky' was interrupted/);
  await terminal.shows(/^ . Interrupted: ending/m);
  add('Ctrl-C; one task does not listen', terminal.screen());
  terminal.type('\x03');
  expect(await terminal.done).toEqual({ code: 130, signal: null });
  add('Ctrl-C again', terminal.screen());
  return { terminal, text: text() };
}

describe('the screens of a run', () => {
  it('80 columns, 24 rows', async () => {
    const { text } = await tell({ columns: 80, rows: 24 });
    await expect(text).toMatchFileSnapshot('fixtures/live/80x24.txt');
  });

  it('40 columns', async () => {
    const { text } = await tell({ columns: 40, rows: 24 });
    await expect(text).toMatchFileSnapshot('fixtures/live/40-columns.txt');
  });

  it('without UTF-8', async () => {
    const { text } = await tell({ columns: 80, rows: 24 }, { LC_ALL: 'C', LANG: 'C' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII is looked for.
    expect(text).not.toMatch(/[^\x00-\x7f]/);
    await expect(text).toMatchFileSnapshot('fixtures/live/ascii.txt');
  });

  it('12 rows: what has no room is counted', async () => {
    const names = Array.from({ length: 20 }, (_each, at) => `part-${String(at).padStart(2, '0')}`);
    const s = scenario({
      ...Object.fromEntries(names.map((name) => [name, task(name, holdAt('part'))])),
      all: { needs: names.map((each) => ({ task: each, order_only: true })) },
    });
    const part = gate(s, 'part');
    const terminal = runOn(s, { columns: 80, rows: 12 }, ['-j', '20', 'all']);
    await part.reached(20);
    await terminal.shows('and 14 more running');
    const { add, text } = album();
    add('20 are running', terminal.screen());
    for (const _name of names) part.release();
    expect((await terminal.done).code).toBe(0);
    add('the end', terminal.screen());
    // Which of them are shown, and in which order they end, is left to chance.
    await expect(text().replace(/part-\d\d/g, 'part-00')).toMatchFileSnapshot('fixtures/live/80x12.txt');
  });

  it('0 columns: plain lines, no control code', async () => {
    const s = story();
    const join = gate(s, 'join');
    const { add, text } = album();
    const terminal = runOn(s, { columns: 0, rows: 0 }, ['-j', '8', '--no-color', LONG]);
    await join.reached();
    await terminal.shows('Running task: join-green');
    add('it is running', terminal.screen());
    join.release();
    expect((await terminal.done).code).toBe(0);
    add('the end', terminal.screen());
    expect(terminal.bytes()).not.toContain('\x1b');
    await expect(text()).toMatchFileSnapshot('fixtures/live/0-columns.txt');
  });
});

/** How often the region was drawn: each drawing ends with this. */
function repaints(terminal: TestTerminal): number {
  return terminal.bytes().split('\x1b[?2026l').length - 1;
}

describe('the region', () => {
  it('is drawn at most ten times a second, however much happens', async () => {
    const names = Array.from({ length: 200 }, (_each, at) => `t${at}`);
    const s = scenario({
      ...Object.fromEntries(names.map((name) => [name, { run: `echo ${name}` }])),
      all: { needs: names.map((each) => ({ task: each, order_only: true })) },
    });
    const startedMs = performance.now();
    const terminal = runOn(s, { columns: 80, rows: 24 }, ['all']);
    expect((await terminal.done).code).toBe(0);
    const seconds = (performance.now() - startedMs) / 1_000;
    expect(repaints(terminal)).toBeGreaterThan(0);
    expect(repaints(terminal)).toBeLessThanOrEqual(Math.ceil(seconds * 10));
    const done = terminal.everything().filter((line) => /^✅ Task 't\d+' completed/u.test(line));
    expect(new Set(done).size).toBe(200);
  });

  it('says how long it will take, by the last time', async () => {
    const slow = (script: string) => scenarioTasks(script);
    const s = scenario(slow('sleep 2.1'));
    await s.ok('run', 'all');
    s.flow(slow(holdAt('slow')));
    const gates = gate(s, 'slow');
    const terminal = runOn(s, { columns: 80, rows: 24 }, ['-j', '2', 'all']);
    await gates.reached(2);
    await terminal.shows(/ . slow-a {2}\d+s \/ ~2s/);
    await terminal.shows(/0\/2 {2}0% {2}~\ds left/);
    gates.release();
    gates.release();
    expect((await terminal.done).code).toBe(0);
  });

  it('is not even loaded for an idle run', async () => {
    const s = scenario(
      { t: task('t', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }) },
      { 'in.txt': '1' },
    );
    // What measures lines makes one of these when it is loaded.
    s.write(
      'spy.cjs',
      "const { Segmenter } = Intl; Intl.Segmenter = class extends Segmenter { constructor(...args) { super(...args); process.stderr.write('LOADED'); } };",
    );
    const env = { NODE_OPTIONS: `--require ${s.path('spy.cjs')}` };
    await s.ok('run', 't');
    await s.ok('run', 't');
    const idle = runOn(s, { columns: 80, rows: 24 }, ['t'], env);
    expect((await idle.done).code).toBe(0);
    expect(idle.screen().join('\n')).toContain("Task 't' is up to date");
    expect(idle.bytes()).not.toContain('\x1b[?25l');
    expect(idle.bytes()).not.toContain('LOADED');
    s.flow({ t: task('t', holdAt('t')) });
    const t = gate(s, 't');
    const terminal = runOn(s, { columns: 80, rows: 24 }, ['t'], env);
    await terminal.shows(' t  0s');
    expect(terminal.bytes()).toContain('LOADED');
    t.release();
    await terminal.done;
  });

  it('shows that changes are looked for, where that takes long', async () => {
    const s = scenario(
      {
        t: task('t', 'echo > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'], tools: [holdAt('tool')] }),
      },
      { 'in.txt': '1' },
    );
    const tool = gate(s, 'tool');
    const terminal = runOn(s, { columns: 80, rows: 24 }, ['t']);
    await tool.reached();
    await terminal.shows(/^ . Looking for changes {2}0\/1$/m);
    tool.release();
    expect((await terminal.done).code).toBe(0);
    expect(terminal.screen()[0]).toBe('🎯 Target: t');
  });

  it('shows that another run is waited for, and goes when it starts', async () => {
    const s = scenario({ t: task('t', `${holdAt('t')}; echo > out.txt`, { outputs: ['out.txt'] }) });
    const t = gate(s, 't');
    const first = s.start(['run', 't']);
    await t.reached();
    // A forced run makes its own.
    const terminal = runOn(s, { columns: 100, rows: 24 }, ['t', '--force']);
    await terminal.shows(
      /^ . Waiting for another run in this project: run \S+ \(t\) \(process \d+\) {2}\d+s/m,
    );
    t.release();
    t.release();
    expect((await first.done).code).toBe(0);
    expect((await terminal.done).code).toBe(0);
    expect(terminal.screen().join('\n')).toContain("Task 't' completed");
    expect(terminal.screen().filter((line) => line.includes('Waiting for another run'))).toHaveLength(1);
  });

  it('says above the region for whom a task waits', async () => {
    const s = scenario({ t: task('t', `${holdAt('t')}; echo > out.txt`, { outputs: ['out.txt'] }) });
    const t = gate(s, 't');
    const first = s.start(['run', 't']);
    await t.reached();
    const terminal = runOn(s, { columns: 100, rows: 24 }, ['t']);
    await terminal.shows(/Task 't' is waiting for run \S+ \(t\) \(process \d+\), which is making it/);
    t.release();
    expect((await first.done).code).toBe(0);
    expect((await terminal.done).code).toBe(0);
    expect(terminal.screen().join('\n')).toContain("Task 't' is up to date");
  });
});

function scenarioTasks(script: string): Record<string, object> {
  const names = ['slow-a', 'slow-b'];
  return {
    ...Object.fromEntries(names.map((name) => [name, task(name, script)])),
    all: { needs: names.map((each) => ({ task: each, order_only: true })) },
  };
}

describe('what a task prints', () => {
  it('scrolls above while it runs alone; of a line that is not whole, what there is', async () => {
    const s = scenario(
      {
        dep: task('dep', 'echo of dep; cat in.txt > dep.txt', { inputs: ['in.txt'], outputs: ['dep.txt'] }),
        t: task(
          't',
          `echo one; printf 'two is '; ${holdAt('a')}; echo here; printf '%s' "$(seq 1 60)" | tr '\\n' ' '; ${holdAt('b')}`,
          { inputs: ['dep.txt'] },
        ),
      },
      { 'in.txt': '1' },
    );
    await s.ok('run', 'dep');
    const a = gate(s, 'a');
    const b = gate(s, 'b');
    const terminal = runOn(s, { columns: 60, rows: 24 }, ['t']);
    await a.reached();
    await terminal.shows(/^one\ntwo is\n . t {2}\ds/m);
    a.release();
    await b.reached();
    await terminal.shows(/^one\ntwo is here\n….*58 59 60\n . t {2}\ds/m);
    b.release();
    expect((await terminal.done).code).toBe(0);
    const text = terminal.everything().join('\n');
    expect(text).toMatch(/one\ntwo is here\n1 2 3 [\d\s]* 58 59 60\n✅ Task 't' completed/u);
    expect(text).not.toContain('of dep');
  });

  it('-v: comes prefixed from several tasks, and the region stays whole', async () => {
    const s = scenario({
      a: task('a', `seq 1 50; ${holdAt('g')}; echo "$(seq 1 100 | tr '\\n' ' ')"`),
      b: task('b', `seq 1 50; ${holdAt('g')}`),
      all: {
        needs: [
          { task: 'a', order_only: true },
          { task: 'b', order_only: true },
        ],
      },
    });
    const g = gate(s, 'g');
    const terminal = runOn(s, { columns: 80, rows: 12 }, ['-v', '-j', '2', 'all']);
    await g.reached(2);
    await terminal.shows(
      /^\[[ab]\] 50\n . [ab] {2}\ds {2}always runs\n . [ab] {2}\ds {2}always runs\n ⣀+ {2}0\/2 {2}0% *$/m,
    );
    g.release();
    g.release();
    expect((await terminal.done).code).toBe(0);
    const lines = terminal.everything();
    for (const name of ['a', 'b'])
      expect(lines.filter((line) => line.startsWith(`[${name}] `)).slice(0, 50)).toEqual(
        Array.from({ length: 50 }, (_each, at) => `[${name}] ${at + 1}`),
      );
    expect(lines.filter((line) => /^ [⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏⣀⣿]/u.test(line))).toEqual([]);
  });
});
