/** `orch path TASK`: its outputs, one a line. */
import { openProject } from '../../app/project.ts';
import { resolveTargets } from '../../app/selection.ts';
import { coverage } from '../../planner/graph.ts';
import { openJournal } from '../../state/journal.ts';
import type { SplitArgv } from '../argv.ts';
import { print } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';

/** Files and folders as declared; of a glob what its last result matched. */
export async function path(
  task: string,
  options: GlobalOptions,
  params: SplitArgv['params'],
): Promise<number> {
  const project = await openProject(projectRequest(options, params, false));
  const journal = openJournal(project.layout);
  const paths = resolveTargets(project, [task]).flatMap((id) => {
    const { outputs } = project.graph.tasks[project.graph.indexOf.get(id)!]!;
    const last = journal.lastAttempt(id);
    const recorded =
      (last === null ? null : journal.resultOf(last.key))?.outputs.map((entry) => entry.path) ?? [];
    return outputs.flatMap((spec) => {
      if (spec.kind !== 'glob') return [spec.kind === 'folder' ? `${spec.path}/` : spec.path];
      return recorded.filter(coverage(spec, project.matching));
    });
  });
  print(
    options.json === true
      ? `${JSON.stringify({ task, outputs: paths }, null, 2)}\n`
      : paths.map((each) => `${each}\n`).join(''),
  );
  return 0;
}
