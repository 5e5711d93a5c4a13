import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMasker, isWeakSecret } from '../../src/base/mask.ts';

function masked(secrets: readonly string[], pieces: readonly Buffer[]): string {
  const chunks = createMasker(secrets).chunks();
  return Buffer.concat([...pieces.map((piece) => chunks.write(piece)), chunks.end()]).toString('latin1');
}

describe('107: a secret is masked', () => {
  const secret = 'p@ss/w0rd+"x" y';
  const masker = createMasker([secret]);

  test.each([
    ['as it is', secret],
    ['as base64', Buffer.from(secret).toString('base64')],
    ['as base64url', Buffer.from(secret).toString('base64url')],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded as in a form', new URLSearchParams({ '': secret }).toString().slice(1)],
    [
      'URL-encoded with lower-case digits',
      encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase()),
    ],
    ['in a JSON string', JSON.stringify(secret).slice(1, -1)],
  ])('%s', (_form, text) => {
    expect(masker.text(`a ${text} b ${text}`)).toBe('a *** b ***');
  });

  test('inside a longer base64 text, whatever its alignment', () => {
    for (const user of ['', 'u', 'us', 'user:']) {
      const encoded = Buffer.from(`${user}correct horse battery staple:rest`).toString('base64');
      const shown = createMasker(['correct horse battery staple']).text(encoded);
      expect(shown).toContain('***');
      // At most the characters that mix the secret's first and last bits with its neighbours are left.
      expect(shown.replace('***', '').length).toBeLessThanOrEqual(
        encoded.length - Math.floor((28 * 8) / 6) + 2,
      );
    }
  });

  test('in the wrapped lines that the base64 command writes', () => {
    const long = Array.from({ length: 120 }, (_, index) => String.fromCharCode(33 + ((index * 7) % 90))).join(
      '',
    );
    const lines =
      Buffer.from(long)
        .toString('base64')
        .match(/.{1,76}/g) ?? [];
    expect(createMasker([long]).text(lines.join('\n'))).toBe(lines.map(() => '***').join('\n'));
  });

  test('line by line where it has several, and without the white space around it', () => {
    const key = '-----BEGIN KEY-----\nc29tZSBsb25nIGtleQ\n-----END KEY-----\n';
    expect(createMasker([key]).text('  c29tZSBsb25nIGtleQ\n')).toBe('  ***\n');
    expect(createMasker(['  token-1 \n']).text('token-1')).toBe('***');
  });

  test('whole where two secrets overlap or one holds the other', () => {
    expect(createMasker(['abcdef', 'defghi']).text('<abcdefghi>')).toBe('<***>');
    expect(createMasker(['abcd', 'abcdefgh']).text('<abcdefgh> <abcdef>')).toBe('<***> <***ef>');
  });

  test('even where it is short, which callers warn about', () => {
    expect(createMasker(['7']).text('a7b')).toBe('a***b');
    expect(isWeakSecret('abc')).toBe(true);
    expect(isWeakSecret('abcd')).toBe(false);
  });
});

test('text without a secret is left as it is', () => {
  expect(createMasker(['secret']).text('secre \u{1F600} t')).toBe('secre \u{1F600} t');
  expect(createMasker([]).isEmpty).toBe(true);
  expect(createMasker(['', ' ']).isEmpty).toBe(true);
  expect(createMasker(['']).text('abc')).toBe('abc');
});

test('only what may be the beginning of a secret is held back', () => {
  const chunks = createMasker(['password']).chunks();
  expect(chunks.write(Buffer.from('your pass')).toString()).toBe('your ');
  expect(chunks.write(Buffer.from('port? ')).toString()).toBe('passport? ');
  expect(chunks.write(Buffer.from('passwor')).toString()).toBe('');
  expect(chunks.write(Buffer.from('d!')).toString()).toBe('***!');
  expect(chunks.write(Buffer.from('pa')).toString()).toBe('');
  expect(chunks.end().toString()).toBe('pa');
});

test('107: the result does not depend on where the stream is cut, and is what masking byte by byte gives', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 3 }),
      text,
      fc.array(fc.nat(60)),
      (secrets, line, cuts) => {
        const hidden = new Array<boolean>(line.length).fill(false);
        for (const secret of secrets) {
          for (let at = line.indexOf(secret); at >= 0; at = line.indexOf(secret, at + 1)) {
            hidden.fill(true, at, at + secret.length);
          }
        }
        const expected = [...line]
          .map((char, at) => (!hidden[at] ? char : hidden[at - 1] ? '' : '***'))
          .join('');

        const borders = [
          0,
          ...cuts.map((cut) => Math.min(cut, line.length)).sort((a, b) => a - b),
          line.length,
        ];
        const pieces = borders.slice(1).map((end, index) => Buffer.from(line.slice(borders[index], end)));
        expect(masked(secrets, pieces)).toBe(expected);
        expect(createMasker(secrets).text(line)).toBe(expected);
      },
    ),
    { numRuns: 3000 },
  );
});

test('bytes that are not text pass unchanged', () => {
  const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
  expect(masked(['no such thing'], [bytes.subarray(0, 100), bytes.subarray(100)])).toBe(
    bytes.toString('latin1'),
  );
});
