/** Taking a line apart as bash does, and quoting for it: compared with the real bash. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { forBash, readBashLine } from '../../src/cli/completion/bash-line.ts';

const BREAKS = ' \t\n"\'><=;|&(:';

/** The words of a line as bash understands them. */
function wordsOf(line: string): string[] {
  const { stdout } = spawnSync('bash', ['--norc', '-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return stdout.split('\0').slice(0, -1);
}

const NASTY = [
  'plain',
  'a b',
  "it's",
  'say "x"',
  'back\\slash',
  '$HOME $(id) `id`',
  'a;b|c&d<e>f(g)',
  '{a,b}*?[x]!',
  '#start ~home',
  'tab\there',
  'naïve 東京 🚕',
  'k=v:w,x/y@z%+^-',
];

describe('a line', () => {
  test.each(NASTY)('with %j quoted in any way is taken apart as bash does', (value) => {
    const single = `'${value.replaceAll("'", "'\\''")}'`;
    const double = `"${value.replace(/["\\$`]/g, '\\$&')}"`;
    const escaped = value.replace(/[^\p{L}\p{N}]/gu, '\\$&');
    for (const word of [single, double, escaped, `x${single}y`, `x${double}${single}`]) {
      const line = `orch ${word} end`;
      const { before, current } = readBashLine(line, BREAKS);
      expect([...before, current]).toEqual(wordsOf(line));
    }
  });

  test.each([
    ['orch run tr', { before: ['orch', 'run'], current: 'tr', quote: '', kept: 0 }],
    ['orch run ', { before: ['orch', 'run'], current: '', quote: '', kept: 0 }],
    ["orch run ''", { before: ['orch', 'run'], current: '', quote: '', kept: 0 }],
    ['orch --mode=f', { before: ['orch'], current: '--mode=f', quote: '', kept: 7 }],
    ['orch a:b=c', { before: ['orch'], current: 'a:b=c', quote: '', kept: 4 }],
    ['orch a\\:b', { before: ['orch'], current: 'a:b', quote: '', kept: 0 }],
    ["orch 'a:b", { before: ['orch'], current: 'a:b', quote: "'", kept: 0 }],
    ['orch x="a:b', { before: ['orch'], current: 'x=a:b', quote: '"', kept: 2 }],
  ])('%s', (line, read) => {
    expect(readBashLine(line, BREAKS)).toEqual(read);
  });
});

describe('a candidate', () => {
  test.each(NASTY)('%j is one word to bash, whatever quote is open', (value) => {
    for (const open of ['', "'", '"'] as const) {
      const line = readBashLine(`orch ${open}`, BREAKS);
      const [inserted] = forBash([{ value, description: '', isOpen: false }], line);
      expect(wordsOf(`${open}${inserted}${open}`)).toEqual([value]);
    }
  });

  test('fits on to what readline keeps', () => {
    const inserted = (line: string, value: string) =>
      forBash([{ value, description: '', isOpen: false }], readBashLine(line, BREAKS));
    expect(inserted('orch --mode=f', '--mode=fast')).toEqual(['fast ']);
    expect(inserted('orch shop:t', 'shop:tidy')).toEqual(['tidy ']);
    expect(inserted("orch 'shop:t", 'shop:tidy')).toEqual(['shop:tidy']);
    expect(inserted('orch x', 'tidy')).toEqual([]);
  });
});
