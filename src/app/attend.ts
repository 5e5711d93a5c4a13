/** What goes on beside a live run: signals are passed on to it, and a heartbeat says what is still running. */
import type { RunEventBody } from '../model/event.ts';
import type { RunContext } from '../scheduler/context.ts';
import type { LiveRun, RunEnd } from '../scheduler/run.ts';

const HEARTBEAT_MS = 60_000;

/** Resolves with the run's end; signal handlers and timer are gone then. `stopWaiting`: give up waiting for a lock. */
export async function attended(
  live: LiveRun,
  context: RunContext,
  emit: (body: RunEventBody) => void,
  stopWaiting: () => void,
): Promise<RunEnd> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const handlers = signals.map(
    (signal) =>
      [
        signal,
        () => {
          stopWaiting();
          live.interrupt(signal);
        },
      ] as const,
  );
  for (const [signal, handler] of handlers) process.on(signal, handler);
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
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}
