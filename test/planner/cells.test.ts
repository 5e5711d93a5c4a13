/** Patterns of cells: what `list` and `graph` print of folded cells, and what targets may say. */
import { describe, expect, test } from 'vitest';
import { cellOf, cellPattern, valueMatches } from '../../src/planner/cells.ts';

const labels = (...cells: Record<string, string>[]) =>
  cells.map(
    (cell) =>
      `t[${Object.entries(cell)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')}]`,
  );

describe('a pattern', () => {
  test.each([
    [['1', '2', '3'], '[k=1..3]'],
    [['-1', '0', '1'], '[k=-1..1]'],
    [['1', '2'], '[k=1|2]'],
    [['1', '3', '4'], '[k=1|3|4]'],
    [['01', '02', '03'], '[k=01|02|03]'],
    [['a', 'b'], '[k=a|b]'],
    [['one'], '[k=one]'],
    [['a|b', 'c'], '[k=*]'],
    [['*', 'c'], '[k=*]'],
    [['1..3', 'c'], '[k=*]'],
    [Array.from({ length: 9 }, (_, n) => `v${n}`), '[k=*]'],
    [['x'.repeat(40), 'y'.repeat(40)], '[k=*]'],
  ])('of %j is %s', (values, pattern) => {
    expect(cellPattern(labels(...values.map((k) => ({ k }))))).toBe(pattern);
  });

  test('has only keys that all cells have', () => {
    expect(cellPattern(labels({ a: '1', b: '2' }, { a: '2', c: '3' }))).toBe('[a=1|2]');
    expect(cellPattern(labels({ a: '1' }, { c: '3' }))).toBe('');
  });

  test('means every cell that it was made of', () => {
    for (const values of [
      ['1', '2', '3'],
      ['a', 'b'],
      ['a|b', 'c', '1..3'],
      ['x=1', '*'],
    ]) {
      const wanted = cellOf(`t${cellPattern(labels(...values.map((k) => ({ k }))))}`)?.get('k');
      for (const value of values) expect(valueMatches(wanted!, value), `${wanted} ${value}`).toBe(true);
    }
  });
});

describe('a value in a target', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a|b', 'b', true],
    ['a|b', 'c', false],
    ['a|b', 'a|b', true],
    ['1..3', '2', true],
    ['1..3', '4', false],
    ['1..3', '02', false],
    ['1..3', 'x', false],
    ['-2..0', '-1', true],
    ['*', 'anything', true],
  ])('%s: %s is %s', (wanted, value, matches) => {
    expect(valueMatches(wanted, value)).toBe(matches);
  });
});
