/** From what the user typed to tasks: names, `pipeline:name`, matrix cells, output paths. Pure. */

import { nearest } from '../base/nearest.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { TaskId } from '../model/ids.ts';
import { localLabel, type Task } from '../model/task.ts';
import { cellOf, valueMatches } from './cells.ts';

/** Why a target means nothing. `nearest` is a target that could have been meant, as it would be typed. */
export type TargetError =
  /** Candidates: the same name in each pipeline. */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[]; readonly nearest: null }
  /** Candidates: names of tasks; of one pipeline where `pipeline` isn't null. */
  | {
      readonly kind: 'unknown-task';
      readonly pipeline: string | null;
      readonly candidates: readonly string[];
      readonly nearest: string | null;
    }
  /** Candidates: the pipelines. */
  | {
      readonly kind: 'unknown-pipeline';
      readonly pipeline: string;
      readonly candidates: readonly string[];
      readonly nearest: string | null;
    }
  /** There is such a task, but not this cell of it. Candidates: its cells, none where it has no matrix. */
  | {
      readonly kind: 'unknown-cell';
      readonly task: string;
      readonly candidates: readonly string[];
      readonly nearest: string | null;
    };

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
      candidates: pipelines.map((name) => `${name}:${wanted.name}`),
      nearest: null,
    });
  const maker = request.makerOf(target);
  const made = maker === null ? undefined : request.tasks[maker];
  if (made !== undefined) return ok([made.id]);
  return fail(unknown(wanted, request));
}

function unknown(wanted: ParsedTarget, { tasks, pipeline }: TargetRequest): TargetError {
  const within = wanted.pipeline ?? pipeline;
  const known = [...new Set(tasks.map((task) => task.pipeline))];
  if (wanted.pipeline !== null && !known.includes(wanted.pipeline)) {
    const close = nearest(wanted.pipeline, known);
    const owner = tasks.find((task) => task.name === wanted.base)?.pipeline ?? close;
    return {
      kind: 'unknown-pipeline',
      pipeline: wanted.pipeline,
      candidates: known,
      nearest: owner === null ? null : `${owner}:${wanted.name}`,
    };
  }
  const prefix = wanted.pipeline === null ? '' : `${wanted.pipeline}:`;
  const here = tasks.filter((task) => within === null || task.pipeline === within);
  const cells = here.filter((task) => task.name === wanted.base);
  if (cells.length > 0 && wanted.name !== wanted.base) {
    const labels = cells.filter((task) => task.cell !== null).map((task) => localLabel(task));
    const close = nearest(wanted.name, labels);
    return {
      kind: 'unknown-cell',
      task: wanted.base,
      candidates: labels.map((label) => `${prefix}${label}`),
      nearest: close === null ? null : `${prefix}${close}`,
    };
  }
  const names = [...new Set(here.map((task) => task.name))];
  // A task of that name elsewhere is nearer than another name here.
  const elsewhere = tasks.find((task) => task.name === wanted.base && task.pipeline !== within);
  const close = nearest(wanted.name, [...names, ...here.map((task) => localLabel(task))]);
  return {
    kind: 'unknown-task',
    pipeline: within,
    candidates: names.map((name) => `${prefix}${name}`),
    nearest:
      elsewhere !== undefined
        ? `${elsewhere.pipeline}:${wanted.name}`
        : close === null
          ? null
          : `${prefix}${close}`,
  };
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
  const own = cellOf(localLabel(task));
  return [...cell].every(([key, wanted]) => {
    const value = own?.get(key);
    return value !== undefined && valueMatches(wanted, value);
  });
}
