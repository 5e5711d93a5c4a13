/** `orch run`. */
import { dryRun } from '../../app/dry-run.ts';
import { EXIT, isUsageFailure } from '../../app/exit-codes.ts';
import type { Project } from '../../app/project.ts';
import type { RunRequest, RunWish } from '../../app/run-request.ts';
import { runTargets } from '../../app/run-targets.ts';
import { warningsOf } from '../../app/warnings.ts';
import type { SplitArgv } from '../argv.ts';
import { checkFlag, totalOf } from '../flag-values.ts';
import { type Flag, fromEnvironment, GLOBAL_FLAGS, RUN_FLAGS, variableOf } from '../options.ts';
import { stdoutDrained } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { createRunReporter } from '../run-reporter.ts';
import { terminalFor } from '../style.ts';
import { accept } from './accept.ts';
import { printPredictions } from './predictions.ts';

export interface RunFlags extends GlobalOptions {
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly forceTask?: string;
  readonly only?: boolean;
  readonly materialize?: boolean;
  readonly rehash?: boolean;
  readonly replace?: boolean;
  readonly cache?: boolean;
  readonly wait?: boolean;
  readonly resources?: readonly string[];
  readonly output?: string;
  readonly live?: boolean;
  readonly touch?: boolean;
}

export async function run(
  targets: readonly string[],
  given: GlobalOptions,
  argv: Pick<SplitArgv, 'extra' | 'params'>,
): Promise<number> {
  const options = runOptions(given);
  if (options.touch === true) return accept(targets, options, argv.params);
  const report = await runReport(options);
  const request: RunRequest = { ...runWish(targets, options, argv), ...report };
  if (options.dryRun === true) {
    const { predictions, files } = await dryRun(request);
    printPredictions(predictions, {
      files,
      json: options.json === true,
      style: terminalFor(process.stdout, options.color === false, process.env).style,
      title: 'Dry run: nothing is run or changed.',
      all: options.verbose === true,
    });
    // As the run itself would, before or instead of starting a command.
    const failures = predictions.flatMap((each) => (each.will === 'fail' ? [each.failure] : []));
    return failures.length > 0 && failures.every(isUsageFailure) ? EXIT.usage : EXIT.done;
  }
  try {
    return await runTargets(request);
  } finally {
    report.close();
  }
}

/** What was given on the command line and by variables; throws where a value can't be meant. */
export function runOptions(given: GlobalOptions, flags: readonly Flag[] = RUN_FLAGS): RunFlags {
  // commander fills in true for `--no-x` flags that weren't given: the environment must win over that default.
  const { cache, wait, color, live, ...rest } = given as RunFlags;
  checkFlags(rest);
  const {
    param: paramOfVariable,
    resources: totals,
    ...environment
  } = fromEnvironment([...GLOBAL_FLAGS, ...flags], process.env) as RunFlags;
  return {
    cache: true,
    wait: true,
    color: true,
    live: true,
    ...environment,
    ...rest,
    ...(paramOfVariable === undefined ? {} : { paramOfVariable }),
    resources: [...(totals ?? []), ...(rest.resources ?? [])],
    variables: variablesOf(environment, rest),
    ...(cache === false ? { cache } : {}),
    ...(wait === false ? { wait } : {}),
    ...(color === false ? { color } : {}),
    ...(live === false ? { live } : {}),
  };
}

/** `--force=a,b`: a comma inside brackets is part of a cell's name. */
function forcedTasks(text: string): string[] {
  return text.split(/,(?![^[\]]*\])/);
}

/** The values are checked by now. */
export function runWish(
  targets: readonly string[],
  options: RunFlags,
  argv: Pick<SplitArgv, 'extra' | 'params'>,
): RunWish {
  return {
    project: projectRequest(options, argv.params, true),
    targets,
    jobs: jobsOf(options.jobs),
    keepGoing: options.keepGoing === true,
    force: options.forceTask !== undefined ? forcedTasks(options.forceTask) : options.force === true,
    only: options.only === true,
    materialize: options.materialize === true,
    rehash: options.rehash === true,
    replace: options.replace === true,
    useCache: options.cache !== false,
    wait: options.wait !== false,
    output: outputMode(options),
    totals: totalsOf(options.resources ?? []),
    args: argv.extra,
    argv: process.argv.slice(2),
  };
}

/** Who is told of one run: a new one for each. `close` is due whenever the run is over, however it ended. */
export async function runReport(
  options: RunFlags,
): Promise<Pick<RunRequest, 'emit' | 'onWarnings' | 'progressEveryMs' | 'drained'> & { close(): void }> {
  const noColor = options.color === false;
  const errors = terminalFor(process.stderr, noColor, process.env);
  const reporter = await createRunReporter({
    json: options.json === true,
    output: outputMode(options),
    mayBeLive: options.live !== false && options.dryRun !== true,
    out: terminalFor(process.stdout, noColor, process.env),
    errors,
  });
  return {
    emit: reporter.emit,
    progressEveryMs: reporter.progressEveryMs,
    drained: stdoutDrained,
    close: reporter.close,
    onWarnings: async (opened) => {
      reporter.onProject(opened);
      if (opened.parsedAnew) await printWarnings(opened, options.color === false);
    },
  };
}

/** All of them are for `orch validate`; a run must not be buried under them. */
const MAX_WARNINGS = 8;

async function printWarnings(project: Project, noColor: boolean): Promise<void> {
  const warnings = await warningsOf(project);
  if (warnings.length === 0) return;
  const { printDiagnostics } = await import('../diagnostics.ts');
  printDiagnostics(warnings, {
    textOf: project.textOf,
    root: project.layout.root,
    noColor,
    frames: false,
    limit: MAX_WARNINGS,
    more: '`orch validate` prints them all',
  });
}

function outputMode(options: RunFlags): RunRequest['output'] {
  if (options.quiet === true) return 'quiet';
  if (options.verbose === true) return 'stream';
  return (options.output ?? 'auto') as RunRequest['output'];
}

/** `--param` and `--date` are checked where every command reads them. */
function checkFlags({ jobs, output, resources = [] }: RunFlags): void {
  if (jobs !== undefined) checkFlag('jobs', jobs);
  if (output !== undefined) checkFlag('output', output);
  for (const text of resources) checkFlag('resources', text);
}

/** Places that the environment names and no flag overrides, by the name of the option. */
function variablesOf(environment: RunFlags, given: RunFlags): Record<string, string> {
  const places = ['directory', 'file', 'root', 'pipeline'].filter(
    (option) => option in environment && !(option in given),
  );
  return Object.fromEntries(places.map((option) => [option, variableOf(option)]));
}

/** 0: as many as there are cores. */
function jobsOf(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}

/** The later ones win. */
function totalsOf(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const total = totalOf(text);
      if ('problem' in total) throw new Error(`unchecked: ${text}`);
      return [total.name, total.amount];
    }),
  );
}
