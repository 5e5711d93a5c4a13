/**
 * What goes on beside a live run: signals are passed on to it, a heartbeat says what is still running, and who wants
 * to know is told how far it is.
 */
import type { RunEventBody } from '../model/event.ts';
import type { RunContext } from '../scheduler/context.ts';
import type { LiveRun, RunEnd } from '../scheduler/run.ts';

const HEARTBEAT_MS = 60_000;

/** Where a run hears that it should end: calls back for each interrupt until the returned function is called. */
export type InterruptSource = (onInterrupt: (signal: NodeJS.Signals) => void) => () => void;

/** The signals of this process. */
export const processSignals: InterruptSource = (onInterrupt) => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const handlers = signals.map((signal) => [signal, () => onInterrupt(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
};

export interface Attendance {
  readonly context: RunContext;
  readonly emit: (body: RunEventBody) => void;
  /** Give up waiting for a lock. */
  readonly stopWaiting: () => void;
  readonly progressEveryMs: number | null;
  /** Progress is no part of the run's story: it may be told before it's sure that this round counts. */
  readonly emitProgress: (body: RunEventBody) => void;
  /** Default: the signals of this process. */
  readonly interrupts?: InterruptSource | undefined;
}

/** Resolves with the run's end; signal handlers and timers are gone then. */
export async function attended(live: LiveRun, attendance: Attendance): Promise<RunEnd> {
  const {
    context,
    emit,
    stopWaiting,
    progressEveryMs,
    emitProgress,
    interrupts = processSignals,
  } = attendance;
  let signalsSeen = 0;
  const release = interrupts((signal) => {
    stopWaiting();
    const isKill = ++signalsSeen > 1;
    emit({ event: 'run-interrupting', signal, running: live.running().length, isKill });
    live.interrupt(signal);
  });
  const heartbeat = setInterval(() => {
    for (const { task, startedAtMs } of live.running())
      if (context.now() - startedAtMs >= HEARTBEAT_MS / 2)
        emit({ event: 'task-heartbeat', task, elapsedMs: context.now() - startedAtMs });
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const progress =
    progressEveryMs === null
      ? undefined
      : setInterval(
          sparingly(() => emitProgress({ event: 'run-progress', ...live.progress() }), context.now),
          progressEveryMs,
        );
  try {
    return await live.done;
  } finally {
    clearInterval(heartbeat);
    clearInterval(progress);
    release();
  }
}

/** Work of less needs no sparing. */
const NOTICEABLE_MS = 2;

/** Calls it only where a fiftieth of the time or less goes into it: telling progress of 10,000 tasks takes 5 ms. */
function sparingly(work: () => void, now: () => number): () => void {
  let restUntilMs = 0;
  return () => {
    const startedMs = now();
    if (startedMs < restUntilMs) return;
    work();
    const endedMs = now();
    const tookMs = endedMs - startedMs;
    restUntilMs = tookMs < NOTICEABLE_MS ? 0 : endedMs + tookMs * 50;
  };
}
