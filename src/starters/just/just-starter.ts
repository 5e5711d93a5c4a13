/**
 * A justfile as a pipeline: recipes are tasks that always run, dependencies are needs, variables and parameters with
 * a default are parameters. Reads the folder, runs nothing of it.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { Folder } from '../folder.ts';
import { type CommandPiece, commandText, isPlainWords, plainCommand, textOf } from '../orch-text.ts';
import { shellForPipes } from '../pipes.ts';
import { type ShellLine, scriptOf } from '../shell-lines.ts';
import {
  type Note,
  pipelineName,
  type Starter,
  type StarterParam,
  type StarterTask,
  taskNamer,
} from '../starter.ts';
import { type Justfile, type JustRecipe, readJustfile } from './read-justfile.ts';

export function justStarter(folder: Folder, file: string): Starter {
  const justfile = readJustfile(folder.read(file) ?? '');
  const notes: Note[] = justfile.others.map(({ line, text }) => ({ at: `${file}:${line}`, text }));
  const params = new Map<string, StarterParam>();
  const namer = taskNamer();
  const names = new Map(justfile.recipes.map(({ name }) => [name, namer(name)]));
  for (const [name] of justfile.settings)
    if (
      !['shell', 'export', 'quiet', 'positional-arguments', 'windows-shell', 'ignore-comments'].includes(name)
    )
      notes.push({ at: file, text: `set ${name}` });
  const shell = shellOf(justfile);
  const tasks = justfile.recipes.flatMap((recipe): StarterTask[] => {
    const note = (text: string) =>
      notes.push({ at: `${file}:${recipe.line}`, text: `recipe ${recipe.name}: ${text}` });
    const task = taskOf(recipe, { justfile, params, names, note });
    if (task.ok) return [task.value];
    note(task.error);
    return [];
  });
  const env = exportedOf(justfile, params);
  const mentioned = JSON.stringify([tasks, env]);
  const first =
    tasks.find(({ name }) => name === 'default') ??
    tasks.find(({ name }) => name === names.get(justfile.recipes[0]?.name ?? ''));
  return {
    kind: 'justfile',
    from: file,
    name: pipelineName(folder.root),
    default: first === undefined ? [] : [first.name],
    lessons: [
      'A recipe always runs (`cache: false`), as under just. Give it `inputs` and `outputs` instead, and it runs only when needed.',
      '`just build x=1` is `orch run build --x 1`; needs of a task run side by side where they have no needs themselves.',
    ],
    params: [...params.values()].filter(({ name }) => mentioned.includes(`params.${name}`)),
    ...(Object.keys(env).length > 0 ? { env } : {}),
    shell,
    tasks,
    notes,
  };
}

interface Place {
  readonly justfile: Justfile;
  readonly params: Map<string, StarterParam>;
  readonly names: ReadonlyMap<string, string>;
  readonly note: (text: string) => void;
}

function taskOf(recipe: JustRecipe, place: Place): Outcome<StarterTask, string> {
  const { names, note } = place;
  const required = recipe.parameters.find(({ value }) => value === null);
  if (required !== undefined) return fail(`it needs the argument ${required.name}`);
  if (recipe.subsequents.length > 0) note(`what comes after it (${recipe.subsequents.join(' ')})`);
  const needs = recipe.dependencies.flatMap((name) => {
    const needed = names.get(name);
    if (needed === undefined) note(`the dependency ${name}`);
    return needed ?? [];
  });
  const common = {
    name: names.get(recipe.name)!,
    ...(recipe.description === null ? {} : { description: recipe.description }),
    ...(needs.length > 0 ? { needs } : {}),
    ...(recipe.groups.length > 0 ? { labels: recipe.groups } : {}),
  };
  const [first = ''] = recipe.body;
  const shebang = /^#!\s*(?:\/usr\/bin\/env\s+(?:-S\s+)?)?(\S+)(.*)$/.exec(first);
  if (shebang !== null) {
    const text = piecesOf(recipe.body.slice(1).join('\n'), recipe, place);
    if (!text.ok) return text;
    const words = shebang[2]!.split(/\s+/).filter((word) => word !== '');
    return ok({
      ...common,
      shell: [shebang[1]!.replace(/^\/(usr\/)?bin\//, ''), ...words, '-c'],
      run: plainCommand(text.value),
      cache: false,
    });
  }
  const lines: ShellLine[] = [];
  for (const line of joined(recipe.body)) {
    const stripped = line.trim().replace(/^[@-]+/, '');
    if (stripped === '' || stripped.startsWith('#')) continue;
    if (/^just(\s|$)/.test(stripped)) return fail(`it calls just itself: ${stripped}`);
    const pieces = piecesOf(stripped, recipe, place);
    if (!pieces.ok) return pieces;
    const last = pieces.value.at(-1);
    const trimmed = typeof last === 'string' ? [...pieces.value.slice(0, -1), last.trimEnd()] : pieces.value;
    lines.push({ pieces: trimmed, mayFail: /^@?-/.test(line.trim()), goesOn: true });
  }
  const script = scriptOf(lines);
  const run = commandText(script);
  if (run === '' && needs.length > 0) return ok(common);
  const { comments = [] } = shellForPipes(run);
  const isPiped = comments.length > 0;
  return ok({
    ...common,
    ...(isPiped && !place.justfile.settings.has('shell') ? { shell: ['bash', '-eu', '-c'] } : {}),
    run: run || ':',
    plainRun: plainCommand(script) || ':',
    cache: false,
  });
}

/** Lines that end in a backslash go together. */
function joined(body: readonly string[]): readonly string[] {
  return body.join('\n').split(/(?<!\\)\n/);
}

/** `{{ }}` filled in, `{{{{` for `{{`. */
function piecesOf(
  text: string,
  recipe: JustRecipe | null,
  place: Pick<Place, 'justfile' | 'params'>,
): Outcome<readonly CommandPiece[], string> {
  const pieces: CommandPiece[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{\{\{\{|\{\{(.*?)\}\}/gs)) {
    pieces.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] === undefined) pieces.push('{{');
    else {
      const value = expression(match[1].trim(), recipe, place, 0);
      if (!value.ok) return value;
      pieces.push(...value.value);
    }
  }
  pieces.push(text.slice(at));
  return ok(pieces.filter((piece) => piece !== ''));
}

/** Texts, names, backticks, `env('X')`, `+` and `/` between them. */
function expression(
  text: string,
  recipe: JustRecipe | null,
  place: Pick<Place, 'justfile' | 'params'>,
  depth: number,
): Outcome<readonly CommandPiece[], string> {
  if (depth > 20) return fail('a variable that refers to itself');
  const operator = /^((?:'[^']*'|"(?:[^"\\]|\\.)*"|`[^`]*`|[\w-]+(?:\([^()]*\))?))\s*([+/])\s*(.+)$/s.exec(
    text,
  );
  if (operator !== null) {
    const left = expression(operator[1]!, recipe, place, depth + 1);
    const right = expression(operator[3]!, recipe, place, depth + 1);
    if (!left.ok) return left;
    if (!right.ok) return right;
    return ok([...left.value, ...(operator[2] === '/' ? ['/'] : []), ...right.value]);
  }
  const quoted = /^'([^']*)'$|^"((?:[^"\\]|\\.)*)"$/s.exec(text);
  if (quoted !== null)
    return ok([quoted[1] ?? quoted[2]!.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))]);
  const command = /^`([^`]*)`$/.exec(text);
  if (command !== null) return ok(['$(', command[1]!, ')']);
  const env = /^env(?:_var(?:_or_default)?)?\(\s*['"](\w+)['"]\s*(?:,\s*['"]([^'"]*)['"]\s*)?\)$/.exec(text);
  if (env !== null) return ok([env[2] === undefined ? `\${${env[1]}}` : `\${${env[1]}:-${env[2]}}`]);
  if (/^(justfile_directory|invocation_directory)\(\)$/.test(text)) return ok(['.']);
  if (!/^[A-Za-z_][\w-]*$/.test(text)) return fail(`{{${text}}}`);
  const parameter = recipe?.parameters.find(({ name }) => name === text);
  const written = parameter?.value ?? place.justfile.variables.get(text);
  if (written === undefined || written === null) return fail(`{{${text}}}`);
  const value = expression(written, null, place, depth + 1);
  if (!value.ok) return value;
  // Words that are given behind `--` are appended by orch.
  if (parameter?.isMany === true) return ok([textOf(value.value)]);
  return ok([asParam(text, value.value, place.params)]);
}

/** A parameter of orch where the value is plain and no other recipe means another by the name. */
function asParam(
  name: string,
  pieces: readonly CommandPiece[],
  params: Map<string, StarterParam>,
): CommandPiece {
  const plain = textOf(pieces);
  const orchName = name.replaceAll('-', '_');
  const known = params.get(orchName);
  const clashes =
    known === undefined
      ? [...params.keys()].some((other) => other.toUpperCase() === orchName.toUpperCase())
      : String(known.value) !== plain;
  if (plain === '' || plain.includes(' ') || !isPlainWords(plain) || clashes) return plain;
  const value = String(Number(plain)) === plain ? Number(plain) : plain;
  params.set(orchName, { name: orchName, value });
  return { expression: `params.${orchName}`, isList: false, plain };
}

function exportedOf(justfile: Justfile, params: Map<string, StarterParam>): Readonly<Record<string, string>> {
  const names =
    justfile.settings.get('export') === 'true' ? [...justfile.variables.keys()] : justfile.exported;
  const env: Record<string, string> = {};
  for (const name of names) {
    const pieces = expression(name, null, { justfile, params }, 0);
    if (!pieces.ok || textOf(pieces.value).includes('$(') || !/^[A-Za-z_]\w*$/.test(name)) continue;
    env[name] = pieces.value
      .map((piece) =>
        typeof piece === 'string' ? piece.replaceAll('${{', '$${{') : `\${{ ${piece.expression} }}`,
      )
      .join('');
  }
  return env;
}

/** just runs each line with `sh -cu`; orch runs them together, up to the first that fails. */
function shellOf({ settings }: Justfile): readonly string[] {
  const words = [...(settings.get('shell') ?? '').matchAll(/["']([^"']*)["']/g)].map((match) => match[1]!);
  const [program = 'sh', ...flags] = words;
  return words.length === 0 ? ['sh', '-eu', '-c'] : [program, '-e', ...flags];
}
