/**
 * Cuts the text of an expression into tokens. Strings stand in single or double quotes and know the escapes
 * \\ \' \" \n \t \r and \uXXXX; numbers are decimal. Knows no grammar.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { SyntaxTrouble } from './errors.ts';

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly at: number; readonly end: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number; readonly end: number }
  | {
      readonly kind: 'name' | 'symbol' | 'end';
      readonly text: string;
      readonly at: number;
      readonly end: number;
    };

/** An expression is a line, not a program: more than this is a mistake or an attack. */
const MAX_LENGTH = 10_000;

const SPACE = /[ \t\r\n]+/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SYMBOL = /\|\||&&|==|!=|<=|>=|[<>+\-*/%!?:.,()[\]]/y;

export function tokenize(text: string): Outcome<readonly Token[], SyntaxTrouble> {
  if (text.length > MAX_LENGTH)
    return fail({
      message: `an expression has at most ${MAX_LENGTH} characters; this one has ${text.length}`,
      at: 0,
    });
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  for (;;) {
    at += match(SPACE)?.length ?? 0;
    if (at === text.length) break;
    const char = text[at]!;
    if (char === '"' || char === "'") {
      const string = readString(text, at);
      if (!string.ok) return string;
      tokens.push({ kind: 'string', value: string.value.value, at, end: string.value.end });
      at = string.value.end;
      continue;
    }
    const number = match(NUMBER);
    if (number !== null) {
      const value = Number(number);
      // 2^53 and beyond would silently become another number.
      if (!Number.isFinite(value) || (/^\d+$/.test(number) && !Number.isSafeInteger(value)))
        return fail({
          message: `the number ${number} is too large to be exact`,
          at,
          hint: 'write it as a string',
        });
      tokens.push({ kind: 'number', value, at, end: at + number.length });
      at += number.length;
      continue;
    }
    const name = match(NAME);
    const symbol = name ?? match(SYMBOL);
    if (symbol === null) return fail(unknownCharacter(text, at));
    tokens.push({ kind: name === null ? 'symbol' : 'name', text: symbol, at, end: at + symbol.length });
    at += symbol.length;
  }
  tokens.push({ kind: 'end', text: '', at, end: at });
  return ok(tokens);
}

/**
 * The offset just behind the `}}` that ends a placeholder whose expression begins at `from`; null where it has
 * no end. A `}}` inside a string ends nothing.
 */
export function endOfPlaceholder(text: string, from: number): number | null {
  let quote: string | null = null;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (quote !== null) {
      if (char === '\\') at += 1;
      else if (char === quote) quote = null;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '}' && text[at + 1] === '}') return at + 2;
  }
  return null;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  n: '\n',
  t: '\t',
  r: '\r',
};

function readString(text: string, start: number): Outcome<{ value: string; end: number }, SyntaxTrouble> {
  const quote = text[start];
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === quote) return ok({ value, end: at + 1 });
    if (char !== '\\') {
      value += char;
      continue;
    }
    const letter = text[at + 1] ?? '';
    const code = /^u[0-9a-fA-F]{4}/.exec(text.slice(at + 1, at + 6))?.[0];
    if (code !== undefined) {
      value += String.fromCharCode(Number.parseInt(code.slice(1), 16));
      at += 5;
    } else if (Object.hasOwn(ESCAPES, letter)) {
      value += ESCAPES[letter];
      at += 1;
    } else {
      return fail({
        message: `\\${letter} isn't an escape that strings know`,
        at,
        hint: 'they are \\\\ \\\' \\" \\n \\t \\r and \\uXXXX; a backslash itself is \\\\',
      });
    }
  }
  return fail({ message: `this string is never closed: ${quote} is missing`, at: start });
}

const REPLACEMENTS: Readonly<Record<string, string>> = {
  '=': 'to compare, write ==',
  '&': 'for "and", write &&',
  '|': 'for "or", write ||; a filter is written as a call, such as default(env.NAME, 1)',
  '`': 'strings stand in single or double quotes',
  $: 'inside an expression, names stand alone: params.year',
  '{': 'maps can be read, but not written, in expressions',
};

function unknownCharacter(text: string, at: number): SyntaxTrouble {
  const char = String.fromCodePoint(text.codePointAt(at)!);
  const message = `${JSON.stringify(char)} has no meaning in an expression`;
  const hint = Object.hasOwn(REPLACEMENTS, char) ? REPLACEMENTS[char] : undefined;
  return hint === undefined ? { message, at } : { message, at, hint };
}
