/** One rule of a Snakefile as a task: its shell command, what it reads and writes, its matrix of wildcards. */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import {
  type CommandPiece,
  commandText,
  literalPath,
  literalText,
  plainCommand,
  projectPath,
  textOf,
} from '../orch-text.ts';
import { isMap, memberText } from '../plain-data.ts';
import { isSymbol } from '../python/paths.ts';
import type { Token } from '../python/tokens.ts';
import type { StarterPath, StarterPaths, StarterTask } from '../starter.ts';
import { matrixOf, type Wildcards } from './jobs.ts';
import type { SnakeRule } from './read-snakefile.ts';
import { type Argument, argumentValues, type Flagged, type SnakeValue, type ValueScope } from './values.ts';
import { partsOf } from './wildcards.ts';

export interface RuleFile {
  readonly name: string | null;
  readonly pattern: string;
  readonly flags: readonly string[];
  /** One of several of its name. */
  readonly isListed: boolean;
}

export interface RuleDraft {
  readonly rule: SnakeRule;
  readonly inputs: readonly RuleFile[];
  readonly outputs: readonly RuleFile[];
}

/** `input` or `output` as files; fails where only running Python would tell. */
export function filesOf(
  tokens: readonly Token[] | undefined,
  scope: ValueScope,
): Outcome<readonly RuleFile[], string> {
  if (tokens === undefined) return ok([]);
  const args = argumentValues(tokens, scope);
  if (!args.ok) return args;
  const files: RuleFile[] = [];
  for (const { name, value } of args.value) {
    const flat = flatten(value, []);
    if (flat === null) return fail('a path that is no text');
    const isListed = Array.isArray(unflagged(value));
    for (const { pattern, flags } of flat) files.push({ name, pattern, flags, isListed });
  }
  return ok(files);
}

function isFlagged(value: SnakeValue): value is Flagged {
  return isMap(value) && Array.isArray((value as Partial<Flagged>).flags);
}

function unflagged(value: SnakeValue): SnakeValue {
  return isFlagged(value) ? unflagged(value.value) : value;
}

function flatten(
  value: SnakeValue,
  flags: readonly string[],
): readonly { readonly pattern: string; readonly flags: readonly string[] }[] | null {
  if (typeof value === 'string') return [{ pattern: value.replace(/^(\.\/+)+/, ''), flags }];
  if (isFlagged(value)) return flatten(value.value, [...flags, ...value.flags]);
  if (!Array.isArray(value)) return null;
  const lists = (value as readonly SnakeValue[]).map((each) => flatten(each, flags));
  return lists.some((list) => list === null) ? null : lists.flatMap((list) => list!);
}

export interface RuleSurroundings {
  readonly scope: ValueScope;
  /** Of wildcards, one for each job; at least one. */
  readonly jobs: readonly Wildcards[];
  readonly usedConfig: (keys: readonly string[]) => void;
  readonly root: string;
}

export function ruleTask(
  { rule, inputs, outputs }: RuleDraft,
  around: RuleSurroundings,
): Outcome<StarterTask, string> {
  const { scope, jobs, root } = around;
  const { directives } = rule;
  const foreign = ['script', 'run', 'notebook', 'wrapper', 'cwl', 'template_engine'].find((name) =>
    directives.has(name),
  );
  if (foreign !== undefined) return fail(`${foreign}: needs Snakemake`);
  const [only] = jobs;
  const isMatrix = jobs.length > 1;
  /** A wildcard as a placeholder, or, of a rule with one job, as its value. */
  const wildcard = (name: string): CommandPiece => {
    const plain = only?.[name] ?? '';
    return isMatrix ? { expression: `matrix.${name}`, isList: false, plain } : plain;
  };
  const piecesOf = (pattern: string) =>
    partsOf(pattern).map((part) => (typeof part === 'string' ? part : wildcard(part.wildcard)));
  const pathOf = ({ pattern, flags }: RuleFile): StarterPath => {
    const pieces = piecesOf(pattern);
    const path = pieces
      .map((piece) => (typeof piece === 'string' ? literalPath(piece) : `\${{ ${piece.expression} }}`))
      .join('');
    const isOutside = !projectPath(textOf(pieces), root).ok;
    const folder = flags.includes('directory') && !path.endsWith('/') ? '/' : '';
    return { path: path + folder, ...(isOutside ? { external: true as const } : {}) };
  };

  const shell = directives.get('shell');
  const text = shell === undefined ? null : argumentValues(shell, scope);
  if (text?.ok === false) return text;
  const command = text?.value[0]?.value;
  if (typeof command !== 'string') return fail('a shell command that is no text');
  const params = paramPieces(directives.get('params'), around, piecesOf);
  if (!params.ok) return params;
  const logs = filesOf(directives.get('log'), scope);
  if (!logs.ok) return logs;
  const cpu = threadsOf(directives.get('threads'), scope);
  const filled = formatShell(command, {
    input: placeholders('inputs', inputs, piecesOf),
    output: placeholders('outputs', outputs, piecesOf),
    log: logs.value.map(({ name, pattern }) => ({ name, pieces: piecesOf(pattern) })),
    params: params.value,
    wildcard,
    cpu,
    around,
  });
  if (!filled.ok) return filled;
  const touched = outputs.filter(({ flags }) => flags.includes('touch'));
  const folders = logs.value
    .map(({ pattern }) => pattern.slice(0, pattern.lastIndexOf('/')))
    .filter((folder) => folder !== '');
  const pieces: CommandPiece[] = [
    ...[...new Set(folders)].flatMap((folder) => ['mkdir -p ', ...piecesOf(folder), '\n']),
    ...filled.value,
    ...touched.flatMap(({ pattern }) => ['\ntouch ', ...piecesOf(pattern)]),
  ];
  const retries = directives.get('retries')?.[0];
  return ok({
    name: rule.name,
    ...(isMatrix ? { matrix: matrixOf(jobs) } : {}),
    run: commandText(pieces),
    ...(isMatrix ? {} : { plainRun: plainCommand(pieces) }),
    inputs: named(inputs, pathOf),
    outputs: named(outputs, pathOf),
    ...(cpu === null ? {} : { cpu }),
    ...(retries?.kind === 'number' ? { retries: Number(retries.text) } : {}),
    ...(outputs.length === 0 ? { cache: false } : {}),
  });
}

/** A map where something has a name, as in the rule. */
function named(files: readonly RuleFile[], pathOf: (file: RuleFile) => StarterPath): StarterPaths {
  if (files.every(({ name }) => name === null)) return files.map(pathOf);
  const map: Record<string, StarterPath | StarterPath[]> = {};
  for (const file of files) {
    const name = file.name ?? 'files';
    const before = map[name];
    const path = pathOf(file);
    if (before !== undefined) map[name] = [before, path].flat();
    else map[name] = file.isListed ? [path] : path;
  }
  return map;
}

interface Named {
  readonly name: string | null;
  readonly pieces: readonly CommandPiece[];
}

/** How each file is called in expressions. */
function placeholders(
  kind: 'inputs' | 'outputs',
  files: readonly RuleFile[],
  piecesOf: (pattern: string) => readonly CommandPiece[],
): readonly Named[] {
  const hasNames = files.some(({ name }) => name !== null);
  const seen = new Map<string, number>();
  return files.map(({ name, pattern, isListed }, index) => {
    const key = name ?? 'files';
    const at = seen.get(key) ?? 0;
    seen.set(key, at + 1);
    const isAlone = !isListed && files.filter((file) => (file.name ?? 'files') === key).length === 1;
    const expression = hasNames ? `${kind}.${key}${isAlone ? '' : `[${at}]`}` : `${kind}[${index}]`;
    return { name, pieces: [{ expression, isList: false, plain: textOf(piecesOf(pattern)) }] };
  });
}

function paramPieces(
  tokens: readonly Token[] | undefined,
  { scope, usedConfig }: RuleSurroundings,
  piecesOf: (pattern: string) => readonly CommandPiece[],
): Outcome<readonly Named[], string> {
  if (tokens === undefined) return ok([]);
  const args = argumentValues(tokens, scope);
  if (!args.ok) return fail(`params: ${args.error}`);
  return ok(
    args.value.map(({ name, value }: Argument): Named => {
      const at =
        name === null
          ? 0
          : tokens.findIndex((token, index) => token.text === name && isSymbol(tokens[index + 1], '=')) + 2;
      const keys = configKeys(tokens, at);
      if (keys !== null && typeof value !== 'object') {
        usedConfig(keys);
        const expression = `params${keys.map(memberText).join('')}`;
        return { name, pieces: [{ expression, isList: false, plain: String(value) }] };
      }
      const list = Array.isArray(value) ? value.map(String).join(' ') : String(value ?? '');
      return { name, pieces: piecesOf(list) };
    }),
  );
}

/** `config["a"]["b"]` and nothing more. */
function configKeys(tokens: readonly Token[], start: number): readonly string[] | null {
  if (tokens[start]?.text !== 'config') return null;
  const keys: string[] = [];
  let at = start + 1;
  for (; isSymbol(tokens[at], '['); at += 3) keys.push(tokens[at + 1]?.text ?? '');
  const isWhole = tokens[at] === undefined || isSymbol(tokens[at], ',');
  return isWhole && keys.length > 0 && /^[A-Za-z_]\w*$/.test(keys[0]!) ? keys : null;
}

function threadsOf(tokens: readonly Token[] | undefined, scope: ValueScope): number | null {
  const args = tokens === undefined ? null : argumentValues(tokens, scope);
  const value = args?.ok === true ? args.value[0]?.value : null;
  return typeof value === 'number' && value > 1 ? value : null;
}

interface ShellNames {
  readonly input: readonly Named[];
  readonly output: readonly Named[];
  readonly log: readonly Named[];
  readonly params: readonly Named[];
  readonly wildcard: (name: string) => CommandPiece;
  readonly cpu: number | null;
  readonly around: RuleSurroundings;
}

/** Python's format string: `{input.x}`, `{wildcards.y}`, `{{` for `{`. */
function formatShell(command: string, names: ShellNames): Outcome<readonly CommandPiece[], string> {
  const pieces: CommandPiece[] = [];
  let at = 0;
  for (const match of command.matchAll(/\{\{|\}\}|\{([^{}]*)\}/g)) {
    pieces.push(command.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] === undefined) pieces.push(match[0][0]!);
    else {
      const value = shellValue(match[1].replace(/:q$/, '').trim(), names);
      if (value === null) return fail(`{${match[1]}} in its shell command`);
      pieces.push(...value);
    }
  }
  pieces.push(command.slice(at));
  return ok(trimmed(pieces.filter((piece) => piece !== '')));
}

function shellValue(text: string, names: ShellNames): readonly CommandPiece[] | null {
  const [head = '', ...keys] = text.split(/[.[\]]/).filter((key) => key !== '');
  switch (head) {
    case 'input':
    case 'output':
    case 'log':
    case 'params': {
      const all = names[head];
      const [key, index] = keys;
      const chosen =
        key === undefined
          ? all
          : /^\d+$/.test(key)
            ? all.slice(Number(key), Number(key) + 1)
            : all.filter(({ name }) => name === key);
      const wanted = index === undefined ? chosen : chosen.slice(Number(index), Number(index) + 1);
      if (wanted.length === 0 && key !== undefined) return null;
      const list = wanted.length > 1 ? wholeList(head, key, all, wanted) : null;
      if (list !== null) return [list];
      return wanted.flatMap(({ pieces }, at) => [...(at > 0 ? [' '] : []), ...pieces]);
    }
    case 'wildcards':
      return keys.length === 1 ? [names.wildcard(keys[0]!)] : null;
    case 'threads':
      return names.cpu === null
        ? ['1']
        : [{ expression: 'resources.cpu', isList: false, plain: String(names.cpu) }];
    case 'config': {
      const { scope, usedConfig } = names.around;
      let value: unknown = scope.config;
      for (const key of keys) value = isMap(value) ? value[key.replace(/^["']|["']$/g, '')] : undefined;
      if (typeof value !== 'string' && typeof value !== 'number') return null;
      usedConfig(keys);
      return [{ expression: `params${keys.map(memberText).join('')}`, isList: false, plain: String(value) }];
    }
    default: {
      const value = keys.length === 0 ? names.around.scope.names.get(head) : undefined;
      return typeof value === 'string' || typeof value === 'number' ? [literalText(String(value))] : null;
    }
  }
}

/** All inputs, or all of one name, as one placeholder; null where no name of orch's means just these. */
function wholeList(
  head: string,
  key: string | undefined,
  all: readonly Named[],
  wanted: readonly Named[],
): CommandPiece | null {
  if (head !== 'input' && head !== 'output') return null;
  const hasNames = all.some(({ name }) => name !== null);
  const isWhole =
    key === undefined ? !hasNames : wanted.length === all.filter(({ name }) => name === key).length;
  if (!isWhole || (key !== undefined && /^\d+$/.test(key))) return null;
  const plain = wanted.map(({ pieces }) => textOf(pieces)).join(' ');
  return { expression: `${head}s${key === undefined ? '' : `.${key}`}`, isList: true, plain };
}

/** Without the indentation and blank lines of a text in triple quotes. */
function trimmed(pieces: readonly CommandPiece[]): readonly CommandPiece[] {
  const text = pieces.filter((piece) => typeof piece === 'string').join('');
  const indents = [...text.matchAll(/\n([ \t]*)(?=\S)/g)].map((match) => match[1]!.length);
  const indent = indents.length === 0 ? 0 : Math.min(...indents);
  const last = pieces.length - 1;
  return pieces
    .map((piece, at) => {
      if (typeof piece !== 'string') return piece;
      const flush = piece.replace(new RegExp(`\\n[ \\t]{0,${indent}}`, 'g'), '\n');
      const start = at === 0 ? flush.trimStart() : flush;
      return at === last ? start.trimEnd() : start;
    })
    .filter((piece) => piece !== '');
}
