/** What a task may say: the schema of one entry of `tasks`. The order is the one in which people write. */
import { DURATION_FORM, parseDuration } from '../base/duration.ts';
import type { Outcome } from '../base/outcome.ts';
import { parseSize, SIZE_FORM } from '../base/size.ts';
import {
  axisShape,
  envShape,
  matrixShape,
  needsShape,
  pathsShape,
  runShape,
  shellShape,
  taskShape,
} from './other-shapes.ts';
import {
  INPUT_WORDS,
  NEED_WORDS,
  OUTPUT_WORDS,
  RESOURCE_WORDS,
  RETRY_WORDS,
  TASK_WORDS,
} from './other-words.ts';
import { orExpression, type Schema } from './schema.ts';

const troubleOf =
  (parse: (text: string) => Outcome<number, string>) =>
  (text: string): string | null => {
    const parsed = parse(text);
    // What is expected is said anyway.
    return parsed.ok ? null : parsed.error.replace(/^expected .*/, '');
  };

export const TEXT: Schema = { type: 'string', minLength: 1 };
const LENIENT_TEXT: Schema = { type: 'string', lenient: true, expected: 'a text' };
export const DURATION: Schema = {
  type: 'string',
  lenient: true,
  expected: DURATION_FORM,
  refine: troubleOf(parseDuration),
};
export const SIZE: Schema = {
  type: 'string',
  lenient: true,
  expected: SIZE_FORM,
  refine: troubleOf(parseSize),
};

export const textList = (description: string): Schema => ({
  description,
  expected: 'a text or a list of texts',
  anyOf: [{ type: 'array', items: TEXT }, TEXT],
});

/** Names become parts of labels, ids and folder names: no `: [ ] , = /`, no spaces. */
export const TASK_NAME = '^[\\p{L}\\p{N}_][\\p{L}\\p{M}\\p{N}_.-]*$';
export const ENV_NAME = '^[A-Za-z_][A-Za-z0-9_]*$';

export const ENV: Schema = {
  description: 'Variables that are set for the command and enter its key.',
  type: 'object',
  propertyNames: { pattern: ENV_NAME },
  additionalProperties: { ...LENIENT_TEXT, description: 'The value of the variable.' },
  expected: 'a map of variables, NAME: value',
  names: 'the name of a variable',
  shapeHint: envShape,
};

const COMMAND: readonly Schema[] = [
  { ...TEXT, expected: 'a shell line or script' },
  { type: 'array', minItems: 1, items: LENIENT_TEXT, expected: 'a list of arguments' },
];

const PATH: Schema = {
  ...TEXT,
  description: 'Relative to the root, with "/": a file, a folder ("dir/") or a glob.',
  expected: 'a path',
};

const INPUT: Schema = {
  anyOf: [
    {
      ...PATH,
      description: 'A file, a folder ("dir/"), a glob, or "!" and one of them to leave out what it matches.',
    },
    {
      type: 'object',
      expected: 'a map with `path`',
      required: ['path'],
      additionalProperties: false,
      otherWords: INPUT_WORDS,
      properties: {
        path: PATH,
        optional: {
          type: 'boolean',
          default: false,
          description: 'It may be absent, or the glob may match nothing.',
        },
        external: { type: 'boolean', default: false, description: 'It may lie outside the root.' },
        store: { type: 'boolean', default: true, description: 'false: it is hashed and never copied.' },
        by: {
          type: 'string',
          enum: ['content', 'stat'],
          description: 'stat: size and mtime only.',
          later: { except: ['content'] },
        },
        url: { type: 'string', description: 'A resource on the network.', later: {} },
        fetch: { type: 'boolean', description: 'false: the url is only probed.', later: {} },
      },
    },
  ],
};

const OUTPUT: Schema = {
  anyOf: [
    { ...PATH, description: 'A file, a folder ("dir/", which must exist afterwards) or a glob.' },
    {
      type: 'object',
      expected: 'a map with `path`',
      required: ['path'],
      additionalProperties: false,
      otherWords: OUTPUT_WORDS,
      properties: {
        path: PATH,
        store: {
          type: 'boolean',
          default: true,
          description: 'false: recorded by its digest, not kept in the cache.',
        },
      },
    },
  ],
};

/** A list of entries, or a map of names to an entry or a list of them. A map with `path` isn't one entry here. */
const listOrNames = (entry: Schema, description: string): Schema => ({
  description,
  anyOf: [
    { type: 'array', items: entry },
    {
      type: 'object',
      additionalProperties: {
        description: 'A path or a list of them; expressions use it by this name, as in ${{ inputs.NAME }}.',
        anyOf: [...(entry.anyOf ?? [entry]), { type: 'array', items: entry }],
      },
    },
  ],
  expected: 'a list of paths, or a map of names to paths',
  shapeHint: pathsShape,
});

const NEEDED_TASK: Schema = {
  ...TEXT,
  description: 'A task: name, name[*] for all cells of a matrix, name[key=value] or pipeline:name.',
  expected: 'a task: name, name[*], name[key=value] or pipeline:name',
};
const NEED: Schema = {
  anyOf: [
    NEEDED_TASK,
    {
      type: 'object',
      expected: 'a map with `task`',
      required: ['task'],
      additionalProperties: false,
      otherWords: NEED_WORDS,
      properties: {
        task: NEEDED_TASK,
        order_only: {
          type: 'boolean',
          default: false,
          description: 'Only wait for it; its outputs are no part of the key.',
        },
      },
    },
  ],
};
const NEEDS: Schema = {
  description: 'Tasks that must be done before, whose outputs enter the key.',
  anyOf: [{ type: 'array', items: NEED }, NEED],
  expected: 'a task or a list of tasks',
  shapeHint: needsShape,
};

const COUNT: Schema = { type: 'integer', minimum: 0, expected: 'a whole number, 0 or more' };

const RETRIES: Schema = {
  description: 'Further attempts after the first.',
  anyOf: [
    ...(orExpression(COUNT).anyOf ?? []),
    {
      type: 'object',
      additionalProperties: false,
      expected: 'a map with limit, delay, backoff, max_delay, jitter, on',
      otherWords: RETRY_WORDS,
      required: ['limit'],
      properties: {
        limit: orExpression({
          ...COUNT,
          description: 'Further attempts after the first.',
          expected: 'a whole number, 0 or more',
        }),
        delay: orExpression({ ...DURATION, description: 'Before the first further attempt.', default: '1s' }),
        backoff: {
          type: 'string',
          enum: ['fixed', 'linear', 'exponential'],
          default: 'fixed',
          description: 'How the delay grows.',
        },
        max_delay: orExpression({ ...DURATION, description: 'The delay never grows beyond it.' }),
        jitter: { type: 'boolean', default: false, description: 'Shortens each delay by a random part.' },
        on: {
          description: 'Only these ends are tried again; absent: every failure.',
          type: 'array',
          items: {
            anyOf: [
              { type: 'integer', minimum: 1, expected: 'an exit code' },
              { type: 'string', enum: ['oom', 'timeout', 'signal'] },
            ],
          },
        },
      },
    },
  ],
  expected: 'a whole number, 0 or more, or a map with limit, delay, backoff, max_delay, jitter, on',
};

const RESOURCES: Schema = {
  description: 'What the task takes while it runs. No part of its key.',
  type: 'object',
  properties: {
    cpu: orExpression({
      type: 'number',
      exclusiveMinimum: 0,
      description: 'Cores.',
      expected: 'a number of cores, more than 0',
    }),
    memory: orExpression({ ...SIZE, description: 'Such as 4GB (10^9) or 4GiB (2^30).' }),
    gpu: { ...COUNT, description: 'GPUs.', later: { except: [0] }, expected: 'a whole number of GPUs' },
  },
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_-]*$' },
  names: 'the name of a resource',
  otherWords: RESOURCE_WORDS,
  additionalProperties: orExpression({
    type: 'number',
    minimum: 0,
    description: 'A resource of your own: how much of it the task takes.',
    expected: 'a number, 0 or more',
  }),
};

const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'one_success',
  'one_failed',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'always',
];

const later = (description: string, except?: Schema['later']): Schema => ({
  description,
  later: except ?? {},
});

/** Fields that `defaults` gives to every task that doesn't set them itself. */
export const DEFAULTABLE: Readonly<Record<string, Schema>> = {
  shell: {
    description:
      'sh, bash, zsh…, or a list that gets the script as its last argument, such as [python3, -c].',
    expected: 'the name of a shell, or a list of words',
    shapeHint: shellShape,
    anyOf: [TEXT, { type: 'array', minItems: 1, items: TEXT }],
  },
  dir: {
    ...TEXT,
    description: 'Working directory of the command, relative to the root.',
    expected: 'a folder',
  },
  env: ENV,
  tools: textList('Commands such as `python3 --version` whose output enters the key.'),
  cache: {
    type: 'boolean',
    description: 'false: always run. By default true where there are inputs, outputs or needs.',
  },
  expires: orExpression({ ...DURATION, description: 'After this age the result is stale.' }),
  retries: RETRIES,
  timeout: orExpression({ ...DURATION, description: 'The attempt is ended after this time.' }),
  grace: orExpression({ ...DURATION, default: '10s', description: 'From the polite signal to the kill.' }),
  resources: RESOURCES,
  trigger_rule: {
    type: 'string',
    enum: TRIGGER_RULES,
    default: 'all_success',
    later: { except: ['all_success'] },
    description: 'When to run, by the states of the tasks upstream.',
  },
  pool: later('A pool that limits how many tasks run at a time.'),
  breaker: later('A circuit breaker, shared by name.'),
  priority: orExpression({
    type: 'number',
    default: 0,
    description: 'Higher goes first among ready tasks.',
    expected: 'a number',
  }),
  interactive: {
    type: 'boolean',
    description: 'The command talks to the terminal.',
    later: { except: [false] },
  },
  labels: textList('Words by which tasks can be chosen.'),
  allow_failure: {
    type: 'boolean',
    description: 'A failure does not fail the run.',
    later: { except: [false] },
  },
  secrets: textList(
    'Variables that the command is given from the environment or from .env.secrets; their values are masked in all output and kept nowhere.',
  ),
};

export const TASK_FIELDS: Readonly<Record<string, Schema>> = {
  description: { type: 'string', description: 'One line for people.' },
  run: {
    description:
      'A shell line or script, or a list of arguments without a shell; absent: a group of its needs.',
    anyOf: COMMAND,
    shapeHint: runShape,
  },
  inputs: listOrNames(INPUT, 'Everything that the command reads.'),
  outputs: listOrNames(OUTPUT, 'Everything that the command writes.'),
  metrics: listOrNames(PATH, 'Outputs, JSON files, whose values are recorded.'),
  checkpoints: later('Folders that survive retries and reruns of the same key.'),
  needs: NEEDS,
  upstream_tasks: { ...NEEDS, description: 'Another name for needs.' },
  params: textList('Parameters in the key besides those that the text mentions.'),
  when: later('A condition; false: the task is skipped.'),
  matrix: {
    description: 'Values by name: the task is made once for each combination.',
    type: 'object',
    properties: {
      include: orExpression({
        type: 'array',
        items: { type: 'object' },
        description: 'Values to add to combinations, or combinations to add.',
      }),
      exclude: orExpression({
        type: 'array',
        items: { type: 'object' },
        description: 'Combinations to leave out.',
      }),
    },
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_-]*$' },
    names: 'the name of a matrix key',
    shapeHint: matrixShape,
    additionalProperties: {
      description: 'Values; the task uses them as ${{ matrix.NAME }}.',
      shapeHint: axisShape,
      anyOf: [
        { type: 'array', items: {}, expected: 'a list of values' },
        {
          type: 'object',
          expected: '',
          description: 'Values from files: {glob}, {json}, {lines}, {csv, column}.',
          later: {},
        },
        {
          type: 'string',
          pattern: '\\$\\{\\{',
          expected: 'an expression that gives a list, such as ${{ range(1, 13) }}',
        },
      ],
    },
  },
  operator: later('A built-in or own operator.'),
  with: later("The operator's settings."),
  depfile: later('A file in which the command lists what it read.'),
  probe: { description: 'A command that exits with 0 while the result is still in place.', anyOf: COMMAND },
  extends: later('A template.'),
  ...DEFAULTABLE,
};

export const TASK: Schema = {
  type: 'object',
  description: 'A task: a command (run), what it reads (inputs) and what it writes (outputs).',
  expected: 'a task: a map with run, inputs, outputs, needs…',
  properties: TASK_FIELDS,
  additionalProperties: false,
  otherWords: TASK_WORDS,
  shapeHint: taskShape(Object.keys(TASK_FIELDS)),
};
