/** Writing to stdout and stderr: complete, in order, and silent where the reader has closed the pipe. */
import { fstatSync } from 'node:fs';
import { platform } from 'node:process';
import { isatty } from 'node:tty';
import { EXIT } from '../app/exit-codes.ts';

/**
 * A closed pipe (`orch list | head`) is no error and must skip no clean-up: writing goes on into the void. So it is
 * with a terminal whose window has been closed (EIO). Neither does a full disk end a run: it is told at the end, by
 * the exit code too. Called once at the start.
 */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

export function print(text: string): void {
  process.stdout.write(text);
}

export function printError(text: string): void {
  process.stderr.write(text);
}

/** Ends the process once everything written has left it: `process.exit` alone cuts pipes short. */
export function exitWhenFlushed(wanted: number): void {
  const lost = lostOutput();
  if (lost !== null) printError(`error: what was to be printed is lost (${lost})\n`);
  const code = lost !== null && wanted === 0 ? EXIT.unusable : wanted;
  process.exitCode = code;
  let open = 2;
  const done = () => {
    open--;
    if (open > 0) return;
    // At its end node puts terminals back as they were, and aborts, with a core dump, where one isn't there any more.
    if (isTerminalGone()) endBySignal('SIGHUP');
    process.exit(code);
  };
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength === 0 || stream.destroyed) done();
    else {
      stream.once('error', done);
      stream.write('', done);
    }
  }
}

/** Has the window been closed since? Then what was a terminal is still a device, but answers as none. */
function isTerminalGone(): boolean {
  return [0, 1, 2].some((fd) => {
    try {
      const stat = fstatSync(fd);
      // /dev/null and its like never were one.
      return stat.isCharacterDevice() && stat.rdev >> 8 !== MEMORY_DEVICES && !isatty(fd);
    } catch {
      return false;
    }
  });
}

/** The major number of /dev/null; macOS counts majors 24 bits up. */
const MEMORY_DEVICES = platform === 'darwin' ? 3 << 16 : 1;

/** As a program ends that leaves the signal alone. */
function endBySignal(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** The code of the error by which stdout failed; null where all was written, or where the reader left. */
function lostOutput(): string | null {
  const error = process.stdout.errored as NodeJS.ErrnoException | null;
  return error === null || error.code === 'EPIPE' || error.code === 'EIO'
    ? null
    : (error.code ?? error.message);
}
