/** What goes on beside a live run: signals are passed on to it, and a heartbeat says what is still running. */
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

/** Resolves with the run's end; signal handlers and timer are gone then. `stopWaiting`: give up waiting for a lock. */
export async function attended(
  live: LiveRun,
  context: RunContext,
  emit: (body: RunEventBody) => void,
  stopWaiting: () => void,
  interrupts: InterruptSource = processSignals,
): Promise<RunEnd> {
  const release = interrupts((signal) => {
    stopWaiting();
    live.interrupt(signal);
  });
  const heartbeat = setInterval(() => {
    for (const { task, startedAtMs } of live.running())
      if (context.now() - startedAtMs >= HEARTBEAT_MS / 2)
        emit({ event: 'task-heartbeat', task, elapsedMs: context.now() - startedAtMs });
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await live.done;
  } finally {
    clearInterval(heartbeat);
    release();
  }
}
