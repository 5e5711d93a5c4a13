/**
 * Values of Python expressions in a Snakefile, where they are made of literals, `config`, `expand` and the like.
 * What only running Python would tell is refused, with its name.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import type { Folder } from '../folder.ts';
import { isMap, type JsonMap } from '../plain-data.ts';
import { argumentsOf, isSymbol } from '../python/paths.ts';
import type { Token } from '../python/tokens.ts';
import { matchPattern, wildcardsIn } from './wildcards.ts';

/** A path with what Snakemake says about it: `directory("x")`, `temp("x")`. */
export interface Flagged {
  readonly flags: readonly string[];
  readonly value: SnakeValue;
}
export type SnakeValue = JsonValue | Flagged | readonly SnakeValue[];

export interface ValueScope {
  readonly names: ReadonlyMap<string, SnakeValue>;
  readonly config: JsonMap;
  /** `rules.x.output`, `.output.name`. */
  readonly output: (rule: string, name: string | null) => SnakeValue | undefined;
  readonly folder: Folder;
}

export interface Argument {
  readonly name: string | null;
  readonly value: SnakeValue;
}

/** Arguments of a directive: `"a", b="c"`. */
export function argumentValues(
  tokens: readonly Token[],
  scope: ValueScope,
): Outcome<readonly Argument[], string> {
  const found: Argument[] = [];
  const bracketed: readonly Token[] = [
    { kind: 'symbol', text: '(', line: 0, atStart: false },
    ...tokens,
    { kind: 'symbol', text: ')', line: 0, atStart: false },
  ];
  for (const arg of argumentsOf(bracketed, 0)?.list ?? []) {
    const isNamed = arg[0]?.kind === 'name' && isSymbol(arg[1], '=') && !isSymbol(arg[2], '=');
    const value = valueOfTokens(isNamed ? arg.slice(2) : arg, scope);
    if (!value.ok) return value;
    found.push({ name: isNamed ? arg[0]!.text : null, value: value.value });
  }
  return ok(found);
}

export function valueOfTokens(tokens: readonly Token[], scope: ValueScope): Outcome<SnakeValue, string> {
  const read = readSum(tokens, 0, scope);
  if (!read.ok) return read;
  if (read.value.end === tokens.length) return ok(read.value.value);
  return fail(
    `\`${tokens
      .map(({ text }) => text)
      .join(' ')
      .slice(0, 60)}\``,
  );
}

interface Read {
  readonly value: SnakeValue;
  readonly end: number;
}

function readSum(tokens: readonly Token[], start: number, scope: ValueScope): Outcome<Read, string> {
  let left = readAtom(tokens, start, scope);
  while (left.ok && isSymbol(tokens[left.value.end], '+')) {
    const right = readAtom(tokens, left.value.end + 1, scope);
    if (!right.ok) return right;
    const [a, b] = [left.value.value, right.value.value];
    const { end } = right.value;
    if (Array.isArray(a) && Array.isArray(b)) left = ok({ value: [...a, ...b], end });
    else if (typeof a === 'string' && typeof b === 'string') left = ok({ value: a + b, end });
    else return fail('a sum');
  }
  return left;
}

const FLAGS = new Set([
  'directory',
  'temp',
  'temporary',
  'protected',
  'touch',
  'ancient',
  'report',
  'pipe',
  'ensure',
  'local',
]);

function readAtom(tokens: readonly Token[], start: number, scope: ValueScope): Outcome<Read, string> {
  const first = tokens[start];
  if (first === undefined) return fail('nothing');
  if (first.kind === 'string') {
    let value = '';
    let end = start;
    for (let token = tokens[end]; token?.kind === 'string'; token = tokens[++end]) {
      const text = token.isFormat ? formatted(token.text, scope) : token.text;
      if (text === null) return fail(`f"${token.text}"`);
      value += text;
    }
    return ok({ value, end });
  }
  if (first.kind === 'number') {
    const value = Number(first.text.replaceAll('_', ''));
    return Number.isNaN(value) ? fail(first.text) : ok({ value, end: start + 1 });
  }
  if (first.kind === 'symbol') {
    if (first.text === '-' && tokens[start + 1]?.kind === 'number')
      return ok({ value: -Number(tokens[start + 1]!.text), end: start + 2 });
    if (first.text !== '[' && first.text !== '(') return fail(`\`${first.text}\``);
    const args = argumentsOf(tokens, start);
    if (args === null) return fail('an open bracket');
    const values: SnakeValue[] = [];
    for (const arg of args.list) {
      const value = valueOfTokens(arg, scope);
      if (!value.ok) return value;
      values.push(value.value);
    }
    const isSingle = first.text === '(' && values.length === 1 && !isSymbol(tokens[args.end - 2], ',');
    return ok({ value: isSingle ? values[0]! : values, end: args.end });
  }
  return readName(tokens, start, scope);
}

function readName(tokens: readonly Token[], start: number, scope: ValueScope): Outcome<Read, string> {
  const name = tokens[start]!.text;
  const end = start + 1;
  if (name === 'True' || name === 'False') return ok({ value: name === 'True', end });
  if (name === 'None') return ok({ value: null, end });
  if (name === 'config') return readConfig(tokens, end, scope);
  if (name === 'rules') return readRuleOutput(tokens, end, scope);
  if (isSymbol(tokens[end], '(')) return callFunction(name, tokens, end, scope);
  const value = scope.names.get(name);
  if (value === undefined) return fail(`\`${name}\`, which only running it would tell`);
  if (isSymbol(tokens[end], '[') || isSymbol(tokens[end], '.')) return fail(`a part of \`${name}\``);
  return ok({ value, end });
}

/** `config["a"]["b"]`. */
function readConfig(tokens: readonly Token[], start: number, scope: ValueScope): Outcome<Read, string> {
  const keys: string[] = [];
  let end = start;
  while (isSymbol(tokens[end], '[') && tokens[end + 1]?.kind === 'string' && isSymbol(tokens[end + 2], ']')) {
    keys.push(tokens[end + 1]!.text);
    end += 3;
  }
  let value: JsonValue | undefined = scope.config;
  for (const key of keys) value = isMap(value) ? value[key] : undefined;
  if (value === undefined || value === null || keys.length === 0)
    return fail(`config${keys.map((key) => `["${key}"]`).join('')}`);
  return ok({ value, end });
}

/** `rules.x.output[0]`, `rules.x.output.name`. */
function readRuleOutput(tokens: readonly Token[], start: number, scope: ValueScope): Outcome<Read, string> {
  const rule = tokens[start + 1]?.text ?? '';
  if (tokens[start + 3]?.text !== 'output') return fail(`rules.${rule}`);
  let end = start + 4;
  let part: string | null = null;
  if (isSymbol(tokens[end], '.') && tokens[end + 1]?.kind === 'name') {
    part = tokens[end + 1]!.text;
    end += 2;
  } else if (isSymbol(tokens[end], '[') && tokens[end + 1]?.kind === 'number') {
    part = tokens[end + 1]!.text;
    end += 3;
  }
  const value = scope.output(rule, part);
  return value === undefined ? fail(`rules.${rule}.output`) : ok({ value, end });
}

function callFunction(
  name: string,
  tokens: readonly Token[],
  open: number,
  scope: ValueScope,
): Outcome<Read, string> {
  const args = argumentsOf(tokens, open);
  if (args === null) return fail(`${name}(`);
  const values = argumentValues(tokens.slice(open + 1, args.end - 1), scope);
  if (!values.ok) return values;
  const [first] = values.value;
  let { end } = args;
  if (first === undefined) return fail(`${name}()`);
  if (FLAGS.has(name)) return ok({ value: { flags: [name], value: first.value }, end });
  switch (name) {
    case 'expand': {
      const expanded = expand(values.value);
      return expanded === null
        ? fail('expand(…) with values that are not known')
        : ok({ value: expanded, end });
    }
    case 'multiext': {
      const [prefix, ...endings] = values.value.map(({ value }) => String(value));
      return ok({ value: endings.map((ending) => prefix + ending), end });
    }
    case 'glob_wildcards': {
      if (typeof first.value !== 'string') return fail('glob_wildcards(…)');
      const found = globWildcards(first.value, scope.folder);
      if (!isSymbol(tokens[end], '.'))
        return ok({ value: wildcardsIn(first.value).map((wildcard) => found[wildcard]!), end });
      const wanted = tokens[end + 1]?.text ?? '';
      end += 2;
      const list = found[wanted];
      return list === undefined ? fail(`glob_wildcards(…).${wanted}`) : ok({ value: list, end });
    }
    case 'range': {
      const [from, to] = values.value.length === 1 ? [0, first.value] : [first.value, values.value[1]?.value];
      if (typeof from !== 'number' || typeof to !== 'number' || to - from > 10_000) return fail('range(…)');
      return ok({ value: Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at), end });
    }
    case 'list':
    case 'sorted':
    case 'str':
      return ok({ value: name === 'str' ? String(first.value) : first.value, end });
    default:
      return fail(`${name}(…)`);
  }
}

/** Every combination, in Snakemake's order: the last name changes fastest. */
function expand(args: readonly Argument[]): readonly SnakeValue[] | null {
  const patterns = args
    .filter(({ name }) => name === null)
    .flatMap(({ value }) => value as SnakeValue[] | SnakeValue);
  let texts = patterns.flat().map(String);
  for (const { name, value } of args) {
    if (name === null || name === 'allow_missing') continue;
    const values = (Array.isArray(value) ? value : [value]).map(String);
    texts = texts.flatMap((text) =>
      text.includes(`{${name}}`) ? values.map((each) => text.replaceAll(`{${name}}`, each)) : [text],
    );
  }
  return [...new Set(texts.map((text) => text.replaceAll('{{', '{').replaceAll('}}', '}')))];
}

function globWildcards(pattern: string, folder: Folder): Readonly<Record<string, readonly string[]>> {
  const names = wildcardsIn(pattern);
  const matches = folder
    .files()
    .map((path) => matchPattern(pattern, path))
    .filter((match) => match !== null);
  return Object.fromEntries(names.map((name) => [name, matches.map((match) => match[name]!)]));
}

/** An f-string of names with texts. */
function formatted(text: string, scope: ValueScope): string | null {
  let known = true;
  const value = text
    .replaceAll('{{', '\0')
    .replaceAll('}}', '\u0001')
    .replace(/\{(\w+)\}/g, (_, name: string) => {
      const found = scope.names.get(name);
      if (typeof found !== 'string' && typeof found !== 'number') known = false;
      return String(found);
    });
  if (/\{/.test(value)) known = false;
  return known ? value.replaceAll('\0', '{').replaceAll('\u0001', '}') : null;
}
