import { expect, test } from 'vitest';
import { formatSize, parseSize } from '../../src/base/size.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1250, '1.3 kB'],
  [9949, '9.9 kB'],
  [9950, '10 kB'],
  [340_400_000, '340 MB'],
  [999_499, '999 kB'],
  [999_500, '1 MB'],
  [20_000_000_000, '20 GB'],
  [5e15, '5000 TB'],
])('%d bytes are written %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('a size that was written can be read again', () => {
  expect(parseSize(formatSize(20_000_000_000))).toEqual({ ok: true, value: 20_000_000_000 });
});
