/** Events of a run for tests, with what doesn't matter filled in. */
import { EVENT_VERSION, type RunEvent, type RunEventBody, type TaskOutcome } from '../../src/model/event.ts';
import type { RunId } from '../../src/model/ids.ts';

export function event(body: RunEventBody): RunEvent {
  return { v: EVENT_VERSION, atMs: 0, ...body };
}

export function runStarted(tasks: number): RunEvent {
  return event({
    event: 'run-started',
    run: 'r' as RunId,
    targets: ['all'],
    header: [],
    forced: false,
    tasks,
    jobs: 4,
  });
}

export function started(task: string, expectedMs: number | null = null, attempt = 1): RunEvent {
  return event({
    event: 'task-started',
    task,
    attempt,
    reason: { why: 'never-ran' },
    log: `${task}.log`,
    expectedMs,
  });
}

export function finished(task: string, outcome: TaskOutcome = 'succeeded', durationMs = 1_000): RunEvent {
  return event({
    event: 'task-finished',
    task,
    outcome,
    durationMs,
    attempts: 1,
    key: null,
    reason: outcome === 'up-to-date' ? null : { why: 'never-ran' },
    failure: outcome === 'failed' ? { kind: 'exit', code: 1 } : null,
    log: outcome === 'succeeded' || outcome === 'failed' ? `${task}.log` : null,
    savedMs: 0,
  });
}

export function output(task: string, text: string): RunEvent {
  return event({ event: 'task-output', task, text });
}

export function runFinished(state: 'succeeded' | 'failed' | 'interrupted' = 'succeeded'): RunEvent {
  return event({
    event: 'run-finished',
    run: 'r' as RunId,
    state,
    exitCode: state === 'succeeded' ? 0 : 1,
    counts: { run: 1, restored: 0, upToDate: 0, failed: state === 'failed' ? 1 : 0, skipped: 0 },
    durationMs: 1_000,
    savedMs: 0,
    summary: [],
  });
}
