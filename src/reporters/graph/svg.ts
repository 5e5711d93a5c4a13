/**
 * The graph as one SVG file that needs nothing else: light or dark as its viewer is, tooltips, no script. Where
 * things go is found out by `svg-layout`.
 */
import { type Outcome, ok } from '../../base/outcome.ts';
import { singleLine } from '../../base/single-line.ts';
import type { GraphEdge, GraphNode, GraphView } from '../../model/graph-view.ts';
import { layOut, type TooLarge } from './svg-layout.ts';
import {
  arrowHeads,
  EDGE_KINDS,
  FONT_PX,
  headOf,
  lineThrough,
  loopAt,
  px,
  STYLE,
  type XY,
  xmlText,
} from './svg-parts.ts';
import { edgeText, kindWord, nodeText, nodeTitle, strongest } from './words.ts';

const MAX_NAME_COLUMNS = 32;
/** Advance of a monospaced character, in pixels. */
const COLUMN_PX = FONT_PX * 0.61;
const BOX_HEIGHT = 30;
const STACK_PX = 3;
const LEGEND_HEIGHT = 34;
const TOOLTIP_PATHS = 10;

export async function graphSvg(view: GraphView, title: string): Promise<Outcome<string, TooLarge>> {
  const { default: widthOf } = await import('string-width');
  const { default: truncate } = await import('cli-truncate');
  const names = view.nodes.map((node) => truncate(nodeText(node), MAX_NAME_COLUMNS, { position: 'middle' }));
  const boxes = names.map((name) => ({ width: widthOf(name) * COLUMN_PX + 24, height: BOX_HEIGHT }));
  const placed = await layOut(boxes, view.edges);
  if (!placed.ok) return placed;
  const { centres, lines } = placed.value;
  const legend = legendOf(view);
  /** From the right of the one to the left of the other; cycles of folded cells make some go the other way round. */
  const wayOf = ({ from, to }: GraphEdge, between: readonly XY[]): string => {
    const [start, end] = [centres[from]!, centres[to]!];
    if (from === to) return loopAt({ x: start.x, y: start.y - BOX_HEIGHT / 2 - STACK_PX });
    const side = start.x <= end.x ? 1 : -1;
    return lineThrough({ x: start.x + (side * boxes[from]!.width) / 2, y: start.y }, between, {
      x: end.x - (side * boxes[to]!.width) / 2,
      y: end.y,
    });
  };
  const width = Math.max(placed.value.width, legend.width);
  const height = placed.value.height + LEGEND_HEIGHT;
  return ok(
    [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" role="img">`,
      `<title>${xmlText(singleLine(title))}</title>`,
      `<style>${xmlText(STYLE)}</style>`,
      arrowHeads(),
      `<rect class="back" width="100%" height="100%"/>`,
      ...view.edges.map((edge, at) => drawnEdge(edge, view.nodes, wayOf(edge, lines[at]!))),
      ...view.nodes.map((node, at) => drawnNode(node, names[at]!, boxes[at]!.width, centres[at]!)),
      `<g class="legend" transform="translate(16 ${px(placed.value.height + 8)})">${legend.text}</g>`,
      '</svg>\n',
    ].join('\n'),
  );
}

function drawnEdge(edge: GraphEdge, nodes: readonly GraphNode[], way: string): string {
  const kind = strongest(edge);
  const title = `${nodeText(nodes[edge.from]!)} → ${nodeText(nodes[edge.to]!)}: ${edgeText(edge, TOOLTIP_PATHS)}`;
  return `<g class="edge ${kind}"><title>${xmlText(singleLine(title))}</title><path d="${way}" marker-end="url(#${headOf(kind)})"/></g>`;
}

function drawnNode(node: GraphNode, name: string, width: number, { x, y }: XY): string {
  const box = (dx: number) =>
    `<rect class="box" x="${px(x - width / 2 + dx)}" y="${px(y - BOX_HEIGHT / 2 - dx)}" width="${px(width)}" height="${BOX_HEIGHT}" rx="${node.kind === 'group' ? BOX_HEIGHT / 2 : 5}"/>`;
  return (
    `<g class="${classesOf(node)}"><title>${xmlText(singleLine(nodeTitle(node)))}</title>` +
    `${node.cells > 1 ? box(STACK_PX) : ''}${box(0)}<text x="${px(x)}" y="${px(y)}" dy=".35em">${xmlText(name)}</text></g>`
  );
}

function classesOf({ kind, final, target }: GraphNode): string {
  return [kind, ...(final ? ['final'] : []), ...(target ? ['target'] : [])].join(' ');
}

/** Only what occurs is explained. */
function legendOf({ nodes, edges }: GraphView): { readonly text: string; readonly width: number } {
  let x = 0;
  const parts: string[] = [];
  const add = (sample: (x: number) => string, word: string) => {
    parts.push(`${sample(x)}<text x="${px(x + 38)}" y="0" dy=".35em">${word}</text>`);
    x += 38 + word.length * COLUMN_PX + 24;
  };
  for (const kind of EDGE_KINDS.filter((each) => edges.some((edge) => strongest(edge) === each)))
    add(
      (at) =>
        `<g class="edge ${kind}"><path d="M${px(at)} 0L${px(at + 30)} 0" marker-end="url(#${headOf(kind)})"/></g>`,
      kindWord(kind),
    );
  const boxes: readonly (readonly [string, string, boolean])[] = [
    ['task target', 'target', nodes.some(({ target }) => target)],
    ['group', 'group', nodes.some(({ kind }) => kind === 'group')],
    ['task final', 'finally', nodes.some(({ final }) => final)],
  ];
  for (const [style, word, occurs] of boxes)
    if (occurs)
      add(
        (at) =>
          `<g class="${style}"><rect class="box" x="${px(at)}" y="-7" width="30" height="14" rx="${style === 'group' ? 7 : 3}"/></g>`,
        word,
      );
  return { text: parts.join(''), width: x + 32 };
}
