/** What a run would do with a task, as `--dry-run`, `status` and `why` tell it. Nothing was run to find out. */
import type { StaleReason, StaleReasons } from './decision.ts';
import type { Failure } from './failure.ts';
import type { RunId } from './ids.ts';
import type { Result } from './result.ts';
import type { Task } from './task.ts';

/** What a run would do with a file that is in the way of a task. */
export interface FileFate {
  readonly path: string;
  /** Label. */
  readonly task: string;
  readonly would: 'remove' | 'set-aside';
  /** `orphan`: an output that no task makes any more; `foreign`: not made by orch, or edited since. */
  readonly because: 'orphan' | 'foreign';
}

/** What a run would ask and looking doesn't, with the answer that was recorded in its place: `tools`, the probe. */
interface Unchecked {
  readonly unchecked: readonly string[];
}

export type Prediction =
  | ({
      readonly will: 'nothing';
      readonly task: Task;
      /** Up to date by `orch accept`. */
      readonly isAccepted: boolean;
    } & Unchecked)
  | ({
      readonly will: 'restore';
      readonly task: Task;
      readonly reasons: StaleReasons;
      readonly result: Result;
    } & Unchecked)
  | { readonly will: 'run'; readonly task: Task; readonly reasons: StaleReasons }
  /** It lies below a task that would run: all that is said of it is a prediction. */
  | ({
      readonly will: 'perhaps';
      readonly task: Task;
      /** The tasks that would run and that it depends on, as far up as nothing else is known to change. */
      readonly after: readonly string[];
      /** What becomes of it if those make the same bytes as last time. Where they make others, it runs. */
      readonly ifSame: 'nothing' | 'restore' | 'run';
      /** Why it would be restored or run even so; empty for `nothing`. */
      readonly reasons: readonly StaleReason[];
    } & Unchecked)
  /** Another process is at it. */
  | { readonly will: 'running'; readonly task: Task; readonly run: RunId }
  | { readonly will: 'fail'; readonly task: Task; readonly failure: Failure }
  /** It needs a task that would fail. */
  | { readonly will: 'blocked'; readonly task: Task; readonly by: string };
