/** Diagnostics about `${{ }}` expressions and the commands that they stand in. */
import type { Entries } from './entry.ts';

export const EXPRESSION_CODES = {
  'bad-expression': {
    severity: 'error',
    title: 'A ${{ }} expression that cannot be read or evaluated.',
    explanation:
      'Expressions have names, numbers, strings in quotes, lists, calls of functions, the operators + - * / % == != < <= > >= && || ! and a ? b : c. Nothing is converted in silence.',
    fix: 'Look at the place that the message points at.',
    example: {
      files: 'version: 1\nparams: {fast: true}\ntasks:\n  train: {run: "train ${{ params.fast and 1 }}"}\n',
    },
  },
  'unknown-name': {
    severity: 'error',
    title: 'A name in an expression that is not there.',
    explanation:
      'An expression starts from params, env, matrix, inputs, outputs, needs, task, pipeline, run, metrics, resources or secrets. A name that is absent is an error, never an empty text.',
    fix: "Mend the name; `default(env.NAME, '…')` takes something else where it is absent.",
    example: {
      files: 'version: 1\nparams: {month: 1}\ntasks:\n  fetch: {run: "fetch ${{ params.mnth }}"}\n',
    },
  },
  'unknown-function': {
    severity: 'error',
    title: 'A function that expressions do not have.',
    explanation:
      'The functions are few and fixed: expressions fill in values, programs belong into commands.',
    fix: 'Take one that there is, or do it in the command.',
    example: {
      files:
        'version: 1\nparams: {month: 1}\ntasks:\n  fetch: {run: "fetch ${{ zfill(params.month, 2) }}"}\n',
    },
  },
  'foreign-placeholder': {
    severity: 'warning',
    title: 'A placeholder as other tools write them.',
    explanation:
      '`{{ params.x }}`, `${params.x}`, `{input}` and `$<` mean something to Jinja, DVC, Snakemake and make. orch leaves them as they are, and the command gets them literally.',
    fix: 'Write ${{ params.x }}, ${{ inputs[0] }}, ${{ outputs[0] }}.',
    example: {
      files: 'version: 1\nparams: {month: 1}\ntasks:\n  fetch: {run: "fetch {{ params.month }}"}\n',
    },
  },
  'not-static': {
    severity: 'error',
    title: 'An expression whose value is needed at load time but known only later.',
    explanation:
      'Needs, paths, folders and the values of a matrix decide what is to be done, so they must be known before anything runs. Metrics and states of other tasks are known only when those have run.',
    fix: 'Use it in `run` or `env`, or take a parameter instead.',
    example: {
      files:
        'version: 1\ntasks:\n  train: {run: train, metrics: [m.json]}\n  report:\n    run: report\n    needs: [train]\n    outputs: ["report-${{ metrics.train.rmse }}.html"]\n',
    },
  },
  'unknown-secret': {
    severity: 'error',
    title: 'A secret that the task does not declare.',
    explanation: 'Only declared secrets are masked in logs and kept out of keys and records.',
    fix: 'Add its name to the `secrets` of the task.',
    example: { files: 'version: 1\ntasks:\n  push: {run: "push --token ${{ secrets.TOKEN }}"}\n' },
  },
  'missing-secret': {
    severity: 'error',
    title: 'A secret that a task of the run declares and that is set nowhere.',
    explanation:
      'Secrets come from variables of the environment, then from the file .env.secrets in the root, or the one that ORCH_SECRETS_FILE names. It is told before anything is started.',
    fix: 'Set the variable, or write NAME=value into the file, which git must not have.',
    example: {
      files: 'version: 1\ntasks:\n  push: {run: push.sh, secrets: [TOKEN]}\n',
      command: 'orch run push',
    },
  },
  'secret-in-text': {
    severity: 'error',
    title: 'A secret that the pipeline also reads as env.NAME, where it would be kept and shown.',
    explanation: 'A value that is read as env.NAME stands in commands and keys as it is.',
    fix: 'Write secrets.NAME within the task, or let its command read "$NAME".',
    example: {
      files: 'version: 1\ntasks:\n  push: {run: "push ${{ default(env.TOKEN, 0) }}", secrets: [TOKEN]}\n',
    },
  },
  'not-upstream': {
    severity: 'error',
    title: 'A task whose results are mentioned is not upstream.',
    explanation:
      '`needs.train` and `metrics.train` can only be read by tasks that run after train: by naming it in `needs`, or by reading a file that it makes.',
    fix: 'Add the task to the needs.',
    example: {
      files:
        'version: 1\ntasks:\n  train: {run: train, outputs: [model.pkl], metrics: [m.json]}\n  report: {run: "report ${{ metrics.train.rmse }}"}\n',
    },
  },
  'run-id-in-key': {
    severity: 'error',
    title: 'run.id in a cached task, which would never be up to date.',
    explanation:
      'Whatever a command mentions decides whether it is up to date, and run.id is another one in every run.',
    fix: 'Remove it, or set `cache: false`.',
    example: {
      files: 'version: 1\ntasks:\n  log: {run: "echo ${{ run.id }} > log.txt", outputs: [log.txt]}\n',
    },
  },
  unquotable: {
    severity: 'error',
    title: 'A value in a place where orch cannot quote it.',
    explanation:
      "A value can never add a word or a command to a shell line: orch quotes it. In heredocs, in backticks, and in the text of interpreters other than a shell it can't, so it refuses.",
    fix: 'Hand the value over in a variable: the message says which.',
    example: {
      files:
        'version: 1\nparams: {name: world}\ntasks:\n  greet:\n    run: |\n      cat <<END\n      Hello ${{ params.name }}\n      END\n',
    },
  },
  'pipe-status-lost': {
    severity: 'warning',
    title: 'A pipe under plain sh, where a failure before the last command goes unseen.',
    explanation: 'Plain sh takes the status of a pipe from its last command: `false | cat` succeeds.',
    fix: 'Set `shell: bash`, which fails where any part of a pipe fails.',
    example: {
      files:
        'version: 1\ntasks:\n  count: {run: "sort words | uniq -c > count.txt", inputs: [words], outputs: [count.txt]}\n',
    },
  },
} as const satisfies Entries;
