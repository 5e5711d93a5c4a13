/**
 * An interactive shell on a terminal that words are typed into, for tests of completion as users meet it: what TAB
 * makes of the line, and what it lists. The shell itself says what its line is, on a key of its own; nothing waits
 * for time to pass.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { cleanEnv, ORCH } from './project.ts';

export interface Typed {
  /** The line after the keys. */
  readonly line: string;
  /** What was written to the terminal meanwhile, without colours and cursor movements. */
  readonly seen: string;
}

export interface TypingShell {
  /** Types keys (a tab is a TAB) and says what the line is then. The line is emptied afterwards. */
  type(keys: string): Promise<Typed>;
}

const SETUP = {
  bash: [
    `PS1='> '; bind 'set enable-bracketed-paste off'; bind 'set page-completions off'; bind 'set completion-query-items 0'`,
    `bind 'set bell-style none'; bind -x '"\\C-xp": printf "\\n<<%s>>\\n" "$READLINE_LINE"'`,
    `source <(orch completion bash)`,
  ],
  zsh: [
    `PS1='> '; unsetopt prompt_sp beep; LISTMAX=0; zstyle ':completion:*' list-colors ''`,
    `autoload -Uz compinit; compinit -D -u; zstyle ':completion:*' list-prompt ''`,
    `_said() { printf '\\n<<%s>>\\n' "$BUFFER"; zle redisplay }; zle -N _said; bindkey '^Xp' _said; bindkey '^U' kill-whole-line`,
    `source <(orch completion zsh)`,
  ],
} as const;

const START = {
  bash: ['--norc', '--noprofile', '-i'],
  zsh: ['-f', '-i'],
} as const;

const SAY_LINE = '\u0018p';
const EMPTY_LINE = '\u0015';

/** A shell in this folder with orch's completion; it goes away with the test. */
export async function typingShell(shell: 'bash' | 'zsh', cwd: string): Promise<TypingShell> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'orch-home-')));
  const child = spawn(shell, [...START[shell]], {
    cwd,
    cols: 200,
    rows: 50,
    env: cleanEnv({
      TERM: 'xterm',
      HOME: home,
      ZDOTDIR: home,
      HISTFILE: undefined,
      INPUTRC: join(home, 'inputrc'),
      PATH: `${dirname(ORCH)}:${process.env['PATH'] ?? ''}`,
    }),
  });
  const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(home, { recursive: true, force: true });
  });
  let output = '';
  let listen = () => {};
  child.onData((text) => {
    output += text;
    listen();
  });
  const matching = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      listen = () => {
        const found = pattern.exec(plain(output));
        if (found === null) return;
        output = '';
        listen = () => {};
        resolve(found);
      };
      void ended.then(() => reject(new Error(`the shell ended: ${output}`)));
      listen();
    });
  const type = async (keys: string): Promise<Typed> => {
    child.write(`${keys}${SAY_LINE}`);
    const [, seen, line] = await matching(/^([\s\S]*)\n<<([\s\S]*?)>>\n/);
    child.write(EMPTY_LINE);
    return { line: line!, seen: seen! };
  };
  child.write(`${SETUP[shell].join('; ')}; echo re""ady\r`);
  await matching(/\nready\n/);
  return { type };
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what it looks for
  return text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78])/g, '').replaceAll('\r', '');
}
