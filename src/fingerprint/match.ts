/**
 * Which source files a task's declared inputs mean at this moment. What other tasks make is left out (the caller
 * says what that is): it counts through their results, present on disk or not. Where links lead to such paths is
 * reported. It reads no content.
 *
 *     literal path   as it is; where it is a folder, all that it holds (the skip list doesn't apply)
 *     folder         all that it holds besides the skip list; a folder without anything in it counts as itself
 *     glob           files and links to files that match; skip list below its literal part
 *     !…             takes away from folders and globs, with all that lies below
 */
import { lstatSync, type Stats } from 'node:fs';
import { compileExclusion, compileGlob, compileGlobFolders, globParent } from '../base/glob.ts';
import { isInside, leavesRoot, parentOf, sortPaths } from '../base/path.ts';
import type { Failure } from '../model/failure.ts';
import type { InputSpec } from '../model/task.ts';
import type { Links } from './links.ts';
import type { Listings } from './listing.ts';
import type { SkipList } from './skip-list.ts';
import { type WalkRequest, walk } from './walk.ts';

export interface InputMatch {
  /** Index of the declared input. */
  readonly spec: number;
  readonly path: string;
}

/** A link of the user's on the way to what an input means. */
export interface LinkOnTheWay {
  readonly spec: number;
  /** The link, or a path behind it, as the input names it. */
  readonly path: string;
  /** What it leads to, by its own name (see `Links.placeOf`). */
  readonly place: string;
}

export interface MatchedInputs {
  /** Sorted bytewise by path, then by input; no pair twice. */
  readonly matches: readonly InputMatch[];
  /** Inputs that exist but can't be used. An absent literal and a glob without matches are no problem here. */
  readonly problems: readonly Failure[];
  /** Stats of literal inputs, taken on the way: `read` takes them, to spare a second look. */
  readonly known: ReadonlyMap<string, Stats>;
  readonly links: readonly LinkOnTheWay[];
}

export interface MatchOptions {
  /**
   * The path is the output of a task, recorded or declared. Also asked of folders: true where one lies above an
   * output, so that a folder which orch made, and which may be empty for now, isn't taken for an empty source folder.
   */
  readonly isMade: (path: string) => boolean;
}

export interface Surroundings {
  readonly links: Links;
  readonly listings: Listings;
  readonly skipList: () => SkipList;
  /** Root-relative folders of orch's own that no walk enters. */
  readonly ownFolders: ReadonlySet<string>;
}

export function matchSources(
  specs: readonly InputSpec[],
  options: MatchOptions,
  around: Surroundings,
): MatchedInputs {
  const { links, listings, ownFolders } = around;
  const problems: Failure[] = [];
  const known = new Map<string, Stats>();
  const onTheWay: LinkOnTheWay[] = [];
  const isExcluded = exclusionOf(specs);
  const onProblem = (path: string, message: string) =>
    problems.push({ kind: 'input-unusable', path, message });

  const found = specs.map((spec, at): string[] => {
    if (spec.negated) return [];
    if (!spec.external && leavesRoot(spec.path)) {
      onProblem(spec.path, 'lies outside the root');
      return [];
    }
    const paths: string[] = [];
    const request = {
      isMade: options.isMade,
      onPath: (path: string) => paths.push(path),
      onLink: (path: string, place: string) => onTheWay.push({ spec: at, path, place }),
      onProblem,
      excludes: isExcluded,
    };
    const isOwn = (path: string, folder: boolean) => folder && ownFolders.has(path);
    if (spec.kind === 'file') {
      const stats = statOf(links.absolute(spec.path));
      const isLink = stats !== null && stats !== 'hidden' && stats.isSymbolicLink();
      const place = isLink || links.isOnLink(parentOf(spec.path)) ? links.placeOf(spec.path) : null;
      if (place !== null) request.onLink(spec.path, place);
      if (stats === null) return [];
      const mayBeFolder = stats !== 'hidden' && (isLink ? isFolder(spec.path, links) : stats.isDirectory());
      if (mayBeFolder && !(isLink && options.isMade(spec.path)))
        walkWhole(spec.path, { ...request, skips: isOwn });
      else if (!options.isMade(spec.path) && (isLink || place === null || !options.isMade(place))) {
        if (stats !== 'hidden') known.set(spec.path, stats);
        paths.push(spec.path);
      }
    } else {
      const isSkipped = around.skipList();
      const skips = (path: string, folder: boolean) => isOwn(path, folder) || isSkipped(path, folder);
      if (spec.kind === 'glob') {
        const base = globParent(spec.path);
        const enters = compileGlobFolders(spec.path);
        walk(
          { ...request, base, skips, enters, accepts: compileGlob(spec.path), reportsFolders: false },
          links,
          listings,
        );
      } else if (
        statOf(links.absolute(spec.path)) !== null &&
        !isFolder(spec.path, links) &&
        !leadsToMade(spec.path)
      )
        onProblem(spec.path, "isn't a folder; write it without the final /");
      else walkWhole(spec.path, { ...request, skips });
    }
    return sortPaths(paths);
  });

  /** It will be a folder once that is on the disk. */
  function leadsToMade(path: string): boolean {
    const place = links.isOnLink(path) ? links.placeOf(path) : null;
    return place !== null && (options.isMade(path) || options.isMade(place));
  }

  function walkWhole(
    base: string,
    request: Omit<WalkRequest, 'base' | 'enters' | 'accepts' | 'reportsFolders'>,
  ): void {
    walk({ ...request, base, enters: always, accepts: always, reportsFolders: true }, links, listings);
  }

  return { matches: inOrder(found), problems, known, links: onTheWay };
}

function always(): boolean {
  return true;
}

function exclusionOf(specs: readonly InputSpec[]): (path: string) => boolean {
  const tests = specs
    .filter((spec) => spec.negated)
    .map((spec) =>
      spec.kind === 'glob' ? compileExclusion(spec.path) : (path: string) => isInside(spec.path, path),
    );
  return (path) => tests.some((test) => test(path));
}

/** null: absent; `hidden`: the system won't say (no permission for a folder above…), which reading then reports. */
function statOf(absolute: string): Stats | 'hidden' | null {
  try {
    return lstatSync(absolute, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code === 'ENOTDIR' ? null : 'hidden';
  }
}

/** Is it a folder, or a link to one (wherever that leads: the walk refuses what isn't allowed)? */
function isFolder(path: string, links: Links): boolean {
  const stats = statOf(links.absolute(path));
  if (stats === null || stats === 'hidden') return false;
  if (!stats.isSymbolicLink()) return stats.isDirectory();
  const { real, exists } = links.target(path);
  const target = exists ? statOf(real!) : null;
  return target !== null && target !== 'hidden' && target.isDirectory();
}

function inOrder(found: readonly (readonly string[])[]): InputMatch[] {
  const holders = found.flatMap((paths, spec) => (paths.length > 0 ? [spec] : []));
  if (holders.length <= 1) return holders.flatMap((spec) => found[spec]!.map((path) => ({ spec, path })));
  const specsOf = new Map<string, number[]>();
  for (const spec of holders)
    for (const path of found[spec]!) {
      const specs = specsOf.get(path);
      if (specs === undefined) specsOf.set(path, [spec]);
      else specs.push(spec);
    }
  return sortPaths([...specsOf.keys()]).flatMap((path) => specsOf.get(path)!.map((spec) => ({ spec, path })));
}
