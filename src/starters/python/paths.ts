/**
 * What a Python expression says about a path, where it is made of literals: `"data/x.csv"`, `DATA / "x.csv"`,
 * `Path("data", "x.csv")`, `os.path.join(DATA, "x.csv")`, `f"{DATA}/x.csv"`. Executes nothing.
 */
import { posix } from 'node:path';
import type { Token } from './tokens.ts';

export interface PathScope {
  /** Names that are given such a value once, at the top of the file. */
  readonly constants: ReadonlyMap<string, string>;
  /** What `__file__` is. */
  readonly file: string;
}

/** The value of an expression that is the whole of these tokens; null where running it would have to tell. */
export function pathValue(tokens: readonly Token[], scope: PathScope): string | null {
  const read = readSum(tokens, 0, scope);
  return read !== null && read.end === tokens.length ? read.value : null;
}

interface Read {
  readonly value: string;
  readonly end: number;
}

/** Operands with `/` (of paths) or `+` (of texts) between them. */
function readSum(tokens: readonly Token[], start: number, scope: PathScope): Read | null {
  let left = readOperand(tokens, start, scope);
  while (left !== null) {
    const operator = tokens[left.end];
    if (operator?.kind !== 'symbol' || (operator.text !== '/' && operator.text !== '+')) return left;
    const right = readOperand(tokens, left.end + 1, scope);
    if (right === null) return null;
    left = {
      value: operator.text === '/' ? posix.join(left.value, right.value) : left.value + right.value,
      end: right.end,
    };
  }
  return null;
}

/** A literal, a constant, a call that only forms a path; then `.parent`, `.resolve()`… */
export function readOperand(tokens: readonly Token[], start: number, scope: PathScope): Read | null {
  let read = readAtom(tokens, start, scope);
  while (read !== null && isSymbol(tokens[read.end], '.')) {
    const method = tokens[read.end + 1]?.text;
    const isCall = isSymbol(tokens[read.end + 2], '(') && isSymbol(tokens[read.end + 3], ')');
    if (method === 'parent') read = { value: posix.dirname(read.value), end: read.end + 2 };
    else if (isCall && ['resolve', 'absolute', 'expanduser', 'as_posix'].includes(method ?? ''))
      read = { value: read.value, end: read.end + 4 };
    else return read;
  }
  return read;
}

const FORMING = new Set([
  'Path',
  'PurePath',
  'str',
  'join',
  'dirname',
  'abspath',
  'realpath',
  'fspath',
  'normpath',
]);

function readAtom(tokens: readonly Token[], start: number, scope: PathScope): Read | null {
  const first = tokens[start];
  if (first === undefined) return null;
  if (first.kind === 'string') {
    let value = '';
    let end = start;
    for (let token = tokens[end]; token?.kind === 'string'; token = tokens[++end]) {
      const text = token.isFormat ? formatted(token.text, scope) : token.text;
      if (text === null) return null;
      value += text;
    }
    return { value, end };
  }
  if (isSymbol(first, '(')) {
    const inner = readSum(tokens, start + 1, scope);
    return inner !== null && isSymbol(tokens[inner.end], ')')
      ? { value: inner.value, end: inner.end + 1 }
      : null;
  }
  if (first.kind !== 'name') return null;
  let end = start + 1;
  let name = first.text;
  // `os.path.join`, `pathlib.Path`
  while (
    ['os', 'path', 'pathlib'].includes(name) &&
    isSymbol(tokens[end], '.') &&
    tokens[end + 1]?.kind === 'name'
  ) {
    name = tokens[end + 1]!.text;
    end += 2;
  }
  if (isSymbol(tokens[end], '(') && FORMING.has(name)) {
    const args = argumentsOf(tokens, end);
    if (args === null) return null;
    const values = args.list.map((arg) => pathValue(arg, scope));
    if (values.some((value) => value === null) || (values.length === 0 && name !== 'Path')) return null;
    const joined = values.length === 0 ? '.' : posix.join(...(values as string[]));
    return { value: name === 'dirname' ? posix.dirname(joined) : joined, end: args.end };
  }
  if (name === '__file__') return { value: scope.file, end };
  const constant = scope.constants.get(name);
  return constant === undefined || isSymbol(tokens[end], '(') || isSymbol(tokens[end], '[')
    ? null
    : { value: constant, end };
}

/** An f-string of constants. */
function formatted(text: string, scope: PathScope): string | null {
  let known = true;
  const value = text.replace(/\{(\w*)([^}]*)\}/g, (_, name: string, rest: string) => {
    const constant = scope.constants.get(name);
    if (constant === undefined || rest !== '') known = false;
    return constant ?? '';
  });
  return known ? value : null;
}

export interface Arguments {
  /** The tokens of each, keyword included. */
  readonly list: readonly (readonly Token[])[];
  /** Behind the closing bracket. */
  readonly end: number;
}

/** What stands between the bracket at an offset and the one that closes it. */
export function argumentsOf(tokens: readonly Token[], open: number): Arguments | null {
  const list: Token[][] = [[]];
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at]!;
    const text = token.kind === 'symbol' ? token.text : '';
    if ('([{'.includes(text) && text !== '') depth += 1;
    else if (')]}'.includes(text) && text !== '') depth -= 1;
    if (depth === 0) return { list: list.filter((arg) => arg.length > 0), end: at + 1 };
    if (text === ',' && depth === 1) list.push([]);
    else if (at > open) list.at(-1)!.push(token);
  }
  return null;
}

export function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text;
}
