/**
 * Content digests (xxHash, through WebAssembly) of bytes and files. A digest names its function and carries the
 * size: `xxh64-<16 hex digits>-<size in bytes>`. It detects change and damage; it isn't proof against a forger.
 *
 * Files are read through one reused buffer: 100,000 files of 4 KiB take 0.55 s this way and 0.76 s with
 * readFileSync; memory stays constant whatever a file's size. This knows no cache of digests.
 */
import { closeSync, constants, fstatSync, openSync, read, readSync, type Stats } from 'node:fs';
import type { XXHashAPI } from 'xxhash-wasm';

/** What was read: the digest of the bytes seen, and the stat of the opened file before the first of them. */
export interface ReadFile {
  readonly digest: string;
  readonly stats: Stats;
  /** As many bytes came as the stat announced; false: somebody writes it at this moment. */
  readonly whole: boolean;
}

/** Takes a content in pieces: for who copies a file and must know that the bytes written are the bytes hashed. */
export interface DigestStream {
  update(piece: Uint8Array): void;
  digest(): string;
}

export interface Hasher {
  readonly digestBytes: (bytes: Uint8Array | string) => string;
  /**
   * Reads a regular file at once; `null` where the opened thing isn't one. Doesn't follow a link in the last
   * place and doesn't hang on a FIFO. Throws the system's error (ENOENT, EACCES, ELOOP, EMFILE, EIO…).
   */
  readonly digestFile: (absolutePath: string) => ReadFile | null;
  /** The same without blocking: other work goes on between slices of 1 MiB. For large files. */
  readonly digestLargeFile: (absolutePath: string) => Promise<ReadFile | null>;
  readonly stream: () => DigestStream;
  /** 32 hex digits: two differently seeded hashes of a text, which may come in parts, for keys. */
  readonly keyHash: (text: string | Iterable<string>) => string;
}

const SLICE_BYTES = 1024 * 1024;
/** A file up to this size is hashed with one call; the WebAssembly memory grows to it once. */
const BUFFER_BYTES = 256 * 1024;
/** Parts of a key's text are hashed together in pieces of this size: a text of 10 MB is never built. */
const GATHERED_CHARACTERS = 32 * 1024;
const encoder = new TextEncoder();
const KEY_SEEDS = [0n, 0x9e3779b97f4a7c15n] as const;

let loading: Promise<Hasher> | null = null;
let loaded: Hasher | null = null;

/** Loads the hash function (about 1 ms, once). */
export function loadHasher(): Promise<Hasher> {
  loading ??= import('xxhash-wasm').then(async (module) => {
    loaded = createHasher(await module.default());
    return loaded;
  });
  return loading;
}

/** The hash function for code that can't wait; somebody must have awaited `loadHasher` before. */
export function loadedHasher(): Hasher {
  if (loaded === null) throw new Error('loadHasher was not awaited');
  return loaded;
}

function createHasher(xxhash: XXHashAPI): Hasher {
  const buffer = new Uint8Array(BUFFER_BYTES);

  function digestBytes(input: Uint8Array | string): string {
    const bytes = typeof input === 'string' ? Buffer.from(input) : input;
    return named(hashBytes(xxhash, bytes, 0n), bytes.byteLength);
  }

  function digestFile(absolutePath: string): ReadFile | null {
    const fd = openSync(absolutePath, OPEN_FLAGS);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return null;
      let length = readSync(fd, buffer, 0, BUFFER_BYTES, null);
      if (isLast(length, length, stats.size)) {
        const hash = xxhash.h64Raw(buffer.subarray(0, length));
        return { digest: named(hash, length), stats, whole: length === stats.size };
      }
      const hash = xxhash.create64();
      let total = 0;
      while (length > 0) {
        hash.update(buffer.subarray(0, length));
        total += length;
        if (isLast(length, total, stats.size)) break;
        length = readSync(fd, buffer, 0, BUFFER_BYTES, null);
      }
      return { digest: named(hash.digest(), total), stats, whole: total === stats.size };
    } finally {
      closeSync(fd);
    }
  }

  async function digestLargeFile(absolutePath: string): Promise<ReadFile | null> {
    const fd = openSync(absolutePath, OPEN_FLAGS);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return null;
      const hash = xxhash.create64();
      // Two buffers: the thread pool fills one while this thread hashes the other.
      let filling = new Uint8Array(SLICE_BYTES);
      let hashing = new Uint8Array(SLICE_BYTES);
      let total = 0;
      let pending: Promise<number> | null = readSlice(fd, filling);
      while (pending !== null) {
        const length: number = await pending;
        [filling, hashing] = [hashing, filling];
        total += length;
        pending = isLast(length, total, stats.size) ? null : readSlice(fd, filling);
        if (length > 0) hash.update(hashing.subarray(0, length));
      }
      return { digest: named(hash.digest(), total), stats, whole: total === stats.size };
    } finally {
      closeSync(fd);
    }
  }

  return {
    digestBytes,
    digestFile,
    digestLargeFile,
    stream: () => digestStream(xxhash),
    keyHash(text) {
      const hashes = KEY_SEEDS.map((seed) => xxhash.create64(seed));
      const take = (part: string) => {
        // UTF-8 takes at most three bytes for each unit of a string.
        const bytes =
          part.length * 3 <= BUFFER_BYTES
            ? buffer.subarray(0, encoder.encodeInto(part, buffer).written)
            : Buffer.from(part);
        for (let at = 0; at < bytes.byteLength; at += BUFFER_BYTES)
          for (const hash of hashes) hash.update(bytes.subarray(at, at + BUFFER_BYTES));
      };
      let gathered = '';
      for (const part of typeof text === 'string' ? [text] : text) {
        gathered += part;
        if (gathered.length < GATHERED_CHARACTERS) continue;
        take(gathered);
        gathered = '';
      }
      take(gathered);
      return hashes.map((hash) => hex(hash.digest())).join('');
    },
  };
}

/**
 * NOFOLLOW: whoever asks has decided what a link means. NONBLOCK: a FIFO that took a file's place would hold the
 * open until somebody writes to it. On regular files neither has an effect.
 */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * At the announced size reading stops without asking for the end: one system call less a file. What was appended
 * meanwhile gives the file a later stamp. Files of /proc announce 0 bytes and are read to their end.
 */
function isLast(length: number, total: number, announcedBytes: number): boolean {
  return length === 0 || (announcedBytes > 0 && total >= announcedBytes);
}

function readSlice(fd: number, buffer: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.byteLength, null, (error, length) =>
      error ? reject(error) : resolve(length),
    );
  });
}

function digestStream(xxhash: XXHashAPI): DigestStream {
  const hash = xxhash.create64();
  let total = 0;
  return {
    update(piece) {
      total += piece.byteLength;
      hash.update(piece);
    },
    digest: () => named(hash.digest(), total),
  };
}

/** In slices, because the WebAssembly memory grows to the longest input and never shrinks. */
function hashBytes(xxhash: XXHashAPI, bytes: Uint8Array, seed: bigint): bigint {
  if (bytes.byteLength <= BUFFER_BYTES) return xxhash.h64Raw(bytes, seed);
  const hash = xxhash.create64(seed);
  for (let at = 0; at < bytes.byteLength; at += BUFFER_BYTES)
    hash.update(bytes.subarray(at, at + BUFFER_BYTES));
  return hash.digest();
}

function named(hash: bigint, sizeBytes: number): string {
  return `xxh64-${hex(hash)}-${sizeBytes}`;
}

function hex(hash: bigint): string {
  return hash.toString(16).padStart(16, '0');
}

/** The size in bytes that a digest carries, without a look at the content. NaN where it isn't a digest. */
export function sizeOfDigest(digest: string): number {
  return Number(digest.slice(digest.lastIndexOf('-') + 1));
}
