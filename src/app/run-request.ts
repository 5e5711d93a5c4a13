/** What a user asks of `orch run`, and the plan and settings that follow from it. Starts and changes nothing. */
import type { RunEvent } from '../model/event.ts';
import type { TaskId } from '../model/ids.ts';
import type { Plan } from '../planner/plan.ts';
import type { RunOptions } from '../scheduler/context.ts';
import type { InterruptSource } from './attend.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import type { Project, ProjectRequest, ProjectState } from './project.ts';
import { planFor } from './selection.ts';

/**
 * What is shown of what tasks print. `auto`: the end of it where a task fails, all of it while a single task runs;
 * `group`: all of it, in one piece at each task's end; `stream`: all of it, as it is written.
 */
export type OutputMode = 'auto' | 'group' | 'stream' | 'quiet';

export interface RunRequest {
  readonly project: ProjectRequest;
  readonly targets: readonly string[];
  readonly jobs: number;
  readonly keepGoing: boolean;
  /** `true`: everything; names: only those tasks. */
  readonly force: boolean | readonly string[];
  readonly only: boolean;
  readonly materialize: boolean;
  readonly rehash: boolean;
  readonly replace: boolean;
  readonly useCache: boolean;
  readonly wait: boolean;
  readonly output: OutputMode;
  /** `--resources gpu=2` */
  readonly totals: Readonly<Record<string, number>>;
  /** `-- ARGS` */
  readonly args: readonly string[];
  /** The words after `orch`, to recognise the same command line. */
  readonly argv: readonly string[];
  readonly emit: (event: RunEvent) => void;
  readonly onWarnings: (project: Project) => Promise<void>;
  /** Emit `run-progress` as often while the run goes on; null or absent: never. */
  readonly progressEveryMs?: number | null | undefined;
  /** null: go on; else too much of what was emitted waits for its reader, and it resolves when that has taken it. */
  readonly drained?: () => Promise<void> | null;
  /** Default: the signals of this process. */
  readonly interrupts?: InterruptSource;
}

/** What is asked for, without who is told of it: enough to look. */
export type RunWish = Omit<RunRequest, 'emit' | 'onWarnings' | 'progressEveryMs' | 'drained' | 'interrupts'>;

/** Throws CommandError where a target or a forced task isn't there. */
export async function planRun(
  request: RunWish,
  project: Project,
  state: ProjectState,
): Promise<{ plan: Plan; targets: readonly string[]; options: RunOptions }> {
  const selected = planFor(project, {
    targets: request.targets,
    only: request.only,
    expectedMs: (task) => state.journal.expectedMs(task.id),
  });
  const planned = new Set(selected.plan.nodes.map(({ task }) => task.id));
  const forcedIds =
    typeof request.force === 'boolean'
      ? null
      : request.force.flatMap((name) => {
          // Of a matrix, the cells that are part of the run.
          const ids = selected.resolve([name]).filter((id) => planned.has(id));
          if (ids.length > 0) return ids;
          throw new CommandError(
            `--force=${name}: ${selected.shown.join(', ')} doesn't need that task`,
            EXIT.usage,
            'name it as a target too, or force what is part of the run',
          );
        });
  const { cpus, totalmem } = await import('node:os');
  const cores = cpus().length;
  const jobs = request.jobs > 0 ? request.jobs : cores;
  const extraArgs = new Map<TaskId, readonly string[]>();
  if (request.args.length > 0)
    for (const id of selected.plan.targets) {
      const task = project.graph.tasks.find((each) => each.id === id);
      if (task?.run === null)
        throw new CommandError(
          `the words after -- have no command to go to: ${task.label} is a group`,
          EXIT.usage,
          'name a task that it needs as the target',
        );
      extraArgs.set(id, request.args);
    }
  return {
    plan: selected.plan,
    targets: selected.shown,
    options: {
      jobs,
      keepGoing: request.keepGoing,
      force: forcedIds === null ? (request.force === true ? 'all' : 'none') : new Set(forcedIds),
      materialize: request.materialize,
      replace: request.replace,
      useCache: request.useCache,
      only: request.only,
      stream: request.output === 'stream' ? 'all' : request.output === 'auto' ? 'alone' : 'none',
      extraArgs,
      totals: { cpu: Math.max(cores, jobs), memory: totalmem(), ...request.totals },
      date: request.project.today,
    },
  };
}
