/** Bytes to text, strictly: what isn't UTF-8 is an error with its place instead of a replacement character. */
import { fail, type Outcome, ok } from '../base/outcome.ts';

export interface NotUtf8 {
  /** Of the first invalid byte, from 0. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  readonly hint: string | null;
}

/** The text without a byte order mark. */
export function decodeUtf8(bytes: Uint8Array): Outcome<string, NotUtf8> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    const offset = firstInvalidByte(bytes);
    const before = new TextDecoder().decode(bytes.subarray(0, offset)).split(/\r\n|\r|\n/);
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    return fail({
      offset,
      line: before.length,
      column: [...(before.at(-1) ?? '')].length + 1,
      hint: utf16 ? 'it looks like UTF-16: save the file as UTF-8' : 'save the file as UTF-8',
    });
  }
}

/** By halving: a prefix decodes, its last character cut off or not, as long as it ends before what is wrong. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (valid < invalid) {
    const middle = (valid + invalid + 1) >> 1;
    if (isValid(bytes.subarray(0, middle), true)) valid = middle;
    else invalid = middle - 1;
  }
  // What was still incomplete there begins up to three bytes before.
  while (!isValid(bytes.subarray(0, valid), false)) valid--;
  return valid;
}

function isValid(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}
