/**
 * The names of a project's pipelines for completing words: from what the last run kept, where the files are the
 * same. It loads neither YAML nor plan, writes nothing and says nothing.
 */
import { loadHasher } from '../base/digest.ts';
import { scanNames } from '../pipeline/scan-names.ts';
import { layoutOf } from '../state/layout.ts';
import { type NamesOf, type PipelineNames, readNames } from '../state/names.ts';
import { type FoundProject, findProject, type PipelineFile, type StartPoint } from './root.ts';

declare const ORCH_VERSION: string;

/** Reading more YAML than this (some 150 tasks) takes longer than a user wants to wait for a word: its lines tell the names. */
const MAX_READ_BYTES = 20_000;

export interface QuickNames {
  /** null: no project here. */
  readonly found: FoundProject | null;
  /** As they were when the files could be read last. */
  readonly last: readonly PipelineNames[];
  /** The answer; null: reading the files would give a better one in good time. */
  readonly names: readonly PipelineNames[] | null;
}

export async function quickNames(start: StartPoint): Promise<QuickNames> {
  const found = findProject(start);
  if (!found.ok) return { found: null, last: [], names: [] };
  const { root, files } = found.value;
  const known = readNames(layoutOf(root), await namesOfFiles(files));
  const last = known?.pipelines ?? [];
  if (known?.isOfNow === true) return { found: found.value, last, names: last };
  const bytes = files.reduce((sum, { text }) => sum + text.byteLength, 0);
  const isWorthReading = bytes <= MAX_READ_BYTES;
  const names = isWorthReading ? null : files.map((file) => scannedNames(file, last));
  return { found: found.value, last, names };
}

/** What kept names are of. */
export async function namesOfFiles(files: readonly PipelineFile[]): Promise<NamesOf> {
  const hasher = await loadHasher();
  return { version: ORCH_VERSION, files: files.map(({ path, text }) => [path, hasher.digestBytes(text)]) };
}

/** By the lines of the file; what is known of a name from before is kept. */
export function scannedNames({ path, text }: PipelineFile, last: readonly PipelineNames[]): PipelineNames {
  const before = last.find(({ file }) => file === path);
  const scanned = scanNames(Buffer.from(text).toString('utf8'));
  const name = scanned.name ?? before?.name ?? path.slice(path.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
  const { tasks = [], params = [] } = before ?? {};
  // Written in some other way: all that is known is what was.
  if (scanned.tasks.length === 0) return { name, file: path, tasks, params };
  return {
    name,
    file: path,
    tasks: scanned.tasks.map(
      (task) =>
        tasks.find((each) => each.name === task) ?? { name: task, description: null, labels: [], cells: [] },
    ),
    params: scanned.params.map(
      (param) =>
        params.find((each) => each.name === param) ?? {
          name: param,
          type: 'string',
          values: null,
          min: null,
          max: null,
          value: '',
          description: null,
        },
    ),
  };
}
