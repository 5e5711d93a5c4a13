/** Prints what would be done: for `run --dry-run` and `status`. */
import type { FileFate, Prediction } from '../../model/prediction.ts';
import { fileFatePhrase, reasonPhrase } from '../../reporters/phrases.ts';
import type { Style } from '../../reporters/plain.ts';
import { NO_STYLE, predictionLines, predictionText } from '../../reporters/prediction-lines.ts';
import { print } from '../output.ts';

export interface PredictionFormat {
  readonly json: boolean;
  readonly style: Style;
  readonly title: string | null;
  /** One line for each task, however many say the same. */
  readonly all: boolean;
  /** Of a dry run: what would become of files that are in the way. */
  readonly files?: readonly FileFate[];
}

export function printPredictions(
  predictions: readonly Prediction[],
  { json, style, title, all, files }: PredictionFormat,
): void {
  const shown = predictions.filter(({ task }) => task.run !== null);
  if (json) {
    print(
      `${JSON.stringify({ tasks: shown.map(toJson), ...(files === undefined ? {} : { files }) }, null, 2)}\n`,
    );
    return;
  }
  if (title !== null) print(`${title}\n`);
  for (const line of predictionLines(shown, style, { all })) print(`${line}\n`);
  for (const fate of files ?? []) print(`  ${fileFatePhrase(fate)}\n`);
}

function toJson(prediction: Prediction): object {
  const { task, will } = prediction;
  const base = { task: task.label, pipeline: task.pipeline, will };
  switch (prediction.will) {
    case 'nothing':
      return { ...base, accepted: prediction.isAccepted, unchecked: prediction.unchecked };
    case 'restore':
    case 'run': {
      const [reason] = prediction.reasons;
      const told = { ...base, reason, because: reasonPhrase(reason) };
      return prediction.will === 'run' ? told : { ...told, unchecked: prediction.unchecked };
    }
    case 'perhaps': {
      const { after, ifSame, reasons, unchecked } = prediction;
      const because = predictionText(prediction, NO_STYLE);
      return { ...base, after, ifSame, reason: reasons[0] ?? null, because, unchecked };
    }
    case 'running':
      return { ...base, run: prediction.run };
    case 'fail':
      return { ...base, failure: prediction.failure };
    case 'blocked':
      return { ...base, by: prediction.by };
  }
}
