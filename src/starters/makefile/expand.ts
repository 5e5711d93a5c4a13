/**
 * Expands references in a makefile's texts. A recipe becomes pieces: text, and values that orch knows by a name of
 * its own (outputs, inputs, parameters). What make would have to run or to generate is refused, with the reason.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import { type CommandPiece, textOf } from '../orch-text.ts';
import { dirOf, patsubst, TEXT_FUNCTIONS } from './functions.ts';
import { endOfReference, splitArguments, wordsOf } from './logical-lines.ts';

export interface MakeVariable {
  /** Unexpanded unless simple. */
  readonly value: string;
  readonly isSimple: boolean;
}

/** How names are answered. Text for a plain value; pieces where a placeholder may stand. */
export interface Names {
  variable(name: string): MakeVariable | null;
  /** In a recipe: what stands for a variable as a whole, instead of its text. */
  known?(name: string): CommandPiece | null;
  /** In a recipe: `@`, `<`, `^`… */
  automatic?(name: string): { readonly piece: CommandPiece; readonly words: readonly string[] } | null;
  /** A name that nothing defines. */
  undefined(name: string): CommandPiece;
  /** What `$(shell …)` becomes. */
  shell(command: readonly CommandPiece[]): Outcome<readonly CommandPiece[], string>;
  /** Files that `$(wildcard …)` matches. */
  match(pattern: string): readonly string[];
}

/** Deep enough for every makefile that ends. */
const MOST_DEPTH = 50;

export function expandPieces(
  text: string,
  names: Names,
  depth = 0,
): Outcome<readonly CommandPiece[], string> {
  if (depth > MOST_DEPTH) return fail('a variable that refers to itself');
  const pieces: CommandPiece[] = [];
  let at = 0;
  for (let dollar = text.indexOf('$'); dollar !== -1; dollar = text.indexOf('$', at)) {
    pieces.push(text.slice(at, dollar));
    at = endOfReference(text, dollar);
    const inner = text.slice(dollar + 1, at);
    if (inner === '$') {
      pieces.push('$');
      continue;
    }
    const isBracketed = /^[({]/.test(inner);
    const expanded = reference(isBracketed ? inner.slice(1, -1) : inner, names, depth + 1);
    if (!expanded.ok) return expanded;
    pieces.push(...expanded.value);
  }
  pieces.push(text.slice(at));
  return ok(joined(pieces));
}

/** Everything as text. */
export function expandText(text: string, names: Names, depth = 0): Outcome<string, string> {
  const pieces = expandPieces(text, names, depth);
  return pieces.ok ? ok(textOf(pieces.value)) : pieces;
}

function joined(pieces: readonly CommandPiece[]): readonly CommandPiece[] {
  const found: CommandPiece[] = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') found[found.length - 1] = last + piece;
    else if (piece !== '') found.push(piece);
  }
  return found;
}

function reference(inner: string, names: Names, depth: number): Outcome<readonly CommandPiece[], string> {
  const call = /^([a-z-]+)[ \t]+([\s\S]*)$/.exec(inner);
  if (call !== null && (Object.hasOwn(TEXT_FUNCTIONS, call[1]!) || SPECIAL.has(call[1]!)))
    return callFunction(call[1]!, call[2]!, names, depth);
  const named = expandText(inner, names, depth);
  if (!named.ok) return named;
  const substitution = /^([^:]+):([^=]*)=(.*)$/s.exec(named.value);
  if (substitution !== null) {
    const [, name = '', from = '', to = ''] = substitution;
    const value = valueText(name.trim(), names, depth);
    if (!value.ok) return value;
    const [a, b] = from.includes('%') ? [from, to] : [`%${from}`, `%${to}`];
    return ok([
      wordsOf(value.value)
        .map((word) => patsubst(a, b, word))
        .join(' '),
    ]);
  }
  return lookUp(named.value.trim(), names, depth);
}

function lookUp(name: string, names: Names, depth: number): Outcome<readonly CommandPiece[], string> {
  const automatic = automaticOf(name, names);
  if (automatic !== null) return ok([automatic]);
  const known = names.known?.(name) ?? null;
  if (known !== null) return ok([known]);
  const variable = names.variable(name);
  if (variable === null) return ok([names.undefined(name)]);
  return variable.isSimple ? ok([variable.value]) : expandPieces(variable.value, names, depth);
}

/** `@`, `(@D)`, `(@F)` and the others. */
function automaticOf(name: string, names: Names): CommandPiece | null {
  const match = /^([@<^+?*%|])([DF]?)$/.exec(name);
  if (match === null || names.automatic === undefined) return null;
  const found = names.automatic(match[1]!);
  if (found === null) return null;
  if (match[2] === '') return found.piece;
  const isFolder = match[2] === 'D';
  const plain = found.words
    .map((word) => (isFolder ? dirOf(word).replace(/(?<=.)\/$/, '') : word.slice(word.lastIndexOf('/') + 1)))
    .join(' ');
  if (typeof found.piece === 'string' || found.piece.isList) return plain;
  return {
    expression: `${isFolder ? 'dirname' : 'basename'}(${found.piece.expression})`,
    isList: false,
    plain,
  };
}

function valueText(name: string, names: Names, depth: number): Outcome<string, string> {
  const pieces = lookUp(name, names, depth);
  return pieces.ok ? ok(textOf(pieces.value)) : pieces;
}

const SPECIAL = new Set([
  ...['if', 'or', 'and', 'foreach', 'call', 'shell'],
  ...[
    'eval',
    'value',
    'origin',
    'flavor',
    'error',
    'warning',
    'info',
    'file',
    'guile',
    'abspath',
    'realpath',
    'let',
  ],
]);

function callFunction(
  fn: string,
  text: string,
  names: Names,
  depth: number,
): Outcome<readonly CommandPiece[], string> {
  const plain = (part: string) => expandText(part, names, depth);
  const textFunction = Object.hasOwn(TEXT_FUNCTIONS, fn) ? TEXT_FUNCTIONS[fn] : undefined;
  if (textFunction !== undefined) {
    const args: string[] = [];
    for (const part of splitArguments(text, textFunction.parameters)) {
      const value = plain(part);
      if (!value.ok) return value;
      args.push(value.value);
    }
    return ok([textFunction.apply(args, names.match)]);
  }
  switch (fn) {
    case 'shell': {
      const command = expandPieces(text, names, depth);
      return command.ok ? names.shell(command.value) : command;
    }
    case 'if': {
      const [test = '', then = '', otherwise = ''] = splitArguments(text, 3);
      const holds = plain(test.trim());
      if (!holds.ok) return holds;
      return expandPieces(holds.value === '' ? otherwise : then, names, depth);
    }
    case 'or':
    case 'and': {
      let last = '';
      for (const part of splitArguments(text, Number.POSITIVE_INFINITY)) {
        const value = plain(part.trim());
        if (!value.ok) return value;
        last = value.value;
        if ((last !== '') === (fn === 'or')) break;
      }
      return ok([last]);
    }
    case 'foreach': {
      const [name = '', list = '', body = ''] = splitArguments(text, 3);
      const words = plain(list);
      if (!words.ok) return words;
      const found: string[] = [];
      for (const word of wordsOf(words.value)) {
        const value = expandText(body, withVariables(names, { [name.trim()]: word }), depth);
        if (!value.ok) return value;
        found.push(value.value);
      }
      return ok([found.join(' ')]);
    }
    case 'call': {
      const parts = splitArguments(text, Number.POSITIVE_INFINITY);
      const args: Record<string, string> = {};
      for (const [index, part] of parts.entries()) {
        const value = plain(part);
        if (!value.ok) return value;
        args[String(index)] = index === 0 ? value.value.trim() : value.value;
      }
      const body = names.variable(args['0']!);
      if (body === null) return fail(`$(call ${args['0']}): nothing of that name is defined`);
      return expandPieces(body.value, withVariables(names, args), depth);
    }
    default:
      return fail(`$(${fn} …) is not carried out`);
  }
}

function withVariables(names: Names, values: Readonly<Record<string, string>>): Names {
  return {
    ...names,
    known: (name) => (Object.hasOwn(values, name) ? values[name]! : (names.known?.(name) ?? null)),
  };
}
