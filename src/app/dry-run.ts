/** `orch run --dry-run`: the plan and why. Runs nothing, changes nothing. */
import type { RunEventBody } from '../model/event.ts';
import type { FileFate, Prediction } from '../model/prediction.ts';
import { lookContext } from './look-context.ts';
import { refuseWhatCannotRun } from './preconditions.ts';
import { openProject, openState } from './project.ts';
import { newRunId } from './run-id.ts';
import { planRun, type RunRequest } from './run-request.ts';
import { checkTargets } from './selection.ts';

export interface DryRun {
  readonly predictions: readonly Prediction[];
  readonly files: readonly FileFate[];
}

/** What would become of every task of the plan, and of files that are in its way. Throws CommandError and PipelineErrors for bad usage. */
export async function dryRun(request: RunRequest): Promise<DryRun> {
  const project = await openProject({ ...request.project, mayWrite: false });
  checkTargets(project, request);
  await request.onWarnings(project);
  const notices: RunEventBody[] = [];
  const state = await openState(project, {
    readOnly: true,
    rehash: request.rehash,
    environment: request.project.environment,
    notice: (notice) => notices.push(notice),
  });
  try {
    const { plan, options } = await planRun(request, project, state);
    const { foresee, told } = await import('../scheduler/predict.ts');
    const { fileFates } = await import('../scheduler/predict-files.ts');
    const context = lookContext({
      project,
      state,
      run: newRunId(),
      plan,
      options,
      environment: request.project.environment,
    });
    await refuseWhatCannotRun(project, context, request.project.environment);
    const foresight = await foresee({ ...context, looksAtOutputs: true });
    return { predictions: told(foresight), files: fileFates(foresight) };
  } finally {
    state.close();
  }
}
