/** Pieces of SVG text: escaping, the style sheet, the arrow head, lines through points. */
import type { EdgeKind } from '../../model/graph-view.ts';

export const EDGE_KINDS: readonly EdgeKind[] = ['need', 'path', 'order'];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text within an element or attribute. What XML can't hold at all, escaped or not, is left out. */
export function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** One decimal is finer than any screen; it keeps files small and alike everywhere. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export interface XY {
  readonly x: number;
  readonly y: number;
}

const at = ({ x, y }: XY) => `${px(x)} ${px(y)}`;

/** A line that leaves and arrives level, and bends smoothly at the points between. */
export function lineThrough(from: XY, between: readonly XY[], to: XY): string {
  const bend = (a: XY, b: XY) => {
    const middle = (a.x + b.x) / 2;
    return `C${at({ x: middle, y: a.y })} ${at({ x: middle, y: b.y })} ${at(b)}`;
  };
  const [first, ...rest] = between;
  if (first === undefined) return `M${at(from)}${bend(from, to)}`;
  let path = `M${at(from)}${bend(from, first)}`;
  let before = first;
  for (const point of rest) {
    path += point.y === before.y ? `L${at(point)}` : bend(before, point);
    before = point;
  }
  return path + bend(before, to);
}

/** A loop over the upper border of a box whose middle this is. */
export function loopAt({ x, y }: XY): string {
  const top = y - 20;
  return `M${at({ x: x + 12, y })}C${at({ x: x + 12, y: top })} ${at({ x: x - 12, y: top })} ${at({ x: x - 12, y })}`;
}

/** Colours are given twice instead of as variables: converters such as rsvg-convert know no variables. */
const COLOURS = {
  light: {
    back: '#ffffff',
    box: '#f6f8fa',
    group: '#ddf4ff',
    line: '#656d76',
    faint: '#8c959f',
    text: '#1f2328',
    target: '#0969da',
  },
  dark: {
    back: '#0d1117',
    box: '#161b22',
    group: '#12283f',
    line: '#8b949e',
    faint: '#6e7681',
    text: '#e6edf3',
    target: '#58a6ff',
  },
};

function coloured({ back, box, group, line, faint, text, target }: (typeof COLOURS)['light']): string {
  return [
    `.back{fill:${back}}`,
    `.box{fill:${box};stroke:${line}}`,
    `.group .box{fill:${group}}`,
    `.target .box{stroke:${target}}`,
    `text{fill:${text}}`,
    `.edge path{stroke:${line}}`,
    `.edge.order path{stroke:${faint}}`,
    `.head{fill:${line}}`,
    `.order-head{fill:${faint}}`,
  ].join('');
}

export const FONT_PX = 12;

export const STYLE =
  `text{font:${FONT_PX}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;text-anchor:middle}` +
  '.legend text{text-anchor:start}' +
  '.box{stroke-width:1.2}.target .box{stroke-width:2.6}.final .box{stroke-dasharray:5 3}' +
  '.edge path{fill:none;stroke-width:1.3}.edge.need path{stroke-width:2.6}.edge.order path{stroke-dasharray:4 4}' +
  `${coloured(COLOURS.light)}@media (prefers-color-scheme:dark){${coloured(COLOURS.dark)}}`;

/** Arrow heads as large as they are whatever the line's width. */
export function arrowHeads(): string {
  const head = (name: string, style: string) =>
    `<marker id="${name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" ` +
    `markerUnits="userSpaceOnUse" orient="auto"><path class="${style}" d="M0 1L10 5L0 9z"/></marker>`;
  return `<defs>${head('orch-head', 'head')}${head('orch-order-head', 'order-head')}</defs>`;
}

export function headOf(kind: EdgeKind): string {
  return kind === 'order' ? 'orch-order-head' : 'orch-head';
}
