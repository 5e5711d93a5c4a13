/** `orch status`: how every task stands, decided as a run would decide, with nothing run and nothing written. */
import type { RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import type { Prediction } from '../model/prediction.ts';
import { makePlan } from '../planner/plan.ts';
import { predict } from '../scheduler/predict.ts';
import { lookContext, plainOptions } from './look-context.ts';
import { looking } from './looking.ts';
import type { ProjectRequest } from './project.ts';
import { resolveTargets } from './selection.ts';

export interface Status {
  readonly predictions: readonly Prediction[];
  readonly notices: readonly RunEventBody[];
}

export async function projectStatus(request: ProjectRequest, targets: readonly string[]): Promise<Status> {
  return looking(request, async (project, state, notices) => {
    const ids =
      targets.length > 0
        ? resolveTargets(project, targets)
        : project.graph.tasks
            .filter(({ pipeline }) => project.chosen === null || pipeline === project.chosen)
            .map(({ id }) => id);
    const plan = makePlan({
      graph: project.graph,
      targets: ids,
      finally: [],
      expectedMs: () => null,
      only: false,
    });
    const predictions = await predict(
      lookContext({
        project,
        state,
        run: 'status' as RunId,
        // Of what wasn't named nothing is asked to be on disk: an absent output that can be brought back isn't stale.
        plan:
          targets.length > 0
            ? plan
            : { ...plan, nodes: plan.nodes.map((node) => ({ ...node, requested: false })) },
        options: plainOptions(request.today),
        environment: request.environment,
      }),
    );
    return { predictions, notices };
  });
}
