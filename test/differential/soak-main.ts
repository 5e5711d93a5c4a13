/**
 * `npm run soak -- --minutes N [--seed S]`: the differential test for as long as wanted, with disturbances before the
 * runs. After each, the plain run must leave what the model says, and the next one must have nothing to do.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { disturbanceOf } from './disturbances.ts';
import { caseArbitrary } from './generate.ts';
import { runCase } from './run-case.ts';

const EDITS = 8;
const CASES = 20;
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    bundle: { type: 'string', default: fileURLToPath(new URL('../../dist/orch.cjs', import.meta.url)) },
  },
});
const endMs = performance.now() + Number(values.minutes) * 60_000;
const counts = new Map<string, number>();
let runs = 0;
let open = 0;
let lastSaidMs = performance.now();

/** A number for each run of each case of each seed, by mixing. */
function numberOf(...parts: number[]): number {
  let state = 0x9e3779b9;
  for (const part of parts) state = Math.imul((state ^ part) >>> 0, 0x85ebca6b) ^ (state >>> 13);
  return state >>> 0;
}

async function soakSeed(seed: number): Promise<boolean> {
  const cases = fc.sample(caseArbitrary(Math.ceil(EDITS * 1.5)), { numRuns: CASES, seed, unbiased: true });
  let next = 0;
  let isGood = true;
  const work = async (): Promise<void> => {
    while (isGood && next < cases.length && performance.now() < endMs) {
      const index = next++;
      const report = await runCase(cases[index]!, values.bundle, EDITS, (run) => {
        const disturbance = disturbanceOf(numberOf(seed, index, run));
        const kind = disturbance?.name.replace(/-?\d+/g, 'N') ?? 'nothing';
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
        return disturbance;
      });
      runs += report.runs;
      if (report.isOpen) open++;
      if (report.divergence === null) continue;
      isGood = false;
      const { differences, script, said } = report.divergence;
      console.log(`Case ${index} of seed ${seed} goes wrong.\n${differences.join('\n')}`);
      console.log(`--- what orch said in the last run\n${said.trimEnd()}\n--- the story\n${script}`);
    }
  };
  await Promise.all([work(), work()]);
  return isGood;
}

for (let seed = Number(values.seed); performance.now() < endMs; seed++) {
  if (!(await soakSeed(seed))) process.exit(1);
  if (performance.now() - lastSaidMs > 60_000) {
    lastSaidMs = performance.now();
    console.log(`seed ${seed}: ${runs} runs, all well`);
  }
}
console.log(JSON.stringify({ runs, open, disturbances: Object.fromEntries([...counts].sort()) }, null, 2));
