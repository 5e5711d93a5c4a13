/** A task while it is being built: what its file says, and what is known so far. */
import type { JsonValue, SourcePosition, TaskId } from '../model/ids.ts';
import type { InputSpec, Need, OutputSpec, ParamDeclaration } from '../model/task.ts';
import type { FileRead, Mention } from './expression/index.ts';
import type { SourceFile } from './source-file.ts';
import type { Texts } from './texts.ts';
import { child, entriesOf, type MapEntry, type MapNode, type YamlNode } from './yaml-node.ts';

/** Variables as expressions see them. */
export interface EnvView {
  /** Without a prototype. */
  values(): Readonly<Record<string, string>>;
  /** Declared, but not known before the task runs. */
  readonly unknown: ReadonlySet<string>;
  /** Declared: what the user's environment has under this name doesn't matter. */
  readonly declared: ReadonlySet<string>;
}

export interface DeclaredVariable {
  readonly entry: MapEntry;
  /** What its text sees. */
  readonly below: EnvView;
  /** null: not known before the task runs. */
  readonly value: string | null;
}

export interface TaskEnv {
  readonly view: EnvView;
  readonly declared: ReadonlyMap<string, DeclaredVariable>;
}

export interface PipelineDraft {
  readonly name: string;
  readonly source: SourceFile;
  readonly root: MapNode;
  readonly texts: Texts;
  /** Those that have a value. */
  readonly params: readonly ParamDeclaration[];
  /** All names that are declared. */
  readonly declaredParams: readonly string[];
  /** The same by name, without a prototype. */
  readonly paramValues: Readonly<Record<string, JsonValue>>;
}

export interface TaskDraft {
  readonly pipeline: string;
  readonly name: string;
  readonly cell: Readonly<Record<string, JsonValue>> | null;
  readonly id: TaskId;
  readonly label: string;
  readonly in: PipelineDraft;
  readonly node: MapNode;
  /** Of its name in the file. */
  readonly position: SourcePosition;

  /** So wrong that only its name is of use, to spare those who mention it further errors. */
  readonly isBroken: boolean;
  /** Parameters that its matrix mentions. */
  readonly shapedBy: readonly string[];
  /** What its text mentions, as far as it has been read. */
  readonly mentions: Mention[];
  /** Files that `read_json` reads. */
  readonly reads: FileRead[];

  // Filled in by the steps of `load.ts`, in this order.
  /** Variables that its expressions see. */
  env: TaskEnv;
  needs: readonly Need[];
  /** Where its file says so. */
  needPlaces: ReadonlyMap<TaskId, SourcePosition>;
  /** Tasks in `needs` by the name that expressions use, order-only ones included. */
  neededByName: ReadonlyMap<string, readonly TaskDraft[]>;
  inputs: readonly InputSpec[];
  outputs: readonly OutputSpec[];
}

/** A field of a task, else of the pipeline's `defaults`; null where neither has it. */
export function fieldOf(draft: TaskDraft, name: string): YamlNode | null {
  return child(draft.node, name) ?? child(child(draft.in.root, 'defaults'), name);
}

/** Entries of a map field that is merged: those of the defaults, replaced by the task's own. */
export function mergedEntriesOf(draft: TaskDraft, name: string): readonly MapEntry[] {
  const merged = new Map<string, MapEntry>();
  for (const from of [child(child(draft.in.root, 'defaults'), name), child(draft.node, name)])
    for (const entry of entriesOf(from)) merged.set(entry.key, entry);
  return [...merged.values()];
}
