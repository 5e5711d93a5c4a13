/**
 * `orch init`: finds what a folder has, makes a pipeline of it, and writes the pipeline with a copy of the schema
 * for editors. It never replaces a file, and runs nothing of what it found. It talks to nobody.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { makeFolder } from '../base/make-folder.ts';
import { findSources, readStarter, type Source } from '../starters/find-starters.ts';
import { type Folder, openFolder } from '../starters/folder.ts';
import { missingPrograms } from '../starters/missing-programs.ts';
import { settle } from '../starters/settle.ts';
import type { Note, Starter, StarterKind } from '../starters/starter.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { findProject } from './root.ts';
import { SCHEMA_FILE } from './schema-file.ts';

export interface InitPlace {
  readonly folder: Folder;
  /** Absolute. */
  readonly file: string;
  readonly sources: readonly Source[];
}

export interface Initiated {
  readonly kind: StarterKind;
  readonly from: string | null;
  /** As the caller named it, or relative to the root. */
  readonly file: string;
  readonly text: string;
  /** Of the schema's copy, null where it was there already. */
  readonly schemaFile: string | null;
  /** The copy that is there is of another version. */
  readonly isSchemaOld: boolean;
  readonly taskCount: number;
  readonly paramNames: readonly string[];
  readonly defaultTargets: readonly string[];
  readonly notes: readonly Note[];
  /** Programs that its commands begin with and that aren't on the PATH. */
  readonly missing: readonly string[];
  /** Tasks whose outputs are there already, in the order of their needs. */
  readonly made: readonly string[];
  /** Tasks to run before those can be taken over. */
  readonly first: readonly string[];
  /** Folder outputs that hold files already. */
  readonly occupied: readonly string[];
}

/** Where a new pipeline goes, and what is there to begin with. Refuses a place that has one. */
export function initPlace(dir: string, file: string | null, mayExist: boolean): InitPlace {
  const from = resolve(dir);
  if (statSync(from, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CommandError(`${dir} is not a folder`, EXIT.usage, 'give -C an existing folder');
  const target = resolve(from, file ?? 'orch.yaml');
  const root = basename(dirname(target)) === 'pipelines' ? dirname(dirname(target)) : dirname(target);
  if (!mayExist) {
    const other = join(root, 'orch.yml');
    const taken = [target, ...(file === null && existsSync(other) ? [other] : [])].find((path) =>
      existsSync(path),
    );
    if (taken !== undefined)
      throw new CommandError(
        `${relative(from, taken)} is there already, and init replaces nothing`,
        EXIT.usage,
        '`orch list` shows its tasks; `orch init --dry-run` prints what init would write; -f FILE writes elsewhere',
      );
    const found = file === null ? findProject({ cwd: from, dir: null, file: null, root: from }) : null;
    if (found?.ok === true)
      throw new CommandError(
        `there is a pipeline here already: ${found.value.files.map(({ path }) => path).join(', ')}`,
        EXIT.usage,
        '`orch list` shows its tasks; `orch init -f orch.yaml` writes another one beside it',
      );
  }
  const folder = openFolder(root);
  return { folder, file: target, sources: findSources(folder) };
}

export interface InitRequest {
  readonly place: InitPlace;
  readonly kind: StarterKind;
  /** The JSON Schema, as `orch schema` prints it. */
  readonly schemaText: string;
  readonly reservedFlags: readonly string[];
  /** false: nothing is written. */
  readonly write: boolean;
}

/** Makes the starter and, unless told otherwise, writes it. Fails where there is nothing of the kind. */
export async function initiate(request: InitRequest): Promise<Initiated> {
  const { place, kind, schemaText, reservedFlags } = request;
  const { folder, file } = place;
  const read = await readStarter(folder, kind);
  if (read === null)
    throw new CommandError(
      `there is nothing for --from ${kind} in ${folder.root}`,
      EXIT.usage,
      place.sources.length === 0
        ? '`orch init` writes a small example'
        : `there is ${place.sources.map((source) => `${source.path} (--from ${source.kind})`).join(', ')}`,
    );
  if (read.tasks.length === 0) throw nothingIn(read, place);
  const schemaPath = join(folder.root, SCHEMA_FILE);
  const settled = await settle({
    starter: read,
    folder,
    file: relative(folder.root, file),
    schema: relative(dirname(file), schemaPath),
    reservedFlags,
  });
  const { starter, text, taskCount, made, occupied } = settled;
  const present = readOrNull(schemaPath);
  if (starter.tasks.length === 0) throw nothingIn(starter, place);
  if (request.write) {
    if (present === null) writeNew(schemaPath, schemaText);
    writeNew(file, text);
  }
  const first = (starter.first ?? []).filter((name) => starter.tasks.some((task) => task.name === name));
  return {
    kind,
    from: starter.from,
    file: relative(folder.root, file),
    text,
    schemaFile: present === null ? SCHEMA_FILE : null,
    isSchemaOld: present !== null && present !== schemaText,
    taskCount,
    paramNames: starter.params.map(({ name }) => name),
    defaultTargets: starter.default,
    notes: starter.notes,
    missing: missingPrograms(starter, process.env['PATH'] ?? ''),
    made: made.filter((name) => !first.includes(name)),
    first,
    occupied,
  };
}

/** What appeared in the meantime stays, too. */
function writeNew(path: string, text: string): void {
  try {
    makeFolder(dirname(path));
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandError(`can't write ${path} (${code})`, EXIT.usage, '`orch init -n` prints it instead');
  }
}

/** Nothing of what was found can be a task: then an empty pipeline would help nobody. */
function nothingIn({ from, notes }: Starter, { sources }: InitPlace): CommandError {
  const others = sources.filter(({ path }) => path !== from).map(({ kind }) => kind);
  const why = notes.slice(0, 3).map(({ at, text }) => `${at}: ${text}`);
  return new CommandError(
    `nothing of ${from} could become a task${why.length === 0 ? '' : ` (${why.join('; ')})`}`,
    EXIT.usage,
    `${[...others, 'example'].map((kind) => `\`orch init --from ${kind}\``).join(', ')} would begin with something else`,
  );
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
