import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { foldEvent, INITIAL_STATE, type LiveState } from '../../src/reporters/live-state.ts';
import { event, finished, runFinished, runStarted, started } from './events.ts';

/** Each event comes 100 ms after the one before. */
function fold(...events: RunEvent[]): LiveState {
  return events.reduce((state, each, at) => foldEvent(state, each, at * 100), INITIAL_STATE);
}

const running = (state: LiveState) => state.running.map(({ task }) => task);

describe('what is running', () => {
  it('is what has started and not finished, oldest first', () => {
    const state = fold(runStarted(4), started('a'), started('b', 5_000), started('c'), finished('a'));
    expect(running(state)).toEqual(['b', 'c']);
    expect(state.running[0]).toMatchObject({ startedMs: 200, expectedMs: 5_000, retry: null });
  });

  it('keeps the place of a task that is tried again', () => {
    const retrying = event({
      event: 'task-retrying',
      task: 'a',
      attempt: 1,
      failure: { kind: 'exit', code: 1 },
      delayMs: 8_000,
      limit: 3,
    });
    const waiting = fold(started('a'), started('b'), retrying);
    expect(waiting.running[0]?.retry).toEqual({ attempt: 1, limit: 3, dueMs: 8_200 });
    const again = foldEvent(waiting, started('a', null, 2), 9_000);
    expect(running(again)).toEqual(['a', 'b']);
    expect(again.running[0]).toMatchObject({ attempt: 2, startedMs: 9_000, retry: null });
  });

  it('is nothing after the end', () => {
    expect(fold(runStarted(1), started('a'), runFinished('interrupted'))).toMatchObject({
      stage: 'over',
      running: [],
    });
  });
});

describe('the run as a whole', () => {
  it('is looking until it has begun', () => {
    const progress = event({ event: 'run-progress', settled: 3, total: 9, remainingMs: null });
    expect(fold(progress)).toMatchObject({ stage: 'looking', settled: 3, total: 9 });
    expect(fold(progress, runStarted(9))).toMatchObject({ stage: 'working', total: 9 });
  });

  it('waits for another run until something starts', () => {
    const waiting = event({ event: 'run-waiting', forRun: 'run x', pid: 7 });
    const state = fold(waiting);
    expect(state.waiting).toEqual({ forRun: 'run x', pid: 7, sinceMs: 0 });
    expect(foldEvent(state, runStarted(1), 1).waiting).toBeNull();
    expect(foldEvent(state, started('a'), 1).waiting).toBeNull();
  });

  it('counts failures, not those that only followed', () => {
    const state = fold(started('a'), finished('a', 'failed'), finished('b', 'upstream-failed'));
    expect(state.failed).toBe(1);
  });

  it('knows how often it was interrupted', () => {
    const first = event({ event: 'run-interrupting', signal: 'SIGINT', running: 2, isKill: false });
    const second = event({ event: 'run-interrupting', signal: 'SIGINT', running: 2, isKill: true });
    expect(fold(first).interrupted).toEqual({ isKill: false, signal: 'SIGINT' });
    expect(fold(first, second).interrupted).toEqual({ isKill: true, signal: 'SIGINT' });
  });

  it('is the same value after an event that shows nothing', () => {
    const state = fold(runStarted(2));
    expect(foldEvent(state, finished('x', 'up-to-date'), 5)).toBe(state);
    expect(foldEvent(state, event({ event: 'task-output', task: 'x', text: '' }), 5)).toBe(state);
  });
});
