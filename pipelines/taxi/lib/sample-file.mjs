// Writes a synthetic month as a parquet file that looks like the TLC's: the same columns, and types that drift
// between months as the real ones did. The file itself says that it is synthetic.
import { DOUBLE, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import { SAMPLE_LABEL, sampleMonth } from './sample-month.mjs';
import { TRIP_COLUMNS } from './trip-schema.mjs';

/** DuckDB's vectors hold at most this many rows. */
const CHUNK_ROWS = 2048;

/** The TLC changed its column types with the files of February 2023. */
function typesOf(month) {
  const isOld = month < '2023-02';
  const id = isOld ? 'BIGINT' : 'INTEGER';
  const count = isOld ? 'DOUBLE' : 'BIGINT';
  return {
    VendorID: id,
    PULocationID: id,
    DOLocationID: id,
    RatecodeID: count,
    passenger_count: count,
    payment_type: count,
    trip_type: count,
    ehail_fee: isOld ? 'INTEGER' : 'DOUBLE',
  };
}

/**
 * @param {import('./duckdb.mjs').Database} database
 * @param {{month: string, rows?: number, path: string}} options
 */
export async function writeSampleMonth(database, { month, rows, path }) {
  const columns = sampleMonth(month, rows);
  const rowCount = columns.VendorID.length;
  const names = TRIP_COLUMNS.map(([name]) => name);
  const isText = (name) => name === 'store_and_fwd_flag';
  await database.run(
    `CREATE TABLE sample (${names.map((name) => `"${name}" ${isText(name) ? 'VARCHAR' : 'DOUBLE'}`).join(', ')})`,
  );
  const appender = await database.connection.createAppender('sample');
  const kinds = names.map((name) => (isText(name) ? VARCHAR : DOUBLE));
  for (let start = 0; start < rowCount; start += CHUNK_ROWS) {
    const end = Math.min(start + CHUNK_ROWS, rowCount);
    const chunk = DuckDBDataChunk.create(kinds, end - start);
    chunk.setColumns(names.map((name) => columns[name].slice(start, end)));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();

  const types = typesOf(month);
  const select = names.map((name) => {
    if (name.endsWith('_datetime')) return `make_timestamp(CAST("${name}" AS BIGINT) * 1000000) AS "${name}"`;
    return types[name] === undefined ? `"${name}"` : `CAST("${name}" AS ${types[name]}) AS "${name}"`;
  });
  await database.writeParquet(`SELECT ${select.join(', ')} FROM sample`, path, {
    source: 'sample',
    source_label: SAMPLE_LABEL,
  });
}
