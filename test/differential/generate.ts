/**
 * Random projects for the differential test: fast-check draws a blueprint (choices by number), `build` turns it into
 * a pipeline that is certainly valid. It avoids what the contract leaves open: an input glob that may match nothing,
 * a folder that holds its reader's own outputs, matrices that agree on no cell.
 *
 * Layout: sources in `src/`; the outputs of task t3 under `out/t3/`; `mix/` holds sources and outputs together; a task
 * that reads all of `out/` writes, as do all after it, under `final/`.
 */
import fc from 'fast-check';
import { chosenBy, expand, matches, overlap, selects } from './reference-model.ts';
import { isPattern, type Op, type Params, type PipelineSpec, type TaskSpec } from './workload.ts';

export const WORDS = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox'] as const;
export const EDIT_KINDS = [
  'change-source',
  'same-size-change',
  'touch',
  'mtime-put-back',
  'rewrite-same-bytes',
  'swap-files',
  'delete-output',
  'tamper-output',
  'delete-all-outputs',
  'change-param',
  'change-env',
  'revert',
  'rename-task',
  'add-file',
  'remove-file',
  'add-cell',
  'remove-cell',
  'edit-command',
  'edit-comment',
  'reorder-tasks',
  'damage-cache',
] as const;
export type EditKind = (typeof EDIT_KINDS)[number];

/** Numbers are resolved against what is there when the step is taken. */
export interface Step {
  readonly edit: EditKind;
  readonly pick: number;
  readonly run: {
    /** null: the last tasks of the graph, or the default. */
    readonly targets: readonly number[] | null;
    readonly jobs: number;
    readonly keepGoing: boolean;
    readonly force: 'none' | 'all' | 'one';
    readonly fail: number | null;
    readonly param: number | null;
  };
}

export interface Case {
  readonly pipeline: PipelineSpec;
  readonly sources: Readonly<Record<string, string>>;
  readonly first: Step['run'];
  readonly steps: readonly Step[];
}

export const number = fc.nat({ max: 999 });
/** `weighted({a: 2, b: 1})`: a twice as often as b. */
function weighted<T extends string>(weights: Readonly<Record<T, number>>): fc.Arbitrary<T> {
  const entries = Object.entries(weights) as [T, number][];
  return fc.oneof(...entries.map(([value, weight]) => ({ arbitrary: fc.constant(value), weight })));
}
const rarely = <T>(value: fc.Arbitrary<T>, freq: number) => fc.option(value, { freq });

const taskBlueprint = fc.record({
  makes: weighted({ file: 6, two: 3, folder: 3, glob: 2, param: 2, mix: 2, none: 3, group: 1 }),
  op: weighted<Op>({ cat: 4, named: 3, first: 3, count: 3, words: 3, none: 1 }),
  matrix: weighted({ none: 7, m: 3, mn: 1 }),
  cells: number,
  adopt: fc.boolean(),
  sources: fc.array(
    fc.record({
      form: weighted({ file: 4, folder: 2, glob: 3, deep: 1, except: 1, mix: 1, broad: 1 }),
      pick: number,
    }),
    { maxLength: 2, size: 'max' },
  ),
  links: fc.array(
    fc.record({
      form: weighted({ file: 5, folder: 3, glob: 3, deep: 2, need: 3, all: 1, cell: 1, order: 1 }),
      to: number,
    }),
    { maxLength: 3, size: 'max' },
  ),
  param: weighted({ none: 5, mention: 2, list: 3 }),
  which: number,
  word: fc.boolean(),
  cache: fc.integer({ min: 0, max: 11 }),
});
type TaskBlueprint = typeof taskBlueprint extends fc.Arbitrary<infer T> ? T : never;

const run: fc.Arbitrary<Step['run']> = fc.record({
  targets: rarely(fc.array(number, { minLength: 1, maxLength: 2 }), 2),
  jobs: fc.integer({ min: 1, max: 4 }),
  keepGoing: fc.boolean(),
  force: weighted({ none: 14, all: 1, one: 1 }),
  fail: fc.oneof({ arbitrary: fc.constant(null), weight: 9 }, { arbitrary: number, weight: 1 }),
  param: fc.oneof({ arbitrary: fc.constant(null), weight: 7 }, { arbitrary: number, weight: 1 }),
});

/** A project with `stepCount` edits, each followed by a run. */
export function caseArbitrary(stepCount: number): fc.Arbitrary<Case> {
  const step = fc.record({ edit: fc.constantFrom(...EDIT_KINDS), pick: number, run });
  return fc
    .record({
      tasks: fc.array(taskBlueprint, { minLength: 2, maxLength: 10, size: 'max' }),
      texts: fc.array(number, { minLength: 11, maxLength: 11 }),
      first: run.map((it) => ({ ...it, fail: null })),
      steps: fc.array(step, { minLength: stepCount, maxLength: stepCount }),
    })
    .map(({ tasks, texts, first, steps }) => ({
      pipeline: build(tasks),
      sources: Object.fromEntries(SOURCES.map((path, index) => [path, sourceText(texts[index]!)])),
      first,
      steps,
    }));
}

const SOURCES = [
  ...['src/f0.txt', 'src/f1.txt', 'src/f2.txt'],
  ...['src/d0/a.txt', 'src/d0/b.txt', 'src/d0/c.txt'],
  ...['src/d1/a.txt', 'src/d1/b.txt', 'src/d1/deep/a.txt'],
  ...['mix/a.txt', 'mix/b.txt'],
];

/** One to three lines of words of three letters, so that a word can change without the size. */
function sourceText(number: number): string {
  const word = (index: number) => WORDS[(number + index * 7 + ((number * index) % 5)) % WORDS.length]!;
  const lines = [`${word(1)} ${word(2)}`, word(3), `${word(4)} ${word(5)} ${word(1)}`];
  return `${lines.slice(0, 1 + (number % 3)).join('\n')}\n`;
}

const at = <T>(list: readonly T[], number: number): T => list[number % list.length]!;

export function build(blueprints: readonly TaskBlueprint[]): PipelineSpec {
  const tasks: TaskSpec[] = [];
  const zone = { isFinal: false, mixIsRead: false };
  for (const [index, blueprint] of blueprints.entries())
    tasks.push(buildTask(blueprint, `t${index}`, tasks, zone));
  const isUsed = (task: TaskSpec) =>
    tasks.some((other) => other.needs.some((need) => need.mark === task.mark));
  return {
    params: { p1: 1, p2: 'red', p3: 7 },
    default: tasks
      .filter((task) => !isUsed(task))
      .slice(-2)
      .map((task) => task.name),
    comment: '',
    tasks,
  };
}

function buildTask(
  blueprint: TaskBlueprint,
  mark: string,
  earlier: readonly TaskSpec[],
  zone: { isFinal: boolean; mixIsRead: boolean },
): TaskSpec {
  const isGroup = blueprint.makes === 'group' && earlier.length > 0;
  const inputs = new Set<string>();
  const alsoReads = new Set<string>();
  const needs = new Map<string, TaskSpec['needs'][number]>();
  const links = blueprint.links.map(({ form, to }) => ({ form, to: at(earlier, to) }));
  if (isGroup && links.length === 0) links.push({ form: 'need', to: at(earlier, blueprint.which) });
  const own = isGroup ? { matrix: null, exclude: [] } : matrixOf(blueprint);
  const adopted =
    blueprint.adopt && !isGroup && own.matrix === null
      ? links.find(({ to }) => to?.matrix != null)?.to
      : undefined;
  const { matrix, exclude } = adopted ?? own;
  for (const { form, to } of links) {
    if (to === undefined) continue;
    const sameCells =
      to.matrix === null || JSON.stringify([to.matrix, to.exclude]) === JSON.stringify([matrix, exclude]);
    const isUnreadable = to.outputs.length === 0 || (to.outputs[0]!.startsWith('mix/') && !sameCells);
    if (isGroup || isUnreadable || ['need', 'all', 'cell', 'order'].includes(form)) {
      const orderOnly = form === 'order' && !isGroup;
      const cells = form === 'cell' && to.matrix !== null ? { m: to.matrix['m']![0]! } : undefined;
      const agree = form !== 'all' && (sameCells || matrix === null);
      needs.set(to.mark, {
        mark: to.mark,
        cells: cells ?? (agree || to.matrix === null ? 'agree' : 'all'),
        orderOnly,
      });
      const isReadable = !orderOnly && to.matrix === null && !to.outputs.join().includes('${{');
      if (isReadable && !isGroup) for (const output of to.outputs) alsoReads.add(output);
    } else inputs.add(linkPath(form, to, sameCells));
  }
  if (!isGroup)
    for (const source of blueprint.sources)
      for (const path of sourceInputs(source, earlier, zone)) inputs.add(path);
  const outputs = isGroup ? [] : outputsOf(blueprint, mark, matrix, zone);
  const isSplit = outputs.some((output) => isPattern(output));
  const param = at(['p1', 'p2', 'p3'], blueprint.which);
  return {
    mark,
    name: mark,
    description: '',
    group: isGroup,
    inputs: [...inputs].filter((path) => !inputs.has(`!${path}`)),
    alsoReads: [...alsoReads].filter((path) => !inputs.has(path)),
    outputs,
    needs: [...needs.values()],
    matrix,
    exclude,
    mentions: blueprint.param === 'mention' && !isGroup ? [param] : [],
    lists: blueprint.param === 'list' && !isGroup ? [param] : [],
    word: blueprint.word && blueprint.which % 3 === 0 && !isGroup ? 'one' : null,
    op: isSplit && blueprint.op === 'named' ? 'cat' : blueprint.op,
    salt: 0,
    remark: 0,
    cache: isGroup || blueprint.cache > 0,
  };
}

function matrixOf({ matrix, cells }: TaskBlueprint): Pick<TaskSpec, 'matrix' | 'exclude'> {
  const m = ['a', 'b', 'c'].slice(0, 1 + (cells % 3));
  if (matrix === 'none') return { matrix: null, exclude: [] };
  if (matrix === 'm') return { matrix: { m }, exclude: [] };
  return { matrix: { m, n: ['x', 'y'] }, exclude: cells % 2 === 0 ? [{ m: 'a', n: 'x' }] : [] };
}

/** How a task reads what an earlier one makes: by its path, its folder, or a glob. */
function linkPath(form: string, to: TaskSpec, sameCells: boolean): string {
  const output = to.outputs[0]!;
  if (output.startsWith('mix/') || (form === 'file' && sameCells))
    return isPattern(output) ? `${output.slice(0, output.lastIndexOf('/'))}/all.txt` : to.outputs.at(-1)!;
  const folder = output.slice(0, output.indexOf(`/${to.mark}/`) + to.mark.length + 2);
  const isNested = isPattern(output) && to.matrix !== null;
  if (form === 'folder') return folder;
  return form === 'glob' && !isNested ? `${folder}*.txt` : `${folder}**/*.txt`;
}

function sourceInputs(
  { form, pick }: TaskBlueprint['sources'][number],
  earlier: readonly TaskSpec[],
  zone: { isFinal: boolean; mixIsRead: boolean },
): string[] {
  const folder = at(['src/d0', 'src/d1'], pick);
  if (form === 'folder') return [`${folder}/`];
  if (form === 'glob') return [`${folder}/*.txt`];
  if (form === 'deep') return [at(['src/**/*.txt', 'src/d1/**/*.txt'], pick)];
  if (form === 'except') return [`${folder}/*.txt`, `!${folder}/${at(['a', 'b'], pick)}.txt`];
  if (form === 'mix') {
    zone.mixIsRead = true;
    return [at(['mix/', 'mix/*.txt'], pick)];
  }
  if (form === 'broad' && earlier.some((task) => task.outputs.some((output) => output.startsWith('out/')))) {
    zone.isFinal = true;
    return [at(['out/', 'out/**/*.txt'], pick)];
  }
  return [
    at(
      SOURCES.filter((path) => path.startsWith('src/')),
      pick,
    ),
  ];
}

function outputsOf(
  { makes, which }: TaskBlueprint,
  mark: string,
  matrix: TaskSpec['matrix'],
  zone: { readonly isFinal: boolean; readonly mixIsRead: boolean },
): string[] {
  const cell = Object.keys(matrix ?? {})
    .map((key) => `\${{ matrix.${key} }}`)
    .join('-');
  const base = `${zone.isFinal ? 'final' : 'out'}/${mark}`;
  const name = cell === '' ? 'o' : cell;
  switch (makes) {
    case 'none':
      return [];
    case 'two':
      return [`${base}/${name}.txt`, `${base}/${name}.n.txt`];
    case 'folder':
      return [`${base}/${cell === '' ? '' : `${cell}/`}`];
    case 'glob':
      return [`${base}/${cell === '' ? '' : `${cell}/`}*.txt`];
    case 'param':
      return [`${base}/${name}-\${{ params.${at(['p1', 'p2'], which)} }}.txt`];
    case 'mix':
      return zone.mixIsRead || zone.isFinal
        ? [`${base}/${name}.txt`]
        : [`mix/${mark}${cell === '' ? '' : `-${cell}`}.txt`];
    default:
      return [`${base}/${name}.txt`];
  }
}

/** No error that orch would have to report before anything runs. `sources`: the files that no task makes. */
export function isValid(pipeline: PipelineSpec, sources: readonly string[], params: Params = {}): boolean {
  const cells = expand(pipeline, { ...pipeline.params, ...params });
  const isFound = (input: string, all: readonly string[]) =>
    input.startsWith('!') ||
    sources.some((path) => matches(input, path) && selects(all, path)) ||
    cells.some((cell) => cell.outputs.some((output) => overlap(output, input)));
  return (
    pipeline.tasks.every((task) => cells.some((cell) => cell.task === task)) &&
    cells.every((cell) => cell.inputs.every((input) => isFound(input, cell.inputs))) &&
    cells.every((cell) => cell.task.needs.every((need) => chosenBy(need, cell, cells).length > 0))
  );
}
