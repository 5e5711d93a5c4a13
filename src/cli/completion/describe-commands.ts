/** Writes down commander's commands as plain data. Needed only while orch is built, and by tests. */
import type { Command, Option } from 'commander';
import { STARTER_KINDS } from '../../starters/starter.ts';
import { RUN_FLAGS, WATCH_FLAGS } from '../options.ts';
import type { CommandInfo, FlagInfo } from './command-info.ts';

/** `takesParams`: names of commands whose flags may be parameters. */
export function describeCommands(command: Command, takesParams: ReadonlySet<string>): CommandInfo {
  return {
    name: command.name(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      variadic: argument.variadic,
      values: argument.argChoices ?? null,
    })),
    flags: command.options.filter((option) => !option.hidden && option.long).map(describeFlag),
    takesParams: takesParams.has(command.name()),
    commands: command.commands.map((each) => describeCommands(each, takesParams)),
  };
}

function describeFlag(option: Option): FlagInfo {
  const flag = [...RUN_FLAGS, ...WATCH_FLAGS].find(({ flags }) => flags === option.flags);
  return {
    long: option.long!,
    short: option.short ?? null,
    value: /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? null,
    values: option.argChoices ?? flag?.values ?? (option.long === '--from' ? STARTER_KINDS : null),
    description: option.description,
  };
}
