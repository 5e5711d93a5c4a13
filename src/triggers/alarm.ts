/**
 * Gathers bursts of events into one: it rings once things have been quiet for a moment, or after a longer while
 * although they aren't. It doesn't know what the events are.
 */
export interface AlarmRequest {
  /** As long as this without another event. */
  readonly quietMs: number;
  /** Rings this long after the first event, come what may. */
  readonly atMostMs: number;
}

export interface Alarm {
  /** Something happened. */
  readonly notify: () => void;
  /** Has anything happened since `hush`? */
  readonly isRaised: () => boolean;
  /** Whoever is about to look needn't be told of what happened before. */
  readonly hush: () => void;
  /** Resolves when it rings, or when `until` aborts; one waits at a time. */
  readonly rings: (until: AbortSignal) => Promise<void>;
}

export function createAlarm({ quietMs, atMostMs }: AlarmRequest): Alarm {
  let first: number | null = null;
  let last = 0;
  let wake = () => {};

  return {
    notify() {
      last = performance.now();
      if (first !== null) return;
      first = last;
      wake();
    },
    isRaised: () => first !== null,
    hush() {
      first = null;
    },
    rings: (until) =>
      new Promise((resolve) => {
        let timer: NodeJS.Timeout | null = null;
        const end = () => {
          if (timer !== null) clearTimeout(timer);
          until.removeEventListener('abort', end);
          wake = () => {};
          resolve();
        };
        // Looked at when due instead of being set anew at each of thousands of events.
        const look = () => {
          timer = null;
          if (first === null) return;
          const dueMs = Math.min(last + quietMs, first + atMostMs) - performance.now();
          if (dueMs <= 0) end();
          else timer = setTimeout(look, dueMs);
        };
        until.addEventListener('abort', end);
        wake = () => {
          if (timer === null) look();
        };
        if (until.aborted) end();
        else look();
      }),
  };
}

/** Resolves after this time, or as soon as `until` aborts. */
export function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      until.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    until.addEventListener('abort', end);
    if (until.aborted) end();
  });
}

/** null where `until` aborts first: what is going on then must be something that may be left to itself. */
export function orAbort<T>(work: Promise<T>, until: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const end = () => resolve(null);
    until.addEventListener('abort', end);
    if (until.aborted) end();
    work.then(resolve, reject).finally(() => until.removeEventListener('abort', end));
  });
}
