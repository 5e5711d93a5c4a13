/** Durations as people write them: `500ms`, `2s`, `10m`, `1h`, `30d`, and several together, `1h30m`. */
import { fail, type Outcome, ok } from './outcome.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What to write, for error messages. */
export const DURATION_FORM = 'a duration such as 500ms, 2s, 10m, 1h or 30d';

/** `5 minutes`, `1 day`, `00:10:00` and the like in the form that is read; null for anything else. */
function meantBy(text: string): string | null {
  const words = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)[a-z]*\.?$/i.exec(text);
  if (words !== null) {
    const [, amount, letter] = words;
    const unit = /^\d[\d.]*\s*(milli|msec)/i.test(text) ? 'ms' : letter!.toLowerCase();
    return unit === 'w' ? `${Number(amount) * 7}d` : `${amount}${unit}`;
  }
  const clock = /^(\d{1,3}):(\d\d)(?::(\d\d))?$/.exec(text);
  if (clock === null) return null;
  const [, first, second, third] = clock;
  const parts: readonly (readonly [string, string])[] =
    third === undefined
      ? [
          [first!, 'm'],
          [second!, 's'],
        ]
      : [
          [first!, 'h'],
          [second!, 'm'],
          [third, 's'],
        ];
  return (
    parts.map(([amount, unit]) => (Number(amount) === 0 ? '' : `${Number(amount)}${unit}`)).join('') || null
  );
}

/** Milliseconds. The failure says what is wrong in a few words. */
export function parseDuration(text: string): Outcome<number, string> {
  const written = text.trim();
  if (/^\d+(\.\d+)?$/.test(written)) return fail(`it has no unit: write ${written}s for seconds`);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(written)) {
    const meant = meantBy(written);
    return fail(meant === null ? `expected ${DURATION_FORM}` : `write ${meant}`);
  }
  let total = 0;
  for (const [, amount, unit] of written.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * UNIT_MS[unit!]!;
  const ms = Math.round(total);
  return Number.isSafeInteger(ms) ? ok(ms) : fail('it is too long');
}
