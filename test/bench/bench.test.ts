/**
 * The benchmark through its own command line, at a size where it takes seconds: real orch, and peers that are shell
 * scripts which do what a peer could do wrong. How long anything takes is not looked at.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { cleanEnv } from '../support/project.ts';

const BENCH = fileURLToPath(new URL('bench.mjs', import.meta.url));

interface Result {
  readonly peer: string;
  readonly phase: string | null;
  readonly timesMs: readonly number[];
  readonly medianMs: number | null;
  readonly largestKb: number | null;
  readonly treeKb: number | null;
  readonly refused: string | null;
}

function bench(...args: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'orch-bench-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'numbers.json');
  const run = (more: readonly string[] = []) =>
    spawnSync(process.execPath, [BENCH, '--json', file, '--dir', dir, ...more, ...args], {
      env: cleanEnv(),
      encoding: 'utf8',
    });
  const program = (name: string, script: string) => {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return `--program=ninja=${join(dir, name)}`;
  };
  const results = (): Result[] =>
    JSON.parse(readFileSync(file, 'utf8')).workloads.flatMap(
      (workload: { results: Result[] }) => workload.results,
    );
  return { dir, file, run, program, results };
}

const RUN_ALL = `sed -n 's/^  c = //p' build.ninja | sh`;
const LAYERS = ['--workload', 'layers-1000', '--scale', '0.01', '--rounds', '1'];

it('orch is timed in all phases of a graph, each run checked, the folder gone afterwards', () => {
  const { run, results, dir } = bench(...LAYERS, '--peers', 'orch', '--no-memory');
  const ran = run();
  expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  expect(results().map(({ phase, refused, timesMs }) => [phase, refused, timesMs.length])).toEqual(
    ['cold', 'no-op', 'touched', 'one-change', 'restore'].map((phase) => [phase, null, 1]),
  );
  expect(ran.stdout).toMatch(/^layers-1000: 25 tasks in 5 layers of 5;/);
  expect(readdirSync(dir)).toEqual(['numbers.json']);
});

it('large inputs, folders of outputs and start-up are timed, with memory, beside what goals compare with', () => {
  const { run, results } = bench(
    ...['--workload', 'restore-files,restore-1gib,startup', '--scale', '0.0005', '--rounds', '1'],
    ...['--peers', 'orch,cp,cp-r,node', '--phases', 'cold,restore,version'],
  );
  const ran = run();
  expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  const measured = results().filter(({ phase }) => phase !== null);
  expect(measured.map(({ peer, phase }) => `${peer} ${phase}`)).toEqual([
    ...['orch cold', 'orch restore', 'cp-r restore'],
    ...['orch cold', 'orch restore', 'cp restore'],
    ...['orch version', 'node version'],
  ]);
  for (const result of measured) {
    expect(result).toMatchObject({ refused: null, timesMs: [result.medianMs] });
    if (process.platform === 'linux') expect(result.treeKb).toBeGreaterThan(0);
  }
});

it('a number is refused where a cold run made nothing, or made it wrong', () => {
  const { run, program, results } = bench(...LAYERS, '--peers', 'ninja', '--no-memory');
  run([program('idle', 'true')]);
  expect(results()).toMatchObject([
    { phase: 'cold', refused: 'ran 0 commands instead of 25', medianMs: null },
  ]);
  run([program('wrong', `${RUN_ALL}; echo other > out/7.txt`)]);
  expect(results()).toMatchObject([{ phase: 'cold', refused: 'out/7.txt is wrong', medianMs: null }]);
  const failed = run([program('failing', 'echo no such target >&2; exit 3')]);
  expect(results()).toMatchObject([{ phase: 'cold', refused: 'ended with 3: no such target' }]);
  expect(failed.stdout).toContain('no number: ended with 3: no such target');
});

it('a no-op that ran something gives no number, nor does a change that ran too much or too little', () => {
  const { run, program, results } = bench(...LAYERS, '--peers', 'ninja', '--no-memory');
  run([program('eager', RUN_ALL)]);
  expect(results().map(({ phase, refused }) => [phase, refused])).toEqual([
    ['cold', null],
    ['no-op', 'ran 25 commands instead of 0'],
    ['touched', 'reruns'],
    ['one-change', 'ran 25 commands instead of 15'],
  ]);
  run([program('lazy', `[ -e out/24.txt ] || ${RUN_ALL}`)]);
  expect(results().map(({ phase, refused }) => [phase, refused])).toEqual([
    ['cold', null],
    ['no-op', null],
    ['touched', null],
    ['one-change', 'ran 0 commands instead of 15'],
  ]);
});

it('a no-op that writes the same outputs again without a command is marked', () => {
  const { run, program } = bench(...LAYERS, '--peers', 'ninja', '--no-memory', '--phases', 'no-op');
  const ran = run([program('copying', `[ -e out/24.txt ] || ${RUN_ALL}; cp out/3.txt x; mv x out/3.txt`)]);
  expect(ran.stdout).toContain('ninja, no-op: * writes the outputs again');
});

it('--check prints the goals that numbers fall short of and exits with 1, with 0 where none does', () => {
  const { run, file } = bench('--check');
  const numbers = (orchMs: number) =>
    JSON.stringify({
      scale: 1,
      workloads: [
        {
          name: 'layers-1000',
          about: '',
          tasks: 1000,
          results: Object.entries({ orch: orchMs, ninja: 10, doit: 200 }).map(([peer, medianMs]) => ({
            ...{ peer, phase: 'no-op', timesMs: [medianMs], medianMs, byContent: peer !== 'ninja' },
            ...{ largestKb: 1024, treeKb: 1024, note: null, refused: null },
          })),
        },
      ],
    });
  writeFileSync(file, numbers(65));
  const slow = run(['--from', file]);
  expect(slow.stdout).toContain('SHORT layers-1000, no-op: 6.5x ninja > 6, hoped for 4.5');
  expect(slow.stdout).toContain('met   layers-1000, no-op: 0.325x doit <= 0.333');
  expect(slow.stdout).toMatch(/1 goals? met, 1 falls? short, \d+ not measured/);
  expect(slow.status).toBe(1);
  writeFileSync(file, numbers(40));
  const fast = run(['--from', file]);
  expect(fast.stdout).toContain('met   layers-1000, no-op: 4x ninja <= 6, hoped for 4.5 (reached)');
  expect(fast.status).toBe(0);
});

it('numbers that no goal is about are no success', () => {
  const { run, file } = bench('--check');
  writeFileSync(file, JSON.stringify({ scale: 1, workloads: [] }));
  const ran = run(['--from', file]);
  expect(ran.stdout).toMatch(/^0 goals met, 0 fall short/m);
  expect(ran.status).toBe(2);
});

it.each([
  [['--workload', 'layer-10'], 'There is no workload "layer-10".'],
  [['--peers', 'orch,nínja'], 'There is no peer "nínja".'],
  [['--phases', 'hot'], 'There is no phase "hot".'],
  [['--rounds', '0.5'], '--rounds takes a number above zero, not "0.5"'],
])('what is not known is said before anything is run: %j', (args, sentence) => {
  const ran = bench(...args).run();
  expect(ran.stderr).toContain(sentence);
  expect(ran.status).toBe(2);
});
