// Gets one month of real trips from where a template points: the TLC's own address, a mirror, or a folder.
// It brings bytes to a path and says what went wrong; whether they are trips is for the caller to check.
import { createWriteStream } from 'node:fs';
import { copyFile, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TRY_LATER, Trouble } from './stage.mjs';

/** No month of green trips comes near it; it only keeps a wrong address from filling the disk. */
const MAX_BYTES = 2_000_000_000;

/** sha256 of files that were seen before. Another digest isn't an error: the TLC revises months. */
export const KNOWN_FILES = {
  '2023-01': '9f0e03dd7f8f94ecc15949cdbfd2a4e1fc9ebb41a11882215158c9fc95012e31',
  '2023-02': 'bcc2821d639197cbb09aeb8994121a7004f2a6568a64bf4839015db802f62743',
  '2023-03': '69ab2c3b515ad1dd686a8ac3375370b8a44b003d95d340655d94828db0681d9d',
};

/**
 * Where a month lies: an address, or an absolute path for `file:` and plain paths (relative ones from the working
 * directory). Trouble with exit code 2 where the template can't be meant.
 *
 * @returns {{kind: 'address' | 'file', at: string}}
 */
export function locate(template, month) {
  const [year, number] = month.split('-');
  if (!template.includes('{year}') || !template.includes('{month}')) {
    throw new Trouble(`--url-template must hold {year} and {month}: '${template}'`, 2);
  }
  const at = template.replaceAll('{year}', year).replaceAll('{month}', number);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(at)?.[1].toLowerCase();
  if (scheme === undefined) return { kind: 'file', at: resolve(at) };
  try {
    if (scheme === 'file') return { kind: 'file', at: fileURLToPath(at) };
    if (scheme === 'https' || scheme === 'http') return { kind: 'address', at: new URL(at).href };
  } catch {
    throw new Trouble(`--url-template doesn't make an address: '${at}'`, 2);
  }
  throw new Trouble(`--url-template: ${scheme}: isn't supported; use https:, http:, file: or a path`, 2);
}

/**
 * @param {{kind: 'address' | 'file', at: string}} place
 * @param {string} path where the bytes go
 * @param {{month: string, attempts: number, delayMs: number, timeoutMs: number}} options
 */
export async function fetchMonth(place, path, options) {
  if (place.kind === 'file') await copyMonth(place.at, path, options.month);
  else await downloadMonth(place.at, path, options);
  await checkIsParquet(place.at, path, options.month);
}

async function copyMonth(from, path, month) {
  const found = await stat(from).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new Trouble(
      `no trip data for ${month}: there is no file ${from}. Put it there, choose another month with --year and ` +
        '--month (the month after the training month is needed too), or use --source sample',
    );
  }
  await copyFile(from, path);
}

async function downloadMonth(url, path, { month, attempts, delayMs, timeoutMs }) {
  for (let attempt = 1; ; attempt++) {
    const failure = await download(url, path, timeoutMs);
    if (failure === null) return;
    if (!failure.mayPass) {
      throw new Trouble(
        `no trip data for ${month}: ${url} answered ${failure.reason}. The TLC publishes a month about two months ` +
          'after its end; choose an earlier one with --year and --month, another place with --url-template, or ' +
          '--source sample',
      );
    }
    if (attempt === attempts) {
      throw new Trouble(
        `${month} can't be fetched now: ${url}: ${failure.reason} (${attempts} attempts). Try again later, ` +
          'download it by other means and give its folder with --url-template, or use --source sample',
        TRY_LATER,
      );
    }
    const pauseMs = delayMs * 2 ** (attempt - 1);
    console.log(`${url}: ${failure.reason}; attempt ${attempt + 1} of ${attempts} in ${pauseMs / 1000} s`);
    await wait(pauseMs);
  }
}

/** null: done. `mayPass`: the same request may work later. */
async function download(url, path, timeoutMs) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      const mayPass = response.status >= 500 || [408, 425, 429].includes(response.status);
      return { reason: `HTTP ${response.status} ${response.statusText}`.trim(), mayPass };
    }
    let sizeBytes = 0;
    const counted = async function* (chunks) {
      for await (const chunk of chunks) {
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(path));
    const announced = response.headers.get('content-length');
    // A proxy may have unpacked the body; then the two can't be compared.
    if (announced !== null && !response.headers.has('content-encoding') && Number(announced) !== sizeBytes) {
      return { reason: `${sizeBytes} of ${announced} bytes came`, mayPass: true };
    }
    return null;
  } catch (error) {
    if (error.name === 'TimeoutError')
      return { reason: `no answer within ${timeoutMs / 1000} s`, mayPass: true };
    return { reason: error.cause?.code ?? error.cause?.message ?? error.message, mayPass: true };
  }
}

/** Parquet begins and ends with its name; a half file or a page that says "sign in" doesn't. */
async function checkIsParquet(from, path, month) {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(4);
    const tail = Buffer.alloc(4);
    await file.read(head, 0, 4, 0);
    await file.read(tail, 0, 4, Math.max(0, size - 4));
    if (size < 12 || head.toString('latin1') !== 'PAR1' || tail.toString('latin1') !== 'PAR1') {
      throw new Trouble(`what ${from} holds for ${month} isn't a whole parquet file (${size} bytes)`);
    }
  } finally {
    await file.close();
  }
}
