import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { type Diagnostic, formatDiagnostic } from '../../src/base/diagnostic.ts';

function format(text: string | null, place: Partial<Diagnostic>, columns?: number): string {
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'x',
    message: 'wrong',
    file: 'a.yaml',
    line: 1,
    column: 1,
    ...place,
  };
  return formatDiagnostic(diagnostic, {
    textOf: (file) => (file === 'a.yaml' ? text : file === 'b.yaml' ? 'one\ntwo\n' : null),
    ...(columns === undefined ? {} : { columns }),
  });
}

function check(text: string, place: Partial<Diagnostic>, expected: readonly string[]): void {
  expect(format(text, place).split('\n')).toEqual(expected);
}

describe('a diagnostic', () => {
  test('shows its line with carets under all its columns', () => {
    check('one\n  cmd: x\nthree\n', { line: 2, column: 3, endColumn: 6 }, [
      'a.yaml:2:3: error[x]: wrong',
      '   |',
      ' 2 |   cmd: x',
      '   |   ^^^',
    ]);
  });

  test('repeats tabs before the caret, so that it stands under its column whatever their width', () => {
    check('\ta:\tb\n', { column: 5 }, [
      'a.yaml:1:5: error[x]: wrong',
      '   |',
      ' 1 | \ta:\tb',
      '   | \t  \t^',
    ]);
  });

  test('gives wide characters two columns and combining ones none', () => {
    check('日本: é\u0301x\n', { column: 7 }, [
      'a.yaml:1:7: error[x]: wrong',
      '   |',
      ' 1 | 日本: é\u0301x',
      '   |        ^',
    ]);
    check('🎯🎯x\n', { column: 2, endColumn: 4 }, [
      'a.yaml:1:2: error[x]: wrong',
      '   |',
      ' 1 | 🎯🎯x',
      '   |   ^^^',
    ]);
  });

  test.each([
    ['an emoji of several parts', '👩‍👩‍👧 x', 7, 3],
    ['a flag', '🇩🇪 x', 4, 3],
    ['a skin tone', '👍🏽 x', 4, 3],
    ['a check mark from the old symbols', '✅ x', 3, 3],
    ['a heart made wide by a selector', '❤️ x', 4, 3],
    ['Hangul', '한글 x', 4, 5],
    ['Devanagari', 'नमस्ते x', 8, 4],
    ['full-width latin', 'ＡＢ x', 4, 5],
    ['half-width katakana', 'ｱｲ x', 4, 3],
    ['Arabic', 'سلام x', 6, 5],
    ['a no-break space', '\u00a0 x', 3, 2],
  ])('stands under its column behind %s', (_what, line, column, width) => {
    const [, , shown, carets] = format(line, { column }).split('\n');
    expect(shown).toBe(` 1 | ${line}`);
    expect(carets!.indexOf('^') - ' 1 | '.length).toBe(width);
    expect(
      stringWidth(
        Array.from(line)
          .slice(0, column - 1)
          .join(''),
      ),
    ).toBe(width);
  });

  test('counts lines that end in CRLF or a lone CR', () => {
    check('a\r\nb\rc\r\n', { line: 3 }, ['a.yaml:3:1: error[x]: wrong', '   |', ' 3 | c', '   | ^']);
  });

  test('shows no byte order mark and counts none', () => {
    check('\ufeffabc\n', { column: 2 }, ['a.yaml:1:2: error[x]: wrong', '   |', ' 1 | abc', '   |  ^']);
  });

  test('points behind the last character where something is missing', () => {
    check('ab', { column: 3 }, ['a.yaml:1:3: error[x]: wrong', '   |', ' 1 | ab', '   |   ^']);
  });

  describe('cuts a long line around the place', () => {
    const around = (text: string, place: Partial<Diagnostic>, columns?: number) => {
      const [, , line, carets] = format(text, place, columns).split('\n');
      return { line: line!, at: carets!.indexOf('^'), carets: carets!.replace(/[^^]/g, '').length };
    };

    test('in its middle', () => {
      const { line, at } = around(`${'x'.repeat(50_000)}Y${'x'.repeat(50_000)}`, { column: 50_001 });
      expect(line).toMatch(/^ 1 \| …x+Yx+…$/);
      expect(line).toHaveLength(120);
      expect(line[at]).toBe('Y');
    });

    test('near its end, with all that fits before it', () => {
      const { line, at } = around(`${'x'.repeat(500)}Yz`, { column: 501 });
      expect(line).toMatch(/^ 1 \| …x{111}Yz$/);
      expect(line[at]).toBe('Y');
    });

    test('near its start', () => {
      const { line, at } = around(`aY${'x'.repeat(500)}`, { column: 2 });
      expect(line).toMatch(/^ 1 \| aYx{111}…$/);
      expect(line[at]).toBe('Y');
    });

    test('by the columns that its characters take', () => {
      const { line, at } = around(`${'日'.repeat(500)}Y${'本'.repeat(500)}`, { column: 501 });
      expect(stringWidth(line)).toBeLessThanOrEqual(120);
      expect(stringWidth(line.slice(0, line.indexOf('Y')))).toBe(at);
    });

    test('to the width of the terminal', () => {
      const { line, at } = around(`${'x'.repeat(100)}Y${'x'.repeat(100)}`, { column: 101 }, 60);
      expect(line).toHaveLength(60);
      expect(line[at]).toBe('Y');
    });

    test('with carets no wider than what is shown', () => {
      const { line, carets } = around('x'.repeat(1_000), { column: 1, endColumn: 1_001 }, 60);
      expect(carets).toBeLessThanOrEqual(line.length);
    });
  });

  test('has no frame without a text, beyond its end, or without a file', () => {
    check('a', { line: 7 }, ['a.yaml:7:1: error[x]: wrong']);
    check('a', { file: null, severity: 'warning' }, ['warning[x]: wrong']);
    expect(format(null, {})).toBe('a.yaml:1:1: error[x]: wrong');
  });

  test('ends with the hint', () => {
    check('a', { hint: 'write b' }, [
      'a.yaml:1:1: error[x]: wrong',
      '   |',
      ' 1 | a',
      '   | ^',
      '  hint: write b',
    ]);
  });

  test('shows related places of its file in the same frame, in the order of the text', () => {
    const related = [
      { file: 'a.yaml', line: 1, column: 1, endColumn: 4, message: 'first here' },
      { file: 'a.yaml', line: 3, column: 5, endColumn: 6, message: 'and here' },
    ];
    check('one\ntwo\nthree\n\nfive', { line: 3, column: 1, endColumn: 4, related }, [
      'a.yaml:3:1: error[x]: wrong',
      '   |',
      ' 1 | one',
      '   | --- first here',
      '...',
      ' 3 | three',
      '   | ^^^',
      '   |     - and here',
    ]);
  });

  test('names related places of other files, with a frame where their text is known', () => {
    const related = [
      { file: 'b.yaml', line: 2, column: 1, endColumn: 4, message: 'first here' },
      { file: 'c.yaml', line: 7, column: 1, message: 'and there' },
    ];
    check('a', { related }, [
      'a.yaml:1:1: error[x]: wrong',
      '   |',
      ' 1 | a',
      '   | ^',
      '  b.yaml:2:1: first here',
      '   |',
      ' 2 | two',
      '   | ---',
      '  c.yaml:7:1: and there',
    ]);
  });

  test('names further places of which the same is to be said, the first eight of them', () => {
    const place = (line: number) => ({ file: 'a.yaml', line, column: 2 });
    check('a', { line: 9, alsoAt: [place(10)] }, ['a.yaml:9:1: error[x]: wrong', '  also at 10:2']);
    const alsoAt = Array.from({ length: 11 }, (_, line) => place(line + 10));
    expect(format('a', { line: 9, alsoAt })).toMatch(/16:2, 17:2 and 3 more places$/);
  });

  test('lets no control character of a file through to the terminal', () => {
    expect(format('x\u001b[2J\u202ey\u0085', { message: 'a\u001b[2Jb\nc', hint: '\u0007' })).toBe(
      'a.yaml:1:1: error[x]: a\\u001b[2Jb\\nc\n   |\n 1 | x\uFFFD[2J\uFFFDy\uFFFD\n   | ^\n  hint: \\u0007',
    );
  });

  test('is painted part by part', () => {
    const diagnostic: Diagnostic = {
      severity: 'warning',
      code: 'x',
      message: 'm',
      file: 'f',
      line: 1,
      column: 1,
      hint: 'h',
    };
    const color = (style: string, text: string) => `<${style}>${text}</>`;
    expect(formatDiagnostic(diagnostic, { textOf: () => 'abc', color })).toBe(
      [
        '<place>f:1:1:</> <warning>warning[x]:</> m',
        '<frame>   |</>',
        '<frame> 1 |</> abc',
        '<frame>   |</> <warning>^</>',
        '  <hint>hint:</> h',
      ].join('\n'),
    );
  });
});
