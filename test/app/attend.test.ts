/** What goes on beside a run, by a clock that the test turns. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attended } from '../../src/app/attend.ts';
import type { RunEventBody } from '../../src/model/event.ts';
import type { RunContext } from '../../src/scheduler/context.ts';
import type { LiveRun, RunEnd } from '../../src/scheduler/run.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A run in which `train` has been running since the beginning and `quick` for a moment, until `end` is called. */
function start(progressEveryMs: number | null) {
  const events: RunEventBody[] = [];
  const told: RunEventBody[] = [];
  let end = () => {};
  const startedAtMs = Date.now();
  const live: LiveRun = {
    done: new Promise((resolve) => {
      end = () => resolve({ kind: 'done' } as RunEnd);
    }),
    interrupt() {},
    running: () => [
      { task: 'train', startedAtMs },
      { task: 'quick', startedAtMs: Date.now() - 1_000 },
    ],
    progress: () => ({ settled: 1, total: 3, remainingMs: null }),
  };
  const over = attended(live, {
    context: { now: () => Date.now() } as RunContext,
    emit: (event) => events.push(event),
    stopWaiting() {},
    progressEveryMs,
    emitProgress: (event) => told.push(event),
  });
  return { events, told, end, over };
}

describe('a heartbeat', () => {
  it('comes once a minute for each task that has been running for a while', async () => {
    const { events, end, over } = start(null);
    vi.advanceTimersByTime(59_000);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(events).toEqual([{ event: 'task-heartbeat', task: 'train', elapsedMs: 60_000 }]);
    vi.advanceTimersByTime(120_000);
    expect(events).toHaveLength(3);
    end();
    await over;
    vi.advanceTimersByTime(120_000);
    expect(events).toHaveLength(3);
  });
});

describe('progress', () => {
  it('is told as often as it is wanted, and not otherwise', async () => {
    const asked = start(100);
    vi.advanceTimersByTime(1_050);
    expect(asked.told).toHaveLength(10);
    expect(asked.told[0]).toEqual({ event: 'run-progress', settled: 1, total: 3, remainingMs: null });
    expect(asked.events).toEqual([]);
    asked.end();
    await asked.over;
    const silent = start(null);
    vi.advanceTimersByTime(1_050);
    expect(silent.told).toEqual([]);
    silent.end();
    await silent.over;
  });
});
