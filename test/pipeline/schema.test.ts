import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/pipeline/catalogue/index.ts';
import { pipelineJsonSchema } from '../../src/pipeline/pipeline-schema.ts';
import { load, places, troubleIn } from './load-text.ts';

/** SPEC B1, with a value that each field takes. */
const TASK_FIELDS: Readonly<Record<string, string>> = {
  description: 'text',
  shell: 'bash',
  dir: 'sub',
  env: '{A: 1}',
  inputs: '[i]',
  outputs: '[o]',
  metrics: '[m.json]',
  needs: '[z]',
  upstream_tasks: '[z]',
  params: '[p]',
  tools: '[python3 --version]',
  cache: 'true',
  expires: '1h',
  retries: '1',
  timeout: '1h',
  grace: '1s',
  resources: '{cpu: 1, memory: 1GB, gpu: 0, own: 2}',
  trigger_rule: 'all_success',
  matrix: '{a: [1]}',
  interactive: 'false',
  allow_failure: 'false',
  priority: '1',
  probe: 'test -f o',
  labels: '[l]',
  secrets: '[S]',
  'x-own': '{anything: 1}',
};

const LATER_TASK_FIELDS: Readonly<Record<string, string>> = {
  checkpoints: '[c/]',
  when: 'true',
  trigger_rule: 'all_done',
  operator: 'python',
  with: '{a: 1}',
  pool: 'p',
  breaker: 'b',
  interactive: 'true',
  depfile: 'd.d',
  extends: 't',
  allow_failure: 'true',
  matrix: '{s: {glob: "raw/*.gz"}}',
  resources: '{gpu: 1}',
  inputs: '[{path: x, by: stat}]',
};

const PIPELINE_FIELDS: Readonly<Record<string, string>> = {
  name: 'n',
  description: 'text',
  default: '[z]',
  params: '{p: 1}',
  env: '{A: 1}',
  defaults: '{retries: 1, env: {B: 1}}',
  header: '[h]',
  summary: '[s]',
  finally: '[z]',
  owner: 'me',
  allow_links: '[data]',
  cache: '{scope: s, dir: d, max_size: 1GB, digest: xxh64, link: copy}',
  'x-own': '{anything: 1}',
};

const LATER_PIPELINE_FIELDS = [
  'profiles',
  'params_file',
  'templates',
  'include',
  'pools',
  'on_failure',
  'schedules',
  'alerts',
  'cost',
  'executor',
  'mlflow',
];

async function errorsOf(text: string): Promise<readonly string[]> {
  return places((await load(text)).diagnostics.filter(({ severity }) => severity === 'error'));
}

describe('the schema', () => {
  test.each(Object.entries(TASK_FIELDS))('accepts the task field %s', async (name, value) => {
    const text = `version: 1\nparams: {p: 1}\ntasks:\n  z: {run: x, outputs: [z]}\n  a:\n    run: x\n    ${name}: ${value}\n`;
    expect(await errorsOf(text)).toEqual([]);
  });

  test.each(Object.entries(LATER_TASK_FIELDS))(
    'knows the task field %s: %s, and says that it comes later',
    async (name, value) => {
      expect(await errorsOf(`version: 1\ntasks:\n  a:\n    run: x\n    ${name}: ${value}\n`)).toEqual([
        expect.stringMatching(/^error 5:\d+ not-supported-yet$/),
      ]);
    },
  );

  test.each(Object.entries(PIPELINE_FIELDS))('accepts the pipeline field %s', async (name, value) => {
    expect(await errorsOf(`version: 1\n${name}: ${value}\ntasks: {z: {run: x, outputs: [z]}}\n`)).toEqual([]);
  });

  test.each(LATER_PIPELINE_FIELDS)(
    'knows the pipeline field %s, and says that it comes later',
    async (name) => {
      expect(await errorsOf(`version: 1\ntasks: {}\n${name}: {a: 1}\n`)).toEqual([
        'error 3:1 not-supported-yet',
      ]);
    },
  );

  test.each([
    ['cmd', 'run'],
    ['script', 'run'],
    ['deps', 'needs'],
    ['depends_on', 'needs'],
    ['sources', 'inputs'],
    ['outs', 'outputs'],
    ['input', 'inputs'],
  ])('knows that other tools say %s for %s', async (theirs, ours) => {
    expect(await troubleIn(`  a: {${theirs}: x}\n`)).toMatchObject([
      { code: 'unknown-key', line: 3, column: 7, hint: `here it is called \`${ours}\`` },
    ]);
  });

  test.each([
    ['version: 2\ntasks: {}', ['error 1:10 bad-value']],
    ['version: "1"\ntasks: {}', ['error 1:10 wrong-type']],
    ['tasks: {}', ['error 1:1 missing-key']],
    ['version: 1', ['error 1:1 missing-key']],
    ['just text', ['error 1:1 wrong-type']],
    ['- a', ['error 1:1 wrong-type']],
    ['version: 1\ntasks: []', ['error 2:8 wrong-type']],
    ['version: 1\ntasks: {a: x}', ['error 2:12 wrong-type']],
    ['version: 1\ntasks: {a: }', ['error 2:12 wrong-type']],
    ['version: 1\ntasks: {"a:b": {run: x}}', ['error 2:9 bad-name']],
    ['version: 1\ntasks: {a: {run: ""}}', ['error 2:18 bad-value']],
    ['version: 1\ntasks: {a: {run: []}}', ['error 2:18 bad-value']],
    ['version: 1\ntasks: {a: {run: 3}}', ['error 2:18 wrong-type']],
    ['version: 1\ntasks: {a: {run: x, inputs: i}}', ['error 2:29 wrong-type']],
    ['version: 1\ntasks: {a: {run: x, inputs: [{paht: x}]}}', ['error 2:31 unknown-key']],
    ['version: 1\ntasks: {a: {run: x, cache: yes}}', ['error 2:28 wrong-type']],
    ['version: 1\ntasks: {a: {run: x, timeout: 10}}', ['error 2:30 bad-value']],
    ['version: 1\ntasks: {a: {run: x, retries: 1.5}}', ['error 2:30 wrong-type']],
    ['version: 1\ntasks: {a: {run: x, retries: {limit: 1, on: [oops]}}}', ['error 2:46 bad-value']],
    ['version: 1\ntasks: {a: {run: x, env: {1A: x}}}', ['error 2:27 bad-name']],
    ['version: 1\ntasks: {a: {run: x, shell: python3}}', ['error 2:28 bad-value']],
    ['version: 1\nname: a b\ntasks: {}', ['error 2:7 bad-value']],
    ['version: 1\ndefaults: {run: x}\ntasks: {}', ['error 2:12 unknown-key']],
    ['version: 1\ncache: {max_size: 4G}\ntasks: {}', ['error 2:19 bad-value']],
  ])('refuses %j', async (text, expected) => {
    expect(await errorsOf(`${text}\n`)).toEqual(expected);
  });

  test('says what was expected and what was found', async () => {
    const [first] = (await load('version: 1\ntasks: {a: {run: x, cache: yes, retries: [1]}}\n')).diagnostics;
    expect(first).toMatchObject({
      message: 'tasks.a.cache: expected true or false, found the text "yes"',
      hint: 'write true: YAML 1.2 has only true and false',
    });
  });

  test('is published as JSON Schema draft-07 with a description of every field', () => {
    const schema = JSON.parse(JSON.stringify(pipelineJsonSchema()));
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    const task = schema.properties.tasks.additionalProperties;
    const names = [...Object.keys(TASK_FIELDS), ...Object.keys(LATER_TASK_FIELDS), 'run'].filter(
      (name) => !name.startsWith('x-'),
    );
    expect(Object.keys(task.properties).sort()).toEqual([...new Set(names)].sort());
    const fields = [...Object.keys(PIPELINE_FIELDS), ...LATER_PIPELINE_FIELDS, 'version', 'tasks'].filter(
      (name) => !name.startsWith('x-'),
    );
    expect(Object.keys(schema.properties).sort()).toEqual(fields.sort());
    for (const [name, field] of [...Object.entries(task.properties), ...Object.entries(schema.properties)])
      expect(field, name).toHaveProperty('description');
  });

  test('describes every field at every depth, and what maps of names hold', () => {
    const silent: string[] = [];
    type Published = Record<string, unknown> & { description?: string };
    const walk = (schema: Published, at: string): void => {
      const fields = Object.entries((schema['properties'] ?? {}) as Record<string, Published>);
      const others = schema['additionalProperties'] as Published | false | undefined;
      if (others !== undefined && others !== false) fields.push(['*', others]);
      for (const [name, field] of fields) {
        if (!field.description) silent.push(`${at}.${name}`);
        walk(field, `${at}.${name}`);
      }
      for (const each of (schema['anyOf'] ?? []) as Published[]) walk(each, at);
      if (schema['items'] !== undefined) walk(schema['items'] as Published, `${at}[]`);
    };
    walk(pipelineJsonSchema() as Published, '');
    expect(silent).toEqual([]);
  });

  test('publishes only words of JSON Schema, and patterns that are regular expressions', () => {
    const words = new Set<string>();
    const walk = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [word, value] of Object.entries(schema)) {
        words.add(word);
        if (word === 'pattern') expect(() => new RegExp(value, 'u')).not.toThrow();
        if (word === 'properties' || word === 'patternProperties')
          for (const property of Object.values(value)) walk(property);
        else if (word === 'anyOf') for (const each of value) walk(each);
        else if (['items', 'additionalProperties', 'propertyNames'].includes(word)) walk(value);
      }
    };
    walk(pipelineJsonSchema());
    expect([...words].sort()).toEqual(
      '$schema additionalProperties anyOf default description enum exclusiveMinimum items minItems minLength minimum pattern patternProperties properties propertyNames required title type'.split(
        ' ',
      ),
    );
  });
});

test('every diagnostic code has a description', () => {
  for (const [code, { title, explanation, fix }] of Object.entries(CATALOGUE)) {
    expect(code).toMatch(/^[a-z][a-z0-9-]*$/);
    for (const text of [title, explanation, fix]) expect(text, code).toMatch(/^.{10,}\.$/s);
  }
});
