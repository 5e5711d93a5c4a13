/** Matrix cells: which there are, what they are called, what they need (B7). */
import { describe, expect, it } from 'vitest';
import { eventsOf, type Fields, outcomesOf, scenario, task } from './support/scenario.ts';

const name = '${{ matrix.model }}-${{ matrix.month }}';
const train = (matrix: Fields): Fields => ({
  train: task(`train ${name}`, `echo ${name} > models/${name}.txt`, {
    matrix,
    outputs: [`models/${name}.txt`],
  }),
});

describe('cells', () => {
  it('are all combinations', async () => {
    const s = scenario(train({ model: ['a', 'b'], month: [1, 2] }));
    expect((await s.run('train')).toSorted()).toEqual(['train a-1', 'train a-2', 'train b-1', 'train b-2']);
    expect(await s.run('train')).toEqual([]);
  });

  it('are asked for by name', async () => {
    const s = scenario(train({ model: ['a', 'b'], month: [1, 2] }));
    expect(await s.run('train[model=a,month=2]')).toEqual(['train a-2']);
    expect(s.under('models')).toEqual({ 'a-2.txt': 'a-2\n' });
  });

  it('are forced by name, or all that are part of the run', async () => {
    const s = scenario({
      ...train({ model: ['a', 'b'], month: [1, 2] }),
      last: task('last', 'true', { needs: ['train[model=a]'] }),
    });
    await s.run('last');
    expect(await s.run('last', '--force=train[model=a,month=2]')).toEqual(['train a-2']);
    expect(await s.run('last', '--force=train[model=a,month=2],train[model=a,month=1]')).toHaveLength(2);
    expect((await s.run('last', '--force=train')).toSorted()).toEqual(['train a-1', 'train a-2']);
    expect((await s.exits(2, ['run', 'last', '--force=train[model=b]'])).stderr).toContain(
      "--force=train[model=b]: last doesn't need that task",
    );
  });

  it('are called by name in events', async () => {
    const s = scenario(train({ model: ['a'], month: [1] }));
    const events = eventsOf(await s.ok('run', '--json', 'train'));
    expect(outcomesOf(events)).toMatchObject({ 'train[model=a,month=1]': 'succeeded' });
  });

  it('that are not there are refused', async () => {
    const s = scenario(train({ model: ['a', 'b'], month: [1, 2] }));
    const ran = await s.exits(2, ['run', 'train[model=c,month=1]']);
    expect(ran.stderr).toContain('train has no cell [model=c,month=1]');
    expect(s.ran()).toEqual([]);
  });

  it('come from an expression', async () => {
    const s = scenario(train({ model: ['a'], month: '${{ range(1, 4) }}' }));
    expect((await s.run('train')).toSorted()).toEqual(['train a-1', 'train a-2', 'train a-3']);
  });

  it('are added by include and taken away by exclude', async () => {
    const s = scenario(
      train({
        model: ['a', 'b'],
        month: [1, 2],
        exclude: [{ model: 'b', month: 1 }],
        include: [{ model: 'c', month: 5 }],
      }),
    );
    expect((await s.run('train')).toSorted()).toEqual(['train a-1', 'train a-2', 'train b-2', 'train c-5']);
  });

  it('are taken away together by a partial exclude', async () => {
    const s = scenario(train({ model: ['a', 'b'], month: [1, 2], exclude: [{ model: 'b' }] }));
    expect((await s.run('train')).toSorted()).toEqual(['train a-1', 'train a-2']);
  });

  it('run only where something of them changed', async () => {
    const s = scenario(
      {
        part: task('part ${{ matrix.n }}', 'cat in/${{ matrix.n }} > out/${{ matrix.n }}', {
          matrix: { n: ['x', 'y'] },
          inputs: ['in/${{ matrix.n }}'],
          outputs: ['out/${{ matrix.n }}'],
        }),
      },
      { 'in/x': '1', 'in/y': '1' },
    );
    await s.run('part');
    s.write('in/y', '2');
    expect(await s.run('part')).toEqual(['part y']);
  });

  it('a new value runs only its own cell', async () => {
    const s = scenario(train({ model: ['a'], month: [1] }));
    await s.run('train');
    s.flow(train({ model: ['a'], month: [1, 2] }));
    expect(await s.run('train')).toEqual(['train a-2']);
  });

  it('values with , = ] / % are percent-escaped in names', async () => {
    const s = scenario({
      t: task('t', 'printf "%s\\n" ${{ matrix.v }} >> "$OUTSIDE/seen"', {
        matrix: { v: ['a,b', 'c=d', 'e]f', 'g/h'] },
      }),
    });
    expect(await s.run('t[v=a%2Cb]')).toEqual(['t']);
    expect(await s.run('t[v=c%3Dd]')).toEqual(['t']);
    expect(await s.run('t[v=e%5Df]')).toEqual(['t']);
    const events = eventsOf(await s.ok('run', '--json', 't[v=g%2Fh]'));
    expect(Object.keys(outcomesOf(events))).toEqual(['t[v=g%2Fh]']);
  });

  it('two cells with the same output are refused', async () => {
    const s = scenario({
      t: task('t', 'echo ${{ matrix.v }} > out.txt', { matrix: { v: [1, 2] }, outputs: ['out.txt'] }),
    });
    const ran = await s.exits(2, ['run', 't']);
    expect(ran.stderr).toContain('out.txt');
    expect(s.ran()).toEqual([]);
  });
});

describe('needs between cells', () => {
  const prepare = task('prepare ${{ matrix.month }}', '', { matrix: { month: [1, 2] }, cache: false });

  it('a plain need takes the cells that agree on shared keys', async () => {
    const s = scenario({
      prepare,
      use: task('use ${{ matrix.month }}', '', {
        matrix: { month: [1, 2], model: ['a'] },
        needs: ['prepare'],
      }),
    });
    expect(await s.run('use[month=2,model=a]')).toEqual(['prepare 2', 'use 2']);
  });

  it('a plain need takes all cells where no key is shared', async () => {
    const s = scenario({ prepare, use: task('use', '', { needs: ['prepare'] }) });
    const ran = await s.run('use');
    expect(ran.slice(0, 2).toSorted()).toEqual(['prepare 1', 'prepare 2']);
    expect(ran[2]).toBe('use');
  });

  it('t[*] takes all', async () => {
    const s = scenario({
      prepare,
      use: task('use ${{ matrix.month }}', '', { matrix: { month: [1] }, needs: ['prepare[*]'] }),
    });
    expect((await s.run('use')).toSorted()).toEqual(['prepare 1', 'prepare 2', 'use 1']);
  });

  it('t[month=1] takes those', async () => {
    const s = scenario({ prepare, use: task('use', '', { needs: ['prepare[month=1]'] }) });
    expect(await s.run('use')).toEqual(['prepare 1', 'use']);
  });

  it('no match is an error', async () => {
    const three = scenario({ prepare, use: task('use', '', { needs: ['prepare[month=3]'] }) });
    expect((await three.exits(2, ['run', 'use'])).stderr).toContain('prepare[month=3]');
    const shared = scenario({
      prepare,
      use: task('use', '', { matrix: { month: [2, 3] }, needs: ['prepare'] }),
    });
    await shared.exits(2, ['run', 'use']);
    expect([...three.ran(), ...shared.ran()]).toEqual([]);
  });

  it('a dependency through a path follows the path only', async () => {
    const s = scenario({
      part: task('part ${{ matrix.month }}', 'echo ${{ matrix.month }} > part-${{ matrix.month }}', {
        matrix: { month: [1, 2] },
        outputs: ['part-${{ matrix.month }}'],
      }),
      use: task('use ${{ matrix.month }}', '', { matrix: { month: [1] }, inputs: ['part-2'] }),
    });
    expect(await s.run('use')).toEqual(['part 2', 'use 1']);
  });
});
