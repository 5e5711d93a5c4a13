/** Which run is changing a root now, for those who only look: what it has begun isn't dead. */
import { holderOf } from '../base/lock.ts';
import type { RunId } from '../model/ids.ts';
import type { Layout } from '../state/layout.ts';

/** null: none. Reads the lock, takes and changes nothing. */
export function liveRunOf(layout: Layout): RunId | null {
  return (/^run (\S+)/.exec(holderOf(layout.dir, 'run')?.who ?? '')?.[1] ?? null) as RunId | null;
}
