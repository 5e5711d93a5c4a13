/**
 * The journal of a root: results by key and how the last attempt of each task ended. An append-only file of
 * checksummed lines; what it says is in force from the last line that says it. Manifests, which are large and
 * seldom read, lie in a file of their own and are found by offset. Runs do too: an idle run appends only there,
 * so an unchanged journal means that nothing was decided otherwise since it was read.
 *
 *     {"t":"result","key":…,"outputs":[["f",path,digest,x,stored],["d",path],["l",path,text]],"ms":…,"at":…,"acc":0}
 *     {"t":"start","id":"taxi:train","key":…,"run":…,"at":…}
 *     {"t":"end","id":"taxi:train","key":…,"run":…,"at":…,"ms":…,"how":"succeeded","man":[offset,length,sum],"log":…}
 *     {"t":"restored","id":"taxi:train","key":…,"man":[offset,length,sum],"run":…,"at":…}
 *
 * A failed end says how (`"failure":{…}`). In `manifests`: {"format":…,"parts":[…],"reasons":[…]}, the reasons being
 * why the attempt was made, or the task restored.
 *
 * Several runs may append at the same time; each sees what others added when it asks (`refresh`).
 *
 * In `runs`: {"run":…,"atMs":…,"durationMs":…,"state":…,"targets":[…],"counts":{…}}
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import {
  type Appender,
  CHECKSUM_LENGTH,
  formatLines,
  openAppender,
  readLines,
  readLinesFrom,
} from '../base/checksummed-lines.ts';
import type { StaleReason } from '../model/decision.ts';
import type { RunCounts } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import type { RunId, TaskId, TaskKey } from '../model/ids.ts';
import type { KeyManifest } from '../model/manifest.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import { fileMark } from './file-mark.ts';
import type { Layout } from './layout.ts';
import { recording, recordingSlowly } from './record-error.ts';

/** Where a manifest's line begins, or lies somewhat further on where another run wrote at the same time. */
type ManifestPlace = readonly [offset: number, length: number, checksum?: string];

export interface AttemptRecord {
  readonly id: TaskId;
  readonly key: TaskKey;
  readonly run: RunId;
  readonly outcome: 'succeeded' | 'accepted' | 'failed' | 'died';
  readonly atMs: number;
  readonly durationMs: number;
  /** Root-relative, null where nothing was logged. */
  readonly log: string | null;
  readonly manifestAt: ManifestPlace | null;
  /** Of a failed attempt, where it's known. */
  readonly failure?: Failure;
  /** Since that attempt the outputs were brought back, with the key and manifest of this record. */
  readonly restored?: { readonly run: RunId; readonly atMs: number };
}

export interface RunRecord {
  readonly run: RunId;
  readonly atMs: number;
  readonly durationMs: number;
  readonly state: 'succeeded' | 'failed' | 'interrupted';
  readonly targets: readonly string[];
  readonly counts: RunCounts;
}

export type JournalEntry =
  | { readonly kind: 'result'; readonly result: Result }
  | {
      readonly kind: 'start';
      readonly id: TaskId;
      readonly key: TaskKey;
      readonly run: RunId;
      readonly atMs: number;
    }
  | {
      readonly kind: 'end';
      readonly attempt: Omit<AttemptRecord, 'manifestAt'>;
      readonly manifest: KeyManifest | null;
      /** Why the attempt was made. */
      readonly reasons: readonly StaleReason[];
    }
  /** The task's outputs are those of this key again, without an attempt. */
  | {
      readonly kind: 'restored';
      readonly id: TaskId;
      readonly key: TaskKey;
      readonly manifest: KeyManifest;
      readonly run: RunId;
      readonly atMs: number;
      readonly reasons: readonly StaleReason[];
    };

export interface Journal {
  resultOf(key: TaskKey): Result | null;
  lastAttempt(id: TaskId): AttemptRecord | null;
  /**
   * All that is still known of a task, oldest first; each as `lastAttempt` gave it then. Reads the file once more,
   * the first time; what was appended since isn't in it.
   */
  attemptsOf(id: TaskId): readonly AttemptRecord[];
  manifestOf(attempt: AttemptRecord): KeyManifest | null;
  /** Of the last time that its outputs were as they should be, whatever was tried since; null: never. */
  lastGoodKey(id: TaskId): TaskKey | null;
  /** Why the attempt was made or its outputs restored, best explanation first; empty where that isn't known. */
  reasonsOf(attempt: AttemptRecord): readonly StaleReason[];
  /** Duration of the last attempt that succeeded. */
  expectedMs(id: TaskId): number | null;
  /** Takes effect in memory at once; durable when `sync` resolves. Throws RecordError, as `sync` rejects with. */
  append(entries: readonly JournalEntry[]): void;
  sync(): Promise<void>;
  /** Takes in what others appended; returns the tasks that runs other than `run` recorded something of. Costs 1 us where there is nothing. */
  refresh(run: RunId): ReadonlySet<TaskId>;
  close(): void;
  /** Which file was read, and how far: what `journalMark` says now, unless something was written since. */
  readonly mark: string;
  readonly damagedLines: number;
}

type OutputTuple =
  | readonly ['f', string, string, 0 | 1, 0 | 1]
  | readonly ['d', string]
  | readonly ['l', string, string];

type Line =
  | { t: 'result'; key: string; outputs: readonly OutputTuple[]; ms: number; at: number; acc: 0 | 1 }
  | { t: 'start'; id: string; key: string; run: string; at: number }
  | {
      t: 'end';
      id: string;
      key: string;
      run: string;
      at: number;
      ms: number;
      how: AttemptRecord['outcome'];
      log: string | null;
      man: ManifestPlace | null;
      failure?: Failure;
    }
  | {
      t: 'restored';
      id: string;
      key: string;
      man: ManifestPlace | null;
      run?: string;
      at?: number;
    };

export function journalPath(layout: Layout): string {
  return join(layout.state, 'journal');
}

const NOTHING: ReadonlySet<TaskId> = new Set();

/** What is kept of a manifest: it explains, with why it was wanted. */
interface KeptManifest extends KeyManifest {
  readonly reasons?: readonly StaleReason[];
}

/** A thousand inputs that changed explain no more than the first few. */
const MAX_KEPT_REASONS = 50;

/** Reads the journal; touches nothing until the first `append`. */
export function openJournal(layout: Layout): Journal {
  const path = journalPath(layout);
  const manifestsPath = join(layout.state, 'manifests');
  const results = new Map<string, Extract<Line, { t: 'result' }>>();
  const attempts = new Map<string, AttemptRecord>();
  const durations = new Map<string, number>();
  const goodKeys = new Map<string, string>();
  const mark = fileMark(path);
  const { records, damagedLines, validBytes } = readLines(path);
  for (const line of records as Line[]) apply(line);
  let readBytes = validBytes;
  let readMark = mark;
  let appender: Appender | null = null;
  /** Others wrote between the reading and the first writing. */
  let isBehind = false;
  let manifests: Appender | null = null;
  let history: ReadonlyMap<string, readonly AttemptRecord[]> | null = null;

  function open(): Appender {
    isBehind = fileMark(path) !== readMark;
    return openAppender(path);
  }

  function apply(line: Line): void {
    if (isGood(line)) goodKeys.set(line.id, line.key);
    if (line.t === 'result') {
      results.set(line.key, line);
      return;
    }
    attempts.set(line.id, recordOf(line, attempts.get(line.id)));
    if (line.t === 'end' && line.how === 'succeeded') durations.set(line.id, line.ms);
  }

  function toLine(entry: JournalEntry): Line {
    switch (entry.kind) {
      case 'result': {
        const { key, outputs, durationMs, createdAtMs, accepted } = entry.result;
        return {
          t: 'result',
          key,
          outputs: outputs.map(toTuple),
          ms: Math.round(durationMs),
          at: createdAtMs,
          acc: accepted ? 1 : 0,
        };
      }
      case 'start':
        return { t: 'start', id: entry.id, key: entry.key, run: entry.run, at: entry.atMs };
      case 'end': {
        const { id, key, run, atMs, durationMs, outcome, log, failure } = entry.attempt;
        const man = entry.manifest === null ? null : appendManifest(entry.manifest, entry.reasons);
        const line = { id, key, run, at: atMs, ms: Math.round(durationMs), how: outcome, log, man };
        return failure === undefined ? { t: 'end', ...line } : { t: 'end', ...line, failure };
      }
      case 'restored': {
        const { id, key, run, atMs } = entry;
        return { t: 'restored', id, key, run, at: atMs, man: appendManifest(entry.manifest, entry.reasons) };
      }
    }
  }

  function appendManifest({ format, parts }: KeyManifest, reasons: readonly StaleReason[]): ManifestPlace {
    manifests ??= openAppender(manifestsPath);
    // Not synced: a manifest explains, it decides nothing.
    const kept: KeptManifest = { format, parts, reasons: reasons.slice(0, MAX_KEPT_REASONS) };
    const text = formatLines([kept]);
    const end = sizeOf(manifestsPath);
    manifests.append([kept]);
    return [end, Buffer.byteLength(text), text.slice(0, CHECKSUM_LENGTH)];
  }

  return {
    resultOf(key) {
      const line = results.get(key);
      return line === undefined
        ? null
        : {
            key,
            outputs: line.outputs.map(fromTuple),
            durationMs: line.ms,
            createdAtMs: line.at,
            accepted: line.acc === 1,
          };
    },
    lastAttempt: (id) => attempts.get(id) ?? null,
    attemptsOf(id) {
      history ??= historyIn(path);
      return history.get(id) ?? [];
    },
    manifestOf: ({ manifestAt }) => (manifestAt === null ? null : readManifest(manifestsPath, manifestAt)),
    lastGoodKey: (id) => (goodKeys.get(id) as TaskKey | undefined) ?? null,
    reasonsOf: ({ manifestAt }) =>
      (manifestAt === null ? null : readManifest(manifestsPath, manifestAt))?.reasons ?? [],
    expectedMs: (id) => durations.get(id) ?? null,
    append(entries) {
      const lines = recording(manifestsPath, () => entries.map(toLine));
      for (const line of lines) apply(line);
      recording(path, () => {
        appender ??= open();
        appender.append(lines);
      });
    },
    async sync() {
      await recordingSlowly(path, async () => appender?.sync());
    },
    refresh(run) {
      const others = appender === null ? fileMark(path) !== readMark : appender.othersWrote();
      if (!others && !isBehind) return NOTHING;
      isBehind = false;
      readMark = fileMark(path);
      const added = recording(path, () => readLinesFrom(path, readBytes));
      readBytes += added.validBytes;
      const tasks = new Set<TaskId>();
      // This run's own are among them: in the order of the file, what was said last is in force.
      for (const line of added.records as Line[]) {
        apply(line);
        if (line.t !== 'result' && line.run !== run) tasks.add(line.id as TaskId);
      }
      return tasks;
    },
    close() {
      appender?.close();
      manifests?.close();
      appender = null;
      manifests = null;
    },
    mark,
    damagedLines,
  };
}

function historyIn(path: string): Map<string, AttemptRecord[]> {
  const history = new Map<string, AttemptRecord[]>();
  for (const line of readLines(path).records as Line[]) {
    if (line.t === 'result') continue;
    const known = history.get(line.id) ?? [];
    known.push(recordOf(line, known[known.length - 1]));
    history.set(line.id, known);
  }
  return history;
}

/** How a task stands after this line, where it stood as `before` says. */
function recordOf(line: Exclude<Line, { t: 'result' }>, before: AttemptRecord | undefined): AttemptRecord {
  const id = line.id as TaskId;
  const key = line.key as TaskKey;
  const run = (line.run ?? '') as RunId;
  switch (line.t) {
    case 'start': {
      // Until its end is recorded, an attempt counts as one that died.
      const nothing = { durationMs: 0, log: null, manifestAt: null };
      return { id, key, run, outcome: 'died', atMs: line.at, ...nothing };
    }
    case 'end': {
      const { how: outcome, at: atMs, ms: durationMs, log, man: manifestAt, failure } = line;
      const record = { id, key, run, outcome, atMs, durationMs, log, manifestAt };
      return failure === undefined ? record : { ...record, failure };
    }
    case 'restored': {
      // What differs next time is told from here; log and times stay those of the last attempt.
      const attempt = before ?? { run: '' as RunId, atMs: 0, durationMs: 0, log: null };
      const { run: attemptRun, atMs, durationMs, log } = attempt;
      const record = { id, key, run: attemptRun, outcome: 'succeeded', atMs, durationMs, log } as const;
      const restored = line.at === undefined ? {} : { restored: { run, atMs: line.at } };
      return { ...record, manifestAt: line.man, ...restored };
    }
  }
}

/** Adds one unsynced line: of all records a run's own is the one that may be lost. */
export function appendRun(layout: Layout, run: RunRecord): void {
  const runs = openAppender(join(layout.state, 'runs'));
  runs.append([run]);
  runs.close();
}

/** Another one than before: something was written meanwhile. */
export function journalMark(layout: Layout): string {
  return fileMark(journalPath(layout));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Long enough for a look whether it's mostly history. */
export function isJournalLong(layout: Layout): boolean {
  return sizeOf(journalPath(layout)) >= 1_000_000;
}

/**
 * Writes the journal anew with only what is in force once history has outgrown it, and without damaged lines, which
 * every run would tell of. No other run may be live, and the caller has closed its journal. Throws the system's error.
 */
export function compactJournal(layout: Layout): void {
  const path = journalPath(layout);
  const latest = new Map<string, Line>();
  const { records, damagedLines } = readLines(path);
  for (const line of records as Line[]) {
    if (line.t === 'result') latest.set(`result ${line.key}`, line);
    else {
      latest.set(`${line.t === 'restored' ? 'restored' : 'attempt'} ${line.id}`, line);
      if (line.t !== 'restored') latest.delete(`restored ${line.id}`);
      if (line.t === 'end' && line.how === 'succeeded') latest.set(`success ${line.id}`, line);
      if (isGood(line)) latest.set(`good ${line.id}`, line);
    }
  }
  // Successes first, then what was good last: a later failure of the same task must stay the last word on it.
  const rank = (name: string) => (name.startsWith('success') ? 0 : name.startsWith('good') ? 1 : 2);
  const ranked = [...latest].sort(([a], [b]) => rank(a) - rank(b)).map(([, line]) => line);
  // One line may be several of these: where it stands last, it says all that it has to say.
  const kept = [...new Set(ranked.reverse())].reverse();
  const isMostlyHistory = isJournalLong(layout) && kept.length * 3 <= records.length;
  if (!isMostlyHistory && damagedLines === 0) return;
  writeFileAtomic(path, formatLines(isMostlyHistory ? kept : records), { sync: true });
}

/** From here on the task's outputs were those of the key. */
function isGood(line: Line): line is Extract<Line, { t: 'end' | 'restored' }> {
  return line.t === 'restored' || (line.t === 'end' && (line.how === 'succeeded' || line.how === 'accepted'));
}

function toTuple(entry: OutputEntry): OutputTuple {
  switch (entry.kind) {
    case 'file':
      return ['f', entry.path, entry.digest, entry.executable ? 1 : 0, entry.stored ? 1 : 0];
    case 'folder':
      return ['d', entry.path];
    case 'symlink':
      return ['l', entry.path, entry.link];
  }
}

function fromTuple(tuple: OutputTuple): OutputEntry {
  switch (tuple[0]) {
    case 'f':
      return {
        kind: 'file',
        path: tuple[1],
        digest: tuple[2] as Extract<OutputEntry, { kind: 'file' }>['digest'],
        executable: tuple[3] === 1,
        stored: tuple[4] === 1,
      };
    case 'd':
      return { kind: 'folder', path: tuple[1] };
    case 'l':
      return { kind: 'symlink', path: tuple[1], link: tuple[2] };
  }
}

/** How much further on than noted a line is looked for: as much as others may have written in that moment. */
const SEARCHED_BYTES = 1 << 22;

function readManifest(path: string, [offset, length, checksum]: ManifestPlace): KeptManifest | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const read = (bytes: number) => {
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, readSync(file, buffer, 0, bytes, offset));
    };
    let line = read(length);
    if (checksum !== undefined && line.toString('latin1', 0, checksum.length) !== checksum) {
      const rest = read(SEARCHED_BYTES);
      const at = rest.indexOf(`\n${checksum} `);
      if (at === -1) return null;
      line = rest.subarray(at + 1, at + 1 + length);
    }
    // `<16 hex checksum> <json>\n`: damage makes it unreadable or not the manifest, and then nothing is explained.
    const parsed: unknown = JSON.parse(line.toString('utf8', CHECKSUM_LENGTH + 1));
    return typeof parsed === 'object' && parsed !== null && 'parts' in parsed
      ? (parsed as KeptManifest)
      : null;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}
