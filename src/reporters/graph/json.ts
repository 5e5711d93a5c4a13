/** The graph as data: what `orch graph --format json` prints. Documented in the README; fields are only added. */
import type { GraphView } from '../../model/graph-view.ts';

export function graphJson({ nodes, edges }: GraphView): object {
  return {
    nodes,
    edges: edges.map(({ from, to, kinds, paths }) => ({
      from: nodes[from]!.id,
      to: nodes[to]!.id,
      kinds,
      paths,
    })),
  };
}
