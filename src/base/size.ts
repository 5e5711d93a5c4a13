/** Sizes as people write them: `4GB` is 4·10^9 bytes, `4GiB` is 4·2^30. */
import { fail, type Outcome, ok } from './outcome.ts';

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** What to write, for error messages. */
export const SIZE_FORM = 'a size such as 500MB, 4GB (10^9) or 4GiB (2^30)';

/** Bytes. Case doesn't matter. The failure says what is wrong in a few words. */
export function parseSize(text: string): Outcome<number, string> {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (match === null) return fail(`expected ${SIZE_FORM}`);
  const [, amount, unit] = match;
  const factor = UNIT_BYTES[unit!.toLowerCase()];
  if (unit === '')
    return Number(amount) === 0 ? ok(0) : fail(`it has no unit: write ${amount}MB or ${amount}GB`);
  if (/^[kmgt]$/i.test(unit!)) {
    const letter = unit!.toUpperCase();
    return fail(
      `the unit "${unit}" has two meanings: write ${amount}${letter}B (1000s) or ${amount}${letter}iB (1024s)`,
    );
  }
  if (factor === undefined) return fail(`unknown unit "${unit}": expected ${SIZE_FORM}`);
  const bytes = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(bytes) ? ok(bytes) : fail('it is too large');
}

/** `523 B`, `12 kB`, `340 MB`, `1.2 GB`, `2 TB`: decimal, as `4GB` is read. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let amount = bytes;
  // What would be rounded to 1000 is one of the next unit.
  while (at < units.length - 1 && amount >= 999.5) {
    amount /= 1000;
    at += 1;
  }
  const digits = at === 0 || amount >= 9.95 ? 0 : 1;
  return `${Number(amount.toFixed(digits))} ${units[at]}`;
}
