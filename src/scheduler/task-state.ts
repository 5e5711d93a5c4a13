/**
 * The states of a task in a run and the only function that moves between them. Everything else asks for a
 * transition; one that isn't listed here is a bug.
 */
import type { TaskOutcome } from '../model/event.ts';

export type TaskState =
  /** Something upstream isn't settled. */
  | { readonly at: 'waiting' }
  /** Upstream is settled; inputs are being hashed, key and decision made. */
  | { readonly at: 'deciding' }
  /** Decided to run; upstream outputs that it needs are being put on disk. Then it's decided again. */
  | { readonly at: 'awaiting-content' }
  /** Everything it needs is on disk; waits for a worker and resources. */
  | { readonly at: 'queued' }
  /** Its command is running, or its outputs are being taken in. */
  | { readonly at: 'running' }
  /** An attempt failed and another will start after a delay. */
  | { readonly at: 'retrying' }
  /** Its recorded outputs are being written from the cache. */
  | { readonly at: 'restoring' }
  /** Dependents may rely on it. It can be decided again where content is asked for, or upstream bytes changed. */
  | { readonly at: 'settled'; readonly outcome: TaskOutcome };

type Name = TaskState['at'];

const ALLOWED: Readonly<Record<Name, readonly Name[]>> = {
  waiting: ['deciding', 'settled'],
  deciding: ['waiting', 'awaiting-content', 'queued', 'restoring', 'settled'],
  'awaiting-content': ['waiting', 'deciding', 'settled'],
  queued: ['waiting', 'running', 'settled'],
  running: ['retrying', 'settled', 'waiting'],
  retrying: ['queued', 'settled'],
  restoring: ['settled', 'deciding', 'waiting'],
  settled: ['waiting', 'deciding'],
};

/** Checks the step and returns the new state. */
export function transition(task: string, from: TaskState, to: TaskState): TaskState {
  if (!ALLOWED[from.at].includes(to.at))
    throw new Error(`task ${task}: no transition from ${from.at} to ${to.at}`);
  return to;
}

/** May dependents build on this outcome? */
export function isGood(outcome: TaskOutcome): boolean {
  return outcome === 'succeeded' || outcome === 'up-to-date' || outcome === 'restored';
}
