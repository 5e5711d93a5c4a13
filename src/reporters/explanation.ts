/** What `orch why` prints of a task. Phrases and predictions are those of runs and dry runs; here is what comes around them. */
import { unreachable } from '../base/outcome.ts';
import type { StaleReason } from '../model/decision.ts';
import type {
  ChainLink,
  ChangeSince,
  Explanation,
  Ingredients,
  LastDealing,
  MadeResult,
} from '../model/explanation.ts';
import type { Prediction } from '../model/prediction.ts';
import { failureTag, failureText, formatDuration, reasonPhrase } from './phrases.ts';
import type { Style } from './plain.ts';
import { foldedRows, makersPhrase, predictionText } from './prediction-lines.ts';
import { reasonDetails } from './reason-details.ts';
import { counted, printable, shownKey, shownTime, writtenDuration } from './shown.ts';

export interface ExplanationFormat {
  readonly style: Style;
  readonly nowMs: number;
  /** A root-relative path as the user would type it. */
  readonly shownPath: (path: string) => string;
}

/** More causes than this are counted; `--json` lists all. */
const MAX_REASONS = 20;
/** The ends of a long chain say most. */
const MAX_LINKS = 12;

/** The lines for one task. */
export function explanationLines(explanation: Explanation, format: ExplanationFormat): string[] {
  const { prediction, last } = explanation;
  const unchecked = 'unchecked' in prediction ? prediction.unchecked : [];
  const lines = standingLines(explanation, format);
  if (unchecked.length > 0)
    lines.push(
      `Unchecked, as no command is run to answer this: ${unchecked.map(printable).join(', ')}. \`orch run\` asks.`,
    );
  if (explanation.chain.length > 0) lines.push('', ...chainLines(explanation.chain, prediction, format));
  if (last !== null && prediction.task.run !== null) lines.push('', ...lastLines(last, format));
  return lines;
}

function standingLines(explanation: Explanation, format: ExplanationFormat): string[] {
  const { prediction, result } = explanation;
  const { style } = format;
  const label = style.bold(prediction.task.label);
  if (prediction.task.run === null) return groupLines(explanation, format);
  switch (prediction.will) {
    case 'nothing':
      return upToDateLines(explanation, format);
    case 'run':
      return [`${label} would run, because:`, ...reasonLines(prediction.reasons, style)];
    case 'restore':
      return [
        `${label} would be restored from the cache, because:`,
        ...reasonLines(prediction.reasons, style),
        ...(result === null ? [] : [`It would get ${resultText(result, format)}.`]),
      ];
    case 'perhaps':
      return [`${label} is predicted to ${guessText(prediction)}`, ...reasonLines(prediction.reasons, style)];
    case 'running':
      return [`${label} is running now, in run ${prediction.run}.`];
    case 'fail':
      return [`${label} would fail: ${failureText(prediction.failure)}`];
    case 'blocked':
      return [
        `${label} would not run, because ${prediction.by} would fail: orch why '${prediction.by}' says how.`,
      ];
    default:
      return unreachable(prediction);
  }
}

/** `run if features makes new bytes.` of that prediction; a reason of its own follows below. */
function guessText(prediction: Extract<Prediction, { will: 'perhaps' }>): string {
  switch (prediction.ifSame) {
    case 'nothing':
      return `run if ${makersPhrase(prediction.after)} new bytes.`;
    case 'restore':
      return `be restored, or to run if ${makersPhrase(prediction.after)} new bytes, because:`;
    case 'run':
      return 'run, because:';
    default:
      return unreachable(prediction.ifSame);
  }
}

function reasonLines(reasons: readonly StaleReason[], style: Style): string[] {
  const lines = reasons
    .slice(0, MAX_REASONS)
    .flatMap((reason) => [
      `  ${style.yellow(reasonPhrase(reason))}`,
      ...reasonDetails(reason).map((detail) => `    ${diffPainted(detail, style)}`),
    ]);
  const more = reasons.length - MAX_REASONS;
  return more > 0 ? [...lines, `  and ${counted(more, 'more cause')} (--json lists all)`] : lines;
}

function diffPainted(detail: string, style: Style): string {
  if (/^(\s*\d+ )?- /.test(detail)) return style.red(detail);
  return /^(\s*\d+ )?\+ /.test(detail) ? style.green(detail) : style.dim(detail);
}

function upToDateLines({ prediction, result, last, ingredients }: Explanation, format: ExplanationFormat) {
  const { style } = format;
  const { task } = prediction;
  const isAccepted = prediction.will === 'nothing' && prediction.isAccepted;
  const lines = [
    `${style.bold(task.label)} is ${style.green('up to date')}${isAccepted && last !== null ? `: accepted by hand with \`orch accept\`, ${shownTime(last.atMs, format.nowMs)}` : ''}.`,
  ];
  if (!isAccepted && result !== null)
    lines.push(
      task.outputs.length === 0
        ? `Its command succeeded with all this ${shownTime(result.madeAtMs, format.nowMs)}${result.run === null ? '' : `, in run ${result.run}`}.`
        : `What lies there is ${resultText(result, format)}.`,
    );
  if (ingredients !== null)
    lines.push(
      `It stays so until one of these changes: ${ingredientsText(ingredients, task.outputs.length > 0)}.`,
    );
  if (ingredients !== null && ingredients.expiresMs !== null && result !== null)
    lines.push(
      `Its result expires after ${writtenDuration(ingredients.expiresMs)}: in ${writtenDuration(Math.max(1_000, result.madeAtMs + ingredients.expiresMs - format.nowMs))}.`,
    );
  return lines;
}

function resultText(result: MadeResult, { nowMs }: ExplanationFormat): string {
  const { key, madeAtMs, durationMs, outputs, run, isFromAccepted } = result;
  const made =
    run === null
      ? `made ${shownTime(madeAtMs, nowMs)} under another name or in another project`
      : `made ${shownTime(madeAtMs, nowMs)} in run ${run}`;
  return `result ${shownKey(key)} of ${counted(outputs, 'file')}, ${made}, in ${formatDuration(durationMs)}${isFromAccepted ? ', from something that was accepted by hand' : ''}`;
}

const MAX_NAMES = 4;

function ingredientsText(ingredients: Ingredients, hasOutputs: boolean): string {
  const { sources, made, needs, params, matrix, env, secrets, tools } = ingredients;
  const parts = ['its command'];
  if (sources.length > 0)
    parts.push(sources.length <= MAX_NAMES ? list(sources) : `${counted(sources.length, 'source file')}`);
  for (const [maker, paths] of Object.entries(made).slice(0, MAX_NAMES))
    parts.push(
      `${paths.length === 1 ? printable(paths[0]!) : counted(paths.length, 'file')} that ${maker} makes`,
    );
  const others = Object.entries(made).slice(MAX_NAMES);
  if (others.length > 0)
    parts.push(`${counted(others.flatMap(([, paths]) => paths).length, 'file')} of ${others.length} others`);
  const named = (what: string, names: readonly string[]) => {
    if (names.length > 0) parts.push(`${what}${names.length === 1 ? '' : 's'} ${list(names)}`);
  };
  named('need', needs);
  named('parameter', params);
  named('matrix value', matrix);
  named('variable', env);
  named('secret', secrets);
  named('tool', tools);
  if (hasOutputs) parts.push('its outputs');
  return parts.join('; ');
}

function list(names: readonly string[]): string {
  const shown = names.length <= MAX_NAMES + 2 ? names : names.slice(0, MAX_NAMES);
  const more = names.length - shown.length;
  return `${shown.map(printable).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function groupLines({ prediction, members }: Explanation, { style }: ExplanationFormat): string[] {
  const rows = foldedRows(members, style);
  const width = Math.min(40, Math.max(0, ...rows.map(({ label }) => label.length)));
  return [
    `${style.bold(prediction.task.label)} is a group of ${counted(members.length, 'task')}:`,
    ...rows.map(({ label, text }) => `  ${label.padEnd(width)}  ${text}`),
  ];
}

function chainLines(
  chain: readonly ChainLink[],
  { task }: Prediction,
  { style, nowMs }: ExplanationFormat,
): string[] {
  const width = Math.min(40, Math.max(...chain.map((link) => link.task.length)));
  const lines = chain.map(({ task: label, prediction, changed }) => {
    const text = changed === null ? predictionText(prediction, style) : changeText(changed, nowMs);
    return `  ${label.padEnd(width)}  ${text}`;
  });
  const half = MAX_LINKS / 2;
  const more = lines.length - 2 * half;
  return [
    `First changed: ${style.bold(chain[0]!.task)}. From there to ${task.label}:`,
    ...(more <= 1
      ? lines
      : [...lines.slice(0, half), `  ... ${counted(more, 'more task')}`, ...lines.slice(-half)]),
  ];
}

function changeText({ reasons: [reason], at, isUnsteady }: ChangeSince, nowMs: number): string {
  const why = reason === undefined ? '' : ` (${reasonPhrase(reason)})`;
  const other = isUnsteady ? ' and made other bytes from the same inputs' : '';
  return `ran${why}${other}${at === null ? '' : `, ${shownTime(at.atMs, nowMs)}, run ${at.run}`}`;
}

function lastLines(last: LastDealing, { style, nowMs, shownPath }: ExplanationFormat): string[] {
  const phrase = last.reasons[0] === undefined ? null : reasonPhrase(last.reasons[0]);
  const { restored } = last;
  return [
    `${style.bold('Last run:')} ${lastText(last, nowMs)}${last.outcome === 'accepted' ? '' : `, run ${last.run}`}`,
    ...(restored === null
      ? []
      : [
          `${style.bold('Restored since:')} from the cache, ${shownTime(restored.atMs, nowMs)}, run ${restored.run}`,
        ]),
    ...(phrase === null ? [] : [`  why: ${phrase}`]),
    ...(last.log === null ? [] : [`  log: ${printable(shownPath(last.log))}`]),
  ];
}

function lastText({ atMs, outcome, durationMs, failure }: LastDealing, nowMs: number): string {
  const when = shownTime(atMs, nowMs);
  switch (outcome) {
    case 'succeeded':
      return `succeeded in ${formatDuration(durationMs)}, ${when}`;
    case 'accepted':
      return `accepted by hand, ${when}`;
    case 'failed':
      if (failure?.kind === 'interrupted')
        return `was interrupted after ${formatDuration(durationMs)}, ${when}`;
      return `failed${failure === null ? '' : ` (${failureTag(failure)})`} after ${formatDuration(durationMs)}, ${when}`;
    case 'died':
      return `began and never ended, as orch was killed, ${when}`;
    default:
      return unreachable(outcome);
  }
}

/** `why --run ID`: why a task ran in an earlier run. */
export function pastLines(task: string, last: LastDealing, run: string, format: ExplanationFormat): string[] {
  const { style } = format;
  const isRestored = last.restored?.run === run;
  const did = isRestored
    ? 'was restored from the cache'
    : last.outcome === 'accepted'
      ? 'was accepted'
      : 'ran';
  const known = last.reasons.length > 0;
  return [
    `${style.bold(task)} ${did} in run ${run}${known ? ', because:' : '.'}`,
    ...reasonLines(last.reasons, style),
    ...(isRestored ? [] : [`It ${lastText(last, format.nowMs)}.`]),
    ...(last.log === null || isRestored ? [] : [`  log: ${printable(format.shownPath(last.log))}`]),
  ];
}
