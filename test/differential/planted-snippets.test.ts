/** The planted bugs still fit the source: whether they are caught is seen by the long suite, which comes too late. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { buildWith, PLANTED_BUGS } from './planted-bugs.ts';

it.for(PLANTED_BUGS)('a planted bug has its place in the source: $name', async (bug) => {
  const folder = mkdtempSync(join(tmpdir(), 'orch-planted-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await expect(buildWith(bug, join(folder, 'orch.cjs'))).resolves.toBeUndefined();
});
