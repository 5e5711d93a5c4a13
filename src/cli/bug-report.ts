/** A throw that nobody expected: one line for the user, the stack in a file. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../app/exit-codes.ts';
import { printError } from './output.ts';

declare const ORCH_VERSION: string;

export function reportBug(error: unknown, argv: readonly string[]): number {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  let where = '';
  try {
    const file = join(mkdtempSync(join(tmpdir(), 'orch-bug-')), 'report.txt');
    writeFileSync(
      file,
      `orch ${ORCH_VERSION}, node ${process.version}, ${process.platform}\nargv: ${JSON.stringify(argv)}\n\n${stack}\n`,
    );
    where = `; details for a bug report: ${file}`;
  } catch {
    where = `\n${stack}`;
  }
  printError(`orch: internal error: ${error instanceof Error ? error.message : String(error)}${where}\n`);
  return EXIT.unusable;
}
