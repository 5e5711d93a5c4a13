import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type RegionView, regionLines } from '../../src/reporters/live-region.ts';
import { hasRoom, regionHeight } from '../../src/reporters/live-room.ts';
import { INITIAL_STATE, type LiveState, type RunningTask } from '../../src/reporters/live-state.ts';
import type { Style } from '../../src/reporters/plain.ts';

const same = (text: string) => text;
const NO_STYLE: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };
const painted = (code: number) => (text: string) => `\x1b[${code}m${text}\x1b[0m`;
const COLORS: Style = {
  bold: painted(1),
  dim: painted(2),
  red: painted(31),
  green: painted(32),
  yellow: painted(33),
  cyan: painted(36),
};

const NOW_MS = 100_000;

function task(name: string, elapsedMs = 0, fields: Partial<RunningTask> = {}): RunningTask {
  return {
    task: name,
    startedMs: NOW_MS - elapsedMs,
    expectedMs: null,
    attempt: 1,
    reason: { why: 'never-ran' },
    retry: null,
    ...fields,
  };
}

function working(running: readonly RunningTask[], fields: Partial<LiveState> = {}): LiveState {
  return { ...INITIAL_STATE, stage: 'working', running, settled: 37, total: 100, ...fields };
}

function draw(state: LiveState, view: Partial<RegionView> = {}): readonly string[] {
  return regionLines(state, {
    columns: 80,
    rows: 24,
    nowMs: NOW_MS,
    openLine: '',
    ascii: false,
    style: NO_STYLE,
    ...view,
  });
}

const TASKS = [
  task('extract', 8_000, {
    expectedMs: 15_000,
    reason: { why: 'input-changed', path: 'raw.csv', from: '', to: '' },
  }),
  task('train[model=gbm,month=3]', 72_000, { expectedMs: 125_000 }),
  task('flaky', 0, { retry: { attempt: 1, limit: 3, dueMs: NOW_MS + 8_000 } }),
];

describe('the region', () => {
  it('has a line for each running task and one for the run', () => {
    expect(draw(working(TASKS, { remainingMs: 250_000, failed: 2 }))).toEqual([
      ' ⠋ extract                   8s / ~15s         input raw.csv changed',
      ' ⠋ train[model=gbm,month=3]  1m 12s / ~2m 05s  never ran',
      ' ⠋ flaky                     retry 1/3 in 8s',
      ' ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀  37/100  37%  ~4m 10s left  2 failed',
    ]);
  });

  it('leaves out what has no room in 40 columns: reasons first, then ends of names', () => {
    expect(draw(working(TASKS, { remainingMs: 250_000, failed: 2 }), { columns: 40 })).toEqual([
      ' ⠋ extract            8s / ~15s',
      ' ⠋ train[mo…month=3]  1m 12s / ~2m 05s',
      ' ⠋ flaky              retry 1/3 in 8s',
      ' ⣿⣿⣀⣀⣀  37/100  ~4m 10s left  2 failed',
    ]);
  });

  it('is plain ASCII where the locale is', () => {
    expect(draw(working([task('größe', 3_000)], { remainingMs: 2_000 }), { ascii: true })).toEqual([
      ' | gr??e  3s  never ran',
      ' [###########-------------------]  37/100  37%  ~2s left',
    ]);
  });

  it('says how many more are running than there is room for', () => {
    const many = Array.from({ length: 10_000 }, (_each, at) => task(`t${at}`));
    const lines = draw(working(many, { total: 20_000 }));
    expect(lines).toHaveLength(16);
    expect(lines.at(-2)).toBe('   … and 9986 more running');
    expect(lines.slice(0, 2)).toEqual([' ⠋ t0   0s  never ran', ' ⠋ t1   0s  never ran']);
  });

  it('says nothing of the time left where it is unknown or next to nothing', () => {
    expect(draw(working(TASKS)).at(-1)).not.toContain('left');
    expect(draw(working(TASKS, { remainingMs: 900 })).at(-1)).not.toContain('left');
  });

  it('of a run with one task is that task', () => {
    expect(draw(working([task('only', 61_000)], { settled: 0, total: 1 }))).toEqual([
      ' ⠋ only  1m 01s  never ran',
    ]);
  });

  it('shows first what a task has printed of a line, its end if it is long', () => {
    const dots = `collecting ${'.'.repeat(100)}|`;
    const [first, second] = draw(working(TASKS.slice(0, 1)), { columns: 40, openLine: dots });
    expect(first).toBe(`…${'.'.repeat(36)}|`);
    expect(second).toContain('extract');
  });

  it('tells what it waits for', () => {
    const waiting = { forRun: 'run 20260101-000000-abcdef (train)', pid: 4711, sinceMs: NOW_MS - 65_000 };
    expect(draw({ ...INITIAL_STATE, waiting }, { columns: 120 })).toEqual([
      ' ⠋ Waiting for another run in this project: run 20260101-000000-abcdef (train) (process 4711)  1m 05s',
    ]);
    expect(draw({ ...INITIAL_STATE, settled: 12, total: 400 })).toEqual([' ⠋ Looking for changes  12/400']);
  });

  it('shows that it is being interrupted', () => {
    expect(draw(working(TASKS, { interrupted: { isKill: false, signal: 'SIGINT' } })).at(-1)).toBe(
      ' ⠋ Interrupted: ending 3 running tasks; Ctrl-C again kills at once',
    );
    expect(draw(working(TASKS, { interrupted: { isKill: true, signal: 'SIGINT' } })).at(-1)).toBe(
      ' ⠋ Killing 3 running tasks',
    );
  });

  it('shows that it is alive while no command is running', () => {
    expect(draw(working([]))).toEqual([
      ' ⠋ Checking, restoring, recording',
      expect.stringMatching(/^ ⣿.* {2}37\/100 {2}37%$/),
    ]);
  });

  it('turns its spinners with time', () => {
    const at = (nowMs: number) => draw(working([task('a')]), { nowMs })[0]?.[1];
    expect([0, 100, 199, 200, 1_000].map((ms) => at(NOW_MS + ms))).toEqual(['⠋', '⠙', '⠙', '⠹', '⠋']);
  });

  it('is empty on a terminal without room, and after the end', () => {
    for (const [columns, rows] of [
      [0, 0],
      [0, 24],
      [19, 24],
      [80, 2],
    ] as const)
      expect(draw(working(TASKS), { columns, rows })).toEqual([]);
    expect(draw({ ...working(TASKS), stage: 'over' })).toEqual([]);
  });

  it.each([
    ['データ前処理パイプライン[月=三月]', 40],
    ['👨‍👩‍👧‍👦🇩🇪👍🏽 emoji', 40],
    ['e\u0301'.repeat(60), 40],
    ['한국어 작업 이름', 24],
    ['\x1b[31mred\x07\ttab\nline', 40],
    ['z\u0300\u0301\u0302\u0303'.repeat(500), 80],
    ['a'.repeat(100_000), 80],
  ])('keeps within the width: %.20j', (name, columns) => {
    const [line = ''] = draw(working([task(name, 3_000, { expectedMs: 9_000 })]), { columns });
    expect(widest(line)).toBeLessThan(columns);
    expect(line).toContain('3s / ~9s');
    expect(line).not.toMatch(/\p{Cc}/u);
  });
});

/** As a terminal counts that joins nothing. */
function widest(line: string): number {
  return [...line].reduce((sum, char) => sum + stringWidth(char), 0);
}

describe('whatever is running, on a terminal of any size', () => {
  const anyText = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 120 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom(
        'a',
        'データ',
        '가',
        '\u1100\u1161',
        '👍🏽',
        '🇩',
        '\u200d',
        '\ufe0f',
        '\u0301',
        '\x1b',
        '\t',
        '…',
      ),
      maxLength: 80,
    }),
  );
  const anyTask = fc.record({
    task: anyText,
    startedMs: fc.integer({ min: -1e9, max: NOW_MS }),
    expectedMs: fc.option(fc.integer({ min: 0, max: 1e9 })),
    attempt: fc.integer({ min: 1, max: 3 }),
    reason: fc.record({ why: fc.constant('input-added' as const), path: anyText, by: fc.constant(null) }),
    retry: fc.option(fc.record({ attempt: fc.nat(20), limit: fc.nat(20), dueMs: fc.nat(1e9) })),
  });
  const anyState: fc.Arbitrary<LiveState> = fc.record({
    stage: fc.constantFrom('looking' as const, 'working' as const),
    running: fc.array(anyTask, { maxLength: 30 }),
    failed: fc.nat(10_000),
    settled: fc.nat(10_000),
    total: fc.nat(10_000),
    remainingMs: fc.option(fc.nat(1e9)),
    waiting: fc.option(fc.record({ forRun: anyText, pid: fc.nat(), sinceMs: fc.nat(NOW_MS) }), { freq: 8 }),
    interrupted: fc.option(
      fc.record({ isKill: fc.boolean(), signal: fc.constantFrom('SIGINT', 'SIGTERM') }),
      { freq: 8 },
    ),
  });
  const anyView = fc.record({
    columns: fc.integer({ min: 0, max: 200 }),
    rows: fc.integer({ min: 0, max: 60 }),
    openLine: fc.oneof(fc.constant(''), anyText),
    ascii: fc.boolean(),
  });

  it('no line is wider than the terminal, and there is room above', () => {
    fc.assert(
      fc.property(anyState, anyView, (state, view) => {
        const lines = draw(state, view);
        expect(lines.length).toBeLessThanOrEqual(regionHeight(view.rows));
        if (view.rows > 0) expect(lines.length).toBeLessThan(Math.max(view.rows, 1));
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThanOrEqual(view.columns - 2);
          expect(widest(line)).toBeLessThanOrEqual(view.columns - 2);
          expect(line).not.toMatch(/\p{Cc}/u);
          if (view.ascii) expect(line).toMatch(/^[\x20-\x7e]*$/);
        }
        if (hasRoom(view.columns, view.rows) && state.stage === 'working' && state.total > 1)
          expect(lines.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('colours change nothing but colours', () => {
    fc.assert(
      fc.property(anyState, anyView, (state, view) => {
        const colored = draw(state, { ...view, style: COLORS }).map((line) => stripVTControlCharacters(line));
        expect(colored).toEqual(draw(state, view));
      }),
      { numRuns: 200 },
    );
  });
});
