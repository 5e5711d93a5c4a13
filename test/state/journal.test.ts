import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunId, TaskId, TaskKey } from '../../src/model/ids.ts';
import type { KeyManifest } from '../../src/model/manifest.ts';
import {
  compactJournal,
  type Journal,
  type JournalEntry,
  journalPath,
  openJournal,
} from '../../src/state/journal.ts';
import { type Layout, layoutOf, makeFolders } from '../../src/state/layout.ts';

function makeLayout(): Layout {
  const root = mkdtempSync(join(tmpdir(), 'orch-journal-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const layout = layoutOf(root);
  makeFolders(layout);
  return layout;
}

const T = 'flow:t' as TaskId;
const RUN = 'run' as RunId;
const keyOf = (n: number) => `k1-${n.toString(16).padStart(32, '0')}` as TaskKey;
const MANIFEST = { parts: [] } as unknown as KeyManifest;

type How = 'succeeded' | 'accepted' | 'failed' | 'restored' | 'start';

function entryOf(how: How, n: number, id = T): JournalEntry {
  if (how === 'start') return { kind: 'start', id, key: keyOf(n), run: RUN, atMs: n };
  if (how === 'restored')
    return { kind: 'restored', id, key: keyOf(n), manifest: MANIFEST, run: RUN, atMs: n, reasons: [] };
  const attempt = { id, key: keyOf(n), run: RUN, outcome: how, atMs: n, durationMs: n, log: null };
  return { kind: 'end', attempt, manifest: null, reasons: [] };
}

describe('the last good key of a task', () => {
  test.each<[string, How[], number | null]>([
    ['is none before it ran', [], null],
    ['is none after failures', ['start', 'failed'], null],
    ['is that of its last success', ['succeeded', 'succeeded'], 2],
    ['is that of its last acceptance', ['succeeded', 'accepted'], 2],
    ['is that of the result that was restored last', ['succeeded', 'restored'], 2],
    ['is not hidden by a failure', ['succeeded', 'failed'], 1],
    ['is not hidden by an attempt that died', ['restored', 'start'], 1],
    ['is not hidden by many', ['succeeded', 'restored', 'failed', 'start', 'failed'], 2],
  ])('%s', (_what, hows, expected) => {
    const layout = makeLayout();
    const journal = openJournal(layout);
    journal.append(hows.map((how, at) => entryOf(how, at + 1)));
    const key = expected === null ? null : keyOf(expected);
    expect(journal.lastGoodKey(T)).toBe(key);
    journal.close();
    expect(openJournal(layout).lastGoodKey(T)).toBe(key);
  });
});

/** What the journal says of a task. */
function sayings(journal: Journal, id: TaskId) {
  const last = journal.lastAttempt(id);
  return [last?.key, last?.outcome, journal.lastGoodKey(id), journal.expectedMs(id)];
}

test('a journal written anew says of every task what it said before', () => {
  const ids = ['flow:a', 'flow:b', 'flow:c'] as TaskId[];
  const step = fc.tuple(
    fc.constantFrom<How>('succeeded', 'accepted', 'failed', 'restored', 'start'),
    fc.constantFrom(...ids),
    fc.integer({ min: 1, max: 5 }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const layout = makeLayout();
      const journal = openJournal(layout);
      // Enough history for it to be worth it.
      const padding = 'flow:padding' as TaskId;
      journal.append(Array.from({ length: 9000 }, (_, n) => entryOf('failed', n % 7, padding)));
      journal.append(steps.map(([how, id, n]) => entryOf(how, n, id)));
      const before = ids.map((id) => sayings(journal, id));
      journal.close();
      const sizeBytes = statSync(journalPath(layout)).size;
      compactJournal(layout);
      expect(statSync(journalPath(layout)).size).toBeLessThan(sizeBytes / 2);
      const lines = readFileSync(journalPath(layout), 'utf8').split('\n');
      expect(new Set(lines).size).toBe(lines.length);
      const again = openJournal(layout);
      expect(ids.map((id) => sayings(again, id))).toEqual(before);
    }),
    { numRuns: 25 },
  );
});
