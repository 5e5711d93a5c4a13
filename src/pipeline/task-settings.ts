/** Reads the settings of a task that shape how it runs and no part of its key: retries, times, resources. */
import { parseDuration } from '../base/duration.ts';
import { parseSize } from '../base/size.ts';
import type { RetryPolicy } from '../model/task.ts';
import { fieldOf, mergedEntriesOf, type TaskDraft } from './draft.ts';
import { type Filling, fillNode } from './fill.ts';
import type { Schema } from './schema.ts';
import { checkSchema } from './schema-check.ts';
import { DEFAULTABLE } from './task-schema.ts';
import { child, itemsOf, textOf, type YamlNode } from './yaml-node.ts';

export interface TaskSettings {
  readonly retries: RetryPolicy;
  readonly timeoutMs: number | null;
  readonly graceMs: number;
  readonly expiresMs: number | null;
  readonly priority: number;
  readonly resources: Readonly<Record<string, number>>;
}

const DEFAULT_GRACE_MS = 10_000;
const DEFAULT_RETRY_DELAY_MS = 1_000;

export function readSettings(draft: TaskDraft, filling: Filling): TaskSettings {
  // Mentions in settings don't count: what a task may use is no reason to run it again.
  const { noted: _uncounted, ...quiet } = filling;
  const field = (name: string) => filled(draft, fieldOf(draft, name), DEFAULTABLE[name]!, name, quiet);
  return {
    retries: readRetries(field('retries')),
    timeoutMs: durationIn(field('timeout')),
    graceMs: durationIn(field('grace')) ?? DEFAULT_GRACE_MS,
    expiresMs: durationIn(field('expires')),
    priority: numberIn(field('priority')) ?? 0,
    resources: readResources(draft, quiet),
  };
}

/** The node with its expressions filled in; what came in by them is checked against the schema like any other value. */
function filled(
  draft: TaskDraft,
  node: YamlNode | null,
  schema: Schema,
  name: string,
  filling: Filling,
): YamlNode | null {
  if (node === null) return null;
  const result = fillNode(node, filling);
  if (result === null || result === node) return result;
  if (JSON.stringify(withoutSpans(result)) !== JSON.stringify(withoutSpans(node)))
    checkSchema(result, schema, `${draft.name}.${name}`, {
      source: draft.in.source,
      problems: filling.problems,
    });
  return result;
}

function withoutSpans(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value;
  return node.kind === 'list'
    ? node.items.map(withoutSpans)
    : [...node.entries.values()].map(({ key, value }) => [key, withoutSpans(value)]);
}

function readRetries(node: YamlNode | null): RetryPolicy {
  const backoff = textOf(child(node ?? null, 'backoff'));
  const on = child(node, 'on');
  return {
    limit: Math.max(0, numberIn(node) ?? numberIn(child(node, 'limit')) ?? 0),
    delayMs: durationIn(child(node, 'delay')) ?? DEFAULT_RETRY_DELAY_MS,
    backoff: backoff === 'linear' || backoff === 'exponential' ? backoff : 'fixed',
    maxDelayMs: durationIn(child(node, 'max_delay')),
    jitter: booleanIn(child(node, 'jitter')) ?? false,
    on: on === null ? null : itemsOf(on).flatMap(retriedEnd),
  };
}

function retriedEnd(node: YamlNode): readonly (number | 'oom' | 'timeout' | 'signal')[] {
  if (node.kind !== 'scalar') return [];
  const { value } = node;
  if (typeof value === 'number') return [value];
  return value === 'oom' || value === 'timeout' || value === 'signal' ? [value] : [];
}

function readResources(draft: TaskDraft, filling: Filling): Readonly<Record<string, number>> {
  const schema = DEFAULTABLE['resources']!;
  const resources: Record<string, number> = {};
  for (const { key, value } of mergedEntriesOf(draft, 'resources')) {
    const own = schema.properties?.[key] ?? (schema.additionalProperties || {});
    const node = filled(draft, value, own, `resources.${key}`, filling);
    const amount = key === 'memory' ? sizeIn(node) : numberIn(node);
    if (amount !== null) resources[key] = amount;
  }
  return resources;
}

export function numberIn(node: YamlNode | null): number | null {
  return node?.kind === 'scalar' && typeof node.value === 'number' ? node.value : null;
}

export function booleanIn(node: YamlNode | null): boolean | null {
  return node?.kind === 'scalar' && typeof node.value === 'boolean' ? node.value : null;
}

function durationIn(node: YamlNode | null): number | null {
  const text = textOf(node);
  const parsed = text === null ? null : parseDuration(text);
  return parsed?.ok === true ? parsed.value : null;
}

export function sizeIn(node: YamlNode | null): number | null {
  const text = textOf(node);
  const parsed = text === null ? null : parseSize(text);
  return parsed?.ok === true ? parsed.value : null;
}
