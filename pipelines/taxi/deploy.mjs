// Makes a release the current one. The order is what makes it safe to die anywhere: the copy is made aside and
// renamed into place, proven by a prediction over HTTP, and only then does `current` move, in one step.
import { cp, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from './lib/files.mjs';
import { proveRelease } from './lib/prove.mjs';
import {
  pointTo,
  RELEASE_FILE,
  readPointer,
  releaseFolder,
  syncFolder,
  verifyRelease,
} from './lib/release.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

await runStage(
  'deploy',
  { release: { type: 'text' }, deploy: { type: 'text' }, serve: { type: 'text' } },
  async ({ release: source, deploy: deployed, serve }) => {
    const release = await verifyRelease(source);
    const { digest } = release;
    const former = await readPointer(deployed, 'current');
    const folder = await placeRelease(source, deployed, release);
    const minutes = await proveRelease({ serve, folder, digest });
    console.log(`a prediction over HTTP from ${folder}: ${minutes} minutes`);

    // `previous` first: dying in between leaves `current` as it was, and a rollback that changes nothing.
    if (former !== null && former !== digest) await pointTo(deployed, 'previous', former);
    await pointTo(deployed, 'current', digest);
    await confirm({ deployed, serve, digest, former });
    console.log(`${join(deployed, 'current')} is release ${digest}`);
    console.log(
      former === null || former === digest ? 'no other release was current' : `before it: ${former}`,
    );
  },
);

/** Copies a release to where it will be served from; one that lies there whole is kept. */
async function placeRelease(source, deployed, { digest, files }) {
  const folder = releaseFolder(deployed, digest);
  const isWhole = await verifyRelease(folder).then(
    (found) => found.digest === digest,
    () => false,
  );
  if (isWhole) return folder;
  const temporaryFolder = join(deployed, 'tmp');
  const copy = join(temporaryFolder, temporaryName(digest));
  try {
    await mkdir(copy, { recursive: true });
    for (const name of [...Object.keys(files), RELEASE_FILE]) {
      await cp(join(source, name), join(copy, name));
      await sync(join(copy, name));
    }
    // The source may have changed since it was verified; what was copied is what counts.
    const copied = await verifyRelease(copy);
    if (copied.digest !== digest) throw new Trouble(`${source} changed while it was copied`);
    await syncFolder(copy);
    await mkdir(join(deployed, 'releases'), { recursive: true });
    // A damaged release of the same name: a rename can't replace a folder that holds files.
    await rename(folder, join(temporaryFolder, temporaryName(`damaged-${digest}`))).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(copy, folder);
    await syncFolder(join(deployed, 'releases'));
    return folder;
  } finally {
    await rm(copy, { recursive: true, force: true });
    await rm(join(temporaryFolder, temporaryName(`damaged-${digest}`)), { recursive: true, force: true });
  }
}

async function sync(path) {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Asks once more the way users will, through `current`; where that fails, the former release comes back. */
async function confirm({ deployed, serve, digest, former }) {
  try {
    await proveRelease({ serve, folder: join(deployed, 'current'), digest });
  } catch (error) {
    if (former !== null) await pointTo(deployed, 'current', former);
    throw error;
  }
}
