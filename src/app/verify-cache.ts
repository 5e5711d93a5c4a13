/** `orch cache verify`: reads the whole content cache, says what is damaged, and mends it on request. */

import { loadHasher } from '../base/digest.ts';
import type { Repairs } from '../cache/mend.ts';
import type { LocalStore } from '../cache/store.ts';
import type { Findings, VerifyProgress } from '../cache/verify.ts';
import type { RunEventBody } from '../model/event.ts';
import { openCache } from './content-cache.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { openProject, type ProjectRequest } from './project.ts';

export interface VerifyRequest {
  readonly project: ProjectRequest;
  readonly repair: boolean;
  readonly onProgress: ((progress: VerifyProgress) => void) | null;
  readonly notice: (notice: Extract<RunEventBody, { event: 'notice' }>) => void;
}

export interface Verified {
  readonly dir: string;
  readonly findings: Findings;
  /** null: nothing was to be repaired. */
  readonly repairs: Repairs | null;
}

/** Reads no state of the project: only where its cache is, and its outputs where they can mend something. */
export async function verifyCache(request: VerifyRequest): Promise<Verified> {
  const project = await openProject(request.project);
  const store: LocalStore = openCache(project, {
    environment: request.project.environment,
    hasher: await loadHasher(),
    isNeeded: true,
    notice: request.notice,
  })!;
  const { dir } = store.info();
  let findings: Findings;
  try {
    findings = await store.verify(request.onProgress);
  } catch (error) {
    const { path, code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandError(
      `the cache can't be read: ${path ?? dir} (${code})`,
      EXIT.unusable,
      'see that you may read its folder (`orch cache path`)',
    );
  }
  const repairs =
    request.repair && isAnythingBad(findings) ? await store.mend(findings, [project.layout.root]) : null;
  return { dir, findings, repairs };
}

function isAnythingBad({ badContents, badEntries }: Findings): boolean {
  return badContents.length > 0 || badEntries.length > 0;
}

/** How many things are damaged or missing still. */
export function countOfBad({ findings, repairs }: Verified): number {
  const { badContents, badEntries, unread } = findings;
  if (repairs === null) return badContents.length + badEntries.length + unread.length;
  return repairs.failures.length + unread.length;
}
