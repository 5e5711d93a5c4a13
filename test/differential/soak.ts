/** Takes many random projects through their steps, some at a time, until one goes wrong; then shortens its story. */
import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { caseArbitrary, EDIT_KINDS } from './generate.ts';
import { type Report, runCase, tell } from './run-case.ts';
import { shrink } from './shrink.ts';

export interface SoakOptions {
  readonly bundle: string;
  readonly graphs: number;
  readonly edits: number;
  readonly seed: number;
  readonly shrinkMs: number;
}

export interface Soak {
  /** How often each kind of edit or run took place, over the graphs that went to their end. */
  readonly counts: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly graphs: number;
  /** Ended early, where the contract is silent. */
  readonly open: number;
  /** A shortened story, told for whoever has to reproduce it; null where all went well. */
  readonly failure: string | null;
}

export async function soak(options: SoakOptions): Promise<Soak> {
  const { bundle, graphs, edits, seed } = options;
  // Some steps find nothing to be done to; half as many again make up for them.
  const cases = fc.sample(caseArbitrary(Math.ceil(edits * 1.5)), { numRuns: graphs, seed, unbiased: true });
  const counts: Record<string, number> = Object.fromEntries(EDIT_KINDS.map((kind) => [kind, 0]));
  const reports: Report[] = [];
  let failed: { readonly index: number; readonly report: Report } | null = null;
  let next = 0;
  const work = async (): Promise<void> => {
    while (failed === null && next < cases.length) {
      const index = next++;
      const report = await runCase(cases[index]!, bundle, edits);
      reports.push(report);
      for (const kind of report.kinds) counts[kind] = (counts[kind] ?? 0) + 1;
      if (report.divergence !== null) failed ??= { index, report };
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, Math.max(2, availableParallelism())) }, work));
  const runs = reports.reduce((sum, report) => sum + report.runs, 0);
  const open = reports.filter((report) => report.isOpen).length;
  const failure = failed === null ? null : await storyOf(failed, options);
  return { counts, runs, graphs: reports.length, open, failure };
}

async function storyOf(
  { index, report }: { readonly index: number; readonly report: Report },
  { bundle, seed, shrinkMs }: SoakOptions,
): Promise<string> {
  const start = { story: report.story, divergence: report.divergence! };
  const { story, divergence } = await shrink(start, (shorter) => tell(shorter, bundle), shrinkMs);
  const size = `${story.pipeline.tasks.length} tasks, ${story.chapters.length} runs`;
  return [
    `Graph ${index} of seed ${seed} goes wrong; shortened to ${size}.`,
    ...divergence.differences,
    '--- what orch said in the last run',
    divergence.said.trimEnd(),
    '--- to reproduce',
    divergence.script,
  ].join('\n');
}
