import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './stages.ts';

const bench = new Bench();
afterAll(() => bench.remove());
beforeAll(async () => {
  await bench.prepare(['2023-01', '2023-02'], { rows: 4000 });
  for (const step of [() => bench.train(), () => bench.validateModel()]) {
    const { code, stderr } = await step();
    if (code !== 0) throw new Error(stderr);
  }
});

describe('train', () => {
  it('makes equal bytes from equal features, on any number of threads', async () => {
    await bench.train({ out: 'again.json', threads: 3 });
    expect(bench.text('again.json')).toBe(bench.text('model.json'));
  });

  it('makes another model with another random_state', async () => {
    const settings = JSON.stringify({ max_depth: 4, n_estimators: 30, subsample: 0.8, random_state: 43 });
    await bench.train({ out: 'other.json', settings });
    expect(bench.text('other.json')).not.toBe(bench.text('model.json'));
  });

  it('says what it was trained on', () => {
    expect(bench.json('model.json')['trained_on']).toMatchObject({ month: '2023-01', source: 'sample' });
  });

  it.each([
    ['{"max_dept": 6}', /model\.max_dept is unknown; there are max_depth/],
    ['{"max_depth": 0}', /model\.max_depth is 0, expected a whole number from 1 to 16/],
    ['{"learning_rate": "fast"}', /model\.learning_rate is "fast"/],
    ['depth', /isn't JSON/],
  ])('refuses the settings %s', async (settings, message) => {
    const ended = await bench.train({ settings, out: 'never.json' });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(message);
    expect(bench.exists('never.json')).toBe(false);
  });
});

describe('validate_model', () => {
  it('is better than guessing, and says by how much and on what', () => {
    const metrics = bench.json<Record<string, number>>('metrics.json');
    expect(Object.keys(metrics)).toEqual(
      expect.arrayContaining(['rmse', 'mae', 'r2', 'mean_rmse', 'rows', 'source', 'source_label']),
    );
    expect(metrics['rmse']).toBeLessThan(metrics['mean_rmse']! * 0.75);
    expect(metrics).toMatchObject({ trained_on: '2023-01', validated_on: '2023-02', source: 'sample' });
  });

  it('fails over max_rmse with the same metrics as under it', async () => {
    const ended = await bench.validateModel({ 'max-rmse': 1.5, out: 'strict.json', threads: 2 });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/RMSE \d+\.\d+ is over max_rmse 1\.5 \(validated on 2023-02\)/);
    expect(bench.text('strict.json')).toBe(bench.text('metrics.json'));
  });

  it('names a model that is not there or not readable', async () => {
    const absent = await bench.validateModel({ model: 'no.json' });
    expect(absent.code).toBe(1);
    expect(absent.stderr).toContain("the model can't be read: no.json (ENOENT)");
    writeFileSync(bench.path('old.json'), '{"format": 0}');
    expect((await bench.validateModel({ model: 'old.json' })).stderr).toContain('a model of format 0');
  });
});

describe('save_artifacts', () => {
  it('puts a release together whose digest sha256sum confirms', async () => {
    expect((await bench.saveArtifacts()).code).toBe(0);
    const names = ['inputs.json', 'metrics.json', 'model.json', 'params.json'];
    const lines = names.map((name) => `${bench.sha256(`release/${name}`)}  ${name}\n`).join('');
    const digest = createHash('sha256').update(lines).digest('hex');
    expect(bench.json('release/release.json')).toMatchObject({
      digest,
      run_id: digest.slice(0, 12),
      source: 'sample',
    });
    expect(bench.json('release/inputs.json')).toEqual({
      'raw/2023-01.parquet': bench.sha256('raw/2023-01.parquet'),
    });
  });

  it('is the same release whenever it is made and however its parameters are ordered', async () => {
    const make = (out: string, params: readonly string[]) =>
      bench.must(
        'save-artifacts.mjs',
        { model: 'model.json', metrics: 'metrics.json', out },
        params.flatMap((param) => ['--param', param]),
      );
    await make('one', ['model={"b":1,"a":2}', 'source=sample']);
    await make('two', ['source=sample', 'model={"a": 2, "b": 1}']);
    expect(bench.text('two/release.json')).toBe(bench.text('one/release.json'));
    expect(bench.json('one/params.json')).toEqual({ model: { a: 2, b: 1 }, source: 'sample' });
  });
});
