/**
 * Keeps a log within its limit: the beginning and the end stay, and one line between them says how much is
 * missing. It doesn't know what is in the log, and cuts at bytes.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

export const DEFAULT_MAX_LOG_BYTES = 100_000_000;
/** What is kept of the end. Held in memory while a masked log is over its limit, so it mustn't be large. */
const MAX_TAIL_BYTES = 8 * 1024 * 1024;

function shares(maxBytes: number): { headBytes: number; tailBytes: number } {
  const tailBytes = Math.min(MAX_TAIL_BYTES, Math.floor(maxBytes / 2));
  return { headBytes: maxBytes - tailBytes, tailBytes };
}

function droppedLine(droppedBytes: number, maxBytes: number): string {
  return `\n[orch: ${droppedBytes} bytes of output are missing here: a log keeps ${maxBytes} bytes]\n`;
}

/**
 * Cuts a finished log, in place: the head isn't copied, so 100 MB take milliseconds, and a process that still
 * appends to the file goes on doing so. Throws the system's error where it can't.
 */
export function cutLog(path: string, maxBytes: number): void {
  const file = openSync(path, 'r+');
  try {
    const sizeBytes = fstatSync(file).size;
    const { headBytes, tailBytes } = shares(maxBytes);
    const droppedBytes = sizeBytes - headBytes - tailBytes;
    if (droppedBytes <= 0) return;
    const tail = Buffer.allocUnsafe(tailBytes);
    const tailRead = readSync(file, tail, 0, tailBytes, sizeBytes - tailBytes);
    const line = Buffer.from(droppedLine(droppedBytes, maxBytes));
    ftruncateSync(file, headBytes);
    writeWhole(file, line, headBytes);
    writeWhole(file, tail.subarray(0, tailRead), headBytes + line.length);
  } finally {
    closeSync(file);
  }
}

export interface CappedWriter {
  /** Throws the system's error, such as ENOSPC. */
  write(data: Buffer): void;
  /** Writes what was kept of the end. The descriptor stays open. */
  end(): void;
}

/** Appends to `file` up to the limit, and from there on keeps only the last bytes, in memory, until `end`. */
export function cappedWriter(file: number, maxBytes: number): CappedWriter {
  const { headBytes, tailBytes } = shares(maxBytes);
  let writtenBytes = 0;
  /** A ring, made when the head is full. */
  let ring: Buffer | null = null;
  let seenBytes = 0;

  function keep(data: Buffer): void {
    ring ??= Buffer.allocUnsafe(tailBytes);
    // Of more than the ring holds only the last part would stay: skip to it.
    const skipped = Math.max(0, data.length - tailBytes);
    let at = (seenBytes + skipped) % Math.max(1, tailBytes);
    for (let rest = data.subarray(skipped); rest.length > 0; at = 0) {
      const copied = rest.copy(ring, at);
      rest = rest.subarray(copied);
    }
    seenBytes += data.length;
  }

  return {
    write(data) {
      const head = data.subarray(0, Math.max(0, headBytes - writtenBytes));
      writeWhole(file, head, null);
      writtenBytes += head.length;
      if (head.length < data.length) keep(data.subarray(head.length));
    },
    end() {
      if (ring === null) return;
      const droppedBytes = seenBytes - tailBytes;
      if (droppedBytes <= 0) {
        writeWhole(file, ring.subarray(0, seenBytes), null);
        return;
      }
      const start = seenBytes % tailBytes;
      writeWhole(file, Buffer.from(droppedLine(droppedBytes, maxBytes)), null);
      writeWhole(file, ring.subarray(start), null);
      writeWhole(file, ring.subarray(0, start), null);
    },
  };
}

/** write(2) may take only a part, on a nearly full disk for one. */
function writeWhole(file: number, data: Buffer, position: number | null): void {
  for (let at = 0; at < data.length; ) {
    at += writeSync(file, data, at, data.length - at, position === null ? null : position + at);
  }
}
