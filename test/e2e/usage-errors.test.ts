/**
 * What orch says of a mistyped command line (E, B5): one message each that says what is wrong and what to write, exit
 * 2, nothing on stdout, nothing changed. After a wanted change: `npx vitest run test/e2e/usage-errors.test.ts -u`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bareScenario, type Scenario } from './support/scenario.ts';

const FIXTURES = fileURLToPath(new URL('fixtures/usage/', import.meta.url));

const TAXI = `version: 1
name: taxi
params:
  month: {type: integer, default: 1, min: 1, max: 12, description: Month of the trips}
  fast: {type: boolean, default: false}
  day: {type: date, default: 2023-01-01}
  kind: {type: enum, values: [tree, forest], default: tree}
  model: {max_depth: 6}
tasks:
  train: {run: 'echo \${{ params.month }} >> "$TRACE"; touch out.txt', outputs: [out.txt]}
  deploy: {run: 'echo deploy >> "$TRACE"', needs: [train]}
  cells: {run: 'echo \${{ matrix.m }} >> "$TRACE"', matrix: {m: [a, b]}}
`;
const BIKES = 'version: 1\nname: bikes\ntasks:\n  train: {run: \'echo bikes >> "$TRACE"\'}\n';

function project(): Scenario {
  return bareScenario({ 'orch.yaml': TAXI, 'folder/note.txt': 'a folder\n' });
}

/** Words in single quotes are one. */
function wordsOf(typed: string): string[] {
  return [...typed.matchAll(/'([^']*)'|\S+/g)].slice(1).map(([all, quoted]) => quoted ?? all);
}

async function transcript(
  s: Scenario,
  commands: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const before = s.userTree();
  const lines: string[] = [];
  for (const typed of commands) {
    const ran = await s.exits(2, wordsOf(typed), { env });
    expect(ran.stdout, typed).toBe('');
    // One message, and no stack.
    expect(ran.stderr.match(/^error(\[[a-z-]+\])?: /gm), `${typed}\n${ran.stderr}`).toHaveLength(1);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect(s.exists('.cache'), typed).toBe(false);
    lines.push(`$ ${typed}\n${ran.stderr}`);
  }
  expect(s.userTree()).toEqual(before);
  expect(s.ran()).toEqual([]);
  return lines.join('\n');
}

/** By subject, as typed. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  targets: [
    'orch run',
    'orch run --only',
    'orch run deplyo',
    'orch run deploy deplyo',
    "orch run ''",
    'orch run other.txt',
    'orch run month=2',
    'orch run taxi:deplyo',
    'orch run taxy:deploy',
    'orch run cells[m=c]',
    'orch run cells[model=a]',
    'orch run cells[a]',
    'orch run cells[m',
    'orch run train[m=a]',
    'orch run --force=trian deploy',
    'orch run --force trian',
    'orch run -n deplyo',
    'orch status deplyo',
    'orch logs deplyo',
    'orch logs train',
    'orch path deplyo',
    'orch accept deplyo',
  ],
  parameters: [
    'orch run deploy --month',
    'orch run --month deploy',
    'orch run --month= deploy',
    'orch run --month abc deploy',
    'orch run --month=13 deploy',
    'orch run --month 1.5 deploy',
    'orch run --fast deploy',
    'orch run --fast=yes deploy',
    'orch run --day 2023-13-01 deploy',
    'orch run --kind tre deploy',
    'orch run --kind pine deploy',
    'orch run --model 3 deploy',
    'orch run --model.max_dept=3 deploy',
    'orch run --model.max_depth=deep deploy',
    'orch run --mont 2 deploy',
    'orch run --param deploy',
    'orch run deploy --param',
    'orch run --param month deploy',
    'orch run --param =2 deploy',
    'orch run --param mnth=2 deploy',
    'orch run --param month=13 deploy',
    'orch run --param model.depth=3 deploy',
    'orch status --month 13',
  ],
  flags: [
    'orch run -f deploy',
    'orch run -f',
    'orch run -f folder',
    'orch run -f no/such.yaml',
    'orch run -p month=2 deploy',
    'orch run -p taxy deploy',
    'orch run -C nowhere deploy',
    'orch run -C orch.yaml deploy',
    'orch run --root nowhere deploy',
    'orch run -j 0 deploy',
    'orch run -j abc deploy',
    'orch run -j deploy',
    'orch run -j -1 deploy',
    'orch run -j4x deploy',
    'orch run -j',
    'orch run --output foo deploy',
    'orch run --output strem deploy',
    'orch run --output',
    'orch run --date 2023-13-01 deploy',
    'orch run --date 2023-02-30 deploy',
    'orch run --date today deploy',
    'orch run --resources gpu deploy',
    'orch run --resources cpu=x deploy',
    'orch run --resources memory=8 deploy',
    'orch run --verbose=3 deploy',
    'orch run -nx deploy',
    'orch run --forse deploy',
    'orch run --dryrun deploy',
    'orch run --no-cach deploy',
    'orch run --qwertz deploy',
    'orch -n run deploy',
    'orch -j 4 run deploy',
    'orch -k deploy',
    'orch list -k',
    'orch validate nofile.yaml',
    'orch validate folder',
  ],
  'flags of other tools': [
    'orch run -s deploy',
    'orch run -r deploy',
    'orch run -i deploy',
    'orch run -d deploy',
    'orch run -e deploy',
    'orch run -W out.txt deploy',
    'orch run -O deploy',
    'orch run -a',
    'orch run --silent deploy',
    'orch run --always-make deploy',
    'orch run --cores 4 deploy',
    'orch run --forcerun train deploy',
    'orch run --config x.yaml deploy',
    'orch run --set month=2 deploy',
    'orch run --concurrency 4 deploy',
    'orch run --dry deploy',
    'orch -s deploy',
    'orch --cores 4 deploy',
  ],
  commands: [
    'orch deploy',
    'orch deplyo',
    'orch month=2',
    'orch lst',
    'orch validat',
    'orch qwertz',
    "orch ''",
    'orch --qwertz',
    'orch help qwertz',
    'orch help lst',
    'orch logs',
    'orch path',
    'orch accept',
    'orch cache',
    'orch cache qwertz',
    'orch cache inf',
    'orch cache info extra',
    'orch schema extra',
    'orch clean train',
    'orch path train deploy',
  ],
};

describe('a mistyped command line', () => {
  it.each(Object.entries(COMMANDS))('%s', async (subject, commands) => {
    const said = await transcript(project(), commands);
    await expect(said).toMatchFileSnapshot(join(FIXTURES, `${subject.replaceAll(' ', '-')}.txt`));
  });

  it('in a project of several pipelines', async () => {
    const s = bareScenario({ 'pipelines/taxi.yaml': TAXI, 'pipelines/bikes.yaml': BIKES });
    const said = await transcript(s, [
      'orch run',
      'orch run train',
      'orch run deplyo',
      'orch run bikes:deploy',
      'orch run bike:train',
      'orch run -p bikes deploy',
      'orch run -p bikes train --month 2',
      'orch run -p bikes',
    ]);
    await expect(said).toMatchFileSnapshot(join(FIXTURES, 'several-pipelines.txt'));
  });

  it('names the variable where the value came from one', async () => {
    const s = project();
    const said = [
      await transcript(s, ['orch run deploy'], { ORCH_JOBS: 'many' }),
      await transcript(s, ['orch run deploy'], { ORCH_OUTPUT: 'foo' }),
      await transcript(s, ['orch run deploy'], { ORCH_DATE: 'today' }),
      await transcript(s, ['orch run deploy'], { ORCH_PARAM_MONTH: '13' }),
      await transcript(s, ['orch run deploy'], { ORCH_PARAM_MODEL__MAX_DEPTH: 'deep' }),
    ];
    await expect(said.join('\n')).toMatchFileSnapshot(join(FIXTURES, 'variables.txt'));
  });

  it('outside of a project says where it looked', async () => {
    const s = bareScenario({ 'deep/note.txt': '' });
    const { stderr } = await s.exits(2, ['run', 'deploy'], { cwd: 'deep' });
    expect(stderr).toMatch(
      /^error: no pipeline found: looked for orch\.yaml and pipelines\/\*\.yaml in \S+\/deep(, \S+| and every folder above it)\n {2}hint: .*`orch init`\n$/,
    );
  });
});
