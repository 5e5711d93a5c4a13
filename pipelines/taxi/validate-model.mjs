// Measures the model on the month after the one it learned from, and refuses one that is too far off.
// The metrics hold what was measured and not the limit: another limit leaves them, and all that follows, alone.
import { readFeatures } from './lib/feature-file.mjs';
import { replaceText, round, toJson } from './lib/files.mjs';
import { predictColumns, readModel } from './lib/predict.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

await runStage(
  'validate_model',
  {
    model: { type: 'text' },
    features: { type: 'text' },
    out: { type: 'text' },
    'max-rmse': { type: 'number' },
    tmp: { type: 'text', optional: true },
    threads: { type: 'integer', default: 1 },
  },
  async (flags) => {
    const model = await readModel(flags.model);
    const { columns, target, labels } = await readFeatures(flags.features, flags);
    const errors = errorsOf(predictColumns(model, columns), target, model.base);
    const trained = model.trained_on;
    const metrics = {
      ...errors,
      rows: target.length,
      source: labels.source === trained.source ? labels.source : 'mixed',
      source_label:
        labels.source === trained.source
          ? labels.source_label
          : `${trained.source_label} and ${labels.source_label}`,
      trained_on: trained.month,
      validated_on: labels.month,
    };
    await replaceText(flags.out, flags.tmp, toJson(metrics));
    console.log(
      `${metrics.source_label}: trained on ${metrics.trained_on}, validated on ${metrics.validated_on}`,
    );
    console.log(
      `RMSE ${metrics.rmse} minutes over ${metrics.rows} trips; guessing the mean: ${metrics.mean_rmse}`,
    );
    if (metrics.rmse > flags['max-rmse']) {
      throw new Trouble(
        `RMSE ${metrics.rmse} is over max_rmse ${flags['max-rmse']} (validated on ${labels.month}); the model isn't released`,
      );
    }
  },
);

/** `mean_rmse` is what guessing the training month's mean for every trip would give. */
function errorsOf(predicted, actual, trainingMean) {
  const rows = actual.length;
  const mean = actual.reduce((sum, value) => sum + value, 0) / rows;
  let squares = 0;
  let absolute = 0;
  let aroundMean = 0;
  let aroundTrainingMean = 0;
  for (let row = 0; row < rows; row++) {
    squares += (predicted[row] - actual[row]) ** 2;
    absolute += Math.abs(predicted[row] - actual[row]);
    aroundMean += (actual[row] - mean) ** 2;
    aroundTrainingMean += (actual[row] - trainingMean) ** 2;
  }
  return {
    rmse: round(Math.sqrt(squares / rows), 3),
    mae: round(absolute / rows, 3),
    r2: round(1 - squares / aroundMean, 4),
    mean_rmse: round(Math.sqrt(aroundTrainingMean / rows), 3),
  };
}
