/**
 * When a watch ends: at a signal, or when nobody reads what it says any more. Signals also reach the run that is
 * going on, if there is one; what else may interrupt that run comes the same way.
 */
import { type InterruptSource, processSignals } from '../app/attend.ts';

export interface Stop {
  /** Aborted: don't wait any longer. */
  readonly over: AbortSignal;
  /** The first signal, null where there was none. */
  readonly signal: () => NodeJS.Signals | null;
  /** For a run: tells of signals, of one that came before it listened too, and of `interrupt`. */
  readonly source: InterruptSource;
  /** Interrupts the run that is going on; the watch goes on. */
  readonly interrupt: (signal: NodeJS.Signals) => void;
  /** Nobody listens. */
  readonly unheard: () => void;
  readonly close: () => void;
}

export function listenForStop(): Stop {
  const controller = new AbortController();
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  let first: NodeJS.Signals | null = null;
  const tell = (signal: NodeJS.Signals) => {
    for (const listener of listeners) listener(signal);
  };
  const close = processSignals((signal) => {
    first ??= signal;
    controller.abort();
    tell(signal);
  });
  return {
    over: controller.signal,
    signal: () => first,
    source(onInterrupt) {
      listeners.add(onInterrupt);
      if (first !== null) onInterrupt(first);
      return () => {
        listeners.delete(onInterrupt);
      };
    },
    interrupt: tell,
    unheard: () => controller.abort(),
    close,
  };
}
