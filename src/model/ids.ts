/** Names that must not be mixed up, told apart by the compiler only: at run time all of them are strings. */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** `pipeline:name` or `pipeline:name[k=v,…]`; unique within a root. */
export type TaskId = Brand<string, 'TaskId'>;
/** `<function>-<hex>-<size in bytes>`, e.g. `xxh64-0123456789abcdef-42`: what a content is called in the cache. */
export type Digest = Brand<string, 'Digest'>;
/** `k<format version>-<32 hex digits>`: the hash of everything that decides a task's result. */
export type TaskKey = Brand<string, 'TaskKey'>;
/** `YYYYMMDD-HHMMSS-xxxxxx`, sorts by start time. */
export type RunId = Brand<string, 'RunId'>;

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A place in a pipeline file; line and column count from 1, column in characters as an editor shows them. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The column after the last one meant, on the same line; absent: one character. */
  readonly endColumn?: number;
}
