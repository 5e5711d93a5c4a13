// Runs one workload: phase after phase, in each phase round after round, in each round every tool once, so that a
// machine that gets slower meanwhile does so for all. Each run is checked: which commands ran (the trace), and what
// lies there afterwards. A run that did something else than its phase says gives no number but a reason.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { packageOf } from './find-programs.mjs';
import { cleanEnv, memoryOfRun, timeRun } from './measure.mjs';
import { changeSource, touchSources, writeSources, wrongOutput } from './workloads.mjs';

const MANY_TASKS = 2000;
const COLD_ROUNDS = 3;
/** The first round of a phase is for the memory and warms up: it isn't timed. */
const ROUND_OF_MEMORY = 0;

/**
 * All numbers of one workload: `[{ peer, phase, timesMs, largestKb, treeKb, note, refused }]`, `refused` being null
 * or why there is no number. Writes below `base` and leaves what it wrote.
 */
export async function runWorkload(workload, tools, options, base, say) {
  const results = new Map();
  const lanes = [];
  for (const tool of tools) {
    const reason = unfit(tool, workload, options);
    if (reason === null) lanes.push(laneOf(tool, workload, options, base));
    else results.set(`${tool.name} `, { peer: tool.name, phase: null, timesMs: [], refused: reason });
  }
  for (const lane of lanes) {
    mkdirSync(lane.dir, { recursive: true });
    writeSources(workload, lane.dir);
    if (!lane.tool.isReference) settle(lane);
    // A pipeline that was run before is what answers are given about.
    if (workload.name === 'startup' && lane.tool.answers) execute(lane, 'first');
  }
  // Without a cold run there is nothing to be up to date with: it always comes.
  const phases = workload.phases.filter(
    (phase) => phase === 'cold' || options.phases === null || options.phases.includes(phase),
  );
  for (const phase of phases) {
    const taking = lanes.filter((lane) => !lane.failed && takes(lane.tool, phase, workload));
    say(`${workload.name}: ${phase} (${taking.map(({ tool }) => tool.name).join(', ')})`);
    if (phase === 'no-op') for (const lane of taking) if (!lane.tool.isReference) execute(lane, 'no-op');
    const rounds =
      phase === 'cold'
        ? Math.min(options.rounds, workload.tasks.length > MANY_TASKS ? 1 : COLD_ROUNDS)
        : options.rounds;
    for (let round = options.memory ? ROUND_OF_MEMORY : 1; round <= rounds; round++)
      for (const lane of taking) {
        const result = results.get(`${lane.tool.name} ${phase}`) ?? {
          peer: lane.tool.name,
          phase,
          timesMs: [],
          largestKb: null,
          treeKb: null,
          note: null,
          refused: null,
        };
        results.set(`${lane.tool.name} ${phase}`, result);
        if (result.refused === null) await oneRun(lane, phase, round, result, options);
      }
  }
  return [...results.values()];
}

function unfit(tool, workload, options) {
  const kind = workload.name.replace(/-\d+$/, '');
  if (tool.isReference)
    return Object.values(tool.phases).some((kinds) => kinds.includes(kind)) ? null : 'n/a';
  if (workload.name === 'startup') return tool.answers ? null : 'n/a';
  if (tool.mostTasks !== undefined && workload.tasks.length > tool.mostTasks && !options.patient)
    return `takes minutes from ${tool.mostTasks} tasks on (--patient)`;
  return null;
}

function takes(tool, phase, workload) {
  if (tool.isReference) return (tool.phases[phase] ?? []).includes(workload.name.replace(/-\d+$/, ''));
  if (tool.answers?.[phase]) return true;
  if (phase === 'restore') return tool.restores === true;
  return tool.phases === undefined || tool.phases.includes(phase);
}

/** A tool in its own folder. */
function laneOf(tool, workload, options, base) {
  const dir = join(base, workload.name, tool.name, 'project');
  const trace = join(base, workload.name, tool.name, 'trace');
  const context = { ...options, dir, trace, workload, program: tool.found };
  const own = typeof tool.env === 'function' ? tool.env(context) : (tool.env ?? {});
  const env = { ...cleanEnv(), ...own };
  // A launcher finds the program on PATH.
  if (tool.starter) env.PATH = `${dirname(tool.found)}${delimiter}${env.PATH}`;
  const argv = tool.isReference
    ? () => tool.argv(context)
    : (phase) => [tool.starter ?? tool.found, ...(tool.answers?.[phase] ?? tool.argv({ ...context, phase }))];
  return { tool, workload, dir, trace, context, env, argv, failed: false, changes: 0 };
}

/** Only the sources and the tool's own files are left: what it remembered and made goes. */
function settle(lane) {
  for (const name of readdirSync(lane.dir))
    if (name !== 'in') rmSync(join(lane.dir, name), { recursive: true, force: true });
  mkdirSync(join(lane.dir, 'out'));
  for (const [path, text] of Object.entries(lane.tool.files(lane.workload, lane.context))) {
    mkdirSync(dirname(join(lane.dir, path)), { recursive: true });
    writeFileSync(join(lane.dir, path), text);
  }
  const linked = lane.tool.linksPackage && packageOf(lane.tool.found, lane.tool.linksPackage);
  if (linked) symlinkSync(dirname(linked), join(lane.dir, 'node_modules'));
}

/** What comes before a run of that phase, untimed. */
function prepare(lane, phase) {
  if (lane.tool.before) {
    rmSync(join(lane.dir, lane.tool.before), { recursive: true, force: true });
    mkdirSync(join(lane.dir, lane.tool.before));
  }
  if (lane.tool.isReference) return;
  if (phase === 'cold') settle(lane);
  if (phase === 'touched') touchSources(lane.workload, lane.dir);
  if (phase === 'one-change') changeSource(lane.workload, lane.dir, ++lane.changes);
  if (phase === 'restore') {
    rmSync(join(lane.dir, 'out'), { recursive: true, force: true });
    mkdirSync(join(lane.dir, 'out'));
  }
  if (lane.workload.isLarge) warm(lane.dir);
}

/** What other tools' turns pushed out of memory comes back, and what they left to be written is: all start alike. */
function warm(dir) {
  spawnSync('sync');
  const buffer = Buffer.allocUnsafe(2 ** 20);
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const handle = openSync(join(entry.parentPath ?? entry.path, entry.name), 'r');
    while (readSync(handle, buffer) > 0);
    closeSync(handle);
  }
}

function execute(lane, phase) {
  writeFileSync(lane.trace, '');
  return timeRun({ argv: lane.argv(phase), cwd: lane.dir, env: lane.env });
}

async function oneRun(lane, phase, round, result, options) {
  prepare(lane, phase);
  const stamps = phase === 'no-op' || phase === 'touched' ? stampsOf(lane) : null;
  const isMemory = round === ROUND_OF_MEMORY;
  if (isMemory) writeFileSync(lane.trace, '');
  const ran = isMemory
    ? await memoryOfRun({ argv: lane.argv(phase), cwd: lane.dir, env: lane.env }, options.gnuTime)
    : execute(lane, phase);
  const verdict = ran.failure === null ? judge(lane, phase, stamps) : { refused: ran.failure };
  if (verdict.refused) {
    Object.assign(result, { refused: verdict.refused, timesMs: [] });
    // What never came to be right can't be measured any further.
    if (phase === 'cold' || ran.failure !== null) lane.failed = true;
  } else if (isMemory) Object.assign(result, { largestKb: ran.largestKb, treeKb: ran.treeKb });
  else result.timesMs.push(ran.ms);
  if (verdict.note) result.note = verdict.note;
  // The next round begins with everything up to date again, whatever this one made of it.
  if (!lane.tool.isReference && !lane.failed && (phase === 'one-change' || phase === 'touched'))
    execute(lane, 'no-op');
}

/** Which commands must have run in a phase, by their number; the outputs must be right in any case. */
function judge(lane, phase, stamps) {
  const { workload, tool } = lane;
  if (workload.name === 'startup' && phase !== 'cold') return {};
  if (tool.isReference) {
    const wrong = phase === 'restore' ? wrongOutput(workload, lane.dir) : null;
    return wrong === null ? {} : { refused: wrong };
  }
  // Not by lines: a shell of a tool's own (go-task) writes a name and its line break one after the other.
  const ran = readFileSync(lane.trace, 'utf8').match(/t\d+/g) ?? [];
  const wanted = phase === 'cold' ? workload.tasks.length : phase === 'one-change' ? workload.affected : 0;
  if (ran.length !== wanted || new Set(ran).size !== wanted)
    return { refused: phase === 'touched' ? 'reruns' : `ran ${ran.length} commands instead of ${wanted}` };
  const wrong = wrongOutput(workload, lane.dir);
  if (wrong !== null) return { refused: wrong };
  if (stamps === null || !isRewritten(stamps, stampsOf(lane))) return {};
  // Some peers restore from their cache where nothing changed. orch mustn't.
  const note = 'writes the outputs again';
  return tool.byOrch ? { refused: note } : { note };
}

const stampsOf = ({ workload, dir }) =>
  workload.tasks.flatMap(({ made }) =>
    Object.keys(made).map((path) => {
      const file = join(dir, path);
      if (!existsSync(file)) return 'absent';
      const { ino, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true });
      return `${ino} ${mtimeNs} ${ctimeNs}`;
    }),
  );

const isRewritten = (before, after) => before.some((stamp, n) => stamp !== after[n]);
