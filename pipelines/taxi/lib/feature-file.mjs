// Reads a file of features: the columns the model may use, the duration it should find, and whose trips they are.
import { openDatabase, quoted } from './duckdb.mjs';

const TARGET = 'duration';

/** @returns {Promise<{columns: Map<string, Float64Array>, target: Float64Array, labels: Record<string, string>}>} */
export async function readFeatures(path, { threads }) {
  const database = await openDatabase({ threads });
  await database.schema(path);
  const labels = await database.labels(path);
  const columns = await database.columns(`SELECT * FROM read_parquet(${quoted(path)})`);
  const target = columns.get(TARGET);
  columns.delete(TARGET);
  return { columns, target, labels };
}
