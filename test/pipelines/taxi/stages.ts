/**
 * Runs the taxi pipeline's stages as processes in a temporary folder, the way the pipeline runs them. It knows
 * their flags, so that a test only names what it wants to be different.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const SCRIPTS = fileURLToPath(new URL('../../../pipelines/taxi', import.meta.url));
export const FEATURES = 'pickup_zone,dropoff_zone,distance,hour,weekday';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Flags = Readonly<Record<string, string | number | undefined>>;

/** The folder of one test file; the caller removes it. */
export class Bench {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'taxi-test-')));

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  text(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  json<T = Record<string, unknown>>(path: string): T {
    return JSON.parse(this.text(path)) as T;
  }

  sha256(path: string): string {
    return createHash('sha256')
      .update(readFileSync(this.path(path)))
      .digest('hex');
  }

  exists(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** Path -> sha256 of every file below. */
  tree(path: string): Record<string, string> {
    const entries = readdirSync(this.path(path), { recursive: true, encoding: 'utf8' }).sort();
    const files = entries
      .map((name) => join(path, name))
      .filter((name) => statSync(this.path(name)).isFile());
    return Object.fromEntries(files.map((name) => [name, this.sha256(name)]));
  }

  /** `script` is a stage's file name. */
  run(script: string, flags: Flags, rest: readonly string[] = []): Promise<Ended> {
    const given = Object.entries(flags).flatMap(([flag, value]) =>
      value === undefined ? [] : [`--${flag}`, String(value)],
    );
    const child = spawn(process.execPath, [join(SCRIPTS, script), ...given, ...rest], {
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
  }

  /** As `run`, but anything but exit 0 is an error. */
  async must(script: string, flags: Flags, rest: readonly string[] = []): Promise<Ended> {
    const ended = await this.run(script, flags, rest);
    if (ended.code !== 0) throw new Error(`${script} ended with ${ended.code}: ${ended.stderr}`);
    return ended;
  }

  extract(month: string, flags: Flags = {}): Promise<Ended> {
    return this.run('extract.mjs', {
      month,
      source: 'sample',
      rows: flags['source'] === 'tlc' ? undefined : 3000,
      out: `raw/${month}.parquet`,
      note: `raw/${month}.json`,
      tmp: 'tmp',
      ...flags,
    });
  }

  validateData(month: string, flags: Flags = {}): Promise<Ended> {
    return this.run('validate-data.mjs', {
      raw: `raw/${month}.parquet`,
      note: `raw/${month}.json`,
      report: `reports/${month}.json`,
      page: `reports/${month}.html`,
      'min-rows': 1000,
      'min-minutes': 1,
      'max-minutes': 60,
      'max-error-rate': 0.1,
      tmp: 'tmp',
      ...flags,
    });
  }

  transform(month: string, flags: Flags = {}): Promise<Ended> {
    return this.run('transform.mjs', {
      raw: `raw/${month}.parquet`,
      report: `reports/${month}.json`,
      out: `clean/${month}.parquet`,
      'min-minutes': 1,
      'max-minutes': 60,
      'clip-miles': 60,
      tmp: 'tmp',
      ...flags,
    });
  }

  features(month: string, flags: Flags = {}): Promise<Ended> {
    const paths = { clean: `clean/${month}.parquet`, out: `features/${month}.parquet`, tmp: 'tmp' };
    return this.run('features.mjs', { ...paths, features: FEATURES, ...flags });
  }

  train(flags: Flags = {}): Promise<Ended> {
    return this.run('train.mjs', {
      features: 'features/2023-01.parquet',
      settings: JSON.stringify({ max_depth: 4, n_estimators: 30, subsample: 0.8, random_state: 42 }),
      out: 'model.json',
      tmp: 'tmp',
      ...flags,
    });
  }

  validateModel(flags: Flags = {}): Promise<Ended> {
    const paths = {
      model: 'model.json',
      features: 'features/2023-02.parquet',
      out: 'metrics.json',
      tmp: 'tmp',
    };
    return this.run('validate-model.mjs', { ...paths, 'max-rmse': 8, ...flags });
  }

  saveArtifacts(flags: Flags = {}): Promise<Ended> {
    const paths = { model: 'model.json', metrics: 'metrics.json', out: 'release', tmp: 'tmp' };
    return this.run('save-artifacts.mjs', { ...paths, param: 'year=2023', ...flags }, [
      'raw/2023-01.parquet',
    ]);
  }

  /** From nothing to the features of these months. */
  async prepare(months: readonly string[], extract: Flags = {}): Promise<void> {
    for (const month of months) {
      const steps = [
        () => this.extract(month, extract),
        () => this.validateData(month),
        () => this.transform(month),
        () => this.features(month),
      ];
      for (const step of steps) {
        const { code, stderr } = await step();
        if (code !== 0) throw new Error(stderr);
      }
    }
  }
}

/** A module of the pipeline: plain JavaScript, so its types are named by the test. */
export async function library<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(join(SCRIPTS, 'lib', name)).href)) as T;
}

/** What the tests use of DuckDB's wrapper. */
export interface Database {
  run(sql: string): Promise<unknown>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  schema(path: string): Promise<{ name: string; type: string }[]>;
  labels(path: string): Promise<Record<string, string>>;
}

export async function openDatabase(): Promise<Database> {
  const duckdb = await library<{ openDatabase(options: { threads: number }): Promise<Database> }>(
    'duckdb.mjs',
  );
  return duckdb.openDatabase({ threads: 1 });
}
