/** `orch watch`. */
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import { EVENT_VERSION, type WatchEventBody } from '../../model/event.ts';
import { createJsonReporter } from '../../reporters/json-lines.ts';
import { createWatchLines } from '../../reporters/watch-lines.ts';
import { listenForStop } from '../../triggers/stop.ts';
import { type WatchRequest, watchTargets } from '../../triggers/watch.ts';
import type { SplitArgv } from '../argv.ts';
import { longName, RUN_FLAGS, WATCH_FLAGS } from '../options.ts';
import { print, printError } from '../output.ts';
import type { GlobalOptions } from '../request.ts';
import { canMoveCursor, terminalFor } from '../style.ts';
import { type RunFlags, runOptions, runReport, runWish } from './run.ts';

interface WatchFlags extends RunFlags {
  readonly onBusy?: string;
  readonly debounce?: string;
  readonly poll?: string;
  readonly clear?: boolean;
}

const DEFAULT_DEBOUNCE_MS = 100;
const SHORTEST_POLL_MS = 10;

export async function watch(
  targets: readonly string[],
  given: GlobalOptions,
  main: Pick<SplitArgv, 'extra' | 'params'> & Pick<WatchRequest, 'onTrouble'>,
): Promise<number> {
  refuseFlagsOfRun(main.params);
  const { clear, ...rest } = given as WatchFlags;
  const options: WatchFlags = {
    clear: true,
    ...runOptions(rest, WATCH_FLAGS),
    ...(clear === false ? { clear } : {}),
  };
  const wish: WatchRequest['wish'] = ({ isFirst }) => {
    const wanted = runWish(targets, options, main);
    return isFirst ? wanted : { ...wanted, force: false };
  };
  const tellings = tellingsOf(options, wish({ isFirst: true }).output === 'quiet');
  const request = {
    wish,
    openReport: () => runReport(options),
    debounceMs: duration('--debounce', options.debounce) ?? DEFAULT_DEBOUNCE_MS,
    pollMs: pollOf(options.poll),
    onBusy: onBusyOf(options.onBusy ?? 'queue'),
    tellsIdleRuns: options.json === true,
    onTrouble: main.onTrouble,
    emit: tellings.tell,
    onShow: tellings.beginRun,
  };
  const stop = listenForStop();
  process.stdout.on('error', stop.unheard);
  try {
    return await watchTargets({ ...request, stop });
  } finally {
    tellings.close();
    process.stdout.off('error', stop.unheard);
    stop.close();
  }
}

function tellingsOf(options: WatchFlags, quiet: boolean) {
  if (options.json === true) {
    const report = createJsonReporter(print);
    return {
      tell: (body: WatchEventBody) => report({ v: EVENT_VERSION, atMs: Date.now(), ...body }),
      beginRun: () => {},
      close: () => {},
    };
  }
  const { style, ascii } = terminalFor(process.stderr, options.color === false, process.env);
  return createWatchLines({
    out: print,
    error: printError,
    quiet,
    ascii,
    style,
    columns,
    clears: options.clear !== false && !quiet,
    now: () => performance.now(),
  });
}

/** null where nothing can be written over: not a terminal, one without a width, or a program that reads along. */
function columns(): number | null {
  const { stdout, stderr, env } = process;
  if (!canMoveCursor(stdout, env) || !canMoveCursor(stderr, env)) return null;
  return stderr.columns > 0 ? stderr.columns : null;
}

/** Flags that the command doesn't have count as parameters; of these it's better said what is wrong. */
function refuseFlagsOfRun(params: SplitArgv['params']): void {
  const own = WATCH_FLAGS.map(({ flags }) => longName(flags));
  const foreign = RUN_FLAGS.map(({ flags }) => longName(flags)).filter((name) => !own.includes(name));
  const wrong = params.find(({ name }) => foreign.includes(name));
  if (wrong !== undefined)
    throw new CommandError(
      `--${wrong.name} is a flag of \`orch run\`, not of \`orch watch\``,
      EXIT.usage,
      '`orch watch --help` lists those that it has',
    );
}

function onBusyOf(text: string): WatchRequest['onBusy'] {
  if (text !== 'queue' && text !== 'restart')
    throw new CommandError(`--on-busy ${text}: expected queue or restart`, EXIT.usage);
  return text;
}

function pollOf(text: string | undefined): number | null {
  const pollMs = duration('--poll', text);
  if (pollMs !== null && pollMs < SHORTEST_POLL_MS)
    throw new CommandError(`--poll ${text}: expected at least ${SHORTEST_POLL_MS}ms`, EXIT.usage);
  return pollMs;
}

function duration(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const parsed = parseDuration(text);
  if (!parsed.ok)
    throw new CommandError(`${flag} ${text}: ${parsed.error}`, EXIT.usage, `write ${DURATION_FORM}`);
  return parsed.value;
}
