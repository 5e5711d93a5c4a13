/** The stages on the TLC's real months, where the folder with them lies beside the project. They aren't part of it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench } from './stages.ts';

const FOLDER = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const TEMPLATE = `${FOLDER}/green_tripdata_{year}-{month}.parquet`;
const isThere = ['01', '02'].every((month) =>
  existsSync(TEMPLATE.replace('{year}', '2023').replace('{month}', month)),
);
if (!isThere) console.warn('skipped: the real months of the TLC are not in ../shared/data');

const bench = new Bench();
afterAll(() => bench.remove());

describe.skipIf(!isThere)('the real months 2023-01 and 2023-02 (needs ../shared/data)', () => {
  it('give a model with an RMSE under 4.6 minutes, and under half of what guessing gives', async () => {
    await bench.prepare(['2023-01', '2023-02'], { source: 'tlc', 'url-template': TEMPLATE });
    expect(bench.json('raw/2023-01.json')).toMatchObject({ rows: 68_211, known: 'as known' });
    expect(bench.json('raw/2023-02.json')).toMatchObject({ rows: 64_809, known: 'as known' });
    const settings = {
      max_depth: 6,
      learning_rate: 0.1,
      n_estimators: 100,
      subsample: 0.8,
      random_state: 42,
    };
    await bench.train({ settings: JSON.stringify(settings) });
    expect((await bench.validateModel({ 'max-rmse': 4.6 })).code).toBe(0);
    const { rmse, mean_rmse, source } = bench.json<{ rmse: number; mean_rmse: number; source: string }>(
      'metrics.json',
    );
    expect(rmse).toBeLessThan(4.6);
    expect(rmse).toBeLessThan(mean_rmse / 2);
    expect(source).toBe('tlc');
  });
});
