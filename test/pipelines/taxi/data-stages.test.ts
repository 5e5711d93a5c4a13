import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, FEATURES, openDatabase } from './stages.ts';

const bench = new Bench();
afterAll(() => bench.remove());

/** A parquet file of this query. */
async function makeFile(path: string, select: string): Promise<void> {
  mkdirSync(bench.path(path, '..'), { recursive: true });
  const database = await openDatabase();
  await database.run(`COPY (${select}) TO '${bench.path(path)}' (FORMAT parquet)`);
}

beforeAll(async () => {
  await bench.must('extract.mjs', {
    month: '2023-01',
    source: 'sample',
    rows: 3000,
    out: 'tlc/green_2023-01.parquet',
    note: 'tlc/2023-01.json',
  });
});

describe('extract from files', () => {
  const template = 'tlc/green_{year}-{month}.parquet';

  it('copies a month byte for byte from a path or a file URL, and notes where its data is from', async () => {
    for (const place of [template, `file://${bench.dir}/${template}`]) {
      const ended = await bench.extract('2023-01', { source: 'tlc', 'url-template': place });
      expect(ended.code).toBe(0);
      expect(bench.sha256('raw/2023-01.parquet')).toBe(bench.sha256('tlc/green_2023-01.parquet'));
      expect(ended.stdout).toContain(bench.sha256('tlc/green_2023-01.parquet'));
      expect(bench.json('raw/2023-01.json')).toMatchObject({
        source: 'tlc',
        rows: 3000,
        known: 'differs from the known file',
      });
    }
  });

  it('warns where a month is not the file that is known', async () => {
    const ended = await bench.extract('2023-01', { source: 'tlc', 'url-template': template });
    expect(ended.stderr).toMatch(/warning: the file for 2023-01 isn't the one known \(sha256 9f0e03dd/);
  });

  it('names a month that is not there and says what to do', async () => {
    const ended = await bench.extract('2031-05', { source: 'tlc', 'url-template': template });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /^extract: no trip data for 2031-05: there is no file .*green_2031-05\.parquet\. .*--source sample/,
    );
    expect(bench.exists('raw/2031-05.parquet')).toBe(false);
    expect(bench.exists('raw/2031-05.json')).toBe(false);
  });

  it('refuses a file that is no parquet, and leaves nothing behind', async () => {
    mkdirSync(bench.path('bad'), { recursive: true });
    writeFileSync(bench.path('bad/2023-01'), '<html>please sign in</html>');
    const ended = await bench.extract('2023-01', {
      source: 'tlc',
      'url-template': 'bad/{year}-{month}',
      out: 'new/x',
      note: 'new/n',
    });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("isn't a whole parquet file (27 bytes)");
    expect(bench.exists('new/x')).toBe(false);
    expect(Object.keys(bench.tree('tmp'))).toEqual([]);
  });

  it('refuses parquet without the columns it takes, naming them', async () => {
    await makeFile(
      'bad/2023-02',
      "SELECT 1 AS PULocationID, 2 AS DOLocationID, 0.5 AS trip_distance, 'x' AS lpep_pickup_datetime",
    );
    const ended = await bench.extract('2023-02', { source: 'tlc', 'url-template': 'bad/{year}-{month}' });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('column lpep_dropoff_datetime is missing');
    expect(ended.stderr).toContain('column lpep_pickup_datetime is VARCHAR, not a timestamp');
  });

  it.each([
    ['tlc/green.parquet', /must hold \{year\} and \{month\}/],
    ['ftp://example.org/{year}-{month}', /ftp: isn't supported/],
    [undefined, /needs --url-template/],
  ])('calls the template %s bad usage', async (bad, message) => {
    const ended = await bench.extract('2023-01', { source: 'tlc', 'url-template': bad });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(message);
  });
});

describe('extract over HTTP', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/green_{year}-{month}.parquet`;
  }
  const trips = () => readFileSync(bench.path('tlc/green_2023-01.parquet'));
  const extract = (template: string) =>
    bench.extract('2023-01', {
      source: 'tlc',
      'url-template': template,
      'delay-ms': 1,
      out: 'web/x.parquet',
      note: 'web/x.json',
    });

  it('tries again after an error that may pass, and then has the whole file', async () => {
    const asked: (string | undefined)[] = [];
    const template = await serve((request, response) => {
      asked.push(request.url);
      if (asked.length === 1) response.writeHead(503).end();
      else if (asked.length === 2) {
        response.writeHead(200, { 'content-length': trips().length });
        response.write(trips().subarray(0, 1000), () => response.destroy());
      } else response.end(trips());
    });
    const ended = await extract(template);
    expect(ended.stderr).toMatch(/^extract: warning/);
    expect(ended.code).toBe(0);
    expect(asked).toEqual(Array(3).fill('/green_2023-01.parquet'));
    expect(bench.sha256('web/x.parquet')).toBe(bench.sha256('tlc/green_2023-01.parquet'));
  });

  it('asks once for a month that the server says it has not', async () => {
    let asked = 0;
    const template = await serve((_request, response) => {
      asked++;
      response.writeHead(403).end('denied');
    });
    const ended = await extract(template);
    expect([ended.code, asked]).toEqual([1, 1]);
    expect(ended.stderr).toMatch(
      /no trip data for 2023-01: http.* answered HTTP 403 Forbidden\. .*--source sample/,
    );
  });

  it('says "later" with exit code 75 where the server stays broken or away, and keeps what was there', async () => {
    const before = bench.exists('web/x.parquet') ? bench.sha256('web/x.parquet') : null;
    const broken = await extract(await serve((_request, response) => void response.writeHead(500).end()));
    expect(broken.code).toBe(75);
    expect(broken.stderr).toMatch(/2023-01 can't be fetched now: .*HTTP 500 .*\(3 attempts\)/);
    const away = await extract('http://127.0.0.1:1/{year}-{month}');
    expect(away.code).toBe(75);
    expect(bench.exists('web/x.parquet') ? bench.sha256('web/x.parquet') : null).toBe(before);
    expect(Object.keys(bench.tree('tmp'))).toEqual([]);
  });

  it('gives up on a server that says nothing', async () => {
    const template = await serve(() => {});
    const ended = await bench.extract('2023-01', {
      source: 'tlc',
      'url-template': template,
      attempts: 1,
      'timeout-ms': 200,
    });
    expect(ended.code).toBe(75);
    expect(ended.stderr).toContain('no answer within 0.2 s');
  });
});

describe('validate_data', () => {
  beforeAll(async () => {
    await bench.must('extract.mjs', {
      month: '2023-01',
      source: 'sample',
      rows: 3000,
      out: 'raw/2023-01.parquet',
      note: 'raw/2023-01.json',
    });
  });

  it('reports columns, nulls, ranges and checks, and carries the source', async () => {
    expect((await bench.validateData('2023-01')).code).toBe(0);
    const report = bench.json<{
      checks: { name: string; rows: number }[];
      columns: { name: string; null_rate: number }[];
    }>('reports/2023-01.json');
    expect(report).toMatchObject({ month: '2023-01', source: 'sample', rows: 3000 });
    expect(report.checks.map(({ name }) => name)).toEqual([
      'nulls',
      'pickup_month',
      'duration',
      'distance',
      'zones',
      'any_error',
    ]);
    expect(report.columns).toHaveLength(20);
    expect(report.columns.find(({ name }) => name === 'ehail_fee')?.null_rate).toBe(1);
    expect(bench.text('reports/2023-01.html')).toContain('synthetic sample');
  });

  it('fails over max_error_rate, naming the check, with the same report as under it', async () => {
    await bench.validateData('2023-01');
    const before = bench.text('reports/2023-01.json');
    const ended = await bench.validateData('2023-01', { 'max-error-rate': 0.03 });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /check 'distance' failed for 2023-01: \d+ of 3000 rows of no distance: \d\.\d\d % is over max_error_rate 0\.03/,
    );
    expect(bench.text('reports/2023-01.json')).toBe(before);
    expect(bench.text('reports/2023-01.html')).toContain('class="bad"');
  });

  it('fails where there are too few rows', async () => {
    const ended = await bench.validateData('2023-01', { 'min-rows': 3001 });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(
      "check 'row_count' failed for 2023-01: 3000 rows, at least 3001 are needed",
    );
  });

  it('fails on another schema, before any count', async () => {
    await makeFile('raw/other.parquet', 'SELECT 1 AS PULocationID');
    const ended = await bench.validateData('2023-01', { raw: 'raw/other.parquet' });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/check 'schema' failed for 2023-01: column lpep_pickup_datetime is missing/);
  });

  it('counts nulls in the columns that the model needs', async () => {
    await makeFile(
      'raw/nulls.parquet',
      `SELECT * REPLACE (NULL::BIGINT AS PULocationID) FROM '${bench.path('raw/2023-01.parquet')}'`,
    );
    const ended = await bench.validateData('2023-01', { raw: 'raw/nulls.parquet' });
    expect(ended.stderr).toMatch(/check 'nulls' failed for 2023-01: 3000 of 3000 rows/);
  });
});

describe('transform and features', () => {
  beforeAll(async () => {
    await bench.prepare(['2023-01']);
  });

  it('keep trips of 1 to 60 minutes, with a distance, of the month, the distance clipped', async () => {
    const database = await openDatabase();
    const [found] = await database.rows(
      `SELECT min(minutes) >= 1 AS least, max(minutes) <= 60 AS most, min(miles) > 0 AS some, max(miles) <= 60 AS clipped,
         min(pickup) >= '2023-01-01' AS since, max(pickup) < '2023-02-01' AS until, CAST(count(*) AS INTEGER) AS rows
       FROM '${bench.path('clean/2023-01.parquet')}'`,
    );
    const { rows, ...rules } = found!;
    expect(Object.values(rules)).toEqual(Array(6).fill(true));
    // What the report calls unusable is what the transform drops.
    const report = bench.json<{ checks: { name: string; rows: number }[] }>('reports/2023-01.json');
    expect(rows).toBe(3000 - report.checks.find(({ name }) => name === 'any_error')!.rows);
  });

  it('have equal bytes on any number of threads', async () => {
    await bench.transform('2023-01', { out: 'again/clean.parquet', threads: 4 });
    await bench.features('2023-01', { out: 'again/features.parquet', threads: 3 });
    expect(bench.sha256('again/clean.parquet')).toBe(bench.sha256('clean/2023-01.parquet'));
    expect(bench.sha256('again/features.parquet')).toBe(bench.sha256('features/2023-01.parquet'));
  });

  it('have the same features for the same trips in other column types', async () => {
    const casts =
      'PULocationID::INTEGER AS PULocationID, passenger_count::BIGINT AS passenger_count, ehail_fee::DOUBLE AS ehail_fee';
    await makeFile(
      'drifted/raw.parquet',
      `SELECT * REPLACE (${casts}) FROM '${bench.path('raw/2023-01.parquet')}'`,
    );
    await bench.transform('2023-01', { raw: 'drifted/raw.parquet', out: 'drifted/clean.parquet' });
    expect(bench.sha256('drifted/clean.parquet')).toBe(bench.sha256('clean/2023-01.parquet'));
  });

  it('carry the source in the files themselves', async () => {
    const database = await openDatabase();
    const labels = await database.labels(bench.path('features/2023-01.parquet'));
    expect(labels).toMatchObject({ month: '2023-01', source: 'sample' });
  });

  it('make only the features asked for, and refuse one that is unknown', async () => {
    await bench.features('2023-01', { features: 'distance,hour', out: 'few.parquet' });
    const schema = await (await openDatabase()).schema(bench.path('few.parquet'));
    expect(schema.map(({ name }) => name)).toEqual(['distance', 'hour', 'duration']);
    const ended = await bench.features('2023-01', { features: 'distance,tip' });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(FEATURES.replaceAll(',', ', '));
  });

  it('fail where not one trip is left', async () => {
    const ended = await bench.transform('2023-01', { 'min-minutes': 59.9, 'max-minutes': 59.9 });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('not one of the 3000 trips of 2023-01 can be used');
  });
});
