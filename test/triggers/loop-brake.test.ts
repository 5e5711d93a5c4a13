import { expect, it } from 'vitest';
import { createLoopBrake } from '../../src/triggers/loop-brake.ts';

const delays = (brake: ReturnType<typeof createLoopBrake>, times: number, paths = ['a'], afterMs = 10) =>
  Array.from({ length: times }, () => brake.onChange(paths, afterMs).delayMs);

it('slows down after the same change in five quick runs, more and more, up to a minute', () => {
  const brake = createLoopBrake();
  expect(delays(brake, 13)).toEqual([
    0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
  ]);
});

it('says so once', () => {
  const brake = createLoopBrake();
  const said = Array.from({ length: 8 }, () => brake.onChange(['a'], 10).isFirst);
  expect(said).toEqual([false, false, false, false, true, false, false, false]);
});

it('begins anew after a change that came while nothing ran, another file, or a run that took its time', () => {
  const brake = createLoopBrake();
  delays(brake, 6);
  brake.onChange(['a'], null);
  expect(delays(brake, 4)).toEqual([0, 0, 0, 0]);
  brake.onChange(['b'], 10);
  expect(delays(brake, 4)).toEqual([0, 0, 0, 0]);
  brake.onChange(['a'], 3_600_000);
  expect(delays(brake, 4)).toEqual([0, 0, 0, 0]);
});
