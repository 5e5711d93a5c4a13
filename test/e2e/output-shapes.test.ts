/** Outputs whose place has another shape than before: a folder where a file was, a file where a folder must be (B3). */
import { expect, it } from 'vitest';
import { type Scenario, scenario, task } from './support/scenario.ts';

function shaped(s: Scenario, output: string, script: string): void {
  s.flow({ a: task('a', script, { inputs: ['in.txt'], outputs: [output] }) });
}

it('an output becomes a folder with a file in it, and a file again', async () => {
  const s = scenario({}, { 'in.txt': 'one\n' });
  for (const _round of [1, 2]) {
    shaped(s, 'out', 'cp in.txt out');
    await s.ok('run', 'a');
    expect(s.read('out')).toBe('one\n');
    shaped(s, 'out/x', 'cp in.txt out/x');
    await s.ok('run', 'a');
    expect(s.under('out')).toEqual({ x: 'one\n' });
  }
  expect(s.under('.cache/replaced')).toEqual({});
});

it('an output becomes a folder output, and a file again', async () => {
  const s = scenario({}, { 'in.txt': 'one\n' });
  for (const _round of [1, 2]) {
    shaped(s, 'out', 'cp in.txt out');
    await s.ok('run', 'a');
    expect(s.read('out')).toBe('one\n');
    shaped(s, 'out/', 'mkdir out; cp in.txt out/y');
    await s.ok('run', 'a');
    expect(s.under('out')).toEqual({ y: 'one\n' });
  }
});

it.each(['restored', 'made'])(
  "a user's file where the folder of an output to be %s must be is set aside",
  async (how) => {
    const s = scenario(
      { b: task('b', 'cp in.txt sub/b', { inputs: ['in.txt'], outputs: ['sub/b'] }) },
      { 'in.txt': 'one\n' },
    );
    await s.ok('run', 'b');
    s.remove('sub');
    s.write('sub', 'mine\n');
    if (how === 'made') s.write('in.txt', 'two\n');
    await s.ok('run', 'b');
    expect(s.read('sub/b')).toBe(s.read('in.txt'));
    expect(Object.values(s.under('.cache/replaced'))).toContain('mine\n');
  },
);

it('a link among the outputs of an upstream task counts by the content of its target too', async () => {
  const s = scenario(
    {
      a: task('a', 'ln -s data.txt link', { inputs: ['cfg'], outputs: ['link'] }),
      b: task('b', 'cat link > b.txt', { inputs: ['link'], outputs: ['b.txt'] }),
    },
    { cfg: 'c', 'data.txt': 'one\n' },
  );
  await s.ok('run', 'b');
  s.write('data.txt', 'two\n');
  expect(await s.run('b')).toEqual(['b']);
  expect(s.read('b.txt')).toBe('two\n');
});

it('orphans that empty an input folder do not make the command run twice', async () => {
  const b = task('b', 'ls d > b.txt 2> /dev/null || true', {
    inputs: [{ path: 'd/', optional: true }],
    outputs: ['b.txt'],
  });
  const a = task('a', 'mkdir -p d; cp in.txt d/1', { inputs: ['in.txt'], outputs: ['d/'] });
  const s = scenario({ a, b }, { 'in.txt': 'one\n' });
  await s.ok('run', 'b');
  s.flow({ b });
  expect(await s.run('b')).toEqual(['b']);
});

it('a cell with a value of 700 characters runs', async () => {
  const value = 'v'.repeat(700);
  const s = scenario({ a: task('a', ': ${{ matrix.m }}', { matrix: { m: [value] } }) });
  expect(await s.run('a')).toEqual(['a']);
});
