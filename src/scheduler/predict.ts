/**
 * What a run would do, without doing it: decides in order, and takes what lies below a task that would run as
 * a prediction. For `--dry-run` and `status`; it runs no command and writes nothing.
 */
import type { Decision, StaleReason } from '../model/decision.ts';
import type { Failure } from '../model/failure.ts';
import type { Task } from '../model/task.ts';
import { decide } from '../planner/decide.ts';
import { granted } from './admission.ts';
import type { RunContext } from './context.ts';
import { gather } from './gather.ts';
import { createInspection } from './inspect.ts';
import { createNode, type Node } from './node.ts';

export type Prediction =
  | { readonly will: 'nothing'; readonly task: Task }
  | { readonly will: 'restore'; readonly task: Task; readonly reason: StaleReason }
  | { readonly will: 'run'; readonly task: Task; readonly reason: StaleReason }
  /** Depends on what this upstream task makes. */
  | { readonly will: 'perhaps'; readonly task: Task; readonly because: string }
  | { readonly will: 'fail'; readonly task: Task; readonly failure: Failure };

export type PredictContext = Omit<RunContext, 'acquire' | 'startAttempt' | 'followLog'>;

export async function predict(context: PredictContext): Promise<readonly Prediction[]> {
  const nodes = context.plan.nodes.map((node, index) =>
    createNode(node, index, context.options.materialize || node.requested),
  );
  const inspection = createInspection({ ...context, runTools: false }, nodes, (node) =>
    granted(node.task, Number.POSITIVE_INFINITY),
  );
  const predictions = new Map<Node, Prediction>();
  /** A task that would run asks for the content it reads; upstream decisions may change with that. */
  let asked = true;
  while (asked) {
    asked = false;
    for (const node of nodes) {
      const before = predictions.get(node);
      const now = await predictOne(node);
      if (now !== null) predictions.set(node, now);
      if (now?.will === 'run' && before?.will !== 'run') asked = demandContent(node) || asked;
    }
  }
  return nodes.flatMap((node) => (node.plan.final ? [] : (predictions.get(node) ?? [])));

  async function predictOne(node: Node): Promise<Prediction | null> {
    const { task } = node;
    const unsure = node.plan.upstream
      .filter((edge) => edge.kind !== 'order')
      .map((edge) => predictions.get(nodes[edge.task]!))
      .find(
        (upstream) => upstream?.will === 'run' || upstream?.will === 'perhaps' || upstream?.will === 'fail',
      );
    if (unsure !== undefined) {
      node.state = { at: 'settled', outcome: 'not-started' };
      if (unsure.will === 'run' && node.task.run !== null && !node.task.cacheable)
        return { will: 'run', task, reason: { why: 'always-runs' } };
      return {
        will: 'perhaps',
        task,
        because: unsure.will === 'perhaps' ? unsure.because : unsure.task.label,
      };
    }
    const gathered = await gather(node, inspection.gathering);
    if (!gathered.ok) return { will: 'fail', task, failure: gathered.error };
    node.gathered = gathered.value;
    node.key = gathered.value.key;
    const { force } = context.options;
    const forced = force === 'all' || (force !== 'none' && force.has(task.id));
    const decision: Decision = decide(inspection.decideRequest(node, gathered.value, forced));
    node.state = { at: 'settled', outcome: 'up-to-date' };
    if (decision.action === 'run') return { will: 'run', task, reason: decision.reason };
    node.result = 'result' in decision ? decision.result : null;
    return decision.action === 'restore'
      ? { will: 'restore', task, reason: decision.reason }
      : { will: 'nothing', task };
  }

  function demandContent(node: Node): boolean {
    let added = false;
    for (const [index, paths] of node.gathered?.content ?? []) {
      const upstream = nodes[index]!;
      const size = upstream.demand === 'all' ? -1 : upstream.demand.size;
      if (upstream.demand === 'all') continue;
      if (paths === 'all') upstream.demand = 'all';
      else for (const path of paths) upstream.demand.add(path);
      added ||= paths === 'all' || upstream.demand === 'all' || upstream.demand.size > size;
    }
    return added;
  }
}
