/** `orch params`: the parameters with their values, where these come from, and the tasks that use them. */
import type { ParamDeclaration, Task } from '../model/task.ts';
import { paramVariable } from '../pipeline/param-variable.ts';
import { openProject, type ProjectRequest } from './project.ts';
import { resolveTargets } from './selection.ts';

export interface Parameter extends Omit<ParamDeclaration, 'position'> {
  readonly pipeline: string;
  /** The variable that sets it. */
  readonly variable: string;
  /** The flag that sets it; null where a flag of orch has its name. */
  readonly flag: string | null;
  /** Names of the tasks that use it, by mention, list or matrix, in the order of the file, cells counted once. */
  readonly tasks: readonly string[];
  /** The same for each dotted name of it or of a part of it that tasks use. */
  readonly uses: Readonly<Record<string, readonly string[]>>;
}

/**
 * Those of the chosen pipeline, or of all; with targets only those that the targets or what they need use. Throws
 * for unknown targets. It runs nothing and writes nothing.
 */
export async function projectParameters(
  request: ProjectRequest,
  targets: readonly string[],
): Promise<readonly Parameter[]> {
  const project = await openProject(request);
  const { graph } = project;
  const meant = new Set(resolveTargets(project, targets).map((id) => graph.indexOf.get(id)!));
  // A set's iteration reaches members added meanwhile.
  for (const index of meant) for (const edge of graph.upstream[index]!) meant.add(edge.task);
  const reserved = new Set(request.reservedFlags);
  return project.pipelines
    .filter(({ name }) => project.chosen === null || name === project.chosen)
    .flatMap(({ name: pipeline, params, tasks }) => {
      const asked =
        targets.length === 0 ? tasks : tasks.filter(({ id }) => meant.has(graph.indexOf.get(id)!));
      return params.flatMap(({ position: _, ...param }): Parameter[] => {
        const { name } = param;
        const uses = usesOf(name, asked);
        const tasks = namesOf(
          asked.filter((task) => Object.values(uses).some((names) => names.includes(task.name))),
        );
        if (targets.length > 0 && tasks.length === 0) return [];
        const flag = name.replaceAll('_', '-');
        return [
          {
            pipeline,
            ...param,
            variable: paramVariable(name),
            flag: reserved.has(flag) ? null : `--${flag}`,
            tasks,
            uses,
          },
        ];
      });
    });
}

function usesOf(param: string, tasks: readonly Task[]): Readonly<Record<string, readonly string[]>> {
  const uses = new Map<string, Set<string>>();
  for (const task of tasks)
    for (const name of [...Object.keys(task.params), ...task.shapedBy])
      if (isOf(name, param)) {
        const users = uses.get(name);
        if (users === undefined) uses.set(name, new Set([task.name]));
        else users.add(task.name);
      }
  return Object.fromEntries([...uses].map(([name, users]) => [name, [...users]]));
}

function namesOf(tasks: readonly Task[]): readonly string[] {
  return [...new Set(tasks.map(({ name }) => name))];
}

/** `model.max_depth` is of `model`. */
function isOf(dotted: string, name: string): boolean {
  return dotted === name || dotted.startsWith(`${name}.`);
}
