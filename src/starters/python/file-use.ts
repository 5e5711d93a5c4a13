/**
 * Guesses from the text of a Python script which files it reads and writes: calls of known functions with paths
 * that are literals. What it can't tell is said, so that nobody takes a guess for knowledge. Executes nothing.
 */
import { posix } from 'node:path';
import { argumentsOf, isSymbol, type PathScope, pathValue, readOperand } from './paths.ts';
import { type Token, tokensOf } from './tokens.ts';

export interface FileUse {
  /** As written, relative to where the script runs; globs are orch's. */
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
  /** `line 12: read_csv(…)`: a file whose path only running it would tell. */
  readonly unknown: readonly string[];
  /** Names of modules, relative ones with their dots. */
  readonly imports: ReadonlySet<string>;
}

/** Functions and methods by name, with the number of the argument that is a path. */
const READS = byName(
  'read_csv read_parquet read_json read_excel read_table read_pickle read_feather read_hdf read_fwf read_orc read_stata read_spss read_sas read_xml read_ipc read_ndjson read_file scan_csv scan_parquet scan_ndjson scan_ipc loadtxt genfromtxt fromfile imread listdir scandir',
);
const WRITES = byName(
  'to_csv to_parquet to_json to_excel to_pickle to_feather to_hdf to_file to_html to_latex to_markdown to_stata to_orc write_csv write_parquet write_json write_ipc write_excel write_ndjson write_html write_image savefig savetxt savez savez_compressed save_model imwrite imsave tofile sink_csv sink_parquet',
);
/** `joblib.load`: only of these modules. */
const MODULE_READS: Readonly<Record<string, readonly string[]>> = {
  load: ['np', 'numpy', 'joblib', 'torch'],
  copy: ['shutil'],
  copyfile: ['shutil'],
  copy2: ['shutil'],
  glob: ['glob'],
  iglob: ['glob'],
};
const MODULE_WRITES: Readonly<Record<string, { readonly modules: readonly string[]; readonly at: number }>> =
  {
    save: { modules: ['np', 'numpy'], at: 0 },
    dump: { modules: ['joblib'], at: 1 },
    copy: { modules: ['shutil'], at: 1 },
    copyfile: { modules: ['shutil'], at: 1 },
    copy2: { modules: ['shutil'], at: 1 },
    urlretrieve: { modules: ['request', 'urllib'], at: 1 },
  };
const OPENERS = new Set(['gzip', 'bz2', 'lzma', 'io', 'codecs']);
/** They may read and write anything. */
const OPAQUE: Readonly<Record<string, readonly string[]>> = {
  run: ['subprocess'],
  call: ['subprocess'],
  check_call: ['subprocess'],
  check_output: ['subprocess'],
  Popen: ['subprocess'],
  system: ['os'],
  connect: ['sqlite3', 'duckdb'],
  read_sql: ['pd', 'pandas'],
  create_engine: ['sqlalchemy', ''],
};

function byName(names: string): ReadonlySet<string> {
  return new Set(names.split(' '));
}

/** `file`: the script's path as it is called, for `__file__`. */
export function fileUse(text: string, file: string): FileUse {
  const tokens = tokensOf(text);
  const scope: PathScope = { constants: constantsOf(tokens, file), file };
  const reads = new Set<string>();
  const writes = new Set<string>();
  const unknown = new Set<string>();
  const add = (to: Set<string>, tokensOfPath: readonly Token[] | undefined, token: Token): void => {
    const path = tokensOfPath === undefined ? null : pathValue(tokensOfPath, scope);
    addPath(to, path, token);
  };
  const addPath = (to: Set<string>, path: string | null, { text: name, line }: Token): void => {
    if (path === null) unknown.add(`line ${line}: ${name}(…)`);
    else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) unknown.add(`line ${line}: ${path}`);
    else if (path !== '') to.add(posix.normalize(path));
  };

  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.kind !== 'name' || !isSymbol(tokens[at + 1], '(')) continue;
    const isMethod = isSymbol(tokens[at - 1], '.');
    const owner = isMethod && tokens[at - 2]?.kind === 'name' ? tokens[at - 2]!.text : '';
    if (['def', 'class'].includes(tokens[at - 1]?.text ?? '')) continue;
    const args = argumentsOf(tokens, at + 1);
    if (args === null) continue;
    const positional = args.list.filter((arg) => !isSymbol(arg[1], '='));
    const keyword = (name: string) =>
      args.list.find((arg) => arg[0]?.text === name && isSymbol(arg[1], '='))?.slice(2);
    const pathArgument = (index: number) =>
      positional[index] ?? keyword('path') ?? keyword('path_or_buf') ?? keyword('fname') ?? keyword('file');
    const name = token.text;
    const base = isMethod ? receiver(tokens, at - 1, scope) : null;

    if (OPAQUE[name]?.includes(owner))
      unknown.add(`line ${token.line}: ${owner}${owner === '' ? '' : '.'}${name}(…)`);
    else if (name === 'open' && (!isMethod || OPENERS.has(owner) || base !== null)) {
      const isPathMethod = base !== null && !OPENERS.has(owner);
      const mode = literal(positional[isPathMethod ? 0 : 1] ?? keyword('mode')) ?? 'r';
      const path = isPathMethod ? base : positional[0] === undefined ? null : pathValue(positional[0], scope);
      if (/[a+]/.test(mode)) unknown.add(`line ${token.line}: open(…, '${mode}') changes a file`);
      else addPath(/[wx]/.test(mode) ? writes : reads, path, token);
    } else if (['read_text', 'read_bytes', 'iterdir'].includes(name) && isMethod)
      addPath(reads, name === 'iterdir' && base !== null ? `${base}/` : base, token);
    else if (['write_text', 'write_bytes'].includes(name) && isMethod) addPath(writes, base, token);
    else if ((name === 'glob' || name === 'rglob') && isMethod && owner !== 'glob') {
      const pattern = literal(positional[0]);
      const within = name === 'rglob' ? `**/${pattern}` : pattern;
      addPath(reads, base === null || within === null ? null : posix.join(base, within), token);
    } else if (MODULE_READS[name]?.includes(owner)) add(reads, positional[0], token);
    else if (READS.has(name))
      add(reads, pathArgument(0) ?? keyword('filepath_or_buffer') ?? keyword('io'), token);
    else if (WRITES.has(name)) {
      // Without a path it returns a text.
      if (pathArgument(0) !== undefined) add(writes, pathArgument(0), token);
    } else if (name === 'save' && owner === 'torch') add(writes, positional[1], token);
    if (MODULE_WRITES[name]?.modules.includes(owner)) add(writes, positional[MODULE_WRITES[name].at], token);
  }
  return { reads, writes, unknown: [...unknown], imports: importsOf(tokens) };
}

/** `NAME = "data"` at the top of a file, if that is the only value it gets. */
function constantsOf(tokens: readonly Token[], file: string): ReadonlyMap<string, string> {
  const constants = new Map<string, string>();
  const assigned = new Map<string, number>();
  for (const [at, token] of tokens.entries())
    if (token.kind === 'name' && isSymbol(tokens[at + 1], '=') && !isSymbol(tokens[at + 2], '='))
      if (token.atStart) assigned.set(token.text, (assigned.get(token.text) ?? 0) + 1);
  for (const [at, token] of tokens.entries()) {
    const isOnly = token.kind === 'name' && token.atStart && assigned.get(token.text) === 1;
    if (!isOnly || !isSymbol(tokens[at + 1], '=')) continue;
    const { line } = token;
    const value = tokens.slice(at + 2);
    const end = value.findIndex((each) => each.line > line && each.atStart);
    const path = pathValue(end === -1 ? value : value.slice(0, end), { constants, file });
    if (path !== null) constants.set(token.text, path);
  }
  return constants;
}

/** The path before a `.method(`, where it is known: a constant, `Path("x")`, `(DATA / "x")`. */
function receiver(tokens: readonly Token[], dot: number, scope: PathScope): string | null {
  const last = tokens[dot - 1];
  if (last === undefined) return null;
  for (let start = dot - 1; start >= 0 && dot - start < 40; start--) {
    if (tokens[start]!.line !== last.line && tokens[start]!.atStart) break;
    const before = tokens[start - 1];
    if (isSymbol(before, '.') || isSymbol(before, '/')) continue;
    const read = readOperand(tokens, start, scope);
    if (read !== null && read.end === dot) return read.value;
  }
  return null;
}

function literal(tokens: readonly Token[] | undefined): string | null {
  const [only] = tokens ?? [];
  return tokens?.length === 1 && only?.kind === 'string' && !only.isFormat ? only.text : null;
}

function importsOf(tokens: readonly Token[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (let at = 0; at < tokens.length; at++) {
    const { kind, text, line } = tokens[at]!;
    const isFirst = at === 0 || tokens[at - 1]!.line !== line;
    if (kind !== 'name' || !isFirst || (text !== 'import' && text !== 'from')) continue;
    let name = '';
    for (at += 1; at < tokens.length && tokens[at]!.line === line; at++) {
      const word = tokens[at]!.text;
      if (word === ',' && text === 'import') {
        found.add(name);
        name = '';
      } else if (word === 'import') {
        // `from . import a, b`
        if (/^\.*$/.test(name))
          for (at += 1; at < tokens.length && tokens[at]!.line === line; at++)
            if (tokens[at]!.kind === 'name') found.add(`${name}${tokens[at]!.text}`);
        break;
      } else if (word === 'as') at += 1;
      else name += word;
    }
    if (!/^\.*$/.test(name)) found.add(name);
    at -= 1;
  }
  return found;
}
