/** Writing to stdout and stderr: complete, in order, and silent where the reader has closed the pipe. */
import { fstatSync } from 'node:fs';
import { platform } from 'node:process';
import { isatty } from 'node:tty';
import { EXIT } from '../app/exit-codes.ts';
import type { Masker } from '../base/mask.ts';
import { maskValues } from '../base/mask-values.ts';

/**
 * A closed pipe (`orch list | head`) is no error and must skip no clean-up: writing goes on into the void. So it is
 * with a terminal whose window has been closed (EIO). Neither does a full disk end a run: it is told at the end, by
 * the exit code too. Called once at the start.
 */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** Of the project that is open; null where it has no secrets. */
let masker: Masker | null = null;
/** By these, programs tell entries apart. */
const KINDS: ReadonlySet<string> = new Set(['event', 'level', 'code', 'kind', 'why', 'outcome', 'state']);

/** From now on nothing that is printed shows these secrets. */
export function maskOutput(secrets: Masker): void {
  masker = secrets;
}

/** The text without secrets; data (one JSON document) stays data. */
export function masked(text: string): string {
  if (masker === null) return text;
  const shown = masker.text(text);
  if (shown === text || !/^[[{]/.test(text)) return shown;
  try {
    const document = maskValues(JSON.parse(text) as unknown, masker, KINDS);
    return `${JSON.stringify(document, null, /^.\n/.test(text) ? 2 : 0)}\n`;
  } catch {
    return shown;
  }
}

export function print(text: string): void {
  process.stdout.write(masked(text));
}

export function printError(text: string): void {
  process.stderr.write(masked(text));
}

/** For what is printed in pieces, wherever they are cut; null where nothing is to be masked. */
export function chunkMasker(): ReturnType<Masker['chunks']> | null {
  return masker === null || masker.isEmpty ? null : masker.chunks();
}

/** So much may wait for a reader that pauses (a pager), without holding up the run. */
const MOST_WAITING_BYTES = 32_000_000;

/** null: little of what was printed waits to be taken, or nobody will take it; else resolves when all is. */
export function stdoutDrained(): Promise<void> | null {
  const { stdout } = process;
  if (stdout.writableLength < MOST_WAITING_BYTES || stdout.destroyed || stdout.errored !== null) return null;
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) stdout.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stdout.once(event, done);
  });
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
