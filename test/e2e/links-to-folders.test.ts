/** Links that lead to folders: what lies behind them counts as an input, wherever it comes from (SPEC B3, C1). */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fields, type Scenario, said, scenario, task } from './support/scenario.ts';

/** Reads everything behind `link` into b.txt. */
function reader(inputs: readonly unknown[], fields: Fields = {}): Fields {
  return task('b', 'find -L link -type f | sort | xargs cat > b.txt', {
    inputs,
    outputs: ['b.txt'],
    ...fields,
  });
}

/** Runs b twice, changes something, and expects that b alone (besides `others`) runs once more. */
async function notices(s: Scenario, change: () => void, others: readonly string[] = []): Promise<void> {
  await s.ok('run', 'b');
  expect(await s.run('b')).toEqual([]);
  change();
  expect((await s.orch(['status', 'b', '--exit-code'])).code).toBe(1);
  expect(await s.run('b')).toEqual([...others, 'b']);
  expect(await s.run('b')).toEqual([]);
}

describe('a link of the user to a folder of sources', () => {
  it.each([
    ['as a literal path', ['link']],
    ['as a folder', ['link/']],
    ['under a glob', ['link/*.txt']],
    ['as a file behind it', ['link/x.txt']],
  ])('%s', async (_how, inputs) => {
    const s = scenario({ b: reader(inputs) }, { 'src/x.txt': '1\n' });
    symlinkSync('src', s.path('link'));
    await notices(s, () => s.write('src/x.txt', '2\n'));
    expect(s.read('b.txt')).toBe('2\n');
  });
});

describe('a link that a task makes to a folder of sources', () => {
  const maker = task('a', 'ln -sfn src link', { inputs: ['cfg'], outputs: ['link'] });
  it.each([
    ['a literal input', ['link'], {}],
    ['an input folder', ['link/'], {}],
    ['an input glob', ['link/*.txt'], {}],
    ['a file behind it', ['link/x.txt'], {}],
    ['a need', [], { needs: ['a'] }],
  ])('%s sees changed content', async (_how, inputs, fields) => {
    const s = scenario({ a: maker, b: reader(inputs, fields) }, { cfg: '', 'src/x.txt': '1\n' });
    await notices(s, () => s.write('src/x.txt', '2\n'));
    expect(s.read('b.txt')).toBe('2\n');
  });

  it.each([
    ['a new file', (s: Scenario) => s.write('src/deep/y.txt', 'y\n'), '1\ny\n'],
    ['a file that is gone', (s: Scenario) => s.remove('src/z.txt'), '1\n'],
  ])('sees %s', async (_what, change, content) => {
    const files = content === '1\n' ? { 'src/z.txt': 'z\n' } : {};
    const s = scenario({ a: maker, b: reader(['link']) }, { cfg: '', 'src/x.txt': '1\n', ...files });
    await notices(s, () => change(s));
    expect([content, 'y\n1\n']).toContain(s.read('b.txt'));
  });

  it('names the file that changed, and going back restores', async () => {
    const s = scenario({ a: maker, b: reader(['link']) }, { cfg: '', 'src/x.txt': '1\n' });
    await s.ok('run', 'b');
    s.write('src/x.txt', '2\n');
    expect((await s.ok('run', '-n', 'b')).stdout).toMatch(/b +run \(input link\/x\.txt changed\)/);
    await s.ok('run', 'b');
    s.write('src/x.txt', '1\n');
    expect(await s.outcomes('b')).toEqual({ a: 'up-to-date', b: 'restored' });
    expect(s.read('b.txt')).toBe('1\n');
  });

  it('a negation takes away what lies behind it', async () => {
    const s = scenario(
      { a: maker, b: reader(['link/', '!link/*.log']) },
      { cfg: '', 'src/x.txt': '1\n', 'src/x.log': '1\n' },
    );
    await s.ok('run', 'b');
    s.write('src/x.log', '2\n');
    expect(await s.run('b')).toEqual([]);
  });

  it('through another link, which either task made', async () => {
    const a = task('a', 'ln -sfn second link; ln -sfn src second', {
      inputs: ['cfg'],
      outputs: ['link', 'second'],
    });
    const s = scenario({ a, b: reader(['link']) }, { cfg: '', 'src/x.txt': '1\n' });
    await notices(s, () => s.write('src/x.txt', '2\n'));
  });

  it('inside a folder output, and written as an absolute path', async () => {
    const s = scenario(
      {
        a: task('a', 'mkdir -p out; ln -sfn "$PWD/src" out/l', { inputs: ['cfg'], outputs: ['out/'] }),
        b: task('b', 'cat out/l/* > b.txt', { inputs: ['out/'], outputs: ['b.txt'] }),
      },
      { cfg: '', 'src/x.txt': '1\n' },
    );
    await notices(s, () => s.write('src/x.txt', '2\n'));
  });
});

describe('a link that a task makes to a folder among its own outputs', () => {
  const maker = task('a', 'mkdir -p v1; sed s/,.*// in.txt > v1/x.txt; ln -sfn v1 link', {
    inputs: ['in.txt'],
    outputs: ['link', 'v1/'],
  });

  it('is new to those who read through it when the folder is', async () => {
    const s = scenario({ a: maker, b: reader(['link']) }, { 'in.txt': '1,\n' });
    await notices(s, () => s.write('in.txt', '2,\n'), ['a']);
    expect(s.read('b.txt')).toBe('2\n');
    s.write('in.txt', '2,other\n');
    expect(await s.run('b')).toEqual(['a']);
  });

  it.each([
    ['a literal input', ['link', 'extra'], {}],
    ['a file behind it', ['link/x.txt', 'extra'], {}],
    ['a need', ['extra'], { needs: ['a'] }],
  ])('comes back with its folder for %s that runs', async (_how, inputs, fields) => {
    const s = scenario({ a: maker, b: reader(inputs, fields) }, { 'in.txt': '1,\n', extra: '1' });
    await s.ok('run', 'b');
    for (const path of ['link', 'v1', 'b.txt']) s.remove(path);
    expect(await s.run('b')).toEqual([]);
    expect(s.read('b.txt')).toBe('1\n');
    for (const path of ['link', 'v1']) s.remove(path);
    s.write('extra', '2');
    expect(await s.run('b')).toEqual(['b']);
    expect(s.read('b.txt')).toBe('1\n');
  });
});

describe('a link to a folder that another task makes', () => {
  const c = task('c', 'mkdir -p made; sed s/,.*// in.txt > made/x.txt', {
    inputs: ['in.txt'],
    outputs: ['made/'],
  });

  it('made by a task that needs it: content and order are right, and equal bytes stop there', async () => {
    const s = scenario(
      { c, a: task('a', 'ln -sfn made link', { needs: ['c'], outputs: ['link'] }), b: reader(['link']) },
      { 'in.txt': '1,\n' },
    );
    await notices(s, () => s.write('in.txt', '2,\n'), ['c', 'a']);
    expect(s.read('b.txt')).toBe('2\n');
    s.write('in.txt', '2,other\n');
    expect(await s.run('b')).toEqual(['c']);
    for (const path of ['link', 'made', 'b.txt']) s.remove(path);
    expect(await s.run('b')).toEqual([]);
    expect(s.under('made')).toEqual({});
    s.remove('link');
    s.write('in.txt', '3,\n');
    expect(await s.run('b')).toEqual(['c', 'a', 'b']);
    expect(s.read('b.txt')).toBe('3\n');
  });

  it('made by a task that does not need it: a message says what to list', async () => {
    const s = scenario(
      { c, a: task('a', 'ln -sfn made link', { inputs: ['cfg'], outputs: ['link'] }), b: reader(['link']) },
      { 'in.txt': '1,\n', cfg: '' },
    );
    const ran = await s.exits(1, ['run', 'b']);
    expect(said(ran)).toMatch(/link.* leads to made, which c makes.*needs/);
    expect(s.ran()).toEqual(['a']);
    s.flow({
      c,
      a: task('a', 'ln -sfn made link', { inputs: ['cfg'], outputs: ['link'] }),
      b: reader(['link'], { needs: ['c'] }),
    });
    expect(await s.run('b')).toEqual(['c', 'b']);
  });

  it.each([
    ['a literal path', ['link'], '1\n'],
    ['a folder', ['link/'], '1\n'],
    ['a glob', ['link/*.txt'], '1\n'],
    ['a file behind it', ['link/x.txt'], '1\n'],
    ['a folder above it', ['data/', 'link'], '1\n'],
  ])("the user's own, as %s: counts by what the task recorded", async (how, inputs, content) => {
    const s = scenario({ c, b: reader([...inputs, 'extra'], { needs: [{ task: 'c', order_only: true }] }) });
    s.write('extra', '1');
    s.write('in.txt', '1,\n');
    s.write('data/y.txt', 'y\n');
    symlinkSync('made', s.path('link'));
    if (how === 'a folder above it') symlinkSync('../made', s.path('data/l'));
    await notices(s, () => s.write('in.txt', '2,\n'), ['c']);
    s.write('in.txt', '1,\n');
    expect(await s.run('b')).toEqual([]);
    expect(s.read('b.txt')).toBe(content);
    s.remove('made');
    expect(await s.run('b')).toEqual([]);
    expect(s.exists('made')).toBe(false);
    s.write('extra', '2');
    expect(await s.run('b')).toEqual(['b']);
    expect(s.read('b.txt')).toBe(content);
    expect(await s.run('b')).toEqual([]);
  });

  it("the user's own, without a need: a message says what to list", async () => {
    const s = scenario({ c, b: reader(['link']) }, { 'in.txt': '1,\n' });
    symlinkSync('made', s.path('link'));
    expect(said(await s.exits(1, ['run', 'b']))).toMatch(/link.* leads to made, which c makes/);
    expect(s.ran()).toEqual([]);
  });

  it('a link to a file of another task counts by what was recorded and comes back with it', async () => {
    const s = scenario(
      {
        c,
        a: task('a', 'ln -sfn made/x.txt link', { needs: ['c'], outputs: ['link'] }),
        b: task('b', 'cat link > b.txt', { inputs: ['link', 'extra'], outputs: ['b.txt'] }),
      },
      { 'in.txt': '1,\n', extra: '1' },
    );
    await notices(s, () => s.write('in.txt', '2,\n'), ['c', 'a']);
    s.remove('made');
    s.write('extra', '2');
    expect(await s.run('b')).toEqual(['b']);
    expect(s.read('b.txt')).toBe('2\n');
  });
});

describe('a link that a task makes and that leaves the root', () => {
  const a = task('a', 'ln -sfn "$OUTSIDE/far" link', { inputs: ['cfg'], outputs: ['link'] });

  function outside(fields: Fields = {}): Scenario {
    const s = scenario({ a, b: reader(['link']) }, { cfg: '' }, fields);
    mkdirSync(join(s.outside, 'far'));
    writeFileSync(join(s.outside, 'far/x.txt'), '1\n');
    return s;
  }

  it('counts by its text alone', async () => {
    const s = outside();
    await s.ok('run', 'b');
    writeFileSync(join(s.outside, 'far/x.txt'), '2\n');
    expect(await s.run('b')).toEqual([]);
  });

  it('counts by its content where allow_links lists it', async () => {
    const s = outside({ allow_links: ['link'] });
    await notices(s, () => writeFileSync(join(s.outside, 'far/x.txt'), '2\n'));
    expect(s.read('b.txt')).toBe('2\n');
  });
});

describe('links in circles', () => {
  it.each([
    ['to itself', 'ln -sfn self out/self'],
    ['to its own folder', 'ln -sfn . out/self'],
    ['to the folder above', 'ln -sfn .. out/up'],
    ['to each other', 'ln -sfn two out/one; ln -sfn one out/two'],
    ['into each other', 'mkdir -p out/p out/q; ln -sfn ../q out/p/l; ln -sfn ../p out/q/l'],
    ['through a folder of sources', 'ln -sfn ../src out/l'],
  ])('%s end, and what lies there counts', async (_how, link) => {
    const s = scenario(
      {
        a: task('a', `mkdir -p out; cp in.txt out/x.txt; ${link}`, { inputs: ['in.txt'], outputs: ['out/'] }),
        b: task('b', 'cat out/x.txt > b.txt', { inputs: ['out/'], outputs: ['b.txt'] }),
        n: task('n', '', { needs: ['a'], outputs: [] }),
      },
      { 'in.txt': '1\n', 'src/y.txt': '' },
    );
    symlinkSync('../out', s.path('src/back'));
    await notices(s, () => s.write('in.txt', '2\n'), ['a']);
    expect(await s.run('n')).toEqual(['n']);
    expect(await s.run('n')).toEqual([]);
  });

  it('where they multiply, a message says so instead of going on for ever', async () => {
    const links = Array.from(
      { length: 20 },
      (_, n) => `mkdir -p out/f${n}; ln -sfn ../f${n + 1} out/f${n}/l; ln -sfn ../f${n + 1} out/f${n}/r`,
    ).join('; ');
    const s = scenario({
      a: task('a', `${links}; mkdir -p out/f20; echo > out/f20/x`, { outputs: ['out/'] }),
      b: task('b', 'echo > b.txt', { inputs: ['out/f0/'], outputs: ['b.txt'] }),
    });
    const ran = await s.exits(1, ['run', 'b']);
    expect(said(ran)).toMatch(/more than 10000 links to folders/);
  });
});

it('an own output behind a link in an input folder does not make the task stale', async () => {
  const s = scenario({
    t: task('t', 'mkdir -p out; ls src > out/x', { inputs: ['src/'], outputs: ['out/'] }),
  });
  s.write('src/a', '');
  symlinkSync('../out', s.path('src/out'));
  expect(await s.run('t')).toEqual(['t']);
  expect(await s.run('t')).toEqual([]);
  rmSync(s.path('out'), { recursive: true });
  expect(await s.run('t')).toEqual([]);
});

it('what was decided through a link is decided again when its folder has to be made anew and differs', async () => {
  const c = task('c', 'mkdir -p made; echo x >> "$OUTSIDE/count"; cp "$OUTSIDE/count" made/x.txt', {
    inputs: ['in.txt'],
    outputs: [{ path: 'made/', store: false }],
  });
  const read = (name: string, inputs: readonly string[]) =>
    task(name, `cat link/* > ${name}.txt`, { inputs, outputs: [`${name}.txt`] });
  const s = scenario(
    {
      c,
      a: task('a', 'ln -sfn made link', { needs: [{ task: 'c', order_only: true }], outputs: ['link'] }),
      b: read('b', ['link', 'extra']),
      d: read('d', ['link']),
    },
    { 'in.txt': '1', extra: '1' },
  );
  await s.ok('run', 'b', 'd');
  s.remove('made');
  s.write('extra', '2');
  expect((await s.run('b', 'd')).sort()).toEqual(['b', 'c', 'd']);
  expect(s.read('d.txt')).toBe('x\nx\n');
  expect(await s.run('b', 'd')).toEqual([]);
});
