/**
 * What the disk says about inputs and outputs: which files the declared inputs mean, what they hold, what changed
 * since, and whether recorded outputs are in place. This file wires the parts; each rule lives in its own.
 *
 * It never decides whether a task runs, and writes nothing but its stat cache and the probe of the file clock.
 */
import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { bootId } from '../base/boot.ts';
import { loadHasher } from '../base/digest.ts';
import type { OutputEntry } from '../model/result.ts';
import type { InputSpec } from '../model/task.ts';
import { createContentReader } from './content-reader.ts';
import { openFileClock } from './file-clock.ts';
import { createLinks } from './links.ts';
import { createListings, type Listings } from './listing.ts';
import { type MatchedInputs, type MatchOptions, matchSources } from './match.ts';
import { checkEntry, type OutputState } from './output-check.ts';
import { createPathReader, type Fingerprint, type Reading } from './path-reader.ts';
import { createSkipList, readIgnoreFile, type SkipList } from './skip-list.ts';
import { loadStatCache } from './stat-cache.ts';
import { changedSince, type Witness } from './witness.ts';

export interface FingerprinterRequest {
  /** Absolute. */
  readonly root: string;
  /** Where the stat cache and the probe of the clock are kept; must exist unless `readOnly`. */
  readonly stateDir: string;
  readonly readOnly: boolean;
  /** Believe no stat of an earlier run. */
  readonly rehash: boolean;
  /** Root-relative links (or globs) that may lead out of the root. */
  readonly allowLinks: readonly string[];
  /** Further root-relative folders that folders and globs pass over, such as a content cache moved into the root. */
  readonly ownFolders?: readonly string[];
  /** A line for the user: the stat cache was damaged, of another version, can't be saved. */
  readonly onNote?: (message: string) => void;
}

export interface Fingerprinter {
  /**
   * Which source files the declared inputs mean now. Folders are listed once until `forget`. Literal paths that
   * are absent and globs without matches simply aren't among the matches.
   */
  readonly matchInputs: (specs: readonly InputSpec[], options: MatchOptions) => Promise<MatchedInputs>;
  /**
   * What lies at each path; every path has an entry. Reads what the stat cache doesn't vouch for, small files one
   * after the other with breaks, large ones in slices. `known`: stats that `matchInputs` gave just now.
   */
  readonly read: (
    paths: Iterable<string>,
    known?: ReadonlyMap<string, Stats>,
  ) => Promise<ReadonlyMap<string, Reading>>;
  /** Where a path leads, link by link (see `Links.placeOf`). Looks at the disk. */
  readonly placeOf: (path: string, recorded?: (path: string) => string | null) => string | null;
  /** May the link at `path` be followed to a place outside the root? */
  readonly mayFollow: (path: string, place: string) => boolean;
  /** Remembers under which stats these inputs were read (SPEC C8). Doesn't touch the disk. */
  readonly witness: (
    specs: readonly InputSpec[],
    inputs: readonly Fingerprint[],
    isMade: MatchOptions['isMade'],
    byRecord?: ReadonlySet<string>,
  ) => Witness;
  /** Paths of inputs that changed, came or went since they were read. Looks at the disk anew. */
  readonly changedSince: (witness: Witness) => string[];
  /** In the order of the entries: is what lies on disk the recorded output? One lstat each as a rule. */
  readonly checkOutputs: (entries: readonly OutputEntry[]) => OutputState[];
  /** The present stat of a file, if it vouches for this content; null: look at the bytes. */
  readonly vouchedStats: (path: string, digest: string) => Stats | null;
  /** Is the stat old enough for any later write to show in it? */
  readonly isSettled: (stats: Stats) => boolean;
  /** See `Listings.listed`; null too where links were followed. */
  readonly listedFolders: Listings['listed'];
  /** See `Listings.found`. */
  readonly foundFolders: Listings['found'];
  /** To be called after anything wrote to the root: what folders hold is asked anew. */
  readonly forget: () => void;
  /** Entries of files written later than this (Unix milliseconds) aren't believed until they're read again. */
  readonly distrustAfter: (unixMs: number) => void;
  /** Saves the stat cache, if anything is new. Reads again what was too young to be remembered. */
  readonly flush: () => void;
  /** Closes the probe file; nothing may be asked afterwards. */
  readonly close: () => void;
}

/** Opens the stat cache (a missing or damaged one is an empty one) and loads the hash function. */
export async function createFingerprinter(request: FingerprinterRequest): Promise<Fingerprinter> {
  const { root, stateDir, readOnly, rehash } = request;
  const hasher = await loadHasher();
  const links = createLinks(root, request.allowLinks);
  const clock = openFileClock(stateDir, readOnly);
  const cache = loadStatCache({
    file: join(stateDir, 'stat-cache'),
    hasher,
    bootId: bootId(),
    isPast: clock.isPast,
    ignoreSaved: rehash,
    onNote: request.onNote ?? (() => {}),
  });
  const reader = createContentReader(hasher, cache, clock);
  const paths = createPathReader(links, reader);
  const listings = createListings(clock);
  let skipList: SkipList | null = null;
  const around = {
    links,
    listings,
    skipList: () => {
      skipList ??= createSkipList(readIgnoreFile(links.root));
      return skipList;
    },
    ownFolders: new Set(['.cache', ...(request.ownFolders ?? [])]),
  };
  const forget = () => {
    links.forget();
    listings.forget();
  };

  return {
    matchInputs: async (specs, options) => matchSources(specs, options, around),
    async read(wanted, known) {
      const readings = new Map<string, Reading>();
      for (const path of wanted) {
        const reading = paths.read(path, known?.get(path));
        readings.set(path, reading instanceof Promise ? await reading : reading);
      }
      return readings;
    },
    placeOf: links.placeOf,
    mayFollow: links.mayFollow,
    witness: (specs, inputs, isMade, byRecord = new Set()) => ({ specs, inputs, isMade, byRecord }),
    changedSince(witness) {
      forget();
      return changedSince(witness, {
        links,
        paths,
        match: (specs, options) => matchSources(specs, options, around),
      });
    },
    checkOutputs: (entries) => entries.map((entry) => checkEntry(links.root, entry, reader)),
    vouchedStats(path, digest) {
      const stats = lstatSync(links.absolute(path), { throwIfNoEntry: false });
      return stats?.isFile() && cache.lookup(path, stats) === digest ? stats : null;
    },
    isSettled: (stats) => clock.isSettled(stats, clock.refresh()),
    listedFolders: () => (links.metAny() ? null : listings.listed()),
    foundFolders: listings.found,
    forget,
    distrustAfter: cache.distrustAfter,
    flush() {
      if (readOnly) return;
      reader.settle();
      cache.save(clock.refresh());
    },
    close: clock.close,
  };
}
