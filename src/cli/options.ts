/** The flags of orch, once: commander, the splitting of argv, `ORCH_*` variables and reserved names read them here. */
import type { Command } from 'commander';

export interface Flag {
  /** As commander writes it: `-j, --jobs <n>`. */
  readonly flags: string;
  readonly description: string;
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

export const RUN_FLAGS: readonly Flag[] = [
  { flags: '-j, --jobs <n>', description: 'run up to N tasks at the same time (default: cores)' },
  { flags: '-k, --keep-going', description: 'after a failure go on with what does not depend on it' },
  { flags: '-n, --dry-run', description: 'print what would be done and why; change nothing' },
  {
    flags: '-B, --force',
    description: 'run the targets and all that they need; --force=TASK only that task',
  },
  { flags: '--param <name=value>', description: 'set a parameter (repeatable); --NAME VALUE does the same' },
  { flags: '--date <date>', description: 'value of run.date, YYYY-MM-DD (default: today)' },
  { flags: '--only', description: 'run just the targets, with their inputs as they lie' },
  { flags: '--materialize', description: 'put all outputs on disk, not only those that are asked for' },
  { flags: '--rehash', description: 'read every file again instead of trusting unchanged stats' },
  {
    flags: '--replace',
    description: 'set aside files that stand in folder or glob outputs without a record',
  },
  { flags: '--no-cache', description: 'neither use nor store cached results' },
  { flags: '--no-wait', description: 'exit with 4 instead of waiting for another run in this project' },
  {
    flags: '--resources <name=total>',
    description: 'total of a resource, e.g. memory=8GB or licences=2 (repeatable)',
  },
  {
    flags: '--output <mode>',
    description:
      "what tasks print: auto (the end of it after a failure, all of it while a task runs alone), group (all of it, in one piece at each task's end), stream (as it comes, prefixed) or quiet",
  },
  { flags: '--no-live', description: 'print plain lines on a terminal too, without the live view' },
  { flags: '-t, --touch', description: 'accept the outputs as they are, as `orch accept`' },
];

const NOT_OF_WATCH = new Set(['dry-run', 'rehash', 'no-wait', 'touch']);

export const WATCH_FLAGS: readonly Flag[] = [
  ...RUN_FLAGS.filter(({ flags }) => !NOT_OF_WATCH.has(longName(flags))).map((flag) =>
    longName(flag.flags) === 'force'
      ? {
          ...flag,
          description: 'force the first run, all that it needs included; --force=TASK only that task',
        }
      : flag,
  ),
  {
    flags: '--on-busy <what>',
    description: 'a change during a run: queue (run again afterwards, the default) or restart',
  },
  { flags: '--debounce <time>', description: 'begin this long after the last change (default: 100ms)' },
  {
    flags: '--poll <time>',
    description: 'look this often instead of waiting to be told (network drives, containers)',
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

/** Values of `ORCH_*` variables for flags that weren't given: `ORCH_JOBS=4`, `ORCH_KEEP_GOING=1`. */
export function fromEnvironment(flags: readonly Flag[], env: NodeJS.ProcessEnv): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { flags: written } of flags) {
    const name = longName(written);
    const value = env[`ORCH_${name.toUpperCase().replaceAll('-', '_')}`];
    if (value === undefined || value === '') continue;
    const key = name.replace(/^no-/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const isOn = !['0', 'false', 'no'].includes(value);
    if (REPEATABLE.has(name)) values[key] = value.split(',');
    else if (takesValue(written)) values[key] = value;
    else if (name.startsWith('no-')) values[key] = !isOn;
    else values[key] = isOn;
  }
  return values;
}
