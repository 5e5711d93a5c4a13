// What a fitted booster says about trips. Apart from the fitting, so that serving loads only this.
import { readJson } from './files.mjs';
import { Trouble } from './stage.mjs';

export const MODEL_FORMAT = 1;

/** @returns {Promise<import('./booster.mjs').Booster & Record<string, any>>} */
export async function readModel(path) {
  const model = await readJson(path, 'the model');
  if (model.format !== MODEL_FORMAT) {
    throw new Trouble(
      `${path} is a model of format ${model.format}; this script reads format ${MODEL_FORMAT}`,
    );
  }
  return model;
}

/** Minutes for each row of the features, which come by name and may come in any order. */
export function predictColumns(booster, columns) {
  const inputs = booster.features.map((name) => {
    const values = columns.get(name);
    if (values === undefined) throw new Trouble(`the model wants the feature ${name}, which isn't there`);
    return values;
  });
  const minutes = new Float64Array(inputs[0].length).fill(booster.base);
  for (const { feature, threshold, left, right, value } of booster.trees) {
    for (let row = 0; row < minutes.length; row++) {
      let node = 0;
      while (feature[node] >= 0) {
        node = inputs[feature[node]][row] <= threshold[node] ? left[node] : right[node];
      }
      minutes[row] += value[node];
    }
  }
  return minutes;
}

/** Minutes for one trip, its features by name. */
export function predictTrip(booster, trip) {
  const columns = new Map(booster.features.map((name) => [name, Float64Array.of(trip[name])]));
  return predictColumns(booster, columns)[0];
}
