/** What looking at a project takes (`status`, `accept`, dry runs): a run's context without anything that acts. */
import type { Masker } from '../base/mask.ts';
import { maskValues } from '../base/mask-values.ts';
import type { RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import type { Secrets } from '../model/secrets.ts';
import type { Plan } from '../planner/plan.ts';
import type { RunContext, RunOptions } from '../scheduler/context.ts';
import type { PredictContext } from '../scheduler/predict.ts';
import type { Journal } from '../state/journal.ts';
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

/** Names under which records hold no text of users, or one that is compared byte by byte. */
const SPARED_IN_RECORDS: ReadonlySet<string> = new Set([
  ...['kind', 'key', 'id', 'run', 'outcome', 'log', 'why', 'change', 'part', 'hmac', 'content', 'digest'],
]);

/** `environment` without the declared secrets: those reach only the commands of tasks that declare them. */
export function withoutSecrets(
  environment: RunContext['environment'],
  { declared }: Secrets,
): RunContext['environment'] {
  return declared.size === 0
    ? environment
    : Object.fromEntries(Object.entries(environment).filter(([name]) => !declared.has(name)));
}

/** What explains a result mustn't hold a secret; the keys and results themselves never do. */
function maskedJournal(journal: Journal, masker: Masker): Journal {
  if (masker.isEmpty) return journal;
  return {
    ...journal,
    append: (entries) =>
      journal.append(
        entries.map((entry) =>
          entry.kind === 'result' ? entry : maskValues(entry, masker, SPARED_IN_RECORDS),
        ),
      ),
  };
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
    environment: withoutSecrets(environment, project.secrets),
    secrets: project.secrets,
    matching: project.matching,
    fingerprinter: state.fingerprinter,
    store: state.store,
    journal: maskedJournal(state.journal, project.secrets.masker),
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
