#!/usr/bin/env node
// Times orch beside whichever of ninja, make, doit and Vite Task is installed, on the same graph, in turns within
// one run, so that a machine that gets slower meanwhile does so for all. Prints medians and their ratio to ninja.
//
//   npm run bench                     layers of 1,000 tasks
//   npm run bench -- --tasks 10000 --rounds 5
//
// NODE_EXTRA_CA_CERTS more than doubles Node's start and is unset for all. `make` is called with -r: without it
// the built-in rules cost 23 to 43 times more on graphs like these.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? fallback : process.argv[at + 1];
};
const TASKS = Number(option('tasks', 1000));
const ROUNDS = Number(option('rounds', 7));
const ORCH = fileURLToPath(new URL('../../bin/orch', import.meta.url));
const env = { ...process.env };
for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'CI', 'MAKEFLAGS']) delete env[name];

// ---- the graph: layers of tasks, each copying what two tasks of the layer before made ------------------------

const WIDTH = Math.ceil(Math.sqrt(TASKS * 10));
const SOURCES = 100;
const tasks = Array.from({ length: TASKS }, (_, n) => {
  const layer = Math.floor(n / WIDTH);
  const column = n % WIDTH;
  const inputs =
    layer === 0
      ? [`src/${column % SOURCES}.txt`]
      : [`out/${n - WIDTH}.txt`, `out/${(layer - 1) * WIDTH + ((column + 1) % WIDTH)}.txt`];
  return { n, inputs: [...new Set(inputs)], output: `out/${n}.txt` };
});
const command = ({ inputs, output }) => `cat ${inputs.join(' ')} | head -c 64 > ${output}`;
const used = new Set(tasks.flatMap(({ inputs }) => inputs));
const leaves = tasks.filter(({ output }) => !used.has(output)).map(({ output }) => output);

const tools = [
  {
    name: 'ninja',
    probe: ['ninja', '--version'],
    file: 'build.ninja',
    text: () =>
      `rule r\n  command = $c\n${tasks.map((task) => `build ${task.output}: r ${task.inputs.join(' ')}\n  c = ${command(task)}\n`).join('')}`,
    run: ['ninja', '--quiet'],
  },
  {
    name: 'make -r',
    probe: ['make', '--version'],
    file: 'Makefile',
    text: () =>
      `all: ${leaves.join(' ')}\n${tasks.map((task) => `${task.output}: ${task.inputs.join(' ')}\n\t@${command(task)}\n`).join('')}`,
    run: ['make', '-r', '-s', '-j2'],
  },
  {
    name: 'doit',
    probe: ['doit', '--version'],
    file: 'dodo.py',
    text: () =>
      `DOIT_CONFIG={'verbosity':0}\nT=${JSON.stringify(tasks.map((task) => [task.inputs, task.output, command(task)]))}\ndef task_t():\n  for i,o,c in T:\n    yield {'name':o,'file_dep':i,'targets':[o],'actions':[c]}\n`,
    run: ['doit', '-n', '2', '--reporter', 'zero'],
  },
  {
    name: 'vite task',
    probe: ['vp', '--version'],
    file: 'vite.config.ts',
    text: () =>
      `export default { run: { tasks: ${JSON.stringify(
        Object.fromEntries([
          ...tasks.map((task) => [
            `t${task.n}`,
            {
              command: command(task),
              dependsOn: task.inputs
                .filter((each) => each.startsWith('out/'))
                .map((each) => `t${each.slice(4, -4)}`),
              input: task.inputs,
              output: [task.output],
              cache: true,
            },
          ]),
          [
            'all',
            { command: 'true', dependsOn: leaves.map((each) => `t${each.slice(4, -4)}`), cache: false },
          ],
        ]),
      )} } }\n`,
    extra: { 'package.json': '{"name":"bench","private":true}' },
    run: ['vp', 'run', 'all'],
  },
  {
    name: 'orch',
    probe: [ORCH, '--version'],
    file: 'orch.yaml',
    text: () =>
      `version: 1\nname: bench\ntasks:\n${tasks
        .map(
          (task) =>
            `  t${task.n}:\n    run: ${command(task)}\n    inputs: [${task.inputs.join(', ')}]\n    outputs: [${task.output}]\n`,
        )
        .join('')}  all:\n    needs: [${leaves.map((each) => `t${each.slice(4, -4)}`).join(', ')}]\n`,
    run: [ORCH, 'run', 'all', '-j', '2', '-q'],
  },
];

const found = tools.filter(
  ({ probe }) => spawnSync(probe[0], probe.slice(1), { env, stdio: 'ignore' }).status === 0,
);
const only = option('only', null);
const chosen = only === null ? found : found.filter(({ name }) => only.split(',').includes(name));
const base = mkdtempSync(join(tmpdir(), 'orch-bench-'));

function prepare(tool) {
  const dir = join(base, tool.name.replaceAll(' ', '-'));
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'src'), { recursive: true });
  mkdirSync(join(dir, 'out'));
  for (let n = 0; n < SOURCES; n++) writeFileSync(join(dir, `src/${n}.txt`), `source ${n}\n`);
  writeFileSync(join(dir, tool.file), tool.text());
  for (const [name, text] of Object.entries(tool.extra ?? {})) writeFileSync(join(dir, name), text);
  return dir;
}

function time(tool, dir) {
  const start = process.hrtime.bigint();
  const ran = spawnSync(tool.run[0], tool.run.slice(1), {
    cwd: dir,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (ran.status !== 0) throw new Error(`${tool.name} ended with ${ran.status}: ${ran.stderr}`);
  return ms;
}

const times = new Map();
const note = (work, tool, ms) => {
  const key = `${work}\t${tool.name}`;
  times.set(key, [...(times.get(key) ?? []), ms]);
};
const touch = (dir) => {
  const now = new Date();
  for (const name of readdirSync(join(dir, 'src'))) utimesSync(join(dir, 'src', name), now, now);
};

const COLD_ROUNDS = Math.min(ROUNDS, TASKS > 2000 ? 1 : 3);
for (let round = 0; round < COLD_ROUNDS; round++)
  for (const tool of chosen) {
    const dir = prepare(tool);
    note('cold', tool, time(tool, dir));
    tool.dir = dir;
  }
for (const tool of chosen) for (let n = 0; n < 2; n++) time(tool, tool.dir);
for (let round = 0; round < ROUNDS; round++) {
  for (const tool of chosen) note('no-op', tool, time(tool, tool.dir));
}
for (let round = 0; round < Math.min(ROUNDS, 3); round++)
  for (const tool of chosen) {
    writeFileSync(join(tool.dir, 'src/1.txt'), `changed ${round} ${Math.random()}\n`);
    note('one change', tool, time(tool, tool.dir));
    time(tool, tool.dir);
  }
for (let round = 0; round < Math.min(ROUNDS, 3); round++)
  for (const tool of chosen) {
    if (tool.name === 'ninja' || tool.name === 'make -r') continue;
    touch(tool.dir);
    note('touched', tool, time(tool, tool.dir));
  }
for (const tool of chosen.filter(({ name }) => name === 'orch' || name === 'vite task')) {
  rmSync(join(tool.dir, 'out'), { recursive: true });
  mkdirSync(join(tool.dir, 'out'));
  note('restore', tool, time(tool, tool.dir));
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
console.log(`${TASKS} tasks in layers of ${WIDTH}; medians in ms, x ninja in brackets`);
for (const work of ['cold', 'no-op', 'touched', 'one change', 'restore']) {
  const ninja = times.get(`${work}\tninja`);
  const row = chosen.flatMap(({ name }) => {
    const list = times.get(`${work}\t${name}`);
    if (list === undefined) return [];
    const ratio = ninja === undefined ? '' : ` (${(median(list) / median(ninja)).toFixed(2)})`;
    return [`${name} ${median(list).toFixed(0)}${ratio}`];
  });
  console.log(`${work.padEnd(11)} ${row.join('   ')}`);
}
if (option('keep', null) !== null) cpSync(base, option('keep'), { recursive: true });
rmSync(base, { recursive: true, force: true });
