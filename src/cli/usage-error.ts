/**
 * What the command-line library refuses, in orch's words: what is wrong, and what to write instead. Looks at the
 * command line only, never at a project.
 */
import type { Command, CommanderError } from 'commander';
import { CommandError } from '../app/exit-codes.ts';
import { nearest } from '../base/nearest.ts';
import { aboutFlag } from './foreign-flags.ts';
import { GLOBAL_FLAGS, longName, RUN_FLAGS } from './options.ts';

export function usageError(
  { code, message }: CommanderError,
  argv: readonly string[],
  { program, command }: { readonly program: Command; readonly command: Command | null },
): CommandError {
  const quoted = /'([^']*)'/s.exec(message)?.[1] ?? '';
  const name = command === null ? 'orch' : pathOf(command);
  switch (code) {
    case 'commander.unknownOption':
      return unknownFlag(quoted, argv, command);
    case 'commander.optionMissingArgument': {
      const value = /<(.*)>/.exec(quoted)?.[1] ?? 'value';
      const flag = quoted.replace(/ <.*/, '');
      const given = flag.split(', ').find((each) => argv.includes(each)) ?? flag;
      return new CommandError(`${given} needs a value`, undefined, `write ${given} ${value.toUpperCase()}`);
    }
    case 'commander.missingArgument':
      return new CommandError(
        `${name} needs a ${quoted.toUpperCase()}`,
        undefined,
        `write ${name} ${quoted.toUpperCase()}; \`${name} --help\` says more`,
      );
    case 'commander.excessArguments': {
      const takes = command?.registeredArguments.length ?? 0;
      return new CommandError(
        takes === 0
          ? `${name} takes no arguments`
          : `${name} takes only ${takes === 1 ? 'one argument' : `${takes} arguments`}`,
        undefined,
        `\`${name} --help\` says what it takes`,
      );
    }
    case 'commander.unknownCommand': {
      const known = (command ?? program).commands.map((each) => each.name());
      const close = nearest(quoted, known);
      return new CommandError(
        `there is no command '${name} ${quoted}'`,
        undefined,
        close === null
          ? `there are ${known.map((each) => `${name} ${each}`).join(', ')}`
          : `did you mean \`${name} ${close}\`?`,
      );
    }
    case 'commander.help':
      return new CommandError(
        `${name} needs one of its commands`,
        undefined,
        `there are ${(command ?? program).commands.map((each) => `${name} ${each.name()}`).join(', ')}`,
      );
    default:
      return new CommandError(
        message.replace(/^error: /, ''),
        undefined,
        `\`${name} --help\` says what it takes`,
      );
  }
}

function unknownFlag(flag: string, argv: readonly string[], command: Command | null): CommandError {
  const word = flag.replace(/=.*$/s, '');
  // `-x` may stand in `-nx`.
  const at = argv.findIndex(
    (each) => each.startsWith(word) || (/^-\w$/.test(word) && /^-\w+$/.test(each) && each.includes(word[1]!)),
  );
  const commandAt = command === null ? -1 : argv.indexOf(command.name());
  // What stands before the command is refused by the program itself.
  const refusedBy = commandAt !== -1 && at < commandAt ? null : command;
  const name = refusedBy === null ? 'orch' : pathOf(refusedBy);
  // `-j4` is `-j 4`.
  const spelled = /^-[A-Za-z]\d+$/.test(word) ? word.slice(0, 2) : word;
  const isOfRun = RUN_FLAGS.some(({ flags }) => flags.split(/[ ,]+/).includes(spelled));
  if (isOfRun && refusedBy === null && (command === null || command.name() === 'run')) {
    const rest = command === null ? argv : [...argv.slice(0, commandAt), ...argv.slice(commandAt + 1)];
    return new CommandError(
      `${word} is a flag of \`orch run\` and stands behind it`,
      undefined,
      `write orch run ${rest.join(' ')}`,
    );
  }
  const own = (refusedBy?.options ?? []).flatMap(({ long }) => (long ? [long.slice(2)] : []));
  const everywhere = GLOBAL_FLAGS.map(({ flags }) => longName(flags));
  if (flag !== word && [...own, ...everywhere].includes(word.slice(2)))
    return new CommandError(`${flag}: this flag takes no value`, undefined, `write ${word}`);
  return new CommandError(
    `${name} has no flag ${word}`,
    undefined,
    isOfRun
      ? `it is a flag of \`orch run\`; \`${name} --help\` lists those of ${name}`
      : (aboutFlag(word, own) ?? `\`${name} --help\` lists its flags`),
  );
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
