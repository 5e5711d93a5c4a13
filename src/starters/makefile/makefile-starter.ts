/**
 * A makefile as a pipeline: file targets become tasks with outputs, pattern rules a task with a matrix, .PHONY
 * targets tasks that always run, or groups. Reads the folder, runs nothing of it.
 */
import { fail, ok } from '../../base/outcome.ts';
import type { Folder } from '../folder.ts';
import { literalPath, literalText, projectPath, textOf } from '../orch-text.ts';
import { shellForPipes } from '../pipes.ts';
import {
  type Note,
  pathOf,
  pipelineName,
  type Starter,
  type StarterParam,
  type StarterPaths,
  type StarterTask,
  taskNamer,
} from '../starter.ts';
import { isCSource } from './c-headers.ts';
import { expandText } from './expand.ts';
import { commonFolder, type Family, familiesOf, takesAll, withFamilies } from './families.ts';
import { type Draft, draftOf, plainRequest } from './goal-draft.ts';
import { goalKinds } from './goal-kinds.ts';
import { wordsOf } from './logical-lines.ts';
import { inOrder } from './order.ts';
import { type Goal, planMakefile } from './plan-makefile.ts';
import { type Makefile, type MakeRule, readMakefile } from './read-makefile.ts';
import { createRecipes } from './recipe.ts';

export function makefileStarter(folder: Folder, file: string): Starter {
  const makefile = readMakefile(folder, file);
  const plan = planMakefile(makefile, folder);
  const notes: Note[] = [...makefile.notes, ...plan.notes];
  const recipes = createRecipes(makefile, folder);
  const commandOf = (goal: Goal): string => {
    const command = recipes.command(plainRequest(goal));
    return command.ok ? textOf(command.value) : '';
  };
  const kinds = goalKinds(plan.goals, commandOf, folder);
  const ordered = inOrder(plan.goals, kinds, commandOf);
  notes.push(...ordered.notes);
  const drafts = ordered.goals
    .filter(({ targets: [target] }) => ['file', 'command', 'group'].includes(kinds.get(target!)!))
    .flatMap((goal): Draft[] => {
      const draft = draftOf(goal, { folder, recipes, kinds, wildcards: makefile.wildcards });
      if (draft.ok) return [draft.value];
      notes.push({ at: goal.rule.at, text: `${goal.targets.join(' ')}: ${draft.error}` });
      return [];
    });

  const groups = groupDrafts(drafts);
  const namer = taskNamer();
  const names = new Map<string, string>();
  for (const group of groups) {
    const name = namer(nameFor(group));
    for (const { goal } of group) for (const target of goal.targets) names.set(target, name);
  }
  const shell = shellOf(makefile);
  const families = familiesOf(groups, folder);
  const tasks = groups.map((group) => {
    const task = taskOf(group, { names, folder, families, comments: ordered.comments });
    return shell === null ? withShell(task) : task;
  });
  const mentioned = new Set(
    tasks.flatMap(({ run }) => [...(run ?? '').matchAll(/params\.(\w+)/g)].map((match) => match[1]!)),
  );
  const params = recipes.params().filter(({ name }) => mentioned.has(name));
  const env = exportedOf(makefile, notes);
  return {
    kind: 'makefile',
    from: file,
    name: pipelineName(folder.root),
    default: defaultOf(plan.default, groups, names, folder),
    lessons: [
      'A target file is an output, its prerequisites are inputs; a task waits for the task that makes an input.',
      'What was .PHONY has `cache: false`: it runs every time. Without that line it runs only when an input changed.',
      ...(tasks.some(({ matrix }) => matrix !== undefined) ? [MATRIX] : []),
      ...(tasks.some(({ run }) => /^\(/m.test(run ?? '')) ? [SUBSHELLS] : []),
    ],
    params,
    paramComments: paramLesson(params),
    ...(env === null ? {} : { env }),
    ...(shell === null ? {} : { shell }),
    tasks,
    notes,
  };
}

const MATRIX = 'A pattern rule became a matrix of the files that are there now: add a new file to it.';
const SIDE_BY_SIDE =
  'make does these one after the other, orch side by side: give one that must wait for another a `needs` of its own';
const SUBSHELLS =
  'A line in ( ) keeps its cd and variables to itself; `set +e` goes on after a failure. So do lines of make.';

/** Those made by one pattern rule in the same way go together. */
function groupDrafts(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  const groups = new Map<string, Draft[]>();
  for (const [index, draft] of drafts.entries()) {
    const key = draft.cell?.shape ?? String(index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [draft]);
    else group.push(draft);
  }
  return [...groups.values()];
}

function nameFor(group: readonly Draft[]): string {
  const [{ goal }] = group as [Draft];
  if (group.length === 1) return goal.targets[0]!;
  const pattern = patternOf(goal.rule);
  if (pattern.endsWith('.o') && goal.prerequisites.some(isCSource)) return 'compile';
  const words = pattern
    .replaceAll('%', '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  return words.join('-') || 'each';
}

function patternOf(rule: MakeRule): string {
  return rule.pattern ?? rule.targets[0]!;
}

interface TaskSurroundings {
  readonly names: ReadonlyMap<string, string>;
  readonly folder: Folder;
  readonly families: readonly Family[];
  /** By target. */
  readonly comments: ReadonlyMap<string, readonly string[]>;
}

function taskOf(group: readonly Draft[], surroundings: TaskSurroundings): StarterTask {
  const { names, folder, families } = surroundings;
  const [first] = group as [Draft];
  const { goal, kind, needs, after, alwaysRuns } = first;
  const stems = group.map((draft) => draft.goal.stem ?? '');
  const within = commonFolder(stems);
  const cell = group.length > 1 ? (first.cell?.inFolder(within) ?? null) : null;
  const tasksOf = (targets: readonly string[]) => [
    ...new Set(targets.flatMap((target) => names.get(target) ?? [])),
  ];
  const headers = [...new Set(group.flatMap((draft) => draft.headers))].sort();
  const listed = cell?.inputs ?? first.inputs;
  const sources = cell === null && takesAll(first.run) ? withFamilies(listed, families) : listed;
  const named = { sources: sources.length === 1 ? sources[0]! : sources, headers: headers.map(pathOf) };
  const inputs: StarterPaths = headers.length > 0 ? named : sources;
  const outputs =
    cell === null ? goal.targets.map((target) => literalPath(rootRelative(target, folder))) : [cell.output];
  const comments = [
    ...commentsOf(goal),
    ...(surroundings.comments.get(goal.targets[0]!) ?? []),
    ...(first.isOrdered ? [SIDE_BY_SIDE] : []),
  ];
  const run = cell?.run ?? first.run;
  return {
    name: names.get(goal.targets[0]!)!,
    ...(comments.length > 0 ? { comments } : {}),
    ...(goal.rule.description === null ? {} : { description: goal.rule.description }),
    ...(cell === null ? {} : { matrix: { file: stems.map((stem) => stem.slice(within.length)) } }),
    ...(needs.length > 0 ? { needs: tasksOf(needs) } : {}),
    ...(after.length > 0 ? { after: tasksOf(after) } : {}),
    ...(run === null ? {} : { run, inputs }),
    ...(first.plainRun === null || cell !== null ? {} : { plainRun: first.plainRun }),
    ...(kind === 'file' && run !== null ? { outputs: outputs.map(pathOf) } : {}),
    ...(alwaysRuns && run !== null ? { cache: false } : {}),
  };
}

function rootRelative(target: string, folder: Folder): string {
  const path = projectPath(target, folder.root);
  return path.ok ? path.value : target;
}

function commentsOf({ rule, recipe, targets, stem }: Goal): readonly string[] {
  const comments: string[] = [];
  if (rule.at === '') comments.push("make's own rule, on which the makefile relies");
  else if (stem !== null) comments.push(`${patternOf(rule)}: ${rule.prerequisites.join(' ')}`);
  if (targets.length > 1) comments.push('one command makes all of these outputs');
  if (recipe?.some((line) => /\$[({]MAKE[)}]/.test(line)) === true)
    comments.push('calls make again, which decides by timestamps what to do');
  return comments;
}

function defaultOf(
  target: string | null,
  groups: readonly (readonly Draft[])[],
  names: ReadonlyMap<string, string>,
  folder: Folder,
): readonly string[] {
  const group = groups.find((each) => each.some(({ goal }) => goal.targets.includes(target ?? '')));
  if (target === null || group === undefined) return [];
  return [group.length > 1 ? rootRelative(target, folder) : names.get(target)!];
}

function paramLesson(params: readonly StarterParam[]): readonly string[] {
  const example = params.find(({ value }) => typeof value === 'string') ?? params[0];
  if (example === undefined) return [];
  const flag = `--${example.name.replaceAll('_', '-')}`;
  const given = Array.isArray(example.value) ? `${flag}=-a,-b` : `${flag} VALUE`;
  return [`make ${example.name}=… is \`orch run ${given}\`: only the tasks that mention it run again`];
}

/** Exported variables are set for every task. */
function exportedOf(makefile: Makefile, notes: Note[]): Readonly<Record<string, string>> | null {
  const env: Record<string, string> = {};
  for (const name of makefile.exported) {
    const variable = makefile.variables.get(name);
    if (variable === undefined || !/^[A-Za-z_]\w*$/.test(name)) continue;
    const value = variable.isSimple
      ? ok(variable.value)
      : expandText(variable.value, {
          variable: (each) => makefile.variables.get(each) ?? null,
          undefined: () => '',
          shell: () => fail('$(shell …) is not run'),
          match: () => [],
        });
    if (value.ok) env[name] = literalText(value.value);
    else notes.push({ at: `export ${name}`, text: value.error });
  }
  return Object.keys(env).length === 0 ? null : env;
}

/** null: plain sh. */
function shellOf({ variables, special }: Makefile): readonly string[] | null {
  const words = wordsOf(variables.get('SHELL')?.value ?? '/bin/sh');
  const program = (words[0] === '/usr/bin/env' ? words[1] : words[0]) ?? 'sh';
  const flags = variables.get('.SHELLFLAGS');
  if (flags !== undefined) return [program, ...wordsOf(flags.value)];
  const isPlain = /(^|\/)sh$/.test(program);
  if (special.has('.ONESHELL')) return [isPlain ? 'sh' : program, '-c'];
  return isPlain ? null : [program, '-e', '-c'];
}

function withShell(task: StarterTask): StarterTask {
  if (task.run === undefined) return task;
  const { comments = [], ...forPipes } = shellForPipes(task.run);
  const all = [...(task.comments ?? []), ...comments];
  return { ...task, ...forPipes, ...(all.length > 0 ? { comments: all } : {}) };
}
