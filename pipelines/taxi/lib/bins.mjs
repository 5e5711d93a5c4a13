// Puts the values of a feature into a few bins, so that a split is looked for among bins instead of rows.

/**
 * @param {Float64Array[]} columns
 * @param {number} maxBins
 * @returns {{bins: Uint16Array[], thresholds: Float64Array[], offsets: number[], binCount: number}} bin b of a
 * feature holds the values in (threshold[b - 1], threshold[b]]; `offsets`: where each feature's bins begin when
 * all are laid end to end
 */
export function binColumns(columns, maxBins) {
  const thresholds = columns.map((values) => cutPoints(values, maxBins));
  const offsets = [];
  let binCount = 0;
  for (const cuts of thresholds) {
    offsets.push(binCount);
    binCount += cuts.length + 1;
  }
  const bins = columns.map((values, feature) =>
    Uint16Array.from(values, (value) => binOf(thresholds[feature], value)),
  );
  return { bins, thresholds, offsets, binCount };
}

/** Half way between neighbouring values: all of them where they are few, else where the rows divide evenly. */
function cutPoints(values, maxBins) {
  const sorted = Float64Array.from(values).sort();
  const distinct = sorted.filter((value, index) => index === 0 || value !== sorted[index - 1]);
  const cuts = [];
  if (distinct.length <= maxBins) {
    for (let index = 1; index < distinct.length; index++)
      cuts.push((distinct[index - 1] + distinct[index]) / 2);
    return Float64Array.from(cuts);
  }
  for (let bin = 1; bin < maxBins; bin++) {
    const at = Math.floor((bin * sorted.length) / maxBins);
    const below = sorted[at - 1];
    let above = at;
    while (above < sorted.length && sorted[above] === below) above++;
    if (above === sorted.length) break;
    const cut = (below + sorted[above]) / 2;
    if (cuts.length === 0 || cut > cuts[cuts.length - 1]) cuts.push(cut);
  }
  return Float64Array.from(cuts);
}

/** The number of thresholds below the value. */
function binOf(thresholds, value) {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
