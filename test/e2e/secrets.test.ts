/**
 * Declared secrets (SPEC F11): where their values come from, that a run without them doesn't start, and that no byte
 * that orch writes or prints holds them, whatever the command and however they are encoded.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Scenario, said, scenario, task } from './support/scenario.ts';

/** Everything that would give the value away: raw, URL-encoded, and what base64 makes of it at each alignment. */
function spellingsOf(secret: string): string[] {
  const value = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), value]).toString('base64');
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + value.length) * 8) / 6));
  });
  const url = encodeURIComponent(secret);
  return [
    ...[secret, ...secret.split('\n').filter((line) => line.length >= 8)],
    ...[url, url.toLowerCase(), url.replaceAll('%20', '+')],
    ...[...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))],
    JSON.stringify(secret).slice(1, -1),
  ];
}

/** Every regular file below a folder, as bytes. */
function bytesBelow(folder: string): [string, Buffer][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path)]);
}

const SECRETS = {
  TOKEN: 'p4ss/w+rd? of &co',
  TOKEN_LONG: 'p4ss/w+rd? of &company~longer',
  KEY: '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC+/x\nq83v8Zx+Tt/0PSl2==\n-----END KEY-----\n',
};

/** Prints each secret in every spelling, byte by byte, so that they come in chunks of any size. */
const PRINT = `
const all = ['TOKEN', 'TOKEN_LONG', 'KEY'].map((name) => process.env[name] ?? '');
for (const value of all) for (const pad of ['', 'x', 'xy']) {
  const text = [pad + value + '|', encodeURIComponent(value), Buffer.from(pad + value + '!').toString('base64'),
    Buffer.from(pad + value + '!').toString('base64url'), JSON.stringify(value)].join(' ; ') + '\\n';
  for (const byte of Buffer.from(text)) require('fs').writeSync(1 + (pad.length % 2), Buffer.from([byte]));
}
`;

const names = Object.keys(SECRETS);

function project(): Scenario {
  const s = scenario(
    {
      all: { needs: ['made', 'deploy', 'other', 'probed'] },
      made: task('made', 'node print.cjs; cp in.txt made.txt', {
        inputs: ['in.txt', 'print.cjs'],
        outputs: ['made.txt'],
        secrets: names,
        env: { HANDED_ON: 'v-${{ secrets.TOKEN }}-${{ secrets.KEY }}' },
        tools: ['echo version; env', 'echo ${{ secrets.TOKEN }} && echo "$TOKEN"'],
      }),
      deploy: {
        run: ['node', 'print.cjs', '${{ secrets.TOKEN_LONG }}'],
        inputs: ['print.cjs', 'made.txt'],
        secrets: names,
      },
      other: task('other', 'env; cat "$OUTSIDE/secrets.env"', { inputs: ['in.txt'] }),
      probed: task('probed', 'node print.cjs', {
        inputs: ['in.txt', 'print.cjs'],
        secrets: names,
        probe: 'node print.cjs; exit 1',
      }),
      missing: { run: ['no-such-${{ secrets.TOKEN }}', '${{ secrets.KEY }}'], secrets: names },
      failing: task('failing', 'node print.cjs; exit 7', { secrets: names }),
      odd: task('odd', 'echo ${{ from_json(secrets.TOKEN) }}', { secrets: names }),
    },
    { 'in.txt': 'one\n', 'print.cjs': PRINT },
    { header: ['to ${{ params.where }}'], params: { where: 'here', copied: 'none' } },
  );
  return s;
}

describe('a declared secret', () => {
  it('FAULT 107 108 109: is in no byte below .cache and in nothing that any command prints, however it is encoded', async () => {
    const s = project();
    const quoted = `KEY="${SECRETS.KEY.replaceAll('\n', '\\n')}"`;
    s.write('.env.secrets', `# of nobody\n${quoted}\nTOKEN_LONG='${SECRETS.TOKEN_LONG}'\n`, 0o600);
    execFileSync('cp', [s.path('.env.secrets'), join(s.outside, 'secrets.env')]);
    s.env['TOKEN'] = SECRETS.TOKEN;
    const printed: [string, string][] = [];
    const orch = async (line: string, ...more: string[]) => {
      const ran = await s.orch([...line.split(' '), ...more]);
      printed.push([line, said(ran)]);
      expect(ran.code, said(ran)).not.toBe(3);
    };
    const looks = (...lines: string[]) => Promise.all(lines.map((line) => orch(line)));
    await orch('run --json all');
    await orch('run -k -v all missing failing odd');
    for (const line of ['--output group failing', 'failing', 'missing', 'odd', '--json missing', 'probed'])
      await orch(`run ${line}`);
    s.write('in.txt', 'two\n');
    s.env['TOKEN'] = 'another-secret-value';
    await looks(
      'run -n all',
      'why made',
      'why deploy --json',
      'why missing',
      'why failing --json',
      'why odd',
    );
    await looks('logs made', 'logs deploy --json', 'path made', 'status', 'status --json', 'list --json');
    s.env['TOKEN'] = SECRETS.TOKEN;
    // A parameter of the same value: not shown, and kept nowhere.
    const params = ['--where', SECRETS.TOKEN, '--copied', SECRETS.TOKEN_LONG];
    await orch('run other', ...params);
    await orch('run other --json', ...params);
    await orch('run -n all', ...params);
    await orch('params', '--param', `where=${SECRETS.TOKEN}`);
    await orch('params --json', '--param', `where=${SECRETS.TOKEN}`);
    await looks('list', 'validate', 'validate --json', 'graph', 'graph --json', 'accept made', 'cache info');
    expect(
      s.read('.cache/logs/'.concat(readdirSync(s.path('.cache/logs'))[0]!, '/flow.made.1.log')),
    ).toContain('***');
    const hits: string[] = [];
    const everything = [
      ...bytesBelow(s.path('.cache')),
      ...printed.map(([of, text]) => [of, Buffer.from(text)] as const),
    ];
    for (const value of [...Object.values(SECRETS), 'another-secret-value'])
      for (const spelling of spellingsOf(value))
        for (const [place, bytes] of everything)
          if (bytes.includes(spelling)) hits.push(`${place}: ${spelling}`);
    expect(hits).toEqual([]);
  }, 60_000);

  it('enters the key only as a hash with a salt of this root, which nobody else may read', async () => {
    const s = scenario(
      { a: task('a', 'cp in.txt a.txt', { inputs: ['in.txt'], outputs: ['a.txt'], secrets: ['TOKEN'] }) },
      { 'in.txt': '' },
    );
    s.env['TOKEN'] = 'first-value';
    expect(await s.run('a')).toEqual(['a']);
    const salt = s.path('.cache/state/v1/salt');
    expect(statSync(salt).mode & 0o777).toBe(0o600);
    expect(await s.run('a')).toEqual([]);
    s.env['TOKEN'] = 'second-value';
    expect((await s.ok('why', 'a')).stdout).toContain('secret TOKEN');
    expect(await s.run('a')).toEqual(['a']);
    s.env['TOKEN'] = 'first-value';
    expect(await s.run('a')).toEqual([]);
    chmodSync(salt, 0o644);
    s.write('in.txt', 'new');
    await s.ok('run', 'a');
    expect(statSync(salt).mode & 0o777).toBe(0o600);
    s.write('.cache/state/v1/salt', '');
    expect(await s.run('a')).toEqual(['a']);
    expect(await s.run('a')).toEqual([]);
  });

  it('reaches only the commands of tasks that declare it', async () => {
    const shown = 'test -z "${TOKEN+x}${FILED+x}" && echo none || echo some';
    const s = scenario({
      with: task('with', 'test "$TOKEN $FILED" = "from-env from-file"', { secrets: ['TOKEN', 'FILED'] }),
      without: task('without', `{ ${shown}; } > without.txt`, { outputs: ['without.txt'] }),
    });
    s.write('.env.secrets', 'FILED=from-file\nTOKEN=not-this\n', 0o600);
    s.env['TOKEN'] = 'from-env';
    const ran = await s.ok('run', 'with', 'without');
    expect(s.read('without.txt')).toBe('none\n');
    expect(ran.stderr).toContain('without reads $TOKEN, a secret of other tasks');
  });
});

it('FAULT 110: an output that holds a secret goes into no cache, and the run says so', async () => {
  const s = scenario(
    {
      made: task('made', 'test -n "$TOKEN"; node encode.cjs > made.txt', {
        inputs: ['in.txt', 'encode.cjs'],
        outputs: ['made.txt'],
        secrets: ['TOKEN'],
      }),
      plain: task('plain', 'cp in.txt plain.txt', {
        inputs: ['./', '!made.txt', '!plain.txt', '!orch.yaml'],
        outputs: ['plain.txt'],
        secrets: ['TOKEN'],
      }),
    },
    { 'in.txt': 'one\n', 'encode.cjs': 'console.log(btoa(`user:${process.env.TOKEN}`));\n' },
  );
  s.write('.env.secrets', `TOKEN=${SECRETS.TOKEN}\n`, 0o600);
  const { stderr } = await s.ok('run', 'made', 'plain');
  expect(stderr).toBe('warning: made.txt holds a secret of made: it is not kept in the cache\n');
  const encoded = spellingsOf(SECRETS.TOKEN);
  for (const [path, bytes] of bytesBelow(s.path('.cache')))
    for (const spelling of encoded) expect(bytes.includes(spelling), path).toBe(false);
  // The file of the secrets is nobody's input, not even where a whole folder is one.
  s.append('.env.secrets', '# note\n');
  expect(await s.run('made', 'plain')).toEqual([]);
  s.remove('made.txt');
  s.remove('plain.txt');
  expect(await s.run('made', 'plain')).toEqual(['made']);
});

describe('a secret that is set nowhere', () => {
  const tasks = {
    first: task('first', '', { outputs: [] }),
    push: task('push', 'echo "$TOKEN"', { needs: ['first'], secrets: ['TOKEN'] }),
    again: task('again', '', { needs: ['push'], secrets: ['TOKEN'] }),
  };

  it.each([['run'], ['run', '-n'], ['run', '--json']])(
    'stops `orch %s` before anything starts',
    async (...args) => {
      const s = scenario(tasks);
      const { stderr } = await s.exits(2, [...args, 'again']);
      expect(stderr).toContain('error[missing-secret]: the secret TOKEN of push and 1 more is not set');
      expect(stderr).toMatch(/^orch\.yaml:\d+:\d+: /m);
      expect(stderr).toContain('set the variable TOKEN, or write a line TOKEN=… into .env.secrets');
      expect(s.ran()).toEqual([]);
      expect(s.exists('.cache')).toBe(false);
    },
  );

  it('is not one that is set to nothing', async () => {
    const s = scenario(tasks);
    s.env['TOKEN'] = '';
    expect((await s.exits(2, ['run', 'push'])).stderr).toContain('the secret TOKEN of push is empty');
  });

  it('is told by status and why, which run nothing', async () => {
    const s = scenario(tasks);
    expect((await s.ok('status')).stdout).toContain('secret TOKEN is not set');
    expect((await s.ok('why', 'push')).stdout).toContain('secret TOKEN is not set');
  });

  it('stops no run that does not need it', async () => {
    const s = scenario(tasks);
    expect(await s.run('first')).toEqual(['first']);
  });
});

describe('the secrets file', () => {
  const tasks = { push: task('push', 'printf "%s" "$TOKEN" | wc -c > length.txt', { secrets: ['TOKEN'] }) };

  it('may be named by ORCH_SECRETS_FILE', async () => {
    const s = scenario(tasks);
    s.env['ORCH_SECRETS_FILE'] = join(s.outside, 'keys.env');
    expect((await s.exits(2, ['run', 'push'])).stderr).toMatch(
      /the secrets file \S+keys\.env does not exist/,
    );
    s.write(`../${s.outside.split('/').at(-1)!}/keys.env`, 'export TOKEN="two\\nlines"\n', 0o600);
    await s.ok('run', 'push');
    expect(s.read('length.txt').trim()).toBe('9');
  });

  it('that is wrong is told with file and line, and nothing of it', async () => {
    const s = scenario(tasks);
    s.write('.env.secrets', 'OTHER=1\n\nTOKEN "hidden"\n', 0o600);
    const ran = await s.exits(2, ['run', 'push']);
    expect(ran.stderr).toContain('.env.secrets:3: this is no NAME=VALUE');
    expect(said(ran)).not.toContain('hidden');
    s.env['TOKEN'] = 'from-env';
    await s.ok('run', 'push');
  });

  it('that others may read, or that git would take, is warned of; one that git has is refused', async () => {
    const s = scenario(tasks);
    s.write('.env.secrets', 'TOKEN=value-in-file\n', 0o644);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: s.dir, stdio: 'ignore' });
    git('init', '-q');
    const { stderr } = await s.ok('run', 'push');
    expect(stderr).toContain(
      'other users may read the secrets file .env.secrets; close it: chmod 600 .env.secrets',
    );
    expect(stderr).toContain('git does not ignore the secrets file .env.secrets; add it to .gitignore');
    chmodSync(s.path('.env.secrets'), 0o600);
    s.write('.gitignore', '.env.secrets\n');
    expect((await s.ok('run', 'push')).stderr).toBe('');
    git('add', '-f', '.env.secrets');
    const refused = await s.exits(2, ['run', 'push']);
    expect(refused.stderr).toContain('git tracks the secrets file .env.secrets');
    expect(refused.stderr).toContain('git rm --cached .env.secrets');
  });
});
