import { describe, expect, test } from 'vitest';
import { ok } from '../../../src/base/outcome.ts';
import type { Template } from '../../../src/model/expression.ts';
import type { JsonValue } from '../../../src/model/ids.ts';
import {
  foldTemplate,
  parseTemplate,
  renderText,
  renderValue,
  type Scope,
  shellWord,
} from '../../../src/pipeline/expression/index.ts';
import { at, scopeOf } from './shells.ts';

const scope = scopeOf({
  params: {
    year: 2023, rate: 0.1, name: "Ann O'Neil", word: 'ridge', path: 'data/x.csv', empty: '', yes: true, nothing: null,
    files: ['a.csv', 'b c.csv', '-n'], none: [], model: { depth: 6 }, nested: [['x'], [['y z']]], nul: 'a\0b', half: '\ud800', keyword: 'if',
  },
  env: { HOME: '/root' },
  outputs: ['out.csv'],
}); // biome-ignore format: a table

function parsed(text: string, reader: 'raw' | 'shell'): Template {
  const template = parseTemplate(text, { at, reader });
  if (!template.ok) throw new Error(JSON.stringify(template.error));
  return template.value;
}

function render(text: string, reader: 'raw' | 'shell'): string {
  const result = renderText(parsed(text, reader), scope);
  if (result.ok) return result.value;
  const { message, position, hint } = result.error;
  return `error ${position?.column}: ${message}${hint ? ` (${hint})` : ''}`;
}

describe('values in a shell text', () => {
  test.each([
    // Bare: without quotes only where they change nothing.
    ['x --year ${{ params.year }} -o ${{ params.path }}', 'x --year 2023 -o data/x.csv'],
    ['x --year=${{ params.year }};y', 'x --year=2023;y'],
    ['x data/${{ params.year }}-${{ params.rate }}.csv', 'x data/2023-0.1.csv'],
    ['x ${{ params.word }} ${{ params.keyword }}', "x 'ridge' 'if'"],
    ['x ${{ params.name }}', "x 'Ann O'\\''Neil'"],
    ['x ${{ params.empty }} a${{ params.empty }}', "x '' a''"],
    ['x ${{ params.year }}>f', "x '2023'>f"],
    ['x${{ params.year }}=1', "x'2023'=1"],
    ['${{ params.word }}=1', "'ridge'=1"],
    ['x ${{ params.year }}${{ params.year }}', "x '2023''2023'"],
    ['x {a,${{ params.year }}}', "x {a,'2023'}"],
    ['x ${{ params.yes }}', "x 'true'"],
    // Quoted.
    ['x "${{ params.word }} ${{ params.name }}!"', 'x "ridge Ann O\'Neil!"'],
    ['x "a ${{ \'$(y) "\' }} b"', 'x "a "\'$(y) "\'" b"'],
    ["x 'a ${{ params.name }}'", "x 'a Ann O'\\''Neil'"],
    ['x "${{ params.empty }}"', 'x ""'],
    // Lists.
    ['x ${{ params.files }}', "x 'a.csv' 'b c.csv' -n".replace("'a.csv'", 'a.csv')],
    ['x ${{ params.none }} y', 'x  y'],
    ['x ${{ params.nested }}', "x 'x' 'y z'"],
    ['(x ${{ params.files }})>f', "(x a.csv 'b c.csv' -n)>f"],
    ['x ${{ params.files }}>f', "x a.csv 'b c.csv' '-n'>f"],
    ['for i in ${{ params.files }}; do y; done', "for i in a.csv 'b c.csv' -n; do y; done"],
    ['x \\\n${{ params.files }}', "x \\\na.csv 'b c.csv' -n"],
    ['x ${{ join(params.files, ":") }}', "x 'a.csv:b c.csv:-n'"],
  ])('%s', (text, expected) => {
    expect(render(text, 'shell')).toBe(expected);
  });

  const glued = "a list can't be glued to other text, nor follow a redirection (join it: join(…, ','))";
  const inside = "a list can't stand inside a text (join it: join(…, ' '))";
  test.each([
    ['x --a=${{ params.files }}', `error 7: ${glued}`],
    ['x=${{ params.files }}', `error 3: ${glued}`],
    ['x=\\\n${{ params.files }}', `error 5: ${glued}`],
    ['x \\ ${{ params.files }}', `error 5: ${glued}`],
    ['x ${{ params.none }}y', `error 3: ${glued}`],
    ['x ${{ params.none }}#y', `error 3: ${glued}`],
    ['x ${{ params.none }}\\\ny', `error 3: ${glued}`],
    ['x > ${{ params.files }}', `error 5: ${glued}`],
    ['x >| \\\n ${{ params.files }}', `error 9: ${glued}`],
    ['x <<< ${{ params.none }}', `error 7: ${glued}`],
    ['x ${{ params.files }}${{ params.year }}', `error 3: ${glued}`],
    ['x ${{ params.year }}${{ params.files }}', `error 21: ${glued}`],
    ['x "${{ params.files }}"', `error 4: ${inside}`],
    ["x '${{ params.files }}'", `error 4: ${inside}`],
    ['x "${{ params.nested }}"', `error 4: ${inside}`],
    [
      'x ${{ params.model }}',
      "error 3: a map can't stand inside a text (pick a value of it, or write to_json(…))",
    ],
    ['x ${{ params.nothing }}', "error 3: null has no text (give it one: default(…, 'text'))"],
    ['x ${{ params.nul }}', 'error 3: the value holds a NUL character, which no command can be given'],
    ['x ${{ params.half }}', "error 3: the value isn't valid Unicode: it holds half a surrogate pair"],
    ['x ${{ params.yer }}', 'error 3: there is no parameter yer (did you mean year?)'],
  ])('%j fails', (text, expected) => {
    expect(render(text, 'shell')).toBe(expected);
  });
});

describe('values in other texts', () => {
  test.each([
    [
      '📅 ${{ params.year }}: ${{ params.name }} "${{ params.rate }}" ${{ params.yes }}',
      '📅 2023: Ann O\'Neil "0.1" true',
    ],
    ['${{ 1e21 }} ${{ 0.0000001 }} ${{ 100 / 4 }}', '1e+21 1e-7 25'],
    ['a ${{ params.files }}', "error 3: a list can't stand inside a text (join it: join(…, ' '))"],
    ['${{ params.files }}', "error 1: a list can't stand inside a text (join it: join(…, ' '))"],
    ['${{ to_json(params.model) }}', '{"depth":6}'],
  ])('%s', (text, expected) => {
    expect(render(text, 'raw')).toBe(expected);
  });

  test.each<[string, JsonValue]>([
    ['${{ params.files }}', ['a.csv', 'b c.csv', '-n']],
    ['${{ params.year }}', 2023],
    ['${{ params.nothing }}', null],
    ['${{ params.model }}', { depth: 6 }],
    [' ${{ params.year }}', ' 2023'],
    ['${{ params.year }}${{ params.year }}', '20232023'],
    ['$${{ x }}', '${{ x }}'],
  ])('as a value, %j is %j', (text, value) => {
    expect(renderValue(parsed(text, 'raw'), scope)).toEqual(ok(value));
  });

  test('errors of values have a place too', () => {
    expect(renderValue(parsed('${{ params.zz.z }}', 'raw'), scope)).toMatchObject({
      error: { missing: true, position: { column: 1 } },
    });
  });
});

describe('folding', () => {
  const isStatic = ({ path }: { readonly path: readonly string[] }) => path[0] === 'params';
  function fold(text: string, reader: 'raw' | 'shell' = 'shell', within: Scope = scope): Template | string {
    const folded = foldTemplate(parsed(text, reader), within, isStatic);
    return folded.ok ? folded.value : `error ${folded.error.position?.column}: ${folded.error.message}`;
  }

  test('what is static becomes text, and neighbouring texts become one', () => {
    expect(fold('x ${{ params.name }} ${{ params.files }} y')).toBe(
      "x 'Ann O'\\''Neil' a.csv 'b c.csv' -n y",
    );
    expect(fold('${{ params.empty }}', 'raw')).toBe('');
    expect(fold('plain')).toBe('plain');
  });

  test('the rest stays', () => {
    expect(fold('x ${{ params.year }} ${{ outputs[0] }} ${{ params[env.HOME] }}')).toMatchObject({
      parts: ['x 2023 ', { source: '${{ outputs[0] }}' }, ' ', { source: '${{ params[env.HOME] }}' }],
    });
    expect(fold('${{ outputs[0] }}', 'raw')).toMatchObject({ parts: [{ source: '${{ outputs[0] }}' }] });
  });

  test('a file is read where the scope can, and left for later elsewhere', () => {
    expect(fold("${{ read_json('a').x }}", 'raw')).toMatchObject({
      parts: [{ source: "${{ read_json('a').x }}" }],
    });
    expect(fold("${{ read_json('a').x }}", 'raw', { ...scope, readJson: (path) => ok({ x: path }) })).toBe(
      'a',
    );
  });

  test('a static value that is not there is an error', () => {
    expect(fold('${{ outputs[9] }} ${{ params.zz }}')).toBe('error 19: there is no parameter zz');
  });

  test.each([
    'x ${{ params.year }}${{ outputs[0] }}${{ params.year }} y',
    '${{ outputs[0] }}${{ params.year }}',
    '${{ params.year }}${{ outputs[0] }}',
    'x ${{ params.none }} ${{ outputs }} ${{ params.files }}',
    'x ${{ outputs }} "${{ params.name }}${{ outputs[0] }}" \'${{ params.name }}${{ outputs[0] }}\'',
    'x ${{ params.path }}/${{ outputs[0] }}-${{ params.path }} >${{ outputs[0] }}',
    'x ${{ outputs[0] }}>${{ params.year }}',
  ])('what is folded first renders to the same text: %s', (text) => {
    const whole = renderText(parsed(text, 'shell'), scope);
    expect(whole).toHaveProperty('ok', true);
    expect(renderText(fold(text), scope)).toEqual(whole);
  });
});

describe('shellWord', () => {
  test.each([
    ['a/b.csv', 'a/b.csv'],
    ['--x', '--x'],
    ['ridge', 'ridge'],
    ['', "''"],
    ['if', "'if'"],
    ['x=1', "'x=1'"],
    ["it's", "'it'\\''s'"],
    ['a b', "'a b'"],
    ['~', "'~'"],
    ['é', "'é'"],
  ])('%j is written %s', (value, word) => {
    expect(shellWord(value)).toBe(word);
  });
});
