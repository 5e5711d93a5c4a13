/** A declared secret that is handed on through `env` stays out of records and explanations (F11). */
import { describe, expect, it } from 'vitest';
import { eventsOf, said, scenario, task } from './support/scenario.ts';

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

describe('a secret that is too short to be masked well', () => {
  const secret = (name: string) =>
    task(name, 'echo "pin is $PIN, and cab 7 is free"', {
      secrets: ['PIN', 'BLANK', 'LONG'],
      inputs: ['in.txt'],
    });

  it('is masked, and named once, without its value', async () => {
    const s = scenario({ a: secret('a'), b: { ...secret('b'), needs: ['a'] } }, { 'in.txt': '' });
    Object.assign(s.env, { PIN: 'ab7', BLANK: ' ', LONG: 'long enough' });
    const ran = await s.ok('run', 'b');
    const warnings = ran.stderr.split('\n').filter((line) => line.startsWith('warning:'));
    expect(warnings).toEqual([
      'warning: the secret PIN of a is shorter than 4 characters: masking it hides ordinary text too, and the gaps give it away; use a longer value',
    ]);
    expect(said(ran)).not.toContain('ab7');
    expect((await s.ok('logs', 'a')).stdout).toContain('pin is ***,');
    expect(said(await s.ok('run', 'b'))).not.toContain('PIN');
  });

  it('is named in the events too', async () => {
    const s = scenario({ a: secret('a') }, { 'in.txt': '' });
    Object.assign(s.env, { PIN: ' x ', BLANK: ' ', LONG: 'long enough' });
    expect(eventsOf(await s.ok('run', '--json', 'a'))).toContainEqual(
      expect.objectContaining({ event: 'notice', level: 'warning', code: 'weak-secret', task: 'a' }),
    );
  });
});
