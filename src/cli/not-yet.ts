/**
 * What the contract promises and this version hasn't got: commands and flags of `run`. They are known by name, so
 * that whoever types one is told so, and is offered nothing that merely looks like it. A line goes from here when
 * what it names comes. Knows neither projects nor commander.
 */
import { CommandError, EXIT } from '../app/exit-codes.ts';
import { variableOf } from './options.ts';

const COMMANDS: ReadonlySet<string> = new Set([
  'history',
  'show',
  'stats',
  'report',
  'lineage',
  'audit',
  'verify',
  'menu',
  'serve',
  'schedule',
  'backfill',
  'export',
  'import',
  'doctor',
  'metrics',
]);

/** Long names. Parameters of these names have no flag of their own, so that pipelines needn't change later. */
export const FLAGS_NOT_YET: readonly string[] = [
  'from',
  'until',
  'profile',
  'label',
  'since',
  'trace',
  'replay-logs',
];

export function isCommandNotYet(word: string): boolean {
  return COMMANDS.has(word);
}

/** `task`: the project has a task of that name, which may be what was meant. */
export function commandNotYet(name: string, task: boolean): CommandError {
  return new CommandError(
    `\`orch ${name}\` is not supported yet`,
    EXIT.usage,
    task
      ? `for the task of that name: \`orch run ${name}\``
      : '`orch --help` lists the commands that there are',
  );
}

/** Throws where `orch run` is given such a flag, or its variable. */
export function refuseFlagsNotYet(argv: readonly string[], env: NodeJS.ProcessEnv): void {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  for (const name of FLAGS_NOT_YET) {
    const variable = variableOf(name);
    if (words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`)))
      throw new CommandError(
        `--${name} is not supported yet`,
        EXIT.usage,
        `a parameter called ${name.replaceAll('-', '_')} is set by --param ${name.replaceAll('-', '_')}=…`,
      );
    if ((env[variable] ?? '') !== '')
      throw new CommandError(
        `${variable} stands for --${name}, which is not supported yet`,
        EXIT.usage,
        `unset ${variable}`,
      );
  }
}
