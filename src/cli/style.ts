/** Colour and marks, decided once: flag > FORCE_COLOR > NO_COLOR > terminal (chalk alone ignores NO_COLOR). */
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
    style: { bold: chalk.bold, dim: chalk.dim, red: chalk.red, green: chalk.green, yellow: chalk.yellow },
    paint,
    ascii: !isUtf8(env),
  };
}

function colorLevel(stream: NodeJS.WriteStream, noColorFlag: boolean, env: NodeJS.ProcessEnv): 0 | 1 {
  if (noColorFlag) return 0;
  if (env['FORCE_COLOR'] !== undefined)
    return env['FORCE_COLOR'] === '0' || env['FORCE_COLOR'] === 'false' ? 0 : 1;
  if (env['NO_COLOR']) return 0;
  if (env['TERM'] === 'dumb') return 0;
  return stream.isTTY || env['GITHUB_ACTIONS'] ? 1 : 0;
}

function isUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  // macOS terminals often set none of them and are UTF-8 all the same.
  return /utf-?8/i.test(locale) || (locale === '' && process.platform === 'darwin');
}
