/** `orch list`. */
import { openProject } from '../../app/project.ts';
import type { Pipeline, Task } from '../../model/task.ts';
import { print } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';

export async function list(options: GlobalOptions): Promise<number> {
  const project = await openProject(projectRequest(options, [], false));
  const pipelines = project.pipelines.filter(
    ({ name }) => project.chosen === null || name === project.chosen,
  );
  if (options.json === true) {
    print(`${JSON.stringify({ pipelines: pipelines.map(pipelineJson) }, null, 2)}\n`);
    return 0;
  }
  const { style } = terminalFor(process.stdout, options.color === false, process.env);
  for (const [at, pipeline] of pipelines.entries()) {
    if (at > 0) print('\n');
    print(
      `${style.bold(pipeline.name)} (${pipeline.file})${pipeline.description === null ? '' : `: ${pipeline.description}`}\n`,
    );
    const rows = folded(pipeline.tasks);
    const width = Math.min(40, Math.max(0, ...rows.map(({ name }) => name.length)));
    for (const { name, description } of rows) {
      const isDefault = pipeline.defaultTargets.includes(name) ? ' (default)' : '';
      print(`  ${name.padEnd(width)}  ${description ?? ''}${style.dim(isDefault)}`.trimEnd());
      print('\n');
    }
  }
  return 0;
}

/** One row for all cells of a matrix task. */
function folded(
  tasks: readonly Task[],
): readonly { readonly name: string; readonly description: string | null }[] {
  const rows = new Map<string, { task: Task; cells: number }>();
  for (const task of tasks) {
    const row = rows.get(task.name);
    if (row === undefined) rows.set(task.name, { task, cells: task.cell === null ? 0 : 1 });
    else row.cells++;
  }
  return [...rows.values()].map(({ task, cells }) => ({
    name: cells === 0 ? task.name : `${task.name}[${Object.keys(task.cell ?? {}).join(',')}]`,
    description:
      cells === 0
        ? task.description
        : `${task.description ?? ''} (${cells} ${cells === 1 ? 'cell' : 'cells'})`.trim(),
  }));
}

function pipelineJson(pipeline: Pipeline): object {
  return {
    name: pipeline.name,
    file: pipeline.file,
    description: pipeline.description,
    default: pipeline.defaultTargets,
    params: pipeline.params.map(({ name, type, value, description }) => ({ name, type, value, description })),
    tasks: pipeline.tasks.map((task) => ({
      name: task.name,
      label: task.label,
      description: task.description,
      cell: task.cell,
      inputs: task.inputs.map(({ path }) => path),
      outputs: task.outputs.map(({ path }) => path),
      needs: task.needs.map(({ task: id }) => id),
      labels: task.labels,
    })),
  };
}
