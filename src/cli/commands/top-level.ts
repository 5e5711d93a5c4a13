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

/** A task is what is meant most often; only what exists is suggested. */
async function suggestion(word: string, options: GlobalOptions, program: Command): Promise<string> {
  const tasks = await taskNames(options);
  const commands = program.commands.map((command) => command.name());
  if (tasks.includes(word)) return `did you mean \`orch run ${word}\`?`;
  if (/^[A-Za-z_][\w.-]*=/.test(word)) return `to set a parameter of a run write orch run --param ${word}`;
  const similar = nearest(word, [...tasks, ...commands]);
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
