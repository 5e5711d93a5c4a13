/**
 * The plan: which tasks a run is about, in an order in which they can be done. A value: a run carries it out,
 * a dry run and `status` print it.
 */
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { Edge, Graph } from './graph.ts';

export interface PlanNode {
  readonly task: Task;
  /** `Edge.task` is an index into `Plan.nodes`. */
  readonly upstream: readonly Edge[];
  readonly downstream: readonly number[];
  /** Asked for by the user, directly or through a group: its outputs must be on disk afterwards. */
  readonly requested: boolean;
  /** In the plan only because it is a `finally` task or needed by one. */
  readonly final: boolean;
  /** Longest expected time from its start to the end of the run; the ready task with the longest goes first. */
  readonly criticalPathMs: number;
}

export interface Plan {
  readonly targets: readonly TaskId[];
  /** Upstream before downstream. */
  readonly nodes: readonly PlanNode[];
}

export interface PlanRequest {
  readonly graph: Graph;
  readonly targets: readonly TaskId[];
  readonly finally: readonly TaskId[];
  /** Past duration of a task, null where it never ran. */
  readonly expectedMs: (task: Task) => number | null;
  /** `--only`: leave out everything upstream. */
  readonly only: boolean;
}

/** What a task without a recorded time is taken to last: any positive number makes longer chains go first. */
const UNKNOWN_MS = 1_000;

/** The targets with all that they need. The graph must have no cycle. */
export function makePlan({ graph, targets, finally: finals, expectedMs, only }: PlanRequest): Plan {
  const indexesOf = (ids: readonly TaskId[]) =>
    ids.map((id) => graph.indexOf.get(id)!).filter((index) => index !== undefined);
  const wanted = indexesOf(targets);
  const main = only ? new Set(wanted) : closure(graph, wanted);
  const all = only ? main : closure(graph, [...wanted, ...indexesOf(finals)]);
  const order = topologicalOrder(graph, all);
  const position = new Map(order.map((task, at) => [task, at]));
  const requested = requestedThroughGroups(graph, wanted);

  const criticalPathMs = new Array<number>(order.length).fill(0);
  for (let at = order.length - 1; at >= 0; at--) {
    const index = order[at]!;
    const task = graph.tasks[index]!;
    const own = task.run === null ? 0 : (expectedMs(task) ?? UNKNOWN_MS);
    let below = 0;
    for (const next of graph.downstream[index]!) {
      const nextAt = position.get(next);
      if (nextAt !== undefined) below = Math.max(below, criticalPathMs[nextAt]!);
    }
    criticalPathMs[at] = own + below;
  }

  return {
    targets,
    nodes: order.map((index, at) => ({
      task: graph.tasks[index]!,
      upstream: graph.upstream[index]!.flatMap((edge) => {
        const from = position.get(edge.task);
        return from === undefined ? [] : [{ ...edge, task: from }];
      }),
      downstream: graph.downstream[index]!.flatMap((next) => position.get(next) ?? []),
      requested: requested.has(index),
      final: !main.has(index),
      criticalPathMs: criticalPathMs[at]!,
    })),
  };
}

function closure(graph: Graph, from: readonly number[]): Set<number> {
  const seen = new Set<number>(from);
  // A set's iteration reaches members added meanwhile.
  for (const index of seen) for (const edge of graph.upstream[index]!) seen.add(edge.task);
  return seen;
}

function requestedThroughGroups(graph: Graph, targets: readonly number[]): Set<number> {
  const seen = new Set<number>(targets);
  for (const index of seen)
    if (graph.tasks[index]!.run === null)
      for (const edge of graph.upstream[index]!) if (edge.kind !== 'order') seen.add(edge.task);
  return seen;
}

function topologicalOrder(graph: Graph, members: ReadonlySet<number>): number[] {
  const sorted = [...members].sort((a, b) => a - b);
  const waitingFor = new Map<number, number>();
  for (const index of sorted) {
    const makers = new Set(
      graph.upstream[index]!.map((edge) => edge.task).filter((task) => members.has(task)),
    );
    waitingFor.set(index, makers.size);
  }
  const order = sorted.filter((index) => waitingFor.get(index) === 0);
  for (let at = 0; at < order.length; at++)
    for (const next of graph.downstream[order[at]!]!) {
      const left = waitingFor.get(next);
      if (left === undefined) continue;
      waitingFor.set(next, left - 1);
      if (left === 1) order.push(next);
    }
  return order;
}
