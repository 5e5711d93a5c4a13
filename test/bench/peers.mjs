// What each tool is told: the file that describes a workload in its language, its command line, and what it can't
// do. Knows nothing of measuring. `files` are written before each cold run; `argv` is the command line of all
// phases; `restores` says that it brings deleted outputs back without running anything; `answers` are the command
// lines of the workload startup, `first` being what comes before them, untimed; `mostTasks` is the size
// from which it takes minutes (--patient goes on).
import { fileURLToPath } from 'node:url';
import { inputsOf, leavesOf } from './workloads.mjs';

const ORCH = fileURLToPath(new URL('../../bin/orch', import.meta.url));
const list = (items) => items.join(' ');
const lines = (items, line) => items.map(line).join('');
const leafIds = (workload) => leavesOf(workload).map(({ id }) => id);
const outputsOf = ({ outputs, outputDir, id }) => outputs ?? [`${outputDir}/.made-${id}`];
const globsIn = ({ inputs, inputDir }) => inputs ?? [`${inputDir}/**`];
const globsOut = ({ outputs, outputDir }) => outputs ?? [`${outputDir}/**`];
const json = (value) => `${JSON.stringify(value, null, 1)}\n`;

/** A tool of the make kind knows no folders of outputs: it gets a stamp file beside the command. */
const stamped = (task, trace) =>
  task.outputDir === null ? task.command(trace) : `${task.command(trace)}; touch ${outputsOf(task)[0]}`;

const orch = (name, extra) => ({
  name,
  program: ORCH,
  byContent: true,
  restores: extra.length === 0,
  files: (workload, { trace }) => ({
    'orch.yaml': `version: 1\nname: bench\ntasks:\n${lines(
      workload.tasks,
      (task) =>
        `  ${task.id}:\n    run: ${JSON.stringify(task.command(trace))}\n    inputs: ${JSON.stringify(globsIn(task))}\n` +
        `    outputs: ${JSON.stringify(task.outputs ?? [`${task.outputDir}/`])}\n`,
    )}  all:\n    needs: ${JSON.stringify(leafIds(workload))}\n`,
  }),
  // Without --materialize only what nobody needs comes back: the others bring back all.
  argv: ({ jobs, phase }) => [
    'run',
    'all',
    '-j',
    String(jobs),
    '-q',
    ...(phase === 'restore' ? ['--materialize'] : []),
    ...extra,
  ],
  answers:
    extra.length === 0
      ? { version: ['--version'], help: ['--help'], list: ['--list'], first: ['run', 't0', '-q'] }
      : undefined,
});

export const PEERS = [
  orch('orch', []),
  // Nothing is stored: what ninja and make do.
  orch('orch-no-cache', ['--no-cache']),
  {
    name: 'ninja',
    program: 'ninja',
    files: (workload, { trace }) => ({
      'build.ninja': `rule r\n  command = $c\n${lines(
        workload.tasks,
        (task) =>
          `build ${list(outputsOf(task))}: r ${list(inputsOf(workload, task))}\n  c = ${stamped(task, trace)}\n`,
      )}`,
    }),
    argv: ({ jobs }) => ['--quiet', '-j', String(jobs)],
  },
  {
    // -r: the built-in rules cost 23 to 43 times more on such graphs.
    name: 'make',
    program: 'make',
    files: (workload, { trace }) => ({
      Makefile: `all: ${list(leavesOf(workload).flatMap(outputsOf))}\n${lines(
        workload.tasks,
        (task) => `${list(outputsOf(task))}: ${list(inputsOf(workload, task))}\n\t@${stamped(task, trace)}\n`,
      )}`,
    }),
    argv: ({ jobs }) => ['-r', '-s', `-j${jobs}`],
  },
  {
    name: 'doit',
    program: 'doit',
    byContent: true,
    files: (workload, { trace }) => ({
      'dodo.py':
        `import os\nDOIT_CONFIG={'verbosity':0}\n` +
        `def below(d):\n  return [os.path.join(at,f) for at,_,fs in os.walk(d) for f in fs]\n` +
        `T=[${lines(
          workload.tasks,
          (task) =>
            `\n(${JSON.stringify(task.id)},${task.inputs === null ? `below('${task.inputDir}')` : JSON.stringify(task.inputs)},${JSON.stringify(outputsOf(task))},${JSON.stringify(stamped(task, trace))}),`,
        )}]\n` +
        `def task_t():\n  for n,i,o,c in T:\n    yield {'name':n,'file_dep':i,'targets':o,'actions':[c]}\n`,
    }),
    argv: ({ jobs }) => ['-n', String(jobs), '--reporter', 'zero'],
  },
  {
    name: 'go-task',
    program: 'task',
    byContent: true,
    files: (workload, { trace }) => ({
      'Taskfile.yml': `version: '3'\nsilent: true\ntasks:\n${lines(
        workload.tasks,
        (task) =>
          `  ${task.id}:\n    deps: ${JSON.stringify(task.deps)}\n    cmds: [${JSON.stringify(task.command(trace))}]\n` +
          `    sources: ${JSON.stringify(task.inputs ?? [`${task.inputDir}/**/*`])}\n` +
          `    generates: ${JSON.stringify(task.outputs ?? [`${task.outputDir}/**/*`])}\n    run: once\n`,
      )}  all:\n    deps: ${JSON.stringify(leafIds(workload))}\n`,
    }),
    argv: ({ jobs }) => ['--silent', '-C', String(jobs), 'all'],
  },
  {
    name: 'vite-task',
    program: 'vp',
    byContent: true,
    restores: true,
    files: (workload, { trace }) => ({
      'package.json': json({ name: 'bench', private: true }),
      'pnpm-workspace.yaml': 'packages: []\n',
      'vite.config.ts': `export default { run: { tasks: ${JSON.stringify(
        Object.fromEntries([
          ...workload.tasks.map((task) => [
            task.id,
            {
              command: task.command(trace),
              dependsOn: task.deps,
              input: globsIn(task),
              output: globsOut(task),
              cache: true,
            },
          ]),
          ['all', { command: 'true', dependsOn: leafIds(workload), cache: false }],
        ]),
      )} } }\n`,
    }),
    argv: ({ jobs }) => ['run', '--concurrency-limit', String(jobs), 'all'],
  },
  {
    // A task is an npm script: npm starts for each.
    name: 'turbo',
    program: 'turbo',
    byContent: true,
    restores: true,
    mostTasks: 20,
    files: (workload, { trace }) => ({
      'package.json': json({
        name: 'bench',
        private: true,
        packageManager: 'npm@10.8.2',
        workspaces: [],
        scripts: Object.fromEntries(workload.tasks.map((task) => [task.id, task.command(trace)])),
      }),
      'package-lock.json': json({ name: 'bench', lockfileVersion: 3, packages: { '': { name: 'bench' } } }),
      'turbo.json': json({
        daemon: false,
        tasks: Object.fromEntries(
          workload.tasks.map((task) => [
            task.id,
            {
              inputs: globsIn(task),
              outputs: globsOut(task),
              dependsOn: task.deps,
              outputLogs: 'none',
            },
          ]),
        ),
      }),
      '.gitignore': 'out/\n.turbo/\nnode_modules/\n',
    }),
    argv: ({ jobs, workload }) => [
      'run',
      ...leafIds(workload),
      `--concurrency=${jobs}`,
      '--no-update-notifier',
    ],
    env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  },
  {
    // nx works only from a package's own node_modules: the one that was found is linked there.
    name: 'nx',
    program: 'nx',
    byContent: true,
    restores: true,
    mostTasks: 1000,
    linksPackage: 'nx',
    files: (workload, { trace }) => ({
      'package.json': json({ name: 'bench', private: true }),
      'nx.json': json({ analytics: false, neverConnectToCloud: true, plugins: [] }),
      '.gitignore': 'out/\n.nx/\nnode_modules/\n',
      'project.json': json({
        name: 'bench',
        targets: Object.fromEntries([
          ...workload.tasks.map((task) => [
            task.id,
            {
              executor: 'nx:run-commands',
              options: { command: task.command(trace) },
              cache: true,
              dependsOn: task.deps,
              inputs: [
                ...(task.inputs ?? [`${task.inputDir}/**/*`])
                  .filter((path) => !path.startsWith('out/'))
                  .map((path) => `{projectRoot}/${path}`),
                ...(task.deps.length > 0 ? [{ dependentTasksOutputFiles: '**/*' }] : []),
              ],
              outputs: (task.outputs ?? [task.outputDir]).map((path) => `{projectRoot}/${path}`),
            },
          ]),
          ['all', { executor: 'nx:noop', dependsOn: leafIds(workload), cache: false }],
        ]),
      }),
    }),
    argv: ({ jobs }) => ['run', 'bench:all', `--parallel=${jobs}`, '--outputStyle=static', '--tuiAutoExit'],
    env: { NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true', NX_VERBOSE_LOGGING: 'false' },
  },
  {
    // Only npm (and its like) can start wireit; npm is part of its time.
    name: 'wireit',
    program: 'wireit',
    starter: 'npm',
    byContent: true,
    restores: true,
    mostTasks: 1000,
    files: (workload, { trace }) => ({
      'package.json': json({
        name: 'bench',
        private: true,
        scripts: Object.fromEntries(
          [...workload.tasks.map(({ id }) => id), 'all'].map((id) => [id, 'wireit']),
        ),
        wireit: Object.fromEntries([
          ...workload.tasks.map((task) => [
            task.id,
            {
              command: task.command(trace),
              dependencies: task.deps,
              files: globsIn(task).filter((path) => !path.startsWith('out/')),
              output: globsOut(task),
              packageLocks: [],
            },
          ]),
          ['all', { dependencies: leafIds(workload) }],
        ]),
      }),
    }),
    argv: () => ['run', '-s', 'all'],
    env: ({ jobs }) => ({ WIREIT_PARALLEL: String(jobs), WIREIT_LOGGER: 'quiet', WIREIT_CACHE: 'local' }),
  },
  {
    // Goes by modification times of sources and outputs.
    name: 'mise',
    program: 'mise',
    mostTasks: 1000,
    files: (workload, { trace }) => ({
      'mise.toml': `${lines(
        workload.tasks,
        (task) =>
          `[tasks.${task.id}]\nrun = ${JSON.stringify(task.command(trace))}\ndepends = ${JSON.stringify(task.deps)}\n` +
          `sources = ${JSON.stringify(task.inputs ?? [`${task.inputDir}/**/*`])}\noutputs = ${JSON.stringify(task.outputs ?? [`${task.outputDir}/**/*`])}\n`,
      )}[tasks.all]\ndepends = ${JSON.stringify(leafIds(workload))}\n`,
    }),
    argv: ({ jobs }) => ['run', '--jobs', String(jobs), '--silent', 'all'],
    env: ({ dir }) => ({
      MISE_TRUSTED_CONFIG_PATHS: dir,
      MISE_STATE_DIR: `${dir}/.mise-state`,
      MISE_OFFLINE: '1',
      MISE_EXPERIMENTAL: '1',
    }),
  },
  {
    // Runs its recipes one after the other, every time.
    name: 'just',
    program: 'just',
    mostTasks: 1000,
    phases: ['cold'],
    files: (workload, { trace }) => ({
      justfile: `all: ${list(leafIds(workload))}\n${lines(
        workload.tasks,
        (task) => `${task.id}: ${list(task.deps)}\n  @${task.command(trace)}\n`,
      )}`,
    }),
    argv: () => ['--quiet', 'all'],
  },
  {
    name: 'snakemake',
    program: 'snakemake',
    mostTasks: 100,
    files: (workload, { trace }) => ({
      Snakefile: `import os\ndef below(d):\n  return [os.path.join(at,f) for at,_,fs in os.walk(d) for f in fs]\n${lines(
        [...workload.tasks],
        (task) =>
          `rule ${task.id}:\n  input: ${task.inputs === null ? `below('${task.inputDir}')` : task.inputs.map((path) => JSON.stringify(path)).join(', ')}\n` +
          `  output: ${outputsOf(task)
            .map((path) => JSON.stringify(path))
            .join(', ')}\n  shell: ${JSON.stringify(stamped(task, trace))}\n`,
      )}rule all:\n  input: ${leavesOf(workload)
        .flatMap(outputsOf)
        .map((path) => JSON.stringify(path))
        .join(', ')}\n`,
    }),
    argv: ({ jobs }) => ['all', '--cores', String(jobs), '--quiet', 'all'],
  },
  {
    name: 'dvc',
    program: 'dvc',
    byContent: true,
    restores: true,
    mostTasks: 50,
    files: (workload, { trace }) => ({
      '.dvc/config':
        '[core]\n    no_scm = True\n    analytics = false\n    check_update = false\n    autostage = false\n',
      'dvc.yaml': json({
        stages: Object.fromEntries(
          workload.tasks.map((task) => [
            task.id,
            {
              cmd: task.command(trace),
              deps: task.inputs ?? [task.inputDir],
              outs: task.outputs ?? [task.outputDir],
            },
          ]),
        ),
      }),
    }),
    argv: () => ['repro', '--quiet'],
  },
];

/** What goals compare with that is no build tool: a command line a phase, or none. `find` keeps 100,000 names off it. */
export const REFERENCES = [
  {
    name: 'xxhsum',
    program: 'xxhsum',
    phases: { cold: ['big-input'], touched: ['files', 'big-input'] },
    argv: ({ program, workload }) =>
      workload.isLarge
        ? [program, 'in/big.bin']
        : ['sh', '-c', `find in -type f -print0 | xargs -0 '${program}' > /dev/null`],
  },
  {
    name: 'cp',
    program: 'cp',
    phases: { restore: ['restore-1gib'] },
    argv: () => ['cp', 'in/big.bin', 'out/big.bin'],
    before: 'out',
  },
  {
    name: 'cp-r',
    program: 'cp',
    phases: { restore: ['restore-files'] },
    argv: () => ['cp', '-r', 'in', 'out/files'],
    before: 'out',
  },
  {
    name: 'node',
    program: process.execPath,
    phases: { version: ['startup'], help: ['startup'], list: ['startup'] },
    argv: () => [process.execPath, '-e', '0'],
  },
];
