/** Functions on days and months, written 2023-01-31 and 2023-01. */
import { fail, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import {
  addToDay,
  type DateUnit,
  type Day,
  formatDay,
  isDay,
  parseDay,
  STRFTIME_DIRECTIVES,
  strftime,
} from './calendar.ts';
import type { FunctionDefinition } from './function-definition.ts';

const MAX_MONTHS = 100_000;
const UNITS: readonly DateUnit[] = ['day', 'week', 'month', 'year'];

export const DATE_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'date',
    parameters: [
      { name: 'year', kind: 'integer' },
      { name: 'month', kind: 'integer' },
      { name: 'day', kind: 'integer' },
    ],
    description: 'A day from its numbers. A day that does not exist is an error.',
    examples: [{ expression: 'date(2023, 1, 31)', value: '2023-01-31' }],
    apply: (args) => {
      const [year, month, day] = args as [number, number, number];
      return isDay(year, month, day)
        ? ok(formatDay({ year, month, day, isMonth: false }))
        : fail(`date: there is no day ${day} in month ${month} of ${year}`);
    },
  },
  {
    name: 'date_add',
    parameters: [
      { name: 'date', kind: 'date' },
      { name: 'amount', kind: 'integer' },
      { name: 'unit', kind: 'string' },
    ],
    description:
      "The date `amount` units ('day', 'week', 'month' or 'year') later, earlier where negative. A month's end stays a month's end at most: one month after 31 January is 28 or 29 February. A month (2023-01) takes months and years, and stays a month.",
    examples: [
      { expression: "date_add('2023-01-31', 1, 'month')", value: '2023-02-28' },
      { expression: "date_add('2023-03-01', -1, 'day')", value: '2023-02-28' },
      { expression: "date_add('2023-12', 1, 'month')", value: '2024-01' },
    ],
    apply: ([date, amount, unitText]) => {
      const day = parseDay(date as string);
      if (day === null) return fail(notADate('date_add', date!));
      const unit = UNITS.find((known) => known === unitText || `${known}s` === unitText);
      if (unit === undefined)
        return fail(`date_add: the unit is one of ${UNITS.join(', ')}, not ${JSON.stringify(unitText)}`);
      if (day.isMonth && (unit === 'day' || unit === 'week'))
        return fail(`date_add: ${date} is a month, to which no ${unit}s can be added; write ${date}-01`);
      const moved = addToDay(day, amount as number, unit);
      return moved === null
        ? fail('date_add: the result lies outside the years 1 to 9999')
        : ok(formatDay(moved));
    },
  },
  {
    name: 'format_date',
    parameters: [
      { name: 'date', kind: 'date' },
      { name: 'format', kind: 'string' },
    ],
    description: `The date as strftime writes it: ${STRFTIME_DIRECTIVES.join(' ')}; \`%-m\` leaves leading zeros away. A month counts as its first day.`,
    examples: [
      { expression: "format_date('2023-01-05', '%Y/%m')", value: '2023/01' },
      { expression: "format_date('2023-01-05', '%-d %B %Y')", value: '5 January 2023' },
      { expression: "int(format_date(date_add(date(2023, 12, 1), 1, 'month'), '%Y'))", value: 2024 },
    ],
    apply: ([date, format]) => {
      const day = parseDay(date as string);
      if (day === null) return fail(notADate('format_date', date!));
      const formatted = strftime(day, format as string);
      return 'text' in formatted
        ? ok(formatted.text)
        : fail(`format_date: ${formatted.unknown} is unknown; there are ${STRFTIME_DIRECTIVES.join(' ')}`);
    },
  },
  {
    name: 'months',
    parameters: [
      { name: 'first', kind: 'date' },
      { name: 'last', kind: 'date' },
    ],
    description: 'The months from that of `first` to that of `last`, both included.',
    examples: [
      { expression: "months('2023-11', '2024-02')", value: ['2023-11', '2023-12', '2024-01', '2024-02'] },
    ],
    apply: ([first, last]) => {
      const [from, to] = [parseDay(first as string), parseDay(last as string)];
      if (from === null) return fail(notADate('months', first!));
      if (to === null) return fail(notADate('months', last!));
      const start = monthCount(from);
      const length = Math.max(0, monthCount(to) - start + 1);
      if (length > MAX_MONTHS) return fail(`months: ${length} months are too many (at most ${MAX_MONTHS})`);
      return ok(
        Array.from({ length }, (_, i) =>
          formatDay({
            year: Math.floor((start + i) / 12),
            month: ((start + i) % 12) + 1,
            day: 1,
            isMonth: true,
          }),
        ),
      );
    },
  },
];

function monthCount({ year, month }: Day): number {
  return year * 12 + month - 1;
}

function notADate(fn: string, value: JsonValue): string {
  return `${fn}: ${JSON.stringify(value)} is no date; dates are written 2023-01-31, months 2023-01`;
}
