/**
 * A terminal for tests: a command runs on a real pty, and what it writes is interpreted into a screen as a terminal
 * emulator does it. It tells what a user would see, and, from the bytes, how it came about (repaints, the cursor).
 */
import { execFileSync } from 'node:child_process';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import stringWidth from 'string-width';
import { onTestFinished } from 'vitest';
import { until } from './gate.ts';

const { Terminal } = xterm;

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface TerminalEnd {
  readonly code: number | null;
  readonly signal: number | null;
}

export interface TestTerminal {
  readonly pid: number;
  /** The rows that are seen now, without trailing blanks; empty ones at the end are left out. */
  screen(): string[];
  /** What has scrolled away as well. */
  everything(): string[];
  /** All bytes that came so far. */
  bytes(): string;
  isCursorShown(): boolean;
  /** Resolves as soon as the screen shows this. */
  shows(pattern: RegExp | string): Promise<void>;
  /** Resolves as soon as the screen doesn't show this any more. */
  showsNoMore(pattern: RegExp | string): Promise<void>;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  kill(signal: NodeJS.Signals): void;
  /** The window is closed: the command loses its terminal. */
  closeWindow(): void;
  readonly done: Promise<TerminalEnd>;
}

/** Starts the command on a pty of its own; it's killed when the test ends. */
export function openTerminal(argv: readonly string[], options: TerminalOptions): TestTerminal {
  const { columns, rows, cwd } = options;
  const env = { ...options.env, TERM: options.env['TERM'] ?? 'xterm-256color' } as Record<string, string>;
  // Neither node-pty nor an emulator can be 0 columns wide, which is how a terminal looks that doesn't know its size.
  const command = columns > 0 ? argv : ['sh', '-c', 'stty cols 0 rows 0; exec "$@"', 'sh', ...argv];
  const child = spawn(command[0]!, command.slice(1), {
    cols: columns || 80,
    rows: rows || 24,
    cwd,
    env,
    name: env['TERM']!,
  });
  const emulator = new Terminal({
    cols: columns || 80,
    rows: rows || 24,
    scrollback: 20_000,
    allowProposedApi: true,
  });
  emulator.unicode.register(MODERN_WIDTHS);
  emulator.unicode.activeVersion = MODERN_WIDTHS.version;
  let received = '';
  let unread = 0;
  child.onData((data) => {
    received += data;
    unread++;
    emulator.write(data, () => unread--);
  });
  let hasEnded = false;
  const done = new Promise<TerminalEnd>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      hasEnded = true;
      // The last bytes may come after the end; the emulator reads in its own time.
      const settle = () =>
        setTimeout(() => (unread === 0 ? resolve(end(exitCode, signal)) : settle()), 20).unref();
      settle();
    });
  });
  onTestFinished(() => {
    if (!hasEnded) child.kill('SIGKILL');
    emulator.dispose();
  });

  const lines = (from: number) => {
    const buffer = emulator.buffer.active;
    const texts: string[] = [];
    for (let at = from; at < buffer.length; at++)
      texts.push(buffer.getLine(at)?.translateToString(true).trimEnd() ?? '');
    while (texts.at(-1) === '') texts.pop();
    return texts;
  };
  const screen = () => lines(emulator.buffer.active.baseY);
  const matches = (pattern: RegExp | string) => {
    const text = screen().join('\n');
    return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);
  };
  const described = (what: string) => `${what}; the screen:\n${screen().join('\n')}`;
  return {
    pid: child.pid,
    screen,
    everything: () => lines(0),
    bytes: () => received,
    isCursorShown: () => received.lastIndexOf('\x1b[?25l') <= received.lastIndexOf('\x1b[?25h'),
    async shows(pattern) {
      await until(() => matches(pattern) || hasEnded, `${pattern}`).catch((error: Error) => {
        throw new Error(described(error.message));
      });
      if (!matches(pattern)) throw new Error(described(`ended without ${pattern}`));
    },
    async showsNoMore(pattern) {
      await until(() => !matches(pattern), `the end of ${pattern}`).catch((error: Error) => {
        throw new Error(described(error.message));
      });
    },
    type: (text) => child.write(text),
    resize(toColumns, toRows) {
      // As a terminal does it: first its own screen, then the word to the program.
      if (toColumns > 0) {
        emulator.resize(toColumns, toRows);
        child.resize(toColumns, toRows);
      } else {
        const { ptsName } = child as unknown as { ptsName: string };
        execFileSync('stty', ['-F', ptsName, 'cols', '0', 'rows', '0']);
      }
    },
    kill: (signal) => child.kill(signal),
    closeWindow: () => (child as unknown as { destroy(): void }).destroy(),
    done,
  };
}

function end(exitCode: number, signal: number | undefined): TerminalEnd {
  return signal ? { code: null, signal } : { code: exitCode, signal: null };
}

/** Columns by today's Unicode; the emulator's own table is of 2010 and takes emoji for narrow. */
const MODERN_WIDTHS = {
  version: 'modern',
  wcwidth: (code: number) => Math.min(2, stringWidth(String.fromCodePoint(code))) as 0 | 1 | 2,
  /** Packed as the emulator wants it: a bit for joining the character before, the width above it. */
  charProperties(code: number, preceding: number) {
    const width = this.wcwidth(code);
    const widthBefore = (preceding >> 1) & 3;
    const isJoined = width === 0 && preceding !== 0 && widthBefore > 0;
    return ((isJoined ? widthBefore : width) << 1) | (isJoined ? 1 : 0);
  },
};
