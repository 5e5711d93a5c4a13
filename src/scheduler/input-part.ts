/** An input as it enters the key, on its way into the manifest. */
import type { OutputEntry } from '../model/result.ts';
import type { Task } from '../model/task.ts';

export interface InputPart {
  readonly path: string;
  /** See `ManifestPart`. */
  readonly content: string;
  readonly executable: boolean;
  /** The task that made it, null for a file of the user's. */
  readonly from: string | null;
  /** The recorded output whose content it is, and the index of the node that made it. */
  readonly made: { readonly entry: OutputEntry; readonly by: number } | null;
}

/** A recorded output as an input; of a link the text alone, what it leads to is found by `behind-links`. */
export function partOf(
  entry: OutputEntry,
  maker: { readonly index: number; readonly task: Pick<Task, 'label'> },
): InputPart {
  const from = maker.task.label;
  const made = { entry, by: maker.index };
  switch (entry.kind) {
    case 'file':
      return { path: entry.path, content: entry.digest, executable: entry.executable, from, made };
    case 'folder':
      return { path: entry.path, content: 'folder', executable: false, from, made };
    case 'symlink':
      return { path: entry.path, content: `link:${entry.link}`, executable: false, from, made };
  }
}
