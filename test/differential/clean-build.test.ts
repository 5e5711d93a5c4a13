/**
 * The reference model against something that can't be wrong in the same way: every command of a random project run
 * once, in order, by a plain `sh`. So a disagreement of `orch` with the model is a disagreement about when to run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { script } from './commands.ts';
import { caseArbitrary, isValid } from './generate.ts';
import { chosenBy, expand, makersOf, predict } from './reference-model.ts';
import { readTree } from './session.ts';
import { type Cell, fill, type History, type PipelineSpec } from './workload.ts';

it('the model predicts the bytes and the trace of a clean build', () => {
  for (const { pipeline, sources } of fc.sample(caseArbitrary(1), { numRuns: 60, seed: 11 })) {
    expect(isValid(pipeline, Object.keys(sources))).toBe(true);
    const history: History = { results: new Map(), owned: new Map(), lastEnd: new Map(), damaged: new Set() };
    const request = {
      targets: pipeline.tasks.map((task) => task.name),
      params: {},
      force: null,
      failing: [],
    };
    const disk = new Map(Object.entries(sources));
    const predicted = predict(history, pipeline, disk, request);
    const built = cleanBuild(pipeline, disk);
    expect(built.ran).toEqual(predicted.ran);
    expect(Object.fromEntries(built.files)).toEqual(Object.fromEntries(predicted.files));
    expect(predicted.optional.size).toBe(0);
    const again = predict(history, pipeline, predicted.files, request);
    expect(again.files).toEqual(predicted.files);
    const alwaysRuns = new Set(
      pipeline.tasks.filter((task) => !task.cache || isBare(task)).map((task) => task.mark),
    );
    expect(again.ran.filter((line) => !alwaysRuns.has(line.split(/[. ]/)[0]!))).toEqual([]);
  }
});

const isBare = (task: PipelineSpec['tasks'][number]) =>
  task.inputs.length === 0 && task.outputs.length === 0 && task.needs.every((need) => need.orderOnly);

function cleanBuild(pipeline: PipelineSpec, sources: ReadonlyMap<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'orch-clean-'));
  const trace = join(root, '.trace');
  try {
    for (const [path, text] of sources) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const cells = expand(pipeline, pipeline.params);
    const built = new Set<Cell>();
    const build = (cell: Cell): void => {
      if (built.has(cell)) return;
      built.add(cell);
      for (const need of cell.task.needs) chosenBy(need, cell, cells).forEach(build);
      makersOf(cell, cells).forEach(build);
      if (cell.task.group) return;
      for (const output of cell.outputs) mkdirSync(dirname(join(root, output)), { recursive: true });
      const params = Object.fromEntries(
        cell.task.lists.map((name) => [`ORCH_PARAM_${name.toUpperCase()}`, String(pipeline.params[name])]),
      );
      const env = {
        PATH: process.env['PATH'],
        LC_ALL: 'C',
        DIFF_TRACE: trace,
        DIFF_FAIL: '',
        WORD: cell.task.word ?? '',
        ...params,
      };
      const command = fill(script(cell.task), cell.values, pipeline.params);
      const ended = spawnSync('sh', ['-e', '-c', command], { cwd: root, env, encoding: 'utf8' });
      expect(`${ended.status} ${ended.stderr}`, command).toBe('0 ');
    };
    cells.forEach(build);
    const files = readTree(root);
    files.delete('.trace');
    return { ran: readFileSync(trace, 'utf8').split('\n').slice(0, -1).sort(), files };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
