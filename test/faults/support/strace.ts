/** Command lines for strace, and reading its notes. Never with --seccomp-bpf, under which no signal is injected. */
import { readFileSync } from 'node:fs';
import { BUNDLE } from './process.ts';

export interface Tracing {
  /** Where strace writes what it saw. */
  readonly notes: string;
  /** Follows threads too (not commands: they are let go of at their execve); else the main thread alone. */
  readonly threads: boolean;
  /** What is done to these calls: `signal=SIGKILL:when=3`, `error=ENOSPC`. */
  readonly inject?: string;
  /** Only calls that touch one of these paths, files or descriptors of them. */
  readonly paths?: readonly string[];
  readonly args?: readonly string[];
}

/** `orch run` under strace. */
export function traced(
  calls: readonly string[],
  { notes, threads, inject, paths = [], args }: Tracing,
): string[] {
  const names = calls.join(',');
  return [
    'strace',
    ...['-qq', '-y', '-o', notes, '-e', 'signal=none', '-e', `trace=${names}`],
    ...(threads ? ['-f', '-b', 'execve'] : []),
    ...paths.flatMap((path) => ['-P', path]),
    ...(inject === undefined ? [] : ['-e', `inject=${names}:${inject}`]),
    ...BUNDLE,
    ...(args ?? ['run', '-j', '1']),
  ];
}

export interface Call {
  readonly thread: string;
  readonly call: string;
  readonly text: string;
}

/** The calls in the order in which they began. */
export function callsOf(notes: string): Call[] {
  return readFileSync(notes, 'utf8')
    .split('\n')
    .flatMap((line) => {
      // `1234 write(3, …`, without the number where only one thread was followed; `<... write resumed>` is no new one.
      const found = /^(?:(\d+) +)?([a-z]\w*)\((.*)$/.exec(line);
      return found === null ? [] : [{ thread: found[1] ?? '', call: found[2]!, text: found[3]! }];
    });
}
