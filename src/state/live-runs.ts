/**
 * The runs that are changing a root at this moment, for each other: who they are, which tasks they may come to, and
 * what each is doing to files right now. Knows nothing of what may go on side by side.
 *
 * `.cache/live/<run>.lock/` is held as long as the run lives (see `base/lock`), `.cache/live/<run>` is its own file:
 *
 *     {"who":"run … (deploy)","within":[],"tasks":[{"id":"taxi:train","definition":"…","writes":[…],"reads":[…]}]}
 *     +{"attempt":"<attempt>","task":"taxi:train","reads":["taxi:features"]}
 *     -<attempt>
 *     ?<attempt>          it waits for this attempt of another run
 *     !<attempt>          and no more
 *
 * `within`: attempts of other runs whose command this run is a part of.
 * Only its run writes to it; a line that isn't ended yet doesn't count, nor does one that a full disk cut short. None of it needs a sync: after a power cut
 * no run lives.
 */
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { holderOf, type Lock, tryLock, type Unusable } from '../base/lock.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { TaskAction, TaskClaim } from '../model/claim.ts';
import type { RunId } from '../model/ids.ts';
import type { Layout } from './layout.ts';
import { RecordError, recording } from './record-error.ts';

export interface LiveRun {
  readonly run: RunId;
  readonly who: string;
  readonly pid: number;
  /** false: it died without an end. */
  readonly isAlive: boolean;
}

/** This process's run among the others. */
export interface Enlisted {
  /** Throws RecordError where it can't be written. */
  begin(action: TaskAction): void;
  /** Where that can't be written, it ends with the run. */
  end(attempt: string): void;
  /** Until `awaitsNoMore` this run waits for that attempt of another one. Said where it can be written. */
  awaits(attempt: string): void;
  awaitsNoMore(attempt: string): void;
  /** Names of the other runs that are there, dead ones included. About 10 us. */
  others(): readonly RunId[];
  /** May be called again. */
  leave(): void;
}

/** Makes this run known. Others must be kept from enlisting meanwhile (the root's lock). */
export function enlist(
  layout: Layout,
  run: RunId,
  who: string,
  within: readonly string[],
  tasks: readonly TaskClaim[],
): Outcome<Enlisted, Unusable> {
  const held = tryLock(layout.live, run, who);
  if (!held.ok)
    return fail(
      held.error.kind === 'unusable'
        ? held.error
        : { kind: 'unusable', path: join(layout.live, run), code: 'EEXIST' },
    );
  const path = join(layout.live, run);
  let file: number;
  try {
    // Whole from the first moment on at which others can see it.
    writeFileSync(`${path}.new`, `${JSON.stringify({ who, within, tasks })}\n`);
    renameSync(`${path}.new`, path);
    file = openSync(path, 'a');
  } catch (error) {
    dropRun(layout, run, held.value);
    const { code = '', path: at = path } = error as NodeJS.ErrnoException;
    return fail({ kind: 'unusable', path: at, code });
  }
  let isHere = true;
  const write = (line: string) => {
    if (isHere) recording(path, () => writeFileSync(file, `${line}\n`));
  };
  /** On a full disk: for the others it ends with this run. */
  const writeIfPossible = (line: string) => {
    try {
      write(line);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
    }
  };
  return ok({
    begin: (action) => write(`+${JSON.stringify(action)}`),
    end: (attempt) => writeIfPossible(`-${attempt}`),
    awaits: (attempt) => writeIfPossible(`?${attempt}`),
    awaitsNoMore: (attempt) => writeIfPossible(`!${attempt}`),
    others: () => namesOf(layout).filter((name) => name !== run),
    leave() {
      if (!isHere) return;
      isHere = false;
      closeSync(file);
      dropRun(layout, run, held.value);
    },
  });
}

/** All runs that are known here. Reads the disk, changes nothing. */
export function liveRuns(layout: Layout): LiveRun[] {
  return namesOf(layout).map((run) => liveRun(layout, run));
}

export function liveRun(layout: Layout, run: RunId): LiveRun {
  const holder = holderOf(layout.live, run);
  return { run, who: holder?.who ?? run, pid: holder?.pid ?? 0, isAlive: holder !== null };
}

export interface Doings {
  readonly tasks: readonly TaskClaim[];
  /** Attempts of other runs whose command started it, outermost first. */
  readonly within: readonly string[];
  readonly actions: readonly TaskAction[];
  /** Attempts of other runs that it waits for. */
  readonly awaited: ReadonlySet<string>;
}

/** What was read of a run's file so far: it only grows, and is looked at again for each task that two runs share. */
interface Reading {
  readBytes: number;
  /** The beginning of a line whose end wasn't there yet. */
  rest: Buffer;
  head: { readonly tasks: readonly TaskClaim[]; readonly within: readonly string[] } | null;
  readonly actions: Map<string, TaskAction>;
  readonly awaited: Set<string>;
}

const readings = new Map<string, Reading>();

/**
 * What it may come to and what it is doing; null: it has ended, or a power cut has left no more than its file's name.
 * Reads what came since it was last asked.
 */
export function readLiveRun(layout: Layout, run: RunId): Doings | null {
  const path = join(layout.live, run);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    readings.delete(path);
    return null;
  }
  let reading = readings.get(path);
  if (reading === undefined) {
    reading = { readBytes: 0, rest: Buffer.alloc(0), head: null, actions: new Map(), awaited: new Set() };
    readings.set(path, reading);
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - reading.readBytes));
    const length = readSync(file, bytes, 0, bytes.length, reading.readBytes);
    takeIn(reading, bytes.subarray(0, length));
  } finally {
    closeSync(file);
  }
  const { head, actions, awaited } = reading;
  return head === null ? null : { ...head, actions: [...actions.values()], awaited };
}

function takeIn(reading: Reading, bytes: Buffer): void {
  reading.readBytes += bytes.length;
  const whole = Buffer.concat([reading.rest, bytes]);
  const end = whole.lastIndexOf('\n') + 1;
  reading.rest = whole.subarray(end);
  for (const line of whole.toString('utf8', 0, end).split('\n').slice(0, -1)) {
    const [kind, text] = [line.charAt(0), line.slice(1)];
    if (kind === '-') reading.actions.delete(text);
    else if (kind === '?') reading.awaited.add(text);
    else if (kind === '!') reading.awaited.delete(text);
    else if (kind === '+') {
      const action = parsed<TaskAction>(text);
      if (action !== null) reading.actions.set(action.attempt, action);
    } else reading.head ??= parsed(line);
  }
}

function parsed<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

/** Takes a dead run off the list. */
export function forgetRun(layout: Layout, run: RunId): void {
  dropRun(layout, run, null);
}

/**
 * Removes what is left of runs that were killed while they came or went. Others must be kept from enlisting meanwhile
 * (the root's lock); one that is leaving at this moment removes the same.
 */
export function sweepLiveRuns(layout: Layout): void {
  const names = new Set(listed(layout));
  for (const name of names) {
    const run = name.replace(PARTS, '') as RunId;
    if (name !== run && !names.has(run) && holderOf(layout.live, run) === null) dropRun(layout, run, null);
  }
}

function dropRun(layout: Layout, run: RunId, lock: Lock | null): void {
  // The file first: one without a holder is a dead run's.
  for (const name of [run, `${run}.new`]) rmSync(join(layout.live, name), { force: true });
  lock?.release();
  rmSync(join(layout.live, `${run}.lock`), { recursive: true, force: true });
}

/** What lies beside a run's own file. */
const PARTS = /\.(lock|new)$/;

function namesOf(layout: Layout): RunId[] {
  return listed(layout).filter((name) => !PARTS.test(name)) as RunId[];
}

function listed(layout: Layout): string[] {
  try {
    return readdirSync(layout.live);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
