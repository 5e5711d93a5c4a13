/** The graph as users see it: a value that every format of `orch graph` is made from. */
import type { JsonValue } from './ids.ts';

/** `need`: a task in `needs`; `path`: it makes what the other reads; `order`: it only goes first. */
export type EdgeKind = 'need' | 'path' | 'order';

export interface GraphNode {
  /** The task's id; of folded cells `pipeline:name`. */
  readonly id: string;
  readonly pipeline: string;
  /** The name in the file. */
  readonly name: string;
  /** What it is called in this view: `train`, `train[model=a]`, of folded cells `train[model=a|b]`. */
  readonly label: string;
  readonly kind: 'task' | 'group';
  /** How many cells are folded into it; 1 for everything else. */
  readonly cells: number;
  /** Matrix values of a single cell; null where there are none or several. */
  readonly cell: Readonly<Record<string, JsonValue>> | null;
  /** One of the tasks that the pipeline's `finally` names. */
  readonly final: boolean;
  /** Asked for by the user. */
  readonly target: boolean;
  readonly description: string | null;
}

export interface GraphEdge {
  /** Indexes into `nodes`: `to` waits for `from`. Both are the same where cells that are folded wait for each other. */
  readonly from: number;
  readonly to: number;
  /** Every way in which the one depends on the other, without repetition. */
  readonly kinds: readonly EdgeKind[];
  /** What the one makes and the other reads. */
  readonly paths: readonly string[];
}

export interface GraphView {
  /** Upstream before downstream. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}
