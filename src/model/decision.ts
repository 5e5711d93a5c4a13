/** What is to be done with a task, and why. Decisions are values: a dry run prints them, a run carries them out. */
import type { JsonValue, TaskKey } from './ids.ts';
import type { Result } from './result.ts';

/** Why a task is stale. The first that applies, in the order of this list's cases in `planner/decide`. */
export type StaleReason =
  | { readonly why: 'forced' }
  | { readonly why: 'always-runs' }
  | { readonly why: 'never-ran' }
  | { readonly why: 'failed-last' }
  | { readonly why: 'died-last' }
  | { readonly why: 'expired'; readonly ageMs: number }
  | { readonly why: 'probe-failed'; readonly detail: string }
  | { readonly why: 'input-changed'; readonly path: string; readonly from: string; readonly to: string }
  | { readonly why: 'input-added'; readonly path: string }
  | { readonly why: 'input-removed'; readonly path: string }
  /** An upstream task made other bytes. */
  | { readonly why: 'upstream-changed'; readonly task: string; readonly path: string }
  | { readonly why: 'need-changed'; readonly task: string }
  | {
      readonly why: 'param-changed';
      readonly name: string;
      readonly from: JsonValue | undefined;
      readonly to: JsonValue | undefined;
    }
  | {
      readonly why: 'matrix-changed';
      readonly name: string;
      readonly from: JsonValue | undefined;
      readonly to: JsonValue | undefined;
    }
  | {
      readonly why: 'env-changed';
      readonly name: string;
      readonly from: string | undefined;
      readonly to: string | undefined;
    }
  | { readonly why: 'secret-changed'; readonly name: string }
  | { readonly why: 'command-changed'; readonly from: string; readonly to: string }
  | { readonly why: 'shell-changed' }
  | { readonly why: 'dir-changed'; readonly from: string; readonly to: string }
  | { readonly why: 'outputs-changed' }
  | { readonly why: 'tool-changed'; readonly command: string; readonly from: string; readonly to: string }
  | { readonly why: 'scope-changed' }
  | { readonly why: 'output-missing'; readonly path: string }
  | { readonly why: 'output-edited'; readonly path: string }
  /** Its result was known, but the cache no longer holds the content, and something asks for it. */
  | { readonly why: 'evicted'; readonly path: string }
  /** Its key has no result though nothing changed against its last run: a cleaned or damaged state. */
  | { readonly why: 'no-record' };

export type Decision =
  | { readonly action: 'up-to-date'; readonly key: TaskKey; readonly result: Result | null }
  | {
      readonly action: 'restore';
      readonly key: TaskKey;
      readonly result: Result;
      readonly reason: StaleReason;
    }
  | { readonly action: 'run'; readonly key: TaskKey; readonly reason: StaleReason }
  /** A group: nothing to do. */
  | { readonly action: 'group' };
