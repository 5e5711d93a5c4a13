#!/usr/bin/env node
// Times orch beside whichever build tools are found, on the same workloads, in turns within one run; prints tables,
// writes JSON, compares with goals. `npm run bench -- --help` lists the flags; PERFORMANCE.md says how to read it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { checkGoals, verdictOf } from './check-goals.mjs';
import { programOf } from './find-programs.mjs';
import { cleanEnv, hasGnuTime } from './measure.mjs';
import { HELP, readOptions } from './options.mjs';
import { PEERS, REFERENCES } from './peers.mjs';
import { tableOf, withMedians } from './report.mjs';
import { runWorkload } from './run-workload.mjs';
import { ALL, workloadOf } from './workloads.mjs';

const fail = (sentence) => {
  process.stderr.write(`${sentence}\nSee: npm run bench -- --help\n`);
  process.exit(2);
};
const say = (line) => process.stderr.write(`${line}\n`);

const options = readOptions(process.argv.slice(2));
if (options.problem) fail(options.problem);
if (options.help) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}
const report = options.from === undefined ? await measure() : JSON.parse(readFileSync(options.from, 'utf8'));
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
for (const workload of report.workloads) process.stdout.write(`${tableOf(workload)}\n`);
// A number of orch itself that had to be refused is a fault, not a property.
const refused = report.workloads.some(({ results }) =>
  results.some((each) => each.peer.startsWith('orch') && each.phase !== null && each.refused !== null),
);
process.exitCode = refused ? 1 : 0;
if (options.check) {
  const goals = JSON.parse(readFileSync(new URL('goals.json', import.meta.url), 'utf8'));
  const verdict = verdictOf(checkGoals(goals, report.workloads));
  if (report.scale !== 1) process.stdout.write(`At scale ${report.scale} the goals say nothing.\n`);
  process.stdout.write(`${verdict.text}\n`);
  process.exitCode ||= verdict.exitCode;
}

async function measure() {
  const workloads = (options.workloads ?? ALL).map(
    (name) => workloadOf(name, options.scale) ?? fail(`There is no workload "${name}".`),
  );
  const known = [
    ...PEERS.map((peer) => ({ ...peer, byOrch: peer.name.startsWith('orch') })),
    ...REFERENCES.map((each) => ({ ...each, isReference: true })),
  ];
  for (const name of [...(options.peers ?? []), ...Object.keys(options.programs)])
    if (!known.some((peer) => peer.name === name)) fail(`There is no peer "${name}".`);
  const wanted = known.filter(({ name }) => options.peers === null || options.peers.includes(name));
  const tools = wanted.flatMap((peer) => {
    const found = programOf(peer, options.programs);
    return found === null ? [] : [{ ...peer, found }];
  });
  const missing = wanted.filter(({ name }) => !tools.some((tool) => tool.name === name));
  if (missing.length > 0) say(`not found: ${missing.map(({ name }) => name).join(', ')}`);
  if (tools.length === 0) fail('None of these peers is found.');
  const gnuTime = hasGnuTime();
  mkdirSync(options.dir, { recursive: true });
  const base = mkdtempSync(join(options.dir, 'orch-bench-'));
  const clear = () => options.keep || rmSync(base, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      clear();
      process.exit(130);
    });
  const measured = [];
  try {
    for (const workload of workloads) {
      const results = await runWorkload(workload, tools, { ...options, gnuTime }, base, say);
      for (const result of results)
        result.byContent = known.find(({ name }) => name === result.peer).byContent === true;
      measured.push({
        name: workload.name,
        about: workload.about,
        tasks: workload.tasks.length,
        results,
      });
      // One workload at a time on disk: all of them together are tens of gigabytes.
      if (!options.keep) rmSync(join(base, workload.name), { recursive: true, force: true });
    }
  } finally {
    clear();
  }
  if (options.keep) say(`kept: ${base}`);
  return {
    version: 1,
    date: new Date().toISOString(),
    scale: options.scale,
    rounds: options.rounds,
    jobs: options.jobs,
    machine: { cores: availableParallelism(), cpu: cpus()[0]?.model ?? null, node: process.version },
    memory: {
      largestKb: gnuTime ? 'largest process (/usr/bin/time -f %M)' : null,
      treeKb: 'sum over the process tree (/proc, every 20 ms)',
    },
    programs: Object.fromEntries(
      tools.filter((tool) => !tool.isReference).map((tool) => [tool.name, versionOf(tool)]),
    ),
    workloads: withMedians(measured),
  };
}

function versionOf(tool) {
  const asked = spawnSync(tool.found, ['--version'], { env: cleanEnv(), encoding: 'utf8', timeout: 20_000 });
  const words = `${asked.stdout ?? ''}${asked.stderr ?? ''}`.trim().split('\n')[0];
  return asked.status === 0 && words !== '' ? words : null;
}
