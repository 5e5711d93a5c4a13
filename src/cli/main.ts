/**
 * The command line: which commands there are, and what every one of them does with errors. What a command
 * needs is loaded by its action, so that `--version`, `--help` and `--list` load next to nothing.
 */
import { Command } from 'commander';
import { CommandError, EXIT } from '../app/exit-codes.ts';
import { splitArgv } from './argv.ts';
import { addFlags, GLOBAL_FLAGS, longName, RUN_FLAGS, takesValue } from './options.ts';
import { exitWhenFlushed, print, tolerateClosedPipes } from './output.ts';
import type { GlobalOptions } from './request.ts';

declare const ORCH_VERSION: string;

async function main(argv: readonly string[]): Promise<number> {
  // What ends without an answer is no success: a promise that nobody settles lets node end by itself, with 0.
  process.exitCode = EXIT.unusable;
  const program = createProgram();
  const state = {
    exitCode: 0,
    extra: [] as readonly string[],
    params: [] as ReturnType<typeof splitArgv>['params'],
  };
  defineCommands(program, state);
  try {
    await program.parseAsync(prepare(argv, program, state), { from: 'user' });
    return state.exitCode;
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    return reportError(error, { argv, program, command: commandIn(argv, program) });
  }
}

interface MainState {
  exitCode: number;
  extra: readonly string[];
  params: ReturnType<typeof splitArgv>['params'];
}

/** Mistakes are explained by `report-error`, in orch's own words. */
const QUIET_LIBRARY = { writeErr: () => {}, outputError: () => {} };

function createProgram(): Command {
  const program = new Command('orch')
    .description('Incremental task runner for data and ML pipelines: reruns only what changed, by content.')
    .version(ORCH_VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .usage('[options] <command>')
    .exitOverride()
    .configureOutput(QUIET_LIBRARY);
  addFlags(program, GLOBAL_FLAGS);
  program
    .option('--list', 'list the tasks, as `orch list`')
    .option('--clean', 'empty cache and state, as `orch clean`')
    .option('-y, --yes', 'with --clean: do not ask')
    .option('--outputs', 'with --clean: remove recorded, unedited outputs too')
    .addHelpText(
      'after',
      `
Examples:
  orch run deploy                 make deploy and everything it needs, as far as it is stale
  orch run deploy --month 2       with another value of the parameter month
  orch run -n deploy              what would run, and why
  orch --list                     the tasks of this project
  orch logs train                 what the last attempt of train printed`,
    );
  return program;
}

function defineCommands(program: Command, state: MainState): void {
  const set = (code: Promise<number>) =>
    code.then((value) => {
      state.exitCode = value;
    });
  const globals = (command: Command) => command.optsWithGlobals() as GlobalOptions & Record<string, never>;

  program.action((_options: unknown, command: Command) =>
    set(
      import('./commands/top-level.ts').then(({ topLevel }) =>
        topLevel(globals(command), command.args, program),
      ),
    ),
  );

  // Words that are no command: `top-level` says what was meant by them.
  program.allowExcessArguments(true);

  const run = program
    .command('run [targets...]')
    .description('make the targets: run what is stale, restore what is cached, leave the rest')
    .addHelpText(
      'after',
      `
Targets are tasks (train), matrix cells ('train[model=a]'), tasks of a pipeline (taxi:train) or output files.
Every parameter of the pipeline is a flag: --month 2. Words after -- are added to the target's command.
Each flag has a variable: ORCH_JOBS=4, ORCH_KEEP_GOING=1.

Examples:
  orch run                        the default targets
  orch run train --model.max_depth=8
  orch run -j 8 -k report
  orch run -B train               once more, whatever is up to date
  orch run --force=train deploy   only train is forced`,
    );
  addFlags(run, RUN_FLAGS);
  run
    .option('--force-task <task>', 'as --force=TASK')
    .action((targets: string[], _options: unknown, command: Command) =>
      set(import('./commands/run.ts').then((module) => module.run(targets, globals(command), state))),
    );

  const command = (usage: string, description: string) => program.command(usage).description(description);
  command('list', 'list pipelines and tasks').action((_options: unknown, self: Command) =>
    set(import('./commands/list.ts').then(({ list }) => list(globals(self)))),
  );
  command('status [targets...]', 'what is stale, and why')
    .option('--exit-code', 'exit with 1 if something is stale')
    .action((targets: string[], options: { exitCode?: boolean }, self: Command) =>
      set(
        import('./commands/status.ts').then(({ status }) =>
          status(targets, options.exitCode === true, globals(self), state.params),
        ),
      ),
    );
  command('logs <task>', 'print the log of the last attempt of a task').action(
    (task: string, _options: unknown, self: Command) =>
      set(import('./commands/logs.ts').then(({ logs }) => logs(task, globals(self)))),
  );
  command('path <task>', 'print the outputs of a task, one a line').action(
    (task: string, _options: unknown, self: Command) =>
      set(import('./commands/path.ts').then(({ path }) => path(task, globals(self), state.params))),
  );
  command('accept <task>', 'record the outputs on disk as the result of a task, without running it').action(
    (task: string, _options: unknown, self: Command) =>
      set(import('./commands/accept.ts').then(({ accept }) => accept([task], globals(self), state.params))),
  );
  command('validate [files...]', 'check the pipelines without running anything').action(
    (files: string[], _options: unknown, self: Command) =>
      set(import('./commands/validate.ts').then(({ validate }) => validate(files, globals(self)))),
  );
  command('schema', 'print the JSON Schema of pipeline files').action(() =>
    set(import('./commands/schema.ts').then(({ schema }) => schema())),
  );
  command('help [command]', 'print help for a command').action((name: string | undefined) => {
    const found = program.commands.find((each) => each.name() === name);
    if (name !== undefined && found === undefined)
      throw new CommandError(`there is no command '${name}'`, EXIT.usage, '`orch --help` lists the commands');
    print((found ?? program).helpInformation());
  });
  command('init', 'write a small orch.yaml to begin with').action((_options: unknown, self: Command) =>
    set(import('./commands/init.ts').then(({ init }) => init(globals(self)))),
  );
  command('clean', 'empty cache and state, never a file of yours')
    .option('--outputs', 'remove recorded, unedited outputs too')
    .option('--orphans', 'remove only recorded outputs that no task makes any more')
    .option('-y, --yes', 'do not ask')
    .action((_options: unknown, self: Command) =>
      set(import('./commands/clean.ts').then(({ clean }) => clean(globals(self)))),
    );
  const cache = program.command('cache').description('look at the content cache');
  cache
    .command('info')
    .description('where it is, how large, how many contents')
    .action((_options: unknown, self: Command) =>
      set(import('./commands/cache.ts').then(({ cacheInfo }) => cacheInfo(globals(self)))),
    );
  cache
    .command('path')
    .description('print its folder')
    .action((_options: unknown, self: Command) =>
      set(import('./commands/cache.ts').then(({ cachePath }) => cachePath(globals(self)))),
    );
  for (const each of [...program.commands, ...cache.commands])
    each.exitOverride().configureOutput(QUIET_LIBRARY).allowExcessArguments(false);
}

/** Commands that read a pipeline's parameters. */
const WITH_PARAMS = new Set(['run', 'status', 'path', 'accept']);

/** What commander can't express: parameters as flags, `--force=TASK`, words after `--`. */
function prepare(argv: readonly string[], program: Command, state: MainState): string[] {
  const all = [...GLOBAL_FLAGS, ...RUN_FLAGS].map(({ flags }) => flags);
  const withValue = new Set(all.filter(takesValue).map(longName));
  const name = commandName(argv, withValue);
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined || name === null || !WITH_PARAMS.has(name)) return [...argv];
  const own = command.options.flatMap(({ long }) => (long ? [long.slice(2)] : []));
  const flags = new Set([
    ...GLOBAL_FLAGS.map(({ flags: written }) => longName(written)),
    ...own,
    'help',
    'version',
    'param',
  ]);
  const forced = argv.map((word) =>
    word.startsWith('--force=') ? `--force-task=${word.slice('--force='.length)}` : word,
  );
  const split = splitArgv(forced, flags, withValue);
  state.extra = split.extra;
  state.params = split.params;
  return [...split.known];
}

/** The innermost command that the words name, null where the first word is none. */
function commandIn(argv: readonly string[], program: Command): Command | null {
  const name = commandName(
    argv,
    new Set(
      GLOBAL_FLAGS.map(({ flags }) => flags)
        .filter(takesValue)
        .map(longName),
    ),
  );
  const command = program.commands.find((each) => each.name() === name) ?? null;
  return command?.commands.find((each) => argv[argv.indexOf(name ?? '') + 1] === each.name()) ?? command;
}

function commandName(argv: readonly string[], withValue: ReadonlySet<string>): string | null {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (!word.startsWith('-')) return word;
    if (/^-[jfCp]$/.test(word) || (word.startsWith('--') && withValue.has(word.slice(2)))) at++;
  }
  return null;
}

tolerateClosedPipes();
void main(process.argv.slice(2)).then(exitWhenFlushed);
