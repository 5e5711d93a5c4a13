/** What is to be done with a task, and why. Decisions are values: a dry run prints them, a run carries them out. */
import type { Failure } from './failure.ts';
import type { JsonValue, TaskKey } from './ids.ts';
import type { Result } from './result.ts';

/**
 * One cause for which a task is stale. A decision lists all of them, best explanation first (`planner/decide`,
 * `planner/compare`); the first is the one that a task's line shows. They are printed, sent with events and kept
 * beside the manifests of attempts: plain data, small, and never a secret's value.
 */
export type StaleReason =
  | { readonly why: 'forced' }
  | { readonly why: 'always-runs'; readonly rule: 'cache-false' | 'nothing-declared' }
  | { readonly why: 'never-ran' }
  /** `failure` is null where the journal is older than the record of it. */
  | { readonly why: 'failed-last'; readonly failure: Failure | null }
  /** It began and there is no end: orch was killed, or the machine went down. */
  | { readonly why: 'died-last' }
  /** `ageMs` is negative where the clock was put back since. */
  | { readonly why: 'expired'; readonly ageMs: number; readonly limitMs: number }
  | { readonly why: 'probe-failed'; readonly detail: string }
  /** Contents as in a manifest. */
  | ({ readonly why: 'input-changed'; readonly path: string } & ContentChange)
  /** `by`: the task that makes it, null for a source. */
  | { readonly why: 'input-added'; readonly path: string; readonly by: string | null }
  | { readonly why: 'input-removed'; readonly path: string; readonly by: string | null }
  /** An upstream task made other bytes. */
  | ({ readonly why: 'upstream-changed'; readonly task: string; readonly path: string } & ContentChange)
  /** A need without outputs counts by its key. null: it wasn't needed before, or isn't any more. */
  | {
      readonly why: 'need-changed';
      readonly task: string;
      readonly from: string | null;
      readonly to: string | null;
    }
  | ({ readonly why: 'param-changed' } & ValueChange<JsonValue>)
  | ({ readonly why: 'matrix-changed' } & ValueChange<JsonValue>)
  | ({ readonly why: 'env-changed' } & ValueChange<string>)
  | {
      readonly why: 'secret-changed';
      readonly name: string;
      readonly change: 'changed' | 'added' | 'removed';
    }
  /** `lines`: those that differ, counted from 1; `count` of them, where the list was cut. */
  | {
      readonly why: 'command-changed';
      readonly lines: readonly CommandLineChange[];
      readonly count: number;
      /** The command has more than one line, now or before. */
      readonly isScript: boolean;
    }
  | { readonly why: 'shell-changed'; readonly from: readonly string[]; readonly to: readonly string[] }
  | { readonly why: 'dir-changed'; readonly from: string; readonly to: string }
  | { readonly why: 'outputs-changed'; readonly path: string; readonly change: 'added' | 'removed' }
  /** null: it wasn't among the task's tools, or isn't any more. */
  | {
      readonly why: 'tool-changed';
      readonly command: string;
      readonly from: string | null;
      readonly to: string | null;
    }
  | { readonly why: 'scope-changed'; readonly from: string; readonly to: string }
  | { readonly why: 'output-missing'; readonly path: string }
  | { readonly why: 'output-edited'; readonly path: string }
  /** orch made what lies there, but under another key. */
  | { readonly why: 'output-of-another-result'; readonly path: string }
  /** Its result is known, but the cache no longer holds the content. `isAbsent`: nothing else lies there either. */
  | { readonly why: 'evicted'; readonly path: string; readonly isAbsent: boolean }
  /** Its result is known, but the cache held other bytes than it should: they were set aside. */
  | { readonly why: 'damaged'; readonly path: string; readonly isAbsent: boolean }
  /** Its key has no result though nothing changed against its last run: a cleaned or damaged state. */
  | { readonly why: 'no-record' };

export interface ContentChange {
  readonly from: string;
  readonly to: string;
  /** The executable bit, where it changed too or alone. */
  readonly executable?: boolean;
}

/** Absent `from` or `to`: the value counted for nothing before, or does so now. */
export interface ValueChange<T> {
  readonly name: string;
  readonly from?: T;
  readonly to?: T;
}

export interface CommandLineChange {
  readonly line: number;
  readonly from: string | null;
  readonly to: string | null;
}

/** Never empty. */
export type StaleReasons = readonly [StaleReason, ...StaleReason[]];

export type Decision =
  | { readonly action: 'up-to-date'; readonly key: TaskKey; readonly result: Result | null }
  | {
      readonly action: 'restore';
      readonly key: TaskKey;
      readonly result: Result;
      readonly reasons: StaleReasons;
    }
  | { readonly action: 'run'; readonly key: TaskKey; readonly reasons: StaleReasons }
  /** A group: nothing to do. */
  | { readonly action: 'group' };
