/** `orch list`: the tasks of a project in the order of their files. It runs nothing and writes nothing. */
import { nearest } from '../base/nearest.ts';
import { localLabel, type Pipeline, type Task } from '../model/task.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { openProject, type ProjectRequest } from './project.ts';

export interface TaskListing {
  readonly pipeline: Pipeline;
  /** Those of the pipeline that are asked for. */
  readonly tasks: readonly Task[];
  readonly isDefault: (task: Task) => boolean;
  readonly isFinal: (task: Task) => boolean;
}

/** `labels`: only tasks that have one of these; none: all. Throws for a label that no task has. */
export async function listTasks(
  request: ProjectRequest,
  labels: readonly string[],
): Promise<readonly TaskListing[]> {
  const project = await openProject(request);
  const pipelines = project.pipelines.filter(
    ({ name }) => project.chosen === null || name === project.chosen,
  );
  refuseUnknown(labels, new Set(pipelines.flatMap(({ tasks }) => tasks.flatMap((task) => task.labels))));
  return pipelines.map((pipeline) => {
    const defaults = new Set(pipeline.defaultTargets.map((target) => withoutPipeline(target, pipeline.name)));
    const finals = new Set(pipeline.finally);
    return {
      pipeline,
      tasks:
        labels.length === 0
          ? pipeline.tasks
          : pipeline.tasks.filter((task) => labels.some((label) => task.labels.includes(label))),
      isDefault: (task) => defaults.has(task.name) || defaults.has(localLabel(task)),
      isFinal: ({ id }) => finals.has(id),
    };
  });
}

function withoutPipeline(target: string, pipeline: string): string {
  return target.startsWith(`${pipeline}:`) ? target.slice(pipeline.length + 1) : target;
}

function refuseUnknown(labels: readonly string[], known: ReadonlySet<string>): void {
  const unknown = labels.find((label) => !known.has(label));
  if (unknown === undefined) return;
  const close = nearest(unknown, known);
  throw new CommandError(
    `no task has the label '${unknown}'`,
    EXIT.usage,
    close !== null
      ? `did you mean '${close}'?`
      : known.size === 0
        ? 'labels are given to a task by `labels: [nightly, gpu]`'
        : `labels here: ${[...known].join(', ')}`,
  );
}
