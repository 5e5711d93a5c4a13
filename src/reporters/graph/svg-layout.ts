/**
 * Where the boxes and lines of a drawn graph go. dagre finds that out; it is loaded here and nowhere else, because
 * that takes time. It knows sizes and who points to whom, not what is drawn.
 */
import type { EdgeLabel, GraphLabel, NodeLabel, Point } from '@dagrejs/dagre';
import { fail, type Outcome, ok } from '../../base/outcome.ts';

export interface Box {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

export interface Arrow {
  /** Indexes of boxes. */
  readonly from: number;
  readonly to: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Centres, by box. */
  readonly centres: readonly Point[];
  /** What each arrow goes through on its way, in order; nothing where the way is free. */
  readonly lines: readonly (readonly Point[])[];
}

export interface TooLarge {
  readonly boxes: number;
  readonly maxBoxes: number;
}

/**
 * 1,000 boxes take seconds, several thousand minutes, or more call stack than there is. So does a line past many
 * columns: dagre makes a point of it in each of them.
 */
const MAX_BOXES = 1_000;
const MAX_POINTS = 20_000;
/** From here on the best placement isn't worth its time. */
const MANY_BOXES = 150;

/** Left to right. Boxes must be in an order in which arrows mostly point forward. */
export async function layOut(
  boxes: readonly Box[],
  arrows: readonly Arrow[],
): Promise<Outcome<Layout, TooLarge>> {
  if (boxes.length > MAX_BOXES || pointsOf(boxes.length, arrows) > MAX_POINTS)
    return fail({ boxes: boxes.length, maxBoxes: MAX_BOXES });
  const { Graph, layout } = await import('@dagrejs/dagre');
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>();
  graph.setGraph({
    rankdir: 'LR',
    nodesep: 18,
    edgesep: 12,
    ranksep: 56,
    marginx: 16,
    marginy: 20,
    ranker: boxes.length > MANY_BOXES ? 'tight-tree' : 'network-simplex',
  });
  for (const [at, box] of boxes.entries()) graph.setNode(String(at), { ...box });
  for (const { from, to } of arrows) if (from !== to) graph.setEdge(String(from), String(to), {});
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return ok({
    width,
    height,
    centres: boxes.map((_, at) => {
      const { x = 0, y = 0 } = graph.node(String(at));
      return { x, y };
    }),
    lines: arrows.map(({ from, to }) => {
      const points = from === to ? [] : (graph.edge(String(from), String(to)).points ?? []);
      // Its ends lie on the borders, towards the middle of the boxes; and one point lies between neighbours.
      return points.length <= 3 ? [] : points.slice(1, -1);
    }),
  });
}

function pointsOf(boxes: number, arrows: readonly Arrow[]): number {
  const columns = new Array<number>(boxes).fill(0);
  const sorted = arrows.toSorted((a, b) => a.to - b.to);
  for (const { from, to } of sorted) if (from < to) columns[to] = Math.max(columns[to]!, columns[from]! + 1);
  return arrows.reduce((sum, { from, to }) => sum + Math.abs(columns[to]! - columns[from]!), 0);
}
