/**
 * YAML as the rest of the loader sees it: scalars, lists and maps with their places; aliases and merge keys are
 * already resolved (nodes may be shared, never circular), keys are texts and unique.
 */
import type { JsonValue } from '../model/ids.ts';
import type { Span } from './source-file.ts';

/** Far beyond what people nest; the parser's recursion would end the process at some 20,000. */
export const MAX_DEPTH = 100;

interface NodeBase {
  readonly span: Span;
  /** Values in it, with every alias counted as often as it is used. */
  readonly weight: number;
  readonly depth: number;
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written, for plain scalars (`010` where the value is 10); the value itself for texts. */
  readonly source: string;
}

export interface ListNode extends NodeBase {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
}

export interface MapEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: YamlNode;
}

export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export type YamlNode = ScalarNode | ListNode | MapNode;

/** A map has no prototype, so that no name in a file can reach one. */
export function toJson(node: YamlNode): JsonValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toJson);
  const object: Record<string, JsonValue> = Object.create(null);
  for (const { key, value } of node.entries.values()) object[key] = toJson(value);
  return object;
}

/** The value under a key, null where the node is no map or has no such key. */
export function child(node: YamlNode | null, key: string): YamlNode | null {
  return node?.kind === 'map' ? (node.entries.get(key)?.value ?? null) : null;
}

/** The entries of a map, none for anything else. */
export function entriesOf(node: YamlNode | null): readonly MapEntry[] {
  return node?.kind === 'map' ? [...node.entries.values()] : [];
}

/** The items of a list, the node itself where it is a scalar, none for anything else. */
export function itemsOf(node: YamlNode | null): readonly YamlNode[] {
  if (node === null || node.kind === 'map') return [];
  return node.kind === 'list' ? node.items : [node];
}

/** A scalar as the text that was written, so that `010` stays `010`; null for anything else. */
export function textOf(node: YamlNode | null): string | null {
  return node?.kind === 'scalar' && node.value !== null ? node.source : null;
}

/** The path of the innermost value around an offset of the text: `tasks.train.inputs[0]`, '' for the whole. */
export function subjectAt(root: YamlNode, offset: number): string {
  let subject = '';
  for (let node: YamlNode | null = root; node !== null; ) {
    let inner: YamlNode | null = null;
    if (node.kind === 'map')
      for (const { key, keySpan, value } of node.entries.values()) {
        if (offset < keySpan.start || offset >= Math.max(keySpan.end, value.span.end)) continue;
        subject = subject === '' ? key : `${subject}.${key}`;
        inner = value;
      }
    else if (node.kind === 'list')
      for (const [index, item] of node.items.entries())
        if (offset >= item.span.start && offset < item.span.end) {
          subject = `${subject}[${index}]`;
          inner = item;
        }
    node = inner;
  }
  return subject;
}

/** What a node is, in words for error messages. */
export function describeNode(node: YamlNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.value === null) return 'nothing';
  const shown = node.source.length > 60 ? `${node.source.slice(0, 57)}…` : node.source;
  if (typeof node.value === 'string') return `the text ${JSON.stringify(shown)}`;
  const asRead = String(node.value) === node.source ? '' : `, which YAML reads from ${shown}`;
  return `${typeof node.value === 'number' ? 'the number' : 'the boolean'} ${node.value}${asRead}`;
}
