/** What a run may come to change and read, as the other runs of its root see it. */
import type { TaskId } from './ids.ts';
import type { PathKind } from './task.ts';

/** Root-relative; a folder stands for all that is in it. */
export interface ClaimedPath {
  readonly kind: PathKind;
  readonly path: string;
}

export interface TaskClaim {
  readonly id: TaskId;
  /**
   * Two tasks of one id and definition make the same of the same inputs, so one run can use what another made. null:
   * what it makes is only this run's (it always runs, it is forced, it takes inputs as they lie).
   */
  readonly definition: string | null;
  readonly writes: readonly ClaimedPath[];
  readonly reads: readonly ClaimedPath[];
}

/**
 * From its beginning to its end an action may write the task's outputs, and the outputs of `reads` must stay as they
 * are.
 */
export interface TaskAction {
  readonly attempt: string;
  readonly task: TaskId;
  readonly reads: readonly TaskId[];
  /** Of resources that the runs of a root share: those with names of the user's own, and gpus. Absent: none. */
  readonly takes?: Readonly<Record<string, number>>;
}
