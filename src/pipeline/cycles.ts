/** Finds tasks that need each other in a circle, and an order in which the others come after what they need. */

export interface Ordered<T> {
  /** Needed before needing; without the members of circles and what depends on them. */
  readonly order: readonly T[];
  /** Each circle once, its first member repeated at the end. */
  readonly cycles: readonly (readonly T[])[];
}

/** Linear, without recursion: a chain of 10,000 tasks must not overflow the call stack. */
export function orderByNeeds<T>(items: readonly T[], needsOf: (item: T) => readonly T[]): Ordered<T> {
  const waitsFor = new Map<T, number>(items.map((item) => [item, 0]));
  const neededBy = new Map<T, T[]>();
  for (const item of items)
    for (const need of new Set(needsOf(item))) {
      waitsFor.set(item, waitsFor.get(item)! + 1);
      const list = neededBy.get(need);
      if (list === undefined) neededBy.set(need, [item]);
      else list.push(item);
    }
  const order = items.filter((item) => waitsFor.get(item) === 0);
  for (let at = 0; at < order.length; at++)
    for (const next of neededBy.get(order[at]!) ?? []) {
      const left = waitsFor.get(next)! - 1;
      waitsFor.set(next, left);
      if (left === 0) order.push(next);
    }
  const stuck = items.filter((item) => waitsFor.get(item)! > 0);
  return { order, cycles: circlesAmong(stuck, needsOf) };
}

/** Everything stuck waits for something stuck: following that from anywhere ends in a circle. */
function circlesAmong<T>(stuck: readonly T[], needsOf: (item: T) => readonly T[]): readonly (readonly T[])[] {
  const isStuck = new Set(stuck);
  const seen = new Set<T>();
  const cycles: T[][] = [];
  for (const start of stuck) {
    const path: T[] = [];
    const onPath = new Map<T, number>();
    let at: T | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      onPath.set(at, path.length);
      path.push(at);
      at = needsOf(at).find((need) => isStuck.has(need));
    }
    const from = at === undefined ? undefined : onPath.get(at);
    if (from !== undefined) cycles.push([...path.slice(from), path[from]!]);
  }
  return cycles;
}
