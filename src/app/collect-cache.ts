/** `orch cache gc`: removes from the content cache what is long unused, on request. */

import type { Trimmed } from '../cache/upkeep.ts';
import type { RunEventBody } from '../model/event.ts';
import { keysInUse } from './cache-upkeep.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { openProject, openState, type ProjectRequest } from './project.ts';

export interface CollectRequest {
  readonly project: ProjectRequest;
  /** null: the cap. */
  readonly maxSizeBytes: number | null;
  /** Results not used for so long go in any case; null: none does. */
  readonly maxAgeMs: number | null;
  readonly dryRun: boolean;
  readonly notice: (notice: Extract<RunEventBody, { event: 'notice' }>) => void;
}

/** Throws CommandError where the cache can't be used or another process is trimming it. */
export async function collectCache(request: CollectRequest): Promise<Trimmed> {
  const project = await openProject(request.project);
  const state = await openState(project, {
    readOnly: true,
    rehash: false,
    needsCache: true,
    environment: request.project.environment,
    notice: request.notice,
  });
  try {
    const { maxSizeBytes, maxAgeMs, dryRun } = request;
    const end = await state.store!.trim({
      // Also of a root that hasn't registered yet.
      pins: keysInUse(project, state.journal),
      maxAgeMs,
      dryRun,
      // What the user names is what it comes down to; the cap itself leaves some room.
      ...(maxSizeBytes === null ? {} : { maxSizeBytes, goalBytes: maxSizeBytes }),
    });
    if (end.ok) return end.value;
    if (end.error.kind === 'busy')
      throw new CommandError(
        'another process is removing unused results from this cache',
        EXIT.locked,
        'try again when it is done',
      );
    throw new CommandError(
      `the cache can't be trimmed: could not ${end.error.doing} ${end.error.path} (${end.error.code})`,
      EXIT.unusable,
      'see that you may write to its folder (`orch cache path`)',
    );
  } finally {
    state.close();
  }
}
