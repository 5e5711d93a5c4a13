/**
 * Names a process so that the name never fits another one: a pid alone is handed out again after a while.
 *
 *   <pid>:<start time>:<boot id>:<pid namespace>
 *
 * Start times count from boot, hence the boot id; pids count per namespace (each container has its own),
 * hence the namespace. It reads the process table only and knows nothing of what the processes do.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { bootId } from './boot.ts';
import { askSystem } from './system-tool.ts';

/** `unknown`: a process of another boot, machine, container or (where /proc hides them) user: not to be seen from here. */
export type Life = 'alive' | 'dead' | 'unknown';

export interface ProcessStat {
  /** Its name: at most 15 bytes of it. */
  readonly command: string;
  /** One letter: Z is a zombie (ended, its parent hasn't asked yet), X dead. */
  readonly state: string;
  readonly group: number;
  readonly session: number;
  /** Clock ticks from boot to its start. */
  readonly startTicks: string;
  /** SIGINT does nothing to it. Shells start `command &` so where they have no job control. */
  readonly ignoresInterrupt: boolean;
}

/**
 * One process's line in Linux's process table; null where it doesn't exist (or there is no /proc).
 * Format of /proc/<pid>/stat (proc_pid_stat(5)): `pid (command) state ppid pgrp session …`, the start time in
 * field 22, in field 33 a bit for each ignored signal (n-1 for signal n). The command may hold spaces and
 * parentheses, so fields are counted from the last `)`.
 */
export function readProcessStat(pid: number): ProcessStat | null {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  const [state, , group, session, ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const startTicks = rest[15];
  if (state === undefined || startTicks === undefined) return null;
  const ignoresInterrupt = (Number(rest[26] ?? 0) & 0b10) !== 0;
  const command = line.slice(line.indexOf('(') + 1, line.lastIndexOf(')'));
  return { command, state, group: Number(group), session: Number(session), startTicks, ignoresInterrupt };
}

/** Whether a state letter means that the process has ended: a zombie can hold nothing and do nothing. */
export function hasEnded(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/** The process's identity, or null where no such process lives. On macOS it starts `ps`, about 5 ms. */
export function identify(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const start = placeOf(pid);
  return start === null ? null : `${pid}:${start}:${bootId()}:${pidNamespace()}`;
}

/** The pid in an identity, NaN where it isn't one. */
export function pidOf(identity: string): number {
  return Number.parseInt(identity, 10);
}

/** What can be said from here about a process that was identified earlier, perhaps elsewhere. */
export function lifeOf(identity: string): Life {
  const [pidText, start, boot, namespace] = identity.split(':');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0 || start === undefined) return 'unknown';
  if (boot !== bootId() || namespace !== pidNamespace()) return 'unknown';
  const present = placeOf(pid);
  if (present !== null) return present === start ? 'alive' : 'dead';
  // With hidepid, /proc doesn't show other users' processes, but a signal still tells that they exist.
  return readProcessStat(pid) === null && belongsToAnother(pid) ? 'unknown' : 'dead';
}

/** True only where it is certain: then this pid may be signalled. */
export function isAlive(identity: string): boolean {
  return lifeOf(identity) === 'alive';
}

function placeOf(pid: number): string | null {
  if (process.platform === 'linux') {
    const stat = readProcessStat(pid);
    return stat === null || hasEnded(stat) ? null : stat.startTicks;
  }
  // One second is as fine as ps says it; a pid isn't handed out twice within that.
  const line = askSystem('ps', ['-o', 'state=,lstart=', '-p', String(pid)]);
  const [state, ...start] = (line ?? '').trim().split(/\s+/);
  if (state === undefined || state === '' || state.startsWith('Z')) return null;
  const startMs = Date.parse(`${start.join(' ')} UTC`);
  return Number.isNaN(startMs) ? null : String(startMs / 1000);
}

function belongsToAnother(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let knownNamespace: string | undefined;
function pidNamespace(): string {
  knownNamespace ??= readPidNamespace();
  return knownNamespace;
}

function readPidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return 'none';
  }
}
