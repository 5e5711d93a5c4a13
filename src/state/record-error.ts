/**
 * A record under `.cache/` that couldn't be written: the disk is full, gone or not ours. Of all system errors this
 * one concerns the run as a whole and not a single task, so it has a class of its own.
 */
export class RecordError extends Error {
  /** As of a system error, so that whoever knows only those can say it. */
  readonly syscall = 'write';

  constructor(
    /** Absolute. */
    readonly path: string,
    /** The system's, such as ENOSPC. */
    readonly code: string,
  ) {
    super(`write ${path}: ${code}`);
  }
}

/** Does what writes to the record at `path`; the system's error becomes a RecordError. */
export function recording<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asRecordError(path, error);
  }
}

/** The same for what takes its time. */
export async function recordingSlowly<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asRecordError(path, error);
  }
}

function asRecordError(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || error instanceof RecordError ? error : new RecordError(path, code);
}
