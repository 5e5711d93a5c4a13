/**
 * `orch watch`: runs the targets, and again whenever something that the run goes by changed, until it is told to end.
 *
 * Events of the file system only wake it up. Whether there is anything to do it learns by looking: two looks are
 * compared by content, so that touched files, orch's own writes and lost or doubled events make no difference, and
 * a run can't set off the next one except by changing a source. Each run is as one of `orch run`: it opens and
 * closes everything itself, and holds no lock while the watch waits.
 */
import { CommandError, EXIT } from '../app/exit-codes.ts';
import { PipelineErrors } from '../app/pipeline-errors.ts';
import type { RunRequest } from '../app/run-request.ts';
import { runTargets } from '../app/run-targets.ts';
import { changedPaths, lookAtSources, type Sources } from '../app/sources.ts';
import type { WatchEventBody } from '../model/event.ts';
import { createAlarm, pause } from './alarm.ts';
import { type HeldEvents, holdEvents } from './held-events.ts';
import { createLoopBrake } from './loop-brake.ts';
import { createSentry } from './sentry.ts';
import type { Stop } from './stop.ts';

export interface WatchRequest {
  /** For each run a new one: reporters keep what they have told, and the day may be another. */
  readonly requestRun: (about: { readonly isFirst: boolean }) => RunRequest;
  /** After the last event. */
  readonly debounceMs: number;
  /** What a change does to a run that is going on: it waits for its end, or ends it. */
  readonly onBusy: 'queue' | 'restart';
  /** null: let the system tell of changes. */
  readonly pollMs: number | null;
  /** false: a run that finds everything up to date isn't told (but the first, and the one after trouble). */
  readonly tellsIdleRuns: boolean;
  readonly emit: (event: WatchEventBody) => void;
  /** A run is about to tell something. */
  readonly onShow: () => void;
  /** Tells of expected trouble, such as a broken pipeline; returns the exit code that it would mean. */
  readonly onTrouble: (error: unknown) => Promise<number>;
  readonly stop: Stop;
}

interface Change {
  readonly now: Sources;
  readonly paths: readonly string[];
  /** It was there before the watch had begun to wait. */
  readonly isEarly: boolean;
}

/** A look that found nothing isn't followed by another for this many times as long: a busy folder costs little. */
const REST_AFTER_LOOK = 4;
const GATHER_AT_MOST_MS = 1_000;
const SHOWN_PATHS = 20;

/** Returns the exit code. Throws CommandError and PipelineErrors where what was asked for can't be watched. */
export async function watchTargets(request: WatchRequest): Promise<number> {
  const { stop, emit } = request;
  const alarm = createAlarm({
    quietMs: request.debounceMs,
    atMostMs: Math.max(GATHER_AT_MOST_MS, 4 * request.debounceMs),
  });
  const sentry = createSentry({ pollMs: request.pollMs, onEvent: alarm.notify, emit });
  const brake = createLoopBrake();
  /** Once known it stays: without its pipeline file, a project around it must not step in. */
  let root: string | null = null;
  let hasRun = false;

  const requestRun = (): RunRequest => {
    const run = request.requestRun({ isFirst: !hasRun });
    const { start } = run.project;
    return { ...run, project: { ...run.project, start: { ...start, root: root ?? start.root } } };
  };

  /** `isSure`: every folder was watched before it was looked at, so nothing can have been missed. */
  async function look(): Promise<{ readonly now: Sources; readonly isSure: boolean }> {
    alarm.hush();
    const now = await lookAtSources(requestRun());
    root = now.root;
    const isSure = !sentry.follow(now.folders);
    if (!isSure) alarm.notify();
    return { now, isSure };
  }

  /** Waits for a look that differs from `before`; null where `until` came first. */
  async function nextChange(before: Sources, until: AbortSignal, onIdle: () => void): Promise<Change | null> {
    let isEarly = true;
    for (let isIdle = !alarm.isRaised(); ; ) {
      if (isIdle) {
        isEarly = false;
        onIdle();
      }
      await alarm.rings(until);
      if (until.aborted) return null;
      const startedMs = performance.now();
      const { now, isSure } = await look();
      const paths = changedPaths(before, now);
      if (paths.length > 0) return { now, paths, isEarly };
      // Even if more was heard meanwhile: where something writes all the time, it never gets quiet.
      isIdle = isSure;
      await pause(REST_AFTER_LOOK * (performance.now() - startedMs), until);
    }
  }

  function tellChange({ paths }: Change, interrupts: boolean): void {
    emit({ event: 'watch-change', paths: paths.slice(0, SHOWN_PATHS), count: paths.length, interrupts });
  }

  /** Slows down what seems to go round in circles. */
  async function brakeFor(change: Change, startedMs: number, until: AbortSignal): Promise<void> {
    const afterMs = change.isEarly ? performance.now() - startedMs : null;
    const { delayMs, isFirst } = brake.onChange(change.paths, afterMs);
    if (isFirst)
      emit({
        event: 'notice',
        level: 'warning',
        code: 'watch-loop',
        message: `${change.paths.slice(0, 3).join(', ')} changed during each of the last runs: does a task write what the run goes by? The next runs wait longer and longer`,
        task: null,
      });
    if (delayMs > 0) await pause(delayMs, until);
  }

  /** One run, and a change that was seen while it went on. */
  async function carryOut(before: Sources, about: { readonly mustShow: boolean; readonly isFirst: boolean }) {
    const startedMs = performance.now();
    const run = requestRun();
    const held = holdEvents(run.emit, request.onShow);
    if (about.mustShow) held.show();
    const over = new AbortController();
    const watching = request.onBusy === 'restart' ? interruptOnChange(before, over.signal) : null;
    // It's awaited below; until then a failure must not count as one that nobody handles.
    watching?.catch(() => {});
    const exitCode = await runAndTell(run, before, held, about.isFirst).finally(() => over.abort());
    const change = watching === null ? null : await orStop(watching, stop.over);
    return { exitCode, startedMs, change };
  }

  async function interruptOnChange(before: Sources, over: AbortSignal): Promise<Change | null> {
    const startedMs = performance.now();
    const found = await nextChange(before, over, () => {});
    if (found === null) return null;
    const change = { ...found, isEarly: true };
    await brakeFor(change, startedMs, over);
    if (over.aborted || stop.over.aborted) return change;
    tellChange(change, true);
    stop.interrupt('SIGTERM');
    return { ...change, paths: [] };
  }

  async function runAndTell(
    run: RunRequest,
    before: Sources,
    held: HeldEvents,
    isFirst: boolean,
  ): Promise<number> {
    try {
      const exitCode = await runTargets({
        ...run,
        emit: held.emit,
        interrupts: stop.source,
        onWarnings: async (opened) => {
          // The look has parsed it already; the run got what that left behind, without its warnings.
          const project = before.project?.parsedAnew ? before.project : opened;
          if (project.parsedAnew) held.show();
          await run.onWarnings(project);
        },
      });
      hasRun = true;
      return exitCode;
    } catch (error) {
      if (!isExpected(error) || (isFirst && !(error instanceof PipelineErrors))) throw error;
      held.show();
      return request.onTrouble(error);
    }
  }

  /** null: the watch is to end. */
  async function waitForChange(
    before: Sources,
    ended: { readonly exitCode: number; readonly startedMs: number },
  ): Promise<Change | null> {
    const files = [...before.definition, ...(before.contents ?? [])];
    const onIdle = once(() =>
      emit({
        event: 'watch-waiting',
        files: files.filter(([, content]) => content !== 'absent').length,
        folders: before.folders.size,
        pollMs: sentry.pollMs(),
        exitCode: ended.exitCode,
      }),
    );
    const change = await orStop(nextChange(before, stop.over, onIdle), stop.over);
    if (change !== null) await brakeFor(change, ended.startedMs, stop.over);
    return stop.over.aborted ? null : change;
  }

  try {
    const first = await orStop(look(), stop.over);
    if (first === null) return exitCodeOf(stop, EXIT.SIGINT, 0);
    let before = first.now;
    if (before.trouble !== null && isFinal(before.trouble)) throw before.trouble;
    let mustShow = true;
    for (let isFirst = true; ; isFirst = false) {
      const ended = await carryOut(before, { mustShow: mustShow || request.tellsIdleRuns, isFirst });
      if (stop.over.aborted) return exitCodeOf(stop, EXIT.SIGINT, ended.exitCode);
      mustShow = ended.exitCode !== EXIT.done;
      const change: Change | null = ended.change ?? (await waitForChange(before, ended));
      if (change === null) return exitCodeOf(stop, EXIT.done, ended.exitCode);
      if (change.paths.length > 0) tellChange(change, false);
      before = change.now;
    }
  } finally {
    sentry.close();
  }
}

/** null where `over` aborts first: what is going on then must be something that may be broken off. */
function orStop<T>(work: Promise<T>, over: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const end = () => resolve(null);
    over.addEventListener('abort', end);
    if (over.aborted) end();
    work.then(resolve, reject).finally(() => over.removeEventListener('abort', end));
  });
}

/** `sigint`: what Ctrl-C means at this point. `unheard`: nobody reads what it says any more. */
function exitCodeOf(stop: Stop, sigint: number, unheard: number): number {
  switch (stop.signal()) {
    case 'SIGINT':
      return sigint;
    case 'SIGTERM':
      return EXIT.SIGTERM;
    case 'SIGHUP':
      return EXIT.SIGHUP;
    default:
      return unheard;
  }
}

/** Nothing that is edited in the project makes it right: what was asked for is wrong. */
function isFinal(trouble: PipelineErrors | CommandError): boolean {
  return (
    trouble instanceof CommandError ||
    trouble.diagnostics.some(({ severity, file }) => severity === 'error' && file === null)
  );
}

/** Not a bug: a person can do something about it. */
function isExpected(error: unknown): boolean {
  if (error instanceof PipelineErrors || error instanceof CommandError) return true;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && syscall !== undefined;
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
