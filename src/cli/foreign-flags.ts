/**
 * Flags of make, Snakemake, DVC, Turborepo and others that orch doesn't have: what does the same here. Only looked
 * at when a command line has been refused.
 */
import { nearest } from '../base/nearest.ts';
import { GLOBAL_FLAGS, longName, RUN_FLAGS } from './options.ts';

const QUIET = '-q prints only warnings and errors';
const JOBS = 'the number of workers is -j N';
const KEEP_GOING = '-k goes on after a failure';
const FORCE = '-B runs everything anew, --force=TASK one task';
const PARAM = 'a parameter is set by --param NAME=VALUE, or by a flag of its own, --NAME VALUE';
const STATUS = '`orch status` says what is stale; with --exit-code it ends with 1 if something is';
const DRY_RUN = '-n prints what would be done, and why';
const NOTHING_BUILT_IN = 'orch has no built-in rules or variables that it could turn off';
const ALREADY_SO = 'that is how orch always works: what was done stays done';
const SECRETS =
  'secrets come from the environment or from .env.secrets; ORCH_SECRETS_FILE names another file';
const GRAPH = '`orch graph` draws who waits for whom';
const WHY = '`orch why TASK` says why a task would run; -n prints it for all of them';

const SHORT: Readonly<Record<string, string>> = {
  s: `${QUIET} (-s of make); of DVC's -s, --only does the same`,
  r: NOTHING_BUILT_IN,
  R: `${NOTHING_BUILT_IN}; of Snakemake's -R TASK, --force=TASK does the same`,
  i: KEEP_GOING,
  S: `without -k, orch stops at the first failure; ${PARAM}`,
  d: WHY,
  e: 'variables of the environment reach tasks as they are; ORCH_PARAM_NAME sets a parameter',
  o: '--only runs just the targets, with their inputs as they lie',
  W: 'orch goes by content: --force=TASK runs a task anew',
  l: '-j N limits the workers; there is no limit by load',
  O: '--output group prints the output of each task in one piece, which is the default',
  w: 'orch prints paths from the root; -C DIR works in another folder',
  c: JOBS,
  F: FORCE,
  a: 'without a target, `orch run` makes the `default` of the pipeline',
  b: 'orch needs no such flag',
  m: 'orch needs no such flag',
  D: PARAM,
  P: PARAM,
  x: 'orch prints no commands before it runs them: `-v` passes on their output, and a shell shows them by `set -x`',
  u: '-v passes on the output of tasks while they run',
  V: '--version prints the version',
};

const LONG: Readonly<Record<string, string>> = {
  silent: QUIET,
  'no-print-directory': QUIET,
  'print-directory': SHORT['w']!,
  'always-make': FORCE,
  'force-all': FORCE,
  forceall: FORCE,
  forcerun: FORCE,
  'force-run': FORCE,
  'force-run-tasks': FORCE,
  'just-print': DRY_RUN,
  recon: DRY_RUN,
  dry: DRY_RUN,
  plan: DRY_RUN,
  reason: WHY,
  explain: WHY,
  debug: WHY,
  question: STATUS,
  summary: STATUS,
  'ignore-errors': KEEP_GOING,
  continue: KEEP_GOING,
  'no-bail': KEEP_GOING,
  'no-builtin-rules': NOTHING_BUILT_IN,
  'no-builtin-variables': NOTHING_BUILT_IN,
  cores: JOBS,
  cpus: JOBS,
  threads: JOBS,
  workers: JOBS,
  parallel: JOBS,
  concurrency: JOBS,
  'max-load': SHORT['l']!,
  'load-average': SHORT['l']!,
  'output-sync': SHORT['O']!,
  'output-logs': '--output group|stream|quiet',
  config: `-f FILE names the pipeline file; ${PARAM}`,
  configfile: '-f FILE names the pipeline file',
  snakefile: '-f FILE names the pipeline file',
  makefile: '-f FILE names the pipeline file',
  taskfile: '-f FILE names the pipeline file',
  set: PARAM,
  'set-param': PARAM,
  var: PARAM,
  env: PARAM,
  define: PARAM,
  'single-item': '--only runs just the targets, with their inputs as they lie',
  'no-run-cache': '--no-cache neither uses nor stores cached results',
  'no-deps': '--only runs just the targets, with their inputs as they lie',
  'rerun-incomplete': ALREADY_SO,
  resume: ALREADY_SO,
  unlock: 'a lock of a process that is gone holds nobody up',
  dag: GRAPH,
  lint: '`orch validate` checks the pipeline',
  check: '`orch validate` checks the pipeline, `orch status --exit-code` whether anything is stale',
  filter: 'targets are given by name: orch run TASK…',
  tags: 'targets are given by name: orch run TASK…',
  all: "without a target, `orch run` makes the `default` of the pipeline; 'task[*]' means every cell",
  color: 'colour is on at a terminal; FORCE_COLOR=1 turns it on elsewhere',
  colour: 'colour is on at a terminal; FORCE_COLOR=1 turns it on elsewhere',
  target: 'targets are given by name: orch run TASK…',
  task: 'targets are given by name: orch run TASK…',
  list: '`orch list` lists the tasks',
  tasks: '`orch list` lists the tasks',
  clean: '`orch clean` empties cache and state',
  watch: '`orch watch TASK` runs a task again whenever something that it goes by changes',
  graph: GRAPH,
  'secret-file': SECRETS,
  'secrets-file': SECRETS,
  'env-file': SECRETS,
  secret: SECRETS,
  'cache-dir': 'ORCH_CACHE_DIR names the folder of the cache',
};

/** What to say about an unknown flag (`-s`, `--silent`), in one line; null: nothing helpful is known. */
export function aboutFlag(flag: string, ownFlags: readonly string[] = []): string | null {
  const name = flag.replace(/^--?/, '').replace(/=.*$/s, '');
  const isLong = flag.startsWith('--');
  // Such as "-Wall -O2", behind a parameter: no flag has a blank in it.
  if (!isLong && /\s/.test(flag)) return 'a value that begins with - is written --NAME=VALUE';
  const known = isLong ? LONG : SHORT;
  if (Object.hasOwn(known, name)) return known[name]!;
  if (!isLong) return null;
  const flags = [
    ...new Set([
      ...[...GLOBAL_FLAGS, ...RUN_FLAGS].map(({ flags: written }) => longName(written)),
      ...ownFlags,
    ]),
  ];
  const close = nearest(name, flags);
  return close === null ? null : `did you mean --${close}?`;
}
