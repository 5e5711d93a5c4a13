/** `orch graph`: what the targets need, or everything, as a value to draw. It runs nothing and writes nothing. */
import type { GraphView } from '../model/graph-view.ts';
import { graphView } from '../planner/graph-view.ts';
import { makePlan } from '../planner/plan.ts';
import { openProject, type ProjectRequest } from './project.ts';
import { resolveTargets } from './selection.ts';

export interface GraphRequest {
  readonly project: ProjectRequest;
  /** None: all tasks of the chosen pipeline, or of all. */
  readonly targets: readonly string[];
  readonly foldCells: boolean;
}

/** With targets: they, what they need, and the final tasks of their pipelines, as a run of them would have it. */
export async function projectGraph({
  project: request,
  targets,
  foldCells,
}: GraphRequest): Promise<GraphView> {
  const project = await openProject(request);
  const pipelines = project.pipelines.filter(
    ({ name }) => project.chosen === null || name === project.chosen,
  );
  const asked = resolveTargets(project, targets);
  const ids = targets.length > 0 ? asked : pipelines.flatMap(({ tasks }) => tasks.map(({ id }) => id));
  const meant = new Set(ids.map((id) => id.slice(0, id.indexOf(':'))));
  const finals = project.pipelines.flatMap(({ name, finally: ids }) => (meant.has(name) ? ids : []));
  const plan = makePlan({
    graph: project.graph,
    targets: ids,
    finally: finals,
    expectedMs: () => null,
    only: false,
  });
  return graphView({ plan, targets: new Set(asked), finals: new Set(finals), foldCells });
}
