/**
 * A rule's recipe as the command of a task: variables that are only used in recipes become parameters, `$@`, `$<`,
 * `$^` the task's outputs and inputs, `$(shell …)` what a shell does when the task runs.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { Folder } from '../folder.ts';
import { type CommandPiece, isPlainWords, textOf, type Value } from '../orch-text.ts';
import { type ShellLine, scriptOf } from '../shell-lines.ts';
import type { StarterParam } from '../starter.ts';
import { expandPieces, expandText, type Names } from './expand.ts';
import { DEFAULT_VARIABLES } from './facts.ts';
import { wordsOf } from './logical-lines.ts';
import { forShell, quotedForShell, textForShell } from './quoted-shell.ts';
import type { Makefile } from './read-makefile.ts';

/** Variables that hold any number of words, also where they have one at present. */
const MANY_WORDS = /(FLAGS|LIBS|LIBES|ARGS|OPTS|OPTIONS|INCLUDES|DEFS|DEFINES)$/;

export interface Recipes {
  /** Parameters that commands may mention. */
  readonly params: () => readonly StarterParam[];
  readonly command: (request: RecipeRequest) => Outcome<readonly CommandPiece[], string>;
}

export interface RecipeRequest {
  readonly recipe: readonly string[];
  readonly targets: readonly string[];
  /** Files and names, as make has them. */
  readonly prerequisites: readonly string[];
  readonly orderOnly: readonly string[];
  readonly stem: string | null;
  /** What stands for make's values in expressions; null where the text itself does. */
  readonly inputs: { readonly all: string; readonly first: string } | null;
  readonly output: string | null;
  readonly stemName: string | null;
  /** One of make's own rules: what isn't set is nothing. */
  readonly isBuiltIn: boolean;
}

export function createRecipes(makefile: Makefile, folder: Folder): Recipes {
  const params = new Map<string, StarterParam>();
  const isOneShell = makefile.special.has('.ONESHELL');

  const plainNames: Names = {
    variable(name) {
      const value = makefile.variables.get(name) ?? null;
      if (value !== null) return value;
      const standard = DEFAULT_VARIABLES[name];
      return standard === undefined ? null : { value: standard, isSimple: false };
    },
    undefined: () => '',
    shell: () => fail('$(shell …)'),
    match: (pattern) => folder.match(pattern),
  };

  /** The variable as a parameter, where its value is plain words and nothing in the graph hangs on it. */
  function paramFor(name: string): Value | null {
    const known = params.get(name);
    if (known !== undefined) return placeholderOf(known);
    const variable = makefile.variables.get(name);
    const isOurs =
      variable !== undefined && !makefile.structural.has(name) && !makefile.exported.includes(name);
    if (!isOurs || !/^[A-Za-z_]\w*$/.test(name) || name === 'SHELL') return null;
    const text = variable.isSimple ? ok(variable.value) : expandText(variable.value, plainNames);
    if (!text.ok || !isPlainWords(text.value.trim()) || /^[@+]/.test(text.value.trim())) return null;
    return addParam(name, wordsOf(text.value));
  }

  function addParam(name: string, words: readonly string[]): Value | null {
    // Their variables, ORCH_PARAM_NAME, would be the same.
    if ([...params.keys()].some((other) => other.toUpperCase() === name.toUpperCase())) return null;
    const isList = words.length !== 1 || MANY_WORDS.test(name);
    const only = words[0] ?? '';
    const value = isList ? words : String(Number(only)) === only ? Number(only) : only;
    const param = { name, value };
    params.set(name, param);
    return placeholderOf(param);
  }

  function placeholderOf({ name, value }: StarterParam): Value {
    const isList = Array.isArray(value);
    return { expression: `params.${name}`, isList, plain: isList ? value.join(' ') : String(value) };
  }

  function namesFor(request: RecipeRequest): Names {
    const { targets, prerequisites, orderOnly, stem, inputs, output, stemName, isBuiltIn } = request;
    const automatic: Record<string, { piece: CommandPiece; words: readonly string[] }> = {
      '@': one(output, targets[0]!),
      '<': one(inputs?.first ?? null, prerequisites[0] ?? ''),
      '^': many(inputs?.all ?? null, prerequisites),
      '+': many(inputs?.all ?? null, prerequisites),
      // What is newer than the target is nobody's business where content counts: all of them.
      '?': many(inputs?.all ?? null, prerequisites),
      '|': many(null, orderOnly),
      '*': one(stemName, stem ?? ''),
    };
    return {
      ...plainNames,
      known(name) {
        if (name === 'CURDIR' || (name === 'PWD' && !makefile.variables.has('PWD')))
          return textForShell('$PWD');
        return paramFor(name);
      },
      automatic: (name) => automatic[name] ?? null,
      undefined(name) {
        if (isBuiltIn) return '';
        if (MANY_WORDS.test(name)) return addParam(name, []) ?? '';
        // As make does: whatever the environment says.
        return /^[A-Za-z_]\w*$/.test(name) ? textForShell(`\${${name}}`) : '';
      },
      shell: (command) => ok(forShell(['$(', ...command, ')'])),
    };
  }

  return {
    params: () => [...params.values()],
    command(request) {
      const names = namesFor(request);
      const lines: ShellLine[] = [];
      for (const line of isOneShell ? [request.recipe.join('\n')] : request.recipe) {
        const pieces = expandPieces(line, names);
        if (!pieces.ok) return pieces;
        // A multi-line variable is as many lines.
        for (const each of splitLines(quotedForShell(pieces.value), isOneShell)) {
          const read = readLine(each, request.isBuiltIn);
          if (read !== null) lines.push(isOneShell ? { ...read, goesOn: false } : read);
        }
      }
      return ok(scriptOf(lines));
    },
  };
}

function one(expression: string | null, plain: string) {
  const piece: CommandPiece = expression === null ? plain : { expression, isList: false, plain };
  return { piece, words: plain === '' ? [] : [plain] };
}

function many(expression: string | null, words: readonly string[]) {
  const plain = words.join(' ');
  const piece: CommandPiece = expression === null ? plain : { expression, isList: true, plain };
  return { piece, words };
}

/** At line breaks without a backslash before them. */
function splitLines(pieces: readonly CommandPiece[], isWhole: boolean): readonly (readonly CommandPiece[])[] {
  if (isWhole) return [pieces];
  const lines: CommandPiece[][] = [[]];
  for (const piece of pieces) {
    const parts = typeof piece === 'string' ? piece.split(/(?<!\\)\n/) : [piece];
    for (const [index, part] of parts.entries()) {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)!.push(part);
    }
  }
  return lines;
}

/** Takes `@`, `-` and `+` off; null for a line that does nothing. */
function readLine(pieces: readonly CommandPiece[], isBuiltIn: boolean): ShellLine | null {
  const [first, ...others] = pieces;
  const prefix = typeof first === 'string' ? /^[\s@+-]*/.exec(first)![0] : '';
  const rest = typeof first === 'string' ? [first.slice(prefix.length), ...others] : pieces;
  const last = rest.at(-1);
  const trimmed = typeof last === 'string' ? [...rest.slice(0, -1), last.trimEnd()] : rest;
  const tidy = isBuiltIn
    ? trimmed.map((piece) => (typeof piece === 'string' ? piece.replace(/ {2,}/g, ' ') : piece))
    : trimmed;
  const text = textOf(tidy).trim();
  if (text === '' || text.startsWith('#') || text === ':') return null;
  return { pieces: tidy.filter((piece) => piece !== ''), mayFail: prefix.includes('-'), goesOn: true };
}
