// Goes back to the release that was current before. Twice in a row goes forward again.
import { join } from 'node:path';
import { proveRelease } from './lib/prove.mjs';
import { pointTo, readPointer, releaseFolder, verifyRelease } from './lib/release.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

await runStage(
  'rollback',
  { deploy: { type: 'text' }, serve: { type: 'text' } },
  async ({ deploy: deployed, serve }) => {
    const current = await readPointer(deployed, 'current');
    const previous = await readPointer(deployed, 'previous');
    if (previous === null || previous === current) {
      throw new Trouble(
        `there is no release to go back to: ${join(deployed, 'previous')} names no other than the current one`,
      );
    }
    const folder = releaseFolder(deployed, previous);
    const { digest } = await verifyRelease(folder);
    if (digest !== previous) throw new Trouble(`${folder} holds release ${digest}`);
    await proveRelease({ serve, folder, digest });
    await pointTo(deployed, 'current', previous);
    if (current !== null) await pointTo(deployed, 'previous', current);
    console.log(`${join(deployed, 'current')} is release ${previous} again; before it: ${current ?? 'none'}`);
  },
);
