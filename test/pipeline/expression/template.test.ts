import { describe, expect, test } from 'vitest';
import type { Template } from '../../../src/model/expression.ts';
import { parseTemplate } from '../../../src/pipeline/expression/index.ts';
import { at } from './shells.ts';

function read(text: string, reader: 'raw' | 'shell'): Template {
  const parsed = parseTemplate(text, { at, reader });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

/** `column: message (hint)`, a line each. */
function errorsOf(text: string, reader: 'raw' | 'shell'): string[] {
  const parsed = parseTemplate(text, { at, reader });
  if (parsed.ok) throw new Error(`accepted: ${text}`);
  return parsed.error.map(
    ({ message, position, hint }) => `${position.column}: ${message}${hint ? ` (${hint})` : ''}`,
  );
}

/** The template with each placeholder as `<quoting:source>`. */
function sketch(template: Template): string {
  if (typeof template === 'string') return template;
  return template.parts
    .map((part) => (typeof part === 'string' ? part : `<${part.quoting} ${part.source.slice(3, -2).trim()}>`))
    .join('');
}

describe('texts that no shell reads', () => {
  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['${HOME} $x {{ y }} }}', '${HOME} $x {{ y }} }}'],
    ['a ${{ params.x }} b', 'a <raw params.x> b'],
    ['${{params.x}}${{env.Y}}', '<raw params.x><raw env.Y>'],
    ["it's ${{ '}}' }}\"", "it's <raw '}}'>\""],
    [`\${{ "a\\"}}" }}`, `<raw "a\\"}}">`],
    ['$${{ x }}', '${{ x }}'],
    ['$${{ x }} ${{ params.x }}', '${{ x }} <raw params.x>'],
    ['$$${{ x }}', '$${{ x }}'],
    ['\\${{ params.x }}', '\\<raw params.x>'],
    ['${{\n  params.x\n}}', '<raw params.x>'],
  ])('%j is %j', (text, expected) => {
    expect(sketch(read(text, 'raw'))).toBe(expected);
  });

  test('no placeholder, no object', () => {
    expect(read('$${{ x }}', 'raw')).toBe('${{ x }}');
    expect(read('x', 'shell')).toBe('x');
    expect(read('# ${{ anything at all', 'shell')).toBe('# ${{ anything at all');
  });

  test('placeholders know their place and how they were written', () => {
    expect(read('ab ${{ params.x }}', 'raw')).toEqual({
      parts: [
        'ab ',
        {
          expr: {
            op: 'member',
            object: { op: 'name', name: 'params' },
            key: { op: 'value', value: 'x' },
          },
          quoting: 'raw',
          position: { file: 'orch.yaml', line: 1, column: 4 },
          source: '${{ params.x }}',
        },
      ],
    });
  });

  test('all mistakes come together, each at its own place', () => {
    expect(errorsOf('${{ parms.x }} ${{ }} ${{ 1 = 2 }} ${{ params.x', 'raw')).toEqual([
      '5: parms is unknown here (did you mean params?)',
      '20: the expression is empty',
      '29: "=" has no meaning in an expression (to compare, write ==)',
      '36: this placeholder is never closed (it ends with }}, outside quotes; a literal ${{ is written $${{)',
    ]);
  });

  test('a quote that is never closed hides the end of its placeholder', () => {
    expect(errorsOf("${{ 'x }}", 'raw')[0]).toContain('1: this placeholder is never closed');
  });

  test('a text of a million characters is the limit', () => {
    expect(errorsOf(`\${{ 1 }}${'x'.repeat(1_000_000)}`, 'raw')).toEqual([
      '1: a text with placeholders has at most 1000000 characters',
    ]);
    expect(read('x'.repeat(2_000_000), 'raw')).toHaveLength(2_000_000);
  });

  test.each([
    ['placeholders', '${{ params.x }} '.repeat(50_000)],
    ['openings', '${{'.repeat(50_000)],
    ['quotes', `\${{ params.x }}${'"a'.repeat(100_000)}`],
    ['substitutions', `\${{ params.x }}${'$(w '.repeat(100_000)}`],
    ['parameters', `\${{ params.x }}${'${x'.repeat(100_000)}`],
    ['parentheses', `\${{ params.x }} ${'( '.repeat(100_000)}`],
    ['here-documents', `\${{ params.x }} ${'<<E '.repeat(50_000)}\n`],
    ['words', `\${{ params.x }} ${'-x '.repeat(200_000)}`],
  ])('tens of thousands of %s end soon', (_, text) => {
    expect(parseTemplate(text, { at, reader: 'shell' })).toHaveProperty('ok');
    expect(parseTemplate(text, { at, reader: 'raw' })).toHaveProperty('ok');
  });
});

describe('shell texts: in which quotes a placeholder stands', () => {
  test.each([
    ['x ${{ params.a }}', 'x <bare params.a>'],
    ['x --a=${{ params.a }}/b', 'x --a=<bare params.a>/b'],
    ['x "${{ params.a }}"', 'x "<double params.a>"'],
    ["x '${{ params.a }}'", "x '<single params.a>'"],
    [`x "it's \${{ params.a }}" '"\${{ params.b }}'`, `x "it's <double params.a>" '"<single params.b>'`],
    ['x \\"${{ params.a }}\\"', 'x \\"<bare params.a>\\"'],
    [
      'x "$(y ${{ params.a }} "${{ params.b }}")${{ params.c }}"',
      'x "$(y <bare params.a> "<double params.b>")<double params.c>"',
    ],
    ["x $(y $(z '${{ params.a }}') ${{ params.b }})", "x $(y $(z '<single params.a>') <bare params.b>)"],
    ["# it's\nx ${{ params.a }}", "# it's\nx <bare params.a>"],
    ["x#'${{ params.a }}'", "x#'<single params.a>'"],
    ['x ${{ params.a }} # ${{ params.b }} "', 'x <bare params.a> # ${{ params.b }} "'],
    ["cat <<EOF\nit's\nEOF\nx ${{ params.a }}", "cat <<EOF\nit's\nEOF\nx <bare params.a>"],
    [
      "cat ${{ params.a }} <<-'E' | y\n'$(\n\tE\nx ${{ params.b }}",
      "cat <bare params.a> <<-'E' | y\n'$(\n\tE\nx <bare params.b>",
    ],
    ['x ${y:-z} "${y%%.*}" ${{ params.a }}', 'x ${y:-z} "${y%%.*}" <bare params.a>'],
    ['x $((1 << 2)) `date` ${{ params.a }}', 'x $((1 << 2)) `date` <bare params.a>'],
    ["x '$${{ y }}' ${{ params.a }}", "x '${{ y }}' <bare params.a>"],
    [
      'case ${{ params.a }} in ${{ params.b }}) x;; esac',
      'case <bare params.a> in <bare params.b>) x;; esac',
    ],
    [
      'a=(x ${{ params.a }}); y >${{ params.b }} <<<${{ params.c }}',
      'a=(x <bare params.a>); y ><bare params.b> <<<<bare params.c>',
    ],
    ['x \\\n  ${{ params.a }}', 'x \\\n  <bare params.a>'],
    ['export A=${{ params.a }} && x ~/${{ params.b }}', 'export A=<bare params.a> && x ~/<bare params.b>'],
    ['sh -c \'x "$1"\' _ ${{ params.a }}', 'sh -c \'x "$1"\' _ <bare params.a>'],
    ['python train.py eval ${{ params.a }}', 'python train.py eval <bare params.a>'],
    ['"$PYTHON" eval ${{ params.a }}', '"$PYTHON" eval <bare params.a>'],
    ['printf "%s\\n" ${{ params.a }}', 'printf "%s\\n" <bare params.a>'],
  ])('%s', (text, expected) => {
    expect(sketch(read(text, 'shell'))).toBe(expected);
  });
});

describe('shell texts: where a value could do harm, loading fails', () => {
  const use = 'use "$ORCH_PARAM_A" there, and list a under the task\'s params';
  test.each([
    ['cat <<EOF\n${{ params.a }}\nEOF', '11: ', 'in a here-document, whose text is not quoted'],
    ["cat <<'EOF'\n${{ params.a }}\nEOF", '13: ', 'in a here-document, whose text is not quoted'],
    ['cat <<-EOF\n\t${{ params.a }}\n\tEOF', '13: ', 'in a here-document, whose text is not quoted'],
    ['cat <<EOF ${{ params.a }}\nEOF', '11: ', 'behind the << of a here-document on the same line'],
    ['x `y ${{ params.a }}`', '6: ', 'in backticks'],
    ['x "`y ${{ params.a }}`"', '7: ', 'in backticks'],
    ['x $((1 + ${{ params.a }}))', '10: ', 'in $(( )): compute it inside ${{ }}'],
    ['((x = ${{ params.a }}))', '7: ', 'in (( ))'],
    ['x ${y:-${{ params.a }}}', '8: ', 'in a ${…} expansion'],
    ["x $'${{ params.a }}'", '5: ', "in a $'…' string"],
    ['x $"${{ params.a }}"', '5: ', 'in a $"…" string'],
    ['x \\${{ params.a }}', '4: ', 'behind a backslash; a literal ${{ is written $${{, in single quotes'],
    ['x "\\${{ params.a }}"', '5: ', 'behind a backslash; a literal ${{ is written $${{, in single quotes'],
    ['x ~${{ params.a }}', '4: ', 'glued to a ~: put a / between them, or quote the ~'],
    ['x $y${{ params.a }}', '5: ', 'glued to a $name: write ${name}'],
    ['x "$y${{ params.a }}"', '6: ', 'glued to a $name: write ${name}'],
    ['[[ ${{ params.a }} -eq 1 ]]', '4: ', 'in [[ ]], where bash computes: use [ ]'],
    ['x[${{ params.a }}]=1', '3: ', 'in the index of an array, which the shell computes'],
    ['x=([${{ params.a }}]=1)', '5: ', 'in the index of an array, which the shell computes'],
    ['x >&${{ params.a }}', '5: ', 'behind >& or <&, where bash expands it again'],
    ['eval x ${{ params.a }}', '8: ', 'in the words of eval, which are evaluated'],
    ['if \\eval "x ${{ params.a }}"; then', '13: ', 'in the words of eval, which are evaluated'],
    ['function f { eval "${{ params.a }}"; }', '20: ', 'in the words of eval, which are evaluated'],
    ['$x $1eval ${{ params.a }}', '11: ', 'in the words of eval, which are evaluated'],
    ['ev$1al ${{ params.a }}', '8: ', 'in the words of eval, which are evaluated'],
    ['for x do eval "${{ params.a }}"; done', '16: ', 'in the words of eval, which are evaluated'],
    ['eval if ${{ params.a }}', '9: ', 'in the words of eval, which are evaluated'],
    ['{x}>f eval ${{ params.a }}', '12: ', 'in the words of eval, which are evaluated'],
    ['x=1 command eval ${{ params.a }}', '18: ', 'in the words of eval, which are evaluated'],
    ["trap 'rm ${{ params.a }}' EXIT", '10: ', 'in the words of trap, which are evaluated'],
    ['sh -c "x ${{ params.a }}"', '10: ', 'in a script for another shell'],
    ['sudo /bin/bash -e -o pipefail -c "x ${{ params.a }}"', '37: ', 'in a script for another shell'],
    ['find . -exec sh -c "x ${{ params.a }}" \\;', '23: ', 'in a script for another shell'],
    [
      'declare -i n=${{ params.a }}',
      '14: ',
      'in declare, except as the value in `declare name=…` without options',
    ],
    ['export ${{ params.a }}', '8: ', 'in export, except as the value in `export name=…` without options'],
    [
      'declare -i n; n=${{ params.a }}',
      '17: ',
      'in a script with `declare -i` or `-n`: bash computes what is assigned to such variables',
    ],
    ['PS4=${{ params.a }}', '5: ', 'in $PS4, which the shell evaluates'],
    ['[ -v ${{ params.a }} ]', '6: ', 'in [ behind -v or a computed word'],
    [
      'printf -v ${{ params.a }} x',
      '11: ',
      'at the start of the format of printf, which would take it for an option',
    ],
  ])('%j', (text, place, refusal) => {
    const [only, ...more] = errorsOf(text, 'shell');
    expect(only).toBe(`${place}a placeholder can't stand ${refusal} (${use})`);
    expect(more).toEqual([]);
  });

  test.each([
    ['cat <<"E F"\nx\nE F\ny ${{ params.a }}', 'this here-document (line 1 of the text)'],
    [
      'cat <<EOF\n$(y\n)\nEOF\nx ${{ params.a }}',
      'a here-document, whose text is not quoted (line 2 of the text)',
    ],
    ["x $'it\\'s' ${{ params.a }}", "a $'…' string (line 1 of the text)"],
    ['x ${y:-"z"} ${{ params.a }}', 'a ${…} expansion (line 1 of the text)'],
    ['x $[1] ${{ params.a }}', '$[ (line 1 of the text)'],
    ['x @(a|b) ${{ params.a }}', 'a ( inside a word (line 1 of the text)'],
    ['x $(case a in a) y;; esac) ${{ params.a }}', 'a `case` in $( ) (line 1 of the text)'],
    ['x $${{ y }} ${{ params.a }}', 'a literal ${{ outside single quotes (line 1 of the text)'],
    [
      'cat <\\\n<EOF\n${{ params.a }}\nEOF',
      'a line that is continued inside an operator or a name (line 1 of the text)',
    ],
    ['x `y "z"` ${{ params.a }}', 'backticks (line 1 of the text)'],
  ])('what shells read differently ends all certainty: %j', (text, construct) => {
    expect(errorsOf(text, 'shell')).toEqual([
      expect.stringContaining(
        `a placeholder can't stand in or after ${construct}: shells differ in how they read on`,
      ),
    ]);
  });

  test.each([
    ["x '${{ params.a }}", '3: this single quote is never closed'],
    ['x ${{ params.a }} "y', '19: this double quote is never closed'],
    ['x $(y ${{ params.a }}', '3: this $( is never closed'],
  ])('%j', (text, error) => {
    expect(errorsOf(text, 'shell')).toEqual([error]);
  });

  test.each([
    ['params.a', use],
    [
      'params.model.max_depth',
      'use "$ORCH_PARAM_MODEL__MAX_DEPTH" there, and list model.max_depth under the task\'s params',
    ],
    [
      "params['url-template']",
      'use "$ORCH_PARAM_URL_TEMPLATE" there, and list url-template under the task\'s params',
    ],
    ['env.HOME', 'use "$HOME" there'],
    ['resources.cpu', 'use "$ORCH_CPU" there'],
    [
      'pad(params.a, 2)',
      'give it a name under the task\'s env, VALUE: "${{ pad(params.a, 2) }}", and use "$VALUE" there',
    ],
    [
      'params[env.X]',
      'give it a name under the task\'s env, VALUE: "${{ params[env.X] }}", and use "$VALUE" there',
    ],
  ])('the hint for %s says which variable to use', (source, hint) => {
    expect(errorsOf(`\`\${{ ${source} }}\``, 'shell')).toEqual([expect.stringContaining(`(${hint})`)]);
  });

  test('every refused placeholder is reported', () => {
    expect(errorsOf('`${{ params.a }}` ${{ params.b }} `${{ env.C }}` ${{ parms.d }}', 'shell')).toHaveLength(
      3,
    );
  });
});
