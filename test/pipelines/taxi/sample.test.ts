import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type Database, library, openDatabase } from './stages.ts';

const { sampleMonth, SAMPLE_LABEL } = await library<{
  sampleMonth(month: string, rows?: number): Record<string, (number | string | null)[]>;
  SAMPLE_LABEL: string;
}>('sample-month.mjs');
const { TRIP_COLUMNS, DURATION_MINUTES } = await library<{
  TRIP_COLUMNS: [string, string][];
  DURATION_MINUTES: string;
}>('trip-schema.mjs');

const bench = new Bench();
afterAll(() => bench.remove());

describe('a sample month', () => {
  it('is equal each time, and another for another month', () => {
    const january = JSON.stringify(sampleMonth('2023-01', 300));
    expect(JSON.stringify(sampleMonth('2023-01', 300))).toBe(january);
    expect(JSON.stringify(sampleMonth('2023-02', 300))).not.toBe(january);
  });

  it('has as many trips as its days let expect', () => {
    expect(sampleMonth('2023-01').VendorID).toHaveLength(31 * 2150);
    expect(sampleMonth('2024-02').VendorID).toHaveLength(29 * 2150);
  });

  it('lies within its month, but for the few records that never do', () => {
    const pickups = sampleMonth('2023-12', 20_000).lpep_pickup_datetime as number[];
    const from = Date.UTC(2023, 11, 1) / 1000;
    const until = Date.UTC(2024, 0, 1) / 1000;
    const outside = pickups.filter((at) => at < from || at >= until).length;
    expect(outside).toBeGreaterThan(0);
    expect(outside).toBeLessThan(40);
  });
});

describe('the file of a sample month', () => {
  let database: Database;
  const count = async (where: string) => {
    const [row] = await database.rows(
      `SELECT CAST(count(*) AS INTEGER) AS n FROM '${bench.path('raw/2023-01.parquet')}' WHERE ${where}`,
    );
    return row!['n'] as number;
  };

  beforeAll(async () => {
    await bench.must('extract.mjs', sampleFlags('2023-01', 'raw', 1));
    await bench.must('extract.mjs', sampleFlags('2023-01', 'again', 3));
    await bench.must('extract.mjs', { ...sampleFlags('2023-02', 'raw', 2), rows: 500 });
    database = await openDatabase();
  });

  function sampleFlags(month: string, folder: string, threads: number) {
    return {
      month,
      source: 'sample',
      out: `${folder}/${month}.parquet`,
      note: `${folder}/${month}.json`,
      tmp: 'tmp',
      threads,
    };
  }

  it('has equal bytes on any number of threads', () => {
    expect(bench.sha256('again/2023-01.parquet')).toBe(bench.sha256('raw/2023-01.parquet'));
    expect(bench.text('again/2023-01.json')).toBe(bench.text('raw/2023-01.json'));
  });

  it('says that it is synthetic, itself and in the note beside it', async () => {
    expect(await database.labels(bench.path('raw/2023-01.parquet'))).toEqual({
      source: 'sample',
      source_label: SAMPLE_LABEL,
    });
    const note = { month: '2023-01', source: 'sample', source_label: SAMPLE_LABEL, rows: 66_650 };
    expect(bench.json('raw/2023-01.json')).toMatchObject(note);
    expect(SAMPLE_LABEL).toContain('synthetic');
  });

  it("has the TLC's columns, and types that drift between months", async () => {
    const january = await database.schema(bench.path('raw/2023-01.parquet'));
    const february = await database.schema(bench.path('raw/2023-02.parquet'));
    expect(january.map(({ name }) => name)).toEqual(TRIP_COLUMNS.map(([name]) => name));
    expect(february.map(({ name }) => name)).toEqual(january.map(({ name }) => name));
    const typeIn = (schema: typeof january, column: string) =>
      schema.find(({ name }) => name === column)?.type;
    expect([typeIn(january, 'PULocationID'), typeIn(february, 'PULocationID')]).toEqual([
      'BIGINT',
      'INTEGER',
    ]);
    expect([typeIn(january, 'passenger_count'), typeIn(february, 'passenger_count')]).toEqual([
      'DOUBLE',
      'BIGINT',
    ]);
    expect([typeIn(january, 'ehail_fee'), typeIn(february, 'ehail_fee')]).toEqual(['INTEGER', 'DOUBLE']);
    expect(typeIn(january, 'lpep_pickup_datetime')).toBe('TIMESTAMP');
  });

  it.each([
    ['no distance', 'trip_distance <= 0', 2500, 4500],
    ['absurd distances', 'trip_distance > 100', 20, 80],
    ['less than a minute', `${DURATION_MINUTES} < 1`, 800, 2500],
    ['more than an hour', `${DURATION_MINUTES} > 60`, 300, 1200],
    ['about a day', `${DURATION_MINUTES} > 1300`, 100, 400],
    ['another month', "strftime(lpep_pickup_datetime, '%Y-%m') <> '2023-01'", 3, 40],
    ['a clock that was never set', 'year(lpep_pickup_datetime) < 2010', 1, 30],
    [
      'no passenger data',
      'passenger_count IS NULL AND payment_type IS NULL AND store_and_fwd_flag IS NULL',
      3500,
      5000,
    ],
    ['no e-hail fee', 'ehail_fee IS NULL', 66_650, 66_650],
    ['refunds', 'fare_amount < 0', 80, 350],
    ['unknown zones', 'PULocationID > 263 OR DOLocationID > 263', 250, 900],
  ])('holds the dirt of real months: %s', async (_kind, where, least, most) => {
    const found = await count(where);
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  });
});
