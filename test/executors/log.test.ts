import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followLog, tailOfLog } from '../../src/executors/log.ts';
import { sanitised, terminalText } from '../../src/executors/terminal-text.ts';
import { temporaryFolder } from './attempt.ts';

function logFile(content: string | Uint8Array): string {
  const path = join(temporaryFolder(), 'log');
  writeFileSync(path, content);
  return path;
}

describe('the tail of a log', () => {
  test('78: has its last lines, the last one without a newline included', () => {
    expect(tailOfLog(logFile('a\nb\nc\nd'), 2, 1000)).toBe('c\nd');
    expect(tailOfLog(logFile('a\nb\nc\nd\n'), 2, 1000)).toBe('c\nd');
    expect(tailOfLog(logFile('a\n\n\nb\n\n\n'), 3, 1000)).toBe('\n\nb');
    expect(tailOfLog(logFile('a'), 5, 1000)).toBe('a');
  });

  test('begins with a whole line and a whole character, however few bytes are asked for', () => {
    expect(tailOfLog(logFile('first line\nsecond\nthird\n'), 10, 18)).toBe('second\nthird');
    const path = logFile('é'.repeat(100));
    for (const bytes of [50, 51]) expect(tailOfLog(path, 10, bytes)).toBe('é'.repeat(25));
    expect(tailOfLog(logFile('one long line\n'), 10, 5)).toBe('line');
  });

  test('is empty where there is no log', () => {
    expect(tailOfLog('/no/such/log', 10, 1000)).toBe('');
    expect(tailOfLog(logFile(''), 10, 1000)).toBe('');
    expect(tailOfLog(temporaryFolder(), 10, 1000)).toBe('');
  });

  test('77: is safe on a terminal, while the file stays as it is', () => {
    const bytes = '\0\x1b[2J\x1b[31mred\x1b[0m\x1b]0;title\x07\x07\n50%\r100%\r\nend\x1b[1A\n';
    const path = logFile(bytes);
    expect(tailOfLog(path, 10, 1000)).toBe('red\n100%\nend');
    expect(readFileSync(path, 'latin1')).toBe(bytes);
    expect(tailOfLog(logFile(Buffer.from([0x61, 0xff, 0x80, 0x0a])), 10, 1000)).toBe('a\ufffd\ufffd');
  });
});

describe('77: text for the terminal', () => {
  test.each([
    ['colours and cursor movements', '\x1b[1;31mA\x1b[0m\x1b[2K\x1b[10;20HB\x1b[?25l', 'AB'],
    ['titles and links, with either terminator', '\x1b]0;t\x07A\x1b]8;;http://x\x1b\\B\x1b]8;;\x1b\\', 'AB'],
    ['device control and other strings', '\x1bPq#0\x1b\\A\x1b_x\x1b\\B\x1b^y\x1b\\', 'AB'],
    ['short sequences', '\x1bcA\x1b(BB\x1b7\x1b8\x1bM', 'AB'],
    ['C1 controls', '\x9b31mA\x9dtitle\x9cB\x85', 'AB'],
    ['controls, but not tabs', 'a\0\b\x07\x0b\x0c\x7f\tb', 'a\tb'],
    ['an escape that leads nowhere', 'a\x1b', 'a'],
    ['a sequence that never ends', 'a\x1b]0;never ending', 'a]0;never ending'],
    ['Windows line ends', 'a\r\nb\r\n', 'a\nb\n'],
    ['a progress bar', '1%\r2%\r3%\r\n\rdone\r', '3%\ndone'],
  ])('%s', (_what, text, expected) => {
    expect(sanitised(text)).toBe(expected);
  });

  test('a rewritten line goes below what was shown of it', () => {
    const terminal = terminalText();
    const shown = ['10%', '\r20%\r30%', '\r', '\r40%', '\nnext', ' word\r', '\n'].map((piece) =>
      terminal.write(piece),
    );
    expect(shown).toEqual(['10%', '\n30%', '', '\n40%', '\nnext', ' word', '\n']);
  });

  test('sequences are removed wherever the pieces are cut', () => {
    const part = fc.constantFrom(
      'text',
      '\n',
      '\x1b[31m',
      '\x1b]0;t\x07',
      '\x1b]8;;u\x1b\\',
      '\x1bPx\x1b\\',
      '\x1bc',
      '\0',
      'é',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(80)), (parts, cuts) => {
        const text = parts.join('');
        const borders = [
          0,
          ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b),
          text.length,
        ];
        const terminal = terminalText();
        const shown = borders.slice(1).map((end, index) => terminal.write(text.slice(borders[index], end)));
        expect(shown.join('') + terminal.end()).toBe(
          parts.filter((piece) => /^(text|\n|é)$/.test(piece)).join(''),
        );
      }),
    );
  });

  test('a command cannot make it slow', () => {
    // A quadratic pattern takes minutes for these.
    for (const text of ['\x1b]', '\x90', '\x1b[', '\x1bP;', '\x1b ', '\r', '\x9b0'])
      sanitised(text.repeat(500_000));
  });
});

describe('following a log', () => {
  test('delivers everything up to the end when it stops, characters whole', async () => {
    const path = logFile('');
    const pieces: string[] = [];
    const follower = followLog(path, (text) => pieces.push(text));
    const bytes = Buffer.from('héllo wörld \u{1F680}\nlast');
    for (const byte of bytes) appendFileSync(path, Buffer.of(byte));
    await follower.stop();
    expect(pieces.join('')).toBe(bytes.toString());
  });

  test('delivers while the file grows, in pieces that end anywhere', async () => {
    const path = logFile(Buffer.from('one é').subarray(0, 5));
    let text = '';
    let heard = () => {};
    const follower = followLog(path, (piece) => {
      text += piece;
      heard();
    });
    const until = (end: string) =>
      new Promise<void>((resolve) => {
        heard = () => text.endsWith(end) && resolve();
        heard();
      });
    await until('one ');
    appendFileSync(path, Buffer.from('é').subarray(1));
    await until('one é');
    appendFileSync(path, '\x1b[3');
    appendFileSync(path, '1mred');
    await until('red');
    await follower.stop();
    expect(text).toBe('one éred');
  });

  test('waits for a file that does not exist yet, and is content without one', async () => {
    const path = join(temporaryFolder(), 'later');
    let follower = followLog(path, () => {
      throw new Error('nothing was written');
    });
    await follower.stop();
    let text = '';
    const heard = new Promise<void>((resolve) => {
      follower = followLog(path, (piece) => {
        text += piece;
        resolve();
      });
    });
    writeFileSync(path, 'here');
    await heard;
    await follower.stop();
    expect(text).toBe('here');
  });

  test('reads to the end a file that was moved or removed meanwhile', async () => {
    const path = logFile('a');
    let text = '';
    let first = () => {};
    const heard = new Promise<void>((resolve) => {
      first = resolve;
    });
    const follower = followLog(path, (piece) => {
      text += piece;
      first();
    });
    await heard;
    appendFileSync(path, 'b');
    renameSync(path, `${path}.moved`);
    rmSync(`${path}.moved`);
    await follower.stop();
    expect(text).toBe('ab');
  });
});
