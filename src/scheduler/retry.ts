/** Whether and when a failed attempt is tried again. Pure. */
import type { Failure } from '../model/failure.ts';
import type { RetryPolicy } from '../model/task.ts';

/** Delay before the next attempt, or null where there is none. `attempt` is the one that failed, from 1. */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  failure: Failure,
  random: () => number,
): number | null {
  if (attempt > policy.limit || !isRetried(policy, failure)) return null;
  const grown =
    policy.backoff === 'exponential'
      ? policy.delayMs * 2 ** (attempt - 1)
      : policy.backoff === 'linear'
        ? policy.delayMs * attempt
        : policy.delayMs;
  const capped = Math.min(grown, policy.maxDelayMs ?? Number.POSITIVE_INFINITY);
  // "Equal jitter": at least half the delay stays, so that a struggling server gets its pause.
  return policy.jitter ? capped / 2 + random() * (capped / 2) : capped;
}

function isRetried(policy: RetryPolicy, failure: Failure): boolean {
  switch (failure.kind) {
    case 'exit':
      return policy.on === null || policy.on.includes(failure.code);
    case 'signal':
      return policy.on === null || policy.on.includes('signal');
    case 'timeout':
      return policy.on === null || policy.on.includes('timeout');
    case 'output-missing':
    case 'metrics-unreadable':
      return policy.on === null;
    default:
      // Trying again can't help, or wasn't the command's doing.
      return false;
  }
}
