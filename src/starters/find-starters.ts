/**
 * What in a folder can become a pipeline, and the pipeline for each. One place that knows all readers; they are
 * loaded when they are used.
 */

import { exampleStarter } from './example.ts';
import type { Folder } from './folder.ts';
import { npmStarter, readManifest, scriptsOf } from './npm-starter.ts';
import { findNotebooks, notebooksStarter } from './python/notebooks-starter.ts';
import { findScripts, pythonStarter } from './python/python-starter.ts';
import { findShellScripts, shellStarter } from './shell/shell-starter.ts';
import { pipelineName, type Starter, type StarterKind } from './starter.ts';

/** Something found. */
export interface Source {
  readonly kind: StarterKind;
  /** The file or folder, root-relative. */
  readonly path: string;
}

interface Reader {
  readonly kind: StarterKind;
  /** The file or folder that it reads, null where there is none. */
  readonly find: (folder: Folder) => string | null;
  readonly read: (folder: Folder, path: string) => Promise<Starter>;
}

const firstFile = (names: readonly string[]) => (folder: Folder) =>
  names.find((name) => folder.kindOf(name) === 'file') ?? null;

/** In the order of `STARTER_KINDS`. */
const READERS: readonly Reader[] = [
  {
    kind: 'dvc',
    find: firstFile(['dvc.yaml']),
    read: async (folder, path) => (await import('./dvc/dvc-starter.ts')).dvcStarter(folder, path),
  },
  {
    kind: 'snakemake',
    find: firstFile(['Snakefile', 'workflow/Snakefile', 'snakefile']),
    read: async (folder, path) =>
      (await import('./snakemake/snakemake-starter.ts')).snakemakeStarter(folder, path),
  },
  {
    kind: 'makefile',
    find: firstFile(['GNUmakefile', 'makefile', 'Makefile']),
    read: async (folder, path) =>
      (await import('./makefile/makefile-starter.ts')).makefileStarter(folder, path),
  },
  {
    kind: 'taskfile',
    find: firstFile(
      ['Taskfile', 'taskfile'].flatMap((name) =>
        ['.yml', '.yaml', '.dist.yml', '.dist.yaml'].map((ending) => name + ending),
      ),
    ),
    read: async (folder, path) =>
      (await import('./taskfile/taskfile-starter.ts')).taskfileStarter(folder, path),
  },
  {
    kind: 'turbo',
    find: firstFile(['turbo.json', 'turbo.jsonc']),
    read: async (folder, path) => (await import('./turbo-starter.ts')).turboStarter(folder, path),
  },
  {
    kind: 'justfile',
    find: firstFile(['justfile', 'Justfile', '.justfile']),
    read: async (folder, path) => (await import('./just/just-starter.ts')).justStarter(folder, path),
  },
  {
    kind: 'npm',
    find: (folder) =>
      Object.keys(scriptsOf(readManifest(folder, 'package.json'))).length > 0 ? 'package.json' : null,
    read: async (folder, path) => npmStarter(folder, path),
  },
  {
    kind: 'notebooks',
    find: findNotebooks,
    read: async (folder, path) => notebooksStarter(folder, path),
  },
  {
    kind: 'python',
    find: findScripts,
    read: async (folder, path) => pythonStarter(folder, path),
  },
  {
    kind: 'shell',
    find: findShellScripts,
    read: async (folder, path) => shellStarter(folder, path),
  },
];

/** What the folder offers, the best first. Scripts that another file here already puts in order aren't an offer. */
export function findSources(folder: Folder): readonly Source[] {
  const found = READERS.flatMap(({ kind, find }): Source[] => {
    const path = find(folder);
    return path === null ? [] : [{ kind, path }];
  });
  const isOrdered = found.some(({ kind }) => !SCRIPTS.includes(kind) && kind !== 'npm' && kind !== 'turbo');
  return isOrdered ? found.filter(({ kind }) => !SCRIPTS.includes(kind)) : found;
}

const SCRIPTS: readonly StarterKind[] = ['notebooks', 'python', 'shell'];

/** null: there is nothing of that kind. */
export async function readStarter(folder: Folder, kind: StarterKind): Promise<Starter | null> {
  if (kind === 'example') return exampleStarter(pipelineName(folder.root));
  const reader = READERS.find((each) => each.kind === kind);
  const path = reader?.find(folder) ?? null;
  return reader === undefined || path === null ? null : reader.read(folder, path);
}
