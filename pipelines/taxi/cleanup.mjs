// Removes temporary files that no living process owns, from the folders given.
// It goes by the name that the stages give their temporary files, so it can't take a result for one.
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_NAME } from './lib/files.mjs';
import { runStage } from './lib/stage.mjs';

await runStage('cleanup', {}, async (_flags, folders) => {
  let removed = 0;
  for (const folder of folders) {
    // Where the folder is a link, what it leads to belongs to someone else.
    const found = await lstat(folder).catch(() => null);
    if (found === null || !found.isDirectory()) continue;
    for (const name of await readdir(folder)) {
      const owner = TEMPORARY_NAME.exec(name)?.[1];
      // Another run may be at work in the same folder.
      if (owner === undefined || isAlive(Number(owner))) continue;
      await rm(join(folder, name), { recursive: true, force: true });
      removed++;
    }
  }
  console.log(`removed ${removed} temporary files`);
});

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
