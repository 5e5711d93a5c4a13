/** Diagnostics about tasks, what they need, and the paths that they read and write. */
import type { Entries } from './entry.ts';

export const TASK_CODES = {
  'duplicate-pipeline': {
    severity: 'error',
    title: 'Two files give the same pipeline name.',
    explanation:
      'A pipeline is called by its `name`, else by its file. Targets such as `taxi:deploy` and the records of tasks go by it.',
    fix: 'Give one of them another `name`.',
    example: {
      files: {
        'pipelines/one.yaml': 'version: 1\nname: flow\ntasks: {a: {run: x}}\n',
        'pipelines/two.yaml': 'version: 1\nname: flow\ntasks: {b: {run: y}}\n',
      },
    },
  },
  'missing-run': {
    severity: 'error',
    title: 'A task without a command declares what only a command can have.',
    explanation:
      'A task without `run` is a group: it gathers the tasks in its `needs`. Inputs, outputs, metrics, tools and a probe belong to a command.',
    fix: 'Add `run`, or leave the other fields out.',
    example: { files: 'version: 1\ntasks:\n  build:\n    inputs: [main.c]\n    outputs: [app]\n' },
  },
  'unknown-task': {
    severity: 'error',
    title: 'A name that no task has.',
    explanation:
      'A need, a default target or a final task must be a task of this pipeline, or `pipeline:task` of another one.',
    fix: 'Mend the name; `orch list` shows those that there are.',
    example: {
      files: 'version: 1\ntasks:\n  build: {run: make}\n  deploy: {run: make deploy, needs: [biuld]}\n',
    },
  },
  'no-matching-cell': {
    severity: 'error',
    title: 'No cell of a matrix task agrees with what is asked for.',
    explanation:
      '`train[model=a]` means the cell with that value. A bare `train` in the needs of another matrix task means the cells that agree with it on the keys that both have.',
    fix: 'Name a cell that there is, or all of them: `train[*]`.',
    example: {
      files:
        'version: 1\ntasks:\n  train:\n    run: "train ${{ matrix.model }}"\n    matrix: {model: [tree, forest]}\n  report: {run: report, needs: ["train[model=tre]"]}\n',
    },
  },
  'bad-matrix': {
    severity: 'error',
    title: 'A matrix that gives no usable cells.',
    explanation:
      'A key without values, values that are no list, or an `exclude` that takes every combination away.',
    fix: 'Give each key a list of values.',
    example: {
      files: 'version: 1\ntasks:\n  train:\n    run: "train ${{ matrix.model }}"\n    matrix: {model: []}\n',
    },
  },
  'duplicate-cell': {
    severity: 'error',
    title: 'Two cells of a matrix have the same label.',
    explanation:
      'The label, such as `train[model=a]`, is the name of the task. Values that print alike, such as 1 and "1", make the same one.',
    fix: 'Remove the repeated value.',
    example: {
      files:
        'version: 1\ntasks:\n  train:\n    run: "train ${{ matrix.seed }}"\n    matrix: {seed: [1, 2, "1"]}\n',
    },
  },
  'too-many-tasks': {
    severity: 'error',
    title: 'A matrix that gives more tasks than orch plans.',
    explanation: 'The numbers of values multiply. More than 100,000 cells are a slip more often than a wish.',
    fix: 'Leave combinations out, or loop inside of the command.',
    example: {
      files:
        'version: 1\ntasks:\n  scan:\n    run: "scan ${{ matrix.a }} ${{ matrix.b }}"\n    matrix: {a: "${{ range(0, 1000) }}", b: "${{ range(0, 1000) }}"}\n',
    },
  },
  cycle: {
    severity: 'error',
    title: 'Tasks that wait for each other in a circle.',
    explanation:
      'None of them could ever start. A task waits for those in its `needs`, and for whichever makes one of its inputs; the message shows where each link of the circle is written.',
    fix: 'Remove one of the links.',
    example: {
      files:
        'version: 1\ntasks:\n  clean: {run: clean.sh, needs: [report]}\n  train: {run: train.sh, needs: [clean]}\n  report: {run: report.sh, needs: [train]}\n',
    },
  },
  'always-runs-need': {
    severity: 'warning',
    title: 'A needed task always runs and has nothing by which its result could be compared.',
    explanation:
      'A task without inputs and outputs runs every time. What needs it can then never be up to date, since nobody can tell whether anything has changed.',
    fix: 'Declare its outputs, or only wait for it: `{task: setup, order_only: true}`.',
    example: {
      files:
        'version: 1\ntasks:\n  setup: {run: ./setup.sh}\n  build:\n    run: make\n    needs: [setup]\n    outputs: [app]\n',
    },
  },
  'bad-path': {
    severity: 'error',
    title: 'A path that cannot be an input or output.',
    explanation:
      'Paths are relative to the root and written with "/". An address on the network, a "~", backslashes between folders, or the root itself as an output are none.',
    fix: 'Write the path from the root of the project.',
    example: {
      files: 'version: 1\ntasks:\n  load:\n    run: make load\n    inputs: [data\\raw\\sales.csv]\n',
    },
  },
  'outside-root': {
    severity: 'error',
    title: 'A path that leads out of the root.',
    explanation:
      "What lies outside of the project differs from machine to machine. Inputs there must say so; outputs can't lie there at all.",
    fix: 'Write {path: …, external: true} for an input, and let outputs lie in the project.',
    example: { files: 'version: 1\ntasks:\n  load:\n    run: make load\n    inputs: [/data/sales.csv]\n' },
  },
  'duplicate-output': {
    severity: 'error',
    title: 'A task declares the same output twice.',
    explanation: 'It is one file; two entries could contradict each other.',
    fix: 'Remove one of them.',
    example: { files: 'version: 1\ntasks:\n  build:\n    run: make\n    outputs: [app, ./app]\n' },
  },
  'overlapping-outputs': {
    severity: 'error',
    title: 'Two tasks write the same path.',
    explanation:
      'The one that ran last would win, and neither could ever be up to date. The cells of a matrix are tasks of their own here: each needs a path of its own.',
    fix: 'Give each its own path; in a matrix, put the value into it, as in "model-${{ matrix.kind }}.pkl".',
    example: {
      files:
        'version: 1\ntasks:\n  train: {run: train.sh, outputs: [out/model.pkl]}\n  tune: {run: tune.sh, outputs: [out/]}\n',
    },
  },
  'own-input': {
    severity: 'error',
    title: 'A task writes its own input.',
    explanation: 'After each run its input would have changed, so that it could never be up to date.',
    fix: 'Write to another path, or leave the output out of the inputs: "!data/out.csv".',
    example: {
      files:
        'version: 1\ntasks:\n  clean:\n    run: clean.sh\n    inputs: ["data/*.csv"]\n    outputs: [data/clean.csv]\n',
    },
  },
  'undeclared-file': {
    severity: 'warning',
    title: 'A command names a file that is there and is no input of the task.',
    explanation: 'If the file changes, the task stays up to date: orch knows only what is declared.',
    fix: 'Add the file to the inputs.',
    example: {
      files: {
        'orch.yaml': 'version: 1\ntasks:\n  train:\n    run: python train.py\n    outputs: [model.pkl]\n',
        'train.py': 'print(1)\n',
      },
    },
  },
  'escape-in-path': {
    severity: 'warning',
    title: 'A path in double quotes with a backslash that makes a control character.',
    explanation:
      'In double quotes "\\n" is a line break and "\\t" a tab. A Windows path such as "data\\new.csv" silently becomes a name with a line break in it.',
    fix: 'Write the path with "/".',
    example: { files: 'version: 1\ntasks:\n  load:\n    run: make load\n    inputs: ["data\\new.csv"]\n' },
  },
  'input-missing': {
    severity: 'error',
    title: 'An input that does not exist and that no task makes.',
    explanation:
      'Found before anything runs. A literal path must exist, and a glob must match something; a path that another task makes is there in time.',
    fix: 'Create the file, mend the path, or write {path: …, optional: true}.',
    example: {
      files: {
        'orch.yaml':
          'version: 1\ntasks:\n  train:\n    run: wc -l < data/trian.csv > count.txt\n    inputs: [data/trian.csv]\n    outputs: [count.txt]\n',
        'data/train.csv': '1\n',
      },
      command: 'orch run train',
    },
  },
  'input-orphan': {
    severity: 'error',
    title: 'An input that was made by a task which the pipeline no longer has.',
    explanation:
      'orch made the file once, and now nothing does: nobody can say whether it still is what its inputs would give. Such a file is no source.',
    fix: 'Bring the task back, or make the file your own: copy it to another name and list that.',
    example: {
      earlier: {
        file: 'version: 1\ntasks:\n  fetch: {run: echo 1 > raw.txt, outputs: [raw.txt]}\n',
        command: 'orch run fetch',
      },
      files: 'version: 1\ntasks:\n  sum: {run: wc -l < raw.txt, inputs: [raw.txt]}\n',
      command: 'orch run sum',
    },
  },
  'output-occupied': {
    severity: 'error',
    title: 'A folder or glob output already holds files that orch did not make.',
    explanation:
      'Before a command its old outputs are removed. Files of yours in the same place would be mixed up with them, so orch asks first.',
    fix: 'Keep them as the result by `orch accept TASK`, or have them set aside by `orch run --replace`.',
    example: {
      files: {
        'orch.yaml': 'version: 1\ntasks:\n  split: {run: split.sh, outputs: [parts/]}\n',
        'parts/notes.txt': 'mine\n',
      },
      command: 'orch run split',
    },
  },
} as const satisfies Entries;
