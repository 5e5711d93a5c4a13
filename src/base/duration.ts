/** Durations as people write them: `500ms`, `2s`, `10m`, `1h`, `30d`, and several together, `1h30m`. */
import { fail, type Outcome, ok } from './outcome.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What to write, for error messages. */
export const DURATION_FORM = 'a duration such as 500ms, 2s, 10m, 1h or 30d';

/** Milliseconds. The failure says what is wrong in a few words. */
export function parseDuration(text: string): Outcome<number, string> {
  const written = text.trim();
  if (/^\d+(\.\d+)?$/.test(written)) return fail(`it has no unit: write ${written}s for seconds`);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(written)) return fail(`expected ${DURATION_FORM}`);
  let total = 0;
  for (const [, amount, unit] of written.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * UNIT_MS[unit!]!;
  const ms = Math.round(total);
  return Number.isSafeInteger(ms) ? ok(ms) : fail('it is too long');
}
