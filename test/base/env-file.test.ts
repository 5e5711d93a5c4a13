import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../src/base/env-file.ts';

function read(text: string): Record<string, string> | string {
  const parsed = parseEnvFile(text);
  return parsed.ok ? Object.fromEntries(parsed.value) : `${parsed.error.line}: ${parsed.error.message}`;
}

describe('an env file', () => {
  it.each([
    ['A=1\nB = two words \n', { A: '1', B: 'two words' }],
    ['# note\n\n  # another\nexport A=1 # why\n', { A: '1' }],
    ['A=a#b\nB=#c\nC= # c\nD=\n', { A: 'a#b', B: '', C: '', D: '' }],
    [`A='it $is # "so"' # note\nB="say \\"hi\\""\n`, { A: 'it $is # "so"', B: 'say "hi"' }],
    ['A="one\ntwo\\nthree"\nB=4', { A: 'one\ntwo\nthree', B: '4' }],
    ["A='one\ntwo\\n'\n", { A: 'one\ntwo\\n' }],
    ['A="C:\\dir \\$HOME $HOME"', { A: 'C:\\dir $HOME $HOME' }],
    ['\ufeffA=1\r\nB="x\r\ny"\r\n', { A: '1', B: 'x\ny' }],
    ['A=1\nA=2\n', { A: '2' }],
    ['a.b-c=1\n', { 'a.b-c': '1' }],
    ['A=x=y==\n', { A: 'x=y==' }],
    ['', {}],
  ])('%j', (text, values) => {
    expect(read(text)).toEqual(values);
  });

  it.each([
    ['A=1\nhidden\n', 2],
    ['\n\n=hidden\n', 3],
    ['1A=hidden\n', 1],
    ['A: hidden\n', 1],
    ['A="1\n2"\nB="hidden\n\n', 3],
    ["A='hidden\n", 1],
    ['A="1\n2" hidden\n', 2],
    ['A="hidden\\"', 1],
  ])('%j is told with its line, and shows nothing of it', (text, line) => {
    const problem = read(text);
    expect(problem).toMatch(new RegExp(`^${line}: `));
    expect(problem).not.toContain('hidden');
  });
});
