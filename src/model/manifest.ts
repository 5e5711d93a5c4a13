/**
 * The key manifest: the list of everything that decides a task's result. One function builds it
 * (`fingerprint/manifest`); the hasher and the explanation both read it, so they can't drift apart.
 */
import type { JsonValue } from './ids.ts';

/** Raised when the meaning of a manifest changes: every key changes with it. */
export const KEY_FORMAT = 1;

export type ManifestPart =
  | { readonly part: 'scope'; readonly value: string }
  | { readonly part: 'command'; readonly value: string }
  | { readonly part: 'shell'; readonly value: readonly string[] }
  | { readonly part: 'dir'; readonly value: string }
  | { readonly part: 'param'; readonly name: string; readonly value: JsonValue }
  | { readonly part: 'matrix'; readonly name: string; readonly value: JsonValue }
  | { readonly part: 'env'; readonly name: string; readonly value: string }
  /** A declared secret counts by a keyed hash with a salt of this root. */
  | { readonly part: 'secret'; readonly name: string; readonly hmac: string }
  | { readonly part: 'tool'; readonly command: string; readonly output: string }
  | { readonly part: 'output'; readonly path: string; readonly kind: 'file' | 'folder' | 'glob' }
  /**
   * An input, or an output of a task in `needs`. `content` is a digest, a link's text with its target's
   * content, 'folder', or 'absent' for an optional input that isn't there. `from` names the task that makes
   * it (for explanations only: it isn't hashed, a renamed task keeps its keys).
   */
  | {
      readonly part: 'input';
      readonly path: string;
      readonly content: string;
      readonly executable: boolean;
      readonly from: string | null;
    }
  /** A task in `needs` that has no outputs counts by its own key, a skipped or failed one by that state. */
  | { readonly part: 'need'; readonly value: string; readonly from: string };

export interface KeyManifest {
  readonly format: typeof KEY_FORMAT;
  readonly parts: readonly ManifestPart[];
}
