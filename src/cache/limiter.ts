/** At most so many at a time; the others wait in the order they came. Knows nothing of what they do. */
export interface Limiter {
  /** Runs the job at once, synchronously up to its first `await`, where there is room; else when there is. */
  run<T>(job: () => Promise<T>): Promise<T>;
}

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
