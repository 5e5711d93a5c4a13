// An invented city for the synthetic sample: zones with places, popularity and pace. It is the same for every
// month, so that what a model learns from one holds for the next. No figure in it is taken from a real trip.
import { cumulative, normal, randomFrom } from './random.mjs';

const ZONES = 263;
/** As in the TLC's files: 264 and 265 stand for "unknown" and "outside the city". */
export const UNKNOWN_ZONES = [264, 265];

/** Centre (miles east and north), how far zones scatter around it, pace against the average, share of zones. */
const QUARTERS = [
  { east: 0, north: 0, scatter: 1.3, pace: 0.8, share: 0.25 },
  { east: 1.6, north: 5.2, scatter: 1.6, pace: 0.95, share: 0.2 },
  { east: 5.5, north: 1.2, scatter: 2.4, pace: 1.1, share: 0.25 },
  { east: 3.2, north: -5, scatter: 2.3, pace: 1.0, share: 0.2 },
  { east: -7, north: -8, scatter: 2.5, pace: 1.35, share: 0.1 },
];

/** @typedef {{east: number, north: number, pace: number, quarter: number}} Zone */

/**
 * @returns {{zones: Zone[], pickups: Float64Array, dropoffs: Float64Array[], miles: (from: number, to: number) => number}}
 * zones by index (id - 1); `pickups` and `dropoffs[from]` are running totals for `pick`
 */
export function buildCity() {
  const random = randomFrom('orch sample city 1');
  const quarterTotals = cumulative(QUARTERS.map(({ share }) => share));
  const zones = Array.from({ length: ZONES }, () => {
    const roll = random();
    const quarter = quarterTotals.findIndex((total) => total > roll * quarterTotals.at(-1));
    const { east, north, scatter, pace } = QUARTERS[quarter];
    return {
      quarter,
      east: east + scatter * normal(random),
      north: north + scatter * normal(random),
      pace: pace * Math.exp(0.1 * normal(random)),
    };
  });

  // A few zones make most of the pickups, and nearly every zone sees one now and then.
  const order = zones.map((_, index) => ({ index, roll: random() })).sort((a, b) => a.roll - b.roll);
  const popularity = new Float64Array(ZONES);
  const attraction = new Float64Array(ZONES);
  for (const [rank, { index }] of order.entries()) {
    popularity[index] = Math.exp(-rank / 45) / (rank + 1);
    attraction[index] = Math.exp(-rank / 130) / (rank + 6) ** 0.6;
  }

  const miles = (from, to) => {
    const a = zones[from];
    const b = zones[to];
    // Streets aren't straight, and a trip within a zone isn't of length nought.
    return 0.5 + 1.14 * Math.hypot(a.east - b.east, a.north - b.north);
  };
  const dropoffs = zones.map((_, from) =>
    cumulative(
      zones.map(
        (_, to) => attraction[to] * (miles(from, to) ** 1.5 * Math.exp(-miles(from, to) / 0.95) + 0.0022),
      ),
    ),
  );
  return { zones, pickups: cumulative(popularity), dropoffs, miles };
}
