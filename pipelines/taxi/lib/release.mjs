// A release: a folder of files and a `release.json` that names each with its sha256. Its digest is the sha256 of
// the lines `<sha256>  <name>`, sorted by name, so that it can be checked without this code:
//
//     cd build/release && sha256sum inputs.json metrics.json model.json params.json | sha256sum
//
// Where releases are deployed, `current` and `previous` are links to `releases/<digest>`.
import { mkdir, open, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readJson, sha256OfFile, sha256OfText, temporaryName } from './files.mjs';
import { Trouble } from './stage.mjs';

export const RELEASE_FILE = 'release.json';
const RUN_ID_DIGITS = 12;

/** @param {Record<string, string>} files name -> sha256 */
export function digestOf(files) {
  const lines = Object.keys(files)
    .sort()
    .map((name) => `${files[name]}  ${name}\n`);
  return sha256OfText(lines.join(''));
}

export function runIdOf(digest) {
  return digest.slice(0, RUN_ID_DIGITS);
}

/** Reads what a folder says it is, without looking at the files. Trouble where it isn't a release. */
export async function readRelease(folder) {
  const release = await readJson(join(folder, RELEASE_FILE), 'the release');
  const { digest, files } = release;
  const isWhole =
    typeof digest === 'string' &&
    files !== null &&
    typeof files === 'object' &&
    Object.keys(files).every((name) => name === basename(name) && name !== '..' && name !== RELEASE_FILE) &&
    digestOf(files) === digest;
  if (!isWhole) throw new Trouble(`${join(folder, RELEASE_FILE)} doesn't describe a release`);
  return release;
}

/** Reads a release and every file of it. Trouble where one isn't as recorded. */
export async function verifyRelease(folder) {
  const release = await readRelease(folder);
  for (const [name, sha256] of Object.entries(release.files)) {
    const found = await sha256OfFile(join(folder, name)).catch(() => null);
    if (found !== sha256) {
      throw new Trouble(
        `${join(folder, name)} is ${found === null ? 'missing' : 'not what the release recorded'}`,
      );
    }
  }
  return release;
}

export function releaseFolder(deployed, digest) {
  return join(deployed, 'releases', digest);
}

/** The digest that `current` or `previous` points to; null: there is no such link yet. */
export async function readPointer(deployed, name) {
  let target;
  try {
    target = await readlink(join(deployed, name));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw new Trouble(`${join(deployed, name)} isn't a link to a release; move it away (${error.code})`);
  }
  const digest = /^releases\/([0-9a-f]{64})$/.exec(target)?.[1];
  if (digest === undefined)
    throw new Trouble(`${join(deployed, name)} leads to ${target}, which isn't a release`);
  return digest;
}

/** Lets a pointer lead to a release, in one step: a reader finds the old one or the new one, never none. */
export async function pointTo(deployed, name, digest) {
  const temporaryFolder = join(deployed, 'tmp');
  const link = join(temporaryFolder, temporaryName(name));
  await mkdir(temporaryFolder, { recursive: true });
  await rm(link, { force: true });
  await symlink(join('releases', digest), link);
  await rename(link, join(deployed, name));
  await syncFolder(deployed);
}

/** Without it a power cut may undo a rename that was already reported. */
export async function syncFolder(folder) {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
