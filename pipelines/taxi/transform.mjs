// Keeps the trips of a month that can be learned from, with what is known of them before they end, and their
// duration in minutes.
import { openDatabase, quoted } from './lib/duckdb.mjs';
import { readJson, replaceFile } from './lib/files.mjs';
import { monthBounds, runStage, Trouble } from './lib/stage.mjs';
import { DURATION_MINUTES } from './lib/trip-schema.mjs';

await runStage(
  'transform',
  {
    raw: { type: 'text' },
    report: { type: 'text' },
    out: { type: 'text' },
    'min-minutes': { type: 'number' },
    'max-minutes': { type: 'number' },
    'clip-miles': { type: 'number' },
    tmp: { type: 'text', optional: true },
    threads: { type: 'integer', default: 1 },
  },
  async (flags) => {
    const database = await openDatabase(flags);
    const report = await readJson(flags.report, 'the report on the data');
    const { from, until } = monthBounds(report.month);
    const { 'min-minutes': least, 'max-minutes': most, 'clip-miles': clip } = flags;
    // Types drift between months, hence the casts. A distance of 100,000 miles is a meter's error, but the trip
    // itself took place, so it is clipped and kept.
    await database.run(`CREATE TABLE trips AS
      SELECT * FROM (
        SELECT CAST(lpep_pickup_datetime AS TIMESTAMP) AS pickup,
               CAST(PULocationID AS INTEGER) AS pickup_zone,
               CAST(DOLocationID AS INTEGER) AS dropoff_zone,
               round(least(CAST(trip_distance AS DOUBLE), ${clip}), 2) AS miles,
               ${DURATION_MINUTES} AS minutes
        FROM read_parquet(${quoted(flags.raw)}))
      WHERE minutes BETWEEN ${least} AND ${most} AND miles > 0
        AND pickup >= TIMESTAMP '${from}' AND pickup < TIMESTAMP '${until}'
        AND pickup_zone BETWEEN 1 AND 265 AND dropoff_zone BETWEEN 1 AND 265`);
    const [{ kept }] = await database.rows('SELECT CAST(count(*) AS INTEGER) AS kept FROM trips');
    if (kept === 0) throw new Trouble(`not one of the ${report.rows} trips of ${report.month} can be used`);
    const { month, source, source_label } = report;
    await replaceFile(flags.out, flags.tmp, (path) =>
      database.writeParquet('SELECT * FROM trips', path, { month, source, source_label }),
    );
    console.log(`${month}: kept ${kept} of ${report.rows} trips`);
  },
);
