/** FAULTS 53-66: YAML that must not be taken for a pipeline. Exit 2, the place, and nothing changed (F10). */
import { describe, expect, it } from 'vitest';
import { bareScenario, type Scenario } from './support/scenario.ts';

const HEAD = 'version: 1\nname: flow\n';
const TASK = 'tasks:\n  make:\n    run: echo make >> "$TRACE"\n    outputs: [out.txt]\n';

function withFile(text: string | Uint8Array): Scenario {
  const s = bareScenario();
  s.write('orch.yaml', text);
  return s;
}

/** `validate` and `run` both refuse, name the place and leave everything as it was. */
async function refused(
  text: string | Uint8Array,
  place: string | RegExp,
  words: readonly (string | RegExp)[] = [],
) {
  const s = withFile(text);
  const before = s.userTree();
  for (const args of [['validate'], ['run', 'make']]) {
    const ran = await s.exits(2, args);
    if (typeof place === 'string') expect(ran.stderr).toContain(place);
    else expect(ran.stderr).toMatch(place);
    for (const word of words) expect(ran.stderr).toMatch(word);
    expect(ran.stderr).not.toMatch(/\n\s+at .*\(.*:\d+:\d+\)/);
  }
  expect(s.userTree()).toEqual(before);
  expect(s.ran()).toEqual([]);
}

it('FAULT 52: a cycle is printed whole', async () => {
  const tasks =
    'tasks:\n  make: {run: a, needs: [two]}\n  two: {run: b, needs: [three]}\n  three: {run: c, needs: [make]}\n';
  await refused(HEAD + tasks, /orch\.yaml:\d+:\d+/, [/make[\s\S]*two[\s\S]*three/]);
});

it('FAULT 52: a cycle through files is printed whole', async () => {
  const tasks =
    'tasks:\n  make: {run: a, inputs: [y], outputs: [x]}\n  two: {run: b, inputs: [x], outputs: [y]}\n';
  await refused(HEAD + tasks, /orch\.yaml:\d+:\d+/, [/make/, /two/]);
});

describe('FAULT 53: a duplicate key', () => {
  it('of the file', async () => {
    await refused(`${HEAD}name: again\n${TASK}`, 'orch.yaml:3:1', [/name/]);
  });

  it('of the tasks', async () => {
    await refused(`${HEAD}${TASK}  make:\n    run: other\n`, 'orch.yaml:7:3', [/make/]);
  });

  it('of a task', async () => {
    await refused(`${HEAD}${TASK}    run: other\n`, 'orch.yaml:7:5', [/run/]);
  });
});

describe('FAULT 54: an unknown key gets a suggestion', () => {
  it.each([
    ['output', /outputs/],
    ['ouputs', /outputs/],
    ['cmd', /run/],
    ['script', /run/],
    ['deps', /needs/],
    ['depends_on', /needs/],
    ['sources', /inputs/],
    ['outs', /outputs/],
    ['if', /when/],
  ])('%s', async (key, nearest) => {
    await refused(`${HEAD}${TASK}    ${key}: x\n`, 'orch.yaml:7:5', [new RegExp(`\\b${key}\\b`), nearest]);
  });

  it('of the pipeline', async () => {
    await refused(`${HEAD}task: {}\n${TASK}`, 'orch.yaml:3:1', [/tasks/]);
  });

  it('but x-* keys are ignored', async () => {
    const s = withFile(`${HEAD}x-common: &common {retries: 1}\n${TASK}`);
    await s.ok('validate');
  });
});

it('FAULT 55: a billion laughs is an error', async () => {
  let text = 'x-a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n';
  for (let level = 1; level < 12; level++) {
    const [from, to] = ['abcdefghijkl'[level - 1], 'abcdefghijkl'[level]];
    text += `x-${to}: &${to} [*${from},*${from},*${from},*${from},*${from},*${from},*${from},*${from},*${from}]\n`;
  }
  await refused(HEAD + text + TASK, /orch\.yaml/, [/alias/i]);
});

it('FAULT 56: a file of 10 MB is refused, with the limit named', async () => {
  await refused(`${HEAD}${TASK}# ${'x'.repeat(10_000_000)}\n`, /orch\.yaml/, [/limit\D*\d+/]);
});

it('FAULT 57: 20,000 levels are an error and the process survives', async () => {
  await refused(`${HEAD}x-deep: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n${TASK}`, /orch\.yaml/, [
    /deep|nest/i,
  ]);
  await refused(`${HEAD}x-deep: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}\n${TASK}`, /orch\.yaml/, [
    /deep|nest/i,
  ]);
});

it('FAULT 58: a tab as indent', async () => {
  await refused(`${HEAD}tasks:\n  make:\n\t\trun: x\n`, /orch\.yaml:5:\d+/, [/[Tt]ab/]);
});

describe('FAULT 59: accepted are', () => {
  it('a byte order mark', async () => {
    const s = withFile(`\uFEFF${HEAD}${TASK}`);
    await s.ok('validate');
  });

  it('CRLF line ends', async () => {
    const s = withFile(
      (HEAD + TASK.replace('"$TRACE"', '"$TRACE"; echo x > out.txt')).replaceAll('\n', '\r\n'),
    );
    await s.ok('run', 'make');
    expect(s.ran()).toEqual(['make']);
  });
});

describe('FAULT 60: bytes that are not UTF-8', () => {
  it('are an error with the offset', async () => {
    const start = Buffer.from(`${HEAD}description: "caf`);
    const bytes = Buffer.concat([start, Buffer.from([0xe9]), Buffer.from(`"\n${TASK}`)]);
    await refused(bytes, /orch\.yaml/, [/UTF-8/, new RegExp(`\\b${start.length}\\b`)]);
  });

  it('UTF-16 too', async () => {
    await refused(Buffer.from(`\uFEFF${HEAD}${TASK}`, 'utf16le'), /orch\.yaml/, [/UTF-8/]);
  });
});

describe('FAULT 61: names that would reach prototypes', () => {
  it.each(['__proto__', 'constructor', 'prototype'])('%s as a parameter', async (name) => {
    await refused(`${HEAD}params:\n  ${name}: 1\n${TASK}`, 'orch.yaml:4:3', [new RegExp(name)]);
  });

  it('__proto__ as a task and in a map', async () => {
    await refused(`${HEAD}tasks:\n  __proto__: {run: x}\n`, 'orch.yaml:4:3', [/__proto__/]);
    await refused(`${HEAD}env: {__proto__: x}\n${TASK}`, 'orch.yaml:3:7', [/__proto__/]);
  });
});

it('FAULT 62: an alias inside of its own anchor', async () => {
  await refused(`${HEAD}x-a: &a {b: *a}\n${TASK}`, /orch\.yaml:3:\d+/, [/\*?a\b/]);
});

it('an alias without an anchor', async () => {
  await refused(`${HEAD}x-a: *nothing\n${TASK}`, /orch\.yaml:3:\d+/, [/nothing/]);
});

it('FAULT 63: an unknown tag', async () => {
  await refused(`${HEAD}description: !ruby/object text\n${TASK}`, /orch\.yaml:3:\d+/, [/!ruby\/object/]);
});

it('FAULT 64: 1 and "1" are the same key', async () => {
  await refused(`${HEAD}params:\n  model:\n    1: a\n    "1": b\n${TASK}`, 'orch.yaml:6:5', [/1/]);
});

it('FAULT 65: an integer over 2^53', async () => {
  await refused(`${HEAD}params: {n: 9007199254740993}\n${TASK}`, 'orch.yaml:3:13', [/9007199254740993/]);
});

describe('FAULT 66', () => {
  it('an empty file', async () => {
    const s = withFile('');
    const ran = await s.exits(2, ['validate']);
    expect(ran.stderr).toMatch(/orch\.yaml/);
    expect(ran.stderr).toMatch(/empty/i);
  });

  it('several documents', async () => {
    await refused(`${HEAD}${TASK}---\n${HEAD}${TASK}`, /orch\.yaml:7:\d+/, [/document/i]);
  });

  it('text that is no map', async () => {
    await refused('- just\n- a list\n', 'orch.yaml:1:1');
  });

  it('a broken flow map', async () => {
    await refused(`${HEAD}tasks: {make: {run: x\n`, /orch\.yaml:\d+:\d+/);
  });
});
