/**
 * What a command left at its declared outputs, as the entries of a result. Taken whole: the skip list doesn't
 * apply, every folder of a folder output counts, links are recorded by their text and never followed. It knows
 * nothing of caches and records.
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { compileGlob, compileGlobFolders, globParent } from '../base/glob.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { childOf, sortedByPath } from '../base/path.ts';
import type { Failure } from '../model/failure.ts';
import type { OutputEntry } from '../model/result.ts';
import type { OutputSpec } from '../model/task.ts';
import type { Fingerprinter } from './fingerprinter.ts';
import { kindOfEntry, type Listing, nameOfEntry, readListing } from './listing.ts';
import { isUnusable, kindOf } from './path-reader.ts';

export interface ScanOptions {
  /** The path is recorded as another task's output: a folder or glob never captures it. */
  readonly isOthers?: (path: string) => boolean;
}

/** The root's folder for orch's own things, which no output covers. */
const OWN_FOLDER = '.cache';

interface Found {
  readonly kind: 'file' | 'folder' | 'symlink';
  readonly stored: boolean;
}

/**
 * Lists and hashes the declared outputs; the entries come sorted bytewise by path. Fails with `output-missing`
 * (every absent literal and folder together), `output-not-regular` (a folder in a file's place, a FIFO, a name that
 * isn't UTF-8…) or `io`.
 */
export async function scanOutputs(
  root: string,
  specs: readonly OutputSpec[],
  fingerprinter: Pick<Fingerprinter, 'read'>,
  options: ScanOptions = {},
): Promise<Outcome<readonly OutputEntry[], Failure>> {
  const found = listOutputs(root, specs, options);
  if (!found.ok) return found;
  const files: string[] = [];
  for (const [path, { kind }] of found.value) if (kind === 'file') files.push(path);
  const read = await fingerprinter.read(files);
  const entries: OutputEntry[] = [];
  for (const [path, { kind, stored }] of found.value) {
    if (kind === 'folder') entries.push({ kind, path });
    else if (kind === 'symlink') {
      const link = linkText(`${root}/${path}`);
      if (link === null) return fail({ kind: 'output-missing', paths: [path] });
      entries.push({ kind, path, link });
    } else {
      const reading = read.get(path) ?? null;
      if (reading === null) return fail({ kind: 'output-missing', paths: [path] });
      if (isUnusable(reading))
        return fail({ kind: 'output-not-regular', path, found: `something that ${reading.message}` });
      if (reading.kind !== 'file')
        return fail({ kind: 'output-not-regular', path, found: `a ${reading.kind}` });
      entries.push({ kind, path, digest: reading.digest!, executable: reading.executable, stored });
    }
  }
  return ok(sortedByPath(entries, (entry) => entry.path));
}

/**
 * The paths at the declared outputs, not hashed. Where several outputs cover one, a literal path decides whether
 * it's stored.
 */
function listOutputs(
  root: string,
  specs: readonly OutputSpec[],
  { isOthers }: ScanOptions,
): Outcome<ReadonlyMap<string, Found>, Failure> {
  const found = new Map<string, Found>();
  const missing: string[] = [];
  const irregular: Failure[] = [];
  const refuse = (path: string, what: string) =>
    irregular.push({ kind: 'output-not-regular', path, found: what });

  for (const spec of specs.filter((each) => each.kind === 'file')) {
    const stats = statOf(`${root}/${spec.path}`);
    if (stats === undefined) missing.push(spec.path);
    else if (stats.isFile()) found.set(spec.path, { kind: 'file', stored: spec.store });
    else if (stats.isSymbolicLink()) found.set(spec.path, { kind: 'symlink', stored: spec.store });
    else refuse(spec.path, `a ${kindOf(stats)}`);
  }
  for (const spec of specs) {
    if (spec.kind === 'file') continue;
    const isGlob = spec.kind === 'glob';
    const base = isGlob ? globParent(spec.path) : spec.path;
    const stats = statOf(`${root}/${base}`);
    if (!isGlob && stats === undefined) missing.push(`${spec.path}/`);
    else if (!isGlob && !stats!.isDirectory()) refuse(spec.path, `a ${kindOf(stats!)}`);
    else {
      const accepts = isGlob ? compileGlob(spec.path) : () => true;
      const enters = isGlob ? compileGlobFolders(spec.path) : () => true;
      collect(base, { accepts, enters, reportsFolders: !isGlob, stored: spec.store });
    }
  }

  interface Coverage {
    readonly accepts: (path: string) => boolean;
    readonly enters: (folder: string) => boolean;
    readonly reportsFolders: boolean;
    readonly stored: boolean;
  }

  function collect(folder: string, coverage: Coverage): void {
    const { accepts, enters, reportsFolders, stored } = coverage;
    let listing: Listing;
    try {
      listing = readListing(`${root}/${folder}`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      // A glob's folder needn't exist, and one that has just gone holds nothing.
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        irregular.push({ kind: 'io', doing: 'list', path: folder, code });
      return;
    }
    if (reportsFolders) found.set(folder, { kind: 'folder', stored });
    for (const entry of listing) {
      const kind = kindOfEntry(entry);
      const path = childOf(folder, nameOfEntry(entry, kind));
      if (path === OWN_FOLDER) continue;
      if (kind === 'folder') {
        if (enters(path)) collect(path, coverage);
      } else if (accepts(path) && !found.has(path) && isOthers?.(path) !== true) {
        if (kind === 'special') refuse(path, 'a FIFO, socket or device');
        else if (kind === 'bad-name') refuse(path, "something whose name isn't valid UTF-8");
        else found.set(path, { kind, stored });
      }
    }
  }

  if (missing.length > 0) return fail({ kind: 'output-missing', paths: missing });
  return irregular[0] === undefined ? ok(found) : fail(irregular[0]);
}

function statOf(absolute: string): Stats | undefined {
  try {
    return lstatSync(absolute, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

function linkText(absolute: string): string | null {
  try {
    return readlinkSync(absolute);
  } catch {
    return null;
  }
}
