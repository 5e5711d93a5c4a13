// The flags of the benchmark, read and checked. Knows nothing of workloads and peers but the words that name them.
import { availableParallelism, tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

const PHASES = ['cold', 'no-op', 'touched', 'one-change', 'restore', 'version', 'help', 'list'];

export const HELP = `Times orch beside other build tools on generated workloads, in turns within one run.

npm run bench --                        all workloads, whatever peers are found
  --workload NAME[,NAME]   layers-N, wide-N, files-N, big-input, restore-1gib, restore-files, startup
  --tasks N                short for --workload layers-N
  --peers NAME[,NAME]      only these (orch among them, if it is to be timed)
  --phases NAME[,NAME]     of cold, no-op, touched, one-change, restore, version, help, list; cold always runs
  --program NAME=PATH      where a peer's program is (also: ORCH_BENCH_NINJA=PATH); else PATH
  --rounds N               timed rounds (7); cold ones at most 3, or 1 above 2,000 tasks
  --scale F                sizes and counts times F, for trying it out: 0.01
  --jobs N                 tasks at a time (cores)
  --patient                also where a peer is known to take minutes
  --no-memory              no untimed round for the memory
  --dir DIR                where the workloads are written (the temporary folder)
  --keep                   leave them there
  --json FILE              write all numbers
  --check                  compare with goals.json; exit 1 where one falls short
  --from FILE              take the numbers from an earlier --json instead of measuring`;

/** The options, or `{ problem }` with a sentence that says what was wrong. */
export function readOptions(argv) {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        workload: { type: 'string' },
        tasks: { type: 'string' },
        peers: { type: 'string' },
        phases: { type: 'string' },
        program: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string', default: '7' },
        scale: { type: 'string', default: '1' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        patient: { type: 'boolean', default: false },
        'no-memory': { type: 'boolean', default: false },
        dir: { type: 'string', default: tmpdir() },
        keep: { type: 'boolean', default: false },
        json: { type: 'string' },
        check: { type: 'boolean', default: false },
        from: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return { problem: error.message };
  }
  const numbers = {};
  for (const name of ['rounds', 'scale', 'jobs', 'tasks']) {
    if (values[name] === undefined) continue;
    const number = Number(values[name]);
    const isWhole = name === 'scale' || Number.isInteger(number);
    if (!(number > 0) || !isWhole)
      return { problem: `--${name} takes a number above zero, not "${values[name]}"` };
    numbers[name] = number;
  }
  const programs = {};
  for (const each of values.program) {
    const at = each.indexOf('=');
    if (at < 1) return { problem: `--program takes NAME=PATH, not "${each}"` };
    programs[each.slice(0, at)] = each.slice(at + 1);
  }
  const phases = words(values.phases);
  const unknown = phases?.find((phase) => !PHASES.includes(phase));
  if (unknown !== undefined) return { problem: `There is no phase "${unknown}".` };
  const workloads = words(values.workload) ?? [];
  if (numbers.tasks !== undefined) workloads.push(`layers-${numbers.tasks}`);
  return {
    ...values,
    ...numbers,
    programs,
    workloads: workloads.length > 0 ? workloads : null,
    peers: words(values.peers),
    phases,
    memory: !values['no-memory'],
  };
}

const words = (text) =>
  text === undefined
    ? null
    : text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
