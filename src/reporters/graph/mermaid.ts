/** The graph in Mermaid's flowchart language, for Markdown pages that draw it. */
import type { EdgeKind, GraphNode, GraphView } from '../../model/graph-view.ts';
import { nodeText, strongest } from './words.ts';

const ARROWS: Readonly<Record<EdgeKind, string>> = { need: '==>', path: '-->', order: '-.->' };

export function graphMermaid({ nodes, edges }: GraphView): string {
  const lines = [
    'flowchart LR',
    '  %% need ==>  path -->  order only -.->',
    ...nodes.map((node, at) => `  n${at}${shaped(node)}`),
    ...edges.map((edge) => `  n${edge.from} ${ARROWS[strongest(edge)]} n${edge.to}`),
  ];
  const targets = nodes.flatMap((node, at) => (node.target ? [`n${at}`] : []));
  if (targets.length > 0)
    lines.push('  classDef target stroke-width:3px', `  class ${targets.join(',')} target`);
  return `${lines.join('\n')}\n`;
}

function shaped(node: GraphNode): string {
  const text = quoted(nodeText(node));
  if (node.kind === 'group') return `{{${text}}}`;
  if (node.final) return `([${text}])`;
  return node.cells > 1 ? `[[${text}]]` : `[${text}]`;
}

/**
 * Mermaid has no escape within quotes but character references written `#34;`, and reads even quoted texts as
 * Markdown. So everything but letters, digits and harmless marks is written as one; `_` where it could begin
 * emphasis, `.` where it could make a list, `:` where a line looks to it like one of styles.
 */
function quoted(text: string): string {
  const characters = Array.from(text);
  const isWord = (at: number) => /[\p{L}\p{N}_]/u.test(characters[at] ?? '');
  const escaped = characters.map((character, at) => {
    const isHarmless =
      /[\p{L}\p{M}\p{N} ,=/×…[\]()-]/u.test(character) ||
      (character === ':' && !/style|classDef/.test(text)) ||
      (character === '_' && isWord(at - 1) && isWord(at + 1)) ||
      (character === '.' && characters[at + 1] !== ' ');
    return isHarmless ? character : `#${character.codePointAt(0)};`;
  });
  return `"${escaped.join('')}"`;
}
