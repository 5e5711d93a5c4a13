/**
 * What a terminal can be given: colour (flag > FORCE_COLOR > NO_COLOR > terminal; chalk alone ignores NO_COLOR), marks
 * beyond ASCII, lines that move. Decided here, once.
 */
import { Chalk } from 'chalk';
import type { Paint } from '../base/diagnostic.ts';
import type { Style } from '../reporters/plain.ts';

export interface Terminal {
  readonly style: Style;
  readonly paint: Paint;
  readonly ascii: boolean;
}

export function terminalFor(
  stream: NodeJS.WriteStream,
  noColorFlag: boolean,
  env: NodeJS.ProcessEnv,
): Terminal {
  const chalk = new Chalk({ level: colorLevel(stream, noColorFlag, env) });
  const paint: Paint = (style, text) => {
    switch (style) {
      case 'error':
        return chalk.red.bold(text);
      case 'warning':
        return chalk.yellow.bold(text);
      case 'place':
        return chalk.bold(text);
      case 'frame':
        return chalk.dim(text);
      case 'related':
        return chalk.blue(text);
      case 'hint':
        return chalk.cyan(text);
    }
  };
  return {
    style: {
      bold: chalk.bold,
      dim: chalk.dim,
      red: chalk.red,
      green: chalk.green,
      yellow: chalk.yellow,
      cyan: chalk.cyan,
    },
    paint,
    ascii: !isUtf8(env),
  };
}

function colorLevel(stream: NodeJS.WriteStream, noColorFlag: boolean, env: NodeJS.ProcessEnv): 0 | 1 {
  if (noColorFlag) return 0;
  if (env['FORCE_COLOR'] !== undefined)
    return env['FORCE_COLOR'] === '0' || env['FORCE_COLOR'] === 'false' ? 0 : 1;
  if (env['NO_COLOR']) return 0;
  if (isGithub(env)) return 1;
  return isCapable(stream, env) ? 1 : 0;
}

/** A terminal that takes control codes, and somebody in front of it. */
function isCapable(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !isCi(env) && env['TERM'] !== 'dumb';
}

/** Whether lines can be drawn and taken off again. Without TERM nobody has said what the terminal understands. */
export function canMoveCursor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  return isCapable(stream, env) && Boolean(env['TERM']);
}

export function isGithub(env: NodeJS.ProcessEnv): boolean {
  return env['GITHUB_ACTIONS'] === 'true';
}

function isCi(env: NodeJS.ProcessEnv): boolean {
  return !['', '0', 'false', undefined].includes(env['CI']);
}

function isUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  // macOS terminals often set none of them and are UTF-8 all the same.
  return /utf-?8/i.test(locale) || (locale === '' && process.platform === 'darwin');
}
