/** Everything that `orch why` knows of one task. Plain data: worded by `reporters/explanation`. */
import type { StaleReason } from './decision.ts';
import type { Failure } from './failure.ts';
import type { RunId, TaskKey } from './ids.ts';
import type { Prediction } from './prediction.ts';

export interface Explanation {
  readonly prediction: Prediction;
  /**
   * How a change came down to this task: the first task that changed, then those that it went through, the task
   * itself last. Empty where nothing upstream is the cause.
   */
  readonly chain: readonly ChainLink[];
  /** How it was last dealt with under this name in this root; null: never. */
  readonly last: LastDealing | null;
  /** The result that is in place, or that would be restored. */
  readonly result: MadeResult | null;
  /** What its key is made of: a change of any of it makes it run. null where that can't be told. */
  readonly ingredients: Ingredients | null;
  /** Of a group: what it gathers, through further groups. */
  readonly members: readonly Prediction[];
}

export interface ChainLink {
  readonly task: string;
  readonly prediction: Prediction;
  /** It is as it should be now, but not as it was when the next one last ran. */
  readonly changed: ChangeSince | null;
}

export interface ChangeSince {
  readonly reasons: readonly StaleReason[];
  /** When and in which run, as far as that's known. */
  readonly at: { readonly run: RunId; readonly atMs: number } | null;
  /** From the same as before, and yet it made other bytes. */
  readonly isUnsteady: boolean;
}

export interface LastDealing {
  readonly run: RunId;
  readonly atMs: number;
  readonly outcome: 'succeeded' | 'accepted' | 'failed' | 'died';
  readonly durationMs: number;
  /** Root-relative. */
  readonly log: string | null;
  readonly failure: Failure | null;
  /** Why it ran then, or was restored; empty where that wasn't recorded. */
  readonly reasons: readonly StaleReason[];
  /** Since then its outputs were brought back from the cache. */
  readonly restored: { readonly run: RunId; readonly atMs: number } | null;
}

export interface MadeResult {
  readonly key: TaskKey;
  readonly madeAtMs: number;
  readonly durationMs: number;
  readonly outputs: number;
  /** null: under another name, or by another project that shares the cache, or too long ago. */
  readonly run: RunId | null;
  /** Made from something that was accepted by hand. */
  readonly isFromAccepted: boolean;
}

export interface Ingredients {
  /** Files that no task makes, as many as were found. */
  readonly sources: readonly string[];
  /** By the task that makes them. */
  readonly made: Readonly<Record<string, readonly string[]>>;
  readonly needs: readonly string[];
  readonly params: readonly string[];
  readonly matrix: readonly string[];
  readonly env: readonly string[];
  readonly secrets: readonly string[];
  readonly tools: readonly string[];
  readonly expiresMs: number | null;
}
