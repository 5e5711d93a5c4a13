// Answers whether a release is the one in place: exit 0 exactly where `current` leads to it and all its files are
// whole. Anything else is exit 1 and a line that says what is different. It changes nothing.
import { join } from 'node:path';
import { readPointer, readRelease, runIdOf, verifyRelease } from './lib/release.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

await runStage(
  'probe',
  { release: { type: 'text' }, deploy: { type: 'text' } },
  async ({ release: source, deploy: deployed }) => {
    const { digest } = await readRelease(source);
    const current = await readPointer(deployed, 'current');
    const place = join(deployed, 'current');
    if (current === null) throw new Trouble('nothing is deployed');
    if (current !== digest)
      throw new Trouble(`${place} is release ${runIdOf(current)}, not ${runIdOf(digest)}`);
    const found = await verifyRelease(place);
    if (found.digest !== digest) throw new Trouble(`${place} holds release ${runIdOf(found.digest)}`);
    console.log(`${place} is release ${runIdOf(digest)}`);
  },
);
