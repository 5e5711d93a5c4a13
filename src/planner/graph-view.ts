/** Makes of a plan what `orch graph` shows: cells folded into one node, edges of the same two nodes into one. Pure. */
import type { EdgeKind, GraphEdge, GraphNode, GraphView } from '../model/graph-view.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { foldedLabel } from './cells.ts';
import type { Plan } from './plan.ts';

export interface GraphViewRequest {
  readonly plan: Plan;
  readonly targets: ReadonlySet<TaskId>;
  readonly finals: ReadonlySet<TaskId>;
  /** One node for all cells of a task. */
  readonly foldCells: boolean;
}

export function graphView({ plan, targets, finals, foldCells }: GraphViewRequest): GraphView {
  const groups = new Map<string, Task[]>();
  const groupOf: string[] = plan.nodes.map(({ task }) => {
    const id = foldCells && task.cell !== null ? `${task.pipeline}:${task.name}` : task.id;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [task]);
    else group.push(task);
    return id;
  });
  const nodes = [...groups].map(([id, tasks]): GraphNode => {
    const { pipeline, name, run, cell, label, description } = tasks[0]!;
    return {
      id: tasks.length === 1 ? tasks[0]!.id : id,
      pipeline,
      name,
      label: tasks.length === 1 ? label : foldedLabel(tasks.map((each) => each.label)),
      kind: run === null ? 'group' : 'task',
      cells: tasks.length,
      cell: tasks.length === 1 ? cell : null,
      final: tasks.some((task) => finals.has(task.id)),
      target: tasks.some((task) => targets.has(task.id)),
      description,
    };
  });
  const indexOf = new Map([...groups.keys()].map((id, index) => [id, index]));
  return { nodes, edges: edgesOf(plan, (at) => indexOf.get(groupOf[at]!)!) };
}

function edgesOf(plan: Plan, nodeOf: (planIndex: number) => number): readonly GraphEdge[] {
  interface Gathered {
    readonly from: number;
    readonly to: number;
    readonly kinds: Set<EdgeKind>;
    readonly paths: Set<string>;
  }
  const edges = new Map<string, Gathered>();
  for (const [at, { upstream }] of plan.nodes.entries())
    for (const { task, kind, paths } of upstream) {
      const from = nodeOf(task);
      const to = nodeOf(at);
      const key = `${from} ${to}`;
      let edge = edges.get(key);
      if (edge === undefined) {
        edge = { from, to, kinds: new Set(), paths: new Set() };
        edges.set(key, edge);
      }
      edge.kinds.add(kind);
      for (const path of paths) edge.paths.add(path);
    }
  return [...edges.values()].map(({ from, to, kinds, paths }) => ({
    from,
    to,
    kinds: [...kinds],
    paths: [...paths],
  }));
}
