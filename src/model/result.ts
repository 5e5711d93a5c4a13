/** What a task made: the entries that a result consists of, as recorded in the state and stored in the cache. */
import type { Digest, TaskKey } from './ids.ts';

export type OutputEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly digest: Digest;
      readonly executable: boolean;
      /** false: declared `store: false`, recorded by digest only. */
      readonly stored: boolean;
    }
  /** A folder that a folder output holds (every one of them, so that empty ones come back). */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly link: string };

export interface Result {
  readonly key: TaskKey;
  /** Sorted bytewise by path. */
  readonly outputs: readonly OutputEntry[];
  /** What running it took, for estimates and "time saved". */
  readonly durationMs: number;
  /** Unix time. */
  readonly createdAtMs: number;
  /** Recorded by `orch accept`, or made from something that was: never leaves this root. */
  readonly accepted: boolean;
}
