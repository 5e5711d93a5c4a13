/**
 * Runs a program on a terminal (a pty) to its end, for tests of what users see there. The terminal has the given
 * number of columns from the start; what comes back is what the program wrote, lines ended by \n alone.
 */
import { spawn } from '@lydell/node-pty';
import { cleanEnv, ORCH, type RunOptions } from './project.ts';

export interface TerminalRun {
  readonly code: number;
  readonly output: string;
}

export function onTerminal(
  cwd: string,
  args: readonly string[],
  options: { readonly columns: number; readonly env?: RunOptions['env'] },
): Promise<TerminalRun> {
  const child = spawn(ORCH, [...args], {
    cwd,
    cols: options.columns,
    rows: 24,
    env: cleanEnv({ TERM: 'xterm', ...options.env }),
  });
  let output = '';
  child.onData((text) => {
    output += text;
  });
  return new Promise((resolve) => {
    child.onExit(({ exitCode }) => resolve({ code: exitCode, output: output.replaceAll('\r\n', '\n') }));
  });
}
