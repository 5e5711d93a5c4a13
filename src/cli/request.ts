/** From command-line options to what `app/` asks for. */

import type { ProjectRequest } from '../app/project.ts';
import type { SplitArgv } from './argv.ts';
import { checkFlag } from './flag-values.ts';
import { aboutFlag } from './foreign-flags.ts';
import { localDate } from './local-date.ts';
import { FLAGS_NOT_YET } from './not-yet.ts';
import { GLOBAL_FLAGS, longName, RUN_FLAGS } from './options.ts';
import { maskOutput } from './output.ts';

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
  /** commander's name for `--no-wait`: false where it was given. */
  readonly wait?: boolean;
  readonly param?: readonly string[];
  /** `ORCH_PARAM` */
  readonly paramOfVariable?: readonly string[];
  /** What was given by variables instead of flags: option -> variable. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly date?: string;
  readonly yes?: boolean;
  readonly outputs?: boolean;
  readonly orphans?: boolean;
  readonly list?: boolean;
  readonly clean?: boolean;
}

/** Flags of `orch run`, with which parameters may not share a name. */
export const RESERVED_FLAGS: readonly string[] = [
  ...[...GLOBAL_FLAGS, ...RUN_FLAGS].map(({ flags: written }) => longName(written)),
  ...FLAGS_NOT_YET,
];

export function projectRequest(
  options: GlobalOptions,
  flags: SplitArgv['params'],
  mayWrite: boolean,
): ProjectRequest {
  const pair = (text: string, from: string) => ({
    pipeline: options.pipeline ?? null,
    name: text.slice(0, text.indexOf('=')),
    value: text.slice(text.indexOf('=') + 1),
    from,
  });
  for (const text of options.param ?? []) checkFlag('param', text);
  const params = [
    // The later ones win.
    ...(options.paramOfVariable ?? []).map((text) => pair(text, 'ORCH_PARAM')),
    ...(options.param ?? []).map((text) => pair(text, `--param ${text}`)),
    ...flags.map(({ name, value, from, isBare, isAttached, ownFlags }) => ({
      isBare,
      isFlag: true,
      hasNextWord: !isAttached,
      ...insteadOf(from, ownFlags),
      pipeline: options.pipeline ?? null,
      name: name.replaceAll('-', '_'),
      value,
      from: isBare ? from : `${from}${isAttached ? '=' : ' '}${value}`,
    })),
  ];
  if (options.date !== undefined) checkFlag('date', options.date);
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
      ...(options.variables === undefined ? {} : { variables: options.variables }),
    },
    pipeline: options.pipeline ?? null,
    params,
    environment,
    today: options.date ?? localDate(new Date()),
    reservedFlags: RESERVED_FLAGS,
    mayWrite,
    onSecrets: maskOutput,
  };
}

/** Flags that orch doesn't know are taken for parameters; this is for where there is no such parameter either. */
function insteadOf(flag: string, ownFlags?: readonly string[]): { readonly instead?: string } {
  const instead = aboutFlag(flag, ownFlags);
  return instead === null ? {} : { instead };
}
