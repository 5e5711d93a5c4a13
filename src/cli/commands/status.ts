/** `orch status`. */
import { EXIT } from '../../app/exit-codes.ts';
import { projectStatus } from '../../app/status.ts';
import type { SplitArgv } from '../argv.ts';
import { printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';
import { printPredictions } from './predictions.ts';

export async function status(
  targets: readonly string[],
  exitCode: boolean,
  options: GlobalOptions,
  params: SplitArgv['params'],
): Promise<number> {
  const { predictions, notices } = await projectStatus(projectRequest(options, params, false), targets);
  const { style } = terminalFor(process.stdout, options.color === false, process.env);
  for (const notice of notices)
    if (notice.event === 'notice') printError(`${notice.level}: ${notice.message}\n`);
  if (options.quiet !== true)
    printPredictions(predictions, {
      json: options.json === true,
      style,
      title: null,
      all: options.verbose === true,
    });
  // Tasks that always run are never up to date; they say nothing about staleness.
  const isStale = predictions.some(
    (each) =>
      each.will === 'perhaps' ||
      each.will === 'running' ||
      each.will === 'fail' ||
      each.will === 'blocked' ||
      (each.will === 'run' && each.reasons[0].why !== 'always-runs'),
  );
  return exitCode && isStale ? EXIT.failed : EXIT.done;
}
