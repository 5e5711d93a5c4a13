// The workloads: which files there are at first, which tasks make what of them by which command, and what must come
// out. Knows no tool. Every command also appends its task's name to a trace outside the project, which is how a run
// is known to have done nothing, or just what it should have.
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export const ALL = [
  'startup',
  'layers-1000',
  'wide-1000',
  'layers-10000',
  'files-20000',
  'files-100000',
  'big-input',
  'restore-1gib',
  'restore-files',
];
const LAYERS = 5;
const GIB = 2 ** 30;
const BLOCK_BYTES = 2 ** 20;

/**
 * The workload of that name, its counts and sizes times `scale`, or null where there is none.
 * `affected` is how many tasks a change of the file `changes` reaches; `isLarge` says that its files may not all fit
 * into memory. A task is `{ id, inputs, inputDir, outputs, outputDir, deps, command(trace) }`; either of each pair is null.
 */
export function workloadOf(name, scale) {
  const [, kind, count] = /^(layers|wide|files)-(\d+)$/.exec(name) ?? [];
  const scaled = (number, least) => Math.max(least, Math.round(number * scale));
  if (kind === 'layers') return layers(name, scaled(Number(count), LAYERS * 5));
  if (kind === 'wide') return wide(name, scaled(Number(count), 2));
  if (kind === 'files') return manyInputs(name, scaled(Number(count), 2));
  if (name === 'big-input') return bigInput(name, scaled(GIB, 4096));
  if (name === 'restore-1gib') return bigOutput(name, scaled(GIB, 4096));
  if (name === 'restore-files') return manyOutputs(name, scaled(10_000, 2));
  if (name === 'startup') return startup(name, scaled(10_000, LAYERS * 5));
  return null;
}

const GRAPH_PHASES = ['cold', 'no-op', 'touched', 'one-change', 'restore'];

/** Five layers; each task joins two neighbours of the layer before, so that one source reaches 1+2+3+4+5 = 15. */
function layers(name, tasksWanted) {
  const width = Math.floor(tasksWanted / LAYERS);
  const tasks = [];
  for (let layer = 0; layer < LAYERS; layer++)
    for (let column = 0; column < width; column++) {
      const above = [column, (column + 1) % width].map((each) => (layer - 1) * width + each);
      const inputs = layer === 0 ? [`in/${column}.txt`] : above.map((n) => `out/${n}.txt`);
      tasks.push(join2(tasks.length, inputs, layer === 0 ? [] : above.map((n) => `t${n}`)));
    }
  return {
    name,
    about: `${tasks.length} tasks in ${LAYERS} layers of ${width}`,
    phases: GRAPH_PHASES,
    tasks,
    sources: Array.from({ length: width }, (_, n) => ({ path: `in/${n}.txt`, text: `source ${n}\n` })),
    changes: 'in/0.txt',
    affected: (LAYERS * (LAYERS + 1)) / 2,
  };
}

function wide(name, count) {
  return {
    name,
    about: `${count} tasks that need nothing of each other`,
    phases: GRAPH_PHASES,
    tasks: Array.from({ length: count }, (_, n) => join2(n, [`in/${n}.txt`], [])),
    sources: Array.from({ length: count }, (_, n) => ({ path: `in/${n}.txt`, text: `source ${n}\n` })),
    changes: 'in/0.txt',
    affected: 1,
  };
}

function join2(n, inputs, deps) {
  const output = `out/${n}.txt`;
  return task({ id: `t${n}`, inputs, deps, outputs: [output] }, `cat ${inputs.join(' ')} > ${output}`, {
    [output]: inputs,
  });
}

/** `made`: each output with the paths whose contents it is, one after the other. */
function task(parts, shell, made) {
  return {
    inputs: null,
    inputDir: null,
    outputs: null,
    outputDir: null,
    deps: [],
    ...parts,
    made,
    command: (trace) => `echo ${parts.id} >> ${trace}; ${shell}`,
  };
}

/** 100 files to a folder, 4 KiB each: all are inputs, and one of them is the output. */
function manyInputs(name, count) {
  const sources = smallFiles(count);
  return {
    name,
    about: `one task with ${count} inputs of 4 KiB`,
    phases: ['cold', 'no-op', 'touched', 'one-change'],
    tasks: [
      task({ id: 't0', inputDir: 'in', outputs: ['out/0.txt'] }, `cat ${sources[0].path} > out/0.txt`, {
        'out/0.txt': [sources[0].path],
      }),
    ],
    sources,
    changes: sources[0].path,
    affected: 1,
  };
}

const smallFiles = (count) =>
  Array.from({ length: count }, (_, n) => ({
    path: `in/d${Math.floor(n / 100)}/${n}.txt`,
    text: `source ${n}\n`.padEnd(4096, `${n} `),
  }));

function bigInput(name, sizeBytes) {
  return {
    name,
    about: `one task with one input of ${sizeBytes} bytes`,
    phases: ['cold', 'no-op', 'touched', 'one-change'],
    tasks: [
      task(
        { id: 't0', inputs: ['in/big.bin'], outputs: ['out/0.bin'] },
        'head -c 64 in/big.bin > out/0.bin',
        {
          'out/0.bin': ['in/big.bin'],
        },
      ),
    ],
    sources: [{ path: 'in/big.bin', sizeBytes }],
    isLarge: true,
    changes: 'in/big.bin',
    affected: 1,
    outputBytes: 64,
  };
}

function bigOutput(name, sizeBytes) {
  return {
    name,
    about: `one task with one output of ${sizeBytes} bytes`,
    phases: ['cold', 'no-op', 'restore'],
    tasks: [
      task({ id: 't0', inputs: ['in/big.bin'], outputs: ['out/big.bin'] }, 'cp in/big.bin out/big.bin', {
        'out/big.bin': ['in/big.bin'],
      }),
    ],
    sources: [{ path: 'in/big.bin', sizeBytes }],
    isLarge: true,
    changes: 'in/big.bin',
    affected: 1,
  };
}

function manyOutputs(name, count) {
  const sources = smallFiles(count);
  return {
    name,
    about: `one task with ${count} outputs of 4 KiB in one folder`,
    phases: ['cold', 'no-op', 'restore'],
    tasks: [
      task(
        { id: 't0', inputDir: 'in', outputDir: 'out/files' },
        'rm -rf out/files; cp -r in out/files',
        Object.fromEntries(sources.map(({ path }) => [`out/files/${path.slice(3)}`, [path]])),
      ),
    ],
    sources,
    changes: sources[0].path,
    affected: 1,
  };
}

/** What orch answers without running anything, where many tasks are declared. */
function startup(name, count) {
  return {
    ...layers(name, count),
    about: `a pipeline of ${count} tasks`,
    phases: ['version', 'help', 'list'],
  };
}

/** Tasks that no other task needs. */
export function leavesOf(workload) {
  const needed = new Set(workload.tasks.flatMap(({ deps }) => deps));
  return workload.tasks.filter(({ id }) => !needed.has(id));
}

/** The paths of a task's inputs, those of a folder listed. */
export const inputsOf = (workload, { inputs }) => inputs ?? workload.sources.map(({ path }) => path);

/** Writes the sources into `dir`. */
export function writeSources(workload, dir) {
  const made = new Set();
  for (const { path, text, sizeBytes } of workload.sources) {
    const file = join(dir, path);
    if (!made.has(dirname(file))) {
      mkdirSync(dirname(file), { recursive: true });
      made.add(dirname(file));
    }
    if (sizeBytes === undefined) writeFileSync(file, text);
    else writeNoise(file, sizeBytes);
  }
}

/** Bytes that don't compress, no block of them like another. The same ones each time. */
function writeNoise(file, sizeBytes) {
  const block = Buffer.alloc(BLOCK_BYTES);
  let state = 0x9e3779b9;
  for (let at = 0; at < block.length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block.writeInt32LE(state | 0, at);
  }
  const handle = openSync(file, 'w');
  for (let at = 0; at < sizeBytes; at += block.length) {
    block.writeUInt32LE(at / block.length, 0);
    writeSync(handle, block, 0, Math.min(block.length, sizeBytes - at));
  }
  closeSync(handle);
}

/** Gives every source another modification time and the same bytes. */
export function touchSources(workload, dir) {
  const now = new Date();
  for (const { path } of workload.sources) utimesSync(join(dir, path), now, now);
}

/** Overwrites the beginning of one source: all that it reaches has to be made again. */
export function changeSource(workload, dir, round) {
  const handle = openSync(join(dir, workload.changes), 'r+');
  writeSync(handle, `change ${String(round).padStart(3, '0')}`.slice(-9).padEnd(9, '.'), 0);
  closeSync(handle);
}

/** null where every output is what its sources as they lie say, else a sentence about the first that isn't. */
export function wrongOutput(workload, dir) {
  const known = new Map();
  for (const { made } of workload.tasks)
    for (const [output, parts] of Object.entries(made)) {
      if (workload.isLarge) {
        if (!isSame(join(dir, output), join(dir, parts[0]), workload.outputBytes))
          return `${output} is wrong`;
        continue;
      }
      const expected = Buffer.concat(parts.map((path) => known.get(path) ?? readFileSync(join(dir, path))));
      known.set(output, expected);
      const got = readIfThere(join(dir, output));
      if (got === null) return `${output} was not made`;
      if (!got.equals(expected)) return `${output} is wrong`;
    }
  return null;
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  }
}

/** Whether two files have the same bytes, the first of them being no longer than `limitBytes`. */
function isSame(file, original, limitBytes = Number.POSITIVE_INFINITY) {
  let a;
  try {
    a = openSync(file, 'r');
  } catch {
    return false;
  }
  const b = openSync(original, 'r');
  const buffers = [Buffer.alloc(BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES)];
  try {
    for (let at = 0; ; ) {
      const want = Math.min(BLOCK_BYTES, limitBytes - at);
      const sizes = [
        readSync(a, buffers[0], 0, BLOCK_BYTES, at),
        want > 0 ? readSync(b, buffers[1], 0, want, at) : 0,
      ];
      if (sizes[0] !== sizes[1]) return false;
      if (sizes[0] === 0) return true;
      if (buffers[0].compare(buffers[1], 0, sizes[1], 0, sizes[0]) !== 0) return false;
      at += sizes[0];
    }
  } finally {
    closeSync(a);
    closeSync(b);
  }
}
