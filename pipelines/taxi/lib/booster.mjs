// Gradient boosting of regression trees on histograms, for squared error: each tree is grown level by level on
// what the trees before it got wrong, and looks for its splits among at most `max_bins` values a feature.
// One thread and plain doubles, so equal rows in equal order and an equal `random_state` give equal trees.
// The method is that of LightGBM and XGBoost's `hist`, without their refinements.
import { binColumns } from './bins.mjs';
import { round } from './files.mjs';
import { randomFrom } from './random.mjs';

export const DEFAULTS = {
  max_depth: 6,
  learning_rate: 0.1,
  n_estimators: 100,
  /** Share of the rows that each tree sees. */
  subsample: 1,
  /** No leaf with fewer rows. */
  min_child_rows: 20,
  /** Draws leaves with few rows towards nought. */
  reg_lambda: 1,
  max_bins: 256,
  random_state: 42,
};

/**
 * A tree is five lists by node. A node with feature >= 0 sends a row left where its value <= threshold; a leaf
 * has feature -1 and adds its value.
 * @typedef {{feature: number[], threshold: number[], left: number[], right: number[], value: number[]}} Tree
 * @typedef {{base: number, features: string[], trees: Tree[]}} Booster
 */

/**
 * @param {Map<string, Float64Array>} columns the features, all of one length, no NaN among them
 * @param {Float64Array} target
 * @param {Partial<typeof DEFAULTS>} options
 * @returns {Booster}
 */
export function fitBooster(columns, target, options = {}) {
  const settings = { ...DEFAULTS, ...options };
  const features = [...columns.keys()];
  const binned = binColumns([...columns.values()], settings.max_bins);
  const random = randomFrom(`booster ${settings.random_state}`);
  const base = round(target.reduce((sum, value) => sum + value, 0) / target.length, 6);
  const residual = Float64Array.from(target, (value) => value - base);
  const trees = [];
  for (let round = 0; round < settings.n_estimators; round++) {
    const tree = growTree(binned, residual, drawRows(target.length, settings.subsample, random), settings);
    trees.push(tree.nodes);
    subtractTree(binned, tree, residual);
  }
  return { base, features, trees };
}

function drawRows(count, share, random) {
  const rows = new Uint32Array(count);
  let drawn = 0;
  for (let row = 0; row < count; row++) if (share >= 1 || random() < share) rows[drawn++] = row;
  return rows.subarray(0, drawn);
}

/** Takes what the new tree explains off the residuals of all rows, drawn or not. */
function subtractTree({ bins }, { nodes, cuts }, residual) {
  for (let row = 0; row < residual.length; row++) {
    let node = 0;
    while (nodes.feature[node] >= 0) {
      node = bins[nodes.feature[node]][row] <= cuts[node] ? nodes.left[node] : nodes.right[node];
    }
    residual[row] -= nodes.value[node];
  }
}

function growTree(binned, residual, rows, settings) {
  const nodes = { feature: [], threshold: [], left: [], right: [], value: [] };
  const cuts = [];
  const addNode = (sum, count) => {
    nodes.feature.push(-1);
    nodes.threshold.push(0);
    nodes.left.push(0);
    nodes.right.push(0);
    nodes.value.push(round((settings.learning_rate * sum) / (count + settings.reg_lambda), 6));
    cuts.push(0);
    return nodes.feature.length - 1;
  };

  const histogram = fillHistogram(binned, residual, rows);
  const total = sumOf(histogram, binned);
  let level = [{ node: addNode(total, rows.length), rows, histogram, sum: total }];
  for (let depth = 0; depth < settings.max_depth; depth++) {
    const next = [];
    for (const open of level) {
      const split = bestSplit(binned, open, settings);
      if (split === null) continue;
      const [leftRows, rightRows] = partition(binned.bins[split.feature], open.rows, split);
      const left = { node: addNode(split.leftSum, leftRows.length), rows: leftRows, sum: split.leftSum };
      const rightSum = open.sum - split.leftSum;
      const right = { node: addNode(rightSum, rightRows.length), rows: rightRows, sum: rightSum };
      nodes.feature[open.node] = split.feature;
      nodes.threshold[open.node] = binned.thresholds[split.feature][split.bin];
      nodes.left[open.node] = left.node;
      nodes.right[open.node] = right.node;
      nodes.value[open.node] = 0;
      cuts[open.node] = split.bin;
      if (depth + 1 < settings.max_depth) {
        shareHistogram(binned, residual, open.histogram, left, right);
        next.push(left, right);
      }
    }
    level = next;
  }
  return { nodes, cuts };
}

/** Sum and count for every bin of every feature, one after the other. */
function fillHistogram({ bins, offsets, binCount }, residual, rows) {
  const histogram = new Float64Array(2 * binCount);
  for (let feature = 0; feature < bins.length; feature++) {
    const binOf = bins[feature];
    const offset = offsets[feature];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index];
      const slot = 2 * (offset + binOf[row]);
      histogram[slot] += residual[row];
      histogram[slot + 1] += 1;
    }
  }
  return histogram;
}

/** Only the smaller child is counted; the larger one is the parent less the smaller, which halves the work. */
function shareHistogram(binned, residual, parent, left, right) {
  const [small, large] = left.rows.length <= right.rows.length ? [left, right] : [right, left];
  small.histogram = fillHistogram(binned, residual, small.rows);
  for (let slot = 0; slot < parent.length; slot++) parent[slot] -= small.histogram[slot];
  large.histogram = parent;
}

function sumOf(histogram, { thresholds }) {
  let sum = 0;
  for (let bin = 0; bin <= thresholds[0].length; bin++) sum += histogram[2 * bin];
  return sum;
}

/** The first of the best: ties go to the earlier feature and the smaller value. */
function bestSplit({ offsets, thresholds }, { histogram, rows, sum }, { min_child_rows, reg_lambda }) {
  const unsplit = (sum * sum) / (rows.length + reg_lambda);
  let best = null;
  let bestGain = 1e-6;
  for (let feature = 0; feature < thresholds.length; feature++) {
    let leftSum = 0;
    let leftCount = 0;
    for (let bin = 0; bin < thresholds[feature].length; bin++) {
      const slot = 2 * (offsets[feature] + bin);
      leftSum += histogram[slot];
      leftCount += histogram[slot + 1];
      const rightCount = rows.length - leftCount;
      if (leftCount < min_child_rows) continue;
      if (rightCount < min_child_rows) break;
      const rightSum = sum - leftSum;
      const gain =
        (leftSum * leftSum) / (leftCount + reg_lambda) +
        (rightSum * rightSum) / (rightCount + reg_lambda) -
        unsplit;
      if (gain > bestGain) {
        bestGain = gain;
        best = { feature, bin, leftSum, leftCount };
      }
    }
  }
  return best;
}

function partition(binOf, rows, { bin, leftCount }) {
  const left = new Uint32Array(leftCount);
  const right = new Uint32Array(rows.length - leftCount);
  let atLeft = 0;
  let atRight = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    if (binOf[row] <= bin) left[atLeft++] = row;
    else right[atRight++] = row;
  }
  return [left, right];
}
