/**
 * How the runs of one root get along (SPEC D7; the design is in src/ARCHITECTURE.md, "Several runs in one root").
 * A run takes its place among the others before it changes anything, all of it or none, and asks before each task
 * whether another run is at the same files. Knows what runs claim, nothing of how they decide.
 */
import type { Held } from '../base/lock.ts';
import type { TaskAction, TaskClaim } from '../model/claim.ts';
import type { RunEventBody } from '../model/event.ts';
import type { RunId, TaskId } from '../model/ids.ts';
import { type Entry, GO } from '../model/turn.ts';
import { meet } from '../planner/claims.ts';
import type { PathMatching } from '../planner/graph.ts';
import { journalMark } from '../state/journal.ts';
import type { Layout } from '../state/layout.ts';
import {
  type Doings,
  type Enlisted,
  enlist,
  forgetRun,
  liveRun,
  liveRuns,
  readLiveRun,
  sweepLiveRuns,
} from '../state/live-runs.ts';
import { ownershipMark } from '../state/ownership.ts';
import type { Project, ProjectState } from './project.ts';
import {
  ancestorAttempts,
  ancestorError,
  lockRoot,
  pause,
  refuseAncestor,
  runOfAttempt,
  sweepDeadClaims,
  unusable,
  type WaitOptions,
} from './root-lock.ts';

/** How often a run looks whether what it waits for is over. */
const LOOK_MS = 50;

/** A run's place among the live ones, for as long as it may change something. */
export interface Place {
  readonly mine: Enlisted;
  readonly claims: readonly TaskClaim[];
  /** Tasks that another live run may come to as well, by run; what isn't in it hasn't been looked at yet. */
  readonly shared: Map<RunId, ReadonlySet<TaskId>>;
  /** Tasks of which others recorded something that this run has not yet gone by. */
  readonly touched: Set<TaskId>;
}

export interface PlaceRequest {
  readonly project: Project;
  readonly state: ProjectState;
  readonly run: RunId;
  /** As others are told. */
  readonly who: string;
  readonly claims: readonly TaskClaim[];
  readonly waiting: WaitOptions;
  readonly emit: (event: RunEventBody) => void;
}

export interface Taken {
  readonly place: Place;
  /** Something was recorded since this run read the state: it must decide anew. */
  readonly isOutdated: boolean;
}

/**
 * Waits until no other run would put different bytes at the same paths, then takes the place and clears what dead
 * runs left. `locked`: it may not wait, or was told to stop. Throws CommandError.
 */
export async function takePlace(request: PlaceRequest): Promise<Taken | 'locked'> {
  const { project, run, who, claims, waiting } = request;
  const { layout } = project;
  let told: RunId | null = null;
  for (;;) {
    const lock = await lockRoot(layout, who, waiting);
    if (lock === 'locked') return 'locked';
    try {
      const shared = new Map<RunId, ReadonlySet<TaskId>>();
      const others = liveRuns(layout);
      let clash: Held | null = null;
      for (const other of others.filter(({ isAlive }) => isAlive)) {
        const theirs = readLiveRun(layout, other.run);
        if (theirs === null) continue;
        const meeting = meet(claims, theirs.tasks, await globsFor(project, claims, theirs.tasks));
        if (meeting.kind === 'beside') shared.set(other.run, meeting.shared);
        else {
          clash = { kind: 'held', who: other.who, pid: other.pid, sinceMs: 0 };
          refuseAncestor(other.who);
          refuseCircle(layout, other.run, theirs);
          if (told !== other.run) waiting.onWait(clash);
          told = other.run;
          break;
        }
      }
      if (clash === null) {
        const mine = enlist(layout, run, who, ancestorAttempts(), claims);
        if (!mine.ok) throw unusable(mine.error);
        try {
          const isOutdated = hasChanged(request);
          await clearUp(
            request,
            others.flatMap((other) => (other.isAlive ? [] : other.run)),
          );
          return { place: { mine: mine.value, claims, shared, touched: new Set() }, isOutdated };
        } catch (error) {
          mine.value.leave();
          throw error;
        }
      }
    } finally {
      lock.release();
    }
    if (!waiting.wait) return 'locked';
    await pause(LOOK_MS);
    if (waiting.signal?.aborted) return 'locked';
  }
}

function hasChanged({ project: { layout }, state: { journal, ownership } }: PlaceRequest): boolean {
  return journalMark(layout) !== journal.mark || ownershipMark(layout) !== ownership.mark;
}

/**
 * With the lock held: reads what was recorded meanwhile, sets aside what dead runs left (says whether there was
 * anything) and takes them off the list.
 */
async function clearUp(
  { project, state, run, emit }: PlaceRequest,
  dead: readonly RunId[],
): Promise<boolean> {
  const { layout } = project;
  const { journal, ownership } = state;
  journal.refresh(run);
  ownership.refresh();
  const live = new Set(liveRuns(layout).flatMap((other) => (other.isAlive ? other.run : [])));
  if (live.size === 1) ownership.tidy();
  const hasMoved = await sweepDeadClaims(project, state, emit, (other) => live.has(other));
  for (const other of dead) forgetRun(layout, other);
  sweepLiveRuns(layout);
  return hasMoved;
}

export interface NeighbourRequest {
  readonly project: Project;
  readonly state: ProjectState;
  readonly run: RunId;
  readonly place: Place;
  readonly waiting: WaitOptions;
  /** Of resources, by name. */
  readonly totals: Readonly<Record<string, number>>;
  readonly emit: (event: RunEventBody) => void;
}

/**
 * Asks for a task whether it may touch files now, and announces that it does: until `place.mine.end(attempt)`.
 *
 * Nobody may write at the same time, and who only sees the other's announcement must be sure to: each first writes
 * its own, then looks at the others'. Whoever began before this run took its place knows of it, because it looks
 * which runs there are after each announcement; who meets another one settles it with the lock held.
 */
export function entryOf(request: NeighbourRequest, action: TaskAction): Entry | Promise<Entry> {
  const { mine } = request.place;
  mine.begin(action);
  const others = mine.others();
  return others.length === 0 ? byRecords(request, action) : amongOthers(request, action, others);
}

/** Whoever is at it no more has recorded what it did. */
function byRecords({ state, run, place }: NeighbourRequest, action: TaskAction): Entry {
  const { touched } = place;
  for (const records of [state.journal.refresh(run), state.ownership.refresh()])
    for (const task of records) touched.add(task);
  if (![action.task, ...action.reads].some((task) => touched.has(task))) return GO;
  place.mine.end(action.attempt);
  const tasks = new Set(touched);
  touched.clear();
  return { kind: 'changed', tasks };
}

async function amongOthers(
  request: NeighbourRequest,
  action: TaskAction,
  others: readonly RunId[],
): Promise<Entry> {
  const { project, state, run, place } = request;
  const { layout } = project;
  const concerned: RunId[] = [];
  for (const other of others) {
    const shared = await sharedWith(request, other);
    if (action.takes !== undefined || [action.task, ...action.reads].some((task) => shared.has(task)))
      concerned.push(other);
  }
  if (concerned.length === 0) return byRecords(request, action);
  const lock = await lockRoot(layout, `run ${run}`, request.waiting);
  if (lock === 'locked') {
    place.mine.end(action.attempt);
    return busyWith(request, { task: action.task, attempt: '', reads: [] }, concerned[0]!);
  }
  try {
    for (const other of concerned) {
      if (!liveRun(layout, other).isAlive) {
        state.ownership.refresh();
        await sweepDeadClaims(project, state, request.emit, (each) => each !== other);
        forgetRun(layout, other);
        continue;
      }
      const theirs = readLiveRun(layout, other)?.actions.find((their) => clashes(action, their));
      if (theirs !== undefined) return giveWay(request, action, theirs, other);
    }
    const holder = holderOfLacking(request, action);
    if (holder === null) return byRecords(request, action);
    return {
      ...giveWay(request, action, holder.theirs, holder.other),
      // Whoever else gives some back will do.
      isOver() {
        if (holderOfLacking(request, action) !== null) return false;
        place.mine.awaitsNoMore(holder.theirs.attempt);
        return true;
      },
    };
  } finally {
    lock.release();
  }
}

/** Throws CommandError where the other can't end before this run does. */
function giveWay(
  request: NeighbourRequest,
  mine: TaskAction,
  theirs: TaskAction,
  other: RunId,
): Extract<Entry, { kind: 'busy' }> {
  const { layout } = request.project;
  request.place.mine.end(mine.attempt);
  if (ancestorAttempts().includes(theirs.attempt)) throw ancestorError(runOfAttempt(theirs.attempt));
  for (const nested of within(layout, theirs.attempt)) refuseCircle(layout, other, nested);
  return busyWith(request, theirs, other);
}

/** Another run's action that has of a resource what is lacking here; null: it's enough for all. */
function holderOfLacking(
  { project: { layout }, run, totals }: NeighbourRequest,
  { attempt, takes = {} }: TaskAction,
): { readonly theirs: TaskAction; readonly other: RunId } | null {
  const runs = liveRuns(layout).filter(({ isAlive }) => isAlive);
  for (const [name, wanted] of Object.entries(takes)) {
    const holders = runs.flatMap(({ run: other }) =>
      (readLiveRun(layout, other)?.actions ?? []).flatMap((theirs) =>
        theirs.takes?.[name] === undefined || theirs.attempt === attempt ? [] : { theirs, other },
      ),
    );
    const used = holders.reduce((sum, { theirs }) => sum + theirs.takes![name]!, wanted);
    if (used <= (totals[name] ?? 0)) continue;
    const others = holders.filter(({ other }) => other !== run);
    const ancestors = ancestorAttempts();
    return others.find(({ theirs }) => !ancestors.includes(theirs.attempt)) ?? others[0] ?? null;
  }
  return null;
}

/** Tasks that both runs may come to. A run that came later has looked at this one's claims before. */
async function sharedWith({ project, place }: NeighbourRequest, other: RunId): Promise<ReadonlySet<TaskId>> {
  const known = place.shared.get(other);
  if (known !== undefined) return known;
  const theirs = readLiveRun(project.layout, other);
  if (theirs === null) return new Set();
  const meeting = meet(place.claims, theirs.tasks, await globsFor(project, place.claims, theirs.tasks));
  const shared = meeting.kind === 'beside' ? meeting.shared : new Set(place.claims.map(({ id }) => id));
  place.shared.set(other, shared);
  return shared;
}

function clashes(mine: TaskAction, theirs: TaskAction): boolean {
  return mine.task === theirs.task || mine.reads.includes(theirs.task) || theirs.reads.includes(mine.task);
}

function busyWith(
  request: NeighbourRequest,
  { attempt, task }: TaskAction,
  other: RunId,
): Extract<Entry, { kind: 'busy' }> {
  const { layout } = request.project;
  const { who, pid } = liveRun(layout, other);
  const { mine } = request.place;
  if (attempt !== '') mine.awaits(attempt);
  const isOver = () =>
    !liveRun(layout, other).isAlive ||
    readLiveRun(layout, other)?.actions.some((theirs) => theirs.attempt === attempt) !== true;
  return {
    kind: 'busy',
    run: other,
    who,
    pid,
    task,
    isOver() {
      if (!isOver()) return false;
      if (attempt !== '') mine.awaitsNoMore(attempt);
      return true;
    },
  };
}

/**
 * Throws CommandError where run `other`, which this one would wait for, can't go on before this one has ended: it waits
 * for a task whose command started this orch, itself or through runs within what it waits for. Under the root's lock
 * the last one to wait sees what the others wait for.
 */
function refuseCircle(layout: Layout, other: RunId, { awaited }: Doings): void {
  const mine = ancestorAttempts();
  const seen = new Set(awaited);
  for (const attempt of seen) {
    if (mine.includes(attempt)) throw ancestorError(runOfAttempt(attempt), other);
    for (const nested of within(layout, attempt)) for (const next of nested.awaited) seen.add(next);
  }
}

/** Runs that this attempt's command has started, at whatever depth. */
function within(layout: Layout, attempt: string): Doings[] {
  return liveRuns(layout).flatMap(({ run, isAlive }) => {
    const doings = isAlive ? readLiveRun(layout, run) : null;
    return doings?.within.includes(attempt) ? doings : [];
  });
}

/** Glob code, which this project may have had no need of, where either run's claims hold globs. */
async function globsFor(
  { matching }: Project,
  ...claims: readonly (readonly TaskClaim[])[]
): Promise<PathMatching> {
  const hasGlobs = claims.some((each) =>
    each.some(({ writes, reads }) => [...writes, ...reads].some(({ kind }) => kind === 'glob')),
  );
  if (!hasGlobs) return matching;
  const { compileGlob, globParent, globsMayIntersect } = await import('../base/glob.ts');
  return { compile: compileGlob, parentOf: globParent, mayIntersect: globsMayIntersect };
}
