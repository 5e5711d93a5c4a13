/** A task of the plan with what a run knows of it so far. Only `scheduler/` changes it. */

import type { Fingerprint } from '../fingerprint/path-reader.ts';
import type { Decision, StaleReason } from '../model/decision.ts';
import type { TaskOutcome } from '../model/event.ts';
import type { TaskKey } from '../model/ids.ts';
import type { KeyManifest } from '../model/manifest.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import type { InputSpec, Task } from '../model/task.ts';
import type { PlanNode } from '../planner/plan.ts';
import type { InputPart } from './input-part.ts';
import type { TaskState } from './task-state.ts';

/** Everything that decides a task's result, as found at one moment. */
export interface Gathered {
  readonly key: TaskKey;
  readonly manifest: KeyManifest;
  /** Source files among the inputs, to be watched while the command runs. */
  readonly sources: readonly Fingerprint[];
  /** Inputs under which new files are to be noticed while it runs: the declared ones and folders behind links. */
  readonly watched: readonly InputSpec[];
  /** Links of the user's that count by what tasks recorded behind them. */
  readonly byRecord: ReadonlySet<string>;
  /** Outputs of other tasks that the command will read: node index -> paths, or all of them. */
  readonly content: ReadonlyMap<number, 'all' | ReadonlySet<string>>;
  /** Matched paths of each input spec, for `${{ inputs… }}`. */
  readonly matched: readonly (readonly string[])[];
  /** The inputs by path, where a text of the task reads one of them (`read_json`). */
  readonly readable: ReadonlyMap<string, InputPart>;
  /** Made from something that was accepted by hand. */
  readonly tainted: boolean;
}

export interface Node {
  readonly index: number;
  readonly plan: PlanNode;
  readonly task: Task;
  state: TaskState;
  /** Which of its outputs must be on disk. */
  demand: 'all' | Set<string>;
  gathered: Gathered | null;
  /** Recorded outputs that its texts refer to and that are neither on disk nor in the cache: by node index. */
  wanted: Map<number, Set<string>>;
  decision: Decision | null;
  /** What dependents build on, once settled. */
  key: TaskKey | null;
  result: Result | null;
  /** Keys under which its command succeeded in this run: not forced a second time. */
  readonly ranKeys: Set<TaskKey>;
  attempts: number;
  durationMs: number;
  /** Why it runs or is restored, best explanation first. */
  reasons: readonly StaleReason[];
  log: string | null;
  /** Upstream bytes changed while it was busy: decide again as soon as it isn't. */
  outdated: boolean;
  restored: boolean;
  /** Up to date, but not said yet: something downstream may still ask for its content. */
  unreported: boolean;
  reported: TaskOutcome | null;
  /** An input changed while its command ran; a second time is a failure. */
  ranOnChangedInput: boolean;
}

export function createNode(plan: PlanNode, index: number, demandAll: boolean): Node {
  return {
    index,
    plan,
    task: plan.task,
    state: { at: 'waiting' },
    demand: demandAll ? 'all' : new Set(),
    gathered: null,
    wanted: new Map(),
    decision: null,
    key: null,
    result: null,
    ranKeys: new Set(),
    attempts: 0,
    durationMs: 0,
    reasons: [],
    log: null,
    outdated: false,
    restored: false,
    unreported: false,
    reported: null,
    ranOnChangedInput: false,
  };
}

export function isDemanded(node: Node, path: string): boolean {
  return node.demand === 'all' || node.demand.has(path);
}

/** Adds to what must be on disk. */
export function demand(node: Node, paths: 'all' | ReadonlySet<string>): void {
  if (paths === 'all') node.demand = 'all';
  else if (node.demand !== 'all') for (const path of paths) node.demand.add(path);
}

/** Without this output of the node of index `by` a text of the task can't be filled in. */
export function wants(node: Node, by: number, path: string): void {
  const paths = node.wanted.get(by);
  if (paths === undefined) node.wanted.set(by, new Set([path]));
  else paths.add(path);
}

export function isSettled(node: Node): boolean {
  return node.state.at === 'settled';
}

/** What dependents see of a result; equal strings mean that nothing changed for them. */
export function identityOf(node: Node): string {
  const outcome = node.state.at === 'settled' ? node.state.outcome : node.state.at;
  const good = outcome === 'succeeded' || outcome === 'up-to-date' || outcome === 'restored';
  if (!good) return outcome;
  return JSON.stringify([
    node.result?.outputs.map(entryIdentity) ?? null,
    node.task.outputs.length === 0 ? node.key : null,
  ]);
}

function entryIdentity(entry: OutputEntry): readonly unknown[] {
  switch (entry.kind) {
    case 'file':
      return [entry.path, entry.digest, entry.executable];
    case 'folder':
      return [entry.path];
    case 'symlink':
      return [entry.path, entry.link];
  }
}
