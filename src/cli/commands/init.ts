/** `orch init`: asks on a terminal which of several found things to take, and says what was written. */
import { createInterface } from 'node:readline/promises';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { type Initiated, initiate, initPlace } from '../../app/init.ts';
import { nearest } from '../../base/nearest.ts';
import type { Source } from '../../starters/find-starters.ts';
import { STARTER_KINDS, type StarterKind } from '../../starters/starter.ts';
import { noteLine } from '../../starters/write-starter.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, RESERVED_FLAGS } from '../request.ts';
import { OLD_SCHEMA, schemaText } from './schema.ts';

export interface InitOptions extends GlobalOptions {
  readonly from?: string;
  readonly dryRun?: boolean;
}

export async function init(options: InitOptions): Promise<number> {
  const isDry = options.dryRun === true;
  const place = initPlace(options.directory ?? '.', options.file ?? null, isDry);
  const kind = options.from === undefined ? await choose(place.sources, options) : kindOf(options.from);
  const initiated = await initiate({
    place,
    kind,
    schemaText: schemaText(),
    reservedFlags: RESERVED_FLAGS,
    write: !isDry,
  });
  if (options.json === true) {
    const { text, notes, ...rest } = initiated;
    const found = place.sources.map(({ kind: from, path }) => ({ from, path }));
    print(`${JSON.stringify({ ...rest, found, notCarriedOver: notes, text }, null, 2)}\n`);
    return EXIT.done;
  }
  if (isDry) print(initiated.text);
  const say = isDry ? printError : print;
  if (options.quiet !== true) for (const line of report(initiated, place.sources, isDry)) say(`${line}\n`);
  return EXIT.done;
}

function kindOf(name: string): StarterKind {
  const kind = STARTER_KINDS.find((each) => each === name);
  if (kind !== undefined) return kind;
  const close = nearest(name, STARTER_KINDS);
  throw new CommandError(
    `--from ${name}: there is no such kind`,
    EXIT.usage,
    close === null ? `the kinds are ${STARTER_KINDS.join(', ')}` : `did you mean --from ${close}?`,
  );
}

/** The first of what was found; on a terminal the user is asked where there are several. */
async function choose(sources: readonly Source[], options: InitOptions): Promise<StarterKind> {
  const [first, ...others] = sources;
  if (first === undefined) return 'example';
  const mayAsk = process.stdin.isTTY && process.stderr.isTTY && options.yes !== true && options.json !== true;
  if (others.length === 0 || !mayAsk) return first.kind;
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  // A question that Ctrl-C or Ctrl-D ends is never answered.
  const given = new Promise<never>((_, reject) => {
    ask.once('SIGINT', () => reject(new CommandError('nothing was written', EXIT.SIGINT)));
    ask.once('close', () => reject(new CommandError('nothing was written', EXIT.usage)));
  });
  given.catch(() => {});
  try {
    for (const [index, { kind, path }] of sources.entries())
      printError(`  ${index + 1}  ${path} (${kind})\n`);
    for (;;) {
      const answer = (await Promise.race([ask.question('Begin with which one? [1] '), given])).trim();
      const chosen =
        answer === '' ? first : (sources[Number(answer) - 1] ?? sources.find(({ kind }) => kind === answer));
      if (chosen !== undefined) return chosen.kind;
      printError(`a number from 1 to ${sources.length}, please\n`);
    }
  } catch (error) {
    printError('\n');
    throw error;
  } finally {
    ask.close();
  }
}

/** More would push what matters off the screen; all of them stand in the file. */
const MOST_NOTES = 12;

function report(initiated: Initiated, sources: readonly Source[], isDry: boolean): readonly string[] {
  const { kind, from, file, taskCount, paramNames, notes, made, occupied, schemaFile, isSchemaOld } =
    initiated;
  const others = sources.filter((source) => source.kind !== kind);
  const tasks = `${taskCount} ${taskCount === 1 ? 'task' : 'tasks'}`;
  const params =
    paramNames.length === 0
      ? ''
      : `, ${paramNames.length} ${paramNames.length === 1 ? 'parameter' : 'parameters'}`;
  const lines = [
    from === null ? 'found nothing to take over: this is a small example' : `found ${from}`,
    ...others.map(
      (source) =>
        `also found ${source.path === '.' ? `files for ${source.kind}` : source.path}: \`orch init --from ${source.kind}\` would begin with it`,
    ),
    `${isDry ? 'would write' : 'wrote'} ${file} (${tasks}${params})${schemaFile === null ? '' : ` and ${schemaFile}, which editors read`}`,
    ...(isSchemaOld ? [OLD_SCHEMA] : []),
    ...notes.slice(0, MOST_NOTES).map(noteLine),
    ...(notes.length > MOST_NOTES ? [`and ${notes.length - MOST_NOTES} more, at the end of ${file}`] : []),
  ];
  if (initiated.missing.length > 0)
    lines.push(
      `not on the PATH: ${initiated.missing.join(', ')}; install ${initiated.missing.length === 1 ? 'it' : 'them'} first, or correct the commands in ${file}`,
    );
  if (isDry) return lines;
  lines.push(
    initiated.defaultTargets.length > 0
      ? 'next: `orch run -n` shows what would run and why, `orch run` does it'
      : 'next: `orch list` shows the tasks, `orch run TASK` runs one; `default: [TASK]` makes it that of `orch run`',
  );
  if (made.length > 0) {
    const before = initiated.first.length > 0 ? `orch run ${initiated.first.join(' ')} && ` : '';
    lines.push(
      `results are there already: \`${before}orch run -t ${made.join(' ')}\` takes them as they are, without running`,
    );
  }
  if (occupied.length > 0)
    lines.push(`\`orch run --replace\` sets aside what lies in ${occupied.join(', ')} and makes it anew`);
  return lines;
}
