import { afterEach, expect, it, vi } from 'vitest';
import type { WatchEventBody } from '../../src/model/event.ts';
import { createWatchLines, type WatchLines } from '../../src/reporters/watch-lines.ts';

const plain = (text: string) => text;
const style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };
const waiting: WatchEventBody = {
  event: 'watch-waiting',
  files: 214,
  folders: 12,
  pollMs: null,
  exitCode: 0,
};
const change = (interrupts: boolean): WatchEventBody => ({
  event: 'watch-change',
  paths: ['a', 'b', 'c', 'd'],
  count: 7,
  interrupts,
});

const open = new Set<WatchLines>();
afterEach(() => {
  vi.useRealTimers();
  for (const lines of open) lines.close();
  open.clear();
});

function setUp(columns: number | null, extra: Partial<Parameters<typeof createWatchLines>[0]> = {}) {
  const written: string[] = [];
  let nowMs = 0;
  const lines = createWatchLines({
    out: (text) => written.push(text),
    error: (text) => written.push(`err:${text}`),
    quiet: false,
    ascii: false,
    style,
    columns: () => columns,
    clears: true,
    now: () => nowMs,
    ...extra,
  });
  open.add(lines);
  return {
    lines,
    pass: (ms: number) => {
      nowMs += ms;
      vi.advanceTimersByTime(ms);
    },
    taken: () => written.splice(0),
  };
}

it('writes the line of a terminal over in place, shorter where it would not fit', () => {
  vi.useFakeTimers();
  const wide = setUp(80);
  wide.lines.tell(waiting);
  expect(wide.taken()).toEqual([
    'err:\rwatching 214 files in 12 folders · last run just now ok · Ctrl-C to stop\x1b[K',
  ]);
  wide.pass(1_000);
  expect(wide.taken()).toEqual([
    'err:\rwatching 214 files in 12 folders · last run 1s ago ok · Ctrl-C to stop\x1b[K',
  ]);
  wide.pass(3_700_000);
  expect(wide.taken().at(-1)).toContain('last run 1h 1m ago ok');
  wide.lines.close();
  expect(wide.taken()).toEqual(['err:\r\x1b[K']);
  wide.pass(10_000);
  expect(wide.taken()).toEqual([]);

  for (const [columns, line] of [
    [60, 'watching 214 files in 12 folders · last run just now ok'],
    [40, 'watching 214 files in 12 folders'],
    [10, 'watching '],
    [1, ''],
  ] as const) {
    const narrow = setUp(columns);
    narrow.lines.tell(waiting);
    expect(narrow.taken()).toEqual([`err:\r${line}\x1b[K`]);
  }
});

it('a run takes the line away, clears the screen and begins with what changed', () => {
  const { lines, taken } = setUp(80);
  lines.tell(waiting);
  lines.tell(change(false));
  taken();
  lines.beginRun();
  expect(taken()).toEqual(['err:\r\x1b[K', '\x1b[2J\x1b[H', '🔁 a, b, c and 4 more changed\n']);
});

it('off a terminal: a line for each wait after a run that was shown, none for the others', () => {
  const { lines, taken } = setUp(null, { ascii: true });
  lines.beginRun();
  lines.tell({ ...waiting, files: 1, folders: 1, exitCode: 1 });
  lines.tell(change(false));
  lines.tell(waiting);
  lines.tell(change(true));
  lines.beginRun();
  lines.tell({ ...waiting, pollMs: 500 });
  expect(taken()).toEqual([
    '~ Watching 1 file in 1 folder | last run failed (exit 1) | Ctrl-C to stop\n',
    '* a, b, c and 4 more changed: starting anew\n',
    '~ Watching 214 files, looking every 0.5s | last run ok | Ctrl-C to stop\n',
  ]);
});

it('a warning stands above the line', () => {
  const { lines, taken } = setUp(80);
  lines.tell(waiting);
  taken();
  lines.tell({
    event: 'notice',
    level: 'warning',
    code: 'watch-loop',
    message: 'round and round',
    task: null,
  });
  expect(taken()).toEqual([
    'err:\r\x1b[K',
    'err:warning: round and round\n',
    expect.stringContaining('err:\rwatching 214 files'),
  ]);
});
