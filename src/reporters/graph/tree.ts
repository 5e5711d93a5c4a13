/**
 * The graph as a tree of lines: below each task what it waits for. A task that others wait for, too, is shown
 * whole once. Whatever the graph is like, no line is indented without end: what lies deeper than `MAX_DEPTH`
 * begins again at the left.
 */
import type { GraphEdge, GraphView } from '../../model/graph-view.ts';
import { edgeText, nodeMarks, nodeText } from './words.ts';

export interface TreeStyle {
  readonly ascii: boolean;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const MAX_DEPTH = 24;

interface Open {
  readonly node: number;
  /** The edge by which it is reached; null: a root. */
  readonly edge: GraphEdge | null;
  /** What stands before its children's branches. */
  readonly indent: string;
  readonly depth: number;
  readonly isLast: boolean;
}

export function graphTree(view: GraphView, style: TreeStyle): readonly string[] {
  const branches = style.ascii
    ? { middle: '|-- ', last: '`-- ', through: '|   ', none: '    ', times: 'x' }
    : { middle: '├── ', last: '└── ', through: '│   ', none: '    ', times: '×' };
  const upstream: GraphEdge[][] = view.nodes.map(() => []);
  for (const edge of view.edges) if (edge.from !== edge.to) upstream[edge.to]!.push(edge);
  const waitsForItself = new Set(view.edges.filter(({ from, to }) => from === to).map(({ to }) => to));
  const lines: string[] = [];
  const shown = new Set<number>();
  // A list that grows while it is walked: what is too deep is put at its end.
  const roots = rootsOf(view);
  const waiting = new Set(roots);
  for (const root of roots) {
    if (shown.has(root)) continue;
    const stack: Open[] = [{ node: root, edge: null, indent: '', depth: 0, isLast: true }];
    for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
      const { node, edge, indent, depth, isLast } = open;
      const hasMore = upstream[node]!.length > 0;
      const isAbove = shown.has(node);
      const isTooDeep = !isAbove && hasMore && depth >= MAX_DEPTH;
      const marks = [
        ...nodeMarks(view.nodes[node]!),
        ...(edge === null ? [] : [edgeText(edge, 1)]),
        ...(waitsForItself.has(node) ? ['its cells wait for each other'] : []),
        ...(isAbove && hasMore ? ['see above'] : []),
        ...(isTooDeep ? ['see below'] : []),
      ];
      const name = nodeText(view.nodes[node]!, branches.times);
      const branch = edge === null ? '' : isLast ? branches.last : branches.middle;
      lines.push(
        `${style.dim(indent + branch)}${edge === null ? style.bold(name) : name}${marks.length === 0 ? '' : style.dim(` (${marks.join(', ')})`)}`,
      );
      if (isTooDeep && !waiting.has(node)) {
        waiting.add(node);
        roots.push(node);
      }
      if (isAbove || isTooDeep) continue;
      shown.add(node);
      const below = edge === null ? '' : indent + (isLast ? branches.none : branches.through);
      for (const [at, next] of upstream[node]!.toReversed().entries())
        stack.push({ node: next.from, edge: next, indent: below, depth: depth + 1, isLast: at === 0 });
    }
  }
  return lines;
}

/** Targets, else the tasks that nothing waits for; final tasks last. Folded cells may leave none: then every node. */
function rootsOf({ nodes, edges }: GraphView): number[] {
  const waitedFor = new Set(edges.filter(({ from, to }) => from !== to).map(({ from }) => from));
  const all = nodes.map((_, at) => at);
  const targets = all.filter((at) => nodes[at]!.target);
  const ends = targets.length > 0 ? targets : all.filter((at) => !waitedFor.has(at) && !nodes[at]!.final);
  const finals = all.filter((at) => nodes[at]!.final && !nodes[at]!.target);
  return [...ends, ...finals, ...all.filter((at) => targets.length === 0 && waitedFor.has(at)).toReversed()];
}
