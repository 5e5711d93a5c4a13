/** The words for reasons: short, on one line, safe on a terminal, and the difference is seen. */
import { describe, expect, it } from 'vitest';
import type { StaleReason } from '../../src/model/decision.ts';
import { reasonPhrase } from '../../src/reporters/phrases.ts';
import { reasonDetails } from '../../src/reporters/reason-details.ts';
import { shownContent, shownPair, shownTime, writtenDuration } from '../../src/reporters/shown.ts';

const DIGEST = 'xxh64-0123456789abcdef-1204';

describe('reasonPhrase', () => {
  it.each<[StaleReason, string]>([
    [{ why: 'failed-last', failure: { kind: 'signal', signal: 'SIGSEGV' } }, 'failed last time: SIGSEGV'],
    [{ why: 'failed-last', failure: { kind: 'interrupted', signal: 'SIGINT' } }, 'was interrupted last time'],
    [{ why: 'failed-last', failure: null }, 'failed last time'],
    [
      { why: 'input-changed', path: 'run.sh', from: DIGEST, to: DIGEST, executable: true },
      'input run.sh became executable',
    ],
    [
      { why: 'upstream-changed', task: 'a', path: 'x', from: DIGEST, to: DIGEST, executable: false },
      'x of a is no longer executable',
    ],
    [{ why: 'need-changed', task: 'check', from: null, to: 'k1-1' }, 'need check added'],
    [{ why: 'need-changed', task: 'check', from: 'k1-1', to: null }, 'need check removed'],
    [{ why: 'param-changed', name: 'n', to: 8 }, 'parameter n added: 8'],
    [{ why: 'param-changed', name: 'n', from: 8 }, 'parameter n removed'],
    [{ why: 'param-changed', name: 'n', from: '', to: ' x ' }, 'parameter n went from "" to " x "'],
    [{ why: 'param-changed', name: 'n', from: '8', to: 8 }, 'parameter n went from "8" to 8'],
    [
      { why: 'env-changed', name: 'A', from: 'a\nb', to: '\u001b[31m' },
      'variable A went from a\\nb to \\u001b[31m',
    ],
    [{ why: 'shell-changed', from: [], to: ['bash', '-c'] }, 'shell went from none to bash -c'],
    [
      { why: 'tool-changed', command: 'python3 --version', from: null, to: '3' },
      'tool python3 --version added',
    ],
    [
      { why: 'tool-changed', command: 'python3 --version', from: 'Python 3.11', to: 'Python 3.12' },
      'python3 --version went from Python 3.11 to Python 3.12',
    ],
    [{ why: 'evicted', path: 'out.txt', isAbsent: false }, 'out.txt is no longer in the cache'],
    [{ why: 'damaged', path: 'out.txt', isAbsent: false }, 'out.txt was damaged in the cache'],
    [{ why: 'damaged', path: 'out.txt', isAbsent: true }, 'output out.txt missing, and damaged in the cache'],
    [
      {
        why: 'command-changed',
        lines: [1, 2, 3, 4].map((line) => ({ line, from: 'a', to: 'b' })),
        count: 9,
        isScript: true,
      },
      'command changed in 9 lines',
    ],
    [{ why: 'input-changed', path: 'a\nb', from: '1', to: '2' }, 'input a\\nb changed'],
  ])('%j', (reason, phrase) => {
    expect(reasonPhrase(reason)).toBe(phrase);
  });

  it('shows where two long values begin to differ, however long they are', () => {
    const text = (end: string) => `${'x'.repeat(5_000)}${end}${'y'.repeat(5_000)}`;
    const phrase = reasonPhrase({ why: 'env-changed', name: 'A', from: text('1'), to: text('2') });
    expect(phrase).toMatch(/^variable A went from \.\.\.x{16}1y+\.\.\. to \.\.\.x{16}2y+\.\.\.$/);
    expect(phrase.length).toBeLessThan(200);
  });

  it('halves no character', () => {
    expect(shownPair('😀'.repeat(100), 'b')[0]).toBe(`${'😀'.repeat(57)}...`);
  });
});

describe('reasonDetails', () => {
  it.each<[string, StaleReason, string[]]>([
    [
      'the rule by which a task always runs',
      { why: 'always-runs', rule: 'nothing-declared' },
      ["it has no inputs, outputs or needs that could tell when it needn't"],
    ],
    [
      'short digests with sizes',
      { why: 'input-changed', path: 'a', from: DIGEST, to: 'xxh64-fedcba9876543210-1' },
      ['01234567 (1,204 bytes) -> fedcba98 (1 byte)'],
    ],
    [
      'a file in place of a folder',
      { why: 'upstream-changed', task: 't', path: 'a', from: 'folder', to: 'link:b/c' },
      ['a folder -> a link to b/c'],
    ],
    [
      'one line of a long command where it differs',
      {
        why: 'command-changed',
        lines: [{ line: 1, from: `node ${'a '.repeat(200)}6 end`, to: `node ${'a '.repeat(200)}8 end` }],
        count: 1,
        isScript: false,
      },
      ['- ...a a a a a a a a 6 end', '+ ...a a a a a a a a 8 end'],
    ],
    [
      'lines with their numbers and indentation',
      {
        why: 'command-changed',
        lines: [
          { line: 2, from: '  a', to: null },
          { line: 12, from: null, to: '\tb' },
        ],
        count: 2,
        isScript: true,
      },
      ['  2 -   a', ' 12 + \\tb'],
    ],
  ])('%s', (_name, reason, details) => {
    expect(reasonDetails(reason)).toEqual(details);
  });
});

it('contents, durations and times are short', () => {
  expect(shownContent(DIGEST)).toBe('01234567 (1,204 bytes)');
  expect(shownContent(`link:x ${DIGEST}`)).toBe('a link to x (01234567)');
  expect([1, 1_500, 90_000, 5_400_000, 86_400_000, 0].map(writtenDuration)).toEqual([
    ...['1ms', '1s500ms', '1m30s', '1h30m', '1d', '0s'],
  ]);
  const at = new Date(2026, 10, 21, 14, 2, 11).getTime();
  const ages = [0, 5_000, 600_000, 90_000_000, 260_000_000].map((age) => shownTime(at, at + age));
  expect(ages.map((text) => text.slice('2026-11-21 14:02:11 '.length))).toEqual([
    ...['(just now)', '(5s ago)', '(10m ago)', '(25h ago)', '(3 days ago)'],
  ]);
  expect(ages[0]).toBe('2026-11-21 14:02:11 (just now)');
});
