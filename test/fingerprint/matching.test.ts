/** Which source files declared inputs mean: SPEC B3, and faults 67 to 73. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import fastGlob from 'fast-glob';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSkipList } from '../../src/fingerprint/skip-list.ts';
import { input, makeRoot, matched, nothingMade, read, readAny } from './root.ts';

/** A folder outside every root. */
function elsewhere(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'orch-elsewhere-')));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'x.csv'), 'outside');
  writeFileSync(join(dir, 'sub', 'y.csv'), 'outside too');
  return dir;
}

describe('matching', () => {
  test('takes literals, folders and globs in the order of their bytes, each with its input', async () => {
    const root = makeRoot([
      'b.txt',
      'data/z.csv',
      'data/a.csv',
      'data/sub/b.csv',
      'data/sub.csv',
      'data/.hidden',
    ]);
    const session = await root.open();
    const specs = ['b.txt', 'data/', 'data/*.csv', 'none.txt', 'none/', '*.none'].map((each) => input(each));
    const { matches, problems } = await session.matchInputs(specs, nothingMade);
    expect(problems).toEqual([]);
    expect(matches.map(({ spec, path }) => `${spec} ${path}`)).toEqual([
      '0 b.txt',
      '1 data/.hidden',
      '1 data/a.csv',
      '2 data/a.csv',
      '1 data/sub.csv',
      '2 data/sub.csv',
      '1 data/sub/b.csv',
      '1 data/z.csv',
      '2 data/z.csv',
    ]);
  });

  test('negations take away from folders and globs with all below, not from literal files', async () => {
    const root = makeRoot(['d/a', 'd/b', 'd/tmp/x', 'd/e/tmp/y', 'd/e/z']);
    const session = await root.open();
    expect(await matched(session, 'd/', '!d/b', '!**/tmp')).toEqual(['d/a', 'd/e/z']);
    expect(await matched(session, 'd/**', '!d/tmp/', '!d/e/**')).toEqual(['d/a', 'd/b']);
    expect(await matched(session, 'd/b', '!d/b')).toEqual(['d/b']);
    expect(await matched(session, 'd', '!d/e', '!d/tmp')).toEqual(['d/a', 'd/b']);
  });

  test('the skip list is for what folders and globs find, not for what is named', async () => {
    const skipped = [
      '.git/x',
      '__pycache__/x',
      'a.pyc',
      'node_modules/x',
      'p.egg-info/x',
      '.DS_Store',
      '.venv/x',
    ];
    const root = makeRoot(['a.py', 'sub/a.py', ...skipped, ...skipped.map((path) => `sub/${path}`)]);
    const session = await root.open();
    expect(await matched(session, 'sub/')).toEqual(['sub/a.py']);
    expect(await matched(session, '.')).toEqual(
      ['a.py', ...skipped, 'sub/a.py', ...skipped.map((path) => `sub/${path}`)].sort(),
    );
    expect(await matched(session, './')).toEqual(['a.py', 'sub/a.py']);
    expect(await matched(session, '**/*')).toEqual(['a.py', 'sub/a.py']);
    expect(await matched(session, 'a.pyc')).toEqual(['a.pyc']);
    expect(await matched(session, 'sub/node_modules')).toEqual(['sub/node_modules/x']);
    expect(await matched(session, 'sub/node_modules/', 'sub/.venv/*')).toEqual([
      'sub/.venv/x',
      'sub/node_modules/x',
    ]);
  });

  test('orch’s own folders are never found, wherever they were moved', async () => {
    const root = makeRoot(['a', '.cache/b', 'store/c']);
    const session = await root.open({ ownFolders: ['store'] });
    expect(await matched(session, './')).toEqual(['a']);
    expect(await matched(session, '.', '**')).toEqual(['a']);
  });

  test('.orchignore works as .gitignore does', async () => {
    const root = makeRoot([
      'a.tmp',
      'keep.tmp',
      'd/a.tmp',
      'd/b',
      'build/x',
      'd/build/x',
      'logs',
      'e/logs/x',
      'k.pyc',
    ]);
    root.write('.orchignore', '# made by tools\n*.tmp\n!keep.tmp\n/build\nlogs/\n\n!*.pyc\r\n');
    const session = await root.open();
    expect(await matched(session, './')).toEqual([
      '.orchignore',
      'd/b',
      'd/build/x',
      'e',
      'k.pyc',
      'keep.tmp',
      'logs',
    ]);
  });

  test('empty folders count under folders and literals, not under globs', async () => {
    const root = makeRoot(['d/a']);
    root.folder('d/empty/inner');
    root.folder('d/skipped/__pycache__');
    const session = await root.open();
    expect(await matched(session, 'd/')).toEqual(['d/a', 'd/empty/inner', 'd/skipped']);
    expect(await matched(session, 'd')).toEqual(['d/a', 'd/empty/inner', 'd/skipped/__pycache__']);
    expect(await matched(session, 'd/**')).toEqual(['d/a']);
    expect(await read(session, 'd/empty/inner')).toMatchObject({ kind: 'folder', content: 'folder' });
  });

  test('what other tasks make is no source, nor is a folder that only holds it, present or not', async () => {
    const root = makeRoot(['d/a', 'd/out/x', 'lit']);
    const session = await root.open();
    const isMade = (path: string) => ['d/out/x', 'd/out', 'd', 'lit'].includes(path);
    const specs = [input('d/'), input('d/**'), input('lit')];
    const paths = async () => (await session.matchInputs(specs, { isMade })).matches.map(({ path }) => path);
    expect(await paths()).toEqual(['d/a', 'd/a']);
    rmSync(root.path('d/out/x'));
    session.forget();
    expect(await paths()).toEqual(['d/a', 'd/a']);
  });

  test('listings are shared until forget, and then asked anew where a folder changed', async () => {
    const root = makeRoot(['d/a', 'd/s/b']);
    const session = await root.open();
    expect(await matched(session, 'd/**')).toEqual(['d/a', 'd/s/b']);
    root.write('d/s/c');
    rmSync(root.path('d/a'));
    expect(await matched(session, 'd/**')).toEqual(['d/a', 'd/s/b']);
    session.forget();
    expect(await matched(session, 'd/**')).toEqual(['d/s/b', 'd/s/c']);
  });

  test('a folder written as one must be one', async () => {
    const root = makeRoot(['f']);
    const session = await root.open();
    const { problems } = await session.matchInputs([input('f/')], nothingMade);
    expect(problems).toEqual([
      { kind: 'input-unusable', path: 'f', message: "isn't a folder; write it without the final /" },
    ]);
  });

  test('finds what fast-glob finds', async () => {
    const root = makeRoot([
      'a.csv',
      'b.txt',
      'd/a.csv',
      'd/.h',
      'd/e/a.csv',
      'd/e/b.txt',
      '.x/a.csv',
      'ü/ö.csv',
      'f f/a b.csv',
    ]);
    const session = await root.open();
    const piece = fc.constantFrom('*', '**', 'd', '*.csv', '[a-d]*', '?.*', '{a,b}.*', 'e', '.x', '.*');
    const pattern = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('/'));
    await fc.assert(
      fc.asyncProperty(pattern, async (glob) => {
        // fast-glob takes `a/**` to match a file `a` as well.
        fc.pre(/[*?{]/.test(glob) && !glob.endsWith('/**'));
        const expected = await fastGlob(glob, {
          cwd: root.dir,
          followSymbolicLinks: false,
          onlyFiles: true,
          ignore: ['.cache'],
        });
        expect([glob, await matched(session, glob)]).toEqual([
          glob,
          expected
            .filter((path) => !path.startsWith('.cache/'))
            .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        ]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('links', () => {
  test('to files and folders inside the root are followed, with their text in the key', async () => {
    const root = makeRoot(['real/a.csv', 'data/b.csv']);
    root.link('data/folder', '../real');
    root.link('data/file.csv', '../real/a.csv');
    root.link('data/dangling.csv', 'nowhere');
    const session = await root.open();
    expect(await matched(session, 'data/')).toEqual([
      'data/b.csv',
      'data/dangling.csv',
      'data/file.csv',
      'data/folder',
      'data/folder/a.csv',
    ]);
    expect(await matched(session, 'data/**/*.csv')).toEqual([
      'data/b.csv',
      'data/dangling.csv',
      'data/file.csv',
      'data/folder/a.csv',
    ]);
    expect(await matched(session, 'data/*')).toEqual(['data/b.csv', 'data/dangling.csv', 'data/file.csv']);
    expect(await matched(session, 'data/folder')).toEqual(['data/folder', 'data/folder/a.csv']);
    const target = await read(session, 'real/a.csv');
    expect((await read(session, 'data/file.csv')).content).toBe(`link:../real/a.csv ${target.content}`);
    expect((await read(session, 'data/folder/a.csv')).content).toBe(target.content);
    expect((await read(session, 'data/folder')).content).toBe('link:../real folder');
    expect((await read(session, 'data/dangling.csv')).content).toBe('link:nowhere absent');
  });

  test('in circles end, and a circle that leads nowhere is a problem', async () => {
    const root = makeRoot(['d/a', 'd/s/b']);
    root.link('d/s/up', '..');
    root.link('d/self', '.');
    const session = await root.open();
    expect(await matched(session, 'd/')).toEqual(['d/a', 'd/s/b', 'd/s/up', 'd/self']);
    root.link('c', 'c');
    expect(await readAny(session, 'c')).toMatchObject({
      problem: 'unreadable',
      message: 'is a circle of links',
    });
  });

  test('that multiply without end are refused', async () => {
    const root = makeRoot(['f15/a']);
    for (let n = 0; n < 15; n++) for (const side of ['l', 'r']) root.link(`f${n}/${side}`, `../f${n + 1}`);
    const session = await root.open();
    const { problems } = await session.matchInputs([input('f0/')], nothingMade);
    expect(problems).toMatchObject([{ path: 'f0', message: 'holds more than 10000 links to folders' }]);
  });

  test('fault 67: a link that leaves the root is refused, as literal, in a folder, under a glob, and above a path', async () => {
    const root = makeRoot(['data/a.csv']);
    const outside = elsewhere();
    root.link('data/out', outside);
    root.link('data/out.csv', join(outside, 'x.csv'));
    root.link('abs', outside);
    const session = await root.open();
    const problems = async (...written: string[]) =>
      (
        await session.matchInputs(
          written.map((each) => input(each)),
          nothingMade,
        )
      ).problems.map((each) => 'path' in each && each.path);
    expect(await problems('data/')).toEqual(['data/out', 'data/out.csv']);
    expect(await problems('data/**/*.csv')).toEqual(['data/out', 'data/out.csv']);
    expect(await problems('data/*.txt')).toEqual([]);
    expect(await problems('data/', '!data/out*')).toEqual([]);
    expect(await problems('abs')).toEqual(['abs']);
    expect(await problems('abs/')).toEqual(['abs']);
    expect(await problems('../x', '/etc/passwd')).toEqual(['../x', '/etc/passwd']);
    for (const path of ['data/out.csv', 'abs', 'abs/x.csv', 'data/out/sub/y.csv', 'data/out/none'])
      expect(await readAny(session, path)).toMatchObject({ path, problem: 'link-leaves-root' });
  });

  test('fault 67: a listed link may leave the root, and what leads from there to the same place', async () => {
    const root = makeRoot(['data/a.csv']);
    const outside = elsewhere();
    root.link('data/out', outside);
    root.link('again', join(outside, 'sub'));
    root.link('etc', '/etc');
    const session = await root.open({ allowLinks: ['data/out'] });
    expect(await matched(session, 'data/**/*.csv', 'again/')).toEqual([
      'again',
      'again/y.csv',
      'data/a.csv',
      'data/out/sub/y.csv',
      'data/out/x.csv',
    ]);
    expect((await read(session, 'data/out/x.csv')).content).toBe(
      (await read(session, join(outside, 'x.csv'))).content,
    );
    expect(await readAny(session, 'etc/passwd')).toMatchObject({ problem: 'link-leaves-root' });
    const globbed = await root.open({ allowLinks: ['data/*'] });
    expect(await matched(globbed, 'data/out/*')).toEqual(['data/out/x.csv']);
  });

  test('external inputs may lie outside, as file, folder and glob', async () => {
    const root = makeRoot();
    const outside = elsewhere();
    const session = await root.open();
    const external = (path: string) => input(path, { external: true });
    expect(await matched(session, external(`${outside}/x.csv`))).toEqual([`${outside}/x.csv`]);
    expect(await matched(session, external(`${outside}/`))).toEqual([
      `${outside}/sub/y.csv`,
      `${outside}/x.csv`,
    ]);
    expect(await matched(session, external(`${outside}/**/*.csv`))).toEqual([
      `${outside}/sub/y.csv`,
      `${outside}/x.csv`,
    ]);
    const relative = `../${outside.split('/').pop()}/x.csv`;
    expect(await matched(session, external(relative))).toEqual([relative]);
    expect((await read(session, relative)).content).toBe((await read(session, `${outside}/x.csv`)).content);
  });

  test('in the way to the root itself don’t matter', async () => {
    const root = makeRoot(['data/a.csv']);
    const outside = elsewhere();
    execFileSync('ln', ['-s', root.dir, join(outside, 'root')]);
    root.link('data/b.csv', join(root.dir, 'data', 'a.csv'));
    const session = await root.open({ root: join(outside, 'root') });
    expect(await matched(session, 'data/*')).toEqual(['data/a.csv', 'data/b.csv']);
    expect((await read(session, 'data/b.csv')).kind).toBe('symlink');
  });
});

describe('names and things', () => {
  test('faults 68, 69: spaces, quotes, newlines, dollars and dashes are only characters', async () => {
    const names = [
      '-rf',
      'a b',
      "it's",
      '"q"',
      'new\nline',
      '$(touch x)',
      'back\\slash',
      '*',
      '#x',
      '%s',
      '\u0001',
    ];
    const root = makeRoot(names.map((name) => `d/${name}`));
    const session = await root.open();
    const all = names.map((name) => `d/${name}`).sort();
    expect(await matched(session, 'd/')).toEqual(all);
    expect(await matched(session, 'd/**')).toEqual(all);
    expect(await matched(session, 'd/*')).toEqual(all);
    for (const path of all) expect((await read(session, path)).sizeBytes).toBe(Buffer.byteLength(path));
    expect(await matched(session, 'd/\\*', input('d/*', { kind: 'file' }))).toEqual(['d/*']);
    session.flush();
    const later = await root.open();
    for (const path of all) expect((await read(later, path)).sizeBytes).toBe(Buffer.byteLength(path));
  });

  test('faults 70, 71: NFC and NFD, upper and lower case are different files', async () => {
    const root = makeRoot(['d/\u00e9', 'd/e\u0301', 'd/A', 'd/a']);
    const session = await root.open();
    expect(await matched(session, 'd/')).toEqual(['d/A', 'd/a', 'd/e\u0301', 'd/\u00e9']);
    expect((await read(session, 'd/A')).content).not.toBe((await read(session, 'd/a')).content);
    expect((await read(session, 'd/\u00e9')).content).not.toBe((await read(session, 'd/e\u0301')).content);
  });

  test('fault 72: [x].txt as a literal path is found', async () => {
    const root = makeRoot(['[x].txt', 'x.txt']);
    const session = await root.open();
    expect(await matched(session, '[x].txt')).toEqual(['[x].txt']);
    expect(await matched(session, '\\[x\\].*')).toEqual(['[x].txt']);
  });

  test('fault 73: FIFOs, sockets and devices are problems at once, never a hang', async () => {
    const root = makeRoot(['d/a']);
    execFileSync('mkfifo', [root.path('d/fifo')]);
    root.link('fifo-link', 'd/fifo');
    const server = createServer().listen(root.path('d/sock'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const session = await root.open();
    const { problems } = await session.matchInputs([input('d/')], nothingMade);
    expect(problems.map((each) => 'path' in each && each.path)).toEqual(['d/fifo', 'd/sock']);
    for (const path of ['d/fifo', 'd/sock', 'fifo-link'])
      expect(await readAny(session, path)).toMatchObject({ path, problem: 'special-file' });
    expect(await readAny(session, '/dev/null')).toMatchObject({ problem: 'special-file' });
  });

  test('names that aren’t UTF-8 are refused where they would count; a real U+FFFD is a name', async () => {
    const root = makeRoot(['d/\ufffd.csv', 'd/a.csv']);
    writeFileSync(
      Buffer.concat([Buffer.from(`${root.dir}/d/`), Buffer.from([0xff, 0x2e, 0x63, 0x73, 0x76])]),
      'x',
    );
    const session = await root.open();
    const { matches, problems } = await session.matchInputs([input('d/*.csv')], nothingMade);
    expect(matches.map(({ path }) => path)).toEqual(['d/a.csv', 'd/\ufffd.csv']);
    expect(problems).toMatchObject([
      { kind: 'input-unusable', message: "has a name that isn't valid UTF-8" },
    ]);
    expect(await matched(session, 'd/a*')).toEqual(['d/a.csv']);
  });

  test('absent paths are null: also below a file; a name that can’t exist is a problem', async () => {
    const root = makeRoot(['f']);
    const session = await root.open();
    expect([await readAny(session, 'none'), await readAny(session, 'f/none')]).toEqual([null, null]);
    expect(await readAny(session, 'a\0b')).toMatchObject({ problem: 'bad-name' });
    expect(await readAny(session, 'x'.repeat(300))).toMatchObject({
      problem: 'unreadable',
      message: "can't be read (ENAMETOOLONG)",
    });
  });
});

test.each<[lines: string, path: string, isFolder: boolean, skipped: boolean]>([
  ['a', 'x/a', false, true],
  ['/a', 'x/a', false, false],
  ['x/a', 'x/a', false, true],
  ['x/a', 'y/x/a', false, false],
  ['**/x/a', 'y/x/a', false, true],
  ['a/', 'a', false, false],
  ['a/', 'a', true, true],
  ['*', '.hidden', false, true],
  ['x/**', 'x/a/b', false, true],
  ['\\#a', '#a', false, true],
  ['\\!a', '!a', false, true],
  ['#a', '#a', false, false],
  ['a   ', 'a', false, true],
  ['a\\ ', 'a ', false, true],
  ['{a,b}', 'a', false, false],
  ['{a,b}', '{a,b}', false, true],
  ['*.log\n!b.log', 'b.log', false, false],
  ['!b.log\n*.log', 'b.log', false, true],
  ['\ufeffa', 'a', false, true],
  ['/', 'a', false, false],
  ['[', '[', false, true],
])('.orchignore %j and %s (a folder: %s): skipped %s', (lines, path, isFolder, skipped) => {
  expect(createSkipList(lines)(path, isFolder)).toBe(skipped);
});
