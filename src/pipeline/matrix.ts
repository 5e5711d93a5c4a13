/**
 * From a `matrix` to cells: every combination of its values, without those that `exclude` names and with what
 * `include` adds. Knows no expressions: values come in evaluated.
 *
 * `include` works as in GitHub Actions: an entry that agrees with combinations on all keys of the matrix that it
 * names adds its further keys to them; one that agrees with none is a cell of its own.
 */
import { nearest } from '../base/nearest.ts';
import type { JsonValue } from '../model/ids.ts';
import type { Problems } from './problems.ts';
import type { SourceFile } from './source-file.ts';
import { child, entriesOf, itemsOf, type MapEntry, type MapNode, toJson } from './yaml-node.ts';

export interface Cell {
  readonly values: Readonly<Record<string, JsonValue>>;
  /** `[model=a,month=1]`. */
  readonly label: string;
}

/** Tasks of one matrix. A larger one is a slip more likely than a wish, and its plan would take minutes. */
export const MAX_CELLS = 100_000;

export function cellsOf(
  matrix: MapNode,
  task: string,
  source: SourceFile,
  problems: Problems,
): readonly Cell[] {
  const axes = entriesOf(matrix).filter(({ key }) => key !== 'include' && key !== 'exclude');
  const place = source.position({ start: matrix.span.start, end: matrix.span.start });
  let combinations: Record<string, JsonValue>[] = axes.length === 0 ? [] : [emptyMap()];
  for (const { key, keySpan, value } of axes) {
    if (value.kind !== 'list') return [];
    const values = value.items.map(toJson);
    if (values.length === 0) {
      problems.error(
        'bad-matrix',
        source.position(keySpan),
        `the matrix of ${task} has no values for ${key}`,
        { hint: 'write at least one, or remove the key' },
      );
      return [];
    }
    const repeated = firstRepeated(values.map(cellText));
    if (repeated !== -1) {
      problems.error(
        'duplicate-cell',
        source.position(value.items[repeated]!.span),
        `the matrix of ${task} has ${key}=${cellText(values[repeated]!)} twice`,
        { hint: 'remove one of them: both would make a task of the same name' },
      );
      return [];
    }
    if (combinations.length * values.length > MAX_CELLS) {
      problems.error('too-many-tasks', place, `the matrix of ${task} gives more than ${MAX_CELLS} tasks`, {
        hint: 'the numbers of values multiply: leave some out by `exclude`, or loop inside of the command',
      });
      return [];
    }
    combinations = combinations.flatMap((before) => values.map((each) => withKeys(before, { [key]: each })));
  }
  const excluded = itemsOf(child(matrix, 'exclude')).map(toJson).filter(isMap);
  for (const [index, entry] of excluded.entries()) {
    const unknown = Object.keys(entry).find((key) => !axes.some((axis) => axis.key === key));
    if (unknown === undefined) continue;
    const span = itemsOf(child(matrix, 'exclude'))[index]!.span;
    problems.error(
      'bad-matrix',
      source.position(span),
      `exclude names ${unknown}, which the matrix of ${task} doesn't have`,
      { hint: keyHint(unknown, axes) },
    );
  }
  combinations = combinations.filter(
    (cell) => !excluded.some((entry) => agrees(cell, entry, Object.keys(entry))),
  );

  const axisNames = axes.map((axis) => axis.key);
  const added: Record<string, JsonValue>[] = [];
  for (const entry of itemsOf(child(matrix, 'include')).map(toJson).filter(isMap)) {
    const shared = Object.keys(entry).filter((key) => axisNames.includes(key));
    const matching = combinations.filter((cell) => agrees(cell, entry, shared));
    if (matching.length === 0 || axisNames.length === 0) added.push(withKeys(emptyMap(), entry));
    else for (const cell of matching) Object.assign(cell, entry);
  }

  const cells = [...combinations, ...added].map((values) => ({ values, label: cellLabel(values) }));
  if (cells.length === 0) problems.error('bad-matrix', place, `the matrix of ${task} gives no cells`);
  const seen = new Set<string>();
  return cells.filter(({ label }) => {
    if (seen.has(label))
      problems.error('duplicate-cell', place, `the matrix of ${task} gives ${task}${label} twice`);
    const isNew = !seen.has(label);
    seen.add(label);
    return isNew;
  });
}

/** The index of the first text that was there before, -1 for none. */
function firstRepeated(texts: readonly string[]): number {
  const seen = new Set<string>();
  return texts.findIndex((text) => seen.size === seen.add(text).size);
}

function keyHint(unknown: string, axes: readonly MapEntry[]): string {
  const names = axes.map(({ key }) => key);
  const close = nearest(unknown, names);
  return close === null ? `it has ${names.join(', ')}` : `did you mean ${close}?`;
}

function emptyMap(): Record<string, JsonValue> {
  return Object.create(null);
}

function withKeys(
  before: Readonly<Record<string, JsonValue>>,
  more: Readonly<Record<string, JsonValue>>,
): Record<string, JsonValue> {
  return Object.assign(emptyMap(), before, more);
}

function isMap(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function agrees(
  cell: Readonly<Record<string, JsonValue>>,
  entry: Readonly<Record<string, JsonValue>>,
  keys: readonly string[],
): boolean {
  return keys.every((key) => key in cell && cellText(cell[key]!) === cellText(entry[key]!));
}

export function cellLabel(values: Readonly<Record<string, JsonValue>>): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${cellText(value)}`);
  return `[${pairs.join(',')}]`;
}

/**
 * A value in a label. `, = ] /` are escaped as the syntax and folder names need it; `%` so that two values
 * can't look the same; `[` and control characters so that labels stay readable lines.
 */
export function cellText(value: JsonValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(
    ESCAPED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ESCAPED = /[%,=[\]/\u0000-\u001f\u007f]/g;
