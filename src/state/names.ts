/**
 * The names in a project's pipelines, kept beside the compiled ones in one small file, so that completing a word
 * needs neither the YAML parser nor a plan. Nothing is decided by it: where it is missing, damaged or of other
 * files, names are found out otherwise or not at all.
 *
 * A line of JSON says what it is of, the next line is the names.
 */
import { closeSync, mkdirSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import type { JsonValue } from '../model/ids.ts';
import { localLabel, type ParamType, type Pipeline } from '../model/task.ts';
import type { Layout } from './layout.ts';

const FORMAT = 1;

export interface ParamNames {
  readonly name: string;
  readonly type: ParamType;
  readonly values: readonly JsonValue[] | null;
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly value: JsonValue;
  readonly description: string | null;
}

export interface TaskNames {
  readonly name: string;
  readonly description: string | null;
  readonly labels: readonly string[];
  /** Of a matrix: `model=a,month=1`… */
  readonly cells: readonly string[];
}

export interface PipelineNames {
  readonly name: string;
  /** Root-relative. */
  readonly file: string;
  readonly params: readonly ParamNames[];
  readonly tasks: readonly TaskNames[];
}

/** What names are of: orch's version, and path and digest of each pipeline file. */
export interface NamesOf {
  readonly version: string;
  readonly files: readonly (readonly [path: string, digest: string])[];
}

export interface KnownNames {
  readonly pipelines: readonly PipelineNames[];
  /** false: the files have changed since. */
  readonly isOfNow: boolean;
}

/** The names as they were kept last; null where there are none. Reads one file. */
export function readNames(layout: Pick<Layout, 'state'>, of: NamesOf): KnownNames | null {
  try {
    const text = readFileSync(pathOf(layout), 'utf8');
    const end = text.indexOf('\n');
    const pipelines = JSON.parse(text.slice(end + 1)) as readonly PipelineNames[];
    const isOfNow = text.slice(0, end) === headOf(of);
    const head = JSON.parse(text.slice(0, end)) as { readonly format?: unknown };
    return head.format === FORMAT && Array.isArray(pipelines) ? { pipelines, isOfNow } : null;
  } catch {
    return null;
  }
}

/** Keeps the names where those on disk are of other files. Trouble with writing is no trouble. */
export function rememberNames(
  layout: Pick<Layout, 'state'>,
  of: NamesOf,
  pipelines: readonly Pipeline[],
): void {
  const path = pathOf(layout);
  const head = `${headOf(of)}\n`;
  if (startsWith(path, head)) return;
  try {
    mkdirSync(layout.state, { recursive: true });
    writeFileAtomic(path, `${head}${JSON.stringify(pipelines.map(namesOf))}\n`, { sync: false });
  } catch {
    // They are found out otherwise.
  }
}

export function namesOf({ name, file, params, tasks }: Pipeline): PipelineNames {
  const byName = new Map<string, TaskNames & { readonly cells: string[] }>();
  for (const task of tasks) {
    const { name, description, labels } = task;
    const known = byName.get(name) ?? { name, description, labels, cells: [] };
    byName.set(name, known);
    if (task.cell !== null) known.cells.push(localLabel(task).slice(name.length + 1, -1));
  }
  return {
    name,
    file,
    params: params.map((param) => ({
      name: param.name,
      type: param.type,
      values: param.values,
      min: param.min,
      max: param.max,
      value: param.value,
      description: param.description,
    })),
    tasks: [...byName.values()],
  };
}

function headOf({ version, files }: NamesOf): string {
  return JSON.stringify({ format: FORMAT, version, files });
}

function pathOf(layout: Pick<Layout, 'state'>): string {
  return join(layout.state, 'names');
}

function startsWith(path: string, text: string): boolean {
  const wanted = Buffer.from(text);
  const found = Buffer.alloc(wanted.length);
  try {
    const file = openSync(path, 'r');
    try {
      return readSync(file, found, 0, found.length, 0) === found.length && found.equals(wanted);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
