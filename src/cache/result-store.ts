/**
 * What every content cache offers, local or remote: results by key, contents by digest. The words of the
 * interface and nothing else; how and where things are kept is each store's own business.
 */
import type { IoError } from '../base/atomic-file.ts';
import type { Outcome } from '../base/outcome.ts';
import type { TaskKey } from '../model/ids.ts';
import type { OutputEntry, Result } from '../model/result.ts';

export interface ResultStore {
  /**
   * The results known for a key, at the front the one stored first, or the one forced last; none where the entry is absent or damaged.
   * A result is offered even where contents of it are gone: an output that is in place needs none. Reads one
   * small file, synchronously.
   */
  lookup(key: TaskKey): readonly Result[];

  /**
   * Whether `restore` can be expected to succeed for this entry: links and folders always, files where a content
   * of the right size is there (one system call; the bytes are checked when they are restored).
   */
  hasContent(entry: OutputEntry): boolean;

  /** Whether a content that isn't there was found damaged and set aside; one system call. */
  isSetAside(digest: string): boolean;

  /** A whole content, checked; null where it isn't there or is damaged. For small files. */
  readContent(digest: string): Uint8Array | null;

  /**
   * Stores the contents of the result's files, then the result. When it resolves, the contents survive a power
   * cut. The result's own entry is written after them and isn't synced: lost with a power cut it is a miss for
   * others, and the root that made it has it in its journal.
   *
   * `contentOf` says where the content of an output lies now. Each content is checked to have the recorded
   * digest; else nothing is recorded. May be called many times at once. What was saved is kept for the root that
   * saved it, as by `touch`.
   *
   * Precondition: entry paths are plain relative paths; anything else is a bug and throws.
   */
  save(
    result: Result,
    contentOf: (path: string) => string,
    options?: SaveOptions,
  ): Promise<Outcome<Saved, SaveFailure>>;

  /**
   * Brings entries back under `root`, all or none: every content is copied and checked before the first name is
   * set, and each name is set in one step, so that an interrupt leaves every file old, absent or whole. What
   * stands at a path is replaced (a folder in a file's place isn't: `EISDIR`). Modes: the executable bit,
   * the rest by umask. The files are copies: editing one in place changes nothing here.
   *
   * Not synced: what a power cut takes is restored again, since its size or its bytes are then not the recorded
   * ones.
   */
  restore(entries: readonly OutputEntry[], root: string, options?: RestoreOptions): Promise<RestoreOutcome>;

  /** The root relies on this result from now on: it is among the last to be removed for want of room. A few us. */
  touch(result: Result): void;

  /** Walks the whole store: some 10 us a content. */
  info(): StoreInfo;
}

export interface SaveOptions {
  /** It becomes the one that others get, whatever was stored before (`--force`). */
  readonly first?: boolean;
}

export type Saved =
  | { readonly saved: true; readonly addedBlobs: number; readonly addedBytes: number }
  | { readonly saved: false; readonly because: 'accepted' | 'read-only' }
  | {
      readonly saved: false;
      readonly because: 'larger-than-cap';
      readonly sizeBytes: number;
      readonly maxSizeBytes: number;
    };

export type SaveFailure =
  | IoError
  /** These files were no longer what the result says of them. */
  | { readonly kind: 'output-changed'; readonly paths: readonly string[] };

export interface RestoreOptions {
  /** Root-relative folder links that may lead out of the root (`allow_links`). */
  readonly allowedLinks?: readonly string[];
}

export type RestoreOutcome =
  | { readonly restored: true; readonly files: number; readonly sizeBytes: number }
  /** Content is gone, damaged (then it was set aside), or was never stored; nothing was written. */
  | { readonly restored: false; readonly why: 'missing'; readonly paths: readonly string[] }
  /** An entry would write outside the root or through another entry; nothing was written. */
  | {
      readonly restored: false;
      readonly why: 'refused';
      readonly path: string;
      readonly because: PathRefusal;
    }
  /** The system refused; files restored before it stay, each whole. */
  | { readonly restored: false; readonly why: 'failed'; readonly failure: IoError };

export type PathRefusal = 'not-relative' | 'leaves-the-root' | 'through-a-link-of-the-result';

export interface StoreInfo {
  /** Absolute. */
  readonly dir: string;
  /** All of its files: contents, results, what was set aside and what is being written. */
  readonly sizeBytes: number;
  readonly maxSizeBytes: number;
  readonly blobs: number;
  readonly results: number;
  /** Damaged contents and results that were set aside. */
  readonly quarantined: number;
  readonly readOnly: boolean;
}

/** Something a user should read once. */
export type StoreNotice =
  | { readonly notice: 'other-version'; readonly dir: string; readonly versions: readonly string[] }
  | { readonly notice: 'read-only'; readonly error: IoError }
  | { readonly notice: 'quarantined'; readonly path: string; readonly digest: string };
