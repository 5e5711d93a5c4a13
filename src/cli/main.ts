/**
 * The command line: which commands there are, and what every one of them does with errors. What a command
 * needs is loaded by its action, so that `--version`, `--help` and `--list` load next to nothing.
 */
import { Argument, Command, Option } from 'commander';
import { EXIT } from '../app/exit-codes.ts';
import { endAfterCrash, hasCrashed } from '../base/at-crash.ts';
import { splitArgv } from './argv.ts';
import type { GcFlags } from './commands/cache.ts';
import type { VerifyFlags } from './commands/cache-verify.ts';
import { commandNotYet, isCommandNotYet, refuseFlagsNotYet } from './not-yet.ts';
import {
  addFlags,
  GLOBAL_FLAGS,
  gathered,
  longName,
  NO_WAIT,
  PARAM_FLAGS,
  RUN_FLAGS,
  takesValue,
  WATCH_FLAGS,
} from './options.ts';
import { exitWhenFlushed, tolerateClosedPipes } from './output.ts';
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
  if (argv[0] === 'complete') {
    const { complete } = await import('./commands/complete.ts');
    const { describeCommands } = await import('./completion/describe-commands.ts');
    return complete(argv.slice(1), describeCommands(program, WITH_PARAMS));
  }
  if (asksForHelp(argv, program)) (await import('./help.ts')).dressHelp(program);
  const failed = async (error: unknown): Promise<number> => {
    const { reportError } = await import('./report-error.ts');
    return reportError(error, { argv, program, command: commandIn(argv, program) });
  };
  // What is thrown beside the way of the command, in a callback or by a promise that nobody waits for. Nothing new
  // begins after it: running commands are ended, and what was recorded is safe.
  process.on('uncaughtException', (error) => {
    if (hasCrashed()) return;
    const ended = endAfterCrash();
    void failed(error).then((code) => ended.then(() => process.exit(code)));
  });
  try {
    await program.parseAsync(prepare(argv, program, state), { from: 'user' });
    return state.exitCode;
  } catch (error) {
    return failed(error);
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
    .option('--outputs', 'with --clean: remove recorded, unedited outputs too');
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
    .description('make the targets: run what is stale, restore what is cached, leave the rest');
  addFlags(run, RUN_FLAGS);
  run
    .addOption(new Option('--force-task <task>', 'as --force=TASK').hideHelp())
    .action((targets: string[], _options: unknown, command: Command) =>
      set(import('./commands/run.ts').then((module) => module.run(targets, globals(command), state))),
    );

  const watch = program
    .command('watch [targets...]')
    .description('run the targets, and again whenever something that they go by changes');
  addFlags(watch, WATCH_FLAGS);
  watch
    .addOption(new Option('--force-task <task>').hideHelp())
    .action((targets: string[], _options: unknown, command: Command) =>
      set(
        import('./commands/watch.ts').then((module) =>
          module.watch(targets, globals(command), {
            ...state,
            onTrouble: async (error) => {
              const { reportError } = await import('./report-error.ts');
              return reportError(error, { argv: process.argv.slice(2), program, command });
            },
          }),
        ),
      ),
    );

  const command = (usage: string, description: string) => program.command(usage).description(description);
  command('list', 'list the tasks')
    .option('--cells', 'list every cell of a matrix instead of one line for all')
    .option('--label <label>', 'only tasks with this label (repeatable)', gathered)
    .action((_options: unknown, self: Command) =>
      set(import('./commands/list.ts').then(({ list }) => list(globals(self), state.params))),
    );
  addFlags(command('status [targets...]', 'what is stale, and why'), PARAM_FLAGS)
    .option('--exit-code', 'exit with 1 if something is stale')
    .action((targets: string[], options: { exitCode?: boolean }, self: Command) =>
      set(
        import('./commands/status.ts').then(({ status }) =>
          status(targets, options.exitCode === true, globals(self), state.params),
        ),
      ),
    );
  addFlags(command('why <task>', 'why a task would run, or why it is up to date'), PARAM_FLAGS)
    .option('--run <id>', 'why it ran in an earlier run, by what was recorded then')
    .action((task: string, options: { run?: string }, self: Command) =>
      set(
        import('./commands/why.ts').then(({ why }) =>
          why(task, options.run ?? null, globals(self), state.params),
        ),
      ),
    );
  command('graph [targets...]', 'draw who waits for whom: as a tree, for Mermaid or Graphviz, as SVG or data')
    .addOption(
      new Option('--format <format>', 'what to print (default: tree)').choices([
        'tree',
        'mermaid',
        'dot',
        'json',
        'svg',
      ]),
    )
    .option('--cells', 'show every cell of a matrix instead of one node for all')
    .action((targets: string[], _options: unknown, self: Command) =>
      set(import('./commands/graph.ts').then(({ graph }) => graph(targets, globals(self), state.params))),
    );
  command('params [targets...]', 'list the parameters: values, where they come from, who uses them').action(
    (targets: string[], _options: unknown, self: Command) =>
      set(import('./commands/params.ts').then(({ params }) => params(targets, globals(self), state.params))),
  );
  command('logs <task>', 'print the log of the last attempt of a task').action(
    (task: string, _options: unknown, self: Command) =>
      set(import('./commands/logs.ts').then(({ logs }) => logs(task, globals(self)))),
  );
  addFlags(command('path <task>', 'print the outputs of a task, one a line'), PARAM_FLAGS).action(
    (task: string, _options: unknown, self: Command) =>
      set(import('./commands/path.ts').then(({ path }) => path(task, globals(self), state.params))),
  );
  addFlags(
    command('accept <task>', 'record the outputs on disk as the result of a task, without running it'),
    [...PARAM_FLAGS, NO_WAIT],
  ).action((task: string, _options: unknown, self: Command) =>
    set(import('./commands/accept.ts').then(({ accept }) => accept([task], globals(self), state.params))),
  );
  command('validate [files...]', 'check the pipelines without running anything').action(
    (files: string[], _options: unknown, self: Command) =>
      set(import('./commands/validate.ts').then(({ validate }) => validate(files, globals(self)))),
  );
  command('schema', 'print the JSON Schema of pipeline files')
    .option('--path', 'print where this version of it lies, for the settings of an editor')
    .action((options: { path?: boolean }) =>
      set(import('./commands/schema.ts').then(({ schema }) => schema(options))),
    );
  const explain = (code: string, names: readonly string[], self: Command) =>
    set(import('./commands/explain.ts').then((module) => module.explain(code, names, globals(self))));
  const help = 'print help for a command, or explain an error by its code';
  command('help [command...]', help).action((names: string[], _options: unknown, self: Command) => {
    const found = names.reduce<Command | undefined>(
      (within, name) => within?.commands.find((each) => each.name() === name),
      program,
    );
    const [name = ''] = names;
    if (found === undefined && isCommandNotYet(name)) throw commandNotYet(name, false);
    if (found === undefined) {
      const known = program.commands.filter((each) => each.name() !== 'explain').map((each) => each.name());
      return explain(names.join(' '), known, self);
    }
    return found.outputHelp();
  });
  program
    .command('explain <code>')
    .description('explain an error by its code')
    .action((code: string, _options: unknown, self: Command) => explain(code, [], self));
  command('completion', 'print a script that completes words in your shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action((shell: 'bash' | 'zsh' | 'fish') =>
      set(import('./commands/completion.ts').then(({ completion }) => completion(shell))),
    );
  command('init', 'write an orch.yaml from what is there: a Makefile, dvc.yaml, scripts… or an example')
    .option('--from <kind>', 'begin with this kind of file, instead of the first that is found')
    .option('-n, --dry-run', 'print it to stdout and write nothing')
    .option('-y, --yes', 'do not ask which of several to take: the first')
    .action((_options: unknown, self: Command) =>
      set(import('./commands/init.ts').then(({ init }) => init(globals(self)))),
    );
  command('clean', 'empty cache and state, never a file of yours')
    .option('--outputs', 'remove recorded, unedited outputs too')
    .option('--orphans', 'remove only recorded outputs that no task makes any more')
    .option('-y, --yes', 'do not ask')
    .option(NO_WAIT.flags, NO_WAIT.description)
    .action((_options: unknown, self: Command) =>
      set(import('./commands/clean.ts').then(({ clean }) => clean(globals(self)))),
    );
  const cache = program
    .command('cache')
    .description('look at the content cache, check it, or make it smaller')
    .helpCommand(false);
  cache
    .command('info')
    .description('where it is, how large it is and may become, and for which projects it keeps what')
    .action((_options: unknown, self: Command) =>
      set(import('./commands/cache.ts').then(({ cacheInfo }) => cacheInfo(globals(self)))),
    );
  cache
    .command('path')
    .description('print its folder')
    .action((_options: unknown, self: Command) =>
      set(import('./commands/cache.ts').then(({ cachePath }) => cachePath(globals(self)))),
    );
  cache
    .command('verify')
    .description('read all of it, and say what is damaged')
    .option('--repair', 'set aside what is damaged; store it again where an output still has the bytes')
    .action((flags: VerifyFlags, self: Command) =>
      set(import('./commands/cache-verify.ts').then(({ cacheVerify }) => cacheVerify(flags, globals(self)))),
    );
  cache
    .command('gc')
    .description('remove what is long unused, never the last good results of a project')
    .option('--max-size <size>', 'down to this, such as 10GB (default: below the cap)')
    .option('--max-age <duration>', 'and what was not used for so long, such as 30d')
    .option('-n, --dry-run', 'only say what would be removed')
    .action((flags: GcFlags, self: Command) =>
      set(import('./commands/cache.ts').then(({ cacheGc }) => cacheGc(flags, globals(self)))),
    );
  // What a run takes as parameters can be asked about in the same words.
  for (const each of program.commands)
    if (WITH_PARAMS.has(each.name()) && !each.options.some(({ long }) => long === '--param'))
      addFlags(
        each,
        RUN_FLAGS.filter(({ flags }) => longName(flags) === 'param'),
      );
  for (const each of [...program.commands, ...cache.commands])
    each.exitOverride().configureOutput(QUIET_LIBRARY).allowExcessArguments(false);
}

/** Also where nothing is asked for, which is answered with help. Once too often does no harm. */
function asksForHelp(argv: readonly string[], program: Command): boolean {
  const words = argv.filter((word) => !word.startsWith('-'));
  const { commands } = program.commands.find((each) => each.name() === words.at(-1)) ?? program;
  return (words.length <= 1 && commands.length > 0) || argv.some((word) => /^(-h|--help|help)$/.test(word));
}

/** Commands that read a pipeline's parameters. */
const WITH_PARAMS = new Set(['run', 'watch', 'list', 'graph', 'params', 'status', 'why', 'path', 'accept']);

/** What commander can't express: parameters as flags, `--force=TASK`, words after `--`. */
function prepare(argv: readonly string[], program: Command, state: MainState): string[] {
  const all = [...GLOBAL_FLAGS, ...RUN_FLAGS, ...WATCH_FLAGS].map(({ flags }) => flags);
  const withValue = new Set(all.filter(takesValue).map(longName));
  const at = commandIndex(argv, withValue);
  const name = argv[at] ?? null;
  // `orch --clean` is `orch clean`, with all its flags.
  if (name === null && argv.includes('--clean') && !argv.includes('--list'))
    return ['clean', ...argv.filter((word) => word !== '--clean')];
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined && name !== null && isCommandNotYet(name))
    // Whatever flags it will have: what is told is about the command.
    return argv.slice(0, at + 1);
  if (name === 'run' || name === 'watch') refuseFlagsNotYet(argv, process.env);
  if (command === undefined || name === null || !WITH_PARAMS.has(name)) return [...argv];
  for (const { long, required } of command.options) if (long && required) withValue.add(long.slice(2));
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
  state.params = split.params.map((param) => ({ ...param, ownFlags: own }));
  return [...split.known];
}

/** The innermost command that the words name, null where the first word is none. */
function commandIn(argv: readonly string[], program: Command): Command | null {
  const withValue = new Set(
    GLOBAL_FLAGS.map(({ flags }) => flags)
      .filter(takesValue)
      .map(longName),
  );
  const name = argv[commandIndex(argv, withValue)] ?? null;
  const command = program.commands.find((each) => each.name() === name) ?? null;
  return command?.commands.find((each) => argv[argv.indexOf(name ?? '') + 1] === each.name()) ?? command;
}

/** -1 where no command is given. */
function commandIndex(argv: readonly string[], withValue: ReadonlySet<string>): number {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (!word.startsWith('-')) return at;
    if (/^-[jfCp]$/.test(word) || (word.startsWith('--') && withValue.has(word.slice(2)))) at++;
  }
  return -1;
}

tolerateClosedPipes();
// After a crash, the handler above ends the process.
void main(process.argv.slice(2)).then((code) => hasCrashed() || exitWhenFlushed(code));
