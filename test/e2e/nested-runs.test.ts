/** orch within a task of orch (D7, B4): it never waits for the run that waits for it. */
import { expect, it } from 'vitest';
import { bareScenario, flow, said, scenario, task } from './support/scenario.ts';

it('a nested run that needs what its ancestor is making ends with 2 and says so', async () => {
  const s = scenario(
    {
      outer: task('outer', '"$BIN" run outer || echo "inner $?" >> "$TRACE"', {
        inputs: ['in.txt'],
        outputs: ['o.txt'],
      }),
    },
    { 'in.txt': 'x\n' },
  );
  const ran = await s.orch(['run', 'outer'], { timeoutMs: 15_000 });
  expect(ran.signal, said(ran)).toBe(null);
  expect(s.ran()).toEqual(['outer', 'inner 2']);
});

it('a nested run of another task of the same root does not wait for its ancestor for ever', async () => {
  const s = scenario({
    outer: task('outer', '"$BIN" run inner || echo "inner $?" >> "$TRACE"', { cache: false }),
    inner: task('inner', 'echo i > i.txt', { outputs: ['i.txt'] }),
  });
  const ran = await s.orch(['run', 'outer'], { timeoutMs: 15_000 });
  expect(ran.signal, said(ran)).toBe(null);
  expect(ran.code, said(ran)).toBe(0);
});

it('a nested run in another root runs', async () => {
  const s = bareScenario({
    'sub/orch.yaml': flow({ inner: task('inner', 'echo i > i.txt', { outputs: ['i.txt'] }) }),
  });
  s.flow({ outer: task('outer', '"$BIN" -C sub run inner', { cache: false }) });
  await s.ok('run', 'outer');
  expect(s.ran()).toEqual(['outer', 'inner']);
});
