/** Functions that make texts: padding, joining, parts of paths, hashes. */
import { fail, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { textOf } from './values.ts';

const MAX_WIDTH = 1_000;

export const TEXT_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'pad',
    parameters: [
      { name: 'value', kind: 'text' },
      { name: 'width', kind: 'integer' },
      { name: 'fill', kind: 'string', optional: true },
    ],
    description:
      'The value as a text of at least `width` characters, filled up on the left with `fill` (one character, 0 by default). Zeros go behind the minus of a negative number.',
    examples: [
      { expression: 'pad(3, 2)', value: '03' },
      { expression: "pad('ab', 4, '.')", value: '..ab' },
      { expression: 'pad(-5, 3)', value: '-05' },
    ],
    apply: ([value, width, fill = '0']) => {
      if ([...(fill as string)].length !== 1) return fail('pad: fill must be one character');
      if ((width as number) < 0 || (width as number) > MAX_WIDTH)
        return fail(`pad: width must be 0 to ${MAX_WIDTH}`);
      const text = String(value);
      const sign = typeof value === 'number' && value < 0 && fill === '0' ? '-' : '';
      const missing = (width as number) - [...text].length;
      return ok(missing <= 0 ? text : sign + (fill as string).repeat(missing) + text.slice(sign.length));
    },
  },
  {
    name: 'join',
    parameters: [
      { name: 'list', kind: 'list' },
      { name: 'separator', kind: 'string', optional: true },
    ],
    description: 'The items of a list as one text, with `separator` (a comma by default) between them.',
    examples: [
      { expression: "join(['a', 'b', 3], '-')", value: 'a-b-3' },
      { expression: 'join([1, 2])', value: '1,2' },
    ],
    apply: ([list, separator = ',']) => {
      const texts: string[] = [];
      for (const item of list as readonly JsonValue[]) {
        const text = textOf(item);
        if (!text.ok) return fail(`join: ${text.error.message}`);
        texts.push(text.value);
      }
      return ok(texts.join(separator as string));
    },
  },
  {
    name: 'basename',
    parameters: [{ name: 'path', kind: 'string' }],
    description: 'The last part of a path.',
    examples: [
      { expression: "basename('data/raw/trips.csv.gz')", value: 'trips.csv.gz' },
      { expression: "basename('data/raw/')", value: 'raw' },
    ],
    apply: ([path]) => ok(basename(path as string)),
  },
  {
    name: 'dirname',
    parameters: [{ name: 'path', kind: 'string' }],
    description: 'The path without its last part; `.` where there is only one.',
    examples: [
      { expression: "dirname('data/raw/trips.csv')", value: 'data/raw' },
      { expression: "dirname('trips.csv')", value: '.' },
    ],
    apply: ([path]) => ok(dirname(path as string)),
  },
  {
    name: 'stem',
    parameters: [{ name: 'path', kind: 'string' }],
    description: 'The last part of a path without its last extension.',
    examples: [
      { expression: "stem('data/raw/trips.csv')", value: 'trips' },
      { expression: "stem('trips.csv.gz')", value: 'trips.csv' },
      { expression: "stem('.env')", value: '.env' },
    ],
    apply: ([path]) => ok(basename(path as string).replace(/(?<=[^.].*)\.[^.]*$/s, '')),
  },
  {
    name: 'sha',
    parameters: [{ name: 'text', kind: 'text' }],
    description: 'SHA-256 of the text in UTF-8, as 64 hexadecimal digits.',
    examples: [
      { expression: "sha('abc')", value: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
    ],
    apply: ([text]) => ok(sha256(String(text))),
  },
];

function basename(path: string): string {
  const trimmed = path.replace(/(?<=[^/])\/+$/, '');
  return /^\/+$/.test(trimmed) ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function dirname(path: string): string {
  const trimmed = path.replace(/(?<=[^/])\/+$/, '');
  const slash = trimmed.lastIndexOf('/');
  if (slash === -1) return '.';
  return trimmed.slice(0, slash).replace(/\/+$/, '') || '/';
}

/**
 * node:crypto costs 2 ms to load, so it is fetched on the first use: by `require` in the CommonJS bundle, by
 * `getBuiltinModule` where the sources run as modules.
 */
function sha256(text: string): string {
  const crypto: typeof import('node:crypto') =
    typeof require === 'function' ? require('node:crypto') : process.getBuiltinModule('node:crypto');
  return crypto.createHash('sha256').update(text).digest('hex');
}
