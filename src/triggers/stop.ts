/**
 * When a watch ends: at a signal, or when nobody reads what it says any more. Signals also reach the run that is
 * going on, if there is one; what else may interrupt that run comes the same way.
 */
import { type InterruptSource, processSignals } from '../app/attend.ts';
import { EXIT } from '../app/exit-codes.ts';

export interface Stop {
  /** Aborted: don't wait any longer. */
  readonly over: AbortSignal;
  /** The exit code that it means. `sigint`: of Ctrl-C at this point; `unheard`: where nobody reads any more. */
  readonly exitCode: (sigint: number, unheard: number) => number;
  /** For each run a new one. */
  readonly forRun: () => RunInterrupts;
  /** Nobody reads what is said. */
  readonly unheard: () => void;
  /** Signals mean to this process what they meant before. */
  readonly close: () => void;
}

export interface RunInterrupts {
  /** Tells of signals and of `interrupt`, also of the last one that came before it was listened to. */
  readonly source: InterruptSource;
  /** Interrupts this run; the watch goes on. */
  readonly interrupt: (signal: NodeJS.Signals) => void;
}

export function listenForStop(): Stop {
  const controller = new AbortController();
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  let first: NodeJS.Signals | null = null;
  const close = processSignals((signal) => {
    first ??= signal;
    controller.abort();
    for (const listener of listeners) listener(signal);
  });

  function forRun(): RunInterrupts {
    let early: NodeJS.Signals | null = null;
    let listener: ((signal: NodeJS.Signals) => void) | null = null;
    return {
      source(onInterrupt) {
        listener = onInterrupt;
        listeners.add(onInterrupt);
        const missed = first ?? early;
        if (missed !== null) onInterrupt(missed);
        return () => {
          listener = null;
          listeners.delete(onInterrupt);
        };
      },
      interrupt(signal) {
        if (listener === null) early = signal;
        else listener(signal);
      },
    };
  }

  return {
    over: controller.signal,
    exitCode(sigint, unheard) {
      switch (first) {
        case 'SIGINT':
          return sigint;
        case 'SIGTERM':
          return EXIT.SIGTERM;
        case 'SIGHUP':
          return EXIT.SIGHUP;
        default:
          return unheard;
      }
    },
    forRun,
    unheard: () => controller.abort(),
    close,
  };
}
