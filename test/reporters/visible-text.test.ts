import { describe, expect, it } from 'vitest';
import { asciiOnly, harmless, visible } from '../../src/reporters/visible-text.ts';

describe('visible', () => {
  it.each([
    ['plain[a=1]', 'plain[a=1]'],
    ['データ', 'データ'],
    ['a\tb', 'a b'],
    ['a\nb\r', 'a␊b␍'],
    ['\x1b[2Jgone', '␛[2Jgone'],
    ['\x7f\x9b', '␡?'],
    ['cafe\u0301', 'café'],
    ['\u1112\u1161\u11ab', '한'],
    ['👨‍👩‍👧', '👨👩👧'],
    ['👍🏽 ⏭️', '👍 ⏭'],
    ['🇩🇪', 'DE'],
    ['abc\u202edef\u200b', 'abcdef'],
    ['\ud800x', '?x'],
    ['a\u2028b', 'a b'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });
});

describe('asciiOnly', () => {
  it.each([
    ['🎯 Target: x', 'Target: x'],
    ["Task 'データ1' – done…", "Task '???1' - done..."],
    ['Größe', 'Gr??e'],
    ['\x1b[31m❌ red\x1b[39m', '\x1b[31mred\x1b[39m'],
    ['tab\there\n', 'tab\there\n'],
  ])('%j is written as %j', (text, written) => {
    expect(asciiOnly(text)).toBe(written);
  });
});

describe('harmless', () => {
  it('keeps lines and shows what would act on the terminal', () => {
    expect(harmless('input \x1b[2Jx\u009b changed\n\tnext\r')).toBe('input ␛[2Jx? changed\n\tnext␍');
  });
});
