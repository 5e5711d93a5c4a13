import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadHasher } from '../../src/base/digest.ts';
import { buildManifest, hashManifest, type ManifestIngredients } from '../../src/fingerprint/manifest.ts';
import { output } from './root.ts';

beforeAll(async () => void (await loadHasher()));

const shell = (...words: string[]) => ({
  kind: 'shell' as const,
  shell: words,
  script: 'unused: the rendered text counts',
});

const BASE: ManifestIngredients = {
  scope: 'taxi',
  task: {
    run: shell('sh', '-e', '-c'),
    dir: '',
    params: { year: 2023, model: { depth: 6, rate: 0.1 } },
    matrixMentioned: { month: 1 },
    outputs: [output('out/'), output('a.json')],
  },
  command: 'train',
  env: { A: '1', B: '2' },
  tools: [{ command: 'python3 --version', output: '3.12' }],
  secrets: [{ name: 'TOKEN', hmac: 'ff' }],
  inputs: [
    { path: 'a.csv', content: 'xxh64-1-1', executable: false, from: null },
    { path: 'b.csv', content: 'xxh64-2-2', executable: false, from: 'extract' },
  ],
  needs: [{ value: 'k1-0', from: 'check' }],
};

const keyOf = (ingredients: ManifestIngredients) => hashManifest(buildManifest(ingredients));

test('a key is named by its format version and has 128 bits', () => {
  expect(keyOf(BASE)).toMatch(/^k1-[0-9a-f]{32}$/);
  // Written down: where this changes, every key of every user changes, and the format version must be raised.
  expect(keyOf(BASE)).toMatchInlineSnapshot(`"k1-b0afc9cae31c35498216716bc45e9380"`);
});

describe('the key changes with', () => {
  const withTask = (task: Partial<ManifestIngredients['task']>) => ({
    ...BASE,
    task: { ...BASE.task, ...task },
  });
  const [first, second] = BASE.inputs as [ManifestIngredients['inputs'][0], ManifestIngredients['inputs'][0]];
  const changes: Record<string, ManifestIngredients> = {
    scope: { ...BASE, scope: 'other' },
    command: { ...BASE, command: 'train ' },
    shell: withTask({ run: shell('bash', '-c') }),
    'no shell': withTask({ run: { kind: 'argv', argv: ['train'] } }),
    dir: withTask({ dir: 'sub' }),
    'a parameter': withTask({ params: { ...BASE.task.params, year: 2024 } }),
    'a parameter’s type': withTask({ params: { ...BASE.task.params, year: '2023' } }),
    'a nested parameter': withTask({ params: { year: 2023, model: { depth: 7, rate: 0.1 } } }),
    'one parameter less': withTask({ params: { year: 2023 } }),
    'a matrix value': withTask({ matrixMentioned: { month: 2 } }),
    'a matrix value that is a parameter': withTask({
      matrixMentioned: {},
      params: { ...BASE.task.params, month: 1 },
    }),
    'a declared output': withTask({ outputs: [output('out/')] }),
    'an output’s kind': withTask({ outputs: [output('out'), output('a.json')] }),
    'a variable’s value': { ...BASE, env: { A: '1', B: '3' } },
    'a variable’s name': { ...BASE, env: { A: '1', C: '2' } },
    'swapped variables': { ...BASE, env: { A: '2', B: '1' } },
    'a tool': { ...BASE, tools: [{ command: 'python3 --version', output: '3.13' }] },
    'a secret': { ...BASE, secrets: [{ name: 'TOKEN', hmac: 'fe' }] },
    'an input’s content': { ...BASE, inputs: [first, { ...second, content: 'xxh64-3-2' }] },
    'an input’s name': { ...BASE, inputs: [first, { ...second, path: 'c.csv' }] },
    'an input’s executable bit': { ...BASE, inputs: [first, { ...second, executable: true }] },
    'an input more': { ...BASE, inputs: [first, second, { ...second, path: 'c.csv' }] },
    'an input less': { ...BASE, inputs: [first] },
    'swapped contents': {
      ...BASE,
      inputs: [
        { ...first, content: second.content },
        { ...second, content: first.content },
      ],
    },
    'a need': { ...BASE, needs: [{ value: 'k1-1', from: 'check' }] },
  };
  test.each(Object.entries(changes))('%s', (_, changed) => {
    expect(keyOf(changed)).not.toBe(keyOf(BASE));
  });

  test('no two of these', () => {
    expect(new Set(Object.values(changes).map(keyOf)).size).toBe(Object.keys(changes).length);
  });
});

describe('the key doesn’t change with', () => {
  test('who makes an input or is needed: a renamed task keeps its keys', () => {
    const renamed = {
      ...BASE,
      inputs: BASE.inputs.map((each) => ({ ...each, from: 'renamed' })),
      needs: [{ value: 'k1-0', from: 'renamed' }],
    };
    expect(keyOf(renamed)).toBe(keyOf(BASE));
  });

  test('an input that two declarations lead to', () => {
    expect(keyOf({ ...BASE, inputs: [...BASE.inputs, BASE.inputs[0]!] })).toBe(keyOf(BASE));
  });

  test('the order in which anything was declared', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(names, fc.infiniteStream(fc.nat(100)), (all, order) => {
        const shuffled = <T>(items: readonly T[]): T[] =>
          items
            .map((item) => [order.next().value as number, item] as const)
            .sort(([a], [b]) => a - b)
            .map(([, item]) => item);
        const record = (list: readonly string[]) =>
          Object.fromEntries(list.map((name) => [`k${name}`, `v${name}`]));
        const make = (list: () => readonly string[]): ManifestIngredients => ({
          scope: 's',
          command: 'c',
          task: {
            run: shell('sh'),
            dir: '',
            params: { map: record(list()), ...record(list()) },
            matrixMentioned: record(list()),
            outputs: list().map((name) => output(`${name}.out`)),
          },
          env: record(list()),
          tools: list().map((name) => ({ command: name, output: `${name}!` })),
          secrets: list().map((name) => ({ name, hmac: name })),
          inputs: list().map((name) => ({
            path: name,
            content: `xxh64-${name}`,
            executable: false,
            from: null,
          })),
          needs: list().map((name) => ({ value: name, from: name })),
        });
        expect(buildManifest(make(() => shuffled(all)))).toEqual(buildManifest(make(() => all)));
        expect(keyOf(make(() => shuffled(all)))).toBe(keyOf(make(() => all)));
      }),
    );
  });
});

test('no value can run into the next: different inputs never make one text', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', ':', ' ', '\n', '-', 'x', '1', '"', ','),
    maxLength: 6,
  });
  const one = fc.record({ path: text, content: text, executable: fc.boolean(), from: fc.constant(null) });
  const list = fc.uniqueArray(one, { maxLength: 3, selector: (each) => each.path });
  const plain = (inputs: ManifestIngredients['inputs']) =>
    JSON.stringify([...inputs].sort((a, b) => (a.path < b.path ? -1 : 1)));
  fc.assert(
    fc.property(list, list, text, text, (a, b, commandA, commandB) => {
      const isSame = plain(a) === plain(b) && commandA === commandB;
      expect(
        keyOf({ ...BASE, inputs: a, command: commandA }) === keyOf({ ...BASE, inputs: b, command: commandB }),
      ).toBe(isSame);
    }),
    { numRuns: 500 },
  );
});
