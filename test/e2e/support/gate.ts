/**
 * Lets a test hold a command at a point and send it on: the command says that it has come there and then reads
 * from a FIFO. The test keeps both ends of the FIFO open from the start, so that nobody waits in `open`, and
 * when the test ends the read ends too and the command fails instead of staying behind.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Scenario } from './scenario.ts';

/** Shell text that holds a command at the gate of this name. */
export function holdAt(name: string): string {
  return `echo $$ >> "$GATES/${name}.up"; read go < "$GATES/${name}"`;
}

export interface Gate {
  /** Resolves when a command has come here for the n-th time; gives the pids of those that came. */
  reached(times?: number): Promise<number[]>;
  /** How often a command has come here so far. */
  count(): number;
  /** Sends one command on, now or when it comes. */
  release(): void;
}

export function gate(scenario: Scenario, name: string): Gate {
  const fifo = join(scenario.gates, name);
  const arrivals = `${fifo}.up`;
  execFileSync('mkfifo', [fifo]);
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  const pids = () =>
    existsSync(arrivals) ? readFileSync(arrivals, 'utf8').split('\n').slice(0, -1).map(Number) : [];
  return {
    reached: async (times = 1) => {
      await until(() => pids().length >= times, `a command at gate ${name} (${times})`);
      return pids();
    },
    count: () => pids().length,
    release: () => void writeSync(fd, 'go\n'),
  };
}

/** Resolves once the condition holds; fails where it never does. */
export async function until(condition: () => boolean, what: string, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await pause(5);
  }
}

/** Whether a process of this id is running; one that ended and only waits to be reaped isn't. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
