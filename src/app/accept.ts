/** `orch accept`: takes the outputs on disk for the result of the present key, in this root only (SPEC C12). */

import { scanOutputs } from '../fingerprint/outputs.ts';
import type { RunId, TaskId } from '../model/ids.ts';
import { decide } from '../planner/decide.ts';
import { makePlan } from '../planner/plan.ts';
import { typed } from '../reporters/phrases.ts';
import { granted } from '../scheduler/admission.ts';
import { gather } from '../scheduler/gather.ts';
import { createInspection } from '../scheduler/inspect.ts';
import { createNode, type Node } from '../scheduler/node.ts';
import { makeFolders } from '../state/layout.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { lookContext, plainOptions } from './look-context.ts';
import { openProject, openState, type Project, type ProjectRequest, type ProjectState } from './project.ts';
import { sweepDeadClaims, type Turn, takeTurn } from './root-lock.ts';
import { resolveTargets } from './selection.ts';

export interface Accepted {
  readonly task: string;
  readonly outputs: readonly string[];
}

export interface AcceptOptions {
  readonly describe: (failure: import('../model/failure.ts').Failure) => string;
  readonly turn: Turn;
}

export async function acceptTasks(
  request: ProjectRequest,
  targets: readonly string[],
  { describe, turn }: AcceptOptions,
): Promise<readonly Accepted[]> {
  const project = await openProject(request);
  resolveTargets(project, targets);
  makeFolders(project.layout);
  project.keep();
  const lock = await takeTurn(project.layout, `accept ${targets.join(' ')}`, turn);
  const state = await openState(project, {
    readOnly: false,
    rehash: false,
    environment: request.environment,
    notice: () => {},
  });
  try {
    state.ownership.tidy();
    await sweepDeadClaims(project, state, () => {});
    return await acceptAll(project, state, request, resolveTargets(project, targets), describe);
  } finally {
    state.close();
    lock.release();
  }
}

async function acceptAll(
  project: Project,
  state: ProjectState,
  request: ProjectRequest,
  ids: readonly TaskId[],
  describe: (failure: import('../model/failure.ts').Failure) => string,
): Promise<readonly Accepted[]> {
  const plan = makePlan({
    graph: project.graph,
    targets: ids,
    finally: [],
    expectedMs: () => null,
    only: false,
  });
  const nodes = plan.nodes.map((node, index) => createNode(node, index, false));
  const run = 'accept' as RunId;
  const inspection = createInspection(
    {
      ...lookContext({
        project,
        state,
        run,
        plan,
        options: plainOptions(request.today),
        environment: request.environment,
      }),
      runTools: false,
    },
    nodes,
    (node) => granted(node.task, Number.POSITIVE_INFINITY),
  );
  const accepted: Accepted[] = [];
  const wanted = new Set(ids);
  for (const node of nodes) {
    const gathered = await gather(node, inspection.gathering);
    if (!gathered.ok)
      throw new CommandError(`${node.task.label} can't be accepted: ${describe(gathered.error)}`, EXIT.usage);
    node.gathered = gathered.value;
    node.key = gathered.value.key;
    if (wanted.has(node.task.id) && node.task.run !== null) {
      accepted.push(await acceptOne(node, project, state, run));
      continue;
    }
    const decision = decide(inspection.decideRequest(node, gathered.value, false));
    if (decision.action === 'run' && decision.reasons[0].why !== 'always-runs')
      throw new CommandError(
        `${node.task.label} is not up to date, and what you want to accept is made from it`,
        EXIT.usage,
        `run \`orch run ${typed(node.task.label)}\` first, or accept it too`,
      );
    node.result =
      decision.action === 'run'
        ? state.journal.resultOf(gathered.value.key)
        : 'result' in decision
          ? decision.result
          : null;
    node.state = { at: 'settled', outcome: 'up-to-date' };
  }
  await Promise.all([state.journal.sync(), state.ownership.sync()]);
  return accepted;
}

async function acceptOne(node: Node, project: Project, state: ProjectState, run: RunId): Promise<Accepted> {
  const { task } = node;
  const scanned = await scanOutputs(project.layout.root, task.outputs, state.fingerprinter);
  if (!scanned.ok) {
    const missing = scanned.error.kind === 'output-missing' ? scanned.error.paths.join(', ') : task.label;
    throw new CommandError(
      `${task.label} can't be accepted: its output ${missing} is not there or not usable`,
      EXIT.usage,
      'put the file in place first',
    );
  }
  const nowMs = Date.now();
  const { key, manifest } = node.gathered!;
  if (task.outputs.length > 0) {
    node.result = { key, outputs: scanned.value, durationMs: 0, createdAtMs: nowMs, accepted: true };
    state.ownership.append([{ own: scanned.value, by: task.id }]);
    state.journal.append([{ kind: 'result', result: node.result }]);
  }
  state.journal.append([
    {
      kind: 'end',
      attempt: { id: task.id, key, run, outcome: 'accepted', atMs: nowMs, durationMs: 0, log: null },
      manifest,
      reasons: [],
    },
  ]);
  node.state = { at: 'settled', outcome: 'up-to-date' };
  return {
    task: task.label,
    outputs: scanned.value.filter((entry) => entry.kind !== 'folder').map((entry) => entry.path),
  };
}
