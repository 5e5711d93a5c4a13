/**
 * What a run does for the content cache besides storing: says who it is, which results its root must find again,
 * and trims where the cap is exceeded. Nothing here fails a run, but a cache that can't be used at all.
 */
import { existsSync } from 'node:fs';
import type { IoError } from '../base/atomic-file.ts';
import { tryLock } from '../base/lock.ts';
import type { RootIdentity } from '../cache/roots.ts';
import type { LocalStore } from '../cache/store.ts';
import type { RunEventBody } from '../model/event.ts';
import type { RunId, TaskKey } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { capYieldsText, trimmedText } from '../reporters/cache-phrases.ts';
import { recordIfPossible } from '../scheduler/guarded-records.ts';
import type { Node } from '../scheduler/node.ts';
import { isGood } from '../scheduler/task-state.ts';
import type { Journal } from '../state/journal.ts';
import type { Layout } from '../state/layout.ts';
import { liveRuns } from '../state/live-runs.ts';
import { forgetRootId, makeRootId, readRootId, rootIdPath } from '../state/root-id.ts';
import { contentDir, type Environment, unusable } from './content-cache.ts';
import type { Project } from './project.ts';
import { lockRoot } from './root-lock.ts';

/**
 * Before a run acts: makes what the cache needs and lets the root be known there. Throws CommandError (exit 3) where
 * the cache's folder can't be made; one that can't be written is said and done without.
 */
export async function enlistRoot(
  project: Project,
  store: LocalStore,
  environment: Environment,
): Promise<RootIdentity> {
  const { layout } = project;
  for (let isCopy = false; ; isCopy = true) {
    const id = await makeRootId(layout);
    if (!id.ok) throw unusable(project, environment, id.error);
    const identity = identityOf(layout, id.value);
    const prepared = store.prepare(identity);
    if (prepared.ok) return identity;
    if (prepared.error.kind === 'io' || isCopy)
      throw unusable(
        project,
        environment,
        prepared.error.kind === 'io'
          ? prepared.error
          : { kind: 'io', doing: 'replace', path: rootIdPath(layout), code: 'EEXIST' },
      );
    // This folder is a copy of another root: it becomes a root of its own.
    forgetRootId(layout);
    // The copy of a cache of its own knows the other root only from before.
    if (contentDir(project, environment) === layout.content) store.unregister(id.value);
  }
}

export interface SettleRequest {
  readonly project: Project;
  readonly store: LocalStore | null;
  readonly journal: Journal;
  readonly environment: Environment;
  readonly nodes: readonly Node[];
  readonly run: RunId;
  /** It stored or restored something, or tried to. */
  readonly acted: boolean;
  readonly isInterrupted: boolean;
  readonly emit: (event: RunEventBody) => void;
}

/** After a run's tasks: registers what the root must find again, then trims where the cap may be exceeded. */
export async function settleCache(request: SettleRequest): Promise<void> {
  const { store, project, journal, acted, isInterrupted, emit } = request;
  if (store === null) return;
  const keys = keysInUse(project, journal, request.nodes);
  if (acted) await registerAmongOthers(request, store);
  else await registerIfOther(request, store, keys);
  if (!acted || isInterrupted) {
    // What it added counts for the next run that trims.
    store.noteGrowth();
    return;
  }
  if (!(await store.mayExceedCap())) return;
  const end = await untilSignal((signal) => store.trim({ signal }));
  if (!end.ok) {
    if (end.error.kind === 'io')
      warn(emit, 'cache-not-trimmed', `the cache is above its cap and can't be trimmed`, end.error);
    return;
  }
  const { removed, pinned, roots, maxSizeBytes } = end.value;
  const say = (level: 'note' | 'warning', code: string, message: string) =>
    emit({ event: 'notice', level, code, message, task: null });
  if (removed.files > 0) say('note', 'cache-trimmed', trimmedText(removed, maxSizeBytes));
  if (pinned.sizeBytes > maxSizeBytes)
    say('warning', 'cache-cap-yields', capYieldsText(pinned.sizeBytes, roots.length, maxSizeBytes));
}

/** Keys whose results this root must find again: of each task that there is, the last good one. */
export function keysInUse(project: Project, journal: Journal, nodes: readonly Node[] = []): Set<TaskKey> {
  const keys = new Set<TaskKey>();
  for (const task of project.graph.tasks) {
    const key = isStorable(task) ? journal.lastGoodKey(task.id) : null;
    if (key !== null) keys.add(key);
  }
  for (const { task, key, state } of nodes)
    if (key !== null && isStorable(task) && state.at === 'settled' && isGood(state.outcome)) keys.add(key);
  return keys;
}

function isStorable({ run, outputs, cacheable }: Task): boolean {
  return run !== null && outputs.length > 0 && cacheable;
}

async function register(
  { project, emit }: SettleRequest,
  store: LocalStore,
  keys: ReadonlySet<TaskKey>,
): Promise<void> {
  // Of a pipeline that can't be read it isn't known which tasks there are.
  const mayShrink = project.diagnostics.every(({ severity }) => severity !== 'error');
  const registered = await store.register(keys, { mayShrink });
  // That a store is read-only has been said.
  if (!registered.ok && !['EROFS', 'EACCES', 'EPERM'].includes(registered.error.code))
    warn(
      emit,
      'cache-not-registered',
      'what this project needs could not be noted in the cache, so it may be removed there',
      registered.error,
    );
}

/** Other runs of the root register the results of theirs: those that were recorded by now are among the keys. */
async function registerAmongOthers(request: SettleRequest, store: LocalStore): Promise<void> {
  const { project, journal, run, nodes } = request;
  // Without the lock (a full disk) it's done all the same: that at most forgets what another run just made.
  const lock = await lockRoot(project.layout, `run ${run}`, { wait: true, onWait: () => {} }).catch(
    () => null,
  );
  try {
    recordIfPossible(() => journal.refresh(run));
    await register(request, store, keysInUse(project, journal, nodes));
  } finally {
    if (lock !== null && lock !== 'locked') lock.release();
  }
}

/** A run that had nothing to do may have found other results up to date than those that are registered. */
async function registerIfOther(
  request: SettleRequest,
  store: LocalStore,
  keys: ReadonlySet<TaskKey>,
): Promise<void> {
  const { project, environment } = request;
  const { layout } = project;
  if (keys.size === 0 || !existsSync(contentDir(project, environment))) return;
  const id = readRootId(layout);
  if (id !== null && store.isRegistered(identityOf(layout, id), keys)) return;
  const lock = tryLock(layout.dir, 'run', 'registering');
  if (!lock.ok) return;
  try {
    // A run that acts at this moment registers more than this one knows.
    if (liveRuns(layout).length > 0) return;
    await enlistRoot(project, store, environment);
    await register(request, store, keys);
  } finally {
    lock.value.release();
  }
}

function identityOf(layout: Layout, id: string): RootIdentity {
  return { id, root: layout.root, proof: rootIdPath(layout) };
}

/** A signal ends the work early and not the process: the run's tasks are done, and its end is still to be told. */
async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborted = new AbortController();
  const abort = () => aborted.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, abort);
  try {
    return await work(aborted.signal);
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
}

function warn(
  emit: SettleRequest['emit'],
  code: string,
  message: string,
  { path, code: why }: IoError,
): void {
  emit({ event: 'notice', level: 'warning', code, message: `${message}: ${path} (${why})`, task: null });
}
