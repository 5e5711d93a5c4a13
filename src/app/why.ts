/** `orch why TASK`: decided as a run would decide, with nothing run and nothing written. */
import type { RunEventBody } from '../model/event.ts';
import type { Explanation, LastDealing } from '../model/explanation.ts';
import type { RunId, TaskId } from '../model/ids.ts';
import { makePlan } from '../planner/plan.ts';
import { createExplainer, dealingOf } from '../scheduler/explain.ts';
import { foresee } from '../scheduler/predict.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { lookContext, plainOptions } from './look-context.ts';
import { looking } from './looking.ts';
import type { Project, ProjectRequest } from './project.ts';
import { resolveTargets } from './selection.ts';

export interface Why {
  /** The tasks that the target means: one, or the cells of a matrix. */
  readonly explanations: readonly Explanation[];
  /** The target is an output path, not a task's name. */
  readonly isPath: boolean;
  readonly notices: readonly RunEventBody[];
  /** Absolute: paths of logs are relative to it. */
  readonly root: string;
}

export async function explainTarget(request: ProjectRequest, target: string): Promise<Why> {
  return looking(request, async (project, state, notices) => {
    const ids = resolveTargets(project, [target]);
    const plan = makePlan({
      graph: project.graph,
      targets: ids,
      finally: [],
      expectedMs: () => null,
      only: false,
    });
    const foresight = await foresee(
      lookContext({
        project,
        state,
        run: 'why' as RunId,
        plan,
        options: plainOptions(request.today),
        environment: request.environment,
      }),
    );
    const explain = createExplainer({ foresight, ...state });
    return {
      explanations: foresight.nodes.filter(({ task }) => ids.includes(task.id)).map(explain),
      isPath: ids.every((id) => !names(project, id, target)),
      notices,
      root: project.layout.root,
    };
  });
}

/** Is the target a task's name, with or without pipeline and cell? */
function names(project: Project, id: TaskId, target: string): boolean {
  const { name } = project.graph.tasks[project.graph.indexOf.get(id)!]!;
  const bare = target.replace(/^[^:[]*:/, '');
  return bare === name || bare.startsWith(`${name}[`);
}

export interface PastDealing {
  readonly task: string;
  readonly dealing: LastDealing;
  /** Absolute. */
  readonly root: string;
}

/** `--run ID`: what was recorded of the task in an earlier run. Throws where there is nothing. */
export async function explainPast(
  request: ProjectRequest,
  target: string,
  run: string,
): Promise<readonly PastDealing[]> {
  return looking(request, async (project, { journal }) => {
    const ids = resolveTargets(project, [target]);
    const all = ids.flatMap((id) =>
      journal.attemptsOf(id).map((record) => ({
        task: project.graph.tasks[project.graph.indexOf.get(id)!]!.label,
        dealing: dealingOf(record, journal),
        root: project.layout.root,
      })),
    );
    const runOf = ({ dealing: { restored, run: own } }: PastDealing) => restored?.run ?? own;
    const found = all.filter((each) => runOf(each).startsWith(run));
    if (found.length > 0) return found;
    const known = [...new Set(all.map(runOf))].slice(-5);
    throw new CommandError(
      `${target} did nothing in a run ${run}, or it is too long ago`,
      EXIT.usage,
      known.length === 0
        ? `${target} has not run yet in this project`
        : `its last runs: ${known.reverse().join(', ')}`,
    );
  });
}
