/** From what the user typed to tasks: names, `pipeline:name`, matrix cells, output paths. Pure. */

import { nearest } from '../base/nearest.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { TaskId } from '../model/ids.ts';
import { localLabel, type Task } from '../model/task.ts';
import { cellOf, valueMatches } from './cells.ts';

export interface TargetError {
  readonly kind: 'unknown' | 'ambiguous';
  readonly target: string;
  readonly candidates: readonly string[];
  readonly nearest: string | null;
}

export interface TargetRequest {
  readonly tasks: readonly Task[];
  /** `-p NAME`: only tasks of this pipeline are meant by a bare name. */
  readonly pipeline: string | null;
  /** Of a path as it was typed. */
  readonly makerOf: (path: string) => number | null;
}

/** The tasks that one target means: one task, or every cell of a matrix task. */
export function resolveTarget(
  target: string,
  request: TargetRequest,
): Outcome<readonly TaskId[], TargetError> {
  const wanted = parseTarget(target);
  const meant = request.tasks.filter(
    (task) =>
      (wanted.pipeline ?? request.pipeline ?? task.pipeline) === task.pipeline &&
      (localLabel(task) === wanted.name || (task.name === wanted.base && cellAgrees(task, wanted.cell))),
  );
  // A value that looks like a pattern is itself before it is one.
  const exact = wanted.cell === null ? [] : meant.filter((task) => localLabel(task) === wanted.name);
  const matching = exact.length > 0 ? exact : meant;
  const pipelines = [...new Set(matching.map((task) => task.pipeline))];
  if (pipelines.length === 1) return ok(matching.map((task) => task.id));
  if (pipelines.length > 1)
    return fail({
      kind: 'ambiguous',
      target,
      candidates: pipelines.map((name) => `${name}:${wanted.name}`),
      nearest: null,
    });
  const maker = request.makerOf(target);
  const made = maker === null ? undefined : request.tasks[maker];
  if (made !== undefined) return ok([made.id]);
  const names = [...new Set(request.tasks.flatMap((task) => [task.name, localLabel(task)]))];
  return fail({
    kind: 'unknown',
    target,
    candidates: [...new Set(request.tasks.map((task) => task.name))],
    nearest: nearest(wanted.name, names),
  });
}

interface ParsedTarget {
  readonly pipeline: string | null;
  /** Without the pipeline. */
  readonly name: string;
  /** Without pipeline and cell. */
  readonly base: string;
  /** `k=v` pairs as written, `k=a|b`, `k=1..12` and `k=*` among them; null without `[…]`, which means every cell. */
  readonly cell: ReadonlyMap<string, string> | null;
}

function parseTarget(target: string): ParsedTarget {
  const bracket = target.indexOf('[');
  const colon = target.slice(0, bracket === -1 ? undefined : bracket).indexOf(':');
  const pipeline = colon === -1 ? null : target.slice(0, colon);
  const name = target.slice(colon + 1);
  const match = /^([^[]*)\[(.*)\]$/.exec(name);
  if (match === null || match[2] === '*') return { pipeline, name, base: match?.[1] ?? name, cell: null };
  return { pipeline, name, base: match[1]!, cell: cellOf(name) };
}

function cellAgrees(task: Task, cell: ReadonlyMap<string, string> | null): boolean {
  if (cell === null) return true;
  if (task.cell === null) return false;
  const own = cellOf(task.label);
  return [...cell].every(([key, wanted]) => {
    const value = own?.get(key);
    return value !== undefined && valueMatches(wanted, value);
  });
}
