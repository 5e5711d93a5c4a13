/**
 * What the live view shows, as a fold of a run's events: which tasks are running since when, how far the run is,
 * what it waits for. It knows no terminal; times are those at which events came, of a clock that never jumps.
 */
import type { StaleReason } from '../model/decision.ts';
import type { RunEvent } from '../model/event.ts';

export interface RunningTask {
  readonly task: string;
  readonly startedMs: number;
  readonly expectedMs: number | null;
  readonly attempt: number;
  readonly reason: StaleReason;
  /** An attempt failed and the next one is to come. */
  readonly retry: { readonly attempt: number; readonly limit: number; readonly dueMs: number } | null;
}

export interface LiveState {
  /** `looking`: nothing has been decided that would have to be done. */
  readonly stage: 'looking' | 'working' | 'over';
  /** Oldest first. */
  readonly running: readonly RunningTask[];
  readonly failed: number;
  readonly settled: number;
  readonly total: number;
  readonly remainingMs: number | null;
  readonly waiting: { readonly forRun: string; readonly pid: number; readonly sinceMs: number } | null;
  readonly interrupted: { readonly isKill: boolean; readonly signal: string } | null;
}

export const INITIAL_STATE: LiveState = {
  stage: 'looking',
  running: [],
  failed: 0,
  settled: 0,
  total: 0,
  remainingMs: null,
  waiting: null,
  interrupted: null,
};

/** The state after `event`, which came at `nowMs`. Events that the view doesn't show leave it as it is. */
export function foldEvent(state: LiveState, event: RunEvent, nowMs: number): LiveState {
  switch (event.event) {
    case 'run-started':
      return { ...state, stage: 'working', total: Math.max(state.total, event.tasks), waiting: null };
    case 'run-waiting':
      return { ...state, waiting: { forRun: event.forRun, pid: event.pid, sinceMs: nowMs } };
    case 'run-progress':
      return { ...state, settled: event.settled, total: event.total, remainingMs: event.remainingMs };
    case 'run-interrupting':
      return { ...state, interrupted: { isKill: event.isKill, signal: event.signal } };
    case 'task-started': {
      const { task, attempt, expectedMs, reason } = event;
      const started: RunningTask = { task, attempt, expectedMs, reason, startedMs: nowMs, retry: null };
      // A further attempt takes the place of the one before.
      const known = state.running.some((each) => each.task === task);
      return {
        ...state,
        stage: 'working',
        waiting: null,
        running: known
          ? state.running.map((each) => (each.task === task ? started : each))
          : [...state.running, started],
      };
    }
    case 'task-retrying': {
      const retry = { attempt: event.attempt, limit: event.limit, dueMs: nowMs + event.delayMs };
      return {
        ...state,
        running: state.running.map((each) => (each.task === event.task ? { ...each, retry } : each)),
      };
    }
    case 'task-finished': {
      const failed = state.failed + (event.outcome === 'failed' ? 1 : 0);
      const wasRunning = state.running.some((each) => each.task === event.task);
      if (!wasRunning && failed === state.failed) return state;
      return {
        ...state,
        failed,
        running: wasRunning ? state.running.filter((each) => each.task !== event.task) : state.running,
      };
    }
    case 'run-finished':
      return { ...state, stage: 'over', running: [], waiting: null };
    default:
      return state;
  }
}
