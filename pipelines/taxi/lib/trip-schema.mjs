// The TLC's green taxi columns. Types drift from month to month (ids BIGINT then INTEGER, counts DOUBLE then
// BIGINT), so a column is known by its family, and whoever reads one casts it.
export const TRIP_COLUMNS = [
  ['VendorID', 'number'],
  ['lpep_pickup_datetime', 'timestamp'],
  ['lpep_dropoff_datetime', 'timestamp'],
  ['store_and_fwd_flag', 'text'],
  ['RatecodeID', 'number'],
  ['PULocationID', 'number'],
  ['DOLocationID', 'number'],
  ['passenger_count', 'number'],
  ['trip_distance', 'number'],
  ['fare_amount', 'number'],
  ['extra', 'number'],
  ['mta_tax', 'number'],
  ['tip_amount', 'number'],
  ['tolls_amount', 'number'],
  ['ehail_fee', 'number'],
  ['improvement_surcharge', 'number'],
  ['total_amount', 'number'],
  ['payment_type', 'number'],
  ['trip_type', 'number'],
  ['congestion_surcharge', 'number'],
];

/** The columns that the model is made from; without them there is nothing to do. */
export const REQUIRED_COLUMNS = [
  'lpep_pickup_datetime',
  'lpep_dropoff_datetime',
  'PULocationID',
  'DOLocationID',
  'trip_distance',
];

/** Seconds between the two stamps in minutes; DuckDB's `epoch` is exact, the rounding makes it a plain decimal. */
export const DURATION_MINUTES =
  'round((epoch(CAST(lpep_dropoff_datetime AS TIMESTAMP)) - epoch(CAST(lpep_pickup_datetime AS TIMESTAMP))) / 60, 4)';

function family(type) {
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w*INT\w*|FLOAT|DOUBLE|DECIMAL.*)$/.test(type))
    return 'number';
  if (/^TIMESTAMP/.test(type)) return 'timestamp';
  return type === 'VARCHAR' ? 'text' : type.toLowerCase();
}

/**
 * What is wrong with a file's columns, one phrase each; empty: it can be worked with. Columns that the model
 * doesn't need may be absent: the TLC adds and drops such from time to time.
 *
 * @param {{name: string, type: string}[]} schema
 */
export function schemaFaults(schema) {
  const found = new Map(schema.map(({ name, type }) => [name, type]));
  const families = new Map(TRIP_COLUMNS);
  return REQUIRED_COLUMNS.flatMap((name) => {
    const type = found.get(name);
    if (type === undefined) return [`column ${name} is missing`];
    const wanted = families.get(name);
    return family(type) === wanted ? [] : [`column ${name} is ${type}, not a ${wanted}`];
  });
}
