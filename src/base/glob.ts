/**
 * Globs over root-relative paths, as text. It reads no folder.
 *
 *     *        any characters of one name, also none       [a-z0]   one of these characters; [!a] or [^a]: any other
 *     ?        one character (a code point)                {a,b}    either; {1..12}, {01..12}, {a..e}: each of them
 *     **       as a whole name: any number of folders, also none; last: everything below
 *     \x       the character x itself. All else stands for itself: quotes, brackets, `!`, `+`, `@`, a newline.
 *
 * A name that begins with a dot is matched only by a pattern that writes the dot, as in shells, Python's glob and
 * fast-glob; `dot: true` lifts that (ignore files). An unclosed `[` or `{` stands for itself.
 *
 * One parser serves matching and `globsMayIntersect`, so the two can't disagree about what a glob means. picomatch
 * couldn't: it exposes no intersection, takes `*[!a]` to match `a`, reads bare parentheses and quotes as syntax, has
 * no numeric ranges without an expander, and `**` misses names with a newline. The tests hold this parser against a
 * real `sh`, and against picomatch for what a shell doesn't know.
 */
export { globsMayIntersect } from './glob-intersection.ts';

import {
  expandBraces,
  literalName,
  parse,
  parseSegments,
  type Ranges,
  type Segment,
  type Token,
  writesFirst,
} from './glob-syntax.ts';
import { parentOf } from './path.ts';

export interface GlobOptions {
  /** Wildcards also match a leading dot. */
  readonly dot?: boolean;
  /** false: `{` and `}` stand for themselves. */
  readonly braces?: boolean;
}

/**
 * The test for paths of a glob (all of a path, normalised). Throws a RangeError where braces stand for more than
 * 4,096 alternatives: see `globProblem`, which a loader asks first.
 */
export function compileGlob(pattern: string, options: GlobOptions = {}): (path: string) => boolean {
  return tester(parse(pattern, options.braces).map((segments) => sourceOf(segments, options.dot === true)));
}

/** The test for folders in or below which a match can lie; what it refuses needn't be listed. '' is always one. */
export function compileGlobFolders(pattern: string, options: GlobOptions = {}): (folder: string) => boolean {
  const prefixes = parse(pattern, options.braces).flatMap((segments) =>
    segments.slice(0, -1).map((_, at) => sourceOf(segments.slice(0, at + 1), options.dot === true)),
  );
  const ends = parse(pattern, options.braces).filter(
    (segments) => segments[segments.length - 1] === 'globstar',
  );
  const test = tester([...prefixes, ...ends.map((segments) => sourceOf(segments, options.dot === true))]);
  return (folder) => folder === '' || test(folder);
}

/** As `compileGlob`, and true for everything below a matching folder: what `!glob` takes away. */
export function compileExclusion(pattern: string, options: GlobOptions = {}): (path: string) => boolean {
  const matches = compileGlob(pattern, options);
  return (path) => {
    for (let at = path; at !== '' && at !== '/'; at = parentOf(at)) if (matches(at)) return true;
    return false;
  };
}

/** The folder in which every match lies, as a literal path; '' for the root. */
export function globParent(pattern: string): string {
  const parents = parse(pattern).map((segments) => {
    const names = segments.slice(0, -1).map(literalName);
    const magic = names.indexOf(null);
    return (magic < 0 ? names : names.slice(0, magic)) as string[];
  });
  const common = parents.reduce((a, b) => {
    const differs = a.findIndex((name, at) => name !== b[at]);
    return differs < 0 ? a : a.slice(0, differs);
  });
  return common.length === 1 && common[0] === '' ? '/' : common.join('/');
}

/** The path that a pattern without wildcards means (escapes removed), or null where it is a glob. */
export function literalOf(pattern: string): string | null {
  if (!/[\\*?[{]/.test(pattern)) return pattern;
  const alternatives = expandBraces(pattern);
  if (alternatives.length !== 1) return null;
  const names = parseSegments(alternatives[0]!).map(literalName);
  return names.includes(null) ? null : names.join('/');
}

export function isGlob(pattern: string): boolean {
  return literalOf(pattern) === null;
}

/** A literal path as a pattern that matches only it. */
export function escapeGlob(path: string): string {
  return path.replace(/[\\*?[\]{}]/g, '\\$&');
}

/** Why a pattern can't be used, in words, or null. */
export function globProblem(pattern: string): string | null {
  try {
    parse(pattern);
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function tester(sources: readonly string[]): (path: string) => boolean {
  if (sources.length === 0) return () => false;
  const expression = new RegExp(`^(?:${sources.join('|')})$`, 'u');
  return (path) => expression.test(path);
}

function sourceOf(segments: readonly Segment[], dot: boolean): string {
  const name = dot ? '[^/]+' : '(?!\\.)[^/]+';
  let source = '';
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1;
    if (segment !== 'globstar') source += nameSource(segment, dot) + (isLast ? '' : '/');
    else source += isLast ? `${name}(?:/${name})*` : `(?:${name}/)*`;
  }
  return source;
}

function nameSource(segment: readonly Token[], dot: boolean): string {
  // The look-ahead keeps `*` from matching an empty name and a leading dot that the pattern doesn't write.
  const guard = writesFirst(segment) ? '' : dot ? '(?=[^/])' : '(?=[^/])(?!\\.)';
  return guard + segment.map((token) => (token === 'star' ? '[^/]*' : rangesSource(token))).join('');
}

function rangesSource(ranges: Ranges): string {
  const unit = (code: number) => `\\u{${code.toString(16)}}`;
  return `[${ranges.map(([low, high]) => (low === high ? unit(low) : `${unit(low)}-${unit(high)}`)).join('')}]`;
}
