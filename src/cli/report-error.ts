/** The one place where errors become lines on stderr and an exit code. Loaded when something went wrong. */
import { type Command, CommanderError } from 'commander';
import { CommandError, EXIT } from '../app/exit-codes.ts';
import { PipelineErrors } from '../app/pipeline-errors.ts';
import { printable } from '../base/diagnostic.ts';
import { errorCodeText } from '../reporters/phrases.ts';
import { reportBug } from './bug-report.ts';
import { printDiagnostics, printErrorCount } from './diagnostics.ts';
import { printError } from './output.ts';
import { terminalFor } from './style.ts';
import { usageError } from './usage-error.ts';

export interface FailedCommand {
  readonly argv: readonly string[];
  readonly program: Command;
  /** The command that was found on the command line, null where there was none. */
  readonly command: Command | null;
}

/** Prints what went wrong and returns the exit code. */
export function reportError(error: unknown, failed: FailedCommand): number {
  const { argv } = failed;
  const noColor = argv.includes('--no-color');
  const { paint } = terminalFor(process.stderr, noColor, process.env);
  const tell = (message: string, hint: string | null) => {
    printError(`${paint('error', 'error:')} ${printable(message)}\n`);
    if (hint !== null) printError(`  ${paint('hint', 'hint:')} ${printable(hint)}\n`);
  };
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    const usage = usageError(error, argv, failed);
    tell(usage.message, usage.hint);
    return EXIT.usage;
  }
  if (error instanceof PipelineErrors) {
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error');
    printDiagnostics(errors, { textOf: error.textOf, root: error.root, noColor });
    printErrorCount(errors);
    return EXIT.usage;
  }
  if (error instanceof CommandError) {
    tell(error.message, error.hint);
    return error.exitCode;
  }
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) {
    tell(
      `${syscall} ${path ?? ''}: ${errorCodeText(code)}`,
      'orch keeps its cache and records under .cache: see that it is a folder with room that you may write to',
    );
    return EXIT.unusable;
  }
  printError(`${reportBug(error, argv)}\n`);
  return EXIT.unusable;
}
