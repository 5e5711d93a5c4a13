/** `orch` without a command: `--list`, `--clean`, help, or a task's name where `run` was forgotten. */
import type { Command } from 'commander';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { openProject } from '../../app/project.ts';
import { nearest } from '../../base/nearest.ts';
import { commandNotYet, isCommandNotYet } from '../not-yet.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';

export async function topLevel(
  options: GlobalOptions,
  words: readonly string[],
  program: Command,
): Promise<number> {
  const [word] = words;
  if (word !== undefined && isCommandNotYet(word))
    throw commandNotYet(word, (await taskNames(options)).includes(word));
  if (word !== undefined)
    throw new CommandError(
      `there is no command '${word}'`,
      EXIT.usage,
      await suggestion(word, options, program),
    );
  if (options.list === true) return (await import('./list.ts')).list(options);
  if (options.clean === true) return (await import('./clean.ts')).clean(options);
  program.outputHelp();
  return EXIT.usage;
}

const RUN = '`orch run TASK` runs a task and what it needs, `orch run` the default ones';

/** Commands of make, DVC, npm, Snakemake and others: what does the same here. */
const HABITS: Readonly<Record<string, string>> = {
  make: RUN,
  build: RUN,
  all: RUN,
  repro: RUN,
  exp: '`orch run --NAME VALUE` runs with another value of a parameter; going back restores',
  dag: '`orch graph` draws who waits for whom',
  ls: '`orch list` lists the tasks',
  tasks: '`orch list` lists the tasks',
  targets: '`orch list` lists the tasks',
  checkout: 'going back to earlier files or parameters, `orch run` restores what they made',
  gc: '`orch cache gc` makes the content cache smaller',
  commit: '`orch accept TASK` records outputs that were made without orch',
  diff: '`orch status` says what is stale, and why',
  dev: '`orch watch TASK` runs a task again whenever something that it goes by changes',
  lint: '`orch validate` checks the pipeline',
  check: '`orch validate` checks the pipeline',
};

/** A task is what is meant most often; only what exists is suggested. */
async function suggestion(word: string, options: GlobalOptions, program: Command): Promise<string> {
  const tasks = await taskNames(options);
  const commands = program.commands.map((command) => command.name());
  if (tasks.includes(word)) return `did you mean \`orch run ${word}\`?`;
  if (/^[A-Za-z_][\w.-]*=/.test(word)) return `to set a parameter of a run write orch run --param ${word}`;
  if (Object.hasOwn(HABITS, word)) return HABITS[word]!;
  const similar = nearest(word, [...tasks, ...commands]);
  if (similar === null && tasks.length === 0)
    return '`orch --help` lists the commands; `orch init` begins a pipeline';
  if (similar === null) return '`orch --help` lists the commands, `orch list` the tasks';
  return `did you mean \`orch ${tasks.includes(similar) ? 'run ' : ''}${similar}\`?`;
}

async function taskNames(options: GlobalOptions): Promise<readonly string[]> {
  try {
    const project = await openProject(projectRequest(options, [], false));
    return [...new Set(project.graph.tasks.map((task) => task.name))];
  } catch {
    // No project, or a broken one: that isn't what was asked about.
    return [];
  }
}
