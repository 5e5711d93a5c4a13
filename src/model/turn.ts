/** What another run of the same root means for a task that is about to touch files. */
import type { RunId, TaskId } from './ids.ts';

export type Entry =
  | { readonly kind: 'go' }
  /** Another run is writing what this one would write or read, or reading what it would write. */
  | {
      readonly kind: 'busy';
      readonly run: RunId;
      /** As that run says who it is. */
      readonly who: string;
      readonly pid: number;
      /** The other run's task. */
      readonly task: TaskId;
      readonly isOver: () => boolean;
    }
  /** Others recorded something of these tasks since this run read the records; it has read them anew. */
  | { readonly kind: 'changed'; readonly tasks: ReadonlySet<TaskId> };

export const GO: Entry = { kind: 'go' };
