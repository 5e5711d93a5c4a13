/**
 * Takes a random project through its steps: chooses by number what each edit and each run is about as the project then
 * stands, and notes it as a story that can be told again, shortened (`shrink.ts`).
 */
import { type Change, changeFor, keepsEditedOutputs, sourcesOf } from './edits.ts';
import { type Case, type EditKind, isValid, type Step } from './generate.ts';
import { chosenBy, expand, makersOf } from './reference-model.ts';
import { type Disturbance, type Divergence, MissingCopy, type RunFlags, Session } from './session.ts';
import { type Cell, isPattern, type Params, type PipelineSpec, type Request } from './workload.ts';

export interface Chapter {
  readonly change: Change;
  readonly request: Request;
  readonly flags: RunFlags;
}

/** A project and what was done to it, nothing left to chance. */
export interface Story {
  readonly pipeline: PipelineSpec;
  readonly sources: Readonly<Record<string, string>>;
  readonly chapters: readonly Chapter[];
}

export interface Report {
  readonly story: Story;
  /** Kinds of edits and runs that really took place. */
  readonly kinds: readonly (EditKind | RunKind)[];
  readonly divergence: Divergence | null;
  readonly runs: number;
  /** It came to where the contract is silent, and ended there. */
  readonly isOpen: boolean;
}

export type RunKind = 'failing-run' | 'forced-run' | 'param-flag' | 'chosen-targets';

/**
 * Until `edits` edits were made. `disturb`: what goes wrong before the n-th run, null for nothing; nothing fails and
 * nothing is forced then, and each run is repeated, to see that it left nothing to do.
 */
export async function runCase(
  test: Case,
  bundle: string,
  edits: number,
  disturb: ((run: number) => Disturbance | null) | null = null,
): Promise<Report> {
  const session = new Session(bundle, test.pipeline, test.sources);
  const chapters: Chapter[] = [];
  const kinds: Report['kinds'][number][] = [];
  const done = (divergence: Divergence | null, isOpen = false): Report => ({
    story: { pipeline: test.pipeline, sources: test.sources, chapters },
    kinds,
    divergence,
    runs: chapters.length,
    isOpen,
  });
  try {
    for (const step of [null, ...test.steps]) {
      if (chapters.length > edits) break;
      const change = step === null ? { actions: [] } : changeFor(step.edit, step.pick, session.situation);
      if (change === null) continue;
      if (step !== null) kinds.push(step.edit);
      if (step !== null) session.apply(change);
      const intent = step === null ? test.first : step.run;
      const asked = requestFor(intent, session);
      const request = disturb === null ? asked : { ...asked, failing: [], force: null };
      kinds.push(...kindsOf(request));
      const flags = { jobs: intent.jobs, keepGoing: intent.keepGoing || request.failing.length > 0 };
      chapters.push({ change, request, flags });
      const disturbance = disturb?.(chapters.length) ?? null;
      if (disturbance !== null) await session.disturb(disturbance, request, flags);
      for (let again = disturb === null ? 1 : 2; again > 0; again--) {
        const result = await session.run(request, flags);
        if (result === 'open') return done(null, true);
        if (result !== null) return done(result);
      }
    }
    return done(null);
  } finally {
    session.close();
  }
}

/** Null where nothing goes wrong, or where the story (a shortened one) makes no sense. */
export async function tell(story: Story, bundle: string): Promise<Divergence | null> {
  const session = new Session(bundle, story.pipeline, story.sources);
  try {
    for (const { change, request, flags } of story.chapters) {
      session.apply(change);
      const { situation } = session;
      const sources = [...sourcesOf(situation).keys()];
      if (!isValid(situation.pipeline, sources, request.params)) return null;
      if (!keepsEditedOutputs(situation, situation.pipeline, request.params)) return null;
      const result = await session.run(request, flags);
      if (result !== null) return result === 'open' ? null : result;
    }
    return null;
  } catch (error) {
    if (error instanceof MissingCopy) return null;
    throw error;
  } finally {
    session.close();
  }
}

function kindsOf(request: Request): RunKind[] {
  const kinds: RunKind[] = [];
  if (request.failing.length > 0) kinds.push('failing-run');
  if (request.force !== null) kinds.push('forced-run');
  if (Object.keys(request.params).length > 0) kinds.push('param-flag');
  if (request.targets.length > 0) kinds.push('chosen-targets');
  return kinds;
}

const at = <T>(list: readonly T[], number: number): T => list[number % list.length]!;

/** What is asked for. Not combined, as the contract is silent: a failing task that others only wait for. */
function requestFor(intent: Step['run'], { situation }: Session): Request {
  const { pipeline, history } = situation;
  const { tasks } = pipeline;
  let params: Params = {};
  if (intent.param !== null) {
    const [name, value] = at(
      [
        ['p1', 1 + (intent.param % 4)],
        ['p2', 'blue'],
        ['p3', intent.param % 3],
      ] as const,
      intent.param,
    );
    const isSafe = isValid(pipeline, [...sourcesOf(situation).keys()], { [name]: value });
    if (isSafe && keepsEditedOutputs(situation, pipeline, { [name]: value })) params = { [name]: value };
  }
  const cells = expand(pipeline, { ...pipeline.params, ...params });
  const askable = [
    ...tasks.map((task) => task.name),
    ...cells.map((cell) => cell.label),
    ...cells.flatMap((cell) => cell.outputs).filter((output) => !isPattern(output)),
  ];
  const targets = [...new Set((intent.targets ?? []).map((number) => at(askable, number)))];
  const hasOrder = tasks.some((task) => task.needs.some((need) => need.orderOnly));
  const single = closure(targets.length > 0 ? targets : pipeline.default, cells).filter(
    ({ task }) => !task.group && task.matrix === null,
  );
  const force =
    intent.force === 'all' && !hasOrder
      ? ''
      : intent.force === 'one' && single.length > 0
        ? at(single, intent.jobs).task.name
        : null;
  const mayFail = cells.filter(({ task }) => !task.group);
  const failing =
    intent.fail === null || hasOrder || history.damaged.size > 0 || mayFail.length === 0
      ? []
      : [at(mayFail, intent.fail).mark];
  return { targets, params, force, failing };
}

function closure(targets: readonly string[], cells: readonly Cell[]): Cell[] {
  const found = new Set<Cell>();
  const visit = (cell: Cell): void => {
    if (found.has(cell)) return;
    found.add(cell);
    for (const need of cell.task.needs) chosenBy(need, cell, cells).forEach(visit);
    makersOf(cell, cells).forEach(visit);
  };
  for (const cell of cells)
    if (
      targets.some(
        (target) => target === cell.label || target === cell.task.name || cell.outputs.includes(target),
      )
    )
      visit(cell);
  return [...found];
}
