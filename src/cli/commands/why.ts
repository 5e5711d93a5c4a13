/** `orch why TASK`. */
import { join, relative } from 'node:path';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { explainPast, explainTarget, type PastDealing, type Why } from '../../app/why.ts';
import { type ExplanationFormat, explanationLines, pastLines } from '../../reporters/explanation.ts';
import { dealingJson, explanationJson } from '../../reporters/explanation-json.ts';
import { foldedRows } from '../../reporters/prediction-lines.ts';
import type { SplitArgv } from '../argv.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';

export async function why(
  target: string,
  run: string | null,
  options: GlobalOptions,
  params: SplitArgv['params'],
): Promise<number> {
  const request = projectRequest(options, params, false);
  const { style } = terminalFor(process.stdout, options.color === false, process.env);
  const formatIn = (root: string): ExplanationFormat => ({
    style,
    nowMs: Date.now(),
    shownPath: (path) => relative(process.cwd(), join(root, path)),
  });
  if (run !== null) {
    const past = await explainPast(request, target, run);
    print(options.json === true ? pastDocument(past) : pastText(past, run, formatIn));
    return EXIT.done;
  }
  const explained = await explainTarget(request, target);
  for (const notice of explained.notices)
    if (notice.event === 'notice') printError(`${notice.level}: ${notice.message}\n`);
  print(
    options.json === true
      ? `${JSON.stringify(documentOf(target, explained), null, 2)}\n`
      : textOf(target, explained, formatIn(explained.root)),
  );
  return EXIT.done;
}

function textOf(target: string, { explanations, isPath }: Why, format: ExplanationFormat): string {
  const [only, ...others] = explanations;
  if (only === undefined) throw new CommandError(`there is nothing to say of ${target}`, EXIT.usage);
  if (others.length > 0) return cellsText(target, explanations, format);
  const lines = explanationLines(only, format);
  return `${[...(isPath ? [`${target} is made by ${only.prediction.task.label}.`] : []), ...lines].join('\n')}\n`;
}

/** A matrix name: each cell on a line, folded where the same is to be said. */
function cellsText(target: string, explanations: Why['explanations'], { style }: ExplanationFormat): string {
  const predictions = explanations.map(({ prediction }) => prediction);
  const rows = foldedRows(predictions, style);
  const width = Math.min(40, Math.max(...rows.map(({ label }) => label.length)));
  const first = predictions.find(({ will }) => will !== 'nothing') ?? predictions[0]!;
  return [
    `${style.bold(target)} has ${predictions.length} cells:`,
    ...rows.map(({ label, text }) => `  ${label.padEnd(width)}  ${text}`),
    style.dim(`More of one of them: orch why '${first.task.label}'`),
    '',
  ].join('\n');
}

function documentOf(target: string, { explanations }: Why): object {
  const [only, ...others] = explanations.map(explanationJson);
  if (only !== undefined && others.length === 0) return only;
  const pipeline = explanations[0]?.prediction.task.pipeline;
  return { task: target, pipeline, state: 'matrix', cells: explanations.map(explanationJson) };
}

function pastText(
  past: readonly PastDealing[],
  run: string,
  formatIn: (root: string) => ExplanationFormat,
): string {
  return past
    .map(({ task, dealing, root }) => {
      const own = dealing.restored?.run ?? dealing.run;
      return `${pastLines(task, dealing, own.startsWith(run) ? own : run, formatIn(root)).join('\n')}\n`;
    })
    .join('\n');
}

function pastDocument(past: readonly PastDealing[]): string {
  const attempts = past.map(({ task, dealing }) => ({ task, ...dealingJson(dealing) }));
  return `${JSON.stringify({ attempts }, null, 2)}\n`;
}
