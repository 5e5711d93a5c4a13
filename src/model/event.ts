/**
 * The one stream of events of a run. The journal, the reporters and `--json` consume the same values;
 * nothing is reported that isn't an event.
 */
import type { StaleReason } from './decision.ts';
import type { Failure } from './failure.ts';
import type { RunId } from './ids.ts';

export const EVENT_VERSION = 1;

/** How a task stands at the end of a run. */
export type TaskOutcome =
  | 'succeeded'
  | 'up-to-date'
  | 'restored'
  | 'failed'
  | 'upstream-failed'
  | 'skipped'
  | 'cancelled'
  | 'not-started';

export interface RunCounts {
  readonly run: number;
  readonly restored: number;
  readonly upToDate: number;
  readonly failed: number;
  readonly skipped: number;
}

export type RunEvent = { readonly v: typeof EVENT_VERSION; readonly atMs: number } & RunEventBody;

export type RunEventBody =
  | {
      readonly event: 'run-started';
      readonly run: RunId;
      readonly targets: readonly string[];
      readonly header: readonly string[];
      readonly forced: boolean;
      readonly tasks: number;
      readonly jobs: number;
    }
  /** Another run would put different bytes at the same paths: this one begins when that one has ended. */
  | { readonly event: 'run-waiting'; readonly forRun: string; readonly pid: number }
  /** Another run is making this task, or (where `forTask` is another one) reading or making what it touches. */
  | {
      readonly event: 'task-waiting';
      readonly task: string;
      readonly forRun: string;
      readonly pid: number;
      readonly forTask: string;
    }
  | {
      readonly event: 'task-started';
      readonly task: string;
      readonly attempt: number;
      readonly reason: StaleReason;
      readonly log: string;
      /** From past timings; null: unknown. */
      readonly expectedMs: number | null;
    }
  | { readonly event: 'task-heartbeat'; readonly task: string; readonly elapsedMs: number }
  /** How far the run is, a few times a second; only for those who ask (`RunRequest.progressEveryMs`). */
  | {
      readonly event: 'run-progress';
      /** Tasks with a command that are as they will be, of all in the plan. */
      readonly settled: number;
      readonly total: number;
      /** From past timings; null: something that is left has none. */
      readonly remainingMs: number | null;
    }
  /** A signal came: running tasks are being ended, gently or (`isKill`, a second signal) at once. */
  | {
      readonly event: 'run-interrupting';
      readonly signal: string;
      readonly running: number;
      readonly isKill: boolean;
    }
  | { readonly event: 'task-output'; readonly task: string; readonly text: string }
  | {
      readonly event: 'task-retrying';
      readonly task: string;
      readonly attempt: number;
      readonly failure: Failure;
      readonly delayMs: number;
      readonly limit: number;
    }
  | {
      readonly event: 'task-finished';
      readonly task: string;
      readonly outcome: TaskOutcome;
      readonly durationMs: number;
      readonly attempts: number;
      readonly key: string | null;
      /** Why it ran or was restored; null where it did neither. */
      readonly reason: StaleReason | null;
      readonly failure: Failure | null;
      readonly log: string | null;
      /** Time that the cache spared, for up-to-date and restored tasks. */
      readonly savedMs: number;
      /** Up to date by `orch accept`: nothing vouches for its outputs but the user. */
      readonly accepted?: true;
    }
  | {
      readonly event: 'notice';
      readonly level: 'note' | 'warning' | 'error';
      readonly code: string;
      readonly message: string;
      readonly task: string | null;
    }
  | {
      readonly event: 'run-finished';
      readonly run: RunId;
      readonly state: 'succeeded' | 'failed' | 'interrupted';
      readonly exitCode: number;
      readonly counts: RunCounts;
      readonly durationMs: number;
      readonly savedMs: number;
      readonly summary: readonly string[];
    };

/** What `orch watch` says around its runs. */
export type WatchEvent = { readonly v: typeof EVENT_VERSION; readonly atMs: number } & WatchEventBody;

export type WatchEventBody =
  /** Something that the last run went by is different: another run begins. */
  | {
      readonly event: 'watch-change';
      /** At most 20 of them; absolute where outside the root. */
      readonly paths: readonly string[];
      readonly count: number;
      /** The run that is going on is interrupted for it (`--on-busy restart`). */
      readonly interrupts: boolean;
    }
  /** Nothing is running and nothing is left to be looked at. */
  | {
      readonly event: 'watch-waiting';
      readonly files: number;
      readonly folders: number;
      /** null: the system tells of changes; else how often is looked. */
      readonly pollMs: number | null;
      /** Exit code of the last run. */
      readonly exitCode: number;
    }
  | Extract<RunEventBody, { event: 'notice' }>;
