// Turns clean trips into numbers for the model: one column a feature, and the duration to be learned.
import { openDatabase, quoted } from './lib/duckdb.mjs';
import { replaceFile } from './lib/files.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

/** What a feature is called, and how it is read off a clean trip. Weekday: 0 is Sunday. */
const FEATURES = {
  pickup_zone: 'pickup_zone',
  dropoff_zone: 'dropoff_zone',
  distance: 'miles',
  hour: 'CAST(hour(pickup) AS INTEGER)',
  weekday: 'CAST(dayofweek(pickup) AS INTEGER)',
};

await runStage(
  'features',
  {
    clean: { type: 'text' },
    features: { type: 'list' },
    out: { type: 'text' },
    tmp: { type: 'text', optional: true },
    threads: { type: 'integer', default: 1 },
  },
  async (flags) => {
    const wanted = [...new Set(flags.features)];
    const unknown = wanted.filter((name) => !Object.hasOwn(FEATURES, name));
    if (unknown.length > 0 || wanted.length === 0) {
      throw new Trouble(
        `--features: expected some of ${Object.keys(FEATURES).join(', ')}; found '${flags.features.join(',')}'`,
        2,
      );
    }
    const database = await openDatabase(flags);
    const labels = await database.labels(flags.clean);
    const columns = wanted.map((name) => `${FEATURES[name]} AS ${name}`);
    await replaceFile(flags.out, flags.tmp, (path) =>
      database.writeParquet(
        `SELECT ${columns.join(', ')}, minutes AS duration FROM read_parquet(${quoted(flags.clean)})`,
        path,
        labels,
      ),
    );
    console.log(`${labels.month}: ${wanted.length} features: ${wanted.join(', ')}`);
  },
);
