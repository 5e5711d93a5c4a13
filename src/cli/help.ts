/**
 * How `--help` looks: commands and flags in groups, examples below. Loaded only when help is asked for. What there
 * is to be said comes from the commands themselves and from `examples.ts`.
 */
import type { Command, Option } from 'commander';
import { STARTER_KINDS } from '../starters/starter.ts';
import { EXAMPLES, type Example } from './examples.ts';
import { GLOBAL_FLAGS } from './options.ts';

/** Commands that aren't named here come under a heading of their own. */
const COMMAND_GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Make:': ['run', 'watch', 'accept'],
  'Look:': ['list', 'status', 'why', 'graph', 'params', 'logs', 'path'],
  'Project:': ['init', 'validate', 'schema', 'cache', 'clean'],
  'Shell:': ['help', 'explain', 'completion'],
};

const RUN_FLAG_GROUPS: Readonly<Record<string, readonly string[]>> = {
  'What to do:': ['dry-run', 'force', 'keep-going', 'only', 'touch', 'materialize', 'replace'],
  'Values:': ['param', 'date'],
  'How:': ['jobs', 'resources', 'output', 'no-live', 'no-wait', 'no-cache', 'rehash'],
  'Watching:': ['on-busy', 'debounce', 'poll', 'no-clear'],
};

const NOTES: Readonly<Record<string, string>> = {
  run:
    "Targets are tasks (train), cells ('train[model=a]', 'train[month=1..3]'), tasks\n" +
    'of a pipeline (taxi:train) or output files. Each parameter is a flag (--month 2)\n' +
    'and each flag a variable (ORCH_JOBS=4, ORCH_KEEP_GOING=yes).\n\n' +
    '--output auto shows the end of a failed task, all of a task that runs alone;\n' +
    'group each task whole at its end; stream lines as they come, prefixed.\n\n' +
    'Secrets of tasks come from variables, or from .env.secrets (ORCH_SECRETS_FILE).',
  watch:
    'What counts is content, of sources and pipeline files: touched files, and what\n' +
    'tasks make, begin nothing. A run that finds everything up to date is not shown.\n' +
    'Polling is for network drives and containers. Ctrl-C ends it: with 0 while it\n' +
    'waits, with 130 in a run.',
  schema:
    'The first line of a pipeline names it for editors:\n' +
    '  # yaml-language-server: $schema=.orch.schema.json',
  init:
    'Kinds, in the order in which they are looked for:\n' +
    `${inLines(STARTER_KINDS)}\n\n` +
    'Nothing of what is found is run, and no file is replaced. What cannot be carried\n' +
    'over is said, and stands in the file as a comment. -f FILE writes to another\n' +
    'place, such as pipelines/build.yaml.',
  'cache verify':
    'Contents are read against their digests, results against their checksums, and\n' +
    'what results name must be there. Runs may go on meanwhile. --repair stores a\n' +
    'content again where a project still has it on disk, sets aside what is damaged\n' +
    '(quarantine/ in the folder of `orch cache path`) and drops results that can no\n' +
    'longer be restored: their tasks run again when asked for. Exit 0: all is well,\n' +
    'or is so now; 3: something is damaged.',
  'cache gc':
    'The least recently used results go first; runs may go on meanwhile. A run that\n' +
    'stores something does this by itself once the cache is above its cap:\n' +
    'cache.max_size in the pipeline or ORCH_CACHE_MAX_SIZE, by default 20GB.',
};

/** Indented, with commas, within 80 columns. */
function inLines(words: readonly string[]): string {
  const lines = [''];
  for (const [at, word] of words.entries()) {
    const text = at < words.length - 1 ? `${word},` : word;
    if (`${lines.at(-1)} ${text}`.length > 78) lines.push('');
    lines[lines.length - 1] += ` ${text}`;
  }
  return lines.map((line) => ` ${line}`).join('\n');
}

/** Prepares a program and all its commands for printing their help. */
export function dressHelp(program: Command): void {
  program.configureHelp({
    subcommandTerm: (command) =>
      [command.name(), ...command.registeredArguments.map((argument) => bracketed(argument))].join(' '),
  });
  for (const command of program.commands) {
    const heading = groupOf(COMMAND_GROUPS, command.name());
    if (heading !== null) command.helpGroup(heading);
  }
  dress(program, '');
}

function dress(command: Command, name: string): void {
  if (name !== '') hideHelpFlag(command);
  if (name === 'run' || name === 'watch') groupFlags(command.options as Option[]);
  const parts = [
    NOTES[name],
    name === '' ? undefined : `Everywhere: ${globalFlags()}`,
    examplesText(EXAMPLES[name] ?? []),
  ];
  command.addHelpText('after', parts.flatMap((part) => (part ? [`\n${part}`] : [])).join('\n'));
  for (const each of command.commands) {
    each.configureHelp(command.configureHelp());
    dress(each, `${name} ${each.name()}`.trim());
  }
}

/** Groups come in the order in which a flag of each comes first. */
function groupFlags(options: Option[]): void {
  const headings = Object.keys(RUN_FLAG_GROUPS);
  const headingOf = ({ long }: Option) => groupOf(RUN_FLAG_GROUPS, (long ?? '').slice(2));
  const rank = (option: Option) => headings.indexOf(headingOf(option) ?? '') + 1 || headings.length + 1;
  options.sort((a, b) => rank(a) - rank(b));
  for (const option of options) option.helpGroup(headingOf(option) ?? 'Options:');
}

/** It is said once, for all commands. */
function hideHelpFlag(command: Command): void {
  command.configureHelp({
    ...command.configureHelp(),
    visibleOptions: (shown) => shown.options.filter((option: Option) => !option.hidden),
  });
}

function groupOf(groups: Readonly<Record<string, readonly string[]>>, name: string): string | null {
  return Object.entries(groups).find(([, names]) => names.includes(name))?.[0] ?? null;
}

function bracketed(argument: { required: boolean; variadic: boolean; name(): string }): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** `-C DIR, -f FILE, …, -h`: what they do is told by `orch --help`. */
function globalFlags(): string {
  const short = GLOBAL_FLAGS.map(({ flags }) => {
    const [first = ''] = flags.split(/[ ,]/);
    const value = /<(\w+)>/.exec(flags)?.[1];
    return value === undefined ? first : `${first} ${value.toUpperCase()}`;
  });
  return [...short, '-h'].join(', ');
}

function examplesText(examples: readonly Example[]): string {
  if (examples.length === 0) return '';
  const width = Math.max(...examples.map(({ line }) => line.length));
  const lines = examples.map(({ line, does }) => `  ${line.padEnd(width)}  ${does}`);
  return `Examples:\n${lines.join('\n')}`;
}
