/**
 * Days and months as texts (`2023-01-31`, `2023-01`), in the Gregorian calendar, without time of day or zone:
 * what a pipeline computes must not depend on where it runs. Knows no expressions.
 */

export interface Day {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31; 1 where only a month was written. */
  readonly day: number;
  /** Written as `2023-01`. */
  readonly isMonth: boolean;
}

export type DateUnit = 'day' | 'week' | 'month' | 'year';

/** null where the text is no day or month that exists. Years are 0001 to 9999. */
export function parseDay(text: string): Day | null {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3] ?? '1')];
  return isDay(year, month, day) ? { year, month, day, isMonth: match[3] === undefined } : null;
}

export function isDay(year: number, month: number, day: number): boolean {
  return (
    [year, month, day].every(Number.isInteger) &&
    year >= 1 &&
    year <= 9999 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month)
  );
}

export function formatDay({ year, month, day, isMonth }: Day): string {
  const text = `${digits(year, 4)}-${digits(month, 2)}`;
  return isMonth ? text : `${text}-${digits(day, 2)}`;
}

/**
 * `amount` units later (earlier where negative). Months and years clamp to the month's last day: a month after
 * 31 January is 28 or 29 February. null where the result leaves the years 1 to 9999.
 */
export function addToDay(from: Day, amount: number, unit: DateUnit): Day | null {
  if (unit === 'day' || unit === 'week') {
    const moved = new Date(utc(from) + amount * (unit === 'week' ? 7 : 1) * DAY_MS);
    const [year, month, day] = [moved.getUTCFullYear(), moved.getUTCMonth() + 1, moved.getUTCDate()];
    return isDay(year, month, day) ? { ...from, year, month, day } : null;
  }
  const months = from.year * 12 + from.month - 1 + amount * (unit === 'year' ? 12 : 1);
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  if (!isDay(year, month, 1)) return null;
  return { ...from, year, month, day: Math.min(from.day, daysIn(year, month)) };
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** strftime, as far as it concerns days; `%-m` is `%m` without its zeros. */
const DIRECTIVES: Readonly<Record<string, (day: Day) => string>> = {
  Y: ({ year }) => digits(year, 4),
  y: ({ year }) => digits(year % 100, 2),
  m: ({ month }) => digits(month, 2),
  d: ({ day }) => digits(day, 2),
  e: ({ day }) => String(day).padStart(2, ' '),
  j: (day) => digits(dayOfYear(day), 3),
  B: ({ month }) => MONTHS[month - 1]!,
  b: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  A: (day) => DAYS[weekday(day)]!,
  a: (day) => DAYS[weekday(day)]!.slice(0, 3),
  u: (day) => String(weekday(day) || 7),
  w: (day) => String(weekday(day)),
  G: (day) => digits(isoWeek(day).year, 4),
  V: (day) => digits(isoWeek(day).week, 2),
  F: (day) => formatDay({ ...day, isMonth: false }),
  '%': () => '%',
};

/** Names of months and weekdays are English. The error is the directive that isn't known. */
export function strftime(day: Day, format: string): { readonly text: string } | { readonly unknown: string } {
  let unknown: string | null = null;
  const text = format.replace(/%(-?)([\s\S]?)/gu, (directive, dash: string, letter: string) => {
    if (!Object.hasOwn(DIRECTIVES, letter)) {
      unknown ??= directive;
      return '';
    }
    const written = DIRECTIVES[letter]!(day);
    return dash === '' ? written : written.replace(/^[0 ]+(?=\d)/, '');
  });
  return unknown === null ? { text } : { unknown };
}

export const STRFTIME_DIRECTIVES: readonly string[] = Object.keys(DIRECTIVES).map((letter) => `%${letter}`);

const DAY_MS = 86_400_000;

function utc({ year, month, day }: Day): number {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(Date.UTC(2000, month - 1, day));
  return date.setUTCFullYear(year, month - 1, day);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function weekday(day: Day): number {
  return new Date(utc(day)).getUTCDay();
}

function dayOfYear(day: Day): number {
  return (utc(day) - utc({ ...day, month: 1, day: 1 })) / DAY_MS + 1;
}

/** ISO 8601: weeks start on Monday, and belong to the year that has their Thursday. */
function isoWeek(day: Day): { year: number; week: number } {
  const thursday = new Date(utc(day) + (4 - (weekday(day) || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  return {
    year,
    week: Math.ceil(((thursday.getTime() - utc({ ...day, year, month: 1, day: 1 })) / DAY_MS + 1) / 7),
  };
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
