// Looks at a raw month before anything is made of it: columns, number of rows, nulls, ranges. It changes nothing;
// what it counts as an error is what the transform will drop, so too many of them mean a broken month.
// The report holds what was found, never the limit it was held against: a laxer limit makes the same report.
import { openDatabase, quoted } from './lib/duckdb.mjs';
import { readJson, replaceText, round, toJson } from './lib/files.mjs';
import { reportPage } from './lib/report-page.mjs';
import { monthBounds, runStage, Trouble } from './lib/stage.mjs';
import { DURATION_MINUTES, REQUIRED_COLUMNS, schemaFaults } from './lib/trip-schema.mjs';

await runStage(
  'validate_data',
  {
    raw: { type: 'text' },
    note: { type: 'text' },
    report: { type: 'text' },
    page: { type: 'text' },
    'min-rows': { type: 'integer' },
    'min-minutes': { type: 'number' },
    'max-minutes': { type: 'number' },
    'max-error-rate': { type: 'number' },
    tmp: { type: 'text', optional: true },
    threads: { type: 'integer', default: 1 },
  },
  async (flags) => {
    const database = await openDatabase(flags);
    const note = await readJson(flags.note, 'the note of the extract');
    const schema = await database.schema(flags.raw);
    const missing = schemaFaults(schema);
    if (missing.length > 0)
      throw new Trouble(`check 'schema' failed for ${note.month}: ${missing.join('; ')}`);

    await database.run(`CREATE VIEW trips AS SELECT * FROM read_parquet(${quoted(flags.raw)})`);
    const [{ rows }] = await database.rows('SELECT CAST(count(*) AS INTEGER) AS rows FROM trips');
    const columns = await describeColumns(database, schema, rows);
    const checks = await runChecks(database, checksFor(note.month, flags), rows);
    const report = {
      month: note.month,
      source: note.source,
      source_label: note.source_label,
      rows,
      checks,
      columns,
    };
    const faults = faultsOf(report, flags);

    await replaceText(flags.report, flags.tmp, toJson(report));
    const verdict = { maxErrorRate: flags['max-error-rate'], faults };
    await replaceText(flags.page, flags.tmp, reportPage(report, verdict));
    const any = checks.at(-1);
    console.log(
      `${note.month}: ${note.source_label}: ${rows} rows, ${any.rows} of them unusable (${percent(any.rate)})`,
    );
    if (faults.length > 0) throw new Trouble(`${faults.join('; ')} (page: ${flags.page})`);
  },
);

async function describeColumns(database, schema, rows) {
  const described = [];
  for (const { name, type } of schema) {
    const column = `"${name.replaceAll('"', '""')}"`;
    const [found] = await database.rows(
      `SELECT CAST(count(*) - count(${column}) AS INTEGER) AS nulls, CAST(min(${column}) AS VARCHAR) AS min,
         CAST(max(${column}) AS VARCHAR) AS max FROM trips`,
    );
    described.push({
      name,
      type,
      nulls: found.nulls,
      null_rate: share(found.nulls, rows),
      min: found.min,
      max: found.max,
    });
  }
  return described;
}

/** Each names rows that the transform will drop. Nulls count once, under their own check. */
function checksFor(month, flags) {
  const { from, until } = monthBounds(month);
  const { 'min-minutes': least, 'max-minutes': most } = flags;
  return [
    {
      name: 'nulls',
      what: `without ${REQUIRED_COLUMNS.join(', ')}`,
      where: REQUIRED_COLUMNS.map((column) => `${column} IS NULL`).join(' OR '),
    },
    {
      name: 'pickup_month',
      what: `picked up outside ${month}`,
      where: `lpep_pickup_datetime < TIMESTAMP '${from}' OR lpep_pickup_datetime >= TIMESTAMP '${until}'`,
    },
    {
      name: 'duration',
      what: `shorter than ${least} or longer than ${most} minutes`,
      where: `${DURATION_MINUTES} NOT BETWEEN ${least} AND ${most}`,
    },
    { name: 'distance', what: 'of no distance', where: 'trip_distance <= 0' },
    {
      name: 'zones',
      what: 'with a zone that is none (1 to 265)',
      where: 'PULocationID NOT BETWEEN 1 AND 265 OR DOLocationID NOT BETWEEN 1 AND 265',
    },
  ];
}

async function runChecks(database, checks, rows) {
  const counts = checks.map(
    ({ name, where }) => `CAST(count(*) FILTER (WHERE ${where}) AS INTEGER) AS ${name}`,
  );
  const any = checks.map(({ where }) => `coalesce(${where}, false)`).join(' OR ');
  const [found] = await database.rows(
    `SELECT ${counts.join(', ')}, CAST(count(*) FILTER (WHERE ${any}) AS INTEGER) AS any_error FROM trips`,
  );
  const all = [...checks, { name: 'any_error', what: 'that fail at least one of these checks' }];
  return all.map(({ name, what }) => ({ name, what, rows: found[name], rate: share(found[name], rows) }));
}

function faultsOf({ month, rows, checks }, { 'min-rows': minRows, 'max-error-rate': maxRate }) {
  const faults = [];
  if (rows < minRows)
    faults.push(`check 'row_count' failed for ${month}: ${rows} rows, at least ${minRows} are needed`);
  for (const { name, what, rows: bad, rate } of checks) {
    if (rate > maxRate) {
      faults.push(
        `check '${name}' failed for ${month}: ${bad} of ${rows} rows ${what}: ${percent(rate)} is over max_error_rate ${maxRate}`,
      );
    }
  }
  return faults;
}

function share(part, whole) {
  return whole === 0 ? 0 : round(part / whole, 6);
}

function percent(rate) {
  return `${(100 * rate).toFixed(2)} %`;
}
