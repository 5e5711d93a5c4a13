/** What a pipeline file may say, and the same as a JSON Schema for editors (`orch schema`). */
import { paramsShape, pipelineShape, tasksShape, versionShape } from './other-shapes.ts';
import { CACHE_WORDS, PIPELINE_WORDS } from './other-words.ts';
import { PARAM_TYPES } from './param-types.ts';
import { publishSchema, type Schema } from './schema.ts';
import { DEFAULTABLE, ENV, SIZE, TASK, TASK_FIELDS, TASK_NAME, TEXT, textList } from './task-schema.ts';

/** The loader tells a declaration from a plain map by its keys (`params.ts`); here both only complete and explain. */
const PARAM: Schema = {
  description:
    'A parameter: its value, or a declaration such as {type: integer, default: 1}. `orch run --NAME VALUE` sets it.',
  anyOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'array' },
    {
      type: 'object',
      description: 'A declaration, or a plain map of values.',
      properties: {
        type: { description: `One of ${PARAM_TYPES.join(', ')}.` },
        default: { description: 'The value where no other is given.' },
        min: { description: 'The least value, for integer, number, date and month.' },
        max: { description: 'The greatest value.' },
        values: { description: 'The possible values of an enum.' },
        description: { description: 'One line for people.' },
      },
    },
  ],
  expected: 'a value, or a declaration such as {type: integer, default: 1}',
  shapeHint: (node) =>
    node.kind === 'scalar' && node.value === null
      ? 'write its default; one that must be given on the command line is {type: string}'
      : null,
};

const later = (description: string): Schema => ({ description, later: {} });

/** Fields of tasks that stand beside them. */
const FIELDS_OF_TASKS = Object.fromEntries(
  Object.keys(TASK_FIELDS).map((name) => [
    name,
    Object.hasOwn(DEFAULTABLE, name)
      ? `it is a field of tasks: for every task, write it under \`defaults\``
      : `it is a field of a task: it stands below the task's name under \`tasks\``,
  ]),
);

export const PIPELINE: Schema = {
  type: 'object',
  expected: 'a pipeline: a map with version and tasks',
  required: ['version', 'tasks'],
  properties: {
    version: {
      type: 'integer',
      enum: [1],
      description: 'The version of the language.',
      expected: '1',
      shapeHint: versionShape,
    },
    name: {
      ...TEXT,
      pattern: TASK_NAME,
      description: "The pipeline's name; by default the file's, without its ending.",
      expected: 'a name of letters, digits, ".", "_" and "-"',
    },
    description: { type: 'string', description: 'One line for people.' },
    owner: { type: 'string', description: 'Who looks after it.' },
    default: textList('Targets of `orch run` without any.'),
    params: {
      description: 'Parameters: a plain value, or a declaration.',
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_-]*$' },
      additionalProperties: PARAM,
      names: 'the name of a parameter',
      expected: 'a map of parameters by name',
      shapeHint: paramsShape,
    },
    env: { ...ENV, description: 'Variables that are set for every task and enter its key.' },
    defaults: {
      description: 'Fields for every task that does not set them itself; env and resources are merged.',
      type: 'object',
      properties: DEFAULTABLE,
      additionalProperties: false,
      expected: 'a map of task fields',
    },
    header: textList('Lines printed before a run.'),
    summary: textList('Lines printed after a successful run.'),
    finally: textList('Tasks that join every run in which a command started, after the rest.'),
    tasks: {
      description: 'The tasks, by name.',
      type: 'object',
      propertyNames: { pattern: TASK_NAME },
      additionalProperties: TASK,
      names: 'the name of a task',
      expected: 'a map of tasks by name',
      shapeHint: tasksShape,
    },
    allow_links: textList('Links to folders outside the root that inputs may follow.'),
    cache: {
      description: 'Where results are kept, and for whom.',
      type: 'object',
      additionalProperties: false,
      expected: 'a map with scope, dir, max_size',
      otherWords: CACHE_WORDS,
      properties: {
        scope: {
          ...TEXT,
          description: "Enters every key: by default the pipeline's name; `root` for the path of the root.",
        },
        dir: { ...TEXT, description: 'The folder for content, instead of .cache.' },
        max_size: {
          ...SIZE,
          default: '20GB',
          description: 'Least recently used content beyond it is removed.',
        },
        digest: {
          type: 'string',
          enum: ['xxh64', 'sha256'],
          description: 'The digest function.',
          later: { except: ['xxh64'] },
        },
        link: {
          type: 'string',
          enum: ['copy', 'hardlink'],
          description: 'How files come back from the cache.',
          later: { except: ['copy'] },
        },
      },
    },
    profiles: later('Named sets of params, env and defaults.'),
    params_file: later('A file with values of parameters.'),
    templates: later('Tasks to extend.'),
    include: later('Other files whose tasks are taken over.'),
    pools: later('Limits by name.'),
    on_failure: later('Tasks that join a failed run.'),
    schedules: later('When to run by itself.'),
    alerts: later('Whom to tell about what.'),
    cost: later('Prices of resources.'),
    executor: later('Where tasks run.'),
    mlflow: later('Where to record runs in MLflow.'),
  },
  additionalProperties: false,
  otherWords: { ...FIELDS_OF_TASKS, ...PIPELINE_WORDS },
  shapeHint: pipelineShape,
};

/** The JSON Schema (draft-07) of a pipeline file: the definition by which files are checked, without the loader's own words. */
export function pipelineJsonSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'orch pipeline',
    ...publishSchema(PIPELINE),
  };
}
