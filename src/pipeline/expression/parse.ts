/**
 * Reads an expression into its tree. The grammar, loosest first:
 *
 *     a ? b : c     ||     &&     == !=     < <= > >=     + -     * / %     ! -     .name [expr]
 *     number, 'text', "text", true, false, null, name, name(…), [a, b], (a)
 *
 * Names and functions are checked here, so that a slip is found before anything runs; values are not known yet.
 */
import { nearest } from '../../base/nearest.ts';
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { BinaryOperator, Expr } from '../../model/expression.ts';
import type { SourcePosition } from '../../model/ids.ts';
import type { SyntaxTrouble, TemplateError, TemplateErrorKind } from './errors.ts';
import { functionNamed, functionNames, signatureOf } from './functions.ts';
import { type Token, tokenize } from './tokens.ts';

/** What an expression can start from. */
export const ROOT_NAMES = [
  'params',
  'env',
  'matrix',
  'inputs',
  'outputs',
  'needs',
  'task',
  'pipeline',
  'run',
  'metrics',
  'resources',
  'secrets',
] as const;

/** The tree is walked by recursion: these bound its height, whatever the text. */
const MAX_NESTING = 50;
const MAX_NODES = 1_000;

const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];

/** Thrown and caught inside this file only: recursive descent has one way out on the first mistake. */
class Mistake {
  readonly trouble: SyntaxTrouble;
  constructor(trouble: SyntaxTrouble) {
    this.trouble = trouble;
  }
}

/** For texts that are an expression as a whole, such as `when`. `at` gives the place of an offset in the text. */
export function parseExpression(
  text: string,
  at: (offset: number) => SourcePosition,
): Outcome<Expr, readonly TemplateError[]> {
  if (/^\s*\$\{\{/.test(text))
    return fail([
      { message: 'this is an expression already: write it without ${{ }}', position: at(text.indexOf('$')) },
    ]);
  const parsed = parseSource(text);
  if (parsed.ok) return parsed;
  const { at: offset, end: _end, ...rest } = parsed.error;
  return fail([{ ...rest, position: at(offset) }]);
}

/** Offsets in the error count from the start of `text`. */
export function parseSource(text: string): Outcome<Expr, SyntaxTrouble> {
  const tokens = tokenize(text);
  if (!tokens.ok) return tokens;
  try {
    return ok(parseTokens(tokens.value, text));
  } catch (error) {
    if (error instanceof Mistake) return fail(error.trouble);
    throw error;
  }
}

function parseTokens(tokens: readonly Token[], source: string): Expr {
  let index = 0;
  let nesting = 0;
  let nodes = 0;

  const peek = (): Token => tokens[index]!;
  const isSymbol = (text: string): boolean =>
    peek().kind === 'symbol' && (peek() as { text: string }).text === text;
  const take = (text: string): boolean => {
    if (!isSymbol(text)) return false;
    index += 1;
    return true;
  };
  const wrong = (message: string, at = peek().at, hint?: string, kind?: TemplateErrorKind): never => {
    const end = tokens.find((token) => token.at === at)?.end ?? at;
    throw new Mistake({
      message,
      at,
      end,
      ...(hint === undefined ? {} : { hint }),
      ...(kind === undefined ? {} : { kind }),
    });
  };
  const unexpected = (wanted: string): never => {
    const token = peek();
    if (token.kind === 'end')
      return wrong(source.trim() === '' ? 'the expression is empty' : `${wanted} is missing at the end`);
    return wrong(
      `expected ${wanted}, found ${JSON.stringify(source.slice(token.at, token.end))}`,
      token.at,
      hintFor(token),
    );
  };
  const expect = (text: string): void => {
    if (!take(text)) unexpected(text);
  };
  const node = (expr: Expr): Expr => {
    nodes += 1;
    return nodes > MAX_NODES ? wrong(`an expression has at most ${MAX_NODES} parts`) : expr;
  };

  function expression(): Expr {
    nesting += 1;
    if (nesting > MAX_NESTING) wrong(`an expression nests at most ${MAX_NESTING} deep`);
    let result = binary(0);
    if (take('?')) {
      const then = expression();
      expect(':');
      result = node({ op: 'conditional', test: result, then, else: expression() });
    }
    nesting -= 1;
    return result;
  }

  function binary(level: number): Expr {
    const operators = LEVELS[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    for (;;) {
      const operator = operators.find(isSymbol);
      if (operator === undefined) return left;
      index += 1;
      left = node({ op: 'binary', operator, left, right: binary(level + 1) });
    }
  }

  function unary(): Expr {
    const operator = (['!', '-'] as const).find(isSymbol);
    if (operator === undefined) return postfix();
    index += 1;
    nesting += 1;
    if (nesting > MAX_NESTING) wrong(`an expression nests at most ${MAX_NESTING} deep`);
    const operand = unary();
    nesting -= 1;
    return node({ op: 'unary', operator, operand });
  }

  function postfix(): Expr {
    let object = primary();
    for (;;) {
      if (take('.')) object = node({ op: 'member', object, key: { op: 'value', value: memberName(object) } });
      else if (take('[')) {
        object = node({ op: 'member', object, key: expression() });
        expect(']');
      } else return object;
    }
  }

  /** After `needs.` and `metrics.` stands a task, whose name may hold `-`; elsewhere `-` is a minus. */
  function memberName(object: Expr): string {
    const first = peek();
    if (first.kind === 'number')
      wrong(
        `a name that starts with a digit stands in brackets: ['${source.slice(first.at, first.end)}']`,
        first.at,
      );
    if (first.kind !== 'name') return unexpected('a name after the dot');
    index += 1;
    if (object.op !== 'name' || (object.name !== 'needs' && object.name !== 'metrics')) return first.text;
    let end = first.end;
    for (;;) {
      const [dash, next] = [peek(), tokens[index + 1]];
      const joins = isSymbol('-') && dash.at === end && next !== undefined && next.at === dash.end;
      if (!joins || !(next.kind === 'name' || (next.kind === 'number' && object.name === 'needs')))
        return source.slice(first.at, end);
      index += 2;
      end = next.end;
      // `step-2b` is cut into step, -, 2 and b.
      const rest = peek();
      if (next.kind !== 'number' || rest.kind !== 'name' || rest.at !== end) continue;
      index += 1;
      end = rest.end;
    }
  }

  function primary(): Expr {
    const token = peek();
    if (token.kind === 'number' || token.kind === 'string') {
      index += 1;
      return node({ op: 'value', value: token.value });
    }
    if (take('(')) {
      const inner = expression();
      expect(')');
      return inner;
    }
    if (take('[')) return node({ op: 'list', items: items(']') });
    if (token.kind !== 'name') return unexpected('a value');
    index += 1;
    if (take('(')) return call(token.text, token.at);
    if (token.text === 'true' || token.text === 'false')
      return node({ op: 'value', value: token.text === 'true' });
    if (token.text === 'null') return node({ op: 'value', value: null });
    if (!(ROOT_NAMES as readonly string[]).includes(token.text))
      wrong(`${token.text} is unknown here`, token.at, hintForName(token.text), 'unknown-name');
    return node({ op: 'name', name: token.text });
  }

  function items(closer: ']' | ')'): Expr[] {
    const list: Expr[] = [];
    while (!isSymbol(closer)) {
      list.push(expression());
      if (!take(',')) break;
    }
    expect(closer);
    return list;
  }

  function call(name: string, at: number): Expr {
    const fn = functionNamed(name);
    if (fn === null) {
      return wrong(`there is no function ${name}`, at, hintForFunction(name), 'unknown-function');
    }
    const args = items(')');
    const required = fn.parameters.filter((parameter) => parameter.optional !== true).length;
    if (args.length < required || args.length > fn.parameters.length)
      wrong(`${name} is called as ${signatureOf(fn)}; here it has ${args.length} arguments`, at);
    return node({ op: 'call', fn: name, args });
  }

  const result = expression();
  if (peek().kind !== 'end') unexpected('an operator or the end');
  return result;
}

/** Python's words, in ours. */
const OPERATOR_WORDS = new Map(Object.entries({ and: '&&', or: '||', is: '==', if: '? :', else: '? :' }));

function hintFor(token: Token): string | undefined {
  if (token.kind !== 'name') return undefined;
  const operator = OPERATOR_WORDS.get(token.text);
  return operator === undefined ? undefined : `write ${operator}`;
}

/** Where expressions of other tools start from, and what holds the same here. */
const OTHER_ROOTS: Readonly<Record<string, string>> = {
  vars: 'params',
  var: 'params',
  param: 'params',
  parameters: 'params',
  config: 'params',
  args: 'params',
  wildcards: 'matrix',
  item: 'matrix',
  each: 'matrix',
  steps: 'needs',
  jobs: 'needs',
  stages: 'needs',
  tasks: 'needs',
  rules: 'needs',
  input: 'inputs',
  output: 'outputs',
  deps: 'inputs',
  outs: 'outputs',
  secret: 'secrets',
  environ: 'env',
  ENV: 'env',
  ds: 'run.date',
  execution_date: 'run.date',
  logical_date: 'run.date',
  now: 'run.date',
  today: 'run.date',
  run_id: 'run.id',
  try_number: 'run.attempt',
  threads: 'resources.cpu',
  dag: 'pipeline',
  workflow: 'pipeline',
};

/** The same for functions; a sentence where there is no such function. */
const OTHER_FUNCTIONS: Readonly<Record<string, string>> = {
  toJSON: 'to_json',
  tojson: 'to_json',
  toJson: 'to_json',
  fromJSON: 'from_json',
  fromJson: 'from_json',
  zfill: 'pad',
  lpad: 'pad',
  rjust: 'pad',
  format: 'pad',
  strftime: 'format_date',
  to_date: 'date',
  dateadd: 'date_add',
  timedelta: 'date_add',
  concat: 'join',
  hash: 'sha',
  sha256: 'sha',
  md5: 'sha',
  parseInt: 'int',
  float: 'number',
  filename: 'basename',
  base: 'basename',
  dir: 'dirname',
  includes: 'contains',
  coalesce: 'default',
  getenv: 'a variable is read as env.NAME',
  env: 'a variable is read as env.NAME',
  now: 'the date of the run is run.date',
  today: 'the date of the run is run.date',
  glob: 'globs stand under inputs, and inputs[0] is the list of what they match',
  expand: 'a matrix makes a task for each value',
  hashFiles: 'inputs are part of the key by their contents: no expression is needed',
  read_yaml: 'read_json reads JSON files; YAML has no reader',
  success: 'a task runs when what it needs has succeeded',
  failure: 'tasks for failed runs stand under on_failure',
  always: 'a task that runs at the end of every run stands under finally',
};

function hintForFunction(name: string): string {
  const other = Object.hasOwn(OTHER_FUNCTIONS, name) ? OTHER_FUNCTIONS[name]! : null;
  if (other !== null) return other.includes(' ') ? other : `here it is called ${other}`;
  const near = nearest(name, functionNames());
  return near === null ? `there are ${functionNames().join(', ')}` : `did you mean ${near}?`;
}

function hintForName(name: string): string {
  if (name === 'not') return 'write !';
  if (name === 'True' || name === 'False') return `write ${name.toLowerCase()}`;
  if (name === 'None' || name === 'nil' || name === 'NULL') return 'write null';
  if (name === 'github')
    return 'there is no server here: a value from outside comes in as env.NAME, or as a parameter';
  if (Object.hasOwn(OTHER_ROOTS, name)) return `here it is called ${OTHER_ROOTS[name]}`;
  const near = nearest(name, [...ROOT_NAMES, ...functionNames()]);
  if (near !== null)
    return functionNamed(near) === null ? `did you mean ${near}?` : `did you mean ${near}(…)?`;
  return `a parameter is params.${name}, a variable env.${name}, a text stands in quotes`;
}
