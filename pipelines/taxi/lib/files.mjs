// Files that are there whole or not at all: content goes to a temporary name first and is renamed at the end.
// Temporary names end in `.<process id>.tmp`, so that the cleanup task can tell a live one from a forgotten one.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Trouble } from './stage.mjs';

export const TEMPORARY_NAME = /\.(\d+)\.tmp$/;

export function temporaryName(name) {
  return `${name}.${process.pid}.tmp`;
}

/**
 * Lets `fill` write a temporary file and renames it to `path`. Where `fill` throws, nothing stays behind and
 * `path` is as it was.
 *
 * @template T
 * @param {string} path
 * @param {string | undefined} temporaryFolder default: the folder of `path`
 * @param {(temporaryPath: string) => Promise<T>} fill
 * @returns {Promise<T>} what `fill` returned
 */
export async function replaceFile(path, temporaryFolder, fill) {
  const folder = temporaryFolder ?? dirname(path);
  const temporaryPath = join(folder, temporaryName(basename(path)));
  await mkdir(folder, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  try {
    const value = await fill(temporaryPath);
    await moveFile(temporaryPath, path);
    return value;
  } finally {
    await rm(temporaryPath, { force: true });
  }
}

async function moveFile(from, to) {
  try {
    await rename(from, to);
  } catch (error) {
    if (error.code !== 'EXDEV') throw error;
    // Another file system: a rename can't cross it, so the copy is made beside the target first.
    const beside = join(dirname(to), temporaryName(basename(to)));
    try {
      await copyFile(from, beside);
      await rename(beside, to);
    } finally {
      await rm(beside, { force: true });
    }
  }
}

export function replaceText(path, temporaryFolder, text) {
  return replaceFile(path, temporaryFolder, (temporaryPath) => writeFile(temporaryPath, text));
}

/** JSON as people read it, with a final newline. The order of keys is that of the object. */
export function toJson(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** @param {string} what how the message names it: 'the model' */
export async function readJson(path, what) {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Trouble(`${what} can't be read: ${path} (${error.code})`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Trouble(`${what} isn't JSON: ${path}`);
  }
}

/** Lower-case hex. */
export async function sha256OfFile(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

export function sha256OfText(text) {
  return createHash('sha256').update(text).digest('hex');
}

/** Rounded for reports: `-0` and float noise never reach a file. */
export function round(value, digits) {
  return Number(value.toFixed(digits)) + 0;
}
