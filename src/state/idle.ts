/**
 * Remembers of a run that had nothing to do what it looked at, so that the same command line can be answered again
 * by looking at the same stats: no YAML, no plan, no hashing. It holds no decision of its own: where anything
 * differs, or can't be compared, the answer is "don't know" and the run goes its usual way.
 *
 * One file per command line under `idle/`: a line of JSON, then the stats, then the paths.
 *
 *     {"format":1,"argv":[…],"boot":…,"environment":{…},"paths":2,"pathBytes":31,"report":{…}}\n
 *     per path 5 little-endian doubles: kind, mtimeMs, ctimeMs, size, ino
 *     paths, joined by NUL
 */
import { lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { bootId } from '../base/boot.ts';
import { nameHash } from '../base/short-name.ts';
import type { RunCounts } from '../model/event.ts';
import type { Layout } from './layout.ts';

const FORMAT = 1;
const FIELDS = 5;

/** What must be so of a path. */
export type Expectation =
  /** A file with this very stat. */
  | {
      readonly path: string;
      readonly is: 'file';
      readonly mtimeMs: number;
      readonly ctimeMs: number;
      readonly size: number;
      readonly ino: number;
    }
  /** A folder whose list hasn't changed. */
  | {
      readonly path: string;
      readonly is: 'listing';
      readonly mtimeMs: number;
      readonly ctimeMs: number;
      readonly ino: number;
    }
  /** A folder, whatever it holds. */
  | { readonly path: string; readonly is: 'folder' }
  | { readonly path: string; readonly is: 'absent' };

const KINDS = ['file', 'listing', 'folder', 'absent'] as const;

/** What the idle run said. */
export interface IdleReport {
  readonly targets: readonly string[];
  readonly header: readonly string[];
  readonly summary: readonly string[];
  /** Labels of up-to-date tasks, null where there are so many that only their number is said. */
  readonly upToDate: readonly string[] | null;
  readonly counts: RunCounts;
  readonly savedMs: number;
  readonly jobs: number;
}

export interface IdleQuestion {
  /** Absolute. */
  readonly root: string;
  readonly layout: Pick<Layout, 'state'>;
  readonly version: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly today: string;
}

interface Head {
  readonly format: number;
  readonly version: string;
  readonly argv: readonly string[];
  readonly today: string;
  readonly boot: string;
  /** Variables that shaped the run, and all of orch's own. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly paths: number;
  readonly pathBytes: number;
  readonly report: IdleReport;
}

/** The report of the same command line, if everything that it went by is as it was then; else null. */
export function answerIdle(question: IdleQuestion): IdleReport | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(fileOf(question));
  } catch {
    return null;
  }
  const headEnd = bytes.indexOf(0x0a);
  const head = parseHead(bytes, headEnd);
  if (head === null || !isSameQuestion(head, question)) return null;
  const statsStart = headEnd + 1;
  const pathsStart = statsStart + head.paths * FIELDS * 8;
  if (bytes.length !== pathsStart + head.pathBytes) return null;
  // Copied: doubles must lie on a multiple of eight.
  const stats = new Float64Array(head.paths * FIELDS);
  bytes.copy(Buffer.from(stats.buffer), 0, statsStart, pathsStart);
  const paths = bytes.toString('utf8', pathsStart).split('\0');
  for (let n = 0; n < head.paths; n++) if (!holds(paths[n]!, stats, n * FIELDS)) return null;
  return head.report;
}

function holds(path: string, stats: Float64Array, at: number): boolean {
  const kind = KINDS[stats[at]!];
  const found = kind === 'file' || kind === 'absent' ? lstatOf(path) : statOf(path);
  if (kind === 'absent') return found === undefined;
  if (found === undefined) return false;
  if (kind === 'folder') return found.isDirectory();
  return (
    found.mtimeMs === stats[at + 1] &&
    found.ctimeMs === stats[at + 2] &&
    found.ino === stats[at + 4] &&
    (kind === 'listing' ? found.isDirectory() : found.size === stats[at + 3] && found.isFile())
  );
}

function lstatOf(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Keeps the answer for next time. Trouble with writing is no trouble: it's found out anew then. */
export function rememberIdle(
  question: IdleQuestion,
  expectations: readonly Expectation[],
  environmentUsed: readonly string[],
  report: IdleReport,
): void {
  const stats = new Float64Array(expectations.length * FIELDS);
  for (const [n, expected] of expectations.entries()) {
    const at = n * FIELDS;
    stats[at] = KINDS.indexOf(expected.is);
    if (expected.is === 'file' || expected.is === 'listing') {
      stats[at + 1] = expected.mtimeMs;
      stats[at + 2] = expected.ctimeMs;
      stats[at + 4] = expected.ino;
    }
    if (expected.is === 'file') stats[at + 3] = expected.size;
  }
  const paths = Buffer.from(expectations.map(({ path }) => path).join('\0'));
  const head: Head = {
    format: FORMAT,
    version: question.version,
    argv: question.argv,
    today: question.today,
    boot: bootId(),
    environment: environmentOf(question.environment, environmentUsed),
    paths: expectations.length,
    pathBytes: paths.length,
    report,
  };
  const file = fileOf(question);
  try {
    mkdirSync(join(question.layout.state, 'idle'), { recursive: true });
    writeFileAtomic(
      file,
      Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), Buffer.from(stats.buffer), paths]),
      { sync: false },
    );
  } catch {
    // Found out anew next time.
  }
}

function parseHead(bytes: Buffer, end: number): Head | null {
  if (end === -1) return null;
  try {
    const head = JSON.parse(bytes.toString('utf8', 0, end)) as Head;
    return head.format === FORMAT ? head : null;
  } catch {
    return null;
  }
}

function isSameQuestion(head: Head, { version, argv, today, environment }: IdleQuestion): boolean {
  if (head.version !== version || head.today !== today || head.boot !== bootId()) return false;
  if (head.argv.length !== argv.length || head.argv.some((word, at) => word !== argv[at])) return false;
  for (const [name, value] of Object.entries(head.environment))
    if ((environment[name] ?? null) !== value) return false;
  return Object.keys(environment).every((name) => !name.startsWith('ORCH_') || name in head.environment);
}

function environmentOf(
  environment: IdleQuestion['environment'],
  used: readonly string[],
): Readonly<Record<string, string | null>> {
  const own = Object.keys(environment).filter((name) => name.startsWith('ORCH_'));
  return Object.fromEntries([...used, ...own].map((name) => [name, environment[name] ?? null]));
}

/** The name only tells command lines apart; the words themselves are compared. */
function fileOf({ layout, argv }: Pick<IdleQuestion, 'layout' | 'argv'>): string {
  return join(layout.state, 'idle', nameHash(argv.join('\0')));
}
