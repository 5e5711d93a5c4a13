/** A run that repeats one in which nothing was to be done: whatever it went by is looked at again (C5, F1). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bareScenario, type Fields, flow, type Scenario, task } from './support/scenario.ts';

async function idle(s: Scenario): Promise<void> {
  // Files must be older than the clock's step before their stats count.
  for (let n = 0; n < 4; n++) await s.ok('run', 'a');
  s.ran();
}

function collecting(inputs: readonly unknown[], fields: Fields = {}): Scenario {
  const s = bareScenario({ 'in.txt': 'one\n' });
  s.write(
    'orch.yaml',
    flow(
      {
        a: task('a', 'cat in.txt > a.txt', {
          inputs: ['in.txt', ...inputs.map((input) => resolved(s, input))],
          outputs: ['a.txt'],
        }),
      },
      fields,
    ),
  );
  return s;
}

function resolved(s: Scenario, input: unknown): unknown {
  return JSON.parse(JSON.stringify(input).replaceAll('@OUTSIDE', s.outside));
}

it('an optional external input that appears, and one that changes, is not missed', async () => {
  const s = collecting([{ path: '@OUTSIDE/o', external: true, optional: true }]);
  await idle(s);
  writeFileSync(join(s.outside, 'o'), '1');
  expect(await s.run('a')).toEqual(['a']);
  await idle(s);
  writeFileSync(join(s.outside, 'o'), '22');
  expect(await s.run('a')).toEqual(['a']);
});

it('the folder of an optional glob that appears is not missed', async () => {
  const s = collecting([{ path: 'nodir/*.txt', optional: true }]);
  await idle(s);
  mkdirSync(s.path('nodir'));
  s.write('nodir/n.txt', 'n');
  expect(await s.run('a')).toEqual(['a']);
});

it('a header that tells the id of the run tells that of this one', async () => {
  const s = collecting([], { header: ['id ${{ run.id }}'] });
  await idle(s);
  const first = await s.ok('run', 'a');
  const second = await s.ok('run', 'a');
  const idOf = (text: string) => /id (\S+)/.exec(text)?.[1];
  expect(idOf(second.stdout)).not.toBe(idOf(first.stdout));
});
