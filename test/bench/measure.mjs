// Runs one command line and says how long it took, or how much memory. Knows no tool and no workload.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// NODE_EXTRA_CA_CERTS more than doubles Node's start; the others change what tools print or do.
const UNSET =
  /^(NODE_EXTRA_CA_CERTS|NODE_OPTIONS|NODE_ENV|CI|GITHUB_ACTIONS|MAKEFLAGS|MAKELEVEL|FORCE_COLOR|NO_COLOR|(ORCH|VITEST|npm)_.*|INIT_CWD|VITEST)$/;
const SAMPLE_MS = 20;
const STDERR_CHARS = 400;

/** The environment that every tool gets. */
export const cleanEnv = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !UNSET.test(name)));

/** `{ ms, failure }`: wall time from before the start to the end; `failure` is null or a sentence. */
export function timeRun({ argv, cwd, env }) {
  const start = process.hrtime.bigint();
  const ran = spawnSync(argv[0], argv.slice(1), {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 26,
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  return { ms, failure: failureOf(ran.error, ran.status, ran.signal, ran.stderr ?? '') };
}

function failureOf(error, status, signal, stderr) {
  if (error) return `could not be run: ${error.message}`;
  if (status === 0) return null;
  const said = String(stderr).trim().slice(-STDERR_CHARS);
  return `ended with ${signal ?? status}${said === '' ? '' : `: ${said}`}`;
}

const GNU_TIME = '/usr/bin/time';
/** Whether `/usr/bin/time -f %M` is there: GNU's, which reads the kernel's own count. */
export const hasGnuTime = () =>
  existsSync(GNU_TIME) && spawnSync(GNU_TIME, ['-f', '%M', 'true'], { stdio: 'ignore' }).status === 0;

/**
 * Runs it without timing: `largestKb` is the peak of its largest process (/usr/bin/time, exact; null without),
 * `treeKb` the highest sum of the resident memory of it and all its descendants that a look at /proc every 20 ms
 * saw (pages that processes share count for each; null where there is no /proc).
 */
export async function memoryOfRun({ argv, cwd, env }, gnuTime) {
  const report = join(tmpdir(), `orch-bench-time-${process.pid}`);
  const whole = gnuTime ? [GNU_TIME, '-o', report, '-f', '%M', ...argv] : argv;
  const child = spawn(whole[0], whole.slice(1), { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-STDERR_CHARS);
  });
  let treeKb = null;
  const look = () => {
    const sumKb = treeOf(child.pid, gnuTime);
    if (sumKb !== null) treeKb = Math.max(treeKb ?? 0, sumKb);
  };
  const timer = setInterval(look, SAMPLE_MS);
  look();
  const failure = await new Promise((resolve) => {
    child.on('error', (error) => resolve(failureOf(error)));
    child.on('close', (status, signal) => resolve(failureOf(undefined, status, signal, stderr)));
  });
  clearInterval(timer);
  let largestKb = null;
  if (gnuTime && existsSync(report)) {
    largestKb = Number(readFileSync(report, 'utf8').trim().split('\n').at(-1)) || null;
    rmSync(report);
  }
  if (treeKb !== null && largestKb !== null) treeKb = Math.max(treeKb, largestKb);
  return { largestKb, treeKb, failure };
}

/** The resident memory of a process and its descendants in KiB, without the root itself if `skipRoot`. */
function treeOf(root, skipRoot) {
  if (root === undefined || !existsSync('/proc/self/status')) return null;
  const parents = new Map();
  const residentKb = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let status;
    try {
      status = readFileSync(`/proc/${name}/status`, 'utf8');
    } catch {
      continue;
    }
    const field = (pattern) => Number(pattern.exec(status)?.[1] ?? 0);
    parents.set(Number(name), field(/^PPid:\s+(\d+)/m));
    residentKb.set(Number(name), field(/^VmRSS:\s+(\d+)/m));
  }
  let sum = 0;
  for (const pid of parents.keys()) {
    let at = pid;
    while (at !== undefined && at > 1 && at !== root) at = parents.get(at);
    if (at === root && !(skipRoot && pid === root)) sum += residentKb.get(pid);
  }
  return sum;
}
