/** Names of files made from names of users' things, which may be longer than a file system takes (255 bytes). */

const MAX_BYTES = 120;

/** FNV-1a, 64 bits, in hex: tells names apart, promises nothing else. */
export function nameHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

/** The name itself, or, of a long one, its beginning and its hash. */
export function shortName(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const start = Buffer.from(name)
    .subarray(0, 90)
    .toString('utf8')
    .replace(/\ufffd$/, '');
  return `${start}-${nameHash(name)}`;
}
