/** Every way in which an attempt or its finishing can fail. Expected trouble is data; `reporters/phrases` words it. */
export type Failure =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'spawn'; readonly message: string }
  | { readonly kind: 'interrupted'; readonly signal: string }
  | { readonly kind: 'output-missing'; readonly paths: readonly string[] }
  | { readonly kind: 'output-not-regular'; readonly path: string; readonly found: string }
  /** Changed between hashing and the end of the command, twice. */
  | { readonly kind: 'input-changed'; readonly paths: readonly string[] }
  | { readonly kind: 'input-missing'; readonly path: string }
  /** A glob that matched nothing, a FIFO or device, a link that leads out of the root… */
  | { readonly kind: 'input-unusable'; readonly path: string; readonly message: string }
  | {
      readonly kind: 'expression';
      readonly message: string;
      readonly file: string;
      readonly line: number;
      readonly column: number;
    }
  | { readonly kind: 'metrics-unreadable'; readonly path: string; readonly message: string }
  /** Written to again after the command had ended, before they could be stored. */
  | { readonly kind: 'output-changed'; readonly paths: readonly string[] }
  /** Files that orch didn't make lie inside a folder or glob output. */
  | {
      readonly kind: 'output-occupied';
      /** Label of the task whose output it is. */
      readonly task: string;
      readonly output: string;
      readonly paths: readonly string[];
    }
  /** A declared secret that is set nowhere. */
  | { readonly kind: 'secret-missing'; readonly name: string }
  | { readonly kind: 'resources'; readonly name: string; readonly wanted: number; readonly total: number }
  | { readonly kind: 'tool'; readonly command: string; readonly message: string }
  /** Disk full, no permission and the like, with the system's error code. */
  | { readonly kind: 'io'; readonly doing: string; readonly path: string; readonly code: string }
  /** A bug in orch, turned into a failure of this task alone. */
  | { readonly kind: 'internal'; readonly message: string };
