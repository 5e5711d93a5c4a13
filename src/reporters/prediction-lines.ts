/** What a run would do, in words: the lines of `--dry-run` and `status`, and each task's part in `why`. */
import { unreachable } from '../base/outcome.ts';
import type { Prediction } from '../model/prediction.ts';
import { failureText, reasonPhrase } from './phrases.ts';
import type { Style } from './plain.ts';
import { counted, printable } from './shown.ts';

export const NO_STYLE: Style = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  green: (text) => text,
  yellow: (text) => text,
  cyan: (text) => text,
};

/** What becomes of one task, with the phrase that a run's line shows. */
export function predictionText(prediction: Prediction, style: Style): string {
  switch (prediction.will) {
    case 'nothing': {
      const { isAccepted, unchecked } = prediction;
      const notes = [
        ...(isAccepted ? ['accepted by hand'] : []),
        ...(unchecked.length === 0 ? [] : [`unchecked: ${unchecked.map(printable).join(', ')}`]),
      ];
      return style.green(`up to date${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`);
    }
    case 'restore':
      return `restore (${reasonPhrase(prediction.reasons[0])})${uncheckedText(prediction)}`;
    case 'run':
      return style.yellow(`run (${reasonPhrase(prediction.reasons[0])})`);
    case 'perhaps':
      return style.dim(`predicted: ${guessText(prediction)}${uncheckedText(prediction)}`);
    case 'running':
      return style.yellow(`running now, in run ${prediction.run}`);
    case 'fail':
      return style.red(`would fail: ${failureText(prediction.failure)}`);
    case 'blocked':
      return style.red(`not run: ${prediction.by} would fail`);
    default:
      return unreachable(prediction);
  }
}

function uncheckedText({ unchecked }: { readonly unchecked: readonly string[] }): string {
  return unchecked.length === 0 ? '' : `, unchecked: ${unchecked.map(printable).join(', ')}`;
}

function guessText({ ifSame, reasons, after }: Extract<Prediction, { will: 'perhaps' }>): string {
  const [reason] = reasons;
  if (reason === undefined || ifSame === 'nothing') return `run if ${makersPhrase(after)} new bytes`;
  const phrase = reasonPhrase(reason);
  return ifSame === 'run'
    ? `run (${phrase})`
    : `restore (${phrase}), or run if ${makersPhrase(after)} new bytes`;
}

/** `a makes`, `a or b makes`, `a cell of c makes`: cells of one task, if many, are named together. */
export function makersPhrase(tasks: readonly string[]): string {
  const cells = new Map<string, string[]>();
  for (const task of tasks) {
    const name = withoutCell(task);
    cells.set(name, [...(cells.get(name) ?? []), task]);
  }
  const names = [...cells].flatMap(([name, each]) => (each.length > 2 ? [`a cell of ${name}`] : each));
  const [first = 'what it needs', second] = names;
  if (second === undefined) return `${first} makes`;
  return names.length === 2 ? `${first} or ${second} makes` : `${first} or ${names.length - 1} others make`;
}

function withoutCell(label: string): string {
  return label.slice(0, `${label}[`.indexOf('['));
}

/** More cells of one task than this, of which the same is to be said, are one line. */
const MAX_CELL_LINES = 3;
/** As in a run: more up-to-date tasks than this are one line. */
const MAX_UP_TO_DATE_LINES = 20;
const MAX_LABEL_WIDTH = 40;

interface Row {
  readonly label: string;
  readonly text: string;
}

/** One line a task, cells of which the same is to be said folded, and the sum of it. `all`: nothing is folded. */
export function predictionLines(
  predictions: readonly Prediction[],
  style: Style,
  { all }: { readonly all: boolean },
): string[] {
  const upToDate = predictions.filter((each) => predictionText(each, NO_STYLE) === 'up to date');
  const isFolded = !all && upToDate.length > MAX_UP_TO_DATE_LINES;
  const shown = isFolded ? predictions.filter((each) => !upToDate.includes(each)) : predictions;
  const rows = all ? shown.map((each) => rowOf(each, style)) : foldedRows(shown, style);
  const width = Math.min(MAX_LABEL_WIDTH, Math.max(0, ...rows.map(({ label }) => label.length)));
  return [
    ...rows.map(({ label, text }) => `  ${label.padEnd(width)}  ${text}`),
    ...(isFolded ? [`  ${style.green(`${counted(upToDate.length, 'task')} up to date`)}`] : []),
    sumOf(predictions),
  ];
}

function rowOf(prediction: Prediction, style: Style): Row {
  return { label: prediction.task.label, text: predictionText(prediction, style) };
}

/** Rows in their order; a row of many cells stands where the first of them would. */
export function foldedRows(predictions: readonly Prediction[], style: Style): Row[] {
  const groups = new Map<string, Prediction[]>();
  for (const prediction of predictions) {
    const { id, pipeline, name, cell } = prediction.task;
    const group = cell === null ? id : `${pipeline}:${name} ${predictionText(prediction, NO_STYLE)}`;
    groups.set(group, [...(groups.get(group) ?? []), prediction]);
  }
  const done = new Set<Prediction>();
  const folded = new Map<Prediction, Row>();
  for (const group of groups.values()) {
    if (group.length <= MAX_CELL_LINES) continue;
    const [first] = group;
    folded.set(first!, {
      label: `${withoutCell(first!.task.label)} (${group.length} cells)`,
      text: predictionText(first!, style),
    });
    for (const each of group) done.add(each);
  }
  return predictions.flatMap((each) => {
    const row = folded.get(each);
    return row !== undefined ? [row] : done.has(each) ? [] : [rowOf(each, style)];
  });
}

function sumOf(predictions: readonly Prediction[]): string {
  const count = (test: (each: Prediction) => boolean) => predictions.filter(test).length;
  const will = (what: Prediction['will']) => count((each) => each.will === what);
  const predicted = count((each) => each.will === 'perhaps' && each.ifSame === 'run');
  const parts: (readonly [number, string])[] = [
    [will('run'), 'to run'],
    [predicted, 'predicted to run'],
    [will('perhaps') - predicted, 'depending on that'],
    [will('restore'), 'to restore'],
    [will('running'), 'running now'],
    [will('nothing'), 'up to date'],
    [will('fail'), 'would fail'],
    [will('blocked'), 'not run because of that'],
  ];
  const said = parts.filter(([amount]) => amount > 0).map(([amount, what]) => `${amount} ${what}`);
  return said.length === 0 ? 'nothing to do' : said.join(', ');
}
