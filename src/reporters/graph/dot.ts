/** The graph in Graphviz's DOT language: `orch graph --format dot | dot -Tsvg`. */
import { singleLine } from '../../base/single-line.ts';
import type { EdgeKind, GraphNode, GraphView } from '../../model/graph-view.ts';
import { edgeText, nodeText, nodeTitle, strongest } from './words.ts';

const STYLES: Readonly<Record<EdgeKind, string>> = { need: 'bold', path: 'solid', order: 'dashed' };
const TOOLTIP_PATHS = 10;

export function graphDot({ nodes, edges }: GraphView): string {
  const lines = [
    'digraph orch {',
    '  // need: bold, path: solid, order only: dashed',
    '  graph [rankdir=LR]',
    '  node [shape=box, style=rounded, fontname="sans-serif"]',
    ...nodes.map((node) => `  ${id(node)} [${attributesOf(node).join(', ')}]`),
    ...edges.map((edge) => {
      const tooltip = label(edgeText(edge, TOOLTIP_PATHS));
      return `  ${id(nodes[edge.from]!)} -> ${id(nodes[edge.to]!)} [style=${STYLES[strongest(edge)]}, tooltip=${tooltip}]`;
    }),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function attributesOf(node: GraphNode): string[] {
  return [
    `label=${label(nodeText(node))}`,
    `tooltip=${label(nodeTitle(node))}`,
    ...(node.kind === 'group' ? ['shape=hexagon', 'style=solid'] : []),
    ...(node.cells > 1 ? ['peripheries=2'] : []),
    ...(node.final ? ['style="rounded,dashed"'] : []),
    ...(node.target ? ['penwidth=2'] : []),
  ];
}

/** Within quotes only `\"` is an escape, but `\\` is read as a pair, so that doubling keeps the end quote an end. */
function id(node: GraphNode): string {
  return `"${node.id.replace(/["\\]/g, '\\$&')}"`;
}

/** In labels `\N`, `\l` and the like and `&amp;` mean something. */
function label(text: string): string {
  return `"${singleLine(text).replaceAll('&', '&amp;').replace(/["\\]/g, '\\$&')}"`;
}
