import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  childOf,
  comparePaths,
  isInside,
  leavesRoot,
  normalisePath,
  parentOf,
  sortPaths,
} from '../../src/base/path.ts';

test.each([
  ['./a//b/', 'a/b'],
  ['a/../b', 'b'],
  ['.', ''],
  ['a/..', ''],
  ['../x', '../x'],
  ['a/../../x', '../x'],
  ['../../x', '../../x'],
  ['/a/../../b', '/b'],
  ['/', '/'],
  ['-x/$(y) z', '-x/$(y) z'],
  ['a\\b/c\nd', 'a\\b/c\nd'],
])('normalisePath(%j)', (path, normal) => {
  expect(normalisePath(path)).toBe(normal);
});

test('leavesRoot knows `..` and absolute paths, and no name that only begins like one (fault 67)', () => {
  expect(['..', '../x', '/x'].map(leavesRoot)).toEqual([true, true, true]);
  expect(['', '..x', 'a/b', '...'].map(leavesRoot)).toEqual([false, false, false, false]);
});

test('isInside compares whole names', () => {
  expect([isInside('/a', '/a'), isInside('/a', '/a/b'), isInside('/a', '/ab'), isInside('/', '/x')]).toEqual([
    true,
    true,
    false,
    true,
  ]);
});

test('parentOf and childOf undo each other', () => {
  expect([parentOf('a/b'), parentOf('a'), parentOf(''), parentOf('/a'), parentOf('../a')]).toEqual([
    'a',
    '',
    '',
    '/',
    '..',
  ]);
  expect([childOf('', 'a'), childOf('a', 'b'), childOf('/', 'a')]).toEqual(['a', 'a/b', '/a']);
});

test('comparePaths and sortPaths give the order of the UTF-8 bytes', () => {
  const path = fc.string({
    unit: fc.constantFrom('a', '/', '.', '\u00e9', '\uffff', '\ue000', '\ud7ff', '😀', '𐀀'),
    maxLength: 5,
  });
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      const expected = [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(sortPaths([...paths])).toEqual(expected);
    }),
  );
});
