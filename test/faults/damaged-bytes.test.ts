/**
 * FAULTS 3 and 4: what orch remembers, cut at every byte and with every byte damaged. Every byte and every bit through
 * the modules that read the files, and a spread of bytes of every file under `.cache/` through the binary.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openAppender, parseLines, readLines } from '../../src/base/checksummed-lines.ts';
import { loadHasher } from '../../src/base/digest.ts';
import { readResults } from '../../src/cache/result-entry.ts';
import { loadStatCache } from '../../src/fingerprint/stat-cache.ts';
import type { TaskId, TaskKey } from '../../src/model/ids.ts';
import { openJournal } from '../../src/state/journal.ts';
import { layoutOf } from '../../src/state/layout.ts';
import { openOwnership } from '../../src/state/ownership.ts';
import { expectRecovered, LATER_RUN, type Story, stageOf, writeFiles } from './support/crash-story.ts';
import { orchIn } from './support/process.ts';
import { type Tree, treeOf } from './support/tree-of.ts';

let root: string;
const inCache = (path: string): Buffer => readFileSync(join(root, '.cache', path));

/** A root with a past of three runs. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'orch-damage-'));
  await LATER_RUN.prepare(root);
  expect((await orchIn(root, ['run'])).code).toBe(0);
  return () => rmSync(root, { recursive: true, force: true });
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-damage-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Every single bit of every byte turned. */
function* damaged(bytes: Buffer, masks: readonly number[]): Generator<[Buffer, number]> {
  const copy = Buffer.from(bytes);
  for (let at = 0; at < bytes.length; at++)
    for (const mask of masks) {
      copy[at] = bytes[at]! ^ mask;
      yield [copy, at];
      copy[at] = bytes[at]!;
    }
}

const BITS = [1, 2, 4, 8, 16, 32, 64, 128];
/** Also what makes of a letter a digit, a newline or nothing at all. */
const MASKS = [1, 16, 128, 255];

describe('FAULT 3: cut at every byte', () => {
  it.each(['state/v1/journal', 'owned/a', 'state/v1/manifests', 'state/v1/runs'])(
    '%s gives its valid prefix, and what is added then is read',
    (path) => {
      const bytes = inCache(path);
      const whole = parseLines(bytes).records;
      const ends = [...bytes.entries()].flatMap(([at, byte]) => (byte === 10 ? [at + 1] : []));
      expect(whole.length).toBe(ends.length);
      const file = join(folder(), 'cut');
      const texts = whole.map((record) => JSON.stringify(record));
      const isPrefix = (records: readonly unknown[], count: number) =>
        records.length === count && records.every((record, at) => JSON.stringify(record) === texts[at]);
      for (let length = 0; length < bytes.length; length++) {
        const found = parseLines(bytes.subarray(0, length));
        // The last newline is no part of the record.
        const count = ends.filter((end) => end - 1 <= length).length;
        if (!isPrefix(found.records, count) || found.damagedLines > 0) expect.fail(`cut at ${length}`);
        writeFileSync(file, bytes.subarray(0, length));
        const appender = openAppender(file);
        appender.append([{ added: length }]);
        appender.close();
        const { records } = readLines(file);
        const last = records.pop() as { added: number };
        if (!isPrefix(records, count) || last.added !== length) expect.fail(`added after a cut at ${length}`);
      }
    },
    120_000,
  );

  it('the journal is read as what it held up to there', () => {
    const bytes = inCache('state/v1/journal');
    const layout = layoutOf(folder());
    mkdirSync(layout.state, { recursive: true });
    let last = -1;
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(join(layout.state, 'journal'), bytes.subarray(0, length));
      const journal = openJournal(layout);
      const known = journal.attemptsOf('flow:step1' as TaskId).length;
      expect(known).toBeGreaterThanOrEqual(last);
      expect(journal.damagedLines).toBe(0);
      last = known;
    }
    expect(last).toBeGreaterThan(0);
  });

  it.each(['a', 'b'])('copy %s of the record of own files loses nothing', (copy) => {
    const bytes = inCache(`owned/${copy}`);
    const layout = layoutOf(folder());
    mkdirSync(layout.owned, { recursive: true });
    for (const name of ['a', 'b']) writeFileSync(join(layout.owned, name), bytes);
    const whole = ownedIn(layout);
    for (let length = bytes.length - 1; length >= 0; length--) {
      truncateSync(join(layout.owned, copy), length);
      if (!isDeepStrictEqual(ownedIn(layout), whole)) expect.fail(`cut at ${length}`);
    }
  });
});

function ownedIn(layout: ReturnType<typeof layoutOf>): Record<string, string | null> {
  const ownership = openOwnership(layout);
  const owned: Record<string, string | null> = {};
  for (const path of [...ownership.paths()].sort())
    owned[path] = `${ownership.contentOf(path)} ${ownership.makerOf(path)}`;
  for (const claim of ownership.openClaims()) owned[`claim ${claim.attempt}`] = JSON.stringify(claim);
  return owned;
}

describe('FAULT 4: every bit of every byte turned', () => {
  it.each(['state/v1/journal', 'owned/a', 'state/v1/manifests', 'state/v1/runs'])(
    'of %s costs that record and no other',
    (path) => {
      const bytes = inCache(path);
      const whole = parseLines(bytes).records.map((record) => JSON.stringify(record));
      for (const [copy, at] of damaged(bytes, bytes.length > 20_000 ? MASKS : BITS)) {
        const found = parseLines(copy).records.map((record) => JSON.stringify(record));
        // In the same order, none made up, at most one missing.
        let next = 0;
        for (const record of whole) if (found[next] === record) next += 1;
        if (next !== found.length || found.length < whole.length - 1)
          expect.fail(
            `byte ${at} as ${copy[at]}: ${found.length} of ${whole.length} records, ${next} of them right`,
          );
      }
    },
    120_000,
  );

  it.each(['a', 'b'])(
    'of copy %s of the record of own files loses nothing',
    (damagedCopy) => {
      const bytes = inCache(`owned/${damagedCopy}`);
      const layout = layoutOf(folder());
      mkdirSync(layout.owned, { recursive: true });
      for (const name of ['a', 'b']) writeFileSync(join(layout.owned, name), bytes);
      const whole = ownedIn(layout);
      expect(Object.keys(whole).length).toBeGreaterThan(10);
      for (const [copy, at] of damaged(bytes, [1, 128])) {
        writeFileSync(join(layout.owned, damagedCopy), copy);
        if (!isDeepStrictEqual(ownedIn(layout), whole)) expect.fail(`byte ${at}`);
      }
    },
    120_000,
  );

  it('of the stat cache makes it unknown, never another digest', async () => {
    const hasher = await loadHasher();
    const bytes = inCache('state/v1/stat-cache');
    const file = join(folder(), 'stat-cache');
    const load = () => {
      const notes: string[] = [];
      const cache = loadStatCache({
        file,
        hasher,
        bootId: 'this',
        isPast: () => true,
        ignoreSaved: false,
        onNote: (note) => notes.push(note),
      });
      return { notes, size: cache.size() };
    };
    writeFileSync(file, bytes);
    const whole = load();
    expect(whole.notes).toEqual([]);
    expect(whole.size).toBeGreaterThan(5);
    for (const [copy, at] of damaged(bytes, BITS)) {
      writeFileSync(file, copy);
      const { notes, size } = load();
      if (size !== 0 || notes.length !== 1)
        expect.fail(`byte ${at} as ${copy[at]}: ${size} entries believed`);
    }
    for (let length = 1; length < bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      expect(load().size, `cut at ${length}`).toBe(0);
    }
  }, 120_000);

  it('of an entry of the cache is a miss, never another result', () => {
    const entries = Object.entries(treeOf(join(root, '.cache/content/v1/results'))).filter(
      ([path, content]) => !path.endsWith('/') && content !== '',
    );
    expect(entries.length).toBeGreaterThan(5);
    const file = join(folder(), 'entry');
    for (const [path, text] of entries) {
      const key = path.slice(path.lastIndexOf('/') + 1) as TaskKey;
      const bytes = Buffer.from(text, 'latin1');
      writeFileSync(file, bytes);
      const whole = readResults(file, key);
      expect(whole.length).toBeGreaterThan(0);
      const known = new Set(whole.map((result) => JSON.stringify(result)));
      for (const [copy, at] of damaged(bytes, MASKS)) {
        writeFileSync(file, copy);
        for (const result of readResults(file, key))
          if (!known.has(JSON.stringify(result))) expect.fail(`${path}: byte ${at}`);
      }
      for (let length = 0; length < bytes.length; length++) {
        writeFileSync(file, bytes.subarray(0, length));
        for (const result of readResults(file, key))
          if (!known.has(JSON.stringify(result))) expect.fail(`${path}: cut at ${length}`);
      }
    }
  }, 120_000);
});

/** So many places of each file, its first and last byte among them. */
const PLACES = 3;

interface Damage {
  readonly path: string;
  readonly at: number;
  readonly kind: 'cut' | 'flipped' | 'zeroed';
}

/** What was set aside is the user's and no record, logs are for people, and tickets of locks go by their age. */
const NO_RECORDS = /^(replaced|logs|failed|tmp|run\.lock)\/|^\.gitignore$|\/$/;

function* damagesOf(cache: string): Generator<Damage> {
  for (const [path, content] of Object.entries(treeOf(cache))) {
    const { length } = readSafely(join(cache, path));
    if (NO_RECORDS.test(path) || content === '' || length === 0) continue;
    const places = Array.from({ length: PLACES }, (_, n) => Math.floor((n * (length - 1)) / (PLACES - 1)));
    for (const at of new Set(places))
      yield* [{ path, at, kind: 'cut' } as const, { path, at, kind: 'flipped' }];
    yield { path, at: 0, kind: 'zeroed' };
  }
}

function readSafely(path: string): Buffer {
  return path.endsWith('/') ? Buffer.alloc(0) : readFileSync(path);
}

function inflict({ path, at, kind }: Damage, cache: string): void {
  const file = join(cache, path);
  // What is read-only is replaced, as a disk doesn't ask either.
  const bytes = readFileSync(file);
  rmSync(file);
  if (kind === 'flipped') bytes[at]! ^= 4;
  writeFileSync(file, kind === 'cut' ? bytes.subarray(0, at) : kind === 'zeroed' ? bytes.fill(0) : bytes);
}

describe('FAULTS 3 and 4: any file of .cache damaged, through the binary', () => {
  const settled: Story = {
    ...LATER_RUN,
    async prepare(dir) {
      await LATER_RUN.prepare(dir);
      expect((await orchIn(dir, ['run', '-j', '1'])).code).toBe(0);
    },
  };

  it('is found out: what is right stays, what changed is made, nothing is lost, and then nothing is left to do', async () => {
    const stages = await Promise.all([stageOf(settled), stageOf(settled)]);
    const wrong: string[] = [];
    let count = 0;
    await Promise.all(
      stages.map(async (stage, number) => {
        const cache = join(stage.dir, '.cache');
        for (const [index, damage] of [...damagesOf(cache)].entries()) {
          if (index % stages.length !== number || wrong.length >= 5) continue;
          count += 1;
          stage.reset();
          inflict(damage, cache);
          const isEdited = (index >> 1) % 2 === 0;
          if (isEdited) writeFiles(stage.dir, { 'in.txt': '3\n' });
          const clean: Tree = isEdited
            ? Object.fromEntries(
                Object.entries(stage.clean).map(([path, text]) => [path, text.replace(/^(x:)?2\n/, '$13\n')]),
              )
            : stage.clean;
          const when = `${damage.kind} at ${damage.at}: ${damage.path}${isEdited ? ', input edited' : ''}`;
          await expectRecovered({ ...stage, clean }, settled, when).catch((error: Error) =>
            wrong.push(error.message),
          );
        }
      }),
    );
    expect(wrong.join('\n==========\n')).toBe('');
    expect(count).toBeGreaterThan(100);
  }, 1_200_000);
});

describe('FAULT 12: looking at a damaged journal', () => {
  it.each(['cut', 'flipped', 'zeroed'] as const)('%s, writes nothing', async (kind) => {
    const dir = folder();
    await LATER_RUN.prepare(dir);
    const cache = join(dir, '.cache');
    const { length } = readFileSync(join(cache, 'state/v1/journal'));
    inflict({ path: 'state/v1/journal', at: kind === 'zeroed' ? 0 : length >> 1, kind }, cache);
    // A stat cache may warm, and the clock of the file system is asked by writing.
    const look = () => treeOf(dir, ['.cache/state/v1/stat-cache', '.cache/state/v1/clock-probe']);
    const before = look();
    for (const args of [['run', '-n'], ['status'], ['why', 'step1'], ['list'], ['validate'], ['graph']]) {
      const looked = await orchIn(dir, args);
      expect(looked.code, `${args}\n${looked.said}`).toBe(0);
      expect(isDeepStrictEqual(look(), before), `${args} wrote something`).toBe(true);
    }
  });
});
