import { describe, expect, it } from 'vitest';
import { library } from './stages.ts';

type Specs = Record<
  string,
  { type: string; default?: unknown; optional?: boolean; oneOf?: string[]; many?: boolean }
>;
const { readFlags, monthBounds } = await library<{
  readFlags(specs: Specs, argv: readonly string[]): { values: Record<string, unknown>; rest: string[] };
  monthBounds(month: string): { from: string; until: string };
}>('stage.mjs');

const SPECS: Specs = {
  month: { type: 'month' },
  source: { type: 'text', oneOf: ['sample', 'tlc'], default: 'sample' },
  threads: { type: 'integer', default: 1 },
  rate: { type: 'number', optional: true },
  param: { type: 'text', many: true },
  live: { type: 'switch' },
};

describe('flags', () => {
  it('are read by their types, with defaults, and arguments without a flag are left over', () => {
    const { values, rest } = readFlags(SPECS, [
      '--month',
      '2023-01',
      'a',
      '--rate=-0.5',
      '--param',
      'x=1',
      '--param',
      'y=2',
      'b',
    ]);
    const expected = {
      month: '2023-01',
      source: 'sample',
      threads: 1,
      rate: -0.5,
      param: ['x=1', 'y=2'],
      live: false,
    };
    expect(values).toEqual(expected);
    expect(rest).toEqual(['a', 'b']);
  });

  it.each([
    [['--month', '2023-13'], "--month: expected a month such as 2023-01, found '2023-13'"],
    [['--month', '2023-01', '--source', 'tcl'], "--source: expected sample or tlc, found 'tcl'"],
    [['--month', '2023-01', '--threads', '2.5'], "--threads: expected a whole number, found '2.5'"],
    [['--month', '2023-01', '--rate', ''], "--rate: expected a number, found ''"],
    [['--source', 'tlc'], '--month is missing'],
    [['--speed', '9'], 'The flags are --month --source'],
  ])('%j are refused with exit code 2', (argv, message) => {
    expect(() => readFlags(SPECS, argv)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    );
  });
});

describe('the bounds of a month', () => {
  it('reach to the first day of the next, across the year', () => {
    expect(monthBounds('2023-01')).toEqual({ from: '2023-01-01', until: '2023-02-01' });
    expect(monthBounds('2023-09')).toEqual({ from: '2023-09-01', until: '2023-10-01' });
    expect(monthBounds('2023-12')).toEqual({ from: '2023-12-01', until: '2024-01-01' });
  });
});
