/** Prints what would be done: for `run --dry-run` and `status`. */
import { failureText, reasonPhrase } from '../../reporters/phrases.ts';
import type { Style } from '../../reporters/plain.ts';
import type { Prediction } from '../../scheduler/predict.ts';
import { print } from '../output.ts';

export interface PredictionFormat {
  readonly json: boolean;
  readonly style: Style;
  readonly title: string | null;
}

export function printPredictions(
  predictions: readonly Prediction[],
  { json, style, title }: PredictionFormat,
): void {
  const shown = predictions.filter(({ task }) => task.run !== null);
  if (json) {
    print(`${JSON.stringify({ tasks: shown.map(toJson) }, null, 2)}\n`);
    return;
  }
  if (title !== null) print(`${title}\n`);
  const width = Math.min(40, Math.max(0, ...shown.map(({ task }) => task.label.length)));
  for (const prediction of shown)
    print(`  ${prediction.task.label.padEnd(width)}  ${textOf(prediction, style)}\n`);
  const counts = (will: Prediction['will']) => shown.filter((each) => each.will === will).length;
  print(
    `${counts('run')} to run, ${counts('perhaps')} depend on that, ${counts('restore')} to restore, ${counts('nothing')} up to date${counts('fail') > 0 ? `, ${counts('fail')} would fail` : ''}\n`,
  );
}

function textOf(prediction: Prediction, style: Style): string {
  switch (prediction.will) {
    case 'nothing':
      return style.green('up to date');
    case 'restore':
      return `restore (${reasonPhrase(prediction.reason)})`;
    case 'run':
      return style.yellow(`run (${reasonPhrase(prediction.reason)})`);
    case 'perhaps':
      return style.dim(`prediction: run, if ${prediction.because} makes new bytes`);
    case 'fail':
      return style.red(`would fail: ${failureText(prediction.failure)}`);
  }
}

function toJson(prediction: Prediction): object {
  const base = { task: prediction.task.label, pipeline: prediction.task.pipeline, will: prediction.will };
  switch (prediction.will) {
    case 'nothing':
      return base;
    case 'restore':
    case 'run':
      return { ...base, reason: prediction.reason, because: reasonPhrase(prediction.reason) };
    case 'perhaps':
      return { ...base, because: prediction.because };
    case 'fail':
      return { ...base, failure: prediction.failure };
  }
}
