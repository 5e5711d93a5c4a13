/** The flags of orch, once: commander, the splitting of argv, `ORCH_*` variables and reserved names read them here. */
import type { Command } from 'commander';
import { checkVariable, isOn } from './flag-values.ts';

export interface Flag {
  /** As commander writes it: `-j, --jobs <n>`. */
  readonly flags: string;
  readonly description: string;
  /** The only values that it takes, where that is so: for completion. */
  readonly values?: readonly string[];
}

/** Understood by every command, before or after its name. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { flags: '-C, --directory <dir>', description: 'work as if started in this folder' },
  { flags: '-f, --file <file>', description: 'use this pipeline file' },
  { flags: '--root <dir>', description: 'project root, instead of the folder that holds the pipelines' },
  {
    flags: '-p, --pipeline <name>',
    description: 'mean this pipeline where several have a task of the same name',
  },
  { flags: '-q, --quiet', description: 'print only warnings and errors' },
  { flags: '-v, --verbose', description: 'pass on the output of tasks while they run' },
  { flags: '--json', description: 'print data as JSON (`run`: one event a line)' },
  { flags: '--no-color', description: 'print without colour' },
];

/** Of every command that changes a project. */
export const NO_WAIT: Flag = {
  flags: '--no-wait',
  description: 'exit with 4 instead of waiting for another run',
};

export const RUN_FLAGS: readonly Flag[] = [
  { flags: '-j, --jobs <n>', description: 'run up to N tasks at the same time (default: cores)' },
  { flags: '-k, --keep-going', description: 'after a failure go on with what does not need it' },
  { flags: '-n, --dry-run', description: 'print what would be done and why; change nothing' },
  {
    flags: '-B, --force',
    description: 'run even what is up to date; --force=TASK only TASK',
  },
  { flags: '--param <name=value>', description: 'set a parameter (repeatable); or: --NAME VALUE' },
  { flags: '--date <date>', description: 'value of run.date, YYYY-MM-DD (default: today)' },
  { flags: '--only', description: 'run just the targets, with their inputs as they lie' },
  { flags: '--materialize', description: 'put all outputs on disk, not only those asked for' },
  { flags: '--rehash', description: 'read every file again, whatever its stat says' },
  {
    flags: '--replace',
    description: 'set aside what orch did not make in output folders',
  },
  { flags: '--no-cache', description: 'neither use nor store cached results' },
  NO_WAIT,
  {
    flags: '--resources <name=total>',
    description: 'total of a resource: memory=8GB (repeatable)',
  },
  {
    flags: '--output <mode>',
    description: 'what tasks print: auto, group, stream or quiet',
    values: ['auto', 'group', 'stream', 'quiet'],
  },
  { flags: '--no-live', description: 'print plain lines on a terminal too' },
  { flags: '-t, --touch', description: 'accept the outputs as they are, as `orch accept`' },
];

/** What other commands that read a pipeline's parameters take of those. */
export const PARAM_FLAGS = RUN_FLAGS.filter(({ flags }) => /^--(param|date) /.test(flags));

const NOT_OF_WATCH = new Set(['dry-run', 'rehash', 'no-wait', 'touch']);

export const WATCH_FLAGS: readonly Flag[] = [
  ...RUN_FLAGS.filter(({ flags }) => !NOT_OF_WATCH.has(longName(flags))).map((flag) =>
    longName(flag.flags) === 'force'
      ? {
          ...flag,
          description: 'force the first run; --force=TASK only TASK',
        }
      : flag,
  ),
  {
    flags: '--on-busy <what>',
    description: 'on a change during a run: queue (default) or restart',
    values: ['queue', 'restart'],
  },
  { flags: '--debounce <time>', description: 'begin this long after the last change (default: 100ms)' },
  {
    flags: '--poll <time>',
    description: 'look this often instead of waiting to be told',
  },
  { flags: '--no-clear', description: 'leave on the screen what earlier runs printed' },
];

const REPEATABLE = new Set(['param', 'resources']);

/** For commander: an option that may be given several times. */
export function gathered(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function addFlags(command: Command, flags: readonly Flag[]): Command {
  for (const { flags: written, description } of flags) {
    if (REPEATABLE.has(longName(written))) command.option(written, description, gathered);
    else command.option(written, description);
  }
  return command;
}

/** `keep-going` of `-k, --keep-going`; `no-cache` of `--no-cache`. */
export function longName(flags: string): string {
  return /--([a-z-]+)/.exec(flags)![1]!;
}

export function takesValue(flags: string): boolean {
  return flags.includes('<');
}

/** `ORCH_KEEP_GOING` of `keep-going`. */
export function variableOf(name: string): string {
  return `ORCH_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Values of `ORCH_*` variables for flags that weren't given: `ORCH_JOBS=4`, `ORCH_KEEP_GOING=1`. Throws where one
 * can't be meant, and names the variable.
 */
export function fromEnvironment(flags: readonly Flag[], env: NodeJS.ProcessEnv): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { flags: written } of flags) {
    const name = longName(written);
    const variable = variableOf(name);
    const value = env[variable];
    if (value === undefined || value === '') continue;
    const key = name.replace(/^no-/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (takesValue(written)) {
      const texts = REPEATABLE.has(name) ? value.split(',') : [value];
      for (const text of texts) checkVariable(variable, name, text);
      values[key] = REPEATABLE.has(name) ? texts : value;
    } else values[key] = isOn(variable, value) !== name.startsWith('no-');
  }
  return values;
}
