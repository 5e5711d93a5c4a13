import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Bench, type Ended, SCRIPTS } from './stages.ts';

const bench = new Bench();
const SERVE = join(SCRIPTS, 'serve.mjs');
let one = '';
let two = '';

beforeAll(async () => {
  await bench.prepare(['2023-01', '2023-02'], { rows: 2000 });
  one = await makeRelease('one', { max_depth: 2, n_estimators: 5 });
  two = await makeRelease('two', { max_depth: 3, n_estimators: 5 });
});
afterAll(() => bench.remove());
beforeEach(undeploy);

/** Nothing is deployed. */
function undeploy(): void {
  rmSync(bench.path('deploy'), { recursive: true, force: true });
}

async function makeRelease(name: string, settings: object): Promise<string> {
  await bench.train({ settings: JSON.stringify(settings), out: `${name}.model.json` });
  const paths = { model: `${name}.model.json`, out: `${name}.metrics.json` };
  await bench.validateModel({ ...paths, 'max-rmse': 99 });
  await bench.saveArtifacts({ model: paths.model, metrics: paths.out, out: name });
  return bench.json<{ digest: string }>(`${name}/release.json`).digest;
}

const deploy = (release: string, serve = SERVE): Promise<Ended> =>
  bench.run('deploy.mjs', { release, deploy: 'deploy', serve });
const rollback = (): Promise<Ended> => bench.run('rollback.mjs', { deploy: 'deploy', serve: SERVE });
const probe = (release: string): Promise<Ended> => bench.run('probe.mjs', { release, deploy: 'deploy' });
const pointer = (name: string): string => readlinkSync(bench.path('deploy', name)).replace('releases/', '');

/** A server that isn't one: the script is run in place of serve.mjs. */
function impostor(script: string): string {
  writeFileSync(bench.path('impostor.mjs'), script);
  return bench.path('impostor.mjs');
}

describe('deploy', () => {
  it('copies the release, proves it over HTTP and makes it current', async () => {
    const ended = await deploy('one');
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(
      /a prediction over HTTP from deploy\/releases\/[0-9a-f]{64}: \d+(\.\d+)? minutes/,
    );
    expect(pointer('current')).toBe(one);
    expect(bench.tree(`deploy/releases/${one}`)).toEqual(
      Object.fromEntries(
        Object.entries(bench.tree('one')).map(([path, sha256]) => [
          path.replace('one', `deploy/releases/${one}`),
          sha256,
        ]),
      ),
    );
    expect(readdirSync(bench.path('deploy/tmp'))).toEqual([]);
  });

  it('keeps the release before as previous; the same again changes nothing', async () => {
    await deploy('one');
    await deploy('two');
    expect([pointer('current'), pointer('previous')]).toEqual([two, one]);
    expect((await deploy('two')).code).toBe(0);
    expect([pointer('current'), pointer('previous')]).toEqual([two, one]);
  });

  it('killed before the switch leaves current as it was, and the next deploy finishes', async () => {
    await deploy('one');
    const killer = impostor("process.kill(process.ppid, 'SIGKILL');");
    expect((await deploy('two', killer)).signal).toBe('SIGKILL');
    expect(pointer('current')).toBe(one);
    expect((await probe('one')).code).toBe(0);
    expect((await deploy('two')).code).toBe(0);
    expect(pointer('current')).toBe(two);
  });

  it.each([
    ['ends at once', 'process.exit(3);', /ended, or said nothing, before it served/],
    [
      'answers for another release',
      `import { createServer } from 'node:http';
       const server = createServer((_, response) => response.end('{"minutes": 1, "release": "abc"}'));
       server.listen(0, '127.0.0.1', () => console.log('serving abc on http://127.0.0.1:' + server.address().port));`,
      /answers for release abc/,
    ],
    [
      'never answers and ignores SIGTERM',
      `import { createServer } from 'node:http';
       process.on('SIGTERM', () => {});
       const server = createServer((request) => request.socket.destroy());
       server.listen(0, '127.0.0.1', () => console.log('serving abc on http://127.0.0.1:' + server.address().port));`,
      /didn't answer/,
    ],
  ])('does not switch to a release whose server %s', async (_kind, script, message) => {
    await deploy('one');
    const ended = await deploy('two', impostor(script));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(message);
    expect(pointer('current')).toBe(one);
  });

  it('refuses a release that is damaged, and heals a damaged copy of a whole one', async () => {
    cpSync(bench.path('one'), bench.path('damaged'), { recursive: true });
    writeFileSync(bench.path('damaged/model.json'), '{}');
    const refused = await deploy('damaged');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('damaged/model.json is not what the release recorded');
    expect(bench.exists('deploy/current')).toBe(false);

    await deploy('one');
    writeFileSync(bench.path(`deploy/releases/${one}/model.json`), '{}');
    expect((await probe('one')).code).toBe(1);
    expect((await deploy('one')).code).toBe(0);
    expect((await probe('one')).code).toBe(0);
  });

  it('never replaces a folder of that name', async () => {
    mkdirSync(bench.path('deploy/current'), { recursive: true });
    writeFileSync(bench.path('deploy/current/mine.txt'), 'mine');
    const ended = await deploy('one');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("deploy/current isn't a link to a release; move it away");
    expect(bench.text('deploy/current/mine.txt')).toBe('mine');
  });
});

describe('probe', () => {
  it('is content only with exactly this release in place', async () => {
    expect((await probe('one')).stderr).toContain('nothing is deployed');
    await deploy('one');
    expect((await probe('one')).code).toBe(0);
    const other = await probe('two');
    expect(other.code).toBe(1);
    expect(other.stderr).toContain(`deploy/current is release ${one.slice(0, 12)}, not ${two.slice(0, 12)}`);
  });

  it('is not content with a pointer to nowhere or a release that is not there', async () => {
    await deploy('one');
    rmSync(bench.path(`deploy/releases/${one}`), { recursive: true });
    expect((await probe('one')).code).toBe(1);
    expect((await probe('nowhere')).stderr).toContain(
      "the release can't be read: nowhere/release.json (ENOENT)",
    );
  });
});

describe('rollback', () => {
  it('goes back to the release before, and forward again', async () => {
    await deploy('one');
    await deploy('two');
    expect((await rollback()).code).toBe(0);
    expect([pointer('current'), pointer('previous')]).toEqual([one, two]);
    expect((await probe('two')).code).toBe(1);
    expect((await rollback()).code).toBe(0);
    expect([pointer('current'), pointer('previous')]).toEqual([two, one]);
  });

  it('fails where there is nothing to go back to, or only a damaged release', async () => {
    await deploy('one');
    expect((await rollback()).stderr).toContain('there is no release to go back to');
    await deploy('two');
    writeFileSync(bench.path(`deploy/releases/${one}/metrics.json`), '{}');
    const ended = await rollback();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('metrics.json is not what the release recorded');
    expect(pointer('current')).toBe(two);
  });
});

describe('the server', () => {
  let server: ChildProcess;
  let address: string;
  let ended: Promise<number | null>;

  beforeEach(async () => {
    server = spawn(
      process.execPath,
      [SERVE, '--release', bench.path('one'), '--port', '0', '--until-stdin-closes'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    ended = new Promise((resolve) => server.once('close', (code) => resolve(code)));
    address = await new Promise((resolve, reject) => {
      let text = '';
      server.stdout!.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        const found = /on (http:\S+)\n/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
      server.once('close', () => reject(new Error(`ended: ${text}`)));
    });
  });
  afterEach(() => void server.kill('SIGKILL'));

  const post = (body: string, path = '/predict') => fetch(`${address}${path}`, { method: 'POST', body });
  const trip = { pickup_zone: 7, dropoff_zone: 42, distance: 1.8, hour: 9, weekday: 2 };

  it('says what it serves and answers trips', async () => {
    const about = (await (await fetch(address)).json()) as Record<string, unknown>;
    expect(about).toMatchObject({ digest: one, run_id: one.slice(0, 12), features: Object.keys(trip) });
    const answer = (await (await post(JSON.stringify(trip))).json()) as { minutes: number; release: string };
    expect(answer.release).toBe(one);
    expect(answer.minutes).toBeGreaterThan(0);
  });

  it('says what is wrong with a request', async () => {
    const statuses = await Promise.all([
      post('{'),
      post('null'),
      post(JSON.stringify({ ...trip, hour: 'nine' })),
      post('x'.repeat(70_000)),
      post('{}', '/other'),
      fetch(`${address}/predict`),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([400, 400, 400, 413, 404, 405]);
    expect(await statuses[2]!.json()).toEqual({ error: 'a number is needed for hour' });
  });

  it('ends by itself on SIGTERM', async () => {
    server.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('ends by itself when its parent is gone', async () => {
    server.stdin!.end();
    expect(await ended).toBe(0);
  });
});

describe('cleanup', () => {
  it('removes what dead stages left behind and nothing else', async () => {
    // A process that has certainly ended: its number is free, or too young to be met again here.
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => dead.once('close', resolve));
    const kept = [`x.${process.pid}.tmp`, 'notes.txt', 'y.tmp', 'z.12a.tmp'];
    mkdirSync(bench.path('temporary', `release.${dead.pid}.tmp`), { recursive: true });
    mkdirSync(bench.path('elsewhere'), { recursive: true });
    for (const name of [...kept, `a.parquet.${dead.pid}.tmp`])
      writeFileSync(bench.path('temporary', name), '');
    writeFileSync(bench.path('elsewhere', `a.${dead.pid}.tmp`), '');
    symlinkSync('elsewhere', bench.path('link'));
    const ended = await bench.run('cleanup.mjs', {}, ['temporary', 'link', 'absent']);
    expect(ended).toMatchObject({ code: 0, stdout: 'removed 2 temporary files\n' });
    expect(readdirSync(bench.path('temporary')).sort()).toEqual([...kept].sort());
    expect(readdirSync(bench.path('elsewhere'))).toHaveLength(1);
  });
});
