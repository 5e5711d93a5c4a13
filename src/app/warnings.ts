/** What a user should know about a pipeline that is valid. Said when it was parsed anew, not at every run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { coverage } from '../planner/graph.ts';
import type { Project } from './project.ts';

export async function warningsOf(project: Project): Promise<readonly Diagnostic[]> {
  return [...project.diagnostics, ...(await undeclaredFiles(project))];
}

/** "train runs train.py but doesn't list it: edits won't rerun it" (SPEC B4). */
async function undeclaredFiles(project: Project): Promise<Diagnostic[]> {
  const { suspectedScripts } = await import('../pipeline/suspected-scripts.ts');
  const seen = new Set<string>();
  const { tasks, upstream, makerOf } = project.graph;
  return tasks.flatMap((task, index) => {
    // What runs every time sees every edit.
    if (!task.cacheable) return [];
    const paths = suspectedScripts(task).filter((path) => existsSync(join(project.layout.root, path)));
    return paths.flatMap((path): Diagnostic[] => {
      const known = `${task.pipeline}:${task.name} ${path}`;
      const maker = makerOf(path);
      // All outputs of what it needs are in its key.
      const declared =
        upstream[index]!.some((edge) => edge.task === maker && edge.kind !== 'order') ||
        [...task.inputs, ...task.outputs].some((spec) => coverage(spec, project.matching)(path));
      if (declared || seen.has(known)) return [];
      seen.add(known);
      return [
        {
          severity: 'warning',
          code: 'undeclared-file',
          message: `${task.name} runs ${path} but doesn't list it: edits won't rerun it`,
          ...task.position,
          hint: `add ${path} to its inputs`,
        },
      ];
    });
  });
}
