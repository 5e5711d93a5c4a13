/**
 * Which files are orch's own: the path and content of every output that a command made or a restore wrote,
 * and the claims of attempts that are under way. Only what stands here may be overwritten or removed without
 * being set aside.
 *
 * Kept twice (`owned/a`, `owned/b`), one record a line with its checksum and number, so that damage to one copy
 * loses nothing. The format has no version on purpose: it must outlive all others (and `orch --clean`).
 *
 *     {"n":1,"own":[["out/a.csv","xxh64-…-12"],["out/dir","folder"],["out/l","link:a.csv"]],"by":"taxi:train"}
 *     {"n":2,"drop":["out/a.csv"]}
 *     {"n":3,"claim":"<attempt>","task":"taxi:train","outputs":[["file","models/model.json"]]}
 *     {"n":4,"end":"<attempt>"}
 *     {"n":5,"whole":2,"own":[["out/dir","folder"],["out/l","link:a.csv"]],"by":"taxi:train"}
 *     {"n":6,"own":[["x","xxh64-…-3"]],"by":"taxi:test"}
 *
 * `whole` opens a writing anew: that many lines from here on say all that is in force, and smaller numbers are
 * history. Numbers only grow. Several runs may append at the same time, each with a name of its own (`w`) beside its
 * numbers; who goes on where another one left off has read its records before, and counts on from there. So where one copy was written anew and the other wasn't (a kill in between, a full
 * disk), the two together still say in which order things were recorded, also of what both were given later.
 * Records without `whole`, which began at 1 with each writing, are read too.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import {
  type Appender,
  formatLines,
  openAppender,
  readLines,
  readLinesFrom,
} from '../base/checksummed-lines.ts';
import type { Digest, TaskId } from '../model/ids.ts';
import type { OutputEntry } from '../model/result.ts';
import type { PathKind } from '../model/task.ts';
import { fileMark } from './file-mark.ts';
import type { Layout } from './layout.ts';
import { recording, recordingSlowly } from './record-error.ts';

export interface Claim {
  readonly attempt: string;
  readonly task: string;
  readonly outputs: readonly { readonly kind: PathKind; readonly path: string }[];
}

export type OwnershipChange =
  /** `by`: id of the task that made them. */
  | { readonly own: readonly OutputEntry[]; readonly by: string }
  | { readonly drop: readonly string[] }
  | { readonly claim: Claim }
  | { readonly end: string };

export interface Ownership {
  /** The recorded content of a path (see `contentOf`), null where it isn't orch's. */
  contentOf(path: string): string | null;
  /** Id of the task that made a path, as it was called then; null where the path isn't orch's. */
  makerOf(path: string): string | null;
  /** All recorded paths, unsorted. */
  paths(): Iterable<string>;
  /** Claims without an end, of live runs and dead ones. */
  openClaims(): readonly Claim[];
  /** Takes effect in memory at once; durable when `sync` resolves. Throws RecordError, as `sync` rejects with. */
  append(changes: readonly OwnershipChange[]): void;
  sync(): Promise<void>;
  /** Takes in what others appended; returns the tasks that they recorded something of. Costs 1 us where there is nothing. */
  refresh(): ReadonlySet<TaskId>;
  /**
   * Writes both copies anew where they differ (one was damaged or cut) or are mostly history. No other process may
   * be appending. Throws RecordError.
   */
  tidy(): void;
  close(): void;
  readonly damagedLines: number;
  /** What `ownershipMark` says now, unless something was written since it was read. */
  readonly mark: string;
}

/** Another one than before: something was written meanwhile. */
export function ownershipMark(layout: Layout): string {
  return fileMark(join(layout.owned, 'a'));
}

/** What of an output is recorded: a digest (`+x` where executable), `folder`, or `link:` with its text. */
export function contentOf(entry: OutputEntry): string {
  switch (entry.kind) {
    case 'file':
      return entry.executable ? `${entry.digest}+x` : entry.digest;
    case 'folder':
      return 'folder';
    case 'symlink':
      return `link:${entry.link}`;
  }
}

/** The entry that a recorded content stands for; the inverse of `contentOf`. */
export function entryOf(path: string, content: string): OutputEntry {
  if (content === 'folder') return { kind: 'folder', path };
  if (content.startsWith('link:')) return { kind: 'symlink', path, link: content.slice('link:'.length) };
  const executable = content.endsWith('+x');
  return {
    kind: 'file',
    path,
    digest: (executable ? content.slice(0, -2) : content) as Digest,
    executable,
    stored: true,
  };
}

interface Owned {
  readonly content: string;
  readonly by: string;
}

interface Line {
  readonly n: number;
  /** Who wrote it, where several may. */
  readonly w?: string;
  readonly whole?: number;
  readonly own?: readonly (readonly [string, string])[];
  readonly by?: string;
  readonly drop?: readonly string[];
  readonly claim?: string;
  readonly task?: string;
  readonly outputs?: readonly (readonly [PathKind, string])[];
  readonly end?: string;
}

const NOTHING: ReadonlySet<TaskId> = new Set();

/** Reads both copies; touches nothing until the first `append`. */
export function openOwnership(layout: Layout): Ownership {
  const copies = [join(layout.owned, 'a'), join(layout.owned, 'b')] as const;
  const own = new Map<string, Owned>();
  const claims = new Map<string, Claim>();
  const mark = ownershipMark(layout);
  const { lines, damagedLines, copiesDiffer, validBytes } = readCopies(copies);
  let next = 1;
  for (const line of lines) {
    apply(line, own, claims);
    next = Math.max(next, line.n + 1);
  }
  const writer = Math.random().toString(36).slice(2, 8);
  let appenders: Appender[] | null = null;
  let readBytes = validBytes;
  let readMark = mark;
  /** Others wrote between the reading and the first writing. */
  let isBehind = false;

  const open = () => {
    isBehind = ownershipMark(layout) !== readMark;
    return copies.map((copy) => openAppender(copy));
  };

  return {
    contentOf: (path) => own.get(path)?.content ?? null,
    makerOf: (path) => own.get(path)?.by ?? null,
    paths: () => own.keys(),
    openClaims: () => [...claims.values()],
    append(changes) {
      appenders ??= recording(layout.owned, open);
      const added = changes.map((change): Line => ({ ...toLine(next++, change), w: writer }));
      for (const line of added) apply(line, own, claims);
      for (const [at, appender] of appenders.entries()) recording(copies[at]!, () => appender.append(added));
    },
    async sync() {
      // One copy is enough against a power cut; the second is against damage.
      await recordingSlowly(copies[0], async () => appenders?.[0]?.sync());
    },
    refresh() {
      const others = appenders === null ? ownershipMark(layout) !== readMark : appenders[0]!.othersWrote();
      if (!others && !isBehind) return NOTHING;
      isBehind = false;
      readMark = ownershipMark(layout);
      const added = recording(copies[0], () => readLinesFrom(copies[0], readBytes));
      readBytes += added.validBytes;
      const tasks = new Set<TaskId>();
      // This process's own are among them: in the order of the file, what was said last is in force.
      for (const line of added.records as Line[]) {
        const ended = line.end === undefined ? undefined : claims.get(line.end)?.task;
        apply(line, own, claims);
        next = Math.max(next, line.n + 1);
        const task = line.by ?? line.task ?? ended;
        if (line.w !== writer && task !== undefined) tasks.add(task as TaskId);
      }
      return tasks;
    },
    tidy() {
      if (!copiesDiffer && lines.length <= 1_000 + 4 * (own.size + claims.size)) return;
      const fresh = snapshot(own, claims, next);
      next += fresh.length;
      const text = formatLines(fresh);
      recording(layout.owned, () => {
        // One that can't be written stays as it is; what is added to both is read in its order all the same.
        for (const copy of copies) writeFileAtomic(copy, text, { sync: true });
      });
      readBytes = Buffer.byteLength(text);
      readMark = ownershipMark(layout);
    },
    close() {
      for (const appender of appenders ?? []) appender.close();
      appenders = null;
    },
    damagedLines,
    mark,
  };
}

function toLine(n: number, change: OwnershipChange): Line {
  if ('own' in change)
    return { n, own: change.own.map((entry) => [entry.path, contentOf(entry)] as const), by: change.by };
  if ('drop' in change) return { n, drop: change.drop };
  if ('end' in change) return { n, end: change.end };
  const { attempt, task, outputs } = change.claim;
  return { n, claim: attempt, task, outputs: outputs.map(({ kind, path }) => [kind, path] as const) };
}

function apply(line: Line, own: Map<string, Owned>, claims: Map<string, Claim>): void {
  for (const [path, content] of line.own ?? []) own.set(path, { content, by: line.by ?? '' });
  for (const path of line.drop ?? []) own.delete(path);
  if (line.claim !== undefined)
    claims.set(line.claim, {
      attempt: line.claim,
      task: line.task ?? '',
      outputs: (line.outputs ?? []).map(([kind, path]) => ({ kind, path })),
    });
  if (line.end !== undefined) claims.delete(line.end);
}

/** Everything in force, numbered from `first`. */
function snapshot(
  own: ReadonlyMap<string, Owned>,
  claims: ReadonlyMap<string, Claim>,
  first: number,
): Line[] {
  const byMaker = new Map<string, [string, string][]>();
  for (const [path, { content, by }] of own) {
    const made = byMaker.get(by);
    if (made === undefined) byMaker.set(by, [[path, content]]);
    else made.push([path, content]);
  }
  const lines: Line[] = [...byMaker].map(([by, entries], at) => ({ n: first + at, own: entries, by }));
  for (const claim of claims.values()) lines.push(toLine(first + lines.length, { claim }));
  const [head = { n: first }, ...rest] = lines;
  return [{ ...head, whole: rest.length + 1 }, ...rest];
}

/** From the last writing anew of which every line is there; everything, where there is none. */
function sinceWhole(lines: readonly Line[]): readonly Line[] {
  for (let at = lines.length - 1; at >= 0; at--) {
    const { n, whole } = lines[at]!;
    // Numbers are distinct and sorted here: as many lines further on must be the one with the last number.
    if (whole !== undefined && lines[at + whole - 1]?.n === n + whole - 1) return lines.slice(at);
  }
  return lines;
}

function readCopies(copies: readonly [string, string]): {
  lines: readonly Line[];
  damagedLines: number;
  copiesDiffer: boolean;
  /** Of the first copy. */
  validBytes: number;
} {
  const [a, b] = copies;
  const first = readLines(a);
  const { validBytes } = first;
  if (first.damagedLines === 0 && sameBytes(a, b))
    return { lines: sinceWhole(first.records as Line[]), damagedLines: 0, copiesDiffer: false, validBytes };
  const second = readLines(b);
  const byNumber = new Map<string, Line>();
  for (const line of [...first.records, ...second.records] as Line[])
    byNumber.set(`${line.n} ${line.w}`, line);
  const lines = [...byNumber.values()].sort((x, y) => x.n - y.n);
  return {
    lines: sinceWhole(lines),
    damagedLines: first.damagedLines + second.damagedLines,
    copiesDiffer: true,
    validBytes,
  };
}

function sameBytes(a: string, b: string): boolean {
  try {
    return statSync(a).size === statSync(b).size && readFileSync(a).equals(readFileSync(b));
  } catch {
    return false;
  }
}
