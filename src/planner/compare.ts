/**
 * What differs between two key manifests, as reasons. Pure. The same manifest is hashed into the key, so
 * whatever changes a key is found here and nothing else is.
 */
import type { StaleReason } from '../model/decision.ts';
import type { JsonValue } from '../model/ids.ts';
import type { KeyManifest, ManifestPart } from '../model/manifest.ts';

/** Reasons in the order in which they explain best: one's own changes before what came from upstream. */
export function compareManifests(before: KeyManifest, after: KeyManifest): StaleReason[] {
  const reasons: StaleReason[] = [];
  const old = new Map(before.parts.map((part) => [identity(part), part]));
  const now = new Map(after.parts.map((part) => [identity(part), part]));
  for (const [id, part] of now) {
    const was = old.get(id);
    if (was === undefined || contentOf(was) !== contentOf(part)) reasons.push(reasonFor(was ?? null, part));
  }
  for (const [id, part] of old) if (!now.has(id)) reasons.push(reasonFor(part, null));
  return reasons.sort((a, b) => rank(a) - rank(b));
}

/** What makes two parts the same subject with perhaps another value. */
function identity(part: ManifestPart): string {
  switch (part.part) {
    case 'scope':
    case 'command':
    case 'shell':
    case 'dir':
      return part.part;
    case 'tool':
      return `tool ${part.command}`;
    case 'output':
      return `output ${part.kind} ${part.path}`;
    case 'input':
      return `input ${part.path}`;
    case 'need':
      return `need ${part.from}`;
    default:
      return `${part.part} ${part.name}`;
  }
}

function contentOf(part: ManifestPart): string {
  switch (part.part) {
    case 'input':
      return `${part.executable ? 'x' : '-'} ${part.content}`;
    case 'secret':
      return part.hmac;
    case 'tool':
      return part.output;
    case 'output':
      return '';
    default:
      return JSON.stringify(part.value);
  }
}

/** `before` or `after` is null where the part is new or gone. */
function reasonFor(before: ManifestPart | null, after: ManifestPart | null): StaleReason {
  const part = (after ?? before)!;
  switch (part.part) {
    case 'scope':
      return { why: 'scope-changed' };
    case 'command':
      return { why: 'command-changed', from: textOfPart(before), to: part.value };
    case 'shell':
      return { why: 'shell-changed' };
    case 'dir':
      return { why: 'dir-changed', from: textOfPart(before), to: part.value };
    case 'output':
      return { why: 'outputs-changed' };
    case 'secret':
      return { why: 'secret-changed', name: part.name };
    case 'need':
      return { why: 'need-changed', task: part.from };
    case 'tool':
      return {
        why: 'tool-changed',
        command: part.command,
        from: before?.part === 'tool' ? before.output : '',
        to: after?.part === 'tool' ? after.output : '',
      };
    case 'env':
      return {
        why: 'env-changed',
        name: part.name,
        from: before?.part === 'env' ? before.value : undefined,
        to: after?.part === 'env' ? after.value : undefined,
      };
    case 'param':
    case 'matrix':
      return {
        why: part.part === 'param' ? 'param-changed' : 'matrix-changed',
        ...firstDifference(
          part.name,
          before !== null && 'name' in before && 'value' in before ? before.value : undefined,
          after !== null && 'name' in after && 'value' in after ? after.value : undefined,
        ),
      };
    case 'input':
      if (part.from !== null) return { why: 'upstream-changed', task: part.from, path: part.path };
      if (before === null) return { why: 'input-added', path: part.path };
      if (after === null) return { why: 'input-removed', path: part.path };
      return {
        why: 'input-changed',
        path: part.path,
        from: before.part === 'input' ? before.content : '',
        to: part.content,
      };
  }
}

interface Difference {
  readonly name: string;
  readonly from: JsonValue | undefined;
  readonly to: JsonValue | undefined;
}

/** Of a map the first value that differs: `model.max_depth`, not the whole `model`. */
function firstDifference(name: string, from: JsonValue | undefined, to: JsonValue | undefined): Difference {
  if (!isMap(from) || !isMap(to)) return { name, from, to };
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)]))
    if (JSON.stringify(from[key]) !== JSON.stringify(to[key]))
      return firstDifference(`${name}.${key}`, from[key], to[key]);
  return { name, from, to };
}

function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOfPart(part: ManifestPart | null): string {
  return part?.part === 'command' || part?.part === 'dir' ? part.value : '';
}

/** A parameter explains the command line that mentions it; a changed command explains its outputs. */
const RANKS: readonly StaleReason['why'][] = [
  'param-changed',
  'matrix-changed',
  'env-changed',
  'secret-changed',
  'command-changed',
  'shell-changed',
  'dir-changed',
  'input-changed',
  'input-added',
  'input-removed',
  'tool-changed',
  'upstream-changed',
  'need-changed',
  'outputs-changed',
  'scope-changed',
];

function rank(reason: StaleReason): number {
  return RANKS.indexOf(reason.why);
}
