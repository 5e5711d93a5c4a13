/**
 * Where a root keeps what. Everything lies under `.cache/`; formats carry a version in their folder's name, so
 * that another version's files are ignored and never misread. `owned/` and `replaced/` have none: every version
 * must be able to read which files are orch's own, and set-aside files are the user's.
 */
import { join } from 'node:path';
import { createFileAtomic, sweepAbandoned } from '../base/atomic-file.ts';
import { makeFolder } from '../base/make-folder.ts';

export const STATE_VERSION = 1;

export interface Layout {
  readonly root: string;
  /** `.cache` */
  readonly dir: string;
  /** Journal, manifests, stat cache, compiled plans, lock. */
  readonly state: string;
  /** The record of orch's own files, kept twice. */
  readonly owned: string;
  readonly logs: string;
  /** Files that orch didn't make or that were edited, set aside; never collected by itself. */
  readonly replaced: string;
  /** Outputs of failed attempts, the last of each task. */
  readonly failed: string;
  readonly tmp: string;
  /** Runs that are changing the root now. No version: every version must see them. */
  readonly live: string;
  /** Default place of the content cache. */
  readonly content: string;
}

/** Folders of the state that hold one file a pipeline or command line. */
const REMEMBERED = ['compiled', 'idle'];

export function layoutOf(root: string): Layout {
  const dir = join(root, '.cache');
  return {
    root,
    dir,
    state: join(dir, 'state', `v${STATE_VERSION}`),
    owned: join(dir, 'owned'),
    logs: join(dir, 'logs'),
    replaced: join(dir, 'replaced'),
    failed: join(dir, 'failed'),
    tmp: join(dir, 'tmp'),
    live: join(dir, 'live'),
    content: join(dir, 'content'),
  };
}

/** Makes the folders that a run writes to, and removes temporary files of killed runs. Throws the system's error. */
export function makeFolders(layout: Layout): void {
  for (const folder of [layout.state, layout.owned, layout.logs, layout.tmp]) makeFolder(folder);
  const remembered = REMEMBERED.map((name) => join(layout.state, name));
  for (const folder of [layout.dir, layout.state, layout.owned, layout.tmp, ...remembered])
    sweepAbandoned(folder);
  createFileAtomic(join(layout.dir, '.gitignore'), '*\n');
}
