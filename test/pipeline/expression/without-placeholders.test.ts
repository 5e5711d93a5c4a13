import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withoutPlaceholders } from '../../../src/pipeline/expression/without-placeholders.ts';

const text = fc
  .array(fc.constantFrom('${{', '}}', '$', '{', '}', 'a', ' ', '\n', "'"), { maxLength: 20 })
  .map((pieces) => pieces.join(''));

it('replaces what a regular expression would', () => {
  fc.assert(
    fc.property(text, (given) => {
      expect(withoutPlaceholders(given, '_', 'text')).toBe(given.replace(/\$\{\{.*?\}\}/gs, '_'));
      expect(withoutPlaceholders(given, '_', 'line')).toBe(given.replace(/\$\{\{.*?\}\}/g, '_'));
    }),
    { numRuns: 2_000 },
  );
});
