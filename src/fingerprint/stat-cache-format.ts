/**
 * The file of the stat cache, all numbers in this machine's byte order:
 *
 *     offset  size      content
 *     0       8         "orchstat"
 *     8       4         format version
 *     12      4         number of entries, n
 *     16      16        XXH64 of everything from byte 32 on, as hex digits
 *     32      8         Unix milliseconds (double) of the file clock when it was saved
 *     40      4         length of the boot id in bytes
 *     44      4         length of the paths in bytes
 *     48      4 x 8n    columns of doubles: size, mtime, ctime, inode
 *     …       16n       the hex digits of the XXH64 of each content (its size is the file's)
 *     …                 the boot id, then the paths in UTF-8 with a NUL after each
 *
 * Columns load without a step per entry; only the paths have to be split: 100,000 entries take about 20 ms, most of
 * it for the Map. Paths end with NUL because a name may hold any other byte, a newline too.
 */

const MAGIC = 'orchstat';
const VERSION = 1;
const HEADER_BYTES = 48;
const CHECKED_FROM = 32;
const HEX_DIGITS = 16;
export const COLUMNS = 4;

export interface StatTable {
  readonly count: number;
  /** COLUMNS times `count` values, column after column. */
  readonly columns: Float64Array;
  /** HEX_DIGITS characters an entry. */
  readonly hashes: string;
  readonly paths: readonly string[];
  readonly savedAtMs: number;
  readonly bootId: string;
}

export type HashBytes = (bytes: Uint8Array) => string;

export function encodeTable(table: StatTable, hashBytes: HashBytes): Uint8Array {
  const boot = Buffer.from(table.bootId);
  const paths = Buffer.from(table.paths.map((path) => `${path}\0`).join(''));
  const columnBytes = table.columns.byteLength;
  const bytes = new Uint8Array(HEADER_BYTES + columnBytes + table.hashes.length + boot.length + paths.length);
  const text = Buffer.from(bytes.buffer);
  text.write(MAGIC, 0, 'latin1');
  new Uint32Array(bytes.buffer, 8, 2).set([VERSION, table.count]);
  new Float64Array(bytes.buffer, 32, 1)[0] = table.savedAtMs;
  new Uint32Array(bytes.buffer, 40, 2).set([boot.length, paths.length]);
  bytes.set(new Uint8Array(table.columns.buffer, table.columns.byteOffset, columnBytes), HEADER_BYTES);
  let at = HEADER_BYTES + columnBytes;
  text.write(table.hashes, at, 'latin1');
  at += table.hashes.length;
  bytes.set(boot, at);
  bytes.set(paths, at + boot.length);
  text.write(hashBytes(bytes.subarray(CHECKED_FROM)), 16, 'latin1');
  return bytes;
}

/** `bytes` must start at the beginning of their buffer, so that the columns can be used where they lie. */
export function decodeTable(
  bytes: Uint8Array,
  hashBytes: HashBytes,
): StatTable | 'damaged' | 'other-version' {
  if (bytes.byteLength < HEADER_BYTES) return 'damaged';
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.toString('latin1', 0, 8) !== MAGIC) return 'damaged';
  const [version, count] = new Uint32Array(bytes.buffer, 8, 2) as unknown as [number, number];
  if (version !== VERSION) return 'other-version';
  const [bootBytes, pathBytes] = new Uint32Array(bytes.buffer, 40, 2) as unknown as [number, number];
  const hashesAt = HEADER_BYTES + COLUMNS * 8 * count;
  const bootAt = hashesAt + HEX_DIGITS * count;
  if (bytes.byteLength !== bootAt + bootBytes + pathBytes) return 'damaged';
  if (text.toString('latin1', 16, 32) !== hashBytes(bytes.subarray(CHECKED_FROM))) return 'damaged';
  const paths = text.toString('utf8', bootAt + bootBytes, bytes.byteLength).split('\0');
  paths.pop();
  if (paths.length !== count) return 'damaged';
  return {
    count,
    columns: new Float64Array(bytes.buffer, HEADER_BYTES, COLUMNS * count),
    hashes: text.toString('latin1', hashesAt, bootAt),
    paths,
    savedAtMs: new Float64Array(bytes.buffer, 32, 1)[0]!,
    bootId: text.toString('utf8', bootAt, bootAt + bootBytes),
  };
}

/** The digest of entry `index`, built only when asked for. */
export function digestAt(table: StatTable, index: number): string {
  const hash = table.hashes.slice(index * HEX_DIGITS, (index + 1) * HEX_DIGITS);
  return `xxh64-${hash}-${table.columns[index]}`;
}

/** The part of a digest that the table keeps, or null for one of another function. */
export function hashOf(digest: string): string | null {
  return digest.startsWith('xxh64-') ? digest.slice(6, 6 + HEX_DIGITS) : null;
}
