/**
 * Reads attempt logs for people: the end of one for a failure report, or all of it as it grows. Both give text
 * that is safe on a terminal; the file stays byte for byte as the command wrote it. It doesn't know where logs
 * lie or which task wrote them.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { sanitised, terminalText } from './terminal-text.ts';

const POLL_MS = 100;
const CHUNK_BYTES = 64 * 1024;

/**
 * The last lines of a log, sanitised, without a final newline; a last line without one counts. Reads at most
 * `maxBytes` of the file. A log that doesn't exist (nothing was written) or can't be read is an empty text.
 */
export function tailOfLog(path: string, maxLines: number, maxBytes: number): string {
  const end = readEnd(path, maxBytes);
  if (end === null) return '';
  let from = 0;
  if (!end.isWhole) {
    // The first line is probably a part of one; where it is all there is, at least no character is halved.
    const firstEnd = end.bytes.indexOf(0x0a);
    if (firstEnd >= 0 && firstEnd < end.bytes.length - 1) from = firstEnd + 1;
    else while (from < 4 && ((end.bytes[from] ?? 0) & 0xc0) === 0x80) from++;
  }
  const text = sanitised(end.bytes.toString('utf8', from));
  return text.replace(/\n+$/, '').split('\n').slice(-maxLines).join('\n');
}

/**
 * Delivers a whole log, sanitised, in pieces that may end within a line; nothing for one that doesn't exist. Reads
 * the disk at once and to the end.
 */
export function wholeLog(path: string, onText: (text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  const terminal = terminalText();
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const deliver = (text: string) => {
    if (text !== '') onText(text);
  };
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    for (;;) {
      const read = readSync(file, buffer, 0, CHUNK_BYTES, null);
      if (read === 0) break;
      deliver(terminal.write(decoder.write(buffer.subarray(0, read))));
    }
  } catch {
    // What could be read has been delivered; the log's path is told besides.
  } finally {
    closeSync(file);
  }
  deliver(terminal.write(decoder.end()));
  deliver(terminal.end());
}

function readEnd(path: string, maxBytes: number): { bytes: Buffer; isWhole: boolean } | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const sizeBytes = fstatSync(file).size;
    const bytes = Buffer.allocUnsafe(Math.min(sizeBytes, maxBytes));
    const read = readSync(file, bytes, 0, bytes.length, sizeBytes - bytes.length);
    return { bytes: bytes.subarray(0, read), isWhole: sizeBytes <= maxBytes };
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

export interface LogFollower {
  /** Resolves when all that the file then holds has been delivered. Call it after the attempt's end. */
  stop(): Promise<void>;
}

/**
 * Delivers a log's text as it is written, looking every 100 ms; the file needn't exist yet. Pieces may end
 * within a line, never within a character or an escape sequence. `onText` isn't called after `stop` resolved.
 * Where `mayGoOn` gives a promise, it is waited for before the next piece: what nobody has taken yet would pile up
 * in memory, and lies in the file anyway.
 */
export function followLog(
  path: string,
  onText: (text: string) => void,
  mayGoOn: () => Promise<void> | null = () => null,
): LogFollower {
  const decoder = new StringDecoder('utf8');
  const terminal = terminalText();
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let file: FileHandle | null = null;
  let isStopping = false;
  let wake = () => {};

  function deliver(text: string): void {
    if (text !== '') onText(text);
  }

  async function readToEnd(): Promise<void> {
    file ??= await open(path, 'r').catch(() => null);
    // By position, of one descriptor that stays open: a log that is removed or replaced is still read to its end.
    for (;;) {
      await mayGoOn();
      const read = (await file?.read(buffer, 0, CHUNK_BYTES, null).catch(() => null))?.bytesRead ?? 0;
      if (read === 0) return;
      deliver(terminal.write(decoder.write(buffer.subarray(0, read))));
    }
  }

  async function follow(): Promise<void> {
    while (!isStopping) {
      await readToEnd();
      if (isStopping) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await readToEnd();
    deliver(terminal.write(decoder.end()));
    deliver(terminal.end());
    await file?.close();
  }

  const followed = follow();
  return {
    stop() {
      isStopping = true;
      wake();
      return followed;
    },
  };
}
