/** What commands leave (SPEC C9), and whether it still lies there (C2). */
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, unlinkSync, utimesSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { scanOutputs } from '../../src/fingerprint/outputs.ts';
import type { OutputEntry } from '../../src/model/result.ts';
import { makeRoot, output, type Root } from './root.ts';

async function scan(root: Root, ...written: readonly (string | ReturnType<typeof output>)[]) {
  const session = await root.open();
  const specs = written.map((each) => (typeof each === 'string' ? output(each) : each));
  return { session, scanned: await scanOutputs(root.dir, specs, session) };
}

async function entriesOf(
  root: Root,
  ...written: Parameters<typeof scan>[1][]
): Promise<readonly OutputEntry[]> {
  const { scanned } = await scan(root, ...written);
  if (!scanned.ok) throw new Error(JSON.stringify(scanned.error));
  return scanned.value;
}

describe('scanning', () => {
  test('takes literals, whole folders with every folder in them, and matches of globs, sorted', async () => {
    const root = makeRoot([
      'm.json',
      'out/b',
      'out/a/x',
      'out/.git/y',
      'out/__pycache__/z.pyc',
      'g/1.csv',
      'g/2.txt',
    ]);
    root.folder('out/empty');
    root.write('run.sh', '#!/bin/sh', 0o755);
    const entries = await entriesOf(root, 'out/', 'g/*.csv', 'm.json', 'run.sh', 'none/*.csv');
    expect(entries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'file g/1.csv',
      'file m.json',
      'folder out',
      'folder out/.git',
      'file out/.git/y',
      'folder out/__pycache__',
      'file out/__pycache__/z.pyc',
      'folder out/a',
      'file out/a/x',
      'file out/b',
      'folder out/empty',
      'file run.sh',
    ]);
    expect(entries.at(-1)).toMatchObject({ executable: true, stored: true });
    expect(entries[0]).toMatchObject({
      executable: false,
      digest: expect.stringMatching(/^xxh64-[0-9a-f]{16}-7$/),
    });
  });

  test('records links by their text, wherever they lead, and follows none', async () => {
    const root = makeRoot(['real/x']);
    root.link('link', '/nowhere');
    root.link('out/folder', '../real');
    expect(await entriesOf(root, 'link', 'out/')).toEqual([
      { kind: 'symlink', path: 'link', link: '/nowhere' },
      { kind: 'folder', path: 'out' },
      { kind: 'symlink', path: 'out/folder', link: '../real' },
    ]);
  });

  test('a literal output decides whether a file of a folder output is stored', async () => {
    const root = makeRoot(['out/big', 'out/small']);
    const entries = await entriesOf(root, 'out/', output('out/big', { store: false }));
    expect(
      entries.filter((entry) => entry.kind === 'file').map(({ path, stored }) => [path, stored]),
    ).toEqual([
      ['out/big', false],
      ['out/small', true],
    ]);
  });

  test('leaves what is recorded as another task’s', async () => {
    const root = makeRoot(['out/mine', 'out/theirs']);
    const session = await root.open();
    const scanned = await scanOutputs(root.dir, [output('out/*')], session, {
      isOthers: (path) => path === 'out/theirs',
    });
    expect(scanned.ok && scanned.value.map(({ path }) => path)).toEqual(['out/mine']);
  });

  test('fault 46: every absent literal and folder is named', async () => {
    const { scanned } = await scan(makeRoot(['a']), 'a', 'b', 'c/', 'd/*');
    expect(scanned).toEqual({ ok: false, error: { kind: 'output-missing', paths: ['b', 'c/'] } });
  });

  test('a folder in a file’s place, a file in a folder’s, and things without content are refused', async () => {
    const root = makeRoot(['f', 'd/x']);
    execFileSync('mkfifo', [root.path('d/fifo')]);
    const refusal = async (...written: string[]) => (await scan(root, ...written)).scanned;
    expect(await refusal('d')).toMatchObject({
      error: { kind: 'output-not-regular', path: 'd', found: 'a folder' },
    });
    expect(await refusal('f/')).toMatchObject({
      error: { kind: 'output-not-regular', path: 'f', found: 'a file' },
    });
    expect(await refusal('d/')).toMatchObject({
      error: { path: 'd/fifo', found: 'a FIFO, socket or device' },
    });
    expect(await refusal('d/fifo')).toMatchObject({ error: { path: 'd/fifo', found: 'a FIFO' } });
  });

  test('faults 67: an output behind a link that leaves the root is refused', async () => {
    const root = makeRoot();
    const outside = makeRoot(['x']);
    root.link('out', outside.dir);
    const { scanned } = await scan(root, 'out/x');
    expect(scanned).toMatchObject({ ok: false, error: { kind: 'output-not-regular', path: 'out/x' } });
  });

  test('fault 68: names with spaces, quotes and newlines come through', async () => {
    const root = makeRoot(['out/a\nb', 'out/$(x) "y"', "out/-it's"]);
    const paths = (await entriesOf(root, 'out/**')).map(({ path }) => path);
    expect(paths).toEqual(['out/$(x) "y"', "out/-it's", 'out/a\nb']);
  });
});

describe('checking', () => {
  test('finds each entry in place, absent or wrong', async () => {
    const root = makeRoot(['ok', 'gone', 'edited', 'longer', 'mode', 'replaced', 'd/x']);
    root.link('link', 'ok');
    root.link('other', 'ok');
    root.folder('d/empty');
    const written = ['ok', 'gone', 'edited', 'longer', 'mode', 'replaced', 'd/', 'link', 'other'];
    const entries = await entriesOf(root, ...written);
    const session = await root.open();
    expect(new Set(session.checkOutputs(entries))).toEqual(new Set(['ok']));
    unlinkSync(root.path('gone'));
    root.write('edited', 'EDITED');
    root.write('longer', 'longer than before');
    chmodSync(root.path('mode'), 0o755);
    unlinkSync(root.path('replaced'));
    root.folder('replaced');
    unlinkSync(root.path('other'));
    root.link('other', 'gone');
    rmSync(root.path('d/empty'), { recursive: true });
    const states = session.checkOutputs(entries);
    expect(Object.fromEntries(entries.map(({ path }, at) => [path, states[at]]))).toEqual({
      d: 'ok',
      'd/empty': 'absent',
      'd/x': 'ok',
      edited: 'wrong',
      gone: 'absent',
      link: 'ok',
      longer: 'wrong',
      mode: 'wrong',
      ok: 'ok',
      other: 'wrong',
      replaced: 'wrong',
    });
  });

  test('a touched file with the same bytes is in place; a file below what became a file is absent', async () => {
    const root = makeRoot(['a', 'd/x']);
    const entries = await entriesOf(root, 'a', 'd/x');
    utimesSync(root.path('a'), 1, 1);
    rmSync(root.path('d'), { recursive: true });
    root.write('d', 'now a file');
    expect((await root.open()).checkOutputs(entries)).toEqual(['ok', 'absent']);
  });

  test('fault 35: an edit of the same size with mtime put back is wrong', async () => {
    const root = makeRoot();
    root.write('a', 'one');
    root.age('a');
    const entries = await entriesOf(root, 'a');
    root.write('a', 'two');
    root.age('a');
    expect((await root.open()).checkOutputs(entries)).toEqual(['wrong']);
  });
});
