/**
 * What orch says of a hundred wrong pipelines, kept whole (B11): the place, the caret, what to do, nothing twice and
 * no consequences. After a wanted change: `npx vitest run test/e2e/error-messages.test.ts -u`, and read what git
 * shows with the eyes of somebody who wrote that line.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/pipeline/catalogue/index.ts';
import { bareScenario } from './support/scenario.ts';
import { WRONG_PIPELINES } from './support/wrong-pipelines/index.ts';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const FIXTURES = fileURLToPath(new URL('fixtures/messages/', import.meta.url));

/** `tabs before keys` -> `tabs-before-keys.yaml`. */
function fileNameOf(name: string): string {
  return `${name.replace(/[^\w]+/g, '-').replace(/^-|-$/g, '')}.yaml`;
}

describe('of wrong pipelines', () => {
  it.each(Object.entries(WRONG_PIPELINES))('%s', async (subject, pipelines) => {
    const files = Object.keys(pipelines).map(fileNameOf);
    expect(new Set(files).size).toBe(files.length);
    const s = bareScenario(
      Object.fromEntries(Object.entries(pipelines).map(([name, text]) => [fileNameOf(name), text])),
    );
    const { stdout, stderr } = await s.exits(2, ['validate', ...files]);
    expect(stdout).toBe('');
    await expect(stderr).toMatchFileSnapshot(join(FIXTURES, `${subject}.txt`));
    const messages = [...stderr.matchAll(/^(\S+?):\d+:\d+: (?:error|warning)\[([^\]]*)\]/gm)];
    expect([...new Set(messages.map(([, file]) => file))]).toEqual(files);
    for (const [, , code] of messages) expect(CATALOGUE).toHaveProperty(code!);
    // Neither colours nor anything else that moves a terminal's cursor gets through from a file.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(s.exists('.cache')).toBe(false);
  });
});

it('the README shows what is printed', async () => {
  const s = bareScenario({
    'orch.yaml': `version: 1
params: {month: {type: integer, default: 1, min: 1, max: 12}}
tasks:
  clean:
    run: python clean.py --month \${{ params.mnth }}
    outs: [clean.csv]
  train:
    run: python train.py
    needs: [claen]
    outputs: [model.pkl]
`,
  });
  const { stderr } = await s.exits(2, ['validate']);
  expect(readFileSync(README, 'utf8')).toContain(`\n$ orch validate\n${stderr}\`\`\`\n`);
});

describe('many errors', () => {
  const many = `version: 1\ntasks:\n${Array.from({ length: 16 }, (_, at) => `  t${at}: {rnu: x, ouputs: [a]}\n`).join('')}`;

  it('are shown up to twenty, and the rest is counted', async () => {
    const s = bareScenario({ 'orch.yaml': many });
    for (const args of [['validate'], ['run', 't0']]) {
      const { stderr } = await s.exits(2, args);
      expect(stderr.match(/error\[unknown-key\]/g)).toHaveLength(20);
      expect(stderr).toMatch(
        /\nand 12 more errors: `orch validate --json` lists them all\n32 errors; `orch help unknown-key` explains it\n$/,
      );
    }
  });

  it('come by file and position, and all of them as data', async () => {
    const s = bareScenario({
      'pipelines/b.yaml': many,
      'pipelines/a.yaml': 'version: 1\nname: a\ntasks: {a: {rnu: x, timeout: soon}}\n',
    });
    const { diagnostics } = JSON.parse((await s.exits(2, ['validate', '--json'])).stdout);
    const places = diagnostics.map(
      ({ file, line, column }: { file: string; line: number; column: number }) =>
        `${file} ${String(line).padStart(3)} ${String(column).padStart(3)}`,
    );
    expect(places).toHaveLength(34);
    expect(places).toEqual([...places].sort());
  });
});

describe('validate --json', () => {
  it('prints one document with the place, its end, hints and related places', async () => {
    const s = bareScenario({
      'orch.yaml':
        'version: 1\ntasks:\n  a: {cmd: 日本, outputs: [x]}\n  b: {run: y, outputs: [x]}\n  c: {run: "${{ params.p }} ${{ params.p }}"}\n',
    });
    const ran = await s.exits(2, ['validate', '--json']);
    expect(ran.stderr).toBe('');
    expect(JSON.parse(ran.stdout)).toEqual({
      valid: false,
      diagnostics: [
        {
          severity: 'error',
          code: 'unknown-key',
          message: 'unknown key "cmd" in tasks.a',
          file: 'orch.yaml',
          line: 3,
          column: 7,
          end: { line: 3, column: 10 },
          hint: 'here it is called `run`',
          related: [],
          alsoAt: [],
        },
        {
          severity: 'error',
          code: 'overlapping-outputs',
          message: 'a and b both write x',
          file: 'orch.yaml',
          line: 4,
          column: 25,
          end: { line: 4, column: 26 },
          hint: null,
          related: [
            { message: 'a writes x', file: 'orch.yaml', line: 3, column: 26, end: { line: 3, column: 27 } },
          ],
          alsoAt: [],
        },
        {
          severity: 'error',
          code: 'unknown-name',
          message: 'there is no parameter p',
          file: 'orch.yaml',
          line: 5,
          column: 13,
          end: { line: 5, column: 28 },
          hint: null,
          related: [],
          alsoAt: [{ file: 'orch.yaml', line: 5, column: 29, end: { line: 5, column: 44 } }],
        },
      ],
    });
  });

  it('is valid with warnings, and has no places for what is on the command line', async () => {
    const s = bareScenario({ 'orch.yaml': 'version: 1\nparams: {zip: 0123}\ntasks: {a: {run: x}}\n' });
    const { valid, diagnostics } = JSON.parse((await s.ok('validate', '--json')).stdout);
    expect(valid).toBe(true);
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'leading-zero' }]);
    const wrong = await s.exits(2, ['validate', '--json'], { env: { ORCH_PARAM_ZIP: 'x' } });
    expect(JSON.parse(wrong.stdout).diagnostics).toMatchObject([
      {
        code: 'wrong-parameter',
        file: null,
        line: null,
        column: null,
        end: null,
        related: [{ file: 'orch.yaml' }],
      },
      { code: 'leading-zero' },
    ]);
  });
});

describe('the place of an error', () => {
  const wrong = 'version: 1\ntasks: {a: {rnu: x}}\n';

  it('is named from the folder that the user is in', async () => {
    const s = bareScenario({ 'ci/flow.yaml': wrong, 'ci/deep/note.txt': '' });
    const place = async (args: readonly string[], cwd: string) => {
      const { stderr } = await s.exits(2, args, { cwd });
      return stderr.slice(0, stderr.indexOf(' '));
    };
    expect(await place(['run', '-f', 'ci/flow.yaml'], '.')).toBe('ci/flow.yaml:2:13:');
    expect(await place(['validate', 'flow.yaml'], 'ci')).toBe('flow.yaml:2:13:');
    expect(await place(['validate', '../flow.yaml'], 'ci/deep')).toBe('../flow.yaml:2:13:');
    expect(await place(['-C', 'ci', 'validate', 'flow.yaml'], '.')).toBe('ci/flow.yaml:2:13:');
  });

  it('is painted only where colour is on', async () => {
    const s = bareScenario({ 'orch.yaml': wrong });
    const stderrOf = async (env: Record<string, string>, ...flags: string[]) =>
      (await s.exits(2, ['validate', ...flags], { env })).stderr;
    expect(await stderrOf({})).not.toContain('\u001b');
    expect(await stderrOf({ NO_COLOR: '1' })).not.toContain('\u001b');
    expect(await stderrOf({ FORCE_COLOR: '1' }, '--no-color')).not.toContain('\u001b');
    const painted = await stderrOf({ FORCE_COLOR: '1' });
    expect(painted).toContain('\u001b[31m\u001b[1merror[unknown-key]:\u001b[22m\u001b[39m');
    expect(painted).toContain('\u001b[31m\u001b[1m^^^\u001b[22m\u001b[39m');
  });
});

describe('orch help', () => {
  it('explains an error by its code, with an example', async () => {
    const s = bareScenario();
    const { stdout } = await s.ok('help', 'cycle');
    expect(stdout).toMatch(
      /^cycle \(error\): Tasks that wait for each other[\s\S]*What to do: [\s\S]*# orch\.yaml/,
    );
    expect((await s.ok('explain', 'cycle')).stdout).toBe(stdout);
    expect(JSON.parse((await s.ok('help', 'cycle', '--json')).stdout)).toMatchObject({
      code: 'cycle',
      severity: 'error',
    });
  });

  it('lists all codes', async () => {
    const s = bareScenario();
    const { stdout } = await s.ok('help', 'errors');
    for (const code of Object.keys(CATALOGUE)) expect(stdout).toContain(`\n  ${code} `);
    expect(JSON.parse((await s.ok('help', 'errors', '--json')).stdout).codes).toHaveLength(
      Object.keys(CATALOGUE).length,
    );
  });

  it('says of a word that is nothing what is near', async () => {
    const s = bareScenario();
    expect((await s.exits(2, ['help', 'cylce'])).stderr).toBe(
      "error: there is no command 'cylce', and no error of that name\n  hint: did you mean `orch help cycle`?\n",
    );
    expect((await s.exits(2, ['help', 'qwertz'])).stderr).toContain('`orch help errors`');
  });
});
