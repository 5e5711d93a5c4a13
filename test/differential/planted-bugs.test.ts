/** The differential test catches what it is there for: each of these bugs, put into the real source, is found. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { buildWith, PLANTED_BUGS } from './planted-bugs.ts';
import { soak } from './soak.ts';

/** Enough to meet each of them many times over; the first is enough. */
const GRAPHS = 100;

it.for(PLANTED_BUGS)('a planted bug is caught: $name', { timeout: 300_000 }, async (bug) => {
  const folder = mkdtempSync(join(tmpdir(), 'orch-planted-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'orch.cjs');
  await buildWith(bug, bundle);
  const result = await soak({ bundle, graphs: GRAPHS, edits: 8, seed: 1, shrinkMs: 3_000 });
  console.log(
    `${bug.name}: graph ${result.graphs}, run ${result.runs}: ${result.failure?.split('\n', 2).join(' ')}`,
  );
  expect(result.failure).toMatch(bug.shows);
  // A build that doesn't run at all would be caught too, and would prove nothing.
  expect(result.failure).not.toContain('exit code: ');
});
