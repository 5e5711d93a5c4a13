/**
 * Makes a story that goes wrong as short as it can: leaves out runs, tasks, edits, inputs, and whatever else, one at a
 * time, as long as it still goes wrong. Delta debugging by hand, since every try is a handful of real runs: fast-check
 * would shrink numbers that mean something else once a task is gone.
 */
import type { Chapter, Story } from './run-case.ts';
import type { Divergence } from './session.ts';
import type { PipelineSpec, TaskSpec } from './workload.ts';

export interface Shrunk {
  readonly story: Story;
  readonly divergence: Divergence;
}

/** `tell` says what goes wrong in a story; ends at the latest a story after `budgetMs`. */
export async function shrink(
  start: Shrunk,
  tell: (story: Story) => Promise<Divergence | null>,
  budgetMs: number,
): Promise<Shrunk> {
  const end = performance.now() + budgetMs;
  let best = start;
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (let index = 0; performance.now() < end; index += 1) {
      const candidate = nth(shorter(best.story), index);
      if (candidate === undefined) break;
      const divergence = await tell(candidate);
      if (divergence === null || kindOf(divergence) !== kindOf(best.divergence)) continue;
      best = { story: candidate, divergence };
      isShorter = true;
      index -= 1; // what stood behind it has moved up
    }
  }
  return best;
}

/** So that one fault doesn't turn into another on the way: what is wrong stays of one kind. */
function kindOf({ differences }: Divergence): string {
  return differences[0]!.replace(/:.*$/s, '').replace(/^[^ ]*\/.*$/, 'a file');
}

function nth<T>(items: Iterable<T>, index: number): T | undefined {
  let count = 0;
  for (const item of items) if (count++ === index) return item;
  return undefined;
}

/** Everything that is one step shorter; what cuts most comes first. */
function* shorter(story: Story): Generator<Story> {
  const { chapters } = story;
  const withChapters = (list: readonly Chapter[]): Story => ({ ...story, chapters: list });
  for (const index of chapters.keys()) if (chapters.length > 1) yield withChapters(without(chapters, index));
  for (const index of chapters.keys())
    if (index + 1 < chapters.length) yield withChapters(merged(chapters, index));
  for (const { mark } of story.pipeline.tasks)
    if (story.pipeline.tasks.length > 1) yield eachPipeline(story, (pipeline) => withoutTask(pipeline, mark));
  for (const [index, chapter] of chapters.entries())
    for (const simple of simplerChapters(chapter)) yield withChapters(chapters.with(index, simple));
  for (const { mark } of story.pipeline.tasks)
    for (const simplify of SIMPLER_TASK)
      for (let which = 0; which < 3; which += 1) {
        const edit = (task: TaskSpec) => (task.mark === mark ? simplify(task, which) : task);
        const simple = eachPipeline(story, (pipeline) => ({ ...pipeline, tasks: pipeline.tasks.map(edit) }));
        if (JSON.stringify(simple) !== JSON.stringify(story)) yield simple;
      }
  for (const path of Object.keys(story.sources)) {
    const { [path]: _, ...sources } = story.sources;
    yield { ...story, sources };
  }
}

const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, other) => other !== index);

/** Leaves out a run, and does its edit before the next. */
function merged(chapters: readonly Chapter[], index: number): Chapter[] {
  const [first, second] = [chapters[index]!, chapters[index + 1]!];
  const change = {
    ...first.change,
    ...second.change,
    actions: [...first.change.actions, ...second.change.actions],
  };
  return [...chapters.slice(0, index), { ...second, change }, ...chapters.slice(index + 2)];
}

function* simplerChapters(chapter: Chapter): Generator<Chapter> {
  const { change, request, flags } = chapter;
  if (change.pipeline !== undefined) yield { ...chapter, change: { actions: change.actions } };
  for (const index of change.actions.keys())
    yield { ...chapter, change: { ...change, actions: without(change.actions, index) } };
  if (request.targets.length > 0) yield { ...chapter, request: { ...request, targets: [] } };
  for (const index of request.targets.keys())
    if (request.targets.length > 1)
      yield { ...chapter, request: { ...request, targets: without(request.targets, index) } };
  if (request.force !== null) yield { ...chapter, request: { ...request, force: null } };
  if (request.failing.length > 0) yield { ...chapter, request: { ...request, failing: [] } };
  if (Object.keys(request.params).length > 0) yield { ...chapter, request: { ...request, params: {} } };
  if (flags.jobs > 1) yield { ...chapter, flags: { ...flags, jobs: 1 } };
  if (flags.keepGoing && request.failing.length === 0)
    yield { ...chapter, flags: { ...flags, keepGoing: false } };
}

const SIMPLER_TASK: readonly ((task: TaskSpec, which: number) => TaskSpec)[] = [
  (task, which) => ({ ...task, inputs: without(task.inputs, which) }),
  (task, which) => ({ ...task, needs: without(task.needs, which), alsoReads: [] }),
  (task, which) => ({ ...task, outputs: which > 0 ? without(task.outputs, which) : task.outputs }),
  (task) => ({ ...task, exclude: [] }),
  (task, which) =>
    task.matrix === null
      ? task
      : { ...task, matrix: { ...task.matrix, m: without(task.matrix['m']!, which) } },
  (task) => ({ ...task, mentions: [], lists: [] }),
  (task) => ({ ...task, word: null, description: '' }),
  (task) => ({ ...task, op: 'cat' }),
  (task) => ({ ...task, cache: true }),
];

function eachPipeline(story: Story, edit: (pipeline: PipelineSpec) => PipelineSpec): Story {
  const chapters = story.chapters.map((chapter) =>
    chapter.change.pipeline === undefined
      ? chapter
      : { ...chapter, change: { ...chapter.change, pipeline: edit(chapter.change.pipeline) } },
  );
  return { ...story, pipeline: edit(story.pipeline), chapters };
}

function withoutTask(pipeline: PipelineSpec, mark: string): PipelineSpec {
  const gone = pipeline.tasks.find((task) => task.mark === mark);
  const isIts = (path: string) => new RegExp(`^(out|final|mix)/${mark}[/.-]`).test(path);
  const tasks = pipeline.tasks
    .filter((task) => task !== gone)
    .map((task) => ({
      ...task,
      inputs: task.inputs.filter((path) => !isIts(path)),
      alsoReads: task.alsoReads.filter((path) => !isIts(path)),
      needs: task.needs.filter((need) => need.mark !== mark),
    }));
  const kept = pipeline.default.filter((name) => name !== gone?.name);
  return { ...pipeline, tasks, default: kept.length > 0 ? kept : tasks.slice(-1).map((task) => task.name) };
}
