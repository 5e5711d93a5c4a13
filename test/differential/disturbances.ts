/**
 * What goes wrong around the runs of the soak: kills, clocks that jump, disks that fill up, runs beside each other, a
 * cache that is cleared meanwhile. Each is chosen by a number, so that a seed tells the same story again.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Disturbance, Surroundings } from './session.ts';

const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/faketime/libfaketime.so.1',
];

function start({ orch, root, env }: Surroundings, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const [program, ...first] = orch;
  return spawn(program, [...first, ...args], { cwd: root, env: { ...env, ...more }, stdio: 'ignore' });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.on('close', () => resolve());
  });
}

/** The process and all that it has started, by its children's children. */
function family(pid: number): number[] {
  let children: number[] = [];
  try {
    children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').map(Number),
    );
  } catch {
    // Gone.
  }
  return [pid, ...children.filter((child) => child > 0).flatMap(family)];
}

function kill(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch {
      // Gone.
    }
}

const KINDS: readonly ((number: number) => Disturbance | null)[] = [
  (n) => ({
    name: `SIGKILL of orch after ${n % 400} ms`,
    async happen(around) {
      const child = start(around, around.run);
      await pause(n % 400);
      child.kill('SIGKILL');
      await ended(child);
    },
  }),
  (n) => ({
    name: `SIGKILL of orch and all its processes after ${n % 400} ms`,
    async happen(around) {
      const child = start(around, around.run);
      await pause(n % 400);
      kill(family(child.pid!), 'SIGKILL');
      await ended(child);
    },
  }),
  (n) => ({
    name: `SIGINT, and again, after ${n % 300} ms`,
    async happen(around) {
      const child = start(around, around.run);
      await pause(n % 300);
      child.kill('SIGINT');
      await pause(n % 20);
      child.kill('SIGINT');
      await ended(child);
    },
  }),
  () => ({
    name: 'two runs at once',
    async happen(around) {
      await Promise.all([start(around, around.run), start(around, around.run)].map(ended));
    },
  }),
  (n) => ({
    name: `two runs at once, one killed after ${n % 300} ms`,
    async happen(around) {
      const [first, second] = [start(around, around.run), start(around, around.run)];
      await pause(n % 300);
      first.kill('SIGKILL');
      await Promise.all([first, second].map(ended));
    },
  }),
  () => ({
    name: 'cache gc beside a run',
    async happen(around) {
      const gc = ['cache', 'gc', '--max-size', '1KB'];
      await Promise.all([start(around, around.run), start(around, gc), start(around, gc)].map(ended));
    },
  }),
  () => ({
    name: 'cache verify --repair beside a run',
    async happen(around) {
      await Promise.all(
        [start(around, around.run), start(around, ['cache', 'verify', '--repair'])].map(ended),
      );
    },
  }),
  () => ({
    name: '--clean',
    forgets: true,
    happen: (around) => ended(start(around, ['clean', '-y'])),
  }),
  (n) => {
    const library = FAKETIME.find(existsSync);
    const days = [-1, 1, -400, 30][n % 4]!;
    if (library === undefined) return null;
    return {
      name: `the clock is ${days} days off`,
      async happen(around) {
        const off = `${days > 0 ? '+' : ''}${days}d`;
        await ended(start(around, around.run, { LD_PRELOAD: library, FAKETIME: off }));
      },
    };
  },
  (n) => ({
    name: `no file may be larger than ${(n % 5) * 512} bytes`,
    async happen(around) {
      const limit = `ulimit -f ${n % 5}; exec "$@"`;
      const child = spawn('sh', ['-c', limit, 'sh', ...around.orch, ...around.run], {
        cwd: around.root,
        env: around.env,
        stdio: 'ignore',
      });
      await ended(child);
    },
  }),
  (n) => {
    if (process.getuid?.() !== 0) return null;
    return {
      name: `a disk with ${(n % 64) * 4} kB left under .cache`,
      async happen(around) {
        const cache = join(around.root, '.cache');
        if (!existsSync(cache)) return;
        // What lies there goes onto a small disk for the time of the run.
        const disk = `${around.root}.disk`;
        const copy = (from: string, to: string) => execFileSync('cp', ['-a', `${from}/.`, to]);
        execFileSync('mkdir', [disk]);
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
        try {
          copy(cache, disk);
          execFileSync('mount', ['--bind', disk, cache]);
          try {
            const free = Number(
              execFileSync('df', ['-k', '--output=avail', disk], { encoding: 'utf8' }).split('\n')[1],
            );
            writeFileSync(join(disk, 'filler'), Buffer.alloc(Math.max(0, free - (n % 64) * 4) * 1024));
            await ended(start(around, around.run));
            rmSync(join(disk, 'filler'));
          } finally {
            execFileSync('umount', ['-l', cache]);
          }
          rmSync(cache, { recursive: true });
          execFileSync('mkdir', [cache]);
          copy(disk, cache);
        } finally {
          execFileSync('umount', ['-l', disk]);
          execFileSync('rmdir', [disk]);
        }
      },
    };
  },
];

/** The disturbance of a number; null where this machine can't have it, and now and then. */
export function disturbanceOf(number: number): Disturbance | null {
  const kind = number % (KINDS.length + 1);
  return KINDS[kind]?.(Math.floor(number / (KINDS.length + 1))) ?? null;
}
