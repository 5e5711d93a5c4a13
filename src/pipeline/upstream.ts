/** What lies upstream of a task as far as it is written down: by needs, and by literal paths. */
import type { TaskDraft } from './draft.ts';

export interface Upstream {
  readonly tasks: ReadonlySet<TaskDraft>;
  /** False where folders or globs may add more, which only the planner sees. */
  readonly isComplete: boolean;
}

/** The maker of a path, if a literal output is the path or a folder above it. */
export function findUpstream(
  draft: TaskDraft,
  draftOf: (id: string) => TaskDraft | undefined,
  makerOf: (path: string) => TaskDraft | undefined,
): Upstream {
  const tasks = new Set<TaskDraft>();
  let isComplete = true;
  const look = (at: TaskDraft): void => {
    if (at.isBroken) isComplete = false;
    for (const { task } of at.needs) {
      const needed = draftOf(task);
      if (needed !== undefined) tasks.add(needed);
    }
    for (const input of at.inputs) {
      if (input.negated || input.external) continue;
      const maker = input.kind === 'file' ? makerOf(input.path) : undefined;
      if (maker !== undefined) tasks.add(maker);
      // A literal input without a maker may turn out to be a folder with outputs in it.
      else isComplete = false;
    }
  };
  look(draft);
  // A set's iteration reaches members added meanwhile.
  for (const task of tasks) look(task);
  return { tasks, isComplete };
}

/** Looks up literal outputs by path and by the folders above it. */
export function indexMakers(drafts: readonly TaskDraft[]): (path: string) => TaskDraft | undefined {
  const makers = new Map<string, TaskDraft>();
  for (const draft of drafts)
    for (const { kind, path } of draft.outputs) if (kind !== 'glob') makers.set(path, draft);
  return (path) => {
    let found = makers.get(path);
    for (let end = path.lastIndexOf('/'); found === undefined && end > 0; end = path.lastIndexOf('/', end - 1))
      found = makers.get(path.slice(0, end));
    return found;
  };
}
