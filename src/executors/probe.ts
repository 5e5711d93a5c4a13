/**
 * Runs a short command for its answer: `tools` (a version that enters the key) and `probe` (is it still in
 * place?). Here execa does what it is good at, and is loaded only where a pipeline has such commands. It doesn't
 * know what the answer is used for, and keeps none.
 */
import { atCrash } from '../base/at-crash.ts';
import { refusedCommand, spawnFailure } from './spawn-failure.ts';

/** More than any version or state needs; the rest of a chatty command is dropped, with the command. */
const MAX_OUTPUT_BYTES = 1_000_000;

export interface ProbeOptions {
  /** Absolute. */
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends it early, as on Ctrl-C (which the terminal doesn't send to it: it has a process group of its own). */
  readonly signal?: AbortSignal | undefined;
}

export interface ProbeEnd {
  /** null where a signal ended it or it never started. */
  readonly exitCode: number | null;
  /** Without the final newline; where stdout is empty, stderr instead (`java -version` answers there). */
  readonly stdout: string;
  /** One sentence, where there is no answer: not started, timed out, interrupted, ended by a signal, endless. Not for mere exit codes. */
  readonly failed?: string;
}

/** Starts the command, with nothing on stdin, and waits for it. Never rejects for what the command does. */
export async function runProbe(argv: readonly string[], options: ProbeOptions): Promise<ProbeEnd> {
  const [file = '', ...args] = argv;
  const command = { argv, cwd: options.cwd, env: options.env };
  const refused = refusedCommand(command);
  if (refused !== null) return { exitCode: null, stdout: '', failed: refused };

  const { execa } = await import('execa');
  const running = execa(file, args, {
    cwd: options.cwd,
    env: options.env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    maxBuffer: MAX_OUTPUT_BYTES,
    // execa's own timeout ends the child alone, and then waits for a grandchild that holds stdout.
    detached: true,
    cleanup: false,
  });
  let ended: string | null = null;
  function end(why: string): void {
    ended ??= why;
    endGroup(running.pid);
    // Or a descendant that left the group would keep us reading.
    running.stdout.destroy();
    running.stderr.destroy();
  }
  const onAbort = () => end('interrupted');
  const release = atCrash(async () => onAbort());
  const timer = setTimeout(() => end(`no answer within ${options.timeoutMs} ms`), options.timeoutMs);
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted) onAbort();
  const result = await running;
  release();
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', onAbort);

  const exitCode = result.exitCode ?? null;
  const answer = { exitCode, stdout: result.stdout === '' ? result.stderr : result.stdout };
  if (ended !== null) return { ...answer, failed: ended };
  if (result.isMaxBuffer) {
    endGroup(running.pid);
    return { ...answer, failed: `more than ${MAX_OUTPUT_BYTES} bytes of output` };
  }
  if (result.signal !== undefined) return { ...answer, failed: `ended by ${result.signal}` };
  if (exitCode === null) {
    const error = (result.cause ?? result) as NodeJS.ErrnoException;
    return { ...answer, failed: spawnFailure(error, command) };
  }
  return answer;
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
