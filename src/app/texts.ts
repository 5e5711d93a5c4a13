/** The header and summary lines of the pipelines that a run is about. */
import type { JsonValue } from '../model/ids.ts';
import { renderText } from '../pipeline/expression/index.ts';
import type { Plan } from '../planner/plan.ts';
import type { RunContext } from '../scheduler/context.ts';
import { collectMetrics } from '../scheduler/inspect.ts';
import type { Node } from '../scheduler/node.ts';
import type { Project } from './project.ts';

/** A line that refers to something this run doesn't have (a metric of a task outside the plan) is left out. */
export async function renderLines(
  project: Project,
  plan: Plan,
  which: 'header' | 'summary',
  context: Pick<RunContext, 'run' | 'options' | 'environment' | 'readMetrics'>,
  nodes: readonly Node[] | null,
): Promise<readonly string[]> {
  const names = new Set(plan.targets.map((id) => id.slice(0, id.indexOf(':'))));
  const pipelines = project.pipelines.filter(({ name }) => names.has(name));
  if (pipelines.every((pipeline) => pipeline[which].length === 0)) return [];
  const lines: string[] = [];
  for (const pipeline of pipelines) {
    const metrics = nodes === null ? {} : await collectMetrics(nodes, pipeline.name, context.readMetrics);
    const roots: Record<string, JsonValue> = {
      params: Object.fromEntries(pipeline.params.map(({ name, value }) => [name, value])),
      env: Object.fromEntries(
        Object.entries(context.environment).filter(([, value]) => value !== undefined),
      ) as Record<string, string>,
      pipeline: pipeline.name,
      run: { id: context.run, date: context.options.date, attempt: 1 },
      metrics,
    };
    for (const template of pipeline[which]) {
      const line = renderText(template, {
        get: (root) => (Object.hasOwn(roots, root) ? roots[root] : undefined),
      });
      if (line.ok) lines.push(line.value);
    }
  }
  return lines;
}
