/**
 * The real binary against the reference model: random projects under random edits, every run checked: which commands
 * ran, every file byte for byte, the exit code. Some graphs in `npm test`, 200 in `npm run test:long`;
 * `ORCH_TEST_GRAPHS=2000 ORCH_TEST_SEED=7` for more and for others.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EDIT_KINDS } from './generate.ts';
import { soak } from './soak.ts';

const BUNDLE =
  process.env['ORCH_TEST_BUNDLE'] ?? fileURLToPath(new URL('../../dist/orch.cjs', import.meta.url));
/** From here on every kind of edit takes place often enough to be counted on. */
const MANY_GRAPHS = 200;
const isLong = process.env['ORCH_TEST_LONG'] === '1';
const graphs = Number(process.env['ORCH_TEST_GRAPHS'] ?? (isLong ? MANY_GRAPHS : 40));
const seed = Number(process.env['ORCH_TEST_SEED'] ?? 1);
const EDITS = 8;
const SHRINK_MS = 60_000;

it(
  `orch does what the model says, on ${graphs} graphs with ${EDITS} edits each (seed ${seed})`,
  async () => {
    const result = await soak({ bundle: BUNDLE, graphs, edits: EDITS, seed, shrinkMs: SHRINK_MS });
    console.log(JSON.stringify({ ...result, failure: undefined }));
    expect(result.failure ?? 'as the model says').toBe('as the model says');
    expect(result.open).toBeLessThan(graphs / 20);
    if (graphs < MANY_GRAPHS) return;
    for (const kind of EDIT_KINDS) expect(result.counts[kind], kind).toBeGreaterThanOrEqual(20);
    for (const kind of ['failing-run', 'forced-run', 'param-flag', 'chosen-targets'])
      expect(result.counts[kind], kind).toBeGreaterThanOrEqual(20);
  },
  SHRINK_MS * 2 + graphs * 5_000,
);
