/**
 * Whether this process may draw on its terminal: a job in the background (`command &`, Ctrl-Z and `bg`) that moves
 * the cursor writes into what the user is typing. Knows process tables, not what is drawn.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Foreground {
  /** Cheap: on Linux it looks each time, elsewhere once, which takes about 5 ms. True where it can't be known. */
  isOurs(): boolean;
  /** Look anew: after SIGCONT a job may have changed sides. */
  forget(): void;
}

export function watchForeground(): Foreground {
  let known: boolean | null = null;
  return {
    isOurs() {
      if (process.platform === 'linux') return fromProc();
      known ??= fromPs();
      return known;
    },
    forget() {
      known = null;
    },
  };
}

/** proc_pid_stat(5): `pid (command) state ppid pgrp session tty_nr tpgid …`. */
function fromProc(): boolean {
  try {
    const line = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return isForeground(Number(group), Number(foreground));
  } catch {
    return true;
  }
}

function fromPs(): boolean {
  // child_process costs 4 ms to load, so it is loaded on demand.
  const { execFileSync } = createRequire(import.meta.url)(
    'node:child_process',
  ) as typeof import('node:child_process');
  try {
    const line = execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [group, foreground] = line.trim().split(/\s+/).map(Number);
    return isForeground(group ?? Number.NaN, foreground ?? Number.NaN);
  } catch {
    return true;
  }
}

/** Without a controlling terminal there is no foreground group (-1, or 0), and nobody to disturb. */
function isForeground(group: number, foreground: number): boolean {
  return !(foreground > 0) || group === foreground;
}
