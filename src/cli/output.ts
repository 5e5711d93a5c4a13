/** Writing to stdout and stderr: complete, in order, and silent where the reader has closed the pipe. */

/**
 * A closed pipe (`orch list | head`) is no error and must skip no clean-up: writing goes on into the void. So it is
 * with a terminal whose window has been closed (EIO). Called once at the start.
 */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
}

export function print(text: string): void {
  process.stdout.write(text);
}

export function printError(text: string): void {
  process.stderr.write(text);
}

/** Ends the process once everything written has left it: `process.exit` alone cuts pipes short. */
export function exitWhenFlushed(code: number): void {
  process.exitCode = code;
  let open = 2;
  const done = () => {
    open--;
    if (open === 0) process.exit(code);
  };
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength === 0 || stream.destroyed) done();
    else {
      stream.once('error', done);
      stream.write('', done);
    }
  }
}
