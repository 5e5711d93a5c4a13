/**
 * How far a run is, and how long the rest will take if tasks last as long as they did. Looks at states only; when to
 * look, and what to do with the answer, is the caller's business.
 */
import type { Node } from './node.ts';

export interface Progress {
  /** Tasks with a command that are as they will be. */
  readonly settled: number;
  readonly total: number;
  /** At least; null where something that is left to do has no past. */
  readonly remainingMs: number | null;
}

export interface ProgressRequest {
  readonly nodes: readonly Pick<Node, 'task' | 'plan' | 'state' | 'index'>[];
  readonly jobs: number;
  /** `finally` tasks count once it is their turn. */
  readonly isFinalPhase: boolean;
  readonly expectedMs: (task: Node['task']) => number | null;
  /** How long the command of the node of this index has been running; 0 where it isn't. */
  readonly elapsedMs: (index: number) => number;
}

/** Takes time in proportion to tasks and edges. Touches no disk. */
export function progressOf(request: ProgressRequest): Progress {
  const { nodes, jobs, isFinalPhase, elapsedMs } = request;
  const expectedMs = withSiblings(request);
  let settled = 0;
  let total = 0;
  let workMs = 0;
  let longestMs = 0;
  let isKnown = true;
  /** From a node's present state to the end of the longest path below it. */
  const pathMs = new Array<number>(nodes.length).fill(0);
  // Upstream stands before downstream, so from the end every path below is known.
  for (let at = nodes.length - 1; at >= 0; at--) {
    const { task, plan, state } = nodes[at]!;
    if (plan.final && !isFinalPhase) continue;
    let leftMs: number | null = 0;
    if (task.run !== null) {
      total++;
      if (state.at === 'settled') settled++;
      else if (state.at !== 'restoring') leftMs = expectedMs(task);
    }
    if (state.at === 'running' && leftMs !== null) leftMs = Math.max(0, leftMs - elapsedMs(at));
    if (leftMs === null) isKnown = false;
    workMs += leftMs ?? 0;
    let belowMs = 0;
    for (const next of plan.downstream) belowMs = Math.max(belowMs, pathMs[next]!);
    pathMs[at] = (leftMs ?? 0) + belowMs;
    longestMs = Math.max(longestMs, pathMs[at]!);
  }
  return { settled, total, remainingMs: isKnown ? Math.max(longestMs, workMs / jobs) : null };
}

/** A matrix cell that never ran is taken to last as long as its siblings did on average. */
function withSiblings({ nodes, expectedMs }: ProgressRequest): (task: Node['task']) => number | null {
  let means: Map<string, { sumMs: number; count: number }> | null = null;
  const nameOf = (task: Node['task']) => `${task.pipeline}:${task.name}`;
  const gatherMeans = () => {
    means = new Map();
    for (const { task } of nodes) {
      const known = task.cell === null ? null : expectedMs(task);
      if (known === null) continue;
      const mean = means.get(nameOf(task)) ?? { sumMs: 0, count: 0 };
      means.set(nameOf(task), { sumMs: mean.sumMs + known, count: mean.count + 1 });
    }
    return means;
  };
  return (task) => {
    const known = expectedMs(task);
    if (known !== null || task.cell === null) return known;
    const mean = (means ?? gatherMeans()).get(nameOf(task));
    return mean === undefined ? null : mean.sumMs / mean.count;
  };
}
