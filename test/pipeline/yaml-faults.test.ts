/** The YAML lines of the catalogue of faults (52 to 66), through the loader. */
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { MAX_FILE_BYTES } from '../../src/pipeline/read-yaml.ts';
import { load, loadGood, places } from './load-text.ts';

const task = 'version: 1\ntasks: {a: {run: x}}\n';

async function found(text: string | Uint8Array): Promise<readonly string[]> {
  return places((await load(text)).diagnostics);
}

describe('faults in YAML', () => {
  test('52 a cycle is printed whole', async () => {
    const { diagnostics } = await load(
      'version: 1\ntasks:\n  a: {run: x, needs: [b]}\n  b: {run: x, needs: [c]}\n  c: {run: x, needs: [a]}\n  d: {run: x, needs: [a]}\n',
    );
    expect(diagnostics).toMatchObject([
      {
        code: 'cycle',
        line: 3,
        column: 23,
        message: 'tasks need each other in a circle: a -> b -> c -> a',
        related: [
          { line: 4, column: 23, message: 'b needs c' },
          { line: 5, column: 23, message: 'c needs a' },
        ],
      },
    ]);
  });

  test('52 a task that needs itself is a cycle', async () => {
    const { diagnostics } = await load('version: 1\ntasks:\n  a: {run: x, needs: [a]}\n');
    expect(diagnostics).toMatchObject([{ message: 'a needs itself' }]);
  });

  test('53 a duplicate key is an error at its line and column, and names the first', async () => {
    const { diagnostics } = await load('version: 1\ntasks:\n  a: {run: x}\n  b: {run: x}\n  a: {run: y}\n');
    expect(diagnostics).toMatchObject([
      { code: 'duplicate-key', line: 5, column: 3, related: [{ line: 3, column: 3 }] },
    ]);
  });

  test('54 an unknown key is an error with a suggestion', async () => {
    const { diagnostics } = await load('version: 1\ntasks:\n  a: {run: x, outptus: [y]}\n');
    expect(diagnostics).toMatchObject([
      { code: 'unknown-key', line: 3, column: 15, endColumn: 22, hint: 'did you mean `outputs`?' },
    ]);
  });

  test('55 a billion laughs is an error', async () => {
    const letters = [...'abcdefghij'];
    const lines = letters.map((letter, at) =>
      at === 0
        ? 'x-a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]'
        : `x-${letter}: &${letter} [${Array(9)
            .fill(`*${letters[at - 1]}`)
            .join(', ')}]`,
    );
    expect(await found(`${task}${lines.join('\n')}\n`)).toEqual(['error 8:34 alias-expansion']);
  });

  test('55 aliases that nest without indentation are an error', async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => `x-${at + 1}: &a${at + 1} [*a${at}]`);
    expect((await found(`${task}x-0: &a0 [x]\n${lines.join('\n')}\n`))[0]).toBe('error 102:13 too-deep');
  });

  test('56 a file of 10 MB is refused unread, with the limit', async () => {
    const { diagnostics } = await load(new Uint8Array(10_000_000).fill(0x20));
    expect(places(diagnostics)).toEqual(['error 1:1 too-large']);
    expect(diagnostics[0]!.message).toContain(String(MAX_FILE_BYTES));
  });

  test.each([
    ['flow lists', `x-a: ${'['.repeat(20_000)}`],
    ['flow maps', `x-a: ${'{a: '.repeat(20_000)}`],
    ['block lists on one line', `x-a:\n  ${'- '.repeat(20_000)}`],
    ['explicit keys', `${'? '.repeat(20_000)}`],
    // 20,000 levels would take 200 MB of indentation.
    ['block maps', Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('57 %s nested thousands deep are an error', async (_name, text) => {
    expect(await found(text)).toMatchObject([expect.stringMatching(/^error \d+:\d+ too-deep$/)]);
  });

  test('58 a tab as indentation is an error at its line and column', async () => {
    const { diagnostics } = await load('version: 1\ntasks:\n  a:\n\t\trun: x\n');
    expect(diagnostics[0]).toMatchObject({
      code: 'tab-indent',
      line: 4,
      column: 1,
      hint: 'YAML indents with spaces',
    });
  });

  test('59 a byte order mark and CRLF are accepted', async () => {
    const pipeline = await loadGood(
      '\uFEFFversion: 1\r\ntasks:\r\n  a:\r\n    run: |\r\n      one\r\n      two\r\n',
    );
    expect(pipeline.tasks[0]).toMatchObject({
      run: { script: 'one\ntwo\n' },
      position: { line: 3, column: 3 },
    });
  });

  test('60 a byte that is not UTF-8 is an error with its offset', async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('version: 1\nname: é'), 0xe9, 0x0a]);
    const { diagnostics } = await load(bytes);
    expect(diagnostics).toMatchObject([{ code: 'not-utf8', line: 2, column: 8 }]);
    expect(diagnostics[0]!.message).toContain('offset 19');
  });

  test('60 a character cut off at the end is an error with its offset', async () => {
    expect((await load(new Uint8Array([0x61, 0x3a, 0x20, 0xe2, 0x82]))).diagnostics[0]!.message).toContain(
      'offset 3',
    );
  });

  test.each(['__proto__', 'constructor', 'prototype'])('61 the key %s is refused everywhere', async (key) => {
    expect(
      await found(
        `version: 1\n${key}: 1\nparams: {m: {${key}: 1}}\ntasks: {a: {run: x, env: {"${key}": y}}}\n`,
      ),
    ).toEqual(['error 2:1 forbidden-key', 'error 3:14 forbidden-key', 'error 4:27 forbidden-key']);
    expect(({} as Record<string, unknown>)[key === '__proto__' ? 'polluted' : 'nothing']).toBeUndefined();
  });

  test('61 a parameter of the command line reaches no prototype', async () => {
    const text = 'version: 1\nparams: {m: {type: map, default: {}}}\ntasks: {a: {run: x}}\n';
    const { diagnostics } = await load(text, {
      params: ['m.__proto__.polluted=1', 'm.constructor=1', 'm={"__proto__": {"polluted": 1}}'],
    });
    expect(places(diagnostics)).toEqual([
      'error unknown-parameter',
      'error unknown-parameter',
      'error wrong-parameter',
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('62 an alias inside its own value is an error', async () => {
    expect(await found(`${task}x-a: &x [1, *x]\n`)).toEqual(['error 3:13 self-alias']);
  });

  test('63 an unknown tag is an error', async () => {
    const { diagnostics } = await load(
      'version: 1\ntasks:\n  a:\n    run: x\n    inputs:\n      - "*.csv"\n      - !data/x.csv\n',
    );
    expect(diagnostics).toMatchObject([
      {
        code: 'unknown-tag',
        line: 7,
        column: 9,
        message: 'unknown YAML tag !data/x.csv',
        hint: 'a text that starts with "!" needs quotes',
      },
    ]);
    expect(await found(`${task}x-a: !!binary aGk=\n`)).toEqual(['error 3:6 unknown-tag']);
  });

  test('64 1 and "1" are the same key', async () => {
    expect(await found('version: 1\ntasks:\n  1: {run: x}\n  "1": {run: y}\n')).toEqual([
      'error 4:3 duplicate-key',
    ]);
  });

  test.each(['9007199254740993', '-9007199254740993', '0xfffffffffffffffff', '123456789012345678901'])(
    '65 the integer %s is an error',
    async (integer) => {
      expect(await found(`${task}params: {n: ${integer}}\n`)).toEqual(['error 3:13 unsafe-number']);
    },
  );

  test('65 the largest exact integer is accepted', async () => {
    expect((await loadGood(`${task}params: {n: 9007199254740991}\n`)).params[0]!.value).toBe(
      9007199254740991,
    );
  });

  test.each(['', '\n\n', '# only a comment\n', '---\n'])(
    '66 an empty document is an error: %j',
    async (text) => {
      expect(await found(text)).toEqual(['error 1:1 empty-file']);
    },
  );

  test('66 a second document is an error', async () => {
    expect(await found(`${task}---\n${task}`)).toEqual(['error 3:1 multiple-documents']);
  });

  test('a glob without quotes is explained', async () => {
    const { diagnostics } = await load('version: 1\ntasks:\n  a:\n    run: x\n    inputs:\n      - *.csv\n');
    expect(diagnostics).toMatchObject([
      {
        code: 'unknown-alias',
        line: 6,
        column: 9,
        hint: 'a text that starts with "*", such as a glob, needs quotes: "*.csv"',
      },
    ]);
  });

  test('merge keys are merged, and the own keys win', async () => {
    const pipeline = await loadGood(
      'version: 1\nx-base: &base {run: base, timeout: 5s}\nx-more: &more {run: more, grace: 7s}\ntasks:\n  a: {<<: [*base, *more], timeout: 6s}\n',
    );
    expect(pipeline.tasks[0]).toMatchObject({ run: { script: 'base' }, timeoutMs: 6_000, graceMs: 7_000 });
  });

  test('a control character is an error', async () => {
    expect(await found('version: 1\nname: "a\u0007b"\n')).toEqual(['error 2:9 control-character']);
  });

  test('syntax errors are shown with their line', async () => {
    const text = 'version: 1\ntasks:\n  a: {run: ${{ params.x }}}\n';
    const [first] = (await load(text)).diagnostics;
    expect(formatDiagnostic(first!, { textOf: () => text })).toBe(
      [
        'orch.yaml:3:12: error[unquoted-text]: inside [ ] and { } a text with ${{ }} needs quotes',
        '   |',
        ' 3 |   a: {run: ${{ params.x }}}',
        '   |            ^^^^^^^^^^^^^^^',
        '  hint: put the whole text in quotes: ["data/${{ params.year }}.csv"]',
      ].join('\n'),
    );
  });
});
