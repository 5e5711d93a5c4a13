import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { GITHUB_FOLD } from '../../src/reporters/github.ts';
import { createPlainReporter, type PlainOptions } from '../../src/reporters/plain.ts';
import { event, finished, output, runFinished, runStarted, started } from './events.ts';

const same = (text: string) => text;
const STYLE = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** What is printed, that on stderr marked. */
function printed(options: Partial<PlainOptions>, ...events: RunEvent[]): string {
  let text = '';
  const report = createPlainReporter({
    out: (piece) => (text += piece),
    error: (piece) => (text += piece.replace(/^(?=.)/gm, '2> ')),
    quiet: false,
    ascii: true,
    style: STYLE,
    errorStyle: STYLE,
    tailOfLog: () => 'tail',
    shownPath: same,
    prefixOutput: false,
    wholeLog: null,
    fold: null,
    isLive: false,
    ...options,
  });
  for (const each of events) report(each);
  return text;
}

const logs: Readonly<Record<string, string>> = { 'a.log': 'one\ntwo\n', 'b.log': 'no end' };
const wholeLog: PlainOptions['wholeLog'] = (path, onText) => {
  if (logs[path] !== undefined) onText(logs[path]);
};

describe('what tasks print', () => {
  it('group: comes in one piece at the end of its task', () => {
    expect(
      printed(
        { wholeLog },
        started('a'),
        started('b'),
        started('c'),
        finished('b'),
        finished('a'),
        finished('c'),
      ),
    ).toBe(
      [
        '> Running task: a (never ran)',
        '> Running task: b (never ran)',
        '> Running task: c (never ran)',
        'Output of b:',
        'no end',
        "+ Task 'b' completed in 1.00s",
        'Output of a:',
        'one',
        'two',
        "+ Task 'a' completed in 1.00s",
        "+ Task 'c' completed in 1.00s",
        '',
      ].join('\n'),
    );
  });

  it('is folded for GitHub, also where it came while a task ran alone', () => {
    const fold = { fold: GITHUB_FOLD, wholeLog };
    expect(printed(fold, started('b'), finished('b', 'failed'))).toBe(
      "> Running task: b (never ran)\n::group::Output of b\nno end\n::endgroup::\nx Task 'b' failed (exit 1) after 1.00s\n",
    );
    expect(printed(fold, started('a'), output('a', 'one\ntw'), output('a', 'o\n'), finished('a'))).toBe(
      "> Running task: a (never ran)\n::group::Output of a\none\ntwo\n::endgroup::\n+ Task 'a' completed in 1.00s\n",
    );
  });

  it('stream: is prefixed, line by line', () => {
    expect(
      printed(
        { prefixOutput: true },
        output('a', 'on'),
        output('b', 'x\ny'),
        output('a', 'e\n'),
        finished('b'),
      ),
    ).toBe("[b] x\n[a] one\n[b] y\n+ Task 'b' completed in 1.00s\n");
  });

  it('quiet: is left out, failures are told', () => {
    const text = printed(
      { quiet: true, wholeLog },
      started('a'),
      output('a', 'x\n'),
      finished('a', 'failed'),
      runFinished('failed'),
    );
    expect(text).toBe('\n2> x a: the command exited with 1\n2>    | tail\n2>    log: a.log\n');
  });
});

describe('beside a live view', () => {
  const events = [
    runStarted(2),
    started('a'),
    event({ event: 'task-heartbeat', task: 'a', elapsedMs: 60_000 }),
    event({ event: 'run-progress', settled: 0, total: 2, remainingMs: null }),
    finished('a'),
    finished('b', 'failed'),
  ];

  it('starts and heartbeats are left to it, and ends say why', () => {
    expect(printed({ isLive: true }, ...events)).toBe(
      "* Target: all\n* Force rebuild: no\n+ Task 'a' completed in 1.00s (never ran)\nx Task 'b' failed (exit 1) after 1.00s (never ran)\n",
    );
  });

  it('off a terminal they are lines', () => {
    expect(
      printed({}, ...events)
        .split('\n')
        .slice(2, 5),
    ).toEqual([
      '> Running task: a (never ran)',
      "~ Task 'a' is still running after 1m 00s",
      "+ Task 'a' completed in 1.00s",
    ]);
  });

  it('progress in between tears no fold of up-to-date tasks', () => {
    const upToDate = Array.from({ length: 30 }, (_each, at) => finished(`t${at}`, 'up-to-date'));
    const progress = event({ event: 'run-progress', settled: 9, total: 30, remainingMs: null });
    expect(printed({}, ...upToDate.flatMap((each) => [each, progress]), runFinished())).toContain(
      '= 30 tasks are up to date\n',
    );
  });
});

describe('an interrupt', () => {
  const interrupting = (running: number, isKill: boolean) =>
    event({ event: 'run-interrupting', signal: 'SIGINT', running, isKill });

  it('says what it waits for, where there is something to wait for', () => {
    expect(printed({}, interrupting(2, false), interrupting(1, true), interrupting(0, false))).toBe(
      '2> ~ Interrupted: ending 2 running tasks; Ctrl-C again kills at once\n2> ~ Killing 1 running task\n',
    );
  });
});
