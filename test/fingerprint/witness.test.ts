/** SPEC C8: an input that changes between its hashing and the end of the command. */
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, lstatSync, readFileSync, renameSync, unlinkSync, utimesSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openFileClock } from '../../src/fingerprint/file-clock.ts';
import type { Fingerprint } from '../../src/fingerprint/path-reader.ts';
import { input, makeRoot, matched, nothingMade, type Root, read } from './root.ts';

/** What `changedSince` says after `act`, for inputs that were hashed when old enough (or at once, where `young`). */
async function changesOf(
  root: Root,
  written: readonly string[],
  act: () => void,
  options: { young?: boolean; isMade?: (path: string) => boolean } = {},
) {
  const session = await root.open();
  const paths = await matched(session, ...written);
  if (!options.young) {
    const clock = openFileClock(root.stateDir, false);
    for (const path of paths)
      while (clock.untilSettledMs(lstatSync(root.path(path))) > 0) await setTimeout(2);
    clock.close();
  }
  const inputs: Fingerprint[] = [];
  for (const path of paths) inputs.push(await read(session, path));
  const specs = written.map((each) => input(each));
  const witness = session.witness(specs, inputs, options.isMade ?? nothingMade.isMade);
  act();
  return session.changedSince(witness);
}

describe('changedSince', () => {
  test('is silent where nothing happened, and after mere reading', async () => {
    const root = makeRoot(['a', 'd/b', 'g/c.csv']);
    root.link('l', 'a');
    expect(
      await changesOf(root, ['a', 'd/', 'g/*.csv', 'l'], () => void readFileSync(root.path('a'))),
    ).toEqual([]);
  });

  test('fault 43: an edit is seen, of the same size too', async () => {
    const root = makeRoot(['a', 'b']);
    expect(await changesOf(root, ['a', 'b'], () => root.write('a', 'A'))).toEqual(['a']);
  });

  test('fault 44: edited and reverted meanwhile counts, also with mtime put back', async () => {
    const root = makeRoot(['a']);
    root.age('a');
    const revert = () => {
      root.write('a', 'other');
      root.write('a', 'a');
      root.age('a');
    };
    expect(await changesOf(root, ['a'], revert)).toEqual(['a']);
  });

  test('fault 45: deleted meanwhile is named', async () => {
    const root = makeRoot(['a', 'd/b']);
    const remove = () => {
      unlinkSync(root.path('a'));
      unlinkSync(root.path('d/b'));
    };
    expect(await changesOf(root, ['a', 'd/*'], remove)).toEqual(['a', 'd/b']);
  });

  test('an edit in the very moment of hashing is seen', async () => {
    for (let n = 0; n < 50; n++) {
      const root = makeRoot(['a']);
      expect(await changesOf(root, ['a'], () => root.write('a', 'A'), { young: true })).toEqual(['a']);
    }
  });

  test('a young file that stays as it is hasn’t changed', async () => {
    expect(await changesOf(makeRoot(['a']), ['a'], () => {}, { young: true })).toEqual([]);
  });

  test('files that came or went under a folder or glob are seen, also empty folders under a folder', async () => {
    const root = makeRoot(['d/a', 'g/a.csv']);
    const act = () => {
      root.write('d/new');
      root.folder('d/empty');
      root.write('g/new.csv');
      root.write('g/new.txt');
      root.write('d/__pycache__/x');
    };
    expect(await changesOf(root, ['d/', 'g/*.csv'], act)).toEqual(['d/empty', 'd/new', 'g/new.csv']);
  });

  test('an optional input that appears is seen, and a link that now leads out of the root', async () => {
    const root = makeRoot(['d/a']);
    expect(await changesOf(root, ['opt', 'd/'], () => root.write('opt'))).toEqual(['opt']);
    expect(await changesOf(root, ['d/'], () => root.link('d/out', '/etc/passwd'))).toEqual(['d/out']);
  });

  test('outputs that appear beside inputs are no change', async () => {
    const root = makeRoot(['d/a']);
    const isMade = (path: string) => path === 'd/out' || path === 'd/out/x';
    expect(await changesOf(root, ['d/'], () => root.write('d/out/x'), { isMade })).toEqual([]);
  });

  test('a hard link or another mode explains a new ctime; the executable bit counts itself', async () => {
    const root = makeRoot(['a', 'b', 'c']);
    const act = () => {
      linkSync(root.path('a'), root.path('a2'));
      chmodSync(root.path('b'), 0o600);
      chmodSync(root.path('c'), 0o755);
    };
    expect(await changesOf(root, ['a', 'b', 'c'], act)).toEqual(['c']);
  });

  test('an edit isn’t hidden by a hard link made at the same time', async () => {
    const root = makeRoot();
    root.write('a', 'one');
    root.age('a');
    const act = () => {
      linkSync(root.path('a'), root.path('a2'));
      root.write('a', 'two');
      root.age('a');
    };
    expect(await changesOf(root, ['a'], act)).toEqual(['a']);
  });

  test('replaced by a file with the same bytes, touched, or turned into something else counts', async () => {
    const root = makeRoot(['a', 'b', 'c', 'd/x']);
    const act = () => {
      root.write('a.new', 'a');
      renameSync(root.path('a.new'), root.path('a'));
      utimesSync(root.path('b'), 1, 1);
      unlinkSync(root.path('c'));
      execFileSync('mkfifo', [root.path('c')]);
    };
    expect(await changesOf(root, ['a', 'b', 'c'], act)).toEqual(['a', 'b', 'c']);
  });

  test('a link counts by its text and by its target', async () => {
    const root = makeRoot(['x', 'y', 'z']);
    root.link('retargeted', 'x');
    root.link('edited', 'y');
    root.link('same', 'z');
    const act = () => {
      unlinkSync(root.path('retargeted'));
      root.link('retargeted', 'y');
      root.write('y', 'Y');
    };
    expect(await changesOf(root, ['retargeted', 'edited', 'same'], act)).toEqual(['edited', 'retargeted']);
  });
});
