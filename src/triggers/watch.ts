/**
 * `orch watch`: runs the targets, and again whenever something that the run goes by changed, until it is told to end.
 *
 * Events of the file system only wake it up. Whether there is anything to do it learns by looking: two looks are
 * compared by content, so that touched files, orch's own writes and lost or doubled events make no difference, and
 * a run can't set off the next one except by changing a source. Each run is as one of `orch run`: it opens and
 * closes everything itself, and holds no lock while the watch waits.
 */
import { EXIT } from '../app/exit-codes.ts';
import { PipelineErrors } from '../app/pipeline-errors.ts';
import type { RunRequest, RunWish } from '../app/run-request.ts';
import { runTargets } from '../app/run-targets.ts';
import { changedPaths, lookAtSources, type Sources } from '../app/sources.ts';
import type { WatchEventBody } from '../model/event.ts';
import { createAlarm, orAbort, pause } from './alarm.ts';
import { type HeldEvents, holdEvents } from './held-events.ts';
import { createLoopBrake } from './loop-brake.ts';
import { createSentry } from './sentry.ts';
import type { RunInterrupts, Stop } from './stop.ts';
import { isExpected, isFinal } from './trouble.ts';

export interface WatchRequest {
  /** Asked for anew at each look and run: the day may be another. `isFirst`: no run has been carried out yet. */
  readonly wish: (about: { readonly isFirst: boolean }) => RunWish;
  /** For each run a new one: reporters keep what they have told. It tells nothing before the first event. */
  readonly openReport: () => Promise<RunReport>;
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

export interface RunReport extends Pick<RunRequest, 'emit' | 'onWarnings' | 'progressEveryMs'> {
  /** The run is over, however it ended; may be called again. */
  readonly close: () => void;
}

interface Change {
  readonly now: Sources;
  readonly paths: readonly string[];
  /** By `performance.now`: the run that it sets off is to begin no earlier. */
  readonly notBeforeMs: number;
}

interface WaitRequest {
  readonly until: AbortSignal;
  /** By `performance.now`. */
  readonly runStartedMs: number;
  /** Nothing is left to be looked at; may be called again. null: a run is going on. */
  readonly onIdle: (() => void) | null;
}

interface RunParts {
  readonly report: RunReport;
  readonly held: HeldEvents;
  readonly interrupts: RunInterrupts;
  readonly isFirst: boolean;
}

interface RunEnded {
  readonly exitCode: number;
  /** By `performance.now`. */
  readonly startedMs: number;
  /** Seen while the run went on. `isTold`: the run was interrupted for it. */
  readonly change: (Change & { readonly isTold: boolean }) | null;
}

/** A look that found nothing isn't followed by another for this many times as long: a busy folder costs little. */
const REST_AFTER_LOOK = 4;
const LONGEST_REST_MS = 2_000;
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

  const wish = (): RunWish => {
    const wanted = request.wish({ isFirst: !hasRun });
    const { start } = wanted.project;
    return { ...wanted, project: { ...wanted.project, start: { ...start, root: root ?? start.root } } };
  };

  /** `isSure`: every folder was watched before it was looked at, so nothing can have been missed. */
  async function look(): Promise<{ readonly now: Sources; readonly isSure: boolean }> {
    alarm.hush();
    const now = await lookAtSources(wish());
    root = now.root;
    const isSure = !sentry.follow(now.folders);
    if (!isSure) alarm.notify();
    return { now, isSure };
  }

  /** Waits for a look that differs from `before`; null where `until` came first. */
  async function nextChange(
    before: Sources,
    { until, runStartedMs, onIdle }: WaitRequest,
  ): Promise<Change | null> {
    /** It came during the run, or before it was waited for. */
    let isEarly = true;
    const idle = () => {
      isEarly = onIdle === null;
      onIdle?.();
    };
    if (!alarm.isRaised()) idle();
    for (let fruitless = 1; ; fruitless++) {
      await alarm.rings(until);
      if (until.aborted) return null;
      const startedMs = performance.now();
      const { now, isSure } = await look();
      const paths = changedPaths(before, now);
      if (paths.length > 0) {
        const delayMs = brakeFor(paths, isEarly ? startedMs - runStartedMs : null);
        return { now, paths, notBeforeMs: performance.now() + delayMs };
      }
      // Even if more was heard meanwhile: where something writes all the time, it never gets quiet.
      if (isSure) idle();
      const restMs = Math.min(REST_AFTER_LOOK * (performance.now() - startedMs), LONGEST_REST_MS);
      // The first one is usual: the run itself has written.
      if (fruitless > 1) await pause(restMs, until);
    }
  }

  /** Slows down what seems to go round in circles. */
  function brakeFor(paths: readonly string[], afterMs: number | null): number {
    const { delayMs, isFirst } = brake.onChange(paths, afterMs);
    if (isFirst)
      emit({
        event: 'notice',
        level: 'warning',
        code: 'watch-loop',
        message: `${paths.slice(0, 3).join(', ')} changed during each of the last runs: does a task write what the run goes by? The next runs wait longer and longer`,
        task: null,
      });
    return delayMs;
  }

  function tellChange({ paths }: Change, interrupts: boolean): void {
    emit({ event: 'watch-change', paths: paths.slice(0, SHOWN_PATHS), count: paths.length, interrupts });
  }

  /** One run, and a change that was seen while it went on. */
  async function carryOut(
    before: Sources,
    about: { readonly mustShow: boolean; readonly isFirst: boolean },
  ): Promise<RunEnded> {
    const startedMs = performance.now();
    const report = await request.openReport();
    const held = holdEvents(report.emit, request.onShow);
    if (about.mustShow) held.show();
    const interrupts = stop.forRun();
    const over = new AbortController();
    const watching =
      request.onBusy === 'queue' ? null : interruptOnChange(before, startedMs, over.signal, interrupts);
    // It's awaited below; until then a failure must not count as one that nobody handles.
    watching?.catch(() => {});
    const run = { report, held, interrupts, isFirst: about.isFirst };
    const exitCode = await runAndTell(before, run).finally(() => {
      report.close();
      over.abort();
    });
    const change = watching === null ? null : await orAbort(watching, stop.over);
    return { exitCode, startedMs, change };
  }

  async function interruptOnChange(
    before: Sources,
    runStartedMs: number,
    over: AbortSignal,
    interrupts: RunInterrupts,
  ): Promise<RunEnded['change']> {
    const change = await nextChange(before, { until: over, runStartedMs, onIdle: null });
    if (change === null) return null;
    await pause(change.notBeforeMs - performance.now(), over);
    const isTold = !over.aborted && !stop.over.aborted;
    if (isTold) {
      tellChange(change, true);
      interrupts.interrupt('SIGTERM');
    }
    return { ...change, isTold };
  }

  async function runAndTell(
    before: Sources,
    { report, held, interrupts, isFirst }: RunParts,
  ): Promise<number> {
    try {
      const exitCode = await runTargets({
        ...wish(),
        emit: held.emit,
        progressEveryMs: report.progressEveryMs,
        interrupts: interrupts.source,
        onWarnings: async (opened) => {
          // The look has parsed it already; the run got what that left behind, without its warnings.
          const project = before.project?.parsedAnew ? before.project : opened;
          if (project.parsedAnew) held.show();
          await report.onWarnings(project);
        },
      });
      hasRun = true;
      return exitCode;
    } catch (error) {
      if (!isExpected(error) || (isFirst && !(error instanceof PipelineErrors))) throw error;
      held.show();
      report.close();
      return request.onTrouble(error);
    }
  }

  /** null: the watch is to end. */
  async function waitForChange(before: Sources, ended: RunEnded): Promise<Change | null> {
    const onIdle = once(() => {
      const files = [...before.definition, ...(before.contents ?? [])];
      emit({
        event: 'watch-waiting',
        files: files.filter(([, content]) => content !== 'absent').length,
        folders: before.folders.size,
        pollMs: sentry.pollMs(),
        exitCode: ended.exitCode,
      });
    });
    const wait = { until: stop.over, runStartedMs: ended.startedMs, onIdle };
    const change = ended.change ?? (await orAbort(nextChange(before, wait), stop.over));
    if (change !== null) await pause(change.notBeforeMs - performance.now(), stop.over);
    return stop.over.aborted ? null : change;
  }

  try {
    const first = await orAbort(look(), stop.over);
    if (first === null) return stop.exitCode(EXIT.SIGINT, EXIT.done);
    let before = first.now;
    if (before.trouble !== null && isFinal(before.trouble)) throw before.trouble;
    let mustShow = true;
    for (let isFirst = true; ; isFirst = false) {
      const ended = await carryOut(before, { mustShow: mustShow || request.tellsIdleRuns, isFirst });
      if (stop.over.aborted) return stop.exitCode(EXIT.SIGINT, ended.exitCode);
      mustShow = ended.exitCode !== EXIT.done;
      const change = await waitForChange(before, ended);
      if (change === null) return stop.exitCode(EXIT.done, ended.exitCode);
      if (ended.change?.isTold !== true) tellChange(change, false);
      before = change.now;
    }
  } finally {
    sentry.close();
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
