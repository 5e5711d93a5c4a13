/** `--json` on `run`: each event is one line of JSON on stdout, and nothing else is. */
import type { RunEvent, WatchEvent } from '../model/event.ts';

export function createJsonReporter(out: (text: string) => void): (event: RunEvent | WatchEvent) => void {
  return (event) => out(`${JSON.stringify(event)}\n`);
}
