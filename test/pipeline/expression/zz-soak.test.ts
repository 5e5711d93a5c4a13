/** SPEC B4: a value can never add a word or a command to a shell line. Shown with a real sh and bash. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shellWord } from '../../../src/pipeline/expression/index.ts';
import { rendered, runScripts, SHELLS, shellTemplate } from './shells.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'orch-shell-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** `w` prints how many words it got and each of them; `e` prints its first and a dot. */
const PRELUDE = `w() { printf '%d\\0' "$#"; [ "$#" -eq 0 ] || printf '%s\\0' "$@"; }; e() { printf '%s.' "$1"; }\n`;

function printed(calls: readonly (readonly string[])[]): string {
  return calls.map((words) => [String(words.length), ...words].map((word) => `${word}\0`).join('')).join('');
}

// biome-ignore format: a table
const NASTY = [
  '', ' ', "'", '"', '\\', '`', '$', '$(>pwned)', '`>pwned`', "'; >pwned; '", '"; >pwned; "', '\n>pwned\n',
  'EOF\n>pwned\n', ')>pwned', '; >pwned #', '&& >pwned', '| >pwned', '# x', '!', '!!', '~', '~root', '*',
  '?', '[a-z]', '{a,b}', '{1..9}', '-n', '--', '-', 'if', 'done', 'x=1', 'PATH=', '2', '7.5', 'a/b.csv',
  '\t', '\r\n', '\n', 'x\n', '\x01', '\x7f', '\\\n', '${x}', '$x', '$1', '${{ params.v0 }}', '%s', 'é',
  'e\u0301', '日本', '👩‍🔬', '\u00a0', '\u2028', '\ufeff',
];
const value = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
  fc
    .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 3 })), { maxLength: 4 })
    .map((pieces) => pieces.join('')),
);

/** Literal text and what the shell makes of it. */
const BARE_TEXT: readonly (readonly [string, string])[] = [
  ['', ''],
  ['a', 'a'],
  ['--x=', '--x='],
  ['./', './'],
  ['-', '-'],
  ['7', '7'],
  ['.', '.'],
  [':', ':'],
  ['%@+,', '%@+,'],
  ['é', 'é'],
  ["'q '", 'q '],
  ['"q "', 'q '],
  ['\\ ', ' '],
  ['\\\\', '\\'],
  ['\\$.', '$.'],
  ["\\'", "'"],
  ['\\"', '"'],
  ['a\\\nb', 'ab'],
  ['$((1 + 2))', '3'],
  ['${x:-d}', 'd'],
  ['`:`', ''],
];
const DOUBLE_TEXT: readonly (readonly [string, string])[] = [
  ['', ''],
  ['a b', 'a b'],
  ["it's ", "it's "],
  ['# ', '# '],
  ['\n', '\n'],
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\$x', '$x'],
  ['\\a', '\\a'],
  ['${x:-d}', 'd'],
  ['$((2*3))', '6'],
  ['${#x}/', '0/'],
  ['* ~ {a,b} ', '* ~ {a,b} '],
];
const SINGLE_TEXT: readonly (readonly [string, string])[] = [
  ['', ''],
  ['a "b" ', 'a "b" '],
  ['\\', '\\'],
  ['$x `', '$x `'],
  ['\n# ', '\n# '],
  ['$${{ x }}', '${{ x }}'],
];

/** Shell text with the values in it, and the words for which it stands. */
interface Argument {
  readonly parts: readonly (string | { readonly value: string | readonly string[] })[];
  readonly words: readonly string[];
}

function argument(
  before: readonly [string, string],
  inner: Argument,
  after: readonly [string, string],
  quote: string,
): Argument {
  return {
    parts: [quote, before[0], ...inner.parts, after[0], quote],
    words: [before[1] + inner.words.join('') + after[1]],
  };
}

const placed: fc.Arbitrary<Argument> = value.map((text) => ({ parts: [{ value: text }], words: [text] }));
const single: fc.Arbitrary<Argument> = fc
  .tuple(fc.constantFrom(...SINGLE_TEXT), placed, fc.constantFrom(...SINGLE_TEXT))
  .map(([before, inner, after]) => argument(before, inner, after, "'"));

const { one } = fc.letrec<{
  one: Argument;
  quotable: Argument;
  double: Argument;
  glued: Argument;
  substituted: Argument;
}>((tie) => ({
  one: fc.oneof({ depthSize: 'small' }, placed, single, tie('double'), tie('glued')),
  glued: fc
    .tuple(fc.constantFrom(...BARE_TEXT), tie('one'), tie('one'), fc.constantFrom(...BARE_TEXT))
    .map(([before, first, second, after]) =>
      argument(
        before,
        { parts: [...first.parts, ...second.parts], words: [...first.words, ...second.words] },
        after,
        '',
      ),
    ),
  // A second placeholder without anything between, or one inside `$( )`, where quoting begins anew.
  quotable: fc.oneof({ depthSize: 'small' }, placed, tie('substituted')),
  substituted: fc.tuple(tie('one'), fc.constantFrom('', ' ', ' # it\n', '; :', '\n')).map(([inner, end]) => ({
    parts: ['$(e ', ...inner.parts, end, ')'],
    words: [`${inner.words.join('')}.`],
  })),
  double: fc
    .tuple(fc.constantFrom(...DOUBLE_TEXT), tie('quotable'), tie('quotable'), fc.constantFrom(...DOUBLE_TEXT))
    .map(([before, first, second, after]) =>
      argument(
        before,
        { parts: [...first.parts, ...second.parts], words: [...first.words, ...second.words] },
        after,
        '"',
      ),
    ),
}));

const list: fc.Arbitrary<Argument> = fc
  .array(value, { maxLength: 3 })
  .map((values) => ({ parts: [{ value: values }], words: values }));

const LINES: readonly (readonly [string, string])[] = [
  ['w ', '\n'],
  ['w ', '; '],
  [': it; w ', ' # it\'s a ${{ params.nothing }} "$(\n'],
  ['if :; then w ', '; fi\n'],
  ['(w ', ')\n'],
  ['{ w ', '; }\n'],
  ['f() { w "$@"; }\nf ', '\n'],
  [': <<EOF\n\'"$x\nEOF\nw ', '\n'],
  [": <<-'E'\n\t$( ' \"\n\tE\nw ", ' >&2\n'],
  ["[ 'a' = b ] || w \\\n  ", '\n'],
  ['set -- ', '; w "$@"\n'],
  ['# $( \' "\n\tw\t', ' && :\n'],
  ['case a in (b) ;; a) w ', ';; esac\n'],
  ['x=$((1 << 2)) w ', ' >/dev/null || :\n'],
];

interface Line {
  readonly parts: Argument['parts'];
  readonly words: readonly string[] | null;
}

const line: fc.Arbitrary<Line> = fc
  .tuple(
    fc.constantFrom(...LINES),
    fc.array(fc.oneof({ weight: 5, arbitrary: one }, list), { minLength: 1, maxLength: 3 }),
  )
  .map(([[before, after], args]) => ({
    parts: [before, ...args.flatMap((arg, i) => (i === 0 ? arg.parts : [' ', ...arg.parts])), after],
    // The words of these don't reach the script's output.
    words: after.includes('>&2') || after.includes('/dev/null') ? null : args.flatMap((arg) => arg.words),
  }));

function assemble(lines: readonly Line[]): {
  readonly text: string;
  readonly values: Record<string, string | readonly string[]>;
} {
  const values: Record<string, string | readonly string[]> = {};
  const text = lines
    .flatMap((each) => each.parts)
    .map((part) => {
      if (typeof part === 'string') return part;
      const name = `v${Object.keys(values).length}`;
      values[name] = part.value;
      return `\${{ params.${name} }}`;
    })
    .join('');
  return { text: PRELUDE + text, values };
}

describe.each(SHELLS)('%s', (shell) => {
  test('sees every value as exactly one word, and a bare list as one word an item', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(line, { minLength: 1, maxLength: 2 }), {
          minLength: 40,
          maxLength: 40,
          size: 'max',
        }),
        (scripts) => {
          const texts = scripts.map((lines) => {
            const { text, values } = assemble(lines);
            const template = shellTemplate(text);
            if (template === null) throw new Error(`refused: ${text}`);
            return rendered(template, values);
          });
          const expected = scripts.map((lines) =>
            printed(lines.flatMap(({ words }) => (words === null ? [] : [words]))),
          );
          expect(runScripts(shell, texts, dir)).toEqual(expected);
          expect(readdirSync(dir)).toEqual([]);
        },
      ),
      { numRuns: 50, endOnFailure: true },
    );
  });

  test('reads shellWord as one word', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 100 }), (values) => {
        const script = `${PRELUDE}w ${values.map(shellWord).join(' ')}`;
        expect(runScripts(shell, [script], dir)).toEqual([printed([values])]);
      }),
      { numRuns: 20 },
    );
  });
});

/**
 * Scripts that use a value in one way each; then broken by pieces of shell put in anywhere. Variables are not
 * used again: what a script does with them later is its own affair.
 */
// biome-ignore format: a table
const BASES = [
 
  'w V', 'w "V"', "w 'V'", 'w a V b', 'w "$(e V)"', 'w --x=V', 'w "a $x V"', 'if :; then w V; fi', '(w V)', '{ w V; }',
  'f() { w 1; }; f V', 'case V in a) w 1;; V) w V;; esac', 'for i in V; do w 1; done', ': <<EOF\nfoo\nEOF\nw V', 'w $((1+2)) V',
  'w ${x:-a} V', 'w `:` V', ': # it\nw V', '[ V = a ] || w V', '[[ a == a ]] && w V', 'export y=V', 'z=(V 1 V)', 'w ~/V',
  'w {a,b}V', 'w a{V,c}', "w $'a'V", 'w $"a"V', 'w \\\n V', 'w V <<<V', 'read y <<<V', '! w V', 'w "a"V\'b\'', 'w V && w V | w V',
  ': <(e V); w V', 'w 3>&1 V', 'w a=V', 'y=V w V', 'printf "%s|" V', 'w "$(e "$(e "V")"V)"', 'w "`:`V"', 'w "${x:-b}V"',
  'w "$((1))V"', '((1+1)); w V', 'w V#V #V\nw V', ': V "V"', 'test V = V && w V', 'local y=V', 'sh -c "w V"', 'eval w V',
  'w "$( (e V) )"', 'w <<EOF V\nV\nEOF\nw V', 'w V <<EOF; w V\nEOF\nw "V"', 'w V >&1', "w $'it\\'s' V", 'w "V', 'y="$(case a in a) w V;; esac)"',
];
// biome-ignore format: a table
const PIECES = [
 
  'w ', 'e ', '"', "'", '\\', '\\\n', '$(', ')', '`', '$((', '((', '))', '(', '#', ' #', '\n', ';', '; ', '<<EOF', '<<-E', "<<'EOF'",
  '\nEOF\n', '\nE\n', '${x:-', '${x', '${#x}', '}', '{', '{a,', ',b}', '~', '/', '[[ ', ' ]]', ' -eq ', '[', ']', 'a[', 'case a in ',
  'a) ', ';;', ' esac ', "$'", '$"', '$', '$x', '$1', '&&', '||', '|', 'y=', 'z=(', 'z+=(', '<(', '3>&1', '>&', '<<<', '=', ' ', '  ',
  'x', 'if :; then ', ' fi ', '{ ', ' }', 'f() ', '!', '-', 'eval ', 'declare ', 'declare -i ', 'local ', 'printf ', '%s', '-v ',
  'test ', '[ ', ' ]', 'let ', 'read ', 'for i in ', 'for i ', 'do ', 'done ', ':', 'é', '@', '@(', '!(', 'x=1 ', 'time ', 'function g ', 'function g { ', '{q}>f ',
  'exec ', 'command ', 'sh -c ', 'BASH_ENV=', '1', '..', '\r', '\t', 'then ', 'EOF', '<<', '$[', '${', '%', '+', '\\\\', '\\"', '${x%',
];
// biome-ignore format: a table
const ATTACKS = [
 
  '$(>pwned)', "'; >pwned; '", '"; >pwned; "', '`>pwned`', '\n>pwned\n', 'EOF\n>pwned\n', '\nEOF\n>pwned\n', '\nE\n>pwned\n',
  'a[$(>pwned)]', ')>pwned', ';>pwned', '}; >pwned', '# \n>pwned #', '\\', "\\';>pwned;'", '"$(>pwned)"', '$((a[$(>pwned)]))',
  ' a b  c ', '-n', '', '~', '!', '${x:=$(>pwned)}', "')>pwned", '*) >pwned;;', 'a=1', "$'", '1', '7.5', '-va[$(>pwned)]', 'a/b', '{a,b}', '{1..3}',
];

/** As harmless as a value can be, while it is quoted as an attack is. */
const HARMLESS = 'H@7m';

/** `$$` is another number each time, and what runs in the background prints when it likes. */
function isUnsteady(text: string): boolean {
  return text.includes('$$') || /[^&><]&(?![&>])/.test(text);
}

const broken = fc
  .tuple(
    fc.constantFrom(...BASES),
    fc.constantFrom(...BASES),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...PIECES)), { maxLength: 4 }),
    fc.constantFrom(...ATTACKS),
  )
  .map(([first, second, pieces, attack]) => {
    let text = `${first}\n${second}`;
    for (const [number, piece] of pieces) {
      const at = number % (text.length + 1);
      text = text.slice(0, at) + piece + text.slice(at);
    }
    return { text: PRELUDE + text.replaceAll('V', '${{ params.v }}'), attack };
  });

// The seed is fixed: pieces thrown together may by accident be a script that evaluates its variables.
describe.each(SHELLS)('whatever text is accepted, in %s', (shell) => {
  test('a value starts no command and adds no word', () => {
    const cases = fc.sample(broken, { numRuns: 6_000, seed: Number(process.env.SEED) }).flatMap(({ text, attack }) => {
      const template = shellTemplate(text);
      if (template === null || typeof template === 'string' || isUnsteady(text)) return [];
      return [
        {
          text,
          attack,
          harmless: rendered(template, { v: HARMLESS }),
          script: rendered(template, { v: attack }),
        },
      ];
    });
    expect(cases.length).toBeGreaterThan(400);
    const expected = runScripts(
      shell,
      cases.map(({ harmless }) => harmless),
      dir,
    );
    expect(expected.filter((output) => output.includes(HARMLESS)).length).toBeGreaterThan(200);
    const outputs = runScripts(
      shell,
      cases.map(({ script }) => script),
      dir,
    );
    const left = readdirSync(dir);
    const changed = cases.flatMap(({ text, attack }, i) => {
      const wanted = expected[i]!.replaceAll(HARMLESS, () => attack);
      return wanted === outputs[i]
        ? []
        : [{ text: text.slice(PRELUDE.length), attack, wanted, found: outputs[i] }];
    });
    void expect; (() => ({}) as any)(); expect(left).not.toContain('pwned');
    console.log("CHANGED", shell, changed.length, left.includes("pwned"));
  });
});
