/** From targets as typed to a plan, with errors that name candidates. */
import { relative, resolve, sep } from 'node:path';
import { nearest as nearestName } from '../base/nearest.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { makePlan, type Plan } from '../planner/plan.ts';
import { resolveTarget, type TargetError } from '../planner/targets.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import type { Project } from './project.ts';

export interface Selection {
  readonly plan: Plan;
  /** The targets to show: as typed, or the default ones. */
  readonly shown: readonly string[];
  readonly resolve: (targets: readonly string[]) => readonly TaskId[];
}

export interface SelectionRequest {
  readonly targets: readonly string[];
  readonly only: boolean;
  readonly expectedMs: (task: Task) => number | null;
}

export function planFor(project: Project, { targets, only, expectedMs }: SelectionRequest): Selection {
  const resolve = (wanted: readonly string[]) => resolveTargets(project, wanted);
  const wanted = targets.length > 0 ? targets : defaultTargets(project);
  const ids = resolve(wanted);
  const shown = wanted.map((target) => (targets.length > 0 ? target : target.slice(target.indexOf(':') + 1)));
  const names = new Set(ids.map((id) => id.slice(0, id.indexOf(':'))));
  const finals = project.pipelines
    .filter(({ name }) => names.has(name))
    .flatMap((pipeline) => pipeline.finally);
  return {
    plan: makePlan({ graph: project.graph, targets: ids, finally: finals, expectedMs, only }),
    shown,
    resolve,
  };
}

/** Throws where a target, or a task to force, means nothing: before anything is written or said. */
export function checkTargets(
  project: Project,
  { targets, force }: { readonly targets: readonly string[]; readonly force: boolean | readonly string[] },
): void {
  resolveTargets(project, targets.length > 0 ? targets : defaultTargets(project), { isRun: true });
  if (typeof force !== 'boolean') resolveTargets(project, force);
}

/** The tasks that targets mean, in order, without repetition. Throws for unknown and ambiguous ones. */
export function resolveTargets(
  project: Project,
  targets: readonly string[],
  { isRun = false }: { readonly isRun?: boolean } = {},
): readonly TaskId[] {
  const ids = new Set<TaskId>();
  for (const [index, target] of targets.entries()) {
    const found = resolveTarget(target, {
      tasks: project.graph.tasks,
      pipeline: project.chosen,
      makerOf: (path) => makerOf(project, path),
    });
    if (found.ok) for (const id of found.value) ids.add(id);
    else {
      const params = project.pipelines.flatMap((pipeline) => pipeline.params.map(({ name }) => name));
      throw targetError(target, found.error, { run: isRun && index === 1 ? targets : [], params });
    }
  }
  return [...ids];
}

interface Typed {
  /** What `orch run` was given, where the second word is the wrong one, as in `npm start WORD`. */
  readonly run: readonly string[];
  /** Names of parameters. */
  readonly params: readonly string[];
}

function targetError(target: string, error: TargetError, { run, params }: Typed): CommandError {
  const { candidates, nearest } = error;
  const meant = nearest === null ? '' : `did you mean '${nearest}'? `;
  switch (error.kind) {
    case 'ambiguous':
      return new CommandError(
        `'${target}' is a task of several pipelines`,
        EXIT.usage,
        `say which: ${candidates.join(', ')}`,
      );
    case 'unknown-pipeline':
      return new CommandError(
        `there is no pipeline named '${error.pipeline}'`,
        EXIT.usage,
        `${meant}Pipelines: ${someOf(candidates)}`,
      );
    case 'unknown-cell':
      return candidates.length === 0
        ? new CommandError(
            `${error.task} has no matrix, and so no cells`,
            EXIT.usage,
            `write orch run ${error.task}`,
          )
        : new CommandError(
            `${error.task} has no cell ${target.slice(target.indexOf('['))}`,
            EXIT.usage,
            `${meant}Cells: ${someOf(candidates)}`,
          );
    case 'unknown-task': {
      const setting = /^([A-Za-z_][\w.-]*)=/.exec(target);
      if (setting !== null) {
        const [top, ...below] = setting[1]!.split('.') as [string, ...string[]];
        const name = [nearestName(top, params) ?? top, ...below].join('.');
        return new CommandError(
          `there is no task or output named '${target}'`,
          EXIT.usage,
          `to set the parameter ${name} write --param ${name}${target.slice(setting[1]!.length)}`,
        );
      }
      const isNamed = target.startsWith(`${error.pipeline}:`);
      const where = error.pipeline === null || isNamed ? '' : ` in ${error.pipeline}`;
      const [first, ...words] = run;
      const extra =
        first === undefined || nearest !== null || target === ''
          ? ''
          : `Words for the command of ${first} stand behind --: \`orch run ${first} -- ${words.join(' ')}\`. `;
      return new CommandError(
        target === '' ? 'an empty text is no target' : `there is no task or output named '${target}'${where}`,
        EXIT.usage,
        `${meant}${extra}Tasks: ${someOf(candidates)}`,
      );
    }
  }
}

const MAX_NAMED = 12;

function someOf(names: readonly string[]): string {
  return names.length > MAX_NAMED
    ? `${names.slice(0, MAX_NAMED).join(', ')}, … (orch list)`
    : names.join(', ');
}

/** The maker of a path as typed: from where the user stands, else from the root. */
function makerOf({ cwd, layout: { root }, graph }: Project, path: string): number | null {
  for (const from of [cwd, root]) {
    const maker = graph.makerOf(relative(root, resolve(from, path)).replaceAll(sep, '/'));
    if (maker !== null) return maker;
  }
  return null;
}

/** `default` of the only or the chosen pipeline. */
function defaultTargets(project: Project): readonly string[] {
  const pipelines =
    project.chosen === null
      ? project.pipelines
      : project.pipelines.filter(({ name }) => name === project.chosen);
  const only = pipelines.length === 1 ? pipelines[0] : undefined;
  if (only !== undefined && only.defaultTargets.length > 0)
    return only.defaultTargets.map((target) => `${only.name}:${target}`);
  const tasks = [
    ...new Set(
      pipelines.flatMap(({ name, tasks: all }) =>
        all.map((task) => (pipelines.length > 1 ? `${name}:${task.name}` : task.name)),
      ),
    ),
  ];
  throw new CommandError(
    only === undefined
      ? 'there are several pipelines here: say which target to run'
      : `no target was given, and ${only.name} has no \`default\``,
    EXIT.usage,
    tasks.length === 0
      ? 'it has no tasks'
      : `name one, as in \`orch run ${tasks[0]}\`. Tasks: ${someOf(tasks)}`,
  );
}
