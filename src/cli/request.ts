/** From command-line options to what `app/` asks for. */

import { CommandError } from '../app/exit-codes.ts';
import type { ProjectRequest } from '../app/project.ts';
import type { SplitArgv } from './argv.ts';
import { aboutFlag } from './foreign-flags.ts';
import { localDate } from './local-date.ts';
import { GLOBAL_FLAGS, longName, RUN_FLAGS } from './options.ts';

export interface GlobalOptions {
  readonly directory?: string;
  readonly file?: string;
  /** false: `file` was named otherwise than by `-f`. */
  readonly isFileFlag?: boolean;
  readonly root?: string;
  readonly pipeline?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  /** commander's name for `--no-color`: false where it was given. */
  readonly color?: boolean;
  readonly param?: readonly string[];
  readonly date?: string;
  readonly yes?: boolean;
  readonly outputs?: boolean;
  readonly orphans?: boolean;
  readonly list?: boolean;
  readonly clean?: boolean;
}

export function projectRequest(
  options: GlobalOptions,
  flags: SplitArgv['params'],
  mayWrite: boolean,
): ProjectRequest {
  const params = [
    ...(options.param ?? []).map((text) => {
      const equals = text.indexOf('=');
      if (equals <= 0)
        throw new CommandError(`--param ${text}: expected NAME=VALUE`, 2, 'for example --param month=2');
      return {
        pipeline: options.pipeline ?? null,
        name: text.slice(0, equals),
        value: text.slice(equals + 1),
        from: `--param ${text}`,
      };
    }),
    ...flags.map(({ name, value, from, isBare, isAttached }) => ({
      isBare,
      isFlag: true,
      hasNextWord: !isAttached,
      ...insteadOf(from),
      pipeline: options.pipeline ?? null,
      name: name.replaceAll('-', '_'),
      value,
      from: isBare ? from : `${from}${isAttached ? '=' : ' '}${value}`,
    })),
  ];
  if (options.date !== undefined && !isDate(options.date))
    throw new CommandError(
      `${process.argv.some((word) => word.startsWith('--date')) ? '--date ' : 'ORCH_DATE='}${options.date} is not a date`,
      2,
      'write it as YYYY-MM-DD, such as 2023-01-31',
    );
  // A nested orch ignores the parameters that its parent set for the task it runs in (SPEC B4).
  const isNested = process.env['ORCH_ATTEMPT'] !== undefined;
  const environment = isNested
    ? Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ORCH_PARAM')))
    : // A copy: each look at process.env itself asks the system anew.
      { ...process.env };
  return {
    start: {
      cwd: process.cwd(),
      dir: options.directory ?? null,
      file: options.file ?? null,
      isFlag: options.isFileFlag !== false,
      root: options.root ?? null,
    },
    pipeline: options.pipeline ?? null,
    params,
    environment,
    today: options.date ?? localDate(new Date()),
    reservedFlags: [...GLOBAL_FLAGS, ...RUN_FLAGS].map(({ flags: written }) => longName(written)),
    mayWrite,
  };
}

/** Flags that orch doesn't know are taken for parameters; this is for where there is no such parameter either. */
function insteadOf(flag: string): { readonly instead?: string } {
  const instead = aboutFlag(flag);
  return instead === null ? {} : { instead };
}

function isDate(text: string): boolean {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  // 30 February would become 2 March, and of a thirteenth month no date is made at all.
  return date !== null && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
