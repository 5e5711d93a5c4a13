/**
 * The runs that are changing a root at this moment, for each other: who they are, which tasks they may come to, and
 * what each is doing to files right now. Knows nothing of what may go on side by side.
 *
 * `.cache/live/<run>.lock/` is held as long as the run lives (see `base/lock`), `.cache/live/<run>` is its own file:
 *
 *     {"who":"run … (deploy)","tasks":[{"id":"taxi:train","definition":"…","writes":[["file","m.json"]],"reads":[…]}]}
 *     +{"attempt":"<attempt>","task":"taxi:train","reads":["taxi:features"]}
 *     -<attempt>
 *
 * Only its run writes to it; a line that isn't ended yet doesn't count. None of it needs a sync: after a power cut
 * no run lives.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
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
  tasks: readonly TaskClaim[],
): Outcome<Enlisted, Unusable> {
  mkdirSync(layout.live, { recursive: true });
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
    writeFileSync(`${path}.new`, `${JSON.stringify({ who, tasks })}\n`);
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
  return ok({
    begin: (action) => write(`+${JSON.stringify(action)}`),
    end(attempt) {
      try {
        write(`-${attempt}`);
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        // A full disk: for the others it ends with this run.
      }
    },
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

/** What it may come to and what it is doing; null: it has ended, or a power cut has left no more than its file's name. */
export function readLiveRun(
  layout: Layout,
  run: RunId,
): { readonly tasks: readonly TaskClaim[]; readonly actions: readonly TaskAction[] } | null {
  let text: string;
  try {
    text = readFileSync(join(layout.live, run), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const [head = '', ...lines] = text.split('\n').slice(0, -1);
    const { tasks } = JSON.parse(head) as { tasks: readonly TaskClaim[] };
    const actions = new Map<string, TaskAction>();
    for (const line of lines) {
      if (line.startsWith('-')) actions.delete(line.slice(1));
      else {
        const action = JSON.parse(line.slice(1)) as TaskAction;
        actions.set(action.attempt, action);
      }
    }
    return { tasks, actions: [...actions.values()] };
  } catch {
    return null;
  }
}

/** Takes a dead run off the list. */
export function forgetRun(layout: Layout, run: RunId): void {
  dropRun(layout, run, null);
}

function dropRun(layout: Layout, run: RunId, lock: Lock | null): void {
  // The file first: one without a holder is a dead run's.
  for (const name of [run, `${run}.new`]) rmSync(join(layout.live, name), { force: true });
  lock?.release();
  rmSync(join(layout.live, `${run}.lock`), { recursive: true, force: true });
}

function namesOf(layout: Layout): RunId[] {
  try {
    return readdirSync(layout.live).filter((name) => !/\.(lock|new)$/.test(name)) as RunId[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
