/**
 * Finds and ends all processes that an attempt started. The attempt's command leads a session and a process
 * group of its own, so that one kill(-group) reaches its descendants at once, even while they fork. Those that
 * left the group (setsid, job control) are found on Linux by their session or by the attempt's marker in the
 * environment they inherited; a program that overwrites its environment block hides from that.
 * It doesn't know why the processes are to end, nor what they write.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { hasEnded, isAlive, pidOf, readProcessStat } from '../base/process-identity.ts';

/** The variable that carries the marker. */
export const MARKER_VARIABLE = 'ORCH_ATTEMPT';
/** Between the markers of an attempt and of those around it, where one orch runs in a task of another. */
const MARKER_SEPARATOR = ';';
/** How long a process may take to go after SIGKILL: uninterruptible ones, and those of another user, don't. */
const UNKILLABLE_AFTER_MS = 5_000;

export interface ProcessTree {
  readonly leader: number;
  /** Whether the leader leads a process group; false for a command that shares orch's terminal, and so its group. */
  readonly ownsGroup: boolean;
  /** null: only the group counts, those that left it may live on. */
  readonly marker: string | null;
}

export interface Ended {
  /** Pids that had left the process group and were ended outside it. */
  readonly escaped: readonly number[];
  /** Pids that outlived SIGKILL by seconds (another user's, or waiting for a dead disk). Usually empty. */
  readonly unkillable: readonly number[];
}

export interface Ending {
  /** Resolves when none of the tree's processes is alive, or the unkillable ones have been given up. */
  readonly done: Promise<Ended>;
  /** SIGKILL now, whatever is left of the grace period. */
  kill(): void;
  /** Look at once instead of at the next poll; for when a process is known to have ended. */
  look(): void;
}

/** The marker variable's value: the chain of those around us, so that an outer orch finds our children as well. */
export function markerValue(marker: string): string {
  const outer = process.env[MARKER_VARIABLE];
  return outer === undefined || outer === '' ? marker : `${outer}${MARKER_SEPARATOR}${marker}`;
}

/**
 * Sends `signal` (null: none) to every process of the tree, before it returns, and SIGKILL after `graceMs`.
 * Sent again to processes that appear meanwhile outside the group; never sent to this process.
 */
export function endTree(tree: ProcessTree, signal: NodeJS.Signals | null, graceMs: number): Ending {
  let isKilling = graceMs <= 0;
  let wake = () => {};

  async function end(): Promise<Ended> {
    const startedMs = performance.now();
    const escaped = new Set<number>();
    let killedMs: number | null = null;
    let emptyLooks = 0;
    const sent = new Set<string>();
    for (let pollMs = 5; ; pollMs = Math.min(pollMs * 2, 100)) {
      const live = liveProcesses(tree);
      for (const pid of live.outside) escaped.add(pid);
      const count = live.group.length + live.outside.length;
      // Reading the process table isn't atomic: a child forked meanwhile by a process that has ended since can
      // be missed once. With kill(-group, 0) there is no such gap, so that one look is enough.
      emptyLooks = count > 0 ? 0 : emptyLooks + 1;
      if (count === 0 && (tree.marker === null || emptyLooks > 1))
        return { escaped: [...escaped], unkillable: [] };
      if (count === 0) continue;

      const nowMs = performance.now();
      isKilling ||= nowMs - startedMs >= graceMs;
      if (isKilling) {
        killedMs ??= nowMs;
        if (nowMs - killedMs > UNKILLABLE_AFTER_MS) {
          return { escaped: [...escaped], unkillable: [...live.group, ...live.outside] };
        }
        send(tree, live, 'SIGKILL', null);
      } else if (signal !== null) {
        send(tree, live, signal, sent);
      }
      const graceLeftMs = isKilling ? pollMs : graceMs - (nowMs - startedMs);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, Math.min(pollMs, graceLeftMs)));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    done: end(),
    kill() {
      isKilling = true;
      // Here and now: the caller may be about to exit.
      send(tree, liveProcesses(tree), 'SIGKILL', null);
      wake();
    },
    look: () => wake(),
  };
}

/**
 * Ends what an attempt of an orch that was killed may have left running. `leader` is the identity of its command
 * as recorded at its start. Resolves at once where nothing is left. Costs one pass over the process table.
 */
export function endLeftovers(leader: string, marker: string, graceMs: number): Promise<Ended> {
  // Where the leader is gone, its pid and group may be somebody else's by now: only the marker is proof then.
  const pid = isAlive(leader) ? pidOf(leader) : 0;
  // An interactive command leads no group. Without a /proc that can't be seen; a signal to no group does nothing.
  const ownsGroup = pid > 0 && (readProcessStat(pid)?.group ?? pid) === pid;
  return endTree({ leader: pid, ownsGroup, marker }, 'SIGTERM', graceMs).done;
}

/**
 * Live processes by the marker they carry, of those that begin with `prefix`: what commands that succeeded have left
 * running. Of several markers in a chain, the innermost that fits. One pass over the process table (3 ms for 200);
 * empty where there is no /proc.
 */
export function markedProcesses(prefix: string): Map<string, { pid: number; command: string }[]> {
  const found = new Map<string, { pid: number; command: string }[]>();
  if (process.platform !== 'linux') return found;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const marker = markersOf(pid, prefix).findLast((each) => each.startsWith(prefix));
    const stat = marker === undefined ? null : readProcessStat(pid);
    if (marker === undefined || stat === null || hasEnded(stat)) continue;
    found.set(marker, [...(found.get(marker) ?? []), { pid, command: stat.command }]);
  }
  return found;
}

interface Live {
  readonly group: readonly number[];
  readonly outside: readonly number[];
  /** Those of both that SIGINT doesn't reach. */
  readonly deaf: readonly number[];
}

function liveProcesses(tree: ProcessTree): Live {
  const groupExists = tree.ownsGroup && exists(-tree.leader);
  if (process.platform !== 'linux') {
    const lives = tree.ownsGroup ? groupExists : tree.leader > 0 && exists(tree.leader);
    return { group: lives ? [tree.leader] : [], outside: [], deaf: [] };
  }
  if (tree.marker === null && !groupExists) return { group: [], outside: [], deaf: [] };
  // Signal 0 also reaches zombies, which stay for ever where nobody collects them (pid 1 of many containers).
  const group: number[] = [];
  const outside: number[] = [];
  const deaf: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const stat = readProcessStat(pid);
    if (stat === null || hasEnded(stat)) continue;
    if (pid === tree.leader || (tree.ownsGroup && stat.group === tree.leader)) group.push(pid);
    else if (tree.marker === null) continue;
    else if (tree.ownsGroup && stat.session === tree.leader) outside.push(pid);
    else if (carriesMarker(pid, tree.marker)) outside.push(pid);
    else continue;
    if (stat.ignoresInterrupt) deaf.push(pid);
  }
  return { group, outside, deaf };
}

function carriesMarker(pid: number, marker: string): boolean {
  return markersOf(pid, marker).includes(marker);
}

/**
 * The markers of a process whose environment holds this text. /proc/<pid>/environ is the environment as given to
 * execve, `NAME=value` each ended by a NUL.
 */
function markersOf(pid: number, text: string): string[] {
  let environment: string;
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return [];
  }
  if (!environment.includes(text)) return [];
  const entry = environment.split('\0').find((each) => each.startsWith(`${MARKER_VARIABLE}=`));
  return entry?.slice(MARKER_VARIABLE.length + 1).split(MARKER_SEPARATOR) ?? [];
}

/** `sent`: what has been sent already and isn't again (`<signal> <target>`); null: everything is, each time. */
function send(tree: ProcessTree, live: Live, signal: NodeJS.Signals, sent: Set<string> | null): void {
  function reach(target: number, by: NodeJS.Signals): void {
    const message = `${by} ${target}`;
    if (sent?.has(message)) return;
    sent?.add(message);
    deliver(target, by);
    // A stopped process acts on a signal only once it goes on.
    if (by !== 'SIGKILL') deliver(target, 'SIGCONT');
  }
  for (const target of tree.ownsGroup && live.group.length > 0 ? [-tree.leader] : live.group)
    reach(target, signal);
  for (const pid of live.outside) reach(pid, signal);
  // What a script started with `&` ignores SIGINT. Instead of letting it run for the whole grace period and then
  // killing it, it gets the signal that it may act on.
  if (signal === 'SIGINT') for (const pid of live.deaf) reach(pid, 'SIGTERM');
}

function deliver(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended since, or belongs to another user: the next look tells.
  }
}

function exists(target: number): boolean {
  try {
    process.kill(target, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
