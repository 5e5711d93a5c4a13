/** Asks a tool that comes with the system, where there is no file to read: on macOS, that is. Knows no question. */
import { createRequire } from 'node:module';

/** What it printed; null where it isn't there or failed. child_process costs 4 ms to load, so it's loaded here. */
export function askSystem(command: string, args: readonly string[]): string | null {
  const { execFileSync } = createRequire(import.meta.url)(
    'node:child_process',
  ) as typeof import('node:child_process');
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin:/sbin:/usr/sbin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
}
