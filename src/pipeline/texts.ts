/**
 * Texts of a file with `${{ }}` in them: read once, however many matrix cells use them, with their places in the
 * file. What is wrong with them is reported here; values are filled in by `scope.ts` and its users.
 */
import type { Placeholder, Template } from '../model/expression.ts';
import type { SourcePosition } from '../model/ids.ts';
import {
  endOfPlaceholder,
  type FileRead,
  type Mention,
  parseTemplate,
  templateMentions,
  templateReads,
} from './expression/index.ts';
import type { Problems } from './problems.ts';
import { hasExpression } from './schema.ts';
import { countBelow, type SourceFile, type Span } from './source-file.ts';
import type { ScalarNode, YamlNode } from './yaml-node.ts';

/** `shell`: values are quoted for a shell that reads the text. */
export type Reader = 'raw' | 'shell';

export interface ReadText {
  readonly template: Template;
  readonly mentions: readonly Mention[];
  /** By `read_json`. */
  readonly reads: readonly FileRead[];
  readonly position: SourcePosition;
}

export interface Texts {
  /** null where the text is wrong, which is reported once. */
  read(node: ScalarNode, reader: Reader): ReadText | null;
  /** Of a text that is wrong: the placeholders that can be read all the same. */
  readableParts(node: ScalarNode): Template;
}

const NOTHING = { mentions: [], reads: [] } as const;

export function readTexts(source: SourceFile, problems: Problems): Texts {
  const known = {
    raw: new Map<ScalarNode, ReadText | null>(),
    shell: new Map<ScalarNode, ReadText | null>(),
  };
  const read = (node: ScalarNode, reader: Reader): ReadText | null => {
    const position = placeOf(node, source);
    const text = node.source;
    if (!hasExpression(text)) return { template: text, ...NOTHING, position };
    const parsed = parseTemplate(text, { at: positionsIn(node, source), reader });
    if (parsed.ok) {
      const template = parsed.value;
      return { template, mentions: templateMentions(template), reads: templateReads(template), position };
    }
    for (const { kind = 'bad-expression', message, position: at, hint } of parsed.error)
      problems.error(kind, at, message, { hint: hint ?? null });
    return null;
  };
  return {
    read(node, reader) {
      let text = known[reader].get(node);
      if (text === undefined) {
        text = read(node, reader);
        known[reader].set(node, text);
      }
      return text;
    },
    readableParts(node) {
      const at = positionsIn(node, source);
      const parts: (string | Placeholder)[] = [];
      for (let offset = node.source.indexOf('${{'); offset !== -1; ) {
        const end = endOfPlaceholder(node.source, offset + 3);
        if (end === null) break;
        const start = offset;
        const shifted = (from: number, to: number = from) => at(start + from, start + to);
        const parsed = parseTemplate(node.source.slice(start, end), { at: shifted, reader: 'raw' });
        if (parsed.ok && typeof parsed.value !== 'string') parts.push(...parsed.value.parts);
        offset = node.source.indexOf('${{', end);
      }
      return { parts };
    },
  };
}

/**
 * Where an offset of a scalar's value stands in the file. Quotes, escapes, folding and indentation move
 * characters around, but never a `${{`: the n-th of the value is the n-th in the file, and inside a placeholder
 * little is moved.
 */
function positionsIn(node: ScalarNode, source: SourceFile): (offset: number, end?: number) => SourcePosition {
  const { span } = node;
  const inValue = placeholdersIn(node.source);
  const inFile = placeholdersIn(source.text.slice(span.start, span.end));
  return (offset, end = offset) => {
    const nth = countBelow(inValue, offset + 1) - 1;
    const start = inFile[nth];
    const at =
      start === undefined ? span.start : Math.min(span.start + start + (offset - inValue[nth]!), span.end);
    return source.position({ start: at, end: Math.min(at + (end - offset), span.end) });
  };
}

function placeholdersIn(text: string): readonly number[] {
  return [...text.matchAll(/\$\{\{/g)].map((found) => found.index);
}

/** Where messages about a node point: the first line of a scalar, the first character of a list or map. */
export function placeOf(
  { span, kind }: { readonly span: Span; readonly kind: YamlNode['kind'] },
  source: SourceFile,
): SourcePosition {
  return source.position(kind === 'scalar' ? span : { start: span.start, end: span.start });
}
