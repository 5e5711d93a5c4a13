/**
 * What a run may come to change and read, as others in the same root see it, and whether two runs can go on side by
 * side. Pure: it compares declarations and knows neither disk nor processes.
 */
import type { TaskClaim } from '../model/claim.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { overlapsOf, type PathMatching } from './graph.ts';
import type { Plan } from './plan.ts';

export interface ClaimRequest {
  readonly plan: Plan;
  readonly hash: (text: string) => string;
  /** Makes other bytes each time, perhaps. */
  readonly isForced: (task: Task) => boolean;
  /** What the run adds to the task's own text: words after `--`, the date. */
  readonly addition: (task: Task) => string;
  readonly only: boolean;
}

/** One for each task with a command. 1,000 tasks take some 5 ms. */
export function claimsOf({ plan, hash, isForced, addition, only }: ClaimRequest): TaskClaim[] {
  return plan.nodes.flatMap(({ task }) => {
    if (task.run === null) return [];
    const makesItsOwn = only || (task.outputs.length > 0 && (!task.cacheable || isForced(task)));
    return {
      id: task.id,
      definition: makesItsOwn ? null : hash(`${definitionOf(task)}${addition(task)}`),
      writes: task.outputs.map(({ kind, path }) => ({ kind, path })),
      reads: task.inputs.flatMap(({ kind, path, negated, external }) =>
        negated || external ? [] : { kind, path },
      ),
    };
  });
}

/** Everything that decides what the command makes of its inputs; nothing of how it is run or called. */
function definitionOf(task: Task): string {
  const { run, dir, env, needs, params, matrixMentioned, tools, probe, secrets, expiresMs } = task;
  const inputs = task.inputs.map(({ position, ...spec }) => spec);
  const outputs = task.outputs.map(({ position, ...spec }) => spec);
  return JSON.stringify([
    ...[run, dir, env, needs, params, matrixMentioned, tools, probe, secrets, expiresMs],
    ...[inputs, outputs],
  ]);
}

export type Meeting =
  /** They can go on side by side; what both come to is made by whoever is there first. */
  | { readonly kind: 'beside'; readonly shared: ReadonlySet<TaskId> }
  /** They would put different bytes at one path, or one would read what the other is changing. */
  | { readonly kind: 'turns' };

export function meet(
  mine: readonly TaskClaim[],
  theirs: readonly TaskClaim[],
  matching: PathMatching,
): Meeting {
  const definitions = new Map(theirs.map(({ id, definition }) => [id, definition]));
  const shared = new Set<TaskId>();
  for (const { id, definition } of mine)
    if (definition !== null && definitions.get(id) === definition) shared.add(id);
  const isShared = ({ id }: TaskClaim) => shared.has(id);
  const touches = (some: readonly TaskClaim[], others: readonly TaskClaim[]) => {
    const written = some.flatMap((claim) => (isShared(claim) ? [] : claim.writes));
    if (written.length === 0) return false;
    const overlaps = overlapsOf(written, matching);
    return others.some(({ writes, reads }) => [...writes, ...reads].some(overlaps));
  };
  // A task without outputs that both have under one name is done by one at a time, in whatever form.
  const namesakes = mine.some(
    (claim) => !isShared(claim) && claim.writes.length === 0 && definitions.has(claim.id),
  );
  if (namesakes || touches(mine, theirs) || touches(theirs, mine)) return { kind: 'turns' };
  return { kind: 'beside', shared };
}
