/** `ORCH_*` variables in place of flags of `run` (E6): the same meaning, and wrong values named as the variable. */
import { describe, expect, it } from 'vitest';
import { type Scenario, said, scenario, task } from './support/scenario.ts';

function chain(): Scenario {
  return scenario(
    {
      a: task('a', 'cat in.txt > a.txt', { inputs: ['in.txt'], outputs: ['a.txt'] }),
      b: task('b ${{ params.n }} ${{ run.date }}', 'cat a.txt > b.txt', {
        inputs: ['a.txt'],
        outputs: ['b.txt'],
      }),
    },
    { 'in.txt': '1\n' },
    { params: { n: 1 } },
  );
}

const ON = ['1', 'true', 'yes', 'on', 'TRUE', 'Yes'];
const OFF = ['0', 'false', 'no', 'off', ''];
const BOOLEANS = [
  'ORCH_QUIET',
  'ORCH_VERBOSE',
  'ORCH_JSON',
  'ORCH_NO_COLOR',
  'ORCH_KEEP_GOING',
  'ORCH_DRY_RUN',
  'ORCH_FORCE',
  'ORCH_ONLY',
  'ORCH_MATERIALIZE',
  'ORCH_REHASH',
  'ORCH_REPLACE',
  'ORCH_NO_CACHE',
  'ORCH_NO_WAIT',
  'ORCH_NO_LIVE',
  'ORCH_TOUCH',
];

it.each(ON)('%j is yes', async (value) => {
  const s = chain();
  expect((await s.exits(0, ['run', 'b'], { env: { ORCH_DRY_RUN: value } })).stdout).toContain('Dry run');
  expect(s.ran()).toEqual([]);
});

it.each(OFF)('%j is no', async (value) => {
  const s = chain();
  await s.exits(0, ['run', 'a'], { env: { ORCH_DRY_RUN: value, ORCH_NO_CACHE: value } });
  expect(s.ran()).toEqual(['a']);
  s.remove('a.txt');
  await s.exits(0, ['run', 'a'], { env: { ORCH_NO_CACHE: value } });
  expect(s.ran()).toEqual([]);
});

it('anything else is refused, by name, before anything is done', async () => {
  const s = chain();
  for (const name of BOOLEANS) {
    const ran = await s.exits(2, ['run', 'b'], { env: { [name]: 'maybe' } });
    expect(ran.stderr).toContain(`${name}=maybe: expected 1, true, yes or on, or 0, false, no or off`);
    expect(ran.stdout).toBe('');
  }
  expect(s.ran()).toEqual([]);
  expect(s.exists('.cache')).toBe(false);
});

describe('a wrong value is named as the variable, not as the flag', () => {
  it.each([
    ['ORCH_JOBS', '0', /ORCH_JOBS=0: expected a number of workers, from 1/],
    ['ORCH_JOBS', '4x', /ORCH_JOBS=4x/],
    ['ORCH_OUTPUT', 'loud', /ORCH_OUTPUT=loud: expected auto, group, stream or quiet/],
    ['ORCH_DATE', '2023-02-30', /ORCH_DATE=2023-02-30: expected a date/],
    ['ORCH_RESOURCES', 'memory=8', /ORCH_RESOURCES=memory=8: expected NAME=TOTAL.*unit/],
    ['ORCH_RESOURCES', 'gpu=2,memory=8QB', /ORCH_RESOURCES=memory=8QB/],
    ['ORCH_RESOURCES', 'gpu', /ORCH_RESOURCES=gpu: expected NAME=TOTAL/],
    ['ORCH_PARAM', 'n', /ORCH_PARAM=n: expected NAME=VALUE/],
    ['ORCH_PARAM', 'n=x', /ORCH_PARAM/],
    ['ORCH_PARAM', 'm=1', /ORCH_PARAM/],
    ['ORCH_DIRECTORY', 'nowhere', /ORCH_DIRECTORY/],
    ['ORCH_FILE', 'nowhere.yaml', /ORCH_FILE/],
    ['ORCH_ROOT', 'nowhere', /ORCH_ROOT/],
    ['ORCH_PIPELINE', 'other', /ORCH_PIPELINE/],
  ])('%s=%s', async (name, value, expected) => {
    const s = chain();
    const ran = await s.exits(2, ['run', 'b'], { env: { [name]: value } });
    expect(said(ran)).toMatch(expected);
    expect(said(ran)).not.toMatch(
      /(^|[ `'])(-[jfCp]|--(jobs|output|date|resources|param|directory|file|root|pipeline))\b/m,
    );
    expect(s.ran()).toEqual([]);
  });
});

it.each([
  ['ORCH_DEBOUNCE', 'soon', /ORCH_DEBOUNCE=soon: expected a duration/],
  ['ORCH_POLL', '5', /ORCH_POLL=5: expected a duration/],
  ['ORCH_ON_BUSY', 'wait', /ORCH_ON_BUSY=wait: expected queue or restart/],
  ['ORCH_NO_CLEAR', 'maybe', /ORCH_NO_CLEAR=maybe: expected 1, true/],
])('so it is under `watch`: %s=%s', async (name, value, expected) => {
  const s = chain();
  const ran = await s.exits(2, ['watch', 'b'], { env: { [name]: value } });
  expect(said(ran)).toMatch(expected);
  expect(s.ran()).toEqual([]);
});

it('and a wrong flag as the flag', async () => {
  const s = chain();
  for (const [argv, expected] of [
    [['-j', 'x'], /-j x: expected a number of workers/],
    [['--jobs=x'], /-j x/],
    [['--output', 'loud'], /--output loud: expected auto/],
    [['--date', 'today'], /--date today: expected a date/],
    [['--resources', 'gpu'], /--resources gpu: expected NAME=TOTAL/],
    [['--param', 'n'], /--param n: expected NAME=VALUE/],
  ] as const)
    expect(said(await s.exits(2, ['run', 'b', ...argv], { env: { ORCH_JOBS: '2' } }))).toMatch(expected);
});

it('values are taken, flags come first, and what can be repeated adds up', async () => {
  const s = chain();
  await s.exits(0, ['run', 'b', '--date', '2024-02-29'], {
    env: { ORCH_DATE: '2023-01-01', ORCH_PARAM: 'n=2', ORCH_JOBS: '1', ORCH_RESOURCES: 'memory=8GB,gpu=2' },
  });
  expect(s.ran()).toEqual(['a', 'b 2 2024-02-29']);
  await s.exits(0, ['run', 'b', '--param', 'n=3', '--date', '2024-02-29'], { env: { ORCH_PARAM: 'n=2' } });
  expect(s.ran()).toEqual(['b 3 2024-02-29']);
});
