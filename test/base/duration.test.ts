import { expect, test } from 'vitest';
import { parseDuration } from '../../src/base/duration.ts';
import { parseSize } from '../../src/base/size.ts';

test.each([
  ['500ms', 500],
  ['2s', 2_000],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['30d', 2_592_000_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['0s', 0],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toEqual({ ok: true, value: ms });
});

test.each(['', 'x', '10', '5 s', '-1s', '1y', '1e3s', 's', '99999999999999999d'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text).ok).toBe(false);
  },
);

test('a duration without a unit is told how to get one', () => {
  expect(parseDuration('10')).toEqual({ ok: false, error: 'it has no unit: write 10s for seconds' });
});

test.each([
  ['0', 0],
  ['12B', 12],
  ['4GB', 4_000_000_000],
  ['4GiB', 4_294_967_296],
  ['1.5kb', 1_500],
  ['2 MiB', 2_097_152],
  ['1TB', 1e12],
])('the size %s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toEqual({ ok: true, value: bytes });
});

test.each(['', '4', '4G', '4XB', '-4GB', 'GB', '99999999999TB'])('%j is no size', (text) => {
  expect(parseSize(text).ok).toBe(false);
});
