/** Damaged or unusable records under `.cache/` (faults 13, 16, 18; F3, F6): never obeyed, never an internal error. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Scenario, said, scenario, task } from './support/scenario.ts';

function settled(): Scenario {
  return scenario(
    { make: task('make', 'cat in.txt > out.txt', { inputs: ['in.txt'], outputs: ['out.txt'] }) },
    { 'in.txt': 'x\n' },
  );
}

describe('a compiled pipeline', () => {
  it.each([
    ['in its command', 'cat in.txt > out.txt', 'cat in.txt > out.txu'],
    ['in the kind of an input', '"kind":"file"', '"kind":"gile"'],
    ['in a name of its fields', '"inputs":', '"inpuus":'],
  ])('with a flipped bit %s is read anew from the file', async (_where, from, to) => {
    const s = settled();
    await s.ok('run', 'make');
    const folder = s.path('.cache/state/v1/compiled');
    let flipped = 0;
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      const text = readFileSync(file, 'utf8');
      if (text.includes(from)) flipped += 1;
      writeFileSync(file, text.replace(from, to));
    }
    expect(flipped).toBeGreaterThan(0);
    s.write('in.txt', 'y\n');
    await s.ok('run', 'make');
    expect(s.read('out.txt')).toBe('y\n');
    expect(s.exists('out.txu')).toBe(false);
  });
});

describe('records that can’t be read or written', () => {
  const commands = [['run', 'make'], ['status'], ['run', '-n', 'make']] as const;

  it.each(['state/v1/journal', 'state/v1/runs', 'owned/a', 'owned/b', 'state/v1/stat-cache'])(
    'a folder in the place of .cache/%s is named in one line, or passed over',
    async (path) => {
      const s = settled();
      await s.ok('run', 'make');
      s.remove(`.cache/${path}`);
      mkdirSync(s.path('.cache', path));
      for (const command of commands) {
        const ran = await s.orch(command);
        expect(said(ran)).not.toContain('internal error');
        expect([0, 3]).toContain(ran.code);
        if (ran.code === 3) expect(ran.stderr).toContain(path);
      }
    },
  );

  it('a file in the place of .cache is named in one line', async () => {
    const s = settled();
    s.write('.cache', 'mine\n');
    for (const command of commands) {
      const ran = await s.orch(command);
      expect(said(ran)).not.toContain('internal error');
    }
    expect(s.read('.cache')).toBe('mine\n');
  });

  it.skipIf(process.getuid?.() === 0)(
    'an unwritable history of runs stops no run that has nothing to do',
    async () => {
      const s = settled();
      await s.ok('run', 'make');
      chmodSync(s.path('.cache/state/v1/runs'), 0o444);
      await s.ok('run', 'make', '--rehash');
    },
  );

  it('an unwritable history of runs (here: a folder) stops no run that has nothing to do', async () => {
    const s = settled();
    await s.ok('run', 'make');
    s.remove('.cache/state/v1/runs');
    mkdirSync(s.path('.cache/state/v1/runs'));
    await s.ok('run', 'make', '--rehash');
  });
});

describe.each(['a', 'b'])(
  'copy %s of the record of own files, left as it was when the other was written anew',
  (stale) => {
    it('brings back nothing that is over, and loses nothing', async () => {
      const make = (name: string) =>
        task(name, `cp in.txt ${name}.txt`, { inputs: ['in.txt'], outputs: [`${name}.txt`] });
      const s = scenario({ one: make('one'), two: make('two') }, { 'in.txt': '1\n' });
      await s.ok('run', 'one', 'two');
      s.write('in.txt', '2\n');
      await s.ok('run', 'one', 'two');
      const before = s.read(`.cache/owned/${stale}`);
      // As a cut end: the next run writes both anew, and adds what it does.
      s.write('.cache/owned/b', s.read('.cache/owned/b').slice(0, -10));
      s.write('in.txt', '3\n');
      await s.ok('run', 'one');
      s.write(`.cache/owned/${stale}`, before);
      s.write('in.txt', '4\n');
      expect((await s.run('one', 'two')).sort()).toEqual(['one', 'two']);
      expect(s.exists('.cache/replaced')).toBe(false);
      s.write('one.txt', '3\n');
      await s.ok('clean', '--outputs', '-y');
      expect(s.exists('two.txt')).toBe(false);
      expect(s.read('one.txt')).toBe('3\n');
    });
  },
);

it('damaged lines of the journal are told once: the run that meets them writes it anew', async () => {
  const s = settled();
  await s.ok('run', 'make');
  const journal = s.path('.cache/state/v1/journal');
  const bytes = readFileSync(journal);
  bytes[bytes.length - 20] = bytes[bytes.length - 20]! ^ 1;
  writeFileSync(journal, bytes);
  const looked = await s.orch(['status']);
  expect(readFileSync(journal)).toEqual(bytes);
  expect(said(looked)).not.toContain('internal error');
  expect((await s.ok('run', 'make')).stderr).toMatch(/damaged line/);
  const again = await s.ok('run', 'make');
  expect(again.stderr).toBe('');
  expect(again.stdout).toContain('0 run, 0 restored, 1 up to date');
});

it('what a power cut leaves of a run that was live stops nobody, and is cleared', async () => {
  const s = settled();
  await s.ok('run', 'make');
  s.write('.cache/live/20260101-000000-abcdef', '');
  s.write('.cache/live/20260101-000001-abcdef', '{"who":"run x","tas');
  s.write('in.txt', 'y\n');
  await s.ok('status');
  await s.ok('run', '--no-wait', 'make');
  expect(s.read('out.txt')).toBe('y\n');
  expect(s.under('.cache/live')).toEqual({});
});
