import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/base/nearest.ts';

describe('nearest', () => {
  const names = ['train', 'deploy', 'extract', 'validate_model', 'max_depth'];

  test.each([
    ['trian', 'train'],
    ['tran', 'train'],
    ['trains', 'train'],
    ['TRAIN', 'train'],
    ['deplyo', 'deploy'],
    ['validate-model', 'validate_model'],
    ['valdiate_modle', 'validate_model'],
    ['max_dept', 'max_depth'],
  ])('%s means %s', (typed, meant) => {
    expect(nearest(typed, names)).toBe(meant);
  });

  test.each(['', 'x', 'xyz', 'completely_different', 'tr'])('nothing is near %j', (typed) => {
    expect(nearest(typed, names)).toBeNull();
  });

  test('takes the nearest, and of equally near ones the first', () => {
    expect(nearest('model_b', ['model_cd', 'model_a', 'model_c'])).toBe('model_a');
  });

  test('a short name does not suggest just any short name', () => {
    expect(nearest('a', ['b', 'c'])).toBeNull();
    expect(nearest('ab', ['cd'])).toBeNull();
    expect(nearest('ab', ['ac'])).toBe('ac');
  });

  test('names of thousands of characters cost no time and suggest nothing', () => {
    const long = 'x'.repeat(100_000);
    expect(nearest(long, [`${long}y`])).toBeNull();
    expect(nearest('x', [long])).toBeNull();
  });
});
