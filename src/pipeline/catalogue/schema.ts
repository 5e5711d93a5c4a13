/** Diagnostics about the form of a pipeline: its keys, and what kind of value each has. */
import type { Entries } from './entry.ts';

export const SCHEMA_CODES = {
  'unknown-key': {
    severity: 'error',
    title: 'A key that the language does not have.',
    explanation:
      'A misspelled key would be ignored in silence, and the task would run without its inputs, say. So every key must be known. Keys that start with `x-` are yours.',
    fix: 'Take the name that the message suggests. `orch schema` prints all of them for editors, which then complete and check while you type.',
    example: { files: 'version: 1\ntasks:\n  train:\n    cmd: python train.py\n    ouputs: [model.pkl]\n' },
  },
  'missing-key': {
    severity: 'error',
    title: 'A key that must be there is not.',
    explanation: 'A pipeline has `version` and `tasks`; an input that is a map has `path`; and so on.',
    fix: 'Add the key that the message names.',
    example: { files: 'tasks:\n  build: {run: make}\n' },
  },
  'wrong-type': {
    severity: 'error',
    title: 'A value of another kind than expected.',
    explanation:
      'A list where a text is meant, a text where a list is meant, and the like. YAML 1.2 has only true and false: `yes`, `no`, `on` and `off` are texts.',
    fix: 'Write the value in the form that the message names.',
    example: { files: 'version: 1\ntasks:\n  build:\n    run: make\n    inputs: main.c\n    cache: yes\n' },
  },
  'bad-value': {
    severity: 'error',
    title: 'A value of the right kind that is not allowed here.',
    explanation:
      'A number out of range, a duration without a unit, a word that is none of the possible ones.',
    fix: 'Choose one of the values that the message names.',
    example: {
      files:
        'version: 1\ntasks:\n  build:\n    run: make\n    timeout: 10\n    retries: {limit: 3, backoff: exponentail}\n',
    },
  },
  'bad-name': {
    severity: 'error',
    title: 'A name with characters that names cannot have.',
    explanation:
      'Names of tasks become parts of labels, folders and targets, where `:`, `[`, `]`, `,`, `=`, `/` and blanks have a meaning. Names of variables are those of a shell.',
    fix: 'Use letters, digits, "_", "-" and, for tasks, ".".',
    example: { files: 'version: 1\ntasks:\n  build app: {run: make}\n' },
  },
  'not-supported-yet': {
    severity: 'error',
    title: 'A part of the language that this version of orch does not carry out yet.',
    explanation: 'To ignore it would run something else than the file says.',
    fix: 'Remove it, or use a later version of orch.',
    example: { files: 'version: 1\ntasks:\n  report:\n    run: make report\n    operator: python\n' },
  },
} as const satisfies Entries;
