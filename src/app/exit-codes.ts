/** Exit codes that scripts rely on (SPEC E1). */
import type { Failure } from '../model/failure.ts';

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unusable: 3,
  locked: 4,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** Expected trouble that ends a command: what, where, what to do next, and the exit code. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.usage,
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

/** Nothing ran wrong: the pipeline, or what lies on the disk, asks for something that can't be. */
export function isUsageFailure({ kind }: Failure): boolean {
  return kind === 'output-occupied' || kind === 'resources' || kind === 'secret-missing';
}
