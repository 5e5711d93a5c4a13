/** What a task reads and writes belongs to it while it runs: edits by others must not end up in a result or lose a file (C8, F1, F5). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { said, scenario, task } from './support/scenario.ts';

it("an upstream task's output that changes under the command is not taken into its result", async () => {
  const s = scenario(
    {
      a: task('a', 'cp in.txt a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
      b: task(
        'b',
        '[ ! -e "$OUTSIDE/once" ] || { rm "$OUTSIDE/once" a.txt; echo other > a.txt; }; cp a.txt b.txt',
        {
          inputs: ['a.txt'],
          outputs: ['b.txt'],
        },
      ),
    },
    { 'in.txt': 'one\n' },
  );
  await s.orch(['run', 'a']);
  writeFileSync(join(s.outside, 'once'), '');
  await s.orch(['run', 'b']);
  await s.ok('run', 'b');
  expect(s.read('a.txt')).toBe('one\n');
  expect(s.read('b.txt')).toBe('one\n');
});

it('a task that ran once more for a changed input holds up nobody who needs the same upstream task', async () => {
  const s = scenario(
    {
      a: task('a', 'cp in.txt a1; cp in.txt a2', { inputs: ['in.txt'], outputs: ['a1', 'a2'] }),
      b: task('b', 'cat a1 src > b; [ ! -e go ] || { rm go; echo x >> src; }', {
        inputs: ['a1', 'src'],
        outputs: ['b'],
      }),
      c: task('c', 'cat b a2 > c', { inputs: ['a2', 'b'], outputs: ['c'] }),
    },
    { 'in.txt': 'one\n', src: 's\n' },
  );
  await s.ok('run', 'c');
  s.remove('a2');
  s.write('src', 't\n');
  s.write('go', '');
  const running = s.start(['run', 'c']);
  const killer = setTimeout(() => running.kill('SIGKILL'), 10_000);
  const ran = await running.done;
  clearTimeout(killer);
  expect(ran.code, said(ran)).toBe(0);
  expect(s.read('c')).toBe('one\nt\nx\none\n');
});

it("a glob output whose task runs once more keeps another task's files", async () => {
  const s = scenario(
    {
      a: task('a', 'cat src > out/a1.txt; [ ! -e go ] || { rm go; echo x >> src; }', {
        inputs: ['src'],
        outputs: ['out/a*.txt'],
      }),
      b: task('b', 'cp in.txt out/ab.txt', { inputs: ['in.txt'], outputs: ['out/*b.txt'] }),
      all: { needs: ['a', 'b'] },
    },
    { 'in.txt': 'one\n', src: 's\n' },
  );
  await s.ok('run', 'b');
  await s.ok('run', 'all');
  s.write('src', 't\n');
  s.write('go', '');
  await s.ok('run', 'all');
  expect(Object.keys(s.under('out'))).toEqual(['a1.txt', 'ab.txt']);
});

it('a glob output does not take a file that another running task is making', async () => {
  const s = scenario(
    {
      a: task('a', 'until [ -e out/ab.txt ]; do sleep 0.01; done; cp in.txt out/a1.txt', {
        inputs: ['in.txt'],
        outputs: ['out/a*.txt'],
      }),
      b: task('b', 'cp in.txt out/ab.txt; until [ -e "$OUTSIDE/free" ]; do sleep 0.01; done', {
        inputs: ['in.txt'],
        outputs: ['out/*b.txt'],
      }),
      // Not an input by glob: it must not wait for b.
      free: task('free', 'touch "$OUTSIDE/free"', { inputs: ['in.txt'], needs: ['a'], cache: false }),
      all: { needs: ['b', 'free'] },
    },
    { 'in.txt': 'one\n' },
  );
  await s.orch(['run', '-j', '4', '-k', 'all'], { timeoutMs: 15_000 });
  s.remove('out');
  await s.orch(['run', 'a'], { timeoutMs: 3_000 });
  expect(Object.keys(s.under('out'))).not.toContain('ab.txt');
});
