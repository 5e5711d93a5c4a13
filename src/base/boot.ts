/**
 * Which boot of the machine this is. Two things go by it. After a crash or power cut a file can have its new size
 * and stamp but not its bytes, so what was recorded shortly before another boot isn't believed (SPEC C5). And pids
 * and start times count from boot, so a process's name holds the boot's.
 */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { askSystem } from './system-tool.ts';

let known: string | undefined;

/**
 * An opaque name of this boot, without colons; the same in every process until the machine goes down. The first
 * call reads one file of /proc; on macOS it starts `sysctl`, about 5 ms.
 */
export function bootId(): string {
  known ??= readBootId();
  return known;
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    const session = askSystem('sysctl', ['-n', 'kern.bootsessionuuid'])?.trim();
    // Neither is there: the time of the boot, to the minute. A clock that was set makes another name of it.
    return session || `booted-${Math.round((Date.now() - uptime() * 1000) / 60_000)}`;
  }
}
