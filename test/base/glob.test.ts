import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  compileExclusion,
  compileGlob,
  compileGlobFolders,
  escapeGlob,
  globParent,
  globProblem,
  globsMayIntersect,
  isGlob,
  literalOf,
} from '../../src/base/glob.ts';

function matching(pattern: string, paths: readonly string[]): string[] {
  return paths.filter(compileGlob(pattern));
}

describe('compileGlob', () => {
  const cases: readonly [pattern: string, yes: readonly string[], no: readonly string[]][] = [
    ['*', ['a', 'a.b', 'ä', 'a\nb', '-x'], ['.a', 'a/b']],
    ['*.csv', ['x.csv', 'x.y.csv'], ['.csv', '.x.csv', 'a/x.csv', 'x.csv.gz']],
    ['.*', ['.a', '.'], ['a']],
    ['data/*/x', ['data/a/x'], ['data/x', 'data/a/b/x', 'data/.a/x']],
    ['**', ['a', 'a/b/c'], ['.a', 'a/.b', '.a/b']],
    ['**/x', ['x', 'a/x', 'a/b/x'], ['ax', '.a/x', 'x/y']],
    ['a/**', ['a/b', 'a/b/c', 'a/b\n/c'], ['a', 'ab', 'a/.b']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb']],
    ['**/.x/*', ['.x/a', 'b/.x/a'], ['.x/.a']],
    ['a**b', ['ab', 'axxb'], ['a/b']],
    ['?', ['a', '😀', '\n'], ['', 'ab', '.']],
    ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
    ['[!a-c]x', ['dx', '😀x'], ['ax', '.x', '/x']],
    ['[^.]x', ['dx'], ['.x']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a-]', ['a', '-'], ['b']],
    ['[', ['['], ['a']],
    ['[a', ['[a'], ['a']],
    ['{a,b}.txt', ['a.txt', 'b.txt'], ['c.txt']],
    ['{a,b/c}/d', ['a/d', 'b/c/d'], ['b/d']],
    ['x{,.gz}', ['x', 'x.gz'], ['x.']],
    ['m{01..12}', ['m01', 'm12'], ['m1', 'm13', 'm00']],
    ['m{3..1}', ['m1', 'm3'], ['m4']],
    ['{a..c}{1..2}', ['a1', 'c2'], ['d1']],
    ['{a{b,c}}', ['{ab}', '{ac}'], ['ab']],
    ['{a}', ['{a}'], ['a']],
    ['{a', ['{a'], ['a']],
    ['\\[x\\].txt', ['[x].txt'], ['x.txt']],
    ['\\*', ['*'], ['a']],
    ['\\{a,b}', ['{a,b}'], ['a']],
    ['(1)*', ['(1)', '(1).csv'], ['1']],
    ['"a"*', ['"a"b'], ['ab']],
    ["$(x) '*", ["$(x) 'y"], ['x']],
    ['!(a)*', ['!(a)b'], ['b']],
    ['+(a)', ['+(a)'], ['a', 'aa']],
    ['/abs/*.csv', ['/abs/x.csv'], ['abs/x.csv']],
  ];
  test.each(cases)('%s', (pattern, yes, no) => {
    expect(matching(pattern, [...yes, ...no])).toEqual(yes);
  });

  test('NFC and NFD names, upper and lower case are different names (faults 70, 71)', () => {
    expect(matching('\u00e9*', ['\u00e9', 'e\u0301'])).toEqual(['\u00e9']);
    expect(matching('a*', ['a', 'A'])).toEqual(['a']);
  });

  test('dot: true lets wildcards match a leading dot, braces: false takes braces as they are', () => {
    expect(['.a', 'a/.b', '.a/b'].every(compileGlob('**', { dot: true }))).toBe(true);
    expect(compileGlob('{a,b}', { braces: false })('{a,b}')).toBe(true);
  });

  test('means what a POSIX shell means by `*`, `?` and classes', () => {
    const names = ['a', 'b', '-', '.'].flatMap((x) => [
      x,
      ...['a', 'b', '.', '-'].flatMap((y) => [x + y, `${x + y}a`]),
    ]);
    const files = names.filter((name) => name !== '.' && name !== '..');
    const dir = mkdtempSync(join(tmpdir(), 'orch-glob-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    for (const name of files) writeFileSync(join(dir, name), '');
    const pieces = ['a', '.', '*', '?', '[ab]', '[!a]', '[a-]', '[!.]'];
    const patterns = pieces.flatMap((x) => [
      x,
      ...pieces.flatMap((y) => [x + y, ...pieces.map((z) => x + y + z)]),
    ]);
    const script = patterns.map((pattern) => `echo ${pattern}`).join('\n');
    const lines = execFileSync('sh', ['-c', script], {
      cwd: dir,
      encoding: 'utf8',
      env: { LC_ALL: 'C' },
    }).split('\n');
    for (const [index, pattern] of patterns.entries()) {
      // A pattern that matches nothing stays as it is in a shell; `.` and `..` are no names of files.
      const expected = lines[index]!.split(' ').filter((name) => files.includes(name));
      expect([pattern, matching(pattern, files).sort()]).toEqual([pattern, expected.sort()]);
    }
  });

  test('means what picomatch means by `**` and braces', () => {
    // Without classes (picomatch takes `*[!a]` to match `a`, a shell doesn't), and where neither a wildcard meets
    // a dot nor `a/**` the path `a`: there picomatch goes its own way.
    const piece = fc.constantFrom('a', 'b', '*', '{a,b}', 'ab');
    const name = fc.oneof(
      fc.constant('**'),
      fc.array(piece, { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
    );
    const pattern = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const path = fc
      .array(fc.stringMatching(/^\.?[ab]{1,3}$/), { minLength: 1, maxLength: 4 })
      .map((names) => names.join('/'));
    fc.assert(
      fc.property(pattern, path, (glob, candidate) => {
        fc.pre(!/\*\*\*|[^/]\*\*|\*\*[^/]|\/\*\*$/.test(glob));
        const expected = picomatch(glob, { noextglob: true, flags: 's' })(candidate);
        expect([glob, candidate, compileGlob(glob)(candidate)]).toEqual([glob, candidate, expected]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('compileGlobFolders', () => {
  test('refuses only folders below which nothing can match', () => {
    const enters = compileGlobFolders('data/*/x/**/.y/z.csv');
    const yes = ['', 'data', 'data/a', 'data/a/x', 'data/a/x/b', 'data/a/x/.y', 'data/a/x/b/c/.y'];
    const no = ['other', 'data/.a', 'data/a/b', 'data/a/x/.q'];
    expect([...yes, ...no].filter(enters)).toEqual(yes);
    expect(compileGlobFolders('*.csv')('a')).toBe(false);
    expect(compileGlobFolders('a/**')('a/b/c')).toBe(true);
    expect(compileGlobFolders('/abs/*')('/abs')).toBe(true);
  });
});

test('compileExclusion also takes what lies below a matching folder', () => {
  expect(['a/tmp', 'a/tmp/x/y', 'a/tmpx', 'a'].filter(compileExclusion('**/tmp'))).toEqual([
    'a/tmp',
    'a/tmp/x/y',
  ]);
});

test.each([
  ['data/*.csv', 'data'],
  ['*.csv', ''],
  ['a/b/**/c', 'a/b'],
  ['data/{a,b}/x', 'data'],
  ['data/x/{a,b}', 'data/x'],
  ['da\\[ta/*.csv', 'da[ta'],
  ['/abs/x/*.csv', '/abs/x'],
  ['/*', '/'],
  ['../other/*', '../other'],
])('globParent(%s) is the folder of every match', (pattern, parent) => {
  expect(globParent(pattern)).toBe(parent);
});

test('literalOf gives the path that a pattern without wildcards means, isGlob says whether it has any', () => {
  expect(literalOf('a/b.csv')).toBe('a/b.csv');
  expect(literalOf('a/\\*.csv')).toBe('a/*.csv');
  expect(literalOf('a/{b}')).toBe('a/{b}');
  expect(['*', 'a?', '[ab]', '{a,b}', '**'].map(isGlob)).toEqual([true, true, true, true, true]);
});

test('escapeGlob makes a pattern that matches this path alone', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a*?[\]{}\\,.!()"'\n$ -]{1,8}$/), (name) => {
      expect(literalOf(escapeGlob(name))).toBe(name);
      expect(compileGlob(escapeGlob(name))(name)).toBe(true);
    }),
  );
});

test('a pattern with too many alternatives is a problem in words, quickly', () => {
  expect(globProblem('{1..100000}')).toContain('4096 alternatives');
  expect(globProblem('{a,b}'.repeat(30))).toContain('4096 alternatives');
  expect(globProblem('{a,b}/*')).toBeNull();
});

describe('globsMayIntersect', () => {
  const cases: readonly [a: string, b: string, intersects: boolean][] = [
    ['a/*.csv', 'a/x*', true],
    ['a/*.csv', 'a/*.json', false],
    ['a/*.csv', 'b/*.csv', false],
    ['**/*.csv', 'a/b/*.csv', true],
    ['a/**', 'a', false],
    ['a/**', 'a/b/c*', true],
    ['**/x/**', 'a/**/y', true],
    ['*', '.x', false],
    ['**/*', 'a/.x/b', false],
    ['[!.]x', '.x', false],
    ['[a-m]*', '[n-z]*', false],
    ['[a-m]*', '[m-z]*', true],
    ['{a,b}/*', 'c/*', false],
    ['{a,b}/*', 'b/x', true],
    ['m{01..12}.csv', 'm13.csv', false],
    ['*a', '*b', false],
    ['*a*', '*b*', true],
    ['??', '?', false],
    ['a/**/b', 'a/b', true],
    ['\\*', '\\?', false],
  ];
  test.each(cases)('%s and %s', (a, b, intersects) => {
    expect([globsMayIntersect(a, b), globsMayIntersect(b, a)]).toEqual([intersects, intersects]);
  });

  test('is exact: true where, and only where, some path matches both', () => {
    // All paths of up to three names of up to three characters over this alphabet; the patterns are short enough
    // for a common match to be among them.
    const names = ['a', 'b', '.'].flatMap((x) => [
      x,
      `${x}a`,
      `${x}b`,
      `${x}.`,
      `${x}aa`,
      `${x}ab`,
      `${x}ba`,
      `${x}bb`,
    ]);
    const paths = names.flatMap((x) => [
      x,
      ...names.flatMap((y) => [`${x}/${y}`, `${x}/${y}/a`, `${x}/${y}/b`, `${x}/${y}/.a`]),
    ]);
    const piece = fc.constantFrom('a', 'b', '.', '*', '?', '[ab]', '[!a]');
    const name = fc.oneof(
      fc.constant('**'),
      fc.array(piece, { minLength: 1, maxLength: 2 }).map((all) => all.join('')),
    );
    const pattern = fc.array(name, { minLength: 1, maxLength: 2 }).map((all) => all.join('/'));
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const matchesB = compileGlob(b);
        expect([a, b, globsMayIntersect(a, b)]).toEqual([a, b, paths.filter(compileGlob(a)).some(matchesB)]);
      }),
      { numRuns: 1000 },
    );
  });
});
