/**
 * The record of own files, kept twice: whatever mixture of an earlier and a later writing a kill, a full disk or
 * damage leaves of the two copies, what it says is what was recorded last.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatLines, readLines } from '../../src/base/checksummed-lines.ts';
import type { Digest } from '../../src/model/ids.ts';
import type { OutputEntry } from '../../src/model/result.ts';
import { type Layout, layoutOf } from '../../src/state/layout.ts';
import { type OwnershipChange, openOwnership } from '../../src/state/ownership.ts';

type Copy = 'a' | 'b';

function root(): Layout {
  const dir = mkdtempSync(join(tmpdir(), 'orch-owned-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const layout = layoutOf(dir);
  mkdirSync(layout.owned, { recursive: true });
  return layout;
}

function file(path: string, hex = '1'): OutputEntry {
  return {
    kind: 'file',
    path,
    digest: `xxh64-${hex.padStart(16, '0')}-1` as Digest,
    executable: false,
    stored: true,
  };
}

function record(layout: Layout, ...changes: readonly OwnershipChange[]): void {
  const ownership = openOwnership(layout);
  ownership.tidy();
  ownership.append(changes);
  ownership.close();
}

/** All that the record says. */
function said(layout: Layout): { own: Record<string, string>; claims: string[] } {
  const ownership = openOwnership(layout);
  const own = [...ownership.paths()].sort().map((path) => [path, ownership.contentOf(path)!]);
  const claims = ownership.openClaims().map(({ attempt }) => attempt);
  ownership.close();
  return { own: Object.fromEntries(own), claims };
}

const copy = (layout: Layout, which: Copy) => join(layout.owned, which);
const textOf = (layout: Layout, which: Copy) => readFileSync(copy(layout, which), 'utf8');

const claim = (attempt: string): OwnershipChange => ({
  claim: { attempt, task: 'p:t', outputs: [{ kind: 'file', path: 'x' }] },
});

/** Something of every kind, with files that came, changed and went. */
const HISTORY: readonly OwnershipChange[] = [
  { own: [file('went'), file('stays')], by: 'p:one' },
  claim('ended'),
  { own: [file('changed', 'a')], by: 'p:two' },
  { drop: ['went'] },
  { end: 'ended' },
  { own: [file('changed', 'b')], by: 'p:two' },
  { own: [file('back')], by: 'p:one' },
  { drop: ['back'] },
  { own: [file('back', 'c')], by: 'p:one' },
  claim('open'),
];

interface Generations {
  readonly layout: Layout;
  readonly before: Readonly<Record<Copy, string>>;
  readonly after: Readonly<Record<Copy, string>>;
}

/** A history, and the same written anew because one copy's end was cut, `last` being appended after that. */
function rewritten(last: OwnershipChange): Generations {
  const layout = root();
  record(layout, ...HISTORY);
  const before = { a: textOf(layout, 'a'), b: textOf(layout, 'b') };
  expect(before.a).toBe(before.b);
  writeFileSync(copy(layout, 'b'), before.b.slice(0, -20));
  record(layout, last);
  const after = { a: textOf(layout, 'a'), b: textOf(layout, 'b') };
  expect(after.a).toBe(after.b);
  expect(after.a.length).toBeLessThan(before.a.length);
  return { layout, before, after };
}

/** The first lines of a text written anew: all that it was before anything was appended. */
const withoutLast = (text: string) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`;

function put(layout: Layout, a: string, b: string): void {
  writeFileSync(copy(layout, 'a'), a);
  writeFileSync(copy(layout, 'b'), b);
}

const LAST: OwnershipChange = { own: [file('last')], by: 'p:one' };
const STATE = {
  own: {
    back: `xxh64-${'c'.padStart(16, '0')}-1`,
    changed: `xxh64-${'b'.padStart(16, '0')}-1`,
    stays: `xxh64-${'1'.padStart(16, '0')}-1`,
  },
  claims: ['open'],
};

test('what was recorded is what it says, also after it was written anew', () => {
  const { layout } = rewritten(LAST);
  expect(said(layout)).toEqual({ ...STATE, own: { ...STATE.own, last: STATE.own.stays } });
});

describe('a kill between the writing of one copy and of the other', () => {
  test.each<[string, Copy]>([
    ['a anew, b as it was', 'a'],
    ['b anew, a as it was', 'b'],
  ])('%s', (_what, anew) => {
    const { layout, before, after } = rewritten(LAST);
    const fresh = withoutLast(after[anew]);
    put(layout, anew === 'a' ? fresh : before.a, anew === 'b' ? fresh : before.b);
    expect(said(layout)).toEqual(STATE);
    record(layout, { drop: ['stays'] });
    expect(said(layout).own).not.toHaveProperty('stays');
    expect(textOf(layout, 'a')).toBe(textOf(layout, 'b'));
  });

  test.each<[string, Copy]>([
    ['a', 'a'],
    ['b', 'b'],
  ])('with any line of the older copy damaged, where %s is the newer', (_what, anew) => {
    const { layout, before, after } = rewritten(LAST);
    const fresh = withoutLast(after[anew]);
    const lines = before.a.trimEnd().split('\n');
    for (const at of lines.keys()) {
      const damaged = `${lines.map((line, n) => (n === at ? line.replace('"n"', '"m"') : line)).join('\n')}\n`;
      put(layout, anew === 'a' ? fresh : damaged, anew === 'b' ? fresh : damaged);
      expect(said(layout), `line ${at + 1}`).toEqual(STATE);
    }
  });

  test('with any line of the newer copy damaged', () => {
    const { layout, before, after } = rewritten(LAST);
    const lines = withoutLast(after.a).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const at of lines.keys()) {
      const damaged = `${lines.map((line, n) => (n === at ? line.replace('"n"', '"m"') : line)).join('\n')}\n`;
      put(layout, damaged, before.b);
      expect(said(layout), `line ${at + 1}`).toEqual(STATE);
    }
  });
});

describe('one copy that could not be written anew (a full disk), while more was recorded', () => {
  // Each undoes something that the older lines would do again, were they taken to be later.
  test.each<[string, OwnershipChange, (state: typeof STATE) => unknown]>([
    [
      'a file came back',
      { own: [file('went', 'd')], by: 'p:one' },
      ({ own }) => ({ ...own, went: expect.stringContaining('d-1') }),
    ],
    ['a file went', { drop: ['back'] }, ({ own: { back: _, ...own } }) => own],
    [
      'a file changed',
      { own: [file('changed', 'e')], by: 'p:two' },
      ({ own }) => ({ ...own, changed: expect.stringContaining('e-1') }),
    ],
  ])('%s', (_what, last, expected) => {
    for (const stale of ['a', 'b'] as const) {
      const { layout, before, after } = rewritten(last);
      const added = after.a.slice(withoutLast(after.a).length);
      put(layout, stale === 'a' ? before.a + added : after.a, stale === 'b' ? before.b + added : after.b);
      expect(said(layout).own, `${stale} is stale`).toEqual(expected(STATE));
    }
  });

  test('an attempt ended', () => {
    const { layout, before, after } = rewritten({ end: 'open' });
    const added = after.a.slice(withoutLast(after.a).length);
    put(layout, after.a, before.b + added);
    expect(said(layout).claims).toEqual([]);
  });
});

test('a record of an earlier version, whose numbers began anew with each writing, is read as it was meant', () => {
  const layout = root();
  const old = [
    {
      n: 1,
      own: [
        ['went', 'folder'],
        ['stays', 'xxh64-0000000000000001-1'],
      ],
      by: 'p:one',
    },
    { n: 2, drop: ['went'] },
    { n: 3, claim: 'open', task: 'p:t', outputs: [['file', 'x']] },
    { n: 4, own: [['out/l', 'link:stays']], by: 'p:two' },
  ];
  const fresh = [
    { n: 1, own: [['stays', 'xxh64-0000000000000001-1']], by: 'p:one' },
    { n: 2, own: [['out/l', 'link:stays']], by: 'p:two' },
    { n: 3, claim: 'open', task: 'p:t', outputs: [['file', 'x']] },
  ];
  const state = { own: { 'out/l': 'link:stays', stays: 'xxh64-0000000000000001-1' }, claims: ['open'] };
  for (const [a, b] of [
    [old, old],
    [fresh, fresh],
    [fresh, old],
    [old, fresh],
  ] as const) {
    put(layout, formatLines(a), formatLines(b));
    expect(said(layout)).toEqual(state);
    record(layout, { end: 'open' });
    expect(said(layout)).toEqual({ ...state, claims: [] });
  }
});

test('numbers only grow, however often it is written anew', () => {
  const layout = root();
  let highest = 0;
  for (let round = 0; round < 5; round++) {
    record(layout, ...HISTORY);
    const numbers = (readLines(copy(layout, 'a')).records as { n: number }[]).map(({ n }) => n);
    expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
    expect(numbers[0]! >= 1 && numbers.at(-1)! > highest).toBe(true);
    highest = numbers.at(-1)!;
    rmSync(copy(layout, 'b'));
  }
  cpSync(copy(layout, 'a'), copy(layout, 'b'));
  expect(said(layout)).toEqual(STATE);
});

test('a long history is written anew, and shorter', () => {
  const layout = root();
  const many = Array.from(
    { length: 1_100 },
    (_, n): OwnershipChange => ({ own: [file('one', String(n % 10))], by: 'p:t' }),
  );
  record(layout, ...many);
  const before = textOf(layout, 'a').length;
  record(layout, { own: [file('two')], by: 'p:t' });
  expect(textOf(layout, 'a').length).toBeLessThan(before / 100);
  expect(Object.keys(said(layout).own)).toEqual(['one', 'two']);
});
