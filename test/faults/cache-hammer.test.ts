/** Eight processes at one shared cache; `node test/faults/hammer.mjs --minutes 5` does it for longer. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('FAULTS 25, 28: runs, gc, verify and clean at once give no wrong byte and no failure', () => {
  const hammer = fileURLToPath(new URL('./hammer.mjs', import.meta.url));
  const ran = spawnSync(process.execPath, [hammer, '--minutes', '0.33'], { encoding: 'utf8' });
  expect(ran.status, `${ran.stdout}\n${ran.stderr}`).toBe(0);
  const { runs, gcs, verifies, restored } = JSON.parse(ran.stdout) as Record<string, number>;
  for (const count of [runs, gcs, verifies, restored]) expect(count).toBeGreaterThan(0);
}, 120_000);
