/** Diagnostics about parameters: their declarations and the values that are given. */
import type { Entries } from './entry.ts';

export const PARAMETER_CODES = {
  'bad-parameter': {
    severity: 'error',
    title: 'A parameter declaration that makes no sense.',
    explanation:
      'A type that there is not, a limit for a type that has none, an enum without values. A map is a declaration where it has `type` or `default`; any other map is a value.',
    fix: 'Types are string, integer, number, boolean, date, month, enum, list and map.',
    example: { files: 'version: 1\nparams:\n  year: {type: int, default: 2024}\ntasks: {a: {run: x}}\n' },
  },
  'wrong-parameter': {
    severity: 'error',
    title: 'A parameter value of the wrong type or out of range.',
    explanation:
      'Values come from the default, from ORCH_PARAM_NAME and from the command line, and each is checked against the declaration, which the message shows.',
    fix: 'Give a value that the declaration allows.',
    example: {
      files:
        'version: 1\nparams:\n  month: {type: integer, default: 1, min: 1, max: 12}\ntasks:\n  fetch: {run: "echo ${{ params.month }}"}\n',
      command: 'orch run fetch --month 13',
    },
  },
  'missing-parameter': {
    severity: 'error',
    title: 'A parameter without a default that was not given.',
    explanation: 'A declaration without `default` asks for a value each time.',
    fix: 'Give it on the command line or as ORCH_PARAM_NAME, or declare a default.',
    example: {
      files:
        'version: 1\nparams:\n  customer: {type: string}\ntasks:\n  bill: {run: "bill ${{ params.customer }}"}\n',
    },
  },
  'unknown-parameter': {
    severity: 'error',
    title: 'A parameter name that no pipeline declares.',
    explanation:
      "Flags that orch itself doesn't have are parameters of the pipeline. A mistyped one would otherwise change nothing, in silence.",
    fix: 'Mend the name, or declare the parameter under `params`.',
    example: {
      files: 'version: 1\nparams: {month: 1}\ntasks:\n  fetch: {run: "echo ${{ params.month }}"}\n',
      command: 'orch run fetch --mont 2',
    },
  },
  'coinciding-parameters': {
    severity: 'error',
    title: 'Two parameters have the same ORCH_PARAM_ variable.',
    explanation:
      'In the variable\'s name letters are upper case, "-" is "_" and "." is "__": two names may become one.',
    fix: 'Rename one of them.',
    example: { files: 'version: 1\nparams: {learning-rate: 1, learning_rate: 2}\ntasks: {a: {run: x}}\n' },
  },
  'leading-zero': {
    severity: 'warning',
    title: 'A number whose leading zero YAML drops.',
    explanation: 'YAML reads 01234 as the number 1234. A postal code or an article number loses its zero.',
    fix: 'Put it in quotes; or leave out the zero, if it is a number.',
    example: { files: 'version: 1\nparams: {zip: 01234}\ntasks: {a: {run: x}}\n' },
  },
  'parameter-shadowed': {
    severity: 'warning',
    title: 'A parameter whose flag is taken by a flag of orch run.',
    explanation: 'Every parameter is a flag of `orch run`, except where orch has a flag of that name.',
    fix: 'Set it by --param NAME=VALUE, or rename it.',
    example: { files: 'version: 1\nparams: {force: 1}\ntasks: {a: {run: "echo ${{ params.force }}"}}\n' },
  },
} as const satisfies Entries;
