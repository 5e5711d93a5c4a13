/** What nodes and edges of a graph are called in every format that people read. */
import type { EdgeKind, GraphEdge, GraphNode } from '../../model/graph-view.ts';

/** `train`, `train[model=a]`, of folded cells `train ×12`. */
export function nodeText({ label, cells }: GraphNode, times = '×'): string {
  if (cells === 1) return label;
  const bracket = label.indexOf('[');
  return `${bracket === -1 ? label : label.slice(0, bracket)} ${times}${cells}`;
}

/** All that there is to say of a node: for tooltips. */
export function nodeTitle(node: GraphNode): string {
  const marks = [...(node.cells > 1 ? [`${node.cells} cells`] : []), ...nodeMarks(node)];
  const about = [node.label, ...(marks.length > 0 ? [`(${marks.join(', ')})`] : [])].join(' ');
  return node.description === null ? about : `${about}: ${node.description}`;
}

export function nodeMarks({ kind, final }: GraphNode): string[] {
  return [...(kind === 'group' ? ['group'] : []), ...(final ? ['finally'] : [])];
}

const KIND_WORDS: Readonly<Record<EdgeKind, string>> = {
  need: 'need',
  path: 'path',
  order: 'order only',
};

export const kindWord = (kind: EdgeKind): string => KIND_WORDS[kind];

/** The way that says most: what a task needs it also waits for. It decides how the edge is drawn. */
export function strongest({ kinds }: GraphEdge): EdgeKind {
  return kinds.includes('need') ? 'need' : kinds.includes('path') ? 'path' : 'order';
}

/** `need, path data/a.csv +2`: at most `shownPaths` of the paths. */
export function edgeText({ kinds, paths }: GraphEdge, shownPaths: number): string {
  return kinds
    .map((kind) => {
      if (kind !== 'path') return kindWord(kind);
      const more = paths.length - shownPaths;
      return ['path', ...paths.slice(0, shownPaths), ...(more > 0 ? [`+${more}`] : [])].join(' ');
    })
    .join(', ');
}
