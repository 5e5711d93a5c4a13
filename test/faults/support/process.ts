/** Starts any program with orch inside (strace, prlimit, setpriv, …) and waits for its end. Knows no fault. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cleanEnv } from '../../support/project.ts';

/** What `bin/orch` hands over to; where a tracer or limit must concern node and not the shell before it. */
export const BUNDLE: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../../../dist/orch.cjs', import.meta.url)),
];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Both streams as they came. */
  readonly said: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Where {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

export function runProgram(argv: readonly string[], { cwd, env, timeoutMs = 60_000 }: Where): Promise<Ended> {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a tracer that is killed lets go of what it traced, which must not live on.
    detached: true,
  });
  let said = '';
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    said += text;
  });
  const timer = setTimeout(() => {
    // A call that was refused to the runtime itself (a pipe by which its threads talk) can leave it waiting for ever.
    process.kill(-child.pid!, 'SIGKILL');
  }, timeoutMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, said, stdout, stderr });
    });
  });
}

/** `orch ARGS` there. */
export function orchIn(cwd: string, args: readonly string[], env: Where['env'] = {}): Promise<Ended> {
  return runProgram([...BUNDLE, ...args], { cwd, env });
}

/** Shells say a death by SIGKILL as 137; strace dies of the same signal. */
export function wasKilled({ code, signal }: Ended): boolean {
  return signal === 'SIGKILL' || code === 137;
}
