import { expect, it } from 'vitest';
import { newRunId } from '../../src/app/run-id.ts';

it('sorts runs of one second by their start', () => {
  const ids = Array.from({ length: 1000 }, (_, ms) => newRunId(new Date(Date.UTC(2026, 0, 2, 3, 4, 5, ms))));
  expect([...ids].sort()).toEqual(ids);
  expect(ids[0]).toMatch(/^20260102-030405-[0-9a-z]{6}$/);
});

it('names two runs of one millisecond differently', () => {
  const now = new Date();
  expect(new Set(Array.from({ length: 20 }, () => newRunId(now))).size).toBeGreaterThan(18);
});
