import { describe, expect, test } from 'vitest';
import { localPath, type PathPiece, readPath } from '../../src/pipeline/paths.ts';
import { loadTasks, places, troubleIn } from './load-text.ts';

const inside = { external: false, negatable: true };
const text = (written: string): PathPiece => ({ text: written, isValue: false });
const value = (written: string): PathPiece => ({ text: written, isValue: true });

function check(pieces: readonly PathPiece[], expected: string, rules = inside): void {
  const read = readPath(pieces, rules);
  const shown = read.ok
    ? `${read.value.negated ? 'not ' : ''}${read.value.kind} ${read.value.path}`
    : read.error.code;
  expect(shown).toBe(expected);
}

describe('a path', () => {
  test.each([
    ['a.txt', 'file a.txt'],
    ['./a//b/./c', 'file a/b/c'],
    ['a/b/', 'folder a/b'],
    ['./', 'folder '],
    ['.', 'folder '],
    ['a/.', 'folder a'],
    ['*.csv', 'glob *.csv'],
    ['a/{b,c}.csv', 'glob a/{b,c}.csv'],
    ['a?', 'glob a?'],
    ['a{1..3}', 'glob a{1..3}'],
    ['a{1..99999}', 'bad-path'],
    ['a/**', 'glob a/**'],
    ['!a/*.csv', 'not glob a/*.csv'],
    ['!a', 'not file a'],
    ['\\!a', 'file !a'],
    ['$(rm) `x` "q" \'s\' n\nl', 'file $(rm) `x` "q" \'s\' n\nl'],
    ['-rf', 'file -rf'],
    ['{a}', 'file {a}'],
    ['a\\*b', 'file a*b'],
    ['\\[x\\]/*.csv', 'glob \\[x\\]/*.csv'],
    ['...', 'file ...'],
    ['..a/b..', 'file ..a/b..'],
    ['', 'bad-path'],
    ['!', 'bad-path'],
    ['a\0b', 'bad-path'],
    ['data\\raw.csv', 'bad-path'],
    ['~/x', 'bad-path'],
    ['s3://bucket/key', 'bad-path'],
    ['a/*/', 'bad-path'],
    ['..', 'outside-root'],
    ['../a', 'outside-root'],
    ['a/../b', 'outside-root'],
    ['a/../../b', 'outside-root'],
    ['/etc/passwd', 'outside-root'],
    ['{../a,b}', 'outside-root'],
    ['!../a', 'outside-root'],
  ])('%j is read as: %s', (written, expected) => check([text(written)], expected));

  test('72 a name in brackets is a literal path', () => check([text('[x].txt')], 'file [x].txt'));

  test('an external path may be anywhere', () => {
    const external = { external: true, negatable: true };
    check([text('/data//x/../y')], 'file /data/y', external);
    check([text('../../x')], 'file ../../x', external);
    check([text('a/../../x/')], 'folder ../x', external);
  });

  test('values never act as glob syntax', () => {
    check([value('*'), text('.csv')], 'file *.csv');
    check([text('a/'), value('{x,y}[1]?'), text('/*.csv')], 'glob a/\\{x\\,y\\}\\[1\\]\\?/*.csv');
    check([text('{a,'), value('b,c'), text('}')], 'glob {a,b\\,c}');
    check([text('[a'), value('b'), text(']*')], 'bad-path');
    check([value('!x')], 'file !x');
    check([value('a\\b')], 'file a\\b');
  });

  test('values can lead out of the root no more than texts', () => {
    check([text('a/'), value('../../x')], 'outside-root');
    check([value('/x')], 'outside-root');
    check([text('a/'), value('..'), text('/*')], 'outside-root');
  });

  test.each([
    ['a/b', '', 'a/b'],
    ['a/b', 'a', 'b'],
    ['a/b', 'a/c', '../b'],
    ['a', 'a', '.'],
    ['', '', '.'],
    ['', 'a/b', '../..'],
    ['../x', 'a', '../../x'],
    ['/x', 'a', '/x'],
    ['-rf', '', './-rf'],
    ['a/-rf', 'a', './-rf'],
  ])('%j is seen from %j as %j', (path, dir, local) => {
    expect(localPath(path, dir)).toBe(local);
  });
});

describe('inputs and outputs', () => {
  test('are read with names, flags and places', async () => {
    const { a } = await loadTasks(
      [
        '  a:',
        '    run: x',
        '    inputs:',
        '      data: [raw/, "*.csv", "!no.csv"]',
        '      code: {path: train.py, optional: true, store: false}',
        '      far: {path: /data/x, external: true}',
        '    outputs: [model.json, {path: big/, store: false}]',
        '    metrics: [metrics.json, model.json]',
      ].join('\n'),
    );
    expect(
      a!.inputs.map(({ position, ...rest }) => ({ ...rest, at: `${position.line}:${position.column}` })),
    ).toEqual([
      {
        name: 'data',
        kind: 'folder',
        path: 'raw',
        negated: false,
        optional: false,
        external: false,
        store: true,
        at: '7:14',
      },
      {
        name: 'data',
        kind: 'glob',
        path: '*.csv',
        negated: false,
        optional: false,
        external: false,
        store: true,
        at: '7:20',
      },
      {
        name: 'data',
        kind: 'file',
        path: 'no.csv',
        negated: true,
        optional: false,
        external: false,
        store: true,
        at: '7:29',
      },
      {
        name: 'code',
        kind: 'file',
        path: 'train.py',
        negated: false,
        optional: true,
        external: false,
        store: false,
        at: '8:20',
      },
      {
        name: 'far',
        kind: 'file',
        path: '/data/x',
        negated: false,
        optional: false,
        external: true,
        store: true,
        at: '9:19',
      },
    ]);
    expect(a!.outputs.map(({ position: _, ...rest }) => rest)).toEqual([
      { name: null, kind: 'file', path: 'model.json', store: true, metrics: true },
      { name: null, kind: 'folder', path: 'big', store: false, metrics: false },
      { name: null, kind: 'file', path: 'metrics.json', store: true, metrics: true },
    ]);
  });

  test('a placeholder with a list is a path for each element', async () => {
    const { a } = await loadTasks(
      '  a: {run: x, inputs: ["${{ params.files }}"]}\n',
      'params: {files: ["x*", y/]}',
    );
    expect(a!.inputs.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['file x*', 'folder y']);
  });

  test('the root is an input, but no output', async () => {
    expect(places(await troubleIn('  a: {run: x, inputs: [./], outputs: [./]}\n'))).toEqual([
      'error 3:39 bad-path',
    ]);
  });

  test('metrics are files', async () => {
    expect(places(await troubleIn('  a: {run: x, metrics: ["m/*.json", m/]}\n'))).toEqual([
      'error 3:25 bad-path',
      'error 3:37 bad-path',
    ]);
  });

  test('outputs have no negation: the name is literal', async () => {
    const { a } = await loadTasks('  a: {run: x, outputs: ["!b"]}\n');
    expect(a!.outputs[0]!.path).toBe('!b');
  });
});
