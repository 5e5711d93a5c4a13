/** A task that waits for its next attempt when the run stops has failed, and is said to have (D2, E2). */
import { expect, it } from 'vitest';
import { eventsOf, outcomesOf, scenario, task } from './support/scenario.ts';

it('a failure whose retry does not come any more is told as a failure', async () => {
  const s = scenario({
    retried: task('retried', 'touch "$OUTSIDE/failed"; exit 3', { retries: { limit: 1, delay: '1s' } }),
    other: task('other', 'until [ -e "$OUTSIDE/failed" ]; do :; done; exit 4'),
    all: { needs: ['retried', 'other'] },
  });
  const ran = await s.exits(1, ['run', '--json', '-j', '2', 'all']);
  expect(outcomesOf(eventsOf(ran))).toMatchObject({ retried: 'failed', other: 'failed' });
});
