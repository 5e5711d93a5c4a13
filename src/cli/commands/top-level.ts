/** `orch` without a command: `--list`, `--clean`, help, or a task's name where `run` was forgotten. */
import type { Command } from 'commander';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { print } from '../output.ts';
import type { GlobalOptions } from '../request.ts';

export async function topLevel(
  options: GlobalOptions,
  words: readonly string[],
  program: Command,
): Promise<number> {
  const [word] = words;
  if (word !== undefined) {
    const { nearest } = await import('../../base/nearest.ts');
    const similar = nearest(
      word,
      program.commands.map((command) => command.name()),
    );
    throw new CommandError(
      `there is no command '${word}'`,
      EXIT.usage,
      `did you mean \`orch ${similar ?? `run ${words.join(' ')}`}\`?`,
    );
  }
  if (options.list === true) return (await import('./list.ts')).list(options);
  if (options.clean === true) return (await import('./clean.ts')).clean(options);
  print(program.helpInformation());
  return EXIT.usage;
}
