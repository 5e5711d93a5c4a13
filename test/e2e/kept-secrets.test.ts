/** A declared secret that is handed on through `env` stays out of records and explanations (F11). */
import { expect, it } from 'vitest';
import { said, scenario, task } from './support/scenario.ts';

it('a secret in a declared variable is neither recorded nor told', async () => {
  const s = scenario(
    {
      a: task('a', 'cp in.txt a.txt', {
        inputs: ['in.txt'],
        outputs: ['a.txt'],
        secrets: ['TOKEN'],
        env: { X: 'v-${{ secrets.TOKEN }}' },
      }),
    },
    { 'in.txt': 'one\n' },
  );
  s.env['TOKEN'] = 'first-secret-value';
  await s.ok('run', 'a');
  for (const [path, text] of Object.entries(s.under('.cache')))
    expect(text, path).not.toContain('first-secret');
  s.env['TOKEN'] = 'second-secret-value';
  expect(said(await s.ok('run', 'a'))).not.toMatch(/first-secret|second-secret/);
});

it('a secret that the file reads as a variable is not kept with the compiled pipeline', async () => {
  const s = scenario(
    {
      a: task('a', 'cp in.txt a.txt', {
        inputs: ['in.txt'],
        outputs: ['a.txt'],
        secrets: ['TOKEN'],
        env: { X: '${{ env.TOKEN }}' },
      }),
    },
    { 'in.txt': 'one\n' },
    { header: ['with ${{ env.TOKEN }}'] },
  );
  s.env['TOKEN'] = 'first-secret-value';
  const first = await s.orch(['run', 'a']);
  expect(said(first)).not.toContain('first-secret');
  await s.orch(['run', 'a']);
  for (const [path, text] of Object.entries(s.under('.cache')))
    expect(text, path).not.toContain('first-secret');
});
