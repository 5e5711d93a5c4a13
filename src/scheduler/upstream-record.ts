/** The tasks that must have ended before another, and what they made, by path. Looks at the run's nodes only. */
import { comparePaths, leavesRoot, sortPaths } from '../base/path.ts';
import type { OutputEntry } from '../model/result.ts';
import type { Node } from './node.ts';

export interface Recorded {
  readonly entry: OutputEntry;
  readonly node: Node;
}

export interface UpstreamRecord {
  readonly recorded: ReadonlyMap<string, Recorded>;
  /** What lies below a folder, in the order of the paths. */
  readonly below: (folder: string) => readonly Recorded[];
}

/** Everything that must have ended before the task, nearest first as declared. */
export function upstreamOf(node: Node, nodes: readonly Node[]): readonly Node[] {
  const seen = new Set<Node>();
  const add = (each: Node) => {
    for (const edge of each.plan.upstream) {
      const upstream = nodes[edge.task]!;
      if (seen.has(upstream)) continue;
      seen.add(upstream);
      add(upstream);
    }
  };
  add(node);
  return [...seen];
}

export function recordOf(upstream: readonly Node[]): UpstreamRecord {
  const recorded = new Map<string, Recorded>();
  for (const node of upstream)
    for (const entry of node.result?.outputs ?? []) recorded.set(entry.path, { entry, node });
  const paths = sortPaths([...recorded.keys()]);
  return {
    recorded,
    below(folder) {
      if (leavesRoot(folder)) return [];
      const prefix = folder === '' ? '' : `${folder}/`;
      let low = 0;
      let high = paths.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (comparePaths(paths[middle]!, prefix) < 0) low = middle + 1;
        else high = middle;
      }
      const found: Recorded[] = [];
      for (let at = low; at < paths.length && paths[at]!.startsWith(prefix); at++)
        found.push(recorded.get(paths[at]!)!);
      return found;
    },
  };
}
