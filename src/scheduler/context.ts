/** What a run is given: the plan, the parts that touch the world, and what the user asked for. */
import type { ResultStore } from '../cache/result-store.ts';
import type { Attempt, AttemptRequest } from '../executors/local.ts';
import type { ProbeEnd } from '../executors/probe.ts';
import type { Fingerprinter } from '../fingerprint/fingerprinter.ts';
import type { TaskAction } from '../model/claim.ts';
import type { RunEventBody } from '../model/event.ts';
import type { JsonValue, RunId, TaskId } from '../model/ids.ts';
import type { OutputEntry } from '../model/result.ts';
import type { Secrets } from '../model/secrets.ts';
import type { Pipeline } from '../model/task.ts';
import type { Entry } from '../model/turn.ts';
import type { Graph, PathMatching } from '../planner/graph.ts';
import type { Plan } from '../planner/plan.ts';
import type { Journal } from '../state/journal.ts';
import type { Layout } from '../state/layout.ts';
import type { Ownership } from '../state/ownership.ts';

export interface RunOptions {
  readonly jobs: number;
  readonly keepGoing: boolean;
  readonly force: 'none' | 'all' | ReadonlySet<TaskId>;
  readonly materialize: boolean;
  readonly replace: boolean;
  /** `--no-cache`: neither look up nor store results. */
  readonly useCache: boolean;
  readonly only: boolean;
  /** Pass task output on as events while it is written: of every task, or of one that runs alone. */
  readonly stream: 'all' | 'alone' | 'none';
  /** `-- ARGS` */
  readonly extraArgs: ReadonlyMap<TaskId, readonly string[]>;
  /** Totals of resources by name. */
  readonly totals: Readonly<Record<string, number>>;
  /** `YYYY-MM-DD` */
  readonly date: string;
}

/** Enough to decide, without anything that acts. */
export interface LookContext {
  readonly run: RunId;
  readonly layout: Layout;
  readonly graph: Graph;
  readonly plan: Plan;
  readonly pipelines: readonly Pipeline[];
  readonly options: RunOptions;
  /** The user's, without declared secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
  readonly matching: PathMatching;
  readonly fingerprinter: Fingerprinter;
  readonly store: ResultStore | null;
  readonly journal: Journal;
  readonly ownership: Ownership;
  readonly emit: (event: RunEventBody) => void;
  readonly runProbe: (
    argv: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>>,
  ) => Promise<ProbeEnd>;
  /** A recorded content: from the disk where it lies at `path`, else from the cache; null: it's in neither. */
  readonly readRecorded: (path: string, digest: string) => Uint8Array | null;
  /** The JSON of a metrics file, likewise; without a record as it lies. */
  readonly readMetrics: (path: string, entry: OutputEntry | null) => JsonValue | undefined;
  readonly now: () => number;
}

export interface RunContext extends LookContext {
  /**
   * Called before the first change to disk or state. `restart`: another run wrote meanwhile, so everything
   * must be read and decided again; `locked`: it is held and the user doesn't want to wait.
   */
  readonly acquire: () => Promise<'acquired' | 'restart' | 'locked'>;
  /**
   * Asked after `acquire`, before files are touched for a task: may it do that now, with other runs going on in the
   * same root? Where it may, `leave` must be called when it's over. Throws CommandError where it never will. Once
   * `signal` is aborted it waits for nobody.
   */
  readonly enter: (action: TaskAction, signal: AbortSignal) => Entry | Promise<Entry>;
  readonly leave: (attempt: string) => void;
  /** false: rather than wait for another run, end (`--no-wait`). */
  readonly mayWait: boolean;
  readonly startAttempt: (request: AttemptRequest) => Attempt;
  readonly followLog: (path: string, onText: (text: string) => void) => { stop(): Promise<void> };
}
