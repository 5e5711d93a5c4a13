// What every stage shares: reading its flags and ending well. A stage gets all that it needs by flags, so that
// the command line in the pipeline says everything that decides its result.
import { parseArgs } from 'node:util';

/** Expected trouble: its message is written for the user and is all that is printed. */
export class Trouble extends Error {
  /** @param {string} message @param {number} [exitCode] 1: it failed; 75: it may well work a little later */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What sysexits.h calls EX_TEMPFAIL; the pipeline retries on it. */
export const TRY_LATER = 75;

const READERS = {
  text: (value) => value,
  number: (value) => (value.trim() === '' || !Number.isFinite(Number(value)) ? undefined : Number(value)),
  integer: (value) => (/^-?\d{1,15}$/.test(value) ? Number(value) : undefined),
  month: (value) => (/^\d{4}-(0[1-9]|1[0-2])$/.test(value) ? value : undefined),
  list: (value) => value.split(',').filter((item) => item !== ''),
};

/**
 * Reads the flags, runs the stage, and turns trouble into one message and an exit code.
 *
 * @param {string} name how messages begin
 * @param {Record<string, {type: keyof typeof READERS | 'switch', default?: unknown, optional?: boolean, oneOf?: string[], many?: boolean}>} flags
 * @param {(values: Record<string, any>, rest: string[]) => unknown} main `rest`: the arguments without a flag
 */
export async function runStage(name, flags, main) {
  try {
    const { values, rest } = readFlags(flags, process.argv.slice(2));
    await main(values, rest);
  } catch (error) {
    // The system's own errors (disk full, no permission) say enough in one line; anything else is a bug.
    if (!(error instanceof Trouble) && error.syscall === undefined) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = error instanceof Trouble ? error.exitCode : 1;
  }
}

/** Exported for the tests. Throws Trouble with exit code 2. */
export function readFlags(flags, argv) {
  const { given, rest } = splitArguments(flags, argv);
  const values = {};
  for (const [flag, spec] of Object.entries(flags)) {
    const text = given[flag];
    if (spec.type === 'switch') values[flag] = text === true;
    else if (text === undefined) values[flag] = absentFlag(flag, spec);
    else if (spec.many) values[flag] = text.map((each) => readFlag(flag, spec, each));
    else values[flag] = readFlag(flag, spec, text);
  }
  return { values, rest };
}

function splitArguments(flags, argv) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([flag, { type, many }]) => [
      flag,
      { type: type === 'switch' ? 'boolean' : 'string', multiple: many === true },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true, strict: true });
    return { given: values, rest: positionals };
  } catch (error) {
    const known = Object.keys(flags).map((flag) => `--${flag}`);
    throw new Trouble(`${error.message}. The flags are ${known.join(' ')}`, 2);
  }
}

function absentFlag(flag, spec) {
  if (spec.default !== undefined || spec.optional) return spec.default;
  if (spec.many) return [];
  throw new Trouble(`--${flag} is missing`, 2);
}

const EXPECTED = { number: 'a number', integer: 'a whole number', month: 'a month such as 2023-01' };

function readFlag(flag, spec, text) {
  const value = READERS[spec.type](text);
  if (value === undefined)
    throw new Trouble(`--${flag}: expected ${EXPECTED[spec.type]}, found '${text}'`, 2);
  if (spec.oneOf && !spec.oneOf.includes(value)) {
    throw new Trouble(`--${flag}: expected ${spec.oneOf.join(' or ')}, found '${text}'`, 2);
  }
  return value;
}

/** First day of a month 'YYYY-MM' and of the one after it, as 'YYYY-MM-DD'. */
export function monthBounds(month) {
  const [year, number] = month.split('-').map(Number);
  const after =
    number === 12
      ? `${String(year + 1).padStart(4, '0')}-01`
      : `${month.slice(0, 5)}${String(number + 1).padStart(2, '0')}`;
  return { from: `${month}-01`, until: `${after}-01` };
}
