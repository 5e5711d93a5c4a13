/** An input as it enters the key, on its way into the manifest. */
import type { OutputEntry } from '../model/result.ts';
import type { Node } from './node.ts';

export interface InputPart {
  readonly path: string;
  /** See `ManifestPart`. */
  readonly content: string;
  readonly executable: boolean;
  /** The task that made it, null for a file of the user's. */
  readonly from: string | null;
}

/** A recorded output as an input; of a link the text alone, what it leads to is found by `behind-links`. */
export function partOf(entry: OutputEntry, upstream: Node): InputPart {
  const from = upstream.task.label;
  switch (entry.kind) {
    case 'file':
      return { path: entry.path, content: entry.digest, executable: entry.executable, from };
    case 'folder':
      return { path: entry.path, content: 'folder', executable: false, from };
    case 'symlink':
      return { path: entry.path, content: `link:${entry.link}`, executable: false, from };
  }
}
