/**
 * Replaces secret values by `***` in texts and in byte streams, however the stream is cut into chunks.
 * Each value is looked for as it is and as base64 (at each of the three alignments, so that
 * `base64("user:" + value)` is found too, and in the 64 and 76 column lines that openssl and base64 write),
 * URL-encoded, and escaped as in a JSON string; a value of several lines also line by line.
 * It doesn't know where the values come from, nor does it look for other transformations (hex, gzip, reversed).
 */

const REPLACEMENT = Buffer.from('***');
/** Below this, a value (or a fragment of an encoded one) is as likely to be an innocent word. */
export const WEAK_BELOW = 4;
/** Single lines of a longer value are masked only when they are this long: `}` and `[section]` stay readable. */
const MIN_LINE_LENGTH = 8;

export interface ChunkMasker {
  /** What can be passed on now; the beginning of a possible secret at the chunk's end is held back. */
  write(chunk: Buffer): Buffer;
  /** The rest, once nothing more comes. */
  end(): Buffer;
}

export interface Masker {
  /** True where there is nothing to mask: streams need no detour then. */
  readonly isEmpty: boolean;
  text(text: string): string;
  /** One for each stream: it carries state from chunk to chunk. */
  chunks(): ChunkMasker;
  /** Whether any of them stands in these bytes, wherever they are cut. Reads no further than it must. */
  occursIn(chunks: Iterable<Buffer>): boolean;
}

/**
 * Whether masking this value does more harm than good: a secret of three characters shreds ordinary words,
 * and the gaps give it away. Such values are masked all the same (a promise is a promise); callers warn.
 */
export function isWeakSecret(value: string): boolean {
  return value.trim().length < WEAK_BELOW;
}

/** Makes a masker for these values; empty ones are ignored. Pure: no disk, no environment. */
export function createMasker(secrets: readonly string[]): Masker {
  const forms = [...new Set(secrets.flatMap(formsOf))];
  const patterns = forms.map((form) => Buffer.from(form));
  return {
    isEmpty: patterns.length === 0,
    text(text) {
      if (!forms.some((form) => text.includes(form))) return text;
      const chunks = chunkMasker(patterns);
      return Buffer.concat([chunks.write(Buffer.from(text)), chunks.end()]).toString();
    },
    chunks: () => chunkMasker(patterns),
    occursIn(chunks) {
      const longest = Math.max(0, ...patterns.map(({ length }) => length));
      let before: Buffer = Buffer.alloc(0);
      for (const chunk of chunks) {
        const data = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
        if (patterns.some((pattern) => data.includes(pattern))) return true;
        before = Buffer.from(data.subarray(Math.max(0, data.length - longest + 1)));
      }
      return false;
    },
  };
}

/** Every spelling under which a value is looked for. */
function formsOf(secret: string): string[] {
  const value = secret.trim();
  if (value === '') return [];
  // A lone surrogate has no URL-encoding; through a Buffer it becomes what a process would have been given.
  const encoded = encodeURIComponent(Buffer.from(value).toString());
  const forms = [
    value,
    encoded,
    encoded.replaceAll('%20', '+'),
    encoded.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    // What percent-encoders stricter than encodeURIComponent (curl, Python's quote) write for its exceptions.
    encoded.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    JSON.stringify(value).slice(1, -1),
    ...base64Forms(Buffer.from(value)),
  ];
  const lines = value.split(/\r?\n/);
  if (lines.length > 1) forms.push(...lines.filter((line) => line.trim().length >= MIN_LINE_LENGTH));
  return forms;
}

function base64Forms(value: Buffer): string[] {
  const forms = [value.toString('base64')];
  for (const offset of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(offset), value]).toString('base64');
    // Characters whose six bits all come from the value, whatever stands before and after it.
    const fixed = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + value.length) * 8) / 6));
    if (fixed.length >= WEAK_BELOW) forms.push(fixed);
  }
  for (const width of [64, 76]) {
    for (let at = 0; at < forms[0]!.length && forms[0]!.length > width; at += width) {
      const line = forms[0]!.slice(at, at + width);
      if (line.length >= MIN_LINE_LENGTH) forms.push(line);
    }
  }
  return [
    ...forms,
    ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')),
  ].filter((form) => form.length >= WEAK_BELOW);
}

/**
 * The rule: every byte that belongs to some occurrence of some pattern is masked, and each unbroken stretch of
 * such bytes becomes one `***`. (Replacing occurrence by occurrence instead would leave the rest of a secret
 * that overlaps another one.) The result depends on the bytes only, not on how they were cut into chunks.
 */
function chunkMasker(patterns: readonly Buffer[]): ChunkMasker {
  let carry: Buffer = Buffer.alloc(0);
  /** How many bytes of `carry` are known to be masked; null where the byte before `carry` wasn't masked. */
  let covered: number | null = null;

  function pass(data: Buffer, cut: number): Buffer {
    const out: Buffer[] = [];
    // The end of the last stretch, whose `***` has been written; null before the first.
    let until = covered;
    for (const [from, to] of occurrences(data, patterns)) {
      if (from >= cut && (until === null || from > until)) break;
      if (until !== null && from <= until) {
        until = Math.max(until, to);
        continue;
      }
      out.push(data.subarray(until ?? 0, from), REPLACEMENT);
      until = to;
    }
    if (until !== null && until >= cut) {
      covered = until - cut;
    } else {
      out.push(data.subarray(until ?? 0, cut));
      // A stretch that ended before the cut is closed.
      covered = null;
    }
    carry = Buffer.from(data.subarray(cut));
    return Buffer.concat(out);
  }

  return {
    write(chunk) {
      const data = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      return pass(data, incompleteFrom(data, patterns));
    },
    end: () => pass(carry, carry.length),
  };
}

/** [from, to) of every occurrence, overlapping ones included, by start. */
function occurrences(data: Buffer, patterns: readonly Buffer[]): [number, number][] {
  const found: [number, number][] = [];
  for (const pattern of patterns) {
    for (let from = data.indexOf(pattern); from >= 0; from = data.indexOf(pattern, from + 1)) {
      found.push([from, from + pattern.length]);
    }
  }
  return found.sort((a, b) => a[0] - b[0]);
}

/** Where the longest ending that may be the beginning of a secret starts: only that much is held back. */
function incompleteFrom(data: Buffer, patterns: readonly Buffer[]): number {
  let from = data.length;
  for (const pattern of patterns) {
    for (let at = Math.max(0, data.length - pattern.length + 1); at < from; at++) {
      if (data[at] === pattern[0] && data.compare(pattern, 0, data.length - at, at) === 0) {
        from = at;
        break;
      }
    }
  }
  return from;
}
