/**
 * What must be ended before the process exits because of a bug. Whoever starts something that would outlive the
 * process registers how to end it. Knows nothing of what that is.
 */
const duties = new Set<() => Promise<unknown>>();
let crashed = false;

/** `duty` ends it, and resolves when it has ended. Returns how to take the duty back: it has ended by itself. */
export function atCrash(duty: () => Promise<unknown>): () => void {
  duties.add(duty);
  return () => {
    duties.delete(duty);
  };
}

/** From the crash on nothing new may be started. */
export function hasCrashed(): boolean {
  return crashed;
}

/** Ends all at once; resolves when all have ended. Never rejects: one that can't be ended mustn't keep others. */
export async function endAfterCrash(): Promise<void> {
  crashed = true;
  await Promise.allSettled([...duties].map(async (duty) => duty()));
}
