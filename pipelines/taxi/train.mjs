// Fits the model on the training month. Equal features, settings and random_state give an equal file.
import { DEFAULTS, fitBooster } from './lib/booster.mjs';
import { readFeatures } from './lib/feature-file.mjs';
import { replaceText } from './lib/files.mjs';
import { MODEL_FORMAT, predictColumns } from './lib/predict.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

const LIMITS = {
  max_depth: { least: 1, most: 16, whole: true },
  learning_rate: { least: 0.001, most: 1 },
  n_estimators: { least: 1, most: 10_000, whole: true },
  subsample: { least: 0.01, most: 1 },
  min_child_rows: { least: 1, whole: true },
  reg_lambda: { least: 0 },
  max_bins: { least: 2, most: 65_536, whole: true },
  random_state: { least: 0, whole: true },
};

await runStage(
  'train',
  {
    features: { type: 'text' },
    settings: { type: 'text' },
    out: { type: 'text' },
    tmp: { type: 'text', optional: true },
    threads: { type: 'integer', default: 1 },
  },
  async (flags) => {
    const settings = readSettings(flags.settings);
    const { columns, target, labels } = await readFeatures(flags.features, flags);
    const booster = fitBooster(columns, target, settings);
    const { source, source_label } = labels;
    // A trip to try a deployed model with: the middle one of the training month, in the file's order.
    const middle = target.length >> 1;
    const example = Object.fromEntries([...columns].map(([name, values]) => [name, values[middle]]));
    const about = {
      format: MODEL_FORMAT,
      trained_on: { month: labels.month, source, source_label, rows: target.length },
      settings,
      features: booster.features,
      example,
      base: booster.base,
    };
    // One line a tree: readable by eye, and half the size of indented JSON.
    const trees = booster.trees.map((tree) => JSON.stringify(tree));
    const head = JSON.stringify(about, null, 2).slice(0, -2);
    await replaceText(flags.out, flags.tmp, `${head},\n  "trees": [\n${trees.join(',\n')}\n  ]\n}\n`);
    console.log(
      `${labels.month}: ${trees.length} trees of depth ${settings.max_depth} on ${target.length} trips`,
    );
    console.log(
      `error on the training month: ${rmseOf(predictColumns(booster, columns), target).toFixed(3)} minutes`,
    );
  },
);

/** `--settings` is a JSON object; what it leaves out has the booster's default. */
function readSettings(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Trouble(`--settings isn't JSON: ${text}`, 2);
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new Trouble(`model.${name} is unknown; there are ${Object.keys(DEFAULTS).join(', ')}`, 2);
    }
    const { least, most = Infinity, whole } = LIMITS[name];
    if (typeof value !== 'number' || value < least || value > most || (whole && !Number.isInteger(value))) {
      const range = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
      throw new Trouble(
        `model.${name} is ${JSON.stringify(value)}, expected a ${whole ? 'whole ' : ''}number ${range}`,
        2,
      );
    }
  }
  return { ...DEFAULTS, ...given };
}

function rmseOf(predicted, actual) {
  let squares = 0;
  for (let row = 0; row < actual.length; row++) squares += (predicted[row] - actual[row]) ** 2;
  return Math.sqrt(squares / actual.length);
}
