/** `orch clean`, also `orch --clean`. */
import { createInterface } from 'node:readline/promises';
import { clean as cleanProject } from '../../app/clean.ts';
import { EXIT } from '../../app/exit-codes.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { turnOf } from '../turn.ts';

export async function clean(options: GlobalOptions): Promise<number> {
  const orphansOnly = options.orphans === true;
  if (
    !orphansOnly &&
    options.yes !== true &&
    process.stdin.isTTY &&
    process.stdout.isTTY &&
    !(await isConfirmed(options))
  ) {
    print('nothing was changed\n');
    return EXIT.done;
  }
  const cleaned = await cleanProject({
    project: projectRequest(options, [], false),
    outputs: options.outputs === true,
    orphansOnly,
    turn: turnOf(options),
  });
  if (options.json === true) {
    print(`${JSON.stringify(cleaned, null, 2)}\n`);
    return EXIT.done;
  }
  if (options.quiet === true) return EXIT.done;
  for (const path of cleaned.outputs) print(`removed ${path}\n`);
  if (!orphansOnly) {
    print(
      `cache and state emptied: ${cleaned.cachedFiles} files, ${(cleaned.freedBytes / 1_000_000).toFixed(2)} MB\n`,
    );
    if (cleaned.keptForOthers > 0)
      print(
        `kept for the other projects that share the cache: their last good results (${cleaned.keptForOthers})\n`,
      );
  } else if (cleaned.outputs.length === 0) print('no orphans\n');
  return EXIT.done;
}

async function isConfirmed(options: GlobalOptions): Promise<boolean> {
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const what =
      options.outputs === true
        ? 'Empty cache and state, and remove recorded outputs?'
        : 'Empty cache and state?';
    return /^y(es)?$/i.test((await ask.question(`${what} [y/N] `)).trim());
  } catch {
    printError('\n');
    return false;
  } finally {
    ask.close();
  }
}
