/** What looking at a project takes (`status`, `accept`, dry runs): a run's context without anything that acts. */
import type { RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import type { Plan } from '../planner/plan.ts';
import type { RunContext, RunOptions } from '../scheduler/context.ts';
import type { PredictContext } from '../scheduler/predict.ts';
import type { Project, ProjectState } from './project.ts';
import { recordedReader } from './recorded-reader.ts';

export interface LookRequest {
  readonly project: Project;
  readonly state: ProjectState;
  readonly run: RunId;
  readonly plan: Plan;
  readonly options: RunOptions;
  readonly environment: RunContext['environment'];
  readonly emit?: (event: RunEventBody) => void;
}

export function lookContext(request: LookRequest): PredictContext {
  const { project, state, run, plan, options, environment } = request;
  return {
    run,
    layout: project.layout,
    graph: project.graph,
    plan,
    pipelines: project.pipelines,
    options,
    environment,
    matching: project.matching,
    fingerprinter: state.fingerprinter,
    store: state.store,
    journal: state.journal,
    ownership: state.ownership,
    emit: request.emit ?? (() => {}),
    ...recordedReader(project.layout, state.store),
    runProbe: () => Promise.reject(new Error('looking runs no command')),
    now: Date.now,
    liveRuns: state.liveRuns,
  };
}

/** As a plain run, for those who only look. `today`: `YYYY-MM-DD`. */
export function plainOptions(today: string): RunOptions {
  return {
    jobs: 1,
    keepGoing: true,
    force: 'none',
    materialize: false,
    replace: false,
    useCache: true,
    only: false,
    stream: 'none',
    extraArgs: new Map(),
    totals: {},
    date: today,
  };
}
