/**
 * What `orch run` must do, said as simply as possible: given the pipeline, the files on disk before the run and
 * what earlier runs made, which commands run, which files lie there afterwards, and the exit code.
 * Written from the contract alone (B2, B3, B7, C1-C6, C10, D2); it knows nothing of how orch is built: no stats, no
 * locks, no order among parallel tasks. A task runs when its key has no result; all else is about which outputs lie
 * on disk. What the commands do is `commands.ts`, how a pipeline is written `workload.ts`.
 */
import { createHash } from 'node:crypto';
import { meaning, script } from './commands.ts';
import type { Cell, Files, History, Params, PipelineSpec, Prediction, Request } from './workload.ts';
import * as workload from './workload.ts';

interface Settled {
  ok: boolean;
  readonly key: string;
  made: Files;
  readonly inputs: Files;
}

/** B7: every combination of a matrix but for those that an `exclude` describes. */
export function expand(pipeline: PipelineSpec, params: Params): Cell[] {
  return pipeline.tasks.flatMap((task) => {
    let all: workload.Values[] = [{}];
    for (const [key, list] of Object.entries(task.matrix ?? {}))
      all = all.flatMap((values) => list.map((value) => ({ ...values, [key]: value })));
    const kept = all.filter((values) => !task.exclude.some((gone) => agrees(gone, values)));
    return kept.map((values) => workload.cellOf(task, values, params));
  });
}

const agrees = (some: workload.Values, other: workload.Values) =>
  Object.keys(some).every((key) => !(key in other) || some[key] === other[key]);

/** B2, B7: the cells that a cell waits for because of one of its `needs`. */
export function chosenBy(need: workload.NeedSpec, cell: Cell, cells: readonly Cell[]): Cell[] {
  const which = need.cells === 'all' ? {} : need.cells === 'agree' ? cell.values : need.cells;
  return cells.filter((other) => other.task.mark === need.mark && agrees(which, other.values));
}

/** B2: the cells that make one of a cell's inputs. */
export function makersOf(cell: Cell, cells: readonly Cell[]): Cell[] {
  const feeds = (output: string) => cell.inputs.some((input) => overlap(output, input));
  return cells.filter((other) => other !== cell && other.outputs.some(feeds));
}

/** Whether what one task declares to make may be what another reads. */
export function overlap(output: string, input: string): boolean {
  if (input.startsWith('!')) return false;
  if (!workload.isPattern(output)) return matches(input, output);
  if (!workload.isPattern(input)) return matches(output, input);
  const base = (pattern: string) => pattern.replace(/[^/]*\*.*$/, '');
  return base(output).startsWith(base(input)) || base(input).startsWith(base(output));
}

/** A path matches itself, `d/` all that lies under it; `*` stays within a folder, `**` crosses folders. */
export function matches(pattern: string, path: string): boolean {
  if (pattern.endsWith('/')) return path.startsWith(pattern);
  const escaped = pattern.replace(/[.+]/g, '\\$&');
  const regexp = escaped.replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${regexp}$`).test(path);
}

export function selects(patterns: readonly string[], path: string): boolean {
  const negated = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  return (
    patterns.some((pattern) => matches(pattern, path)) && !negated.some((pattern) => matches(pattern, path))
  );
}

/** Also brings `history` up to date. */
export function predict(history: History, pipeline: PipelineSpec, disk: Files, request: Request): Prediction {
  const { results, owned, lastEnd, damaged } = history;
  const params = { ...pipeline.params, ...request.params };
  const cells = expand(pipeline, params);
  const files = new Map(disk);
  const settled = new Map<Cell, Settled>();
  const [executed, restored, optional] = [new Set<Cell>(), new Set<Cell>(), new Set<string>()];
  const ran: string[] = [];
  let open = false;

  const needsOf = (cell: Cell, needs = cell.task.needs) =>
    needs.flatMap((need) => chosenBy(need, cell, cells));
  const throughGroups = (cell: Cell): Cell[] =>
    cell.task.group ? needsOf(cell).flatMap(throughGroups) : [cell];
  const isMine = (cell: Cell, path: string) => owned.has(path) && selects(cell.outputs, path);
  const leftOvers = (cell: Cell) =>
    [...files.keys()].filter((path) => isMine(cell, path) && !settled.get(cell)?.made.has(path));
  /** Recorded, but no task makes it as the pipeline stands now. */
  const isOrphan = (path: string) =>
    owned.has(path) &&
    !cells.some((cell) => cell.outputs.includes(path)) &&
    !cells.some((cell) => isMine(cell, path) && settled.get(cell)?.made.has(path) !== false);

  const spoiltIn = ({ made }: Settled) => [...made.values()].filter((text) => damaged.has(text)).length;

  /** C1: the command with its parameters, inputs by content, declared outputs, and what its needs made. */
  function keyOf(cell: Cell, inputs: Files): string {
    const needs = cell.task.needs.filter((need) => !need.orderOnly);
    const counts = needsOf(cell, needs)
      .flatMap(throughGroups)
      .flatMap((need): string[] => {
        const { key, made } = settle(need);
        return need.outputs.length === 0 ? [key] : [...made].map((entry) => JSON.stringify(entry));
      });
    const command = [workload.fill(script(cell.task), cell.values, params), cell.task.word];
    const taken = workload.paramsOf(cell.task).map((name) => [name, params[name]]);
    const parts = [command, taken, cell.outputs, [...inputs].sort(), counts.sort()];
    return createHash('sha1').update(JSON.stringify(parts)).digest('hex');
  }

  /** Decides a task, after everything upstream of it. */
  function settle(cell: Cell): Settled {
    const known = settled.get(cell);
    if (known !== undefined) return known;
    const upstream = [...needsOf(cell), ...makersOf(cell, cells)];
    const ok = upstream.map(settle).every((state) => state.ok);
    const sources = [...disk].filter(([path]) => !owned.has(path));
    const fromUpstream = makersOf(cell, cells).flatMap((maker) => [...settle(maker).made]);
    const inputs = new Map([...sources, ...fromUpstream].filter(([path]) => selects(cell.inputs, path)));
    const state: Settled = { ok, key: keyOf(cell, inputs), made: new Map(), inputs };
    settled.set(cell, state);
    if (!ok || cell.task.group) return state;
    const isForced = request.force === '' || request.force === cell.task.name;
    const result = cell.outputs.length > 0 ? results.get(state.key) : undefined;
    const isDone = cell.outputs.length > 0 ? result !== undefined : lastEnd.get(cell.label) === state.key;
    if (isForced || !isDone || !workload.isCacheable(cell.task)) execute(cell, state);
    else if (result !== undefined) state.made = result.made;
    // What is there but wrong is repaired, asked for or not. Whether for that alone a command runs is left open.
    if (spoiltIn(state) === 0) provide(cell, (path) => files.has(path));
    return state;
  }

  /** C10: before a command starts, its inputs and all outputs of its needs lie there, and no orphan among them. */
  function execute(cell: Cell, state: Settled): void {
    const needs = needsOf(cell).flatMap(throughGroups);
    for (const need of needs) provide(need, () => true);
    for (const maker of makersOf(cell, cells)) provide(maker, (path) => selects(cell.inputs, path));
    for (const path of files.keys())
      if (isMine(cell, path) || (isOrphan(path) && selects(cell.inputs, path))) files.delete(path);
    const seen = [...state.inputs, ...needs.flatMap((need) => [...settle(need).made])];
    const reads = seen.filter(([path]) => selects(cell.reads, path));
    const { trace, made } = meaning(cell, params, reads);
    executed.add(cell);
    ran.push(trace);
    state.ok = !request.failing.includes(cell.mark);
    lastEnd.set(cell.label, state.ok ? state.key : 'failed');
    if (!state.ok) return;
    state.made = made;
    results.set(state.key, { mark: cell.mark, made });
    for (const text of made.values()) damaged.delete(text);
    put(made);
  }

  function put(made: Iterable<[string, string]>): void {
    for (const [path, text] of made) {
      files.set(path, text);
      owned.set(path, text);
    }
  }

  /** Outputs that are asked for lie there with the right bytes: as they are, restored, or made again. */
  function provide(cell: Cell, asked: (path: string) => boolean): void {
    const state = settle(cell);
    const wrong = [...state.made].filter(([path, text]) => asked(path) && files.get(path) !== text);
    const extra = asked('') ? leftOvers(cell) : [];
    if (!state.ok || wrong.length + extra.length === 0) return;
    restored.add(cell);
    const spoilt = spoiltIn(state);
    open ||= spoilt > 0 && (spoilt < state.made.size || wrong.length === 0);
    if (spoilt > 0) execute(cell, state);
    else put(wrong);
    for (const path of extra) files.delete(path);
  }

  for (const target of request.targets.length > 0 ? request.targets : pipeline.default)
    for (const cell of cells) {
      const isPath = cell.outputs.includes(target);
      if (!isPath && cell.label !== target && cell.task.name !== target) continue;
      settle(cell);
      for (const each of throughGroups(cell)) provide(each, (path) => !isPath || path === target);
    }
  for (const [cell, state] of settled) {
    if (!state.ok || executed.has(cell)) continue;
    const extra = leftOvers(cell);
    for (const path of extra) optional.add(path);
    open ||= [...state.made].some(([path, text]) => files.has(path) && files.get(path) !== text);
    // An output folder may have been left empty: then it is there, and wrong.
    const isThere =
      cell.outputs.some(workload.isPattern) || [...state.made.keys()].some((path) => files.has(path));
    const mayBeRestored = isThere || extra.length > 0 || restored.has(cell) || request.failing.length > 0;
    for (const [path, text] of mayBeRestored ? state.made : [])
      if (!files.has(path)) optional.add(path) && files.set(path, text);
  }
  const failed = [...settled.values()].some((state) => !state.ok);
  return { ran: ran.sort(), files, optional, exit: failed ? 1 : 0, open };
}
