/**
 * Tells which inputs were written to between their hashing and the end of a command (SPEC C8). Stats decide, so
 * that an input which was edited and put back meanwhile still counts as changed: the command may have read either.
 */
import { lstatSync, type Stats } from 'node:fs';
import type { InputSpec } from '../model/task.ts';
import type { Links } from './links.ts';
import type { MatchedInputs, MatchOptions } from './match.ts';
import { type Fingerprint, isUnusable, type PathReader } from './path-reader.ts';
import { compareStamps, isExecutable, stampOf } from './stamp.ts';

export interface Witness {
  readonly specs: readonly InputSpec[];
  /** As they entered the key; each remembers the stat it was read under. */
  readonly inputs: readonly Fingerprint[];
  readonly isMade: MatchOptions['isMade'];
  /** Links that count by what is recorded behind them: neither new nor changed, whatever lies there. */
  readonly byRecord: ReadonlySet<string>;
}

export interface WitnessDisk {
  readonly links: Links;
  readonly paths: PathReader;
  /** Lists folders anew. */
  readonly match: (specs: readonly InputSpec[], options: MatchOptions) => MatchedInputs;
}

/** Paths that changed, came or went, in the order of the inputs, new ones last. Reads content only in doubt. */
export function changedSince(witness: Witness, disk: WitnessDisk): string[] {
  const changed = witness.inputs.filter((input) => isChanged(input, disk)).map((input) => input.path);
  const before = new Set(witness.inputs.map((input) => input.path));
  const { matches, problems } = disk.match(witness.specs, { isMade: witness.isMade });
  const added = new Set(
    matches.map((match) => match.path).filter((path) => !before.has(path) && !witness.byRecord.has(path)),
  );
  for (const problem of problems) if (problem.kind === 'input-unusable') added.add(problem.path);
  return [...changed, ...added];
}

function isChanged(before: Fingerprint, { links, paths }: WitnessDisk): boolean {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(links.absolute(before.path), { throwIfNoEntry: false });
  } catch {
    return true;
  }
  if (stats === undefined) return true;
  if (before.kind === 'folder') return !stats.isDirectory();
  if (before.kind === 'symlink') return isLinkChanged(before, stats, paths);
  if (!stats.isFile() || isExecutable(stats.mode) !== before.executable) return true;
  switch (compareStamps(before.seen, stampOf(stats))) {
    case 'same':
      // Written in the same step of the clock, before and after hashing: only the bytes tell.
      return !before.seen.isSettled && isContentChanged(before, paths);
    case 'attributes':
      // A hard link was made of it, or its mode changed: no reason to run again if the bytes are the same.
      return isContentChanged(before, paths);
    case 'written':
      return true;
  }
}

function isLinkChanged(before: Fingerprint, stats: Stats, paths: PathReader): boolean {
  if (!stats.isSymbolicLink() || compareStamps(before.seen, stampOf(stats)) === 'written') return true;
  const now = paths.readNow(before.path);
  if (
    now === null ||
    isUnusable(now) ||
    now.content !== before.content ||
    now.executable !== before.executable
  )
    return true;
  const [was, is] = [before.seen.target, now.seen.target];
  if (was === null || is === null) return was !== is;
  return compareStamps(was, is) === 'written';
}

function isContentChanged(before: Fingerprint, paths: PathReader): boolean {
  const now = paths.readNow(before.path);
  return now === null || isUnusable(now) || now.content !== before.content;
}
