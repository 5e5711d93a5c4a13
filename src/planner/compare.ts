/**
 * What differs between two key manifests, as reasons. Pure. The same manifest is hashed into the key, so
 * whatever changes a key is found here and nothing else is.
 */
import { diffLines } from '../base/line-diff.ts';
import type { ContentChange, StaleReason, ValueChange } from '../model/decision.ts';
import type { JsonValue } from '../model/ids.ts';
import type { KeyManifest, ManifestPart } from '../model/manifest.ts';

/** All of them, in the order in which they explain best: one's own changes before what came from upstream. */
export function compareManifests(before: KeyManifest, after: KeyManifest): StaleReason[] {
  const reasons: StaleReason[] = [];
  const old = partsOf(before, after);
  const now = partsOf(after, before);
  for (const [id, part] of now) {
    const was = old.get(id);
    if (was === undefined || contentOf(was) !== contentOf(part))
      reasons.push(...reasonsFor(was ?? null, part));
  }
  for (const [id, part] of old) if (!now.has(id)) reasons.push(...reasonsFor(part, null));
  return reasons.sort((a, b) => rank(a) - rank(b) || byName(a, b));
}

/** Most stand in a manifest by their names; needs by their keys, which say nothing. */
function byName(a: StaleReason, b: StaleReason): number {
  return a.why !== 'need-changed' || b.why !== 'need-changed' || a.task === b.task
    ? 0
    : a.task < b.task
      ? -1
      : 1;
}

/** By their subject. A need with the same key on both sides is the same, whatever it is called now. */
function partsOf(manifest: KeyManifest, other: KeyManifest): Map<string, ManifestPart> {
  const needs = new Set(other.parts.flatMap((part) => (part.part === 'need' ? [part.value] : [])));
  return new Map(
    manifest.parts.flatMap((part) =>
      part.part === 'need' && needs.has(part.value) ? [] : [[identity(part), part]],
    ),
  );
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
function reasonsFor(before: ManifestPart | null, after: ManifestPart | null): StaleReason[] {
  const part = (after ?? before)!;
  switch (part.part) {
    case 'scope':
      return [{ why: 'scope-changed', from: textOf(before), to: textOf(after) }];
    case 'command':
      return [commandChange(textOf(before), textOf(after))];
    case 'shell':
      return [{ why: 'shell-changed', from: shellOf(before), to: shellOf(after) }];
    case 'dir':
      return [{ why: 'dir-changed', from: textOf(before), to: textOf(after) }];
    case 'output': {
      const shown = part.kind === 'folder' ? `${part.path}/` : part.path;
      return [{ why: 'outputs-changed', path: shown, change: after === null ? 'removed' : 'added' }];
    }
    case 'secret':
      return [
        {
          why: 'secret-changed',
          name: part.name,
          change: before === null ? 'added' : after === null ? 'removed' : 'changed',
        },
      ];
    case 'need':
      return [{ why: 'need-changed', task: part.from, from: needOf(before), to: needOf(after) }];
    case 'tool':
      return [
        { why: 'tool-changed', command: part.command, from: toolOutputOf(before), to: toolOutputOf(after) },
      ];
    case 'env':
      return [{ why: 'env-changed', ...valueChange(part.name, envOf(before), envOf(after)) }];
    case 'param':
    case 'matrix': {
      const why = part.part === 'param' ? 'param-changed' : 'matrix-changed';
      return valueChanges(part.name, jsonOf(before), jsonOf(after)).map((change) => ({ why, ...change }));
    }
    case 'input':
      return [inputChange(before, after)];
  }
}

function inputChange(before: ManifestPart | null, after: ManifestPart | null): StaleReason {
  const was = before?.part === 'input' ? before : null;
  const is = after?.part === 'input' ? after : null;
  const { path, from: by } = (is ?? was)!;
  if (was === null || is === null) return { why: was === null ? 'input-added' : 'input-removed', path, by };
  const change: ContentChange = {
    from: was.content,
    to: is.content,
    ...(was.executable === is.executable ? {} : { executable: is.executable }),
  };
  return by === null
    ? { why: 'input-changed', path, ...change }
    : { why: 'upstream-changed', task: by, path, ...change };
}

/** Reasons are kept with every attempt: of a command written anew, its first lines tell enough. */
const MAX_COMMAND_LINES = 50;
const MAX_LINE_LENGTH = 2_000;

function commandChange(keyBefore: string, keyAfter: string): StaleReason {
  const [before, after] = [withArguments(keyBefore), withArguments(keyAfter)];
  const all = diffLines(before, after);
  return {
    why: 'command-changed',
    lines: all.slice(0, MAX_COMMAND_LINES).map(({ line, from, to }) => {
      const [start, rest] = from === null || to === null ? [0, ''] : [commonStart(from, to), '…'];
      const cut = (text: string | null) =>
        text === null || text.length <= MAX_LINE_LENGTH
          ? text
          : `${start > 0 ? rest : ''}${text.slice(Math.max(0, start - 200), start + MAX_LINE_LENGTH)}`;
      return { line, from: cut(from), to: cut(to) };
    }),
    count: all.length,
    isScript: before.includes('\n') || after.includes('\n'),
  };
}

/** In the key, words given after `--` are a line of their own; the user wrote them behind the command. */
function withArguments(command: string): string {
  return command.replace(/\s*\n-- (\[".*"\])$/, (line, json: string) => {
    try {
      return ` -- ${(JSON.parse(json) as readonly string[]).join(' ')}`;
    } catch {
      // A line of the command itself that only looks like it.
      return line;
    }
  });
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** Of a map every value that differs: `model.max_depth`, not the whole `model`. */
function valueChanges(
  name: string,
  from: JsonValue | undefined,
  to: JsonValue | undefined,
): ValueChange<JsonValue>[] {
  if (!isMap(from) || !isMap(to)) return [valueChange(name, from, to)];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
    JSON.stringify(from[key]) === JSON.stringify(to[key])
      ? []
      : valueChanges(`${name}.${key}`, from[key], to[key]),
  );
}

function valueChange<T>(name: string, from: T | undefined, to: T | undefined): ValueChange<T> {
  return { name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(part: ManifestPart | null): string {
  return part?.part === 'command' || part?.part === 'dir' || part?.part === 'scope' ? part.value : '';
}

function shellOf(part: ManifestPart | null): readonly string[] {
  return part?.part === 'shell' ? part.value : [];
}

function needOf(part: ManifestPart | null): string | null {
  return part?.part === 'need' ? part.value : null;
}

function toolOutputOf(part: ManifestPart | null): string | null {
  return part?.part === 'tool' ? part.output : null;
}

function envOf(part: ManifestPart | null): string | undefined {
  return part?.part === 'env' ? part.value : undefined;
}

function jsonOf(part: ManifestPart | null): JsonValue | undefined {
  return part?.part === 'param' || part?.part === 'matrix' ? part.value : undefined;
}

/** What a command may mention explains a changed command line; a changed command explains what came of it. */
const RANKS: readonly StaleReason['why'][] = [
  'param-changed',
  'matrix-changed',
  'env-changed',
  'secret-changed',
  'input-added',
  'input-removed',
  'outputs-changed',
  'dir-changed',
  'command-changed',
  'shell-changed',
  'input-changed',
  'tool-changed',
  'upstream-changed',
  'need-changed',
  'scope-changed',
];

function rank(reason: StaleReason): number {
  return RANKS.indexOf(reason.why);
}
