import { describe, expect, it } from 'vitest';
import { library } from './stages.ts';

interface Booster {
  readonly base: number;
  readonly features: readonly string[];
  readonly trees: readonly { feature: number[]; threshold: number[]; value: number[] }[];
}
type Columns = Map<string, Float64Array>;

const { fitBooster } = await library<{
  fitBooster(columns: Columns, target: Float64Array, options?: object): Booster;
}>('booster.mjs');
const { predictColumns, predictTrip } = await library<{
  predictColumns(booster: Booster, columns: Columns): Float64Array;
  predictTrip(booster: Booster, trip: Record<string, number>): number;
}>('predict.mjs');
const { binColumns } = await library<{
  binColumns(columns: Float64Array[], maxBins: number): { bins: Uint16Array[]; thresholds: Float64Array[] };
}>('bins.mjs');
const { randomFrom } = await library<{ randomFrom(seed: string): () => number }>('random.mjs');

/** y = 3 + 2 (a > 5) + a·b, a plane with a step, and a third feature that means nothing. */
function known(seed: string, rows = 4000): { columns: Columns; target: Float64Array } {
  const random = randomFrom(seed);
  const columns: Columns = new Map(['a', 'b', 'noise'].map((name) => [name, new Float64Array(rows)]));
  const target = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const a = random() * 10;
    const b = random() * 2;
    columns.get('a')![row] = a;
    columns.get('b')![row] = b;
    columns.get('noise')![row] = random();
    target[row] = 3 + (a > 5 ? 2 : 0) + a * b;
  }
  return { columns, target };
}

function rmse(predicted: Float64Array, actual: Float64Array): number {
  return Math.sqrt(
    actual.reduce((sum, value, row) => sum + (predicted[row]! - value) ** 2, 0) / actual.length,
  );
}

describe('the booster', () => {
  it('learns a known function well enough for rows it has not seen', () => {
    const { columns, target } = known('train');
    const unseen = known('test');
    const booster = fitBooster(columns, target);
    const meanOnly = rmse(new Float64Array(unseen.target.length).fill(booster.base), unseen.target);
    expect(meanOnly).toBeGreaterThan(5);
    expect(rmse(predictColumns(booster, unseen.columns), unseen.target)).toBeLessThan(0.3);
  });

  it('is equal for equal rows and random_state, and another for another', () => {
    const { columns, target } = known('train', 1000);
    const options = { n_estimators: 20, subsample: 0.7, random_state: 7 };
    const text = (more: object) => JSON.stringify(fitBooster(columns, target, { ...options, ...more }));
    expect(text({})).toBe(text({}));
    expect(text({ random_state: 8 })).not.toBe(text({}));
  });

  it('keeps to its depth, its number of trees and its smallest leaf', () => {
    const { columns, target } = known('train', 500);
    const booster = fitBooster(columns, target, { max_depth: 2, n_estimators: 9, min_child_rows: 100 });
    expect(booster.trees).toHaveLength(9);
    for (const tree of booster.trees) {
      const leaves = tree.feature.filter((feature) => feature < 0).length;
      expect(leaves).toBeGreaterThan(1);
      expect(leaves).toBeLessThanOrEqual(4);
    }
  });

  it('predicts one trip as it predicts a column of them, and the same after JSON', () => {
    const { columns, target } = known('train', 1000);
    const booster = fitBooster(columns, target, { n_estimators: 10 });
    const stored = JSON.parse(JSON.stringify(booster)) as Booster;
    const all = predictColumns(booster, columns);
    for (const row of [0, 17, 999]) {
      const trip = Object.fromEntries([...columns].map(([name, values]) => [name, values[row]!]));
      expect(predictTrip(stored, trip)).toBe(all[row]);
    }
  });

  it('says the mean where there is nothing to split by', () => {
    const booster = fitBooster(
      new Map([['same', new Float64Array(100).fill(4)]]),
      new Float64Array(100).fill(12.5),
    );
    expect(predictTrip(booster, { same: 4 })).toBe(12.5);
  });

  it('refuses to predict without a feature that it learned from', () => {
    const { columns, target } = known('train', 200);
    const booster = fitBooster(columns, target, { n_estimators: 2 });
    columns.delete('b');
    expect(() => predictColumns(booster, columns)).toThrow(/wants the feature b/);
  });
});

describe('bins', () => {
  it('give each of few values its own, in order', () => {
    const { bins, thresholds } = binColumns([Float64Array.of(3, 1, 2, 1)], 256);
    expect([...bins[0]!]).toEqual([2, 0, 1, 0]);
    expect([...thresholds[0]!]).toEqual([1.5, 2.5]);
  });

  it('divide many values evenly, and never split equal ones', () => {
    const random = randomFrom('bins');
    const values = Float64Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? 0 : random()));
    const { bins, thresholds } = binColumns([values], 16);
    expect(thresholds[0]!.length).toBeLessThan(16);
    const misplaced = [...values.keys()].filter((row) => {
      const bin = bins[0]![row]!;
      const most = thresholds[0]![bin] ?? Number.POSITIVE_INFINITY;
      return values[row]! > most || values[row]! <= (thresholds[0]![bin - 1] ?? -1);
    });
    expect(misplaced).toEqual([]);
  });
});
