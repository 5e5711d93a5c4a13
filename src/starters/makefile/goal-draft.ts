/**
 * One goal of a makefile in orch's words, before goals of one pattern rule are put together: its command, once for
 * a task of its own and once as a cell of a matrix, its inputs and needs.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { Folder } from '../folder.ts';
import { commandText, literalPath, literalText, plainCommand, projectPath, textOf } from '../orch-text.ts';
import type { StarterPath } from '../starter.ts';
import { headerGlobs, isCSource } from './c-headers.ts';
import type { GoalKind } from './goal-kinds.ts';
import type { Goal } from './plan-makefile.ts';
import type { RecipeRequest, Recipes } from './recipe.ts';

export interface Draft {
  readonly goal: Goal;
  readonly kind: GoalKind;
  readonly inputs: readonly StarterPath[];
  /** Globs. */
  readonly headers: readonly string[];
  /** Targets. */
  readonly needs: readonly string[];
  readonly after: readonly string[];
  readonly alwaysRuns: boolean;
  /** make does its prerequisites in their order, and one of them is a command that may count on it. */
  readonly isOrdered: boolean;
  /** null: a group. */
  readonly run: string | null;
  readonly plainRun: string | null;
  /** As a cell; null where it can't be one. Equal `shape`s can share a matrix. */
  readonly cell: { readonly shape: string; readonly inFolder: (folder: string) => Cell } | null;
}

/** A task for all stems that lie in one folder, which isn't part of the matrix value. */
export interface Cell {
  readonly run: string;
  readonly inputs: readonly StarterPath[];
  readonly output: string;
}

export interface DraftSurroundings {
  readonly folder: Folder;
  readonly recipes: Recipes;
  readonly kinds: ReadonlyMap<string, GoalKind>;
  /** Globs and what they match: Makefile.wildcards. */
  readonly wildcards: ReadonlyMap<string, readonly string[]>;
}

export function draftOf(
  goal: Goal,
  { folder, recipes, kinds, wildcards }: DraftSurroundings,
): Outcome<Draft, string> {
  const kind = kinds.get(goal.targets[0]!)!;
  const outside = goal.targets.find((target) => !projectPath(target, folder.root).ok);
  if (kind === 'file' && outside !== undefined) return fail(`${outside} lies outside this folder`);
  if ([...goal.targets, ...goal.prerequisites].some((name) => /[()]/.test(name)))
    return fail('members of archives');
  const isTask = (name: string) => ['command', 'group'].includes(kinds.get(name) ?? '');
  const isMade = (name: string) => isTask(name) || kinds.get(name) === 'file';
  const isFile = (name: string) => ['file', undefined].includes(kinds.get(name)) && !name.startsWith('-l');
  const needed = goal.prerequisites.filter(isMade);
  const common = {
    goal,
    kind,
    isOrdered: needed.length > 1 && needed.some((name) => kinds.get(name) === 'command'),
    after: goal.orderOnly.filter(isMade),
    alwaysRuns:
      kind === 'command' ||
      goal.prerequisites.some((name) => ['always', 'command'].includes(kinds.get(name) ?? '')),
  };
  if (goal.recipe === null || kind === 'group') {
    const nothing = { inputs: [], headers: [], run: null, plainRun: null, cell: null };
    return ok({ ...common, ...nothing, needs: needed });
  }

  const prerequisites = goal.prerequisites.filter((name) => kinds.get(name) !== 'folder');
  const files = prerequisites.filter(isFile);
  const request: RecipeRequest = { ...plainRequest(goal), prerequisites };
  const plain = recipes.command(request);
  if (!plain.ok) return plain;
  const isC = kind === 'file' && files.some(isCSource);
  const headers = isC ? headerGlobs(files, textOf(plain.value), folder) : [];
  const all = headers.length > 0 ? 'inputs.sources' : 'inputs';
  const first = headers.length > 0 && files.length === 1 ? all : `${all}[0]`;
  // `$^` has names besides files in it: then no list of orch's is the same.
  const isWhole = files.length === prerequisites.length && files.length > 0;
  const command = (stemName: string | null) =>
    recipes.command({
      ...request,
      inputs: isWhole ? { all, first } : null,
      output: kind === 'file' ? 'outputs[0]' : null,
      stemName,
    });
  const named = goal.recipe.some((line) => /\$(<|[({]<)/.test(line)) ? files[0] : undefined;
  const made = (path: string) => kinds.get(path) === 'file';
  const shown = withGlobs(files, wildcards, { named, made });
  const inputsOf = (within: string | null) =>
    shown.map((file) =>
      wildcards.has(file) ? { path: literalText(file) } : inputOf(file, goal, folder, within),
    );
  const single = command(null);
  if (!single.ok) return single;
  const draft = {
    ...common,
    needs: prerequisites.filter(isTask),
    headers,
    inputs: inputsOf(null),
    run: commandText(single.value) || ':',
    plainRun: plainCommand(plain.value) || ':',
  };
  if (kind !== 'file' || goal.stem === null || goal.targets.length > 1) return ok({ ...draft, cell: null });
  const inFolder = (within: string): Cell => {
    const stemName = within === '' ? 'matrix.file' : `'${within}' + matrix.file`;
    const pieces = command(/^[\w./-]*$/.test(within) ? stemName : null);
    return {
      run: pieces.ok ? commandText(pieces.value) : draft.run,
      inputs: inputsOf(within),
      output: stemPath(goal.rule.pattern ?? goal.rule.targets[0]!, within),
    };
  };
  const { needs, after, alwaysRuns } = draft;
  const shape = JSON.stringify([goal.rule.at, goal.rule.targets, inFolder(''), needs, after, alwaysRuns]);
  return ok({ ...draft, cell: { shape, inFolder } });
}

/**
 * Files that a wildcard of the makefile stood for become that glob, so that a new file counts. Not one that `$<`
 * names, nor where another task makes some of them.
 */
function withGlobs(
  files: readonly string[],
  wildcards: ReadonlyMap<string, readonly string[]>,
  { named, made }: { readonly named: string | undefined; readonly made: (path: string) => boolean },
): readonly string[] {
  let shown = files;
  for (const [glob, matches] of wildcards) {
    const all = new Set(matches);
    if (all.has(named ?? '') || matches.some(made) || !matches.every((path) => shown.includes(path)))
      continue;
    const first = shown.findIndex((path) => all.has(path));
    shown = shown.flatMap((path, at) => (at === first ? [glob] : all.has(path) ? [] : [path]));
  }
  return shown;
}

/** The goal's command with everything written out. */
export function plainRequest(goal: Goal): RecipeRequest {
  const { recipe, targets, prerequisites, orderOnly, stem, rule } = goal;
  return {
    recipe: recipe ?? [],
    ...{ targets, prerequisites, orderOnly, stem },
    ...{ inputs: null, output: null, stemName: null },
    isBuiltIn: rule.at === '',
  };
}

/** `within`: with the stem as a placeholder, where a pattern filled it in, but for this folder; null: as it is. */
function inputOf(file: string, { stem, rule }: Goal, folder: Folder, within: string | null): StarterPath {
  const path = projectPath(file, folder.root);
  if (!path.ok) return { path: literalPath(path.error), external: true };
  const pattern = rule.prerequisites.find(
    (each) => each.includes('%') && each.replace('%', () => stem ?? '') === file,
  );
  const ending = folder.kindOf(path.value) === 'folder' ? '/' : '';
  const isFilled = within !== null && stem !== null && pattern !== undefined;
  return { path: (isFilled ? stemPath(pattern, within) : literalPath(path.value)) + ending };
}

/** A pattern of make with a folder and the cell's value for `%`. */
function stemPath(pattern: string, within: string): string {
  return pattern
    .split('%')
    .map(literalPath)
    .join(`${literalPath(within)}\${{ matrix.file }}`);
}
