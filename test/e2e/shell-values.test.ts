/** A value can never add a word or a command to a shell line (B4). */
import { describe, expect, it } from 'vitest';
import { scenario, task } from './support/scenario.ts';

const NASTY = [
  'two words',
  "it's",
  'a "quoted" word',
  '$(echo injected)',
  '`echo injected`',
  '; echo injected',
  '$HOME',
  '*',
  'line one\nline two',
  '\\',
  '-n',
  '',
  '~',
  'trailing ',
  '#no comment',
];

/** Prints its arguments, each in brackets with its end marked. */
const PRINT = 'show() { for word in "$@"; do printf "[%s]" "$word"; done; }';

describe.each(NASTY)('the value %j', (value) => {
  it('is one word bare, in double and in single quotes', async () => {
    const s = scenario(
      {
        t: {
          run: `${PRINT}\nshow \${{ params.v }} "\${{ params.v }}" '\${{ params.v }}' "a\${{ params.v }}b" > out.txt`,
          outputs: ['out.txt'],
        },
      },
      {},
      { params: { v: value } },
    );
    await s.ok('run', 't');
    expect(s.read('out.txt')).toBe(`[${value}][${value}][${value}][a${value}b]`);
  });
});

it('is one word from the command line, in an argv and in env', async () => {
  const nasty = `a' "b" $(c) \`d\` ; e`;
  const s = scenario(
    {
      argv: {
        run: ['sh', '-c', 'printf "[%s]" "$@" > argv.txt', 'sh', '${{ params.v }}', 'x${{ params.v }}'],
        outputs: ['argv.txt'],
      },
      env: { run: 'printf "[%s]" "$V" > env.txt', env: { V: '${{ params.v }}' }, outputs: ['env.txt'] },
    },
    {},
    { params: { v: '' } },
  );
  await s.ok('run', 'argv', 'env', '--param', `v=${nasty}`);
  expect(s.read('argv.txt')).toBe(`[${nasty}][x${nasty}]`);
  expect(s.read('env.txt')).toBe(`[${nasty}]`);
});

it('a bare list is one word an element', async () => {
  const s = scenario(
    { t: { run: `${PRINT}\nshow \${{ params.v }} > out.txt`, outputs: ['out.txt'] } },
    {},
    { params: { v: ['one word', '$(two)', "th'ree"] } },
  );
  await s.ok('run', 't');
  expect(s.read('out.txt')).toBe("[one word][$(two)][th'ree]");
});

it('bare inputs and outputs are one word a path, matches of a glob included', async () => {
  const s = scenario(
    {
      t: {
        run: `${PRINT}\nshow \${{ inputs }} > \${{ outputs[0] }}`,
        inputs: ['in/*', 'b.txt'],
        outputs: ['out.txt'],
      },
    },
    { 'in/two words': '', "in/it's": '', 'b.txt': '' },
  );
  await s.ok('run', 't');
  expect(s.read('out.txt').split('][').length).toBe(3);
  for (const word of ['[in/two words]', "[in/it's]", '[b.txt]']) expect(s.read('out.txt')).toContain(word);
});

it('a list inside quotes is an error with its place', async () => {
  const s = scenario({ t: task('t', 'echo "${{ params.v }}"') }, {}, { params: { v: ['a', 'b'] } });
  const ran = await s.exits(2, ['run', 't']);
  expect(ran.stderr).toMatch(/orch\.yaml:\d+:\d+/);
  expect(s.ran()).toEqual([]);
});

it.each([
  ['a heredoc', 'cat <<EOF\n${{ params.v }}\nEOF'],
  ['backticks', 'echo `echo ${{ params.v }}`'],
])('inside %s loading fails and names the variable to use', async (_where, run) => {
  const s = scenario({ t: { run } }, {}, { params: { v: 'x' } });
  const ran = await s.exits(2, ['run', 't']);
  expect(ran.stderr).toMatch(/orch\.yaml:\d+:\d+/);
  expect(ran.stderr).toContain('ORCH_PARAM_V');
});

it('run.id in a cached task is an error', async () => {
  const s = scenario({ t: { run: 'echo ${{ run.id }} > out.txt', outputs: ['out.txt'] } });
  expect((await s.exits(2, ['run', 't'])).stderr).toContain('run.id');
});

it('reaches neither prototypes nor anything undeclared', async () => {
  for (const expression of ['params.constructor', 'params.__proto__', 'process.env', 'params.nothing']) {
    const s = scenario({ t: { run: `echo \${{ ${expression} }}` } }, {}, { params: { v: 'x' } });
    expect((await s.exits(2, ['run', 't'])).stderr).toMatch(/orch\.yaml:\d+:\d+/);
  }
});
