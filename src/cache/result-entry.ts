/**
 * The file that holds a key's results: one checksummed line each (see base/checksummed-lines), the one that holds
 * on top: the one stored first, or the one forced last. What it reads it checks as if a stranger had written it, since caches are shared and damaged;
 * it knows nothing of contents.
 *
 *     <checksum> {"key":…,"outputs":[{"kind":"file","path":…,"digest":…,"executable":…,"stored":…},…],"durationMs":…,…}
 */
import { readFileSync, statSync } from 'node:fs';
import { formatLines, parseLines } from '../base/checksummed-lines.ts';
import type { Digest, TaskKey } from '../model/ids.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import { validDigestSize } from './layout.ts';
import { isRelativePath } from './safe-path.ts';

/** A task that never makes the same bytes twice would otherwise grow its entry with every run. */
const MAX_RESULTS_PER_KEY = 4;
const NEWLINE = 10;

/** The valid results in a key's file; none where it is absent, unreadable or damaged. */
export function readResults(file: string, key: TaskKey): Result[] {
  let bytes: Buffer;
  try {
    // Asked first: most keys that are looked up are new, and an error costs ten times the question.
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
    bytes = readFileSync(file);
  } catch {
    return [];
  }
  const results: Result[] = [];
  for (const record of parseLines(bytes).records) {
    const result = toResult(record, key);
    if (result !== null) results.push(result);
  }
  return results;
}

export interface Entry {
  readonly results: Result[];
  /** Records that are not as this version writes them. */
  readonly damagedRecords: number;
}

/** As `readResults`, telling an absent entry (null) from a damaged one. Throws the system's error. */
export function readEntry(file: string, key: TaskKey): Entry | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const { records, damagedLines } = parseLines(bytes);
  const results = records.flatMap((record) => toResult(record, key) ?? []);
  // Entries are written whole: one without any record, or with a cut one, is damaged as well.
  const isCut = bytes.length === 0 || bytes[bytes.length - 1] !== NEWLINE;
  return {
    results,
    damagedRecords: Math.max(damagedLines + records.length - results.length, isCut ? 1 : 0),
  };
}

export function formatResults(results: readonly Result[]): string {
  return formatLines(results);
}

/**
 * The list with one more result: `null` where it already holds one with the same outputs. The first stays the
 * first, unless the added one is to be (`atFront`); of the others the oldest makes room.
 */
export function withResult(
  present: readonly Result[],
  added: Result,
  atFront = false,
): readonly Result[] | null {
  const same = present.findIndex((result) => haveSameOutputs(result, added));
  if (atFront) {
    // Made again with the same bytes: for what expires its own time counts, even an earlier one, by a clock put back.
    if (same === 0 && present[0]!.createdAtMs === added.createdAtMs) return null;
    const others = present.filter((_, at) => at !== same);
    return [added, ...others.slice(Math.max(0, others.length - (MAX_RESULTS_PER_KEY - 1)))];
  }
  if (same !== -1) return null;
  const [first, ...others] = present;
  if (first === undefined) return [added];
  return [first, ...others.slice(Math.max(0, others.length - (MAX_RESULTS_PER_KEY - 2))), added];
}

function haveSameOutputs(a: Result, b: Result): boolean {
  return (
    a.outputs.length === b.outputs.length &&
    JSON.stringify(a.outputs.map(toFields)) === JSON.stringify(b.outputs.map(toFields))
  );
}

/** The same order of fields whoever made the entry. */
function toFields(entry: OutputEntry): readonly unknown[] {
  switch (entry.kind) {
    case 'file':
      return ['file', entry.path, entry.digest, entry.executable, entry.stored];
    case 'folder':
      return ['folder', entry.path];
    case 'symlink':
      return ['symlink', entry.path, entry.link];
  }
}

/** null where anything about the record isn't as this version writes it. */
function toResult(record: unknown, key: TaskKey): Result | null {
  if (!isObject(record)) return null;
  const { outputs, durationMs, createdAtMs } = record;
  if (record['key'] !== key || record['accepted'] !== false || !Array.isArray(outputs)) return null;
  if (!isNumber(durationMs) || !isNumber(createdAtMs)) return null;
  const entries: OutputEntry[] = [];
  for (const output of outputs as unknown[]) {
    const entry = toEntry(output);
    if (entry === null) return null;
    entries.push(entry);
  }
  return { key, outputs: entries, durationMs, createdAtMs, accepted: false };
}

function toEntry(value: unknown): OutputEntry | null {
  if (!isObject(value)) return null;
  const { kind, path, digest, executable, stored, link } = value;
  if (typeof path !== 'string' || !isRelativePath(path)) return null;
  switch (kind) {
    case 'file':
      if (typeof digest !== 'string' || validDigestSize(digest) === null) return null;
      if (typeof executable !== 'boolean' || typeof stored !== 'boolean') return null;
      return { kind, path, digest: digest as Digest, executable, stored };
    case 'folder':
      return { kind, path };
    case 'symlink':
      return typeof link === 'string' && isLinkText(link) ? { kind, path, link } : null;
    default:
      return null;
  }
}

function isLinkText(link: string): boolean {
  return link !== '' && !link.includes('\0');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
