/** Keeps long work from taking everything: at most so much at a time, and pauses for others. Knows nothing of the work. */
export interface Limiter {
  /** Runs the job at once, synchronously up to its first `await`, where there is room; else when there is. */
  run<T>(job: () => Promise<T>): Promise<T>;
}

/** At most `limit` jobs at a time; the others wait in the order they came. */
export function limiter(limit: number): Limiter {
  let free = limit;
  const waiting: (() => void)[] = [];

  return {
    async run(job) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await job();
      } finally {
        // The place is handed over, so that nobody who comes now can take it first.
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}

/** Lets signals, timers and other tasks have their turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
