/** The closed list of what can be wrong with a pipeline, one word and one line each. */

export const DIAGNOSTIC_CODES = {
  // The file as text
  'not-utf8': 'The file holds bytes that are not UTF-8.',
  'too-large': 'The file is larger than orch reads.',
  'too-deep': 'Lists and maps are nested deeper than orch reads.',
  'control-character': 'The file holds a control character that YAML forbids.',
  'bad-yaml': 'The file is not valid YAML.',
  'empty-file': 'The file holds no document.',
  'multiple-documents': 'The file holds more than one document.',
  'unknown-tag': 'A YAML tag (!name) that orch does not know.',
  'unknown-alias': 'A YAML alias (*name) without an anchor (&name) before it.',
  'self-alias': 'A YAML alias inside the value that it stands for.',
  'alias-expansion': 'YAML aliases that multiply to more values than orch reads.',
  'bad-merge': 'A merge key (<<) whose value is not a map or a list of maps.',
  'bad-key': 'A key that is not a plain text.',
  'forbidden-key': 'A key that JavaScript gives a meaning of its own.',
  'duplicate-key': 'The same key twice in one map.',
  'unsafe-number': 'A number that cannot be held exactly.',
  // The schema
  'unknown-key': 'A key that the language does not have.',
  'missing-key': 'A key that must be there is not.',
  'wrong-type': 'A value of another kind than expected.',
  'bad-value': 'A value of the right kind that is not allowed here.',
  'bad-name': 'A name with characters that names cannot have.',
  'not-supported-yet': 'A part of the language that this version of orch does not carry out yet.',
  // Pipelines and tasks
  'duplicate-pipeline': 'Two files give the same pipeline name.',
  'missing-run': 'A task without a command declares what only a command can have.',
  'unknown-task': 'A name that no task has.',
  'no-matching-cell': 'No cell of a matrix task agrees with what is asked for.',
  'bad-matrix': 'A matrix that gives no usable cells.',
  'duplicate-cell': 'Two cells of a matrix have the same label.',
  'too-many-tasks': 'Matrices that give more tasks than orch plans.',
  cycle: 'Tasks that need each other in a circle.',
  'always-runs-need': 'A needed task always runs and has nothing by which its result could be compared.',
  // Paths
  'bad-path': 'A path that cannot be an input or output.',
  'outside-root': 'A path that leads out of the root.',
  'duplicate-output': 'A task declares the same output twice.',
  'overlapping-outputs': 'Two tasks write the same path.',
  'own-input': 'A task writes its own input.',
  'undeclared-file': 'A command names a file that is there and is no input of the task.',
  // Parameters
  'bad-parameter': 'A parameter declaration that makes no sense.',
  'wrong-parameter': 'A parameter value of the wrong type or out of range.',
  'missing-parameter': 'A parameter without a default that was not given.',
  'unknown-parameter': 'A parameter name that no pipeline declares.',
  'coinciding-parameters': 'Two parameters have the same ORCH_PARAM_ variable.',
  'parameter-shadowed': 'A parameter whose flag is taken by a flag of orch run.',
  // Expressions and commands
  'bad-expression': 'A ${{ }} expression that cannot be read or evaluated.',
  'not-static': 'An expression whose value is needed at load time but known only later.',
  'unknown-secret': 'A secret that the task does not declare.',
  'secret-in-text': 'A secret that the pipeline also reads as env.NAME, where it would be kept and shown.',
  'not-upstream': 'A task whose results are mentioned is not upstream.',
  'run-id-in-key': 'run.id in a cached task, which would never be up to date.',
  unquotable: 'A value in the text of an interpreter for which orch cannot quote.',
  'pipe-status-lost': 'A pipe under plain sh, where a failure before the last command goes unseen.',
} as const satisfies Record<string, string>;

export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
