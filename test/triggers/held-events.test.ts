import { expect, it } from 'vitest';
import { EVENT_VERSION, type RunEvent, type RunEventBody } from '../../src/model/event.ts';
import type { RunId } from '../../src/model/ids.ts';
import { holdEvents } from '../../src/triggers/held-events.ts';

const event = (body: RunEventBody): RunEvent => ({ v: EVENT_VERSION, atMs: 0, ...body });
const started = event({
  event: 'run-started',
  run: 'r' as RunId,
  targets: ['t'],
  header: [],
  forced: false,
  tasks: 1,
  jobs: 1,
});
const finished = (exitCode: number) =>
  event({
    event: 'run-finished',
    run: 'r' as RunId,
    state: exitCode === 0 ? 'succeeded' : 'failed',
    exitCode,
    counts: { run: 0, restored: 0, upToDate: 1, failed: 0, skipped: 0 },
    durationMs: 1,
    savedMs: 0,
    summary: [],
  });
const task = (outcome: 'up-to-date' | 'restored') =>
  event({
    event: 'task-finished',
    task: 't',
    outcome,
    durationMs: 0,
    attempts: 0,
    key: null,
    reason: null,
    failure: null,
    log: null,
    savedMs: 0,
  });

function told(events: readonly RunEvent[]): string[] {
  const seen: string[] = [];
  const held = holdEvents(
    (each) => seen.push(each.event),
    () => seen.push('SHOWN'),
  );
  for (const each of events) held.emit(each);
  return seen;
}

it('tells nothing of a run that finds everything up to date', () => {
  expect(told([started, task('up-to-date'), finished(0)])).toEqual([]);
});

it('keeps no progress, which is of use in its moment only', () => {
  const progress = event({ event: 'run-progress', settled: 0, total: 1, remainingMs: null });
  expect(told([started, progress, task('restored'), progress])).toEqual([
    'SHOWN',
    'run-started',
    'task-finished',
    'run-progress',
  ]);
});

it('tells everything, in order, from the first thing that is done', () => {
  expect(told([started, task('up-to-date'), task('restored'), finished(0)])).toEqual([
    'SHOWN',
    'run-started',
    'task-finished',
    'task-finished',
    'run-finished',
  ]);
});

it('tells of a run that fails without having done anything', () => {
  expect(told([started, finished(1)])).toEqual(['SHOWN', 'run-started', 'run-finished']);
});
