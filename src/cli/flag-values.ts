/**
 * What a flag's value must look like, and its variable's alike: both are judged here, and each is named as it was
 * given. Knows neither commander nor what the values are for.
 */

import { CommandError, EXIT } from '../app/exit-codes.ts';
import { isDate } from '../base/date.ts';
import { DURATION_FORM, parseDuration } from '../base/duration.ts';
import { nearest } from '../base/nearest.ts';
import { parseSize } from '../base/size.ts';

const ON = ['1', 'true', 'yes', 'on'];
const OFF = ['0', 'false', 'no', 'off', ''];

interface Wrong {
  readonly expected: string;
  readonly hint?: string;
}

/** By long name: what is wrong with a text, or null. Flags that aren't listed take any text. */
const CHECKS: Readonly<Record<string, (text: string) => Wrong | null>> = {
  jobs: (text) =>
    /^[1-9]\d{0,3}$/.test(text)
      ? null
      : {
          expected: 'a number of workers, from 1 to 9999',
          hint: 'without it there are as many workers as cores',
        },
  output: (text) => notAmong(['auto', 'group', 'stream', 'quiet'], text),
  'on-busy': (text) => notAmong(['queue', 'restart'], text),
  debounce: (text) => wrongDuration(text),
  poll: (text) => wrongDuration(text),
  date: (text) => (isDate(text) ? null : { expected: 'a date, YYYY-MM-DD', hint: 'for example 2023-01-31' }),
  param: (text) => (text.indexOf('=') > 0 ? null : { expected: 'NAME=VALUE', hint: 'for example month=2' }),
  resources: (text) => {
    const total = totalOf(text);
    return 'amount' in total
      ? null
      : {
          expected: `NAME=TOTAL${total.problem === '' ? '' : `, but ${total.problem}`}`,
          hint: 'for example memory=8GB or licences=2',
        };
  },
};

/** How flags are called in messages where they have a letter that fingers know. */
const LETTERS: Readonly<Record<string, string>> = { jobs: '-j' };

/** Throws where a flag's value can't be meant. */
export function checkFlag(name: string, text: string): void {
  refuse(`${LETTERS[name] ?? `--${name}`} ${text}`, CHECKS[name]?.(text) ?? null);
}

/** The same for one value of the flag's variable. */
export function checkVariable(variable: string, name: string, text: string): void {
  refuse(`${variable}=${text}`, CHECKS[name]?.(text) ?? null);
}

/** Yes or no; throws where it's neither. */
export function isOn(variable: string, text: string): boolean {
  const value = text.toLowerCase();
  if (ON.includes(value)) return true;
  if (!OFF.includes(value))
    refuse(`${variable}=${text}`, { expected: '1, true, yes or on, or 0, false, no or off' });
  return false;
}

/** `memory=8GB`, `licences=2`. */
export function totalOf(
  text: string,
): { readonly name: string; readonly amount: number } | { readonly problem: string } {
  const [name = '', value = ''] = text.split('=');
  if (name === '' || value === '') return { problem: '' };
  if (name === 'memory') {
    const size = parseSize(value);
    return size.ok ? { name, amount: size.value } : { problem: size.error };
  }
  const amount = Number(value);
  return Number.isFinite(amount) && amount >= 0
    ? { name, amount }
    : { problem: `${value} is no number from 0` };
}

function notAmong(possible: readonly string[], text: string): Wrong | null {
  if (possible.includes(text)) return null;
  const close = nearest(text, possible);
  const expected = `${possible.slice(0, -1).join(', ')} or ${possible[possible.length - 1]}`;
  return close === null ? { expected } : { expected, hint: `did you mean ${close}?` };
}

function wrongDuration(text: string): Wrong | null {
  return parseDuration(text).ok ? null : { expected: DURATION_FORM };
}

function refuse(given: string, wrong: Wrong | null): void {
  if (wrong !== null)
    throw new CommandError(`${given}: expected ${wrong.expected}`, EXIT.usage, wrong.hint ?? null);
}
