/**
 * The flagship pipeline through the real binary, as its users run it: what is promised of `orch run deploy` is
 * checked here sentence by sentence, in a copy of pipelines/ away from the repository.
 * One project is shared, for a first run costs seconds. Every test starts from `settled()` (the repository's own
 * scripts, the default parameters, deployed), so none depends on the one before it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lutimesSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { isAlive, until } from './support/gate.ts';
import { said } from './support/scenario.ts';
import { countsOf, deadPid, FOLLOWING, finishOf, preparing, Taxi } from './support/taxi-project.ts';
import { entriesUnder } from './support/tree.ts';

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const SAMPLE = 'synthetic sample (invented trips, not TLC data)';
const TEMPORARY = ['build/tmp', 'deploy/tmp'];

describe('orch run deploy, the taxi pipeline', () => {
  let s: Taxi;
  let first: string;
  beforeAll(async () => {
    s = new Taxi();
    first = (await s.ok('run', 'deploy')).stdout;
  });

  it('the first time runs all stages, in order, and prints the summary', () => {
    const done = [...first.matchAll(/^✅ Task '(.+)' completed in /gm)].map(([, name]) => name!);
    const all = [...preparing('2023-01', '2023-02'), ...FOLLOWING, 'cleanup'];
    expect([...done].sort()).toEqual([...all].sort());
    for (const month of ['2023-01', '2023-02'])
      expect(done.filter((name) => name.includes(month))).toEqual(preparing(month));
    expect(done.slice(-5)).toEqual([...FOLLOWING, 'cleanup']);

    const { rmse, mean_rmse } = s.json('models/metrics.json');
    expect(first.split('\n').slice(0, 3)).toEqual([
      '🎯 Target: deploy',
      '📅 Data: 2023-01 to train, the month after to validate (source: sample)',
      '🔄 Force rebuild: no',
    ]);
    expect(first).toContain('📋 13 run, 0 restored, 0 up to date, 0 failed, 0 skipped');
    expect(first.split('\n').slice(-5)).toEqual([
      '🎉 Pipeline completed successfully!',
      `📊 Final model RMSE: ${rmse} minutes (guessing the mean: ${mean_rmse})`,
      `🚕 Data: ${SAMPLE}, trained on 2023-01, validated on 2023-02`,
      `🆔 Model run ID: ${s.digest.slice(0, 12)}`,
      '',
    ]);
    expect(s.read('data/reports/green-2023-01.html')).toContain('synthetic');
  });

  it('the second time says that everything is up to date, and asks the probe', async () => {
    await s.settled();
    const ran = await s.ok('run', 'deploy');
    expect(ran.stdout).not.toContain('🚀');
    expect(ran.stdout).toContain("⏭️  Task 'deploy' is up to date");
    expect(ran.stdout).toContain('📋 0 run, 0 restored, 12 up to date, 0 failed, 0 skipped');
    expect(ran.stdout.split('\n').slice(-5)).toEqual(first.split('\n').slice(-5));
    expect(ran.stderr).toBe('');
    expect(s.ran()).toEqual(['probe --release build/release --deploy deploy']);
  });

  it('status and a dry run agree with what a run does, and run no command', async () => {
    await s.settled();
    const { stdout } = await s.exits(0, ['status', 'deploy', '--exit-code', '--json']);
    const { tasks } = JSON.parse(stdout) as { tasks: { task: string; will: string }[] };
    expect(tasks).toHaveLength(12);
    expect(tasks.filter(({ will }) => will !== 'nothing')).toEqual([]);
    const plan = (await s.ok('run', '-n', 'deploy', '--param', 'model.max_depth=8')).stdout;
    expect(plan).toMatch(/^ *train +run \(parameter model\.max_depth went from 6 to 8\)$/m);
    expect(plan).toMatch(/^ *validate_model +predicted: run if train makes new bytes$/m);
    expect(plan).toMatch(
      /^ *save_artifacts +predicted: run \(parameter model\.max_depth went from 6 to 8\)$/m,
    );
    expect(plan).toMatch(/^1 to run, 1 predicted to run, 2 depending on that, 8 up to date$/m);
    expect(s.ran()).toEqual([]);
  });

  it('leaves metrics that hold what was measured, the mean predictor beside it', async () => {
    await s.settled();
    const metrics = s.json<Record<string, number | string>>('models/metrics.json');
    expect(metrics).toEqual({
      ...{ rmse: expect.any(Number), mae: expect.any(Number), r2: expect.any(Number) },
      ...{ mean_rmse: expect.any(Number), rows: expect.any(Number) },
      ...{ source: 'sample', source_label: SAMPLE, trained_on: '2023-01', validated_on: '2023-02' },
    });
    expect(metrics['mae']).toBeLessThan(Number(metrics['rmse']));
    expect(metrics['rmse']).toBeLessThan(0.6 * Number(metrics['mean_rmse']));
    expect(metrics['rows']).toBeGreaterThan(50_000);
  });

  it('leaves a release of model, metrics, parameters and input digests, named by its own digest', async () => {
    await s.settled();
    const { digest, files, run_id } = s.json<{ digest: string; files: object; run_id: string }>(
      'build/release/release.json',
    );
    const names = ['inputs.json', 'metrics.json', 'model.json', 'params.json'];
    expect(Object.keys(s.under('build/release'))).toEqual([...names, 'release.json'].sort());
    expect(files).toEqual(Object.fromEntries(names.map((name) => [name, s.sha256(`build/release/${name}`)])));
    const lines = names.map((name) => `${s.sha256(`build/release/${name}`)}  ${name}\n`).join('');
    expect(digest).toBe(createHash('sha256').update(lines).digest('hex'));
    expect(run_id).toBe(digest.slice(0, 12));
    expect(s.read('build/release/model.json')).toBe(s.read('models/model.json'));
    expect(s.read('build/release/metrics.json')).toBe(s.read('models/metrics.json'));
    expect(s.json('build/release/params.json')).toMatchObject({ month: 1, model: { max_depth: 6 } });
    const inputs = s.json<Record<string, string>>('build/release/inputs.json');
    expect(Object.keys(inputs)).toHaveLength(4);
    for (const [path, sha256] of Object.entries(inputs)) expect(s.sha256(path)).toBe(sha256);
  });

  it('leaves deploy/current as a link to that release, which answers over HTTP', async () => {
    await s.settled();
    expect(readlinkSync(s.path('deploy/current'))).toBe(`releases/${s.digest}`);
    expect(s.under(`deploy/releases/${s.digest}`)).toEqual(s.under('build/release'));
    const serve = ['pipelines/taxi/serve.mjs', '--release', 'deploy/current', '--port', '0'];
    const server = spawn(process.execPath, [...serve, '--until-stdin-closes'], { cwd: s.dir });
    const ended = new Promise((resolve) => server.once('close', resolve));
    let text = '';
    server.stdout.on('data', (data) => (text += data));
    try {
      await until(() => text.includes('\n'), 'the address of the server');
      const trip = { pickup_zone: 74, dropoff_zone: 42, distance: 1.8, hour: 9, weekday: 2 };
      const address = /on (http:\S+)/.exec(text)?.[1];
      const answer = await fetch(`${address}/predict`, { method: 'POST', body: JSON.stringify(trip) });
      const { minutes, release } = (await answer.json()) as { minutes: number; release: string };
      expect(release).toBe(s.digest);
      expect(minutes).toBeGreaterThan(1);
      expect(minutes).toBeLessThan(60);
    } finally {
      server.stdin.end();
      await ended;
    }
  });

  it('--month 2 prepares only March; going back to month 1 restores everything but the deploy', async () => {
    await s.settled();
    const before = s.under('build/release');
    const { digest } = s;
    const second = await s.does(['deploy', '--month', '2']);
    expect(second.started).toEqual([...preparing('2023-03'), ...FOLLOWING, 'cleanup'].sort());
    expect(s.json('models/metrics.json')).toMatchObject({ trained_on: '2023-02', validated_on: '2023-03' });
    expect([s.pointer('current'), s.pointer('previous')]).toEqual([s.digest, digest]);

    const back = await s.does(['deploy', '--month', '1']);
    expect(back.started).toEqual(['cleanup', 'deploy']);
    expect(back.restored).toEqual(['save_artifacts', 'train', 'validate_model']);
    expect(countsOf(back.events)).toMatchObject({ run: 2, restored: 3, upToDate: 8 });
    expect(s.under('build/release')).toEqual(before);
    expect(s.pointer('current')).toBe(digest);
  });

  it('--param model.max_depth=8 reruns train and what follows, and nothing before', async () => {
    await s.settled();
    const { started, events } = await s.does(['deploy', '--param', 'model.max_depth=8']);
    expect(started).toEqual([...FOLLOWING, 'cleanup'].sort());
    expect(finishOf(events, 'train')).toMatchObject({
      reason: { why: 'param-changed', name: 'model.max_depth', from: 6, to: 8 },
    });
    expect(s.json('build/release/params.json')).toMatchObject({ model: { max_depth: 8 } });
  });

  it('a comment edit in the transform script reruns transform, finds the same bytes and stops there', async () => {
    await s.settled();
    const before = s.under('data/clean');
    s.append('pipelines/taxi/transform.mjs', '\n// Says nothing new.\n');
    const { started, events } = await s.does(['deploy']);
    expect(started).toEqual(['cleanup', 'transform[month=2023-01]', 'transform[month=2023-02]']);
    expect(finishOf(events, 'deploy')).toMatchObject({ outcome: 'up-to-date' });
    expect(s.under('data/clean')).toEqual(before);
    expect((await s.does(['deploy'])).started).toEqual([]);
  });

  it('touch on every file runs nothing', async () => {
    await s.settled();
    const paths = Object.keys(s.userTree());
    expect(paths.length).toBeGreaterThan(50);
    for (const path of paths) lutimesSync(s.path(path), new Date(), new Date());
    const { started, restored } = await s.does(['deploy']);
    expect([started, restored]).toEqual([[], []]);
  });

  it('--force reruns all and makes the same release', async () => {
    await s.settled();
    const { digest } = s;
    const { started } = await s.does(['deploy', '--force']);
    expect(started).toEqual([...preparing('2023-01', '2023-02'), ...FOLLOWING, 'cleanup'].sort());
    expect(s.digest).toBe(digest);
  });

  it('orch --clean empties the cache but no file of a user and no release; validate_data then runs only up to there', async () => {
    await s.settled();
    s.write('notes/mine.txt', 'mine\n');
    const before = s.userTree();
    expect(await s.cacheBytes()).toBeGreaterThan(1_000_000);
    await s.ok('--clean', '-y');
    expect(s.userTree()).toEqual(before);
    expect(await s.cacheBytes()).toBe(0);

    const some = await s.does(['validate_data']);
    const upTo = preparing('2023-01', '2023-02').filter((name) => /^(extract|validate_data)/.test(name));
    expect(some.started).toEqual(['cleanup', ...upTo].sort());
    expect(s.userTree()).toEqual(before);
    const rest = preparing('2023-01', '2023-02').filter((name) => /^(transform|features)/.test(name));
    expect((await s.does(['deploy'])).started).toEqual(['cleanup', ...rest, ...FOLLOWING].sort());
    expect(s.userTree()).toEqual(before);
  });

  it('another max_rmse reruns validate_model alone: its equal metrics stop it there', async () => {
    await s.settled();
    const { started, restored, events } = await s.does(['deploy', '--max-rmse', '5.5']);
    expect([started, restored]).toEqual([['cleanup', 'validate_model'], []]);
    expect(finishOf(events, 'save_artifacts')).toMatchObject({ outcome: 'up-to-date' });
  });

  it('a max_rmse below the model fails, names it, and leaves what is deployed', async () => {
    await s.settled();
    const { digest } = s;
    const { rmse } = s.json('models/metrics.json');
    const ran = await s.exits(1, ['run', 'deploy', '--max-rmse', '1.5']);
    expect(said(ran)).toContain(`RMSE ${rmse} is over max_rmse 1.5`);
    expect(ran.stdout).not.toContain('Running task: save_artifacts');
    expect(ran.stdout).not.toContain('🎉');
    expect(s.pointer('current')).toBe(digest);
    expect(Object.keys(entriesUnder(s.path('.cache/failed/validate_model')))).toEqual([
      'models/metrics.json',
    ]);
    const again = await s.does(['deploy']);
    expect([again.started, again.restored]).toEqual([[], []]);
    expect((await s.does(['validate_model'])).restored).toEqual(['validate_model']);
  });

  it('rollback switches to the release before; the next run deploy deploys again and says why', async () => {
    await s.settled();
    const former = s.digest;
    const deeper = ['deploy', '--param', 'model.max_depth=5'];
    await s.does(deeper);
    const latter = s.digest;
    expect(latter).not.toBe(former);
    expect([s.pointer('current'), s.pointer('previous')]).toEqual([latter, former]);
    expect((await s.does(['rollback'])).started).toEqual(['cleanup', 'rollback']);
    expect([s.pointer('current'), s.pointer('previous')]).toEqual([former, latter]);

    const ran = await s.ok('run', ...deeper);
    const why = `deploy/current is release ${former.slice(0, 12)}, not ${latter.slice(0, 12)}`;
    expect(ran.stdout.split('\n').filter((line) => line.startsWith('🚀'))).toEqual([
      expect.stringContaining(why),
      expect.stringContaining('Running task: cleanup'),
    ]);
    expect(s.pointer('current')).toBe(latter);
  });

  it('cleanup joins a run in which a command ran, and removes temporary files only', async () => {
    await s.settled();
    const dead = deadPid();
    const kept = ['build/tmp/notes.txt', `build/tmp/a.${process.pid}.tmp`, `data/raw/b.${dead}.tmp`];
    for (const path of kept) s.write(path, 'mine');
    const before = s.userTree();
    for (const folder of TEMPORARY) s.write(`${folder}/model.json.${dead}.tmp`, 'half');
    expect((await s.does(['deploy'])).started).toEqual([]);
    expect(s.exists(`build/tmp/model.json.${dead}.tmp`)).toBe(true);
    expect((await s.does(['deploy', '--force=deploy'])).started).toEqual(['cleanup', 'deploy']);
    for (const folder of TEMPORARY) expect(s.exists(`${folder}/model.json.${dead}.tmp`)).toBe(false);
    const after = s.userTree();
    delete before['deploy/tmp'];
    delete after['deploy/tmp'];
    expect(after).toEqual(before);
    for (const path of kept) s.remove(path);
  });

  it('killed halfway through deploy, deploys when run again, and so does going back', async () => {
    await s.settled();
    const former = s.digest;
    const serve = s.read('pipelines/taxi/serve.mjs');
    // The server that deploy proves a release with is held; deploy waits for it.
    const hold = `import { existsSync as isThere, renameSync as put, writeFileSync as say } from 'node:fs';
if (isThere(process.env.GATES + '/hold')) {
  say(process.env.GATES + '/here', String(process.ppid));
  put(process.env.GATES + '/here', process.env.GATES + '/held');
  process.stdin.on('close', () => process.exit(1)).resume();
  await new Promise(() => {});
}
`;
    s.write('pipelines/taxi/serve.mjs', hold + serve);
    const dieInDeploy = async (...args: string[]) => {
      writeFileSync(join(s.gates, 'hold'), '');
      const running = s.start(['run', ...args]);
      await until(() => existsSync(join(s.gates, 'held')), 'deploy at work');
      const pid = Number(readFileSync(join(s.gates, 'held'), 'utf8'));
      const group = Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }));
      expect(group, 'a group of its own').not.toBe(
        Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], { encoding: 'utf8' })),
      );
      running.kill('SIGKILL');
      process.kill(-group, 'SIGKILL');
      expect((await running.done).signal).toBe('SIGKILL');
      await until(() => !isAlive(pid), 'the end of deploy');
      for (const name of ['hold', 'held']) rmSync(join(s.gates, name));
    };
    const deeper = ['deploy', '--param', 'model.max_depth=4'];
    await dieInDeploy(...deeper);
    expect(s.pointer('current')).toBe(former);
    const again = await s.does(deeper);
    expect(again.started).toEqual(['cleanup', 'deploy']);
    expect(finishOf(again.events, 'deploy')).toMatchObject({ reason: { why: 'died-last' } });
    expect(s.pointer('current')).toBe(s.digest);

    await dieInDeploy('deploy');
    s.write('pipelines/taxi/serve.mjs', serve);
    expect((await s.does(['deploy'])).started).toEqual(['cleanup', 'deploy']);
    expect(s.pointer('current')).toBe(former);
  });

  // .PHONY, because the folder deploy/ that the pipeline makes is what make would take for the target.
  it.each([
    ['beside pipelines/', 'Makefile', []],
    ['at a sub-path', 'ops/nightly/Makefile', ['-C', 'ops/nightly']],
  ])('from a Makefile %s, with exit codes', async (_where, makefile, args) => {
    await s.settled();
    s.write(makefile, '.PHONY: deploy\ndeploy: ; orch run deploy\n');
    const done = s.make(...args, 'deploy');
    expect(done.code, done.text).toBe(0);
    expect(done.text).toContain('📋 0 run, 0 restored, 12 up to date');
    const failed = s.make(...args, 'deploy', 'ORCH_PARAM_MAX_RMSE=1');
    expect(failed.code).toBe(2);
    expect(failed.text).toMatch(/deploy\] Error 1$/m);
    expect(failed.text).toContain('is over max_rmse 1 ');
    const refused = s.make(...args, 'deploy', 'ORCH_PARAM_MAX_RMSE=low');
    expect(refused.code).toBe(2);
    expect(refused.text).toMatch(/deploy\] Error 2$/m);
    expect(refused.text).toContain('max_rmse');
    expect(Object.keys(s.under('ops')).filter((path) => !path.endsWith('Makefile'))).toEqual([]);
    s.remove(makefile);
  });

  it('a month that can’t be had fails, names it and says what to do', async () => {
    await s.settled();
    const { digest } = s;
    const template = `${s.outside}/nowhere/green-{year}-{month}.parquet`;
    const tlc = ['deploy', '--month', '7', '--source', 'tlc', '--url-template'];
    const ran = await s.exits(1, ['run', ...tlc, template]);
    const text = said(ran);
    expect(text).toMatch(
      /no trip data for 2023-0[78]: there is no file .*nowhere\/green-2023-0[78]\.parquet\./,
    );
    expect(text).toMatch(/Put it there, choose another month with --year and --month.*--source sample/);
    expect(text).not.toContain('Running task: validate_data');
    expect(s.pointer('current')).toBe(digest);
    const odd = await s.exits(1, ['run', ...tlc, '/nowhere/green.parquet']);
    expect(said(odd)).toContain('--url-template must hold {year} and {month}');
  });
});

const areThere = ['01', '02'].every((month) =>
  existsSync(join(DATA, `green_tripdata_2023-${month}.parquet`)),
);
if (!areThere) console.warn('skipped: the real months of the TLC are not in ../shared/data');

describe.skipIf(!areThere)(
  'orch run deploy on the real months 2023-01 and 2023-02 (needs ../shared/data)',
  () => {
    it('ends with an RMSE under 4.6 and says that the data is the TLC’s', async () => {
      const s = new Taxi();
      const template = `${DATA}/green_tripdata_{year}-{month}.parquet`;
      const { stdout } = await s.ok('run', 'deploy', '--source', 'tlc', '--url-template', template);
      const [, rmse, mean] =
        /^📊 Final model RMSE: (\S+) minutes \(guessing the mean: (\S+)\)$/m.exec(stdout) ?? [];
      expect(Number(rmse)).toBeLessThan(4.6);
      expect(Number(rmse)).toBeLessThan(Number(mean) / 2);
      expect(stdout).toContain('(source: tlc)');
      expect(stdout).toContain(
        '🚕 Data: NYC TLC green taxi trips, trained on 2023-01, validated on 2023-02\n',
      );
      expect(s.json('build/release/metrics.json')).toMatchObject({ rmse: Number(rmse), source: 'tlc' });
      expect(s.sha256('data/raw/green-2023-01.parquet')).toBe(
        createHash('sha256')
          .update(readFileSync(join(DATA, 'green_tripdata_2023-01.parquet')))
          .digest('hex'),
      );
    });
  },
);
