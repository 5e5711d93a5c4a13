/**
 * Who waits for whom: the edges between tasks, from `needs` and from paths that one task makes and another
 * reads. Pure: it knows declarations, not the disk. Path matching comes in as a value (`PathMatching`) so that
 * glob code is loaded only where a pipeline has globs.
 */
import type { ClaimedPath } from '../model/claim.ts';
import type { EdgeKind } from '../model/graph-view.ts';
import type { TaskId } from '../model/ids.ts';
import type { InputSpec, OutputSpec, Task } from '../model/task.ts';

export interface PathMatching {
  readonly compile: (glob: string) => (path: string) => boolean;
  /** May one path match both? False only where that is certain. */
  readonly mayIntersect: (a: string, b: string) => boolean;
  /** The literal folder that a glob starts with, '' for none. */
  readonly parentOf: (glob: string) => string;
}

export interface Edge {
  /** Index of the upstream task. */
  readonly task: number;
  readonly kind: EdgeKind;
  /** Of a `path`: what the upstream task makes and the other reads, as declared; the narrower of the two. */
  readonly paths: readonly string[];
}

export interface Graph {
  readonly tasks: readonly Task[];
  readonly indexOf: ReadonlyMap<TaskId, number>;
  /** By task: what it waits for, in the order of declaration, without repetition of the same kind. */
  readonly upstream: readonly (readonly Edge[])[];
  readonly downstream: readonly (readonly number[])[];
  /** The task whose declared outputs cover a path, or null. */
  readonly makerOf: (path: string) => number | null;
  /** Declared files and folders (no globs) below a folder. */
  readonly madeBelow: (folder: string) => readonly DeclaredOutput[];
  /** May some task make what the input means? Exact for literal paths. */
  readonly isMadeInput: (input: InputSpec) => boolean;
}

export interface DeclaredOutput {
  readonly task: number;
  readonly spec: OutputSpec;
}

/** Builds the edges. Needs must name existing tasks (the loader checks it). Cycles are found by `findCycle`. */
export function buildGraph(tasks: readonly Task[], matching: PathMatching): Graph {
  const indexOf = new Map<TaskId, number>(tasks.map((task, index) => [task.id, index]));
  const outputs = indexOutputs(tasks, matching);
  const upstream: Edge[][] = [];
  const downstream: number[][] = tasks.map(() => []);
  for (const [index, task] of tasks.entries()) {
    const kinds = new Map<string, Edge & { readonly paths: string[] }>();
    const add = (maker: number, kind: EdgeKind, path: string | null) => {
      if (maker === index) return;
      const key = `${maker} ${kind}`;
      const paths = path === null ? [] : [path];
      const known = kinds.get(key);
      if (known === undefined) kinds.set(key, { task: maker, kind, paths });
      else if (path !== null && known.paths.at(-1) !== path) known.paths.push(path);
    };
    for (const need of task.needs) {
      const needed = indexOf.get(need.task);
      if (needed !== undefined) add(needed, need.orderOnly ? 'order' : 'need', null);
    }
    const isNegated = negationOf(task.inputs, matching);
    for (const input of task.inputs) {
      if (input.negated || input.external) continue;
      for (const output of outputs.overlapping(input))
        if (output.spec.kind !== 'file' || input.kind === 'file' || !isNegated(output.spec.path))
          add(output.task, 'path', narrower(output.spec, input));
    }
    const edges = [...kinds.values()];
    upstream.push(edges);
    for (const maker of new Set(edges.map((edge) => edge.task))) downstream[maker]?.push(index);
  }
  const isMadeInput = (input: InputSpec) => outputs.overlapping(input).length > 0;
  const { makerOf, below: madeBelow } = outputs;
  return { tasks, indexOf, upstream, downstream, makerOf, madeBelow, isMadeInput };
}

/** Of an output and an input that overlap, what says best what goes from the one to the other. */
function narrower(output: OutputSpec, input: InputSpec): string {
  if (output.kind === 'file') return output.path;
  if (input.kind === 'file') return input.path;
  if (output.kind === 'glob') return output.path;
  return input.kind === 'folder' && input.path.length > output.path.length
    ? `${input.path}/`
    : `${output.path}/`;
}

function negationOf(inputs: readonly InputSpec[], matching: PathMatching): (path: string) => boolean {
  const negated = inputs.filter((input) => input.negated).map((input) => coverage(input, matching));
  return (path) => negated.some((covers) => covers(path));
}

/** Does a declared path, folder or glob cover a path? */
export function coverage(
  spec: { readonly kind: InputSpec['kind']; readonly path: string },
  matching: Pick<PathMatching, 'compile'>,
): (path: string) => boolean {
  if (spec.kind === 'glob') return matching.compile(spec.path);
  const prefix = spec.path === '' ? '' : `${spec.path}/`;
  // A literal path may turn out to be a folder; then what lies in it belongs to it.
  return (path) => path === spec.path || path.startsWith(prefix);
}

/** Does a path, folder or glob overlap with one of these? */
export function overlapsOf(
  paths: readonly ClaimedPath[],
  matching: PathMatching,
): (path: ClaimedPath) => boolean {
  const index = indexOutputs([{ outputs: paths }], matching);
  return (path) => index.overlapping(path).length > 0;
}

interface Indexed<Spec> {
  readonly task: number;
  readonly spec: Spec;
}

interface OutputIndex<Spec> {
  readonly overlapping: (input: ClaimedPath) => readonly Indexed<Spec>[];
  readonly makerOf: (path: string) => number | null;
  readonly below: (folder: string) => readonly Indexed<Spec>[];
}

function indexOutputs<Spec extends ClaimedPath>(
  tasks: readonly { readonly outputs: readonly Spec[] }[],
  matching: PathMatching,
): OutputIndex<Spec> {
  const byPath = new Map<string, Indexed<Spec>>();
  const literal: Indexed<Spec>[] = [];
  const globs: (Indexed<Spec> & { covers: (path: string) => boolean })[] = [];
  for (const [task, { outputs }] of tasks.entries())
    for (const spec of outputs) {
      if (spec.kind === 'glob') globs.push({ task, spec, covers: matching.compile(spec.path) });
      else {
        literal.push({ task, spec });
        byPath.set(spec.path, { task, spec });
      }
    }
  literal.sort((a, b) => (a.spec.path < b.spec.path ? -1 : a.spec.path > b.spec.path ? 1 : 0));

  /** The literal output that is the path or lies above it, as a folder or as a link to one. */
  const above = (path: string): Indexed<Spec> | null => {
    const exact = byPath.get(path);
    if (exact !== undefined) return exact;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const found = byPath.get(path.slice(0, end));
      if (found !== undefined) return found;
    }
    return null;
  };
  /** Literal outputs below a folder: they are neighbours in the sorted list. */
  const below = (folder: string): Indexed<Spec>[] => {
    if (folder === '') return literal;
    const prefix = `${folder}/`;
    let low = 0;
    let high = literal.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (literal[middle]!.spec.path < prefix) low = middle + 1;
      else high = middle;
    }
    const found: Indexed<Spec>[] = [];
    for (let at = low; at < literal.length && literal[at]!.spec.path.startsWith(prefix); at++)
      found.push(literal[at]!);
    return found;
  };

  return {
    overlapping(input) {
      if (input.kind === 'glob') {
        const parent = matching.parentOf(input.path);
        const covers = matching.compile(input.path);
        const found = below(parent).filter(
          ({ spec }) =>
            covers(spec.path) ||
            (spec.kind === 'folder' && matching.mayIntersect(`${spec.path}/**`, input.path)),
        );
        const outer = parent === '' ? null : above(parent);
        if (outer !== null) found.push(outer);
        return [...found, ...globs.filter(({ spec }) => matching.mayIntersect(spec.path, input.path))];
      }
      const outer = above(input.path);
      const found = outer === null ? below(input.path) : [outer, ...below(input.path)];
      const inside = globs.filter(
        ({ spec, covers }) =>
          covers(input.path) || matching.mayIntersect(spec.path, `${escapeGlob(input.path)}/**`),
      );
      return [...found, ...inside];
    },
    below,
    makerOf(path) {
      return above(path)?.task ?? globs.find(({ covers }) => covers(path))?.task ?? null;
    },
  };
}

/** A literal path as a glob that matches only it. */
export function escapeGlob(path: string): string {
  return path.replace(/[\\*?[\]{}()!+@]/g, '\\$&');
}

/** The tasks of one cycle, first repeated at the end, or null. */
export function findCycle(graph: Graph): readonly Task[] | null {
  const state = new Uint8Array(graph.tasks.length); // 0 unseen, 1 on the path, 2 done
  const path: number[] = [];
  for (let start = 0; start < graph.tasks.length; start++) {
    if (state[start] !== 0) continue;
    // An explicit stack: a chain of 10,000 tasks must not overflow the call stack.
    const stack: { task: number; next: number }[] = [{ task: start, next: 0 }];
    state[start] = 1;
    path.push(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const edge = graph.upstream[top.task]![top.next++];
      if (edge === undefined) {
        state[top.task] = 2;
        path.pop();
        stack.pop();
      } else if (state[edge.task] === 1) {
        const cycle = path.slice(path.indexOf(edge.task));
        return [...cycle, edge.task].map((index) => graph.tasks[index]!);
      } else if (state[edge.task] === 0) {
        state[edge.task] = 1;
        path.push(edge.task);
        stack.push({ task: edge.task, next: 0 });
      }
    }
  }
  return null;
}
