import { describe, expect, test } from 'vitest';
import { type Diagnostic, formatDiagnostic } from '../../src/base/diagnostic.ts';

function check(text: string, place: Partial<Diagnostic>, expected: readonly string[]): void {
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'x',
    message: 'wrong',
    file: 'a.yaml',
    line: 1,
    column: 1,
    ...place,
  };
  expect(formatDiagnostic(diagnostic, text).split('\n')).toEqual(expected);
}

describe('a diagnostic', () => {
  test('shows its line with carets under all its columns', () => {
    check('one\n  cmd: x\nthree\n', { line: 2, column: 3, endColumn: 6 }, [
      'a.yaml:2:3: error: wrong',
      '   |',
      ' 2 |   cmd: x',
      '   |   ^^^',
    ]);
  });

  test('repeats tabs before the caret, so that it stands under its column whatever their width', () => {
    check('\ta:\tb\n', { column: 5 }, ['a.yaml:1:5: error: wrong', '   |', ' 1 | \ta:\tb', '   | \t  \t^']);
  });

  test('gives wide characters two columns and combining ones none', () => {
    check('日本: é\u0301x\n', { column: 7 }, [
      'a.yaml:1:7: error: wrong',
      '   |',
      ' 1 | 日本: é\u0301x',
      '   |       ' + ' ^',
    ]);
    check('🎯🎯x\n', { column: 2, endColumn: 4 }, [
      'a.yaml:1:2: error: wrong',
      '   |',
      ' 1 | 🎯🎯x',
      '   |   ^^^',
    ]);
  });

  test('counts lines that end in CRLF or a lone CR', () => {
    check('a\r\nb\rc\r\n', { line: 3 }, ['a.yaml:3:1: error: wrong', '   |', ' 3 | c', '   | ^']);
  });

  test('points behind the last character where something is missing', () => {
    check('ab', { column: 3 }, ['a.yaml:1:3: error: wrong', '   |', ' 1 | ab', '   |   ^']);
  });

  test('shows only the part of a long line around the place', () => {
    const [, , line, carets] = formatDiagnostic(
      { severity: 'error', code: 'x', message: 'm', file: 'f', line: 1, column: 50_000 },
      'x'.repeat(100_000),
    ).split('\n');
    expect(line).toMatch(/^ 1 \| …x{120}…$/);
    expect(carets).toBe(`   | ${' '.repeat(61)}^`);
  });

  test('has no frame without a text, beyond its end, or without a file', () => {
    check('a', { line: 7 }, ['a.yaml:7:1: error: wrong']);
    check('a', { file: null, severity: 'warning' }, ['warning: wrong']);
    const diagnostic = { severity: 'error', code: 'x', message: 'm', file: 'f', line: 1, column: 1 } as const;
    expect(formatDiagnostic(diagnostic, null)).toBe('f:1:1: error: m');
  });

  test('ends with related places and the hint', () => {
    check(
      'a',
      { hint: 'write b', related: [{ file: 'b.yaml', line: 4, column: 2, message: 'first here' }] },
      ['a.yaml:1:1: error: wrong', '   |', ' 1 | a', '   | ^', '  b.yaml:4:2: first here', '  hint: write b'],
    );
  });

  test('lets no control character of a file through to the terminal', () => {
    const text = formatDiagnostic(
      { severity: 'error', code: 'x', message: 'a\u001b[2Jb\nc', file: 'f', line: 1, column: 1 },
      'x\u001b[2J\u202ey',
    );
    expect(text).toBe('f:1:1: error: a\\u001b[2Jb\\nc\n   |\n 1 | x\uFFFD[2J\uFFFDy\n   | ^');
  });

  test('is painted part by part', () => {
    const diagnostic = {
      severity: 'warning',
      code: 'x',
      message: 'm',
      file: 'f',
      line: 1,
      column: 1,
      hint: 'h',
    } as const;
    expect(formatDiagnostic(diagnostic, null, { color: (style, text) => `<${style}>${text}</>` })).toBe(
      '<place>f:1:1:</> <warning>warning:</> m\n  <hint>hint:</> h',
    );
  });
});
