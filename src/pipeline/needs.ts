/**
 * Which tasks an entry of `needs` means: `t` (the cells that agree with the needing one on shared keys), `t[*]`,
 * `t[model=a]`, and each of them with `pipeline:` before it. Knows names and cells, nothing of paths.
 */
import { nearest } from '../base/nearest.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { JsonValue } from '../model/ids.ts';
import { cellLabel, cellText } from './matrix.ts';

/** What can be needed. */
export interface Nameable {
  readonly pipeline: string;
  readonly name: string;
  readonly cell: Readonly<Record<string, JsonValue>> | null;
}

export interface NeedTrouble {
  readonly code: 'unknown-task' | 'no-matching-cell';
  readonly message: string;
  readonly hint: string | null;
}

/** All tasks of the root, found by name and cell without looking at each. */
export interface TaskIndex<T extends Nameable> {
  /**
   * The tasks that a reference means, at least one. `pipeline` is where it is said; `from` is the task that says
   * it, null where a pipeline does.
   */
  resolve(text: string, pipeline: string, from: Nameable | null): Outcome<readonly T[], NeedTrouble>;
  /** Every cell of `pipeline:name`, none where there is no such task. */
  cellsOf(pipeline: string, name: string): readonly T[];
}

/** Looking for a near name among 10,000 takes milliseconds: only the first errors get one. */
const MAX_SUGGESTIONS = 20;

/** `unreadable`: pipelines whose files could not be read, by their names. */
export function indexTasks<T extends Nameable>(
  tasks: readonly T[],
  unreadable: ReadonlySet<string> = new Set(),
): TaskIndex<T> {
  const byName = new Map<string, T[]>();
  for (const task of tasks) {
    const name = `${task.pipeline}:${task.name}`;
    const cells = byName.get(name);
    if (cells === undefined) byName.set(name, [task]);
    else cells.push(task);
  }
  const pipelines = new Set(tasks.map((task) => task.pipeline));
  const shapes = new Map<string, readonly Shape<T>[]>();
  const shapesOf = (fullName: string): readonly Shape<T>[] => {
    let found = shapes.get(fullName);
    if (found === undefined) {
      found = groupByShape(byName.get(fullName) ?? []);
      shapes.set(fullName, found);
    }
    return found;
  };
  let suggestionsLeft = MAX_SUGGESTIONS;
  const suggestion = (within: string, name: string): string | null => {
    suggestionsLeft--;
    const all = [...byName.keys()];
    if (!pipelines.has(within)) return nearest(within, pipelines);
    const here = all
      .filter((full) => full.startsWith(`${within}:`))
      .map((full) => full.slice(within.length + 1));
    return nearest(name, here) ?? all.find((full) => full.endsWith(`:${name}`)) ?? null;
  };
  const unknown = (within: string, name: string): NeedTrouble => {
    if (unreadable.has(within))
      return {
        code: 'unknown-task',
        message: `${within}:${name} is not known, because the file of ${within} can't be read`,
        hint: 'mend that file first',
      };
    const close = suggestionsLeft > 0 ? suggestion(within, name) : null;
    return {
      code: 'unknown-task',
      message: pipelines.has(within)
        ? `there is no task ${JSON.stringify(name)} in ${within}`
        : `there is no pipeline ${JSON.stringify(within)}`,
      hint: close === null ? null : `did you mean ${close}?`,
    };
  };

  return {
    cellsOf: (pipeline, name) => byName.get(`${pipeline}:${name}`) ?? [],
    resolve(text, pipeline, from) {
      const reference = parseReference(text);
      if (reference === null)
        return fail({
          code: 'unknown-task',
          message: `${JSON.stringify(text)} is no task`,
          hint: 'expected name, name[*], name[key=value] or pipeline:name',
        });
      const within = reference.pipeline ?? pipeline;
      const fullName = `${within}:${reference.name}`;
      const all = byName.get(fullName);
      if (all === undefined) return fail(unknown(within, reference.name));
      const found = select(all, shapesOf(fullName), reference.cells, from);
      if (found.length > 0) return ok(found);
      const labels = all.slice(0, 5).map((task) => labelOf(task));
      return fail({
        code: 'no-matching-cell',
        message:
          reference.cells === null && from !== null
            ? `no cell of ${reference.name} agrees with ${labelOf(from)}`
            : `${reference.name} has no cell ${text.slice(text.indexOf('['))}`,
        hint:
          all[0]!.cell === null
            ? `${reference.name} has no matrix`
            : `${meant(text, all)}it has ${labels.join(', ')}${all.length > 5 ? ` and ${all.length - 5} more` : ''}`,
      });
    },
  };
}

/** The nearest cell, among as many as can be compared at once. */
function meant(text: string, all: readonly Nameable[]): string {
  const bare = text.slice(text.indexOf(':') + 1);
  const close = bare.includes('[') ? nearest(bare, all.slice(0, 1_000).map(labelOf)) : null;
  return close === null ? '' : `did you mean ${close}? `;
}

function labelOf({ name, cell }: Nameable): string {
  return cell === null ? name : `${name}${cellLabel(cell)}`;
}

interface Reference {
  /** null: the same pipeline. */
  readonly pipeline: string | null;
  readonly name: string;
  /** null: no brackets; `*`: every cell; else wanted values by key, as in labels. */
  readonly cells: null | '*' | ReadonlyMap<string, string>;
}

function parseReference(text: string): Reference | null {
  const match = /^(?:([^:[\]]+):)?([^:[\]]+)(?:\[([^\]]*)\])?$/s.exec(text);
  if (match === null) return null;
  const [, pipeline = null, name, brackets] = match;
  if (brackets === undefined) return { pipeline, name: name!, cells: null };
  if (brackets === '*') return { pipeline, name: name!, cells: '*' };
  const wanted = new Map<string, string>();
  for (const pair of brackets.split(',')) {
    const [key, value, ...more] = pair.split('=');
    if (key === undefined || value === undefined || more.length > 0 || key.trim() === '') return null;
    wanted.set(key.trim(), value.trim());
  }
  return { pipeline, name: name!, cells: wanted };
}

/**
 * Cells of one task with the same keys: nearly always all of them. Looked up through the keys that matter, so
 * that two matrices of n cells are matched in n steps and not in n².
 */
interface Shape<T> {
  readonly keys: readonly string[];
  readonly cells: readonly T[];
  readonly byKeys: Map<string, Map<string, T[]>>;
}

function groupByShape<T extends Nameable>(tasks: readonly T[]): readonly Shape<T>[] {
  const groups = new Map<string, T[]>();
  for (const task of tasks) {
    const shape = task.cell === null ? '' : Object.keys(task.cell).join('\n');
    const group = groups.get(shape);
    if (group === undefined) groups.set(shape, [task]);
    else group.push(task);
  }
  return [...groups].map(([shape, cells]) => ({
    keys: shape === '' ? [] : shape.split('\n'),
    cells,
    byKeys: new Map(),
  }));
}

function select<T extends Nameable>(
  all: readonly T[],
  shapes: readonly Shape<T>[],
  cells: Reference['cells'],
  from: Nameable | null,
): readonly T[] {
  if (cells === '*') return all.filter((task) => task.cell !== null);
  if (cells === null && (from === null || from.cell === null)) return all;
  const own =
    cells ?? new Map(Object.entries(from?.cell ?? {}).map(([key, value]) => [key, cellText(value)]));
  const found: T[] = [];
  for (const shape of shapes) {
    const shared = [...own.keys()].filter((key) => shape.keys.includes(key));
    // Written values must all be there; a cell's own values matter only where the other has the key too.
    if (cells !== null && shared.length < own.size) continue;
    found.push(...lookUp(shape, shared, shared.map((key) => own.get(key)).join(',')));
  }
  return found;
}

function lookUp<T extends Nameable>(shape: Shape<T>, keys: readonly string[], values: string): readonly T[] {
  if (keys.length === 0) return shape.cells;
  const name = keys.join('\n');
  let index = shape.byKeys.get(name);
  if (index === undefined) {
    index = new Map();
    for (const task of shape.cells) {
      const own = keys.map((key) => cellText(task.cell![key]!)).join(',');
      const same = index.get(own);
      if (same === undefined) index.set(own, [task]);
      else same.push(task);
    }
    shape.byKeys.set(name, index);
  }
  return index.get(values) ?? [];
}
