/** What lies upstream of a task as far as it is written down: by needs, and by literal paths. */
import { globParent } from '../base/glob.ts';
import type { TaskDraft } from './draft.ts';
import { foldersAbove } from './paths.ts';

export interface Upstream {
  readonly tasks: ReadonlySet<TaskDraft>;
  /** False where folders or globs may add more, which only the planner sees. */
  readonly isComplete: boolean;
}

/** Finds what is upstream of any of these tasks. Their needs, inputs and outputs must be known. */
export function upstreamFinder(drafts: readonly TaskDraft[]): (draft: TaskDraft) => Upstream {
  const byId = new Map<string, TaskDraft>(drafts.map((draft) => [draft.id, draft]));
  const makers = new Map<string, TaskDraft>();
  /** Folders with an output somewhere below. */
  const above = new Set<string>();
  /** Folders in which globs may make anything. */
  const globbed = new Set<string>();
  for (const draft of drafts)
    for (const { kind, path } of draft.outputs) {
      const place = kind === 'glob' ? globParent(path) : path;
      if (kind === 'glob') globbed.add(place);
      else makers.set(path, draft);
      for (const folder of foldersAbove(place)) above.add(folder);
    }
  const look = (draft: TaskDraft, tasks: Set<TaskDraft>): boolean => {
    let isComplete = !draft.isBroken;
    for (const { task } of draft.needs) {
      const needed = byId.get(task);
      if (needed !== undefined) tasks.add(needed);
    }
    for (const { kind, path, negated, external } of draft.inputs) {
      if (negated || external) continue;
      const places = kind === 'glob' ? [] : [path, ...foldersAbove(path)];
      const maker = places.map((place) => makers.get(place)).find((found) => found !== undefined);
      if (maker !== undefined) tasks.add(maker);
      else if (
        kind === 'glob' ||
        path === '' ||
        above.has(path) ||
        globbed.has('') ||
        places.some((place) => globbed.has(place))
      )
        isComplete = false;
    }
    return isComplete;
  };
  return (draft) => {
    const tasks = new Set<TaskDraft>();
    let isComplete = look(draft, tasks);
    // A set's iteration reaches members added meanwhile.
    for (const task of tasks) isComplete = look(task, tasks) && isComplete;
    return { tasks, isComplete };
  };
}
