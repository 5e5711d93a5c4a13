/** `orch run`. */
import { relative } from 'node:path';
import { dryRun } from '../../app/dry-run.ts';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import type { Project } from '../../app/project.ts';
import type { RunRequest } from '../../app/run-request.ts';
import { runTargets } from '../../app/run-targets.ts';
import { warningsOf } from '../../app/warnings.ts';
import { nearest } from '../../base/nearest.ts';
import { parseSize, SIZE_FORM } from '../../base/size.ts';
import { tailOfLog } from '../../executors/log.ts';
import { createJsonReporter } from '../../reporters/json-lines.ts';
import { createPlainReporter } from '../../reporters/plain.ts';
import type { SplitArgv } from '../argv.ts';
import { fromEnvironment, GLOBAL_FLAGS, RUN_FLAGS } from '../options.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';
import { accept } from './accept.ts';
import { printPredictions } from './predictions.ts';

interface RunFlags extends GlobalOptions {
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
  readonly touch?: boolean;
}

export async function run(
  targets: readonly string[],
  given: GlobalOptions,
  argv: Pick<SplitArgv, 'extra' | 'params'>,
): Promise<number> {
  // commander fills in true for `--no-x` flags that weren't given: the environment must win over that default.
  const { cache, wait, color, ...rest } = given as RunFlags;
  const environment = fromEnvironment([...GLOBAL_FLAGS, ...RUN_FLAGS], process.env);
  const options: RunFlags = {
    cache: true,
    wait: true,
    color: true,
    ...environment,
    ...rest,
    ...(cache === false ? { cache } : {}),
    ...(wait === false ? { wait } : {}),
    ...(color === false ? { color } : {}),
  };
  if (options.touch === true) return accept(targets, options, argv.params);

  const out = terminalFor(process.stdout, options.color === false, process.env);
  const output = outputMode(options);
  const project = projectRequest(options, argv.params, true);
  const request: RunRequest = {
    project,
    targets,
    jobs: jobsOf(options.jobs),
    keepGoing: options.keepGoing === true,
    force: options.forceTask !== undefined ? options.forceTask.split(',') : options.force === true,
    only: options.only === true,
    materialize: options.materialize === true,
    rehash: options.rehash === true,
    replace: options.replace === true,
    useCache: options.cache !== false,
    wait: options.wait !== false,
    output,
    totals: totalsOf(options.resources ?? []),
    args: argv.extra,
    argv: process.argv.slice(2),
    emit:
      options.json === true
        ? createJsonReporter(print)
        : createPlainReporter({
            out: print,
            error: printError,
            quiet: output === 'quiet',
            ascii: out.ascii,
            style: out.style,
            tailOfLog: (path) => tailOfLog(path, 20, 8_000),
            shownPath: (path) => relative(process.cwd(), path) || path,
            prefixOutput: output === 'stream',
          }),
    onWarnings: async (opened) => {
      if (opened.parsedAnew) await printWarnings(opened, options.color === false);
    },
  };
  if (options.dryRun === true) {
    const predictions = await dryRun(request);
    printPredictions(predictions, {
      json: options.json === true,
      style: out.style,
      title: 'Dry run: nothing is run or changed.',
    });
    return EXIT.done;
  }
  return runTargets(request);
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
  const mode = options.output ?? 'group';
  if (mode !== 'group' && mode !== 'stream' && mode !== 'quiet')
    throw new CommandError(
      `${givenAs('output', mode)}: expected group, stream or quiet`,
      EXIT.usage,
      hintFor(mode, ['group', 'stream', 'quiet']),
    );
  return mode;
}

/** A value as the user wrote it: as a flag, or as its variable. */
function givenAs(name: string, value: string, short?: string): string {
  const isFlag = process.argv.some(
    (word) => word.startsWith(`--${name}`) || (short !== undefined && word.startsWith(short)),
  );
  return isFlag ? `${short ?? `--${name}`} ${value}` : `ORCH_${name.toUpperCase()}=${value}`;
}

function hintFor(text: string, possible: readonly string[]): string | null {
  const close = nearest(text, possible);
  return close === null ? null : `did you mean ${close}?`;
}

/** 0: as many as there are cores. */
function jobsOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new CommandError(
      `${givenAs('jobs', text, '-j')}: expected a number of workers, from 1 to 9999`,
      EXIT.usage,
      'without it there are as many workers as cores',
    );
  return Number(text);
}

function totalsOf(texts: readonly string[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const text of texts) {
    const [name = '', value = ''] = text.split('=');
    const size = name === 'memory' ? parseSize(value) : null;
    const amount = size === null ? Number(value) : size.ok ? size.value : Number.NaN;
    const isPair = name !== '' && value !== '';
    if (!isPair || !Number.isFinite(amount) || amount < 0)
      throw new CommandError(
        isPair
          ? `${givenAs('resources', text)}: expected ${name === 'memory' ? SIZE_FORM : 'a number, 0 or more'}`
          : `${givenAs('resources', text)}: expected NAME=TOTAL`,
        EXIT.usage,
        'for example --resources memory=8GB or --resources licences=2',
      );
    totals[name] = amount;
  }
  return totals;
}
