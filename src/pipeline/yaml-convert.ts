/**
 * From the YAML library's document to plain nodes: resolves aliases and merge keys, and refuses what the
 * library lets pass: duplicate keys, unknown tags, numbers that lose digits, names that reach a prototype.
 */
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { nearest } from '../base/nearest.ts';
import type { SourcePosition } from '../model/ids.ts';
import type { Problems } from './problems.ts';
import type { SourceFile, Span } from './source-file.ts';
import { describeNode, MAX_DEPTH, type MapEntry, type ScalarNode, type YamlNode } from './yaml-node.ts';

/** Values that aliases may add: nine levels of nine aliases (the "billion laughs") stop here at once. */
export const MAX_ALIAS_VALUES = 500_000;

const KNOWN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** No-break and other typographic blanks, zero-width ones, and byte order marks inside a file. */
const BLANK_THAT_IS_NONE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]/;

/** A tag as written, before the value that it stands at. */
const TAG_BEFORE = /(![^\s,[\]{}]*)\s*(?:&\S+\s+)?$/;

export interface Converted {
  /** null where nothing of the document is usable. */
  readonly root: YamlNode | null;
  /** Offsets of what couldn't be read and is left out. */
  readonly leftOut: readonly number[];
}

/** The text's nesting must be bounded already. */
export function convertDocument(
  document: Document,
  yaml: YamlGuards,
  source: SourceFile,
  problems: Problems,
): Converted {
  const leftOut: number[] = [];
  const root = makeConverter(yaml, source, problems, leftOut)(document.contents as Node);
  return { root, leftOut };
}

/** The library's own tests of what a node is. */
export type YamlGuards = Pick<typeof import('yaml'), 'isAlias' | 'isMap' | 'isSeq'>;

function makeConverter(
  yaml: YamlGuards,
  source: SourceFile,
  problems: Problems,
  leftOut: number[],
): (node: Node | null) => YamlNode | null {
  /** By anchor: the node, or null while its value is still being read. */
  const anchors = new Map<string, YamlNode | null>();
  let aliasValues = 0;
  /** Where indentation isn't what it looks like, everything after it would only be a consequence. */
  let hasStrayBlanks = false;

  const spanOf = (node: Node): Span => ({ start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 });

  const convert = (node: Node | null): YamlNode | null => {
    const converted = convertNode(node);
    if (node !== null && converted === null) leftOut.push(spanOf(node).start);
    return converted;
  };

  const convertNode = (node: Node | null): YamlNode | null => {
    if (node === null) return null;
    const span = spanOf(node);
    if (yaml.isAlias(node)) return alias(node, span);
    const { tag, anchor } = node as Scalar;
    if (tag !== undefined && !KNOWN_TAGS.has(tag)) {
      const written = TAG_BEFORE.exec(source.text.slice(Math.max(0, span.start - 1000), span.start));
      const start = span.start - (written?.[0].length ?? 0);
      const text = written?.[1] ?? tag;
      problems.error(
        'unknown-tag',
        source.position({ start, end: start + text.length }),
        `unknown YAML tag ${text}`,
        {
          hint: text.startsWith('!!') ? 'leave the tag out' : 'a text that starts with "!" needs quotes',
        },
      );
      return null;
    }
    if (anchor !== undefined) {
      // `run: && echo` would lose its first word.
      if (!/^[\p{L}\p{N}_.-]+$/u.test(anchor)) {
        const at = source.text.lastIndexOf(`&${anchor}`, span.start);
        problems.error(
          'unquoted-text',
          source.position({ start: at, end: at + 1 + anchor.length }),
          `&${anchor} is read as an anchor of YAML, not as a text`,
          { hint: 'a text that starts with "&" needs quotes' },
        );
        return null;
      }
      anchors.set(anchor, null);
    }
    const converted = yaml.isMap(node)
      ? map(node, span)
      : yaml.isSeq(node)
        ? list(node, span)
        : scalar(node as Scalar, span);
    if (anchor !== undefined) {
      if (converted === null) anchors.delete(anchor);
      else anchors.set(anchor, converted);
    }
    return converted;
  };

  const alias = ({ source: name }: Alias, span: Span): YamlNode | null => {
    const target = anchors.get(name);
    const place = source.position(span);
    if (target === undefined) {
      const isGlob = !/^[\w-]+$/.test(name);
      const close = isGlob ? null : nearest(name, anchors.keys());
      problems.error(
        'unknown-alias',
        place,
        isGlob
          ? `*${name} is read as an alias of YAML, not as a text`
          : `the alias *${name} has no anchor &${name} before it`,
        {
          hint:
            close !== null
              ? `did you mean *${close}?`
              : `a text that starts with "*", such as a glob, needs quotes: "*${name}"`,
        },
      );
      return null;
    }
    if (target === null) {
      problems.error('self-alias', place, `the alias *${name} stands inside the value that it stands for`);
      return null;
    }
    return affordable(target, place) ? target : null;
  };

  /** Aliases nest values without indentation: what they add is bounded here, in number and depth. */
  const affordable = (target: YamlNode, place: ReturnType<SourceFile['position']>): boolean => {
    const before = aliasValues;
    aliasValues += target.weight;
    if (aliasValues > MAX_ALIAS_VALUES) {
      if (before <= MAX_ALIAS_VALUES)
        problems.error('alias-expansion', place, `aliases add more than ${MAX_ALIAS_VALUES} values`);
      return false;
    }
    if (target.depth < MAX_DEPTH) return true;
    problems.error('too-deep', place, `nested deeper than ${MAX_DEPTH} levels through aliases`);
    return false;
  };

  const scalar = (node: Scalar, span: Span): ScalarNode | null => {
    const { value } = node;
    const leaf = { kind: 'scalar', span, weight: 1, depth: 1 } as const;
    if (typeof value === 'string') return { ...leaf, value, source: value };
    const text = node.source ?? String(value);
    if (value === null || value === undefined) return { ...leaf, value: null, source: text };
    if (typeof value === 'boolean') return { ...leaf, value, source: text };
    if (typeof value !== 'number') {
      problems.error('bad-value', source.position(span), `a value that pipelines can't hold: ${text}`);
      return null;
    }
    if (!Number.isFinite(value))
      problems.error('unsafe-number', source.position(span), `${text} isn't a finite number`, {
        hint: 'put it in quotes if it is a text',
      });
    else if (/^[-+]?(\d+|0o[0-7]+|0x[\da-f]+)$/i.test(text) && !Number.isSafeInteger(value))
      problems.error(
        'unsafe-number',
        source.position(span),
        `the integer ${text} is beyond 2^53 and can't be held exactly`,
        {
          hint: 'put it in quotes to keep it as a text',
        },
      );
    return { ...leaf, value, source: text };
  };

  const list = ({ items }: YAMLSeq, span: Span): YamlNode => {
    const nodes: YamlNode[] = [];
    for (const item of items) {
      const converted = convert(item as Node | null);
      if (converted !== null) nodes.push(converted);
    }
    return { kind: 'list', span, items: nodes, ...measure(nodes) };
  };

  /** Up to the last brace where all stands on one line. */
  const doubleBraces = ({ start, end }: Span) => source.position({ start, end: Math.max(start + 2, end) });

  const map = ({ items }: YAMLMap, span: Span): YamlNode | null => {
    const entries = new Map<string, MapEntry>();
    const merged: { readonly value: YamlNode; readonly span: Span }[] = [];
    for (const pair of items as Pair<Node, Node | null>[]) {
      const keySpan = spanOf(pair.key);
      if (pair.key !== null && yaml.isMap(pair.key)) {
        // `[{{ params.x }}]`, as templates elsewhere are written: nothing of this map was meant as one.
        problems.error('unquoted-text', doubleBraces(span), '"{{ }}" is read as maps of YAML', {
          hint: 'an expression is written ${{ }}, in quotes: "${{ params.year }}"',
        });
        return null;
      }
      const key = keyOf(pair.key, keySpan);
      const converted = convert(pair.value);
      const value: YamlNode | null =
        converted ??
        (pair.value === null
          ? { kind: 'scalar', value: null, source: '', span: keySpan, weight: 1, depth: 1 }
          : null);
      if (key === null || value === null) continue;
      const before = entries.get(key);
      if (key === '<<' && (pair.key as Scalar).type === 'PLAIN')
        merged.push({ value, span: pair.value === null ? keySpan : spanOf(pair.value) });
      else if (before !== undefined) {
        const first = source.position(before.keySpan);
        // Which of both is meant isn't known.
        leftOut.push(before.keySpan.start);
        problems.error(
          'duplicate-key',
          source.position(keySpan),
          `the key ${JSON.stringify(key)} is there twice`,
          {
            related: [{ ...first, message: 'first here' }],
          },
        );
      } else entries.set(key, { key, keySpan, value });
    }
    for (const { value, span: at } of merged) merge(value, source.position(at), entries);
    return { kind: 'map', span, entries, ...measure([...entries.values()].map((entry) => entry.value)) };
  };

  const keyOf = (node: Node | null, span: Span): string | null => {
    const key = plainKey(node, span);
    if (key === null) leftOut.push(span.start);
    return key;
  };

  const plainKey = (node: Node | null, span: Span): string | null => {
    const resolved = node === null ? null : convert(node);
    if (node !== null && resolved === null) return null;
    if (resolved?.kind !== 'scalar' || resolved.source === '') {
      const found =
        resolved === null ? 'nothing' : resolved.kind === 'scalar' ? 'an empty one' : describeNode(resolved);
      problems.error('bad-key', source.position(span), `expected a plain text as the key, found ${found}`);
      return null;
    }
    const blank = BLANK_THAT_IS_NONE.exec(resolved.source);
    if (blank !== null) {
      const code = blank[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      const at = span.start + Math.max(0, source.text.slice(span.start, span.end).indexOf(blank[0]));
      problems.error(
        'bad-key',
        source.position({ start: at, end: at + 1 }),
        `a blank in a key that is no space (U+${code}), which YAML takes for a letter`,
        { hint: 'retype the line: such blanks come from copying out of a browser or document' },
      );
      hasStrayBlanks = true;
      return null;
    }
    if (!FORBIDDEN_KEYS.has(resolved.source)) return resolved.source;
    problems.error('forbidden-key', source.position(span), `the key ${resolved.source} isn't allowed`);
    return null;
  };

  /** `<<`: keys of the map itself win, then those of earlier merged maps (the YAML 1.1 merge key). */
  const merge = (value: YamlNode, place: SourcePosition, entries: Map<string, MapEntry>): void => {
    const maps = value.kind === 'list' ? value.items : [value];
    for (const from of maps) {
      if (from.kind !== 'map')
        problems.error(
          'bad-merge',
          place,
          `"<<" merges a map or a list of maps, found ${describeNode(from)}`,
        );
      else if (affordable(from, place))
        for (const entry of from.entries.values()) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    }
  };

  return (document) => {
    const root = convert(document);
    return hasStrayBlanks ? null : root;
  };
}

function measure(nodes: readonly YamlNode[]): { weight: number; depth: number } {
  let weight = 1;
  let depth = 0;
  for (const node of nodes) {
    weight += node.weight;
    if (node.depth > depth) depth = node.depth;
  }
  return { weight, depth: depth + 1 };
}
