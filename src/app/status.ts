/** `orch status`: how every task stands, decided as a run would decide, with nothing run and nothing written. */
import type { RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import { makePlan } from '../planner/plan.ts';
import { type Prediction, predict } from '../scheduler/predict.ts';
import { metricsReader } from './metrics-reader.ts';
import { openProject, openState, type ProjectRequest } from './project.ts';
import { resolveTargets } from './selection.ts';

export interface Status {
  readonly predictions: readonly Prediction[];
  readonly notices: readonly RunEventBody[];
}

export async function projectStatus(request: ProjectRequest, targets: readonly string[]): Promise<Status> {
  const project = await openProject(request);
  const notices: RunEventBody[] = [];
  const state = await openState(project, {
    readOnly: true,
    rehash: false,
    environment: request.environment,
    notice: (notice) => notices.push(notice),
  });
  try {
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
    const predictions = await predict({
      run: 'status' as RunId,
      layout: project.layout,
      graph: project.graph,
      // Nothing is asked to be on disk: an absent output that the cache holds isn't stale.
      plan: { ...plan, nodes: plan.nodes.map((node) => ({ ...node, requested: false })) },
      pipelines: project.pipelines,
      options: {
        jobs: 1,
        keepGoing: true,
        force: 'none',
        materialize: false,
        replace: false,
        useCache: true,
        only: false,
        stream: false,
        extraArgs: new Map(),
        totals: {},
        date: request.today,
      },
      environment: request.environment,
      matching: project.matching,
      fingerprinter: state.fingerprinter,
      store: state.store,
      journal: state.journal,
      ownership: state.ownership,
      emit: () => {},
      readMetrics: metricsReader(project.layout, state.store),
      runProbe: () => Promise.reject(new Error('status runs no command')),
      now: Date.now,
    });
    return { predictions, notices };
  } finally {
    state.close();
  }
}
