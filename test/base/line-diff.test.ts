/** `diffLines`: which lines of a small text changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, type LineChange } from '../../src/base/line-diff.ts';

describe('diffLines', () => {
  it.each<[string, string, string, LineChange[]]>([
    ['equal texts', 'a\nb', 'a\nb', []],
    ['one line', 'a', 'b', [{ line: 1, from: 'a', to: 'b' }]],
    ['a line in the middle', 'a\nb\nc', 'a\nB\nc', [{ line: 2, from: 'b', to: 'B' }]],
    ['a new line', 'a\nc', 'a\nb\nc', [{ line: 2, from: null, to: 'b' }]],
    ['a line that is gone', 'a\nb\nc', 'a\nc', [{ line: 2, from: 'b', to: null }]],
    [
      'two places',
      'a\nb\nc\nd\ne',
      'a\nB\nc\nd\nE\nf',
      [
        { line: 2, from: 'b', to: 'B' },
        { line: 5, from: 'e', to: 'E' },
        { line: 6, from: null, to: 'f' },
      ],
    ],
    [
      'a line that moved down',
      'x\na\nb',
      'a\nb\nx',
      [
        { line: 1, from: 'x', to: null },
        { line: 3, from: null, to: 'x' },
      ],
    ],
  ])('%s', (_name, before, after, expected) => {
    expect(diffLines(before, after)).toEqual(expected);
  });

  it('leaves out only what both texts have, in their order', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1 })
      .map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const changes = diffLines(before, after);
        const added = new Map(changes.flatMap(({ line, to }) => (to === null ? [] : [[line, to] as const])));
        const removed = changes.filter(({ from }) => from !== null);
        const now = after.split('\n');
        for (const [line, to] of added) expect(now[line - 1]).toBe(to);
        const kept = now.filter((_, at) => !added.has(at + 1));
        const rest = before.split('\n');
        expect(kept).toHaveLength(rest.length - removed.length);
        for (const line of kept) {
          expect(rest).toContain(line);
          rest.splice(0, rest.indexOf(line) + 1);
        }
      }),
    );
  });

  it('of two long texts is bounded, and still complete', () => {
    const long = (word: string) => Array.from({ length: 5_000 }, (_, at) => `${word} ${at}`).join('\n');
    expect(diffLines(long('a'), long('b'))).toHaveLength(5_000);
  });
});
