/**
 * Which boot of the machine this is. After a crash or power cut a file can have its new size and stamp but not its
 * bytes, so what was recorded shortly before another boot isn't believed (SPEC C5).
 */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** An opaque name of this boot. Reads one file of /proc on Linux. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // macOS: the time of the boot, to the minute; a clock that was set costs one re-read of a minute's files.
    return `booted-${Math.round((Date.now() - uptime() * 1000) / 60_000)}`;
  }
}
