/** Fields and values. */
import { HEAD, type WrongPipelines } from './head.ts';

export const FIELDS: Readonly<Record<string, WrongPipelines>> = {
  values: {
    'yes for true': `${HEAD}tasks:
  make:
    run: x
    cache: yes
`,
    'on for true': `${HEAD}tasks:
  make:
    run: x
    cache: on
    outputs: [a]
`,
    'a number with a leading zero for a text': `${HEAD}params:
  code: {type: string, default: 010}
  n: {type: integer, default: 1e3}
tasks:
  make:
    run: x
`,
    'nothing for a variable': `${HEAD}env: {A: 010, B: 1e3, C: yes, D: null}
tasks:
  make:
    run: x
`,
    'leading zeros': `version: 1
params: {zip: 01234, b: {type: integer, default: 010}, c: 0, d: 0.5, e: "010"}
tasks:
  a: {run: x}
`,
    'numbers too large': `${HEAD}params: {n: 9007199254740993, m: .inf, k: 0x10}
tasks: {a: {run: x}}
`,
    'no version': `tasks:
  make: {run: x}
`,
    'the version in quotes': `version: "1"
tasks:
  make: {run: x}
`,
    'another version': `version: 2
tasks:
  make: {run: x}
`,
    'the version of another tool': `version: '3.7'
tasks:
  make: {run: x}
`,
    'no tasks': `version: 1
name: x
`,
    'tasks without any': `version: 1
tasks:
`,
    'a list': `- a
- b
`,
    'a text': `hello
`,
    'a map of something else': `a: 1
b: 2
`,
    capitals: `Version: 1
Tasks:
  a: {Run: x}
`,
    'tasks as a list': `${HEAD}tasks:
  - name: make
    run: x
  - name: b
    run: y
`,
    'a task as a text': `${HEAD}tasks:
  make: echo hi
`,
    'a task without anything': `${HEAD}tasks:
  make:
  b: {run: x}
`,
    'a field beside the task': `version: 1
tasks:
  a:
    run: x
  outputs: [a]
`,
    'needs as a map': `${HEAD}tasks:
  a: {run: x}
  b:
    run: y
    needs: {a: true}
`,
    'paths as texts': `${HEAD}tasks:
  a:
    run: x
    inputs: a.csv
    outputs: b.csv
`,
    'other words in inputs': `${HEAD}tasks:
  a:
    run: x
    inputs: [{file: a.csv}, {path: b, option: true}]
`,
    'one input as a map': `${HEAD}tasks:
  a:
    run: x
    inputs: {path: a.csv, optional: true}
`,
    'commands as a list': `${HEAD}tasks:
  a:
    run:
      - echo one
      - echo two && ls
`,
    'parameters as a list': `${HEAD}params:
  - month
  - year
tasks:
  a: {run: x}
`,
    'declarations of parameters': `${HEAD}params:
  month: {type: int, default: 1}
  y: {type: integer, default: abc}
  z: {type: enum, values: [a, b], default: c}
  w: {type: integer, default: 5, max: 3}
  v: {type: date, default: 2023-13-01}
  u: {type: integer, default: 1, choices: [1, 2]}
  t: {type: bool, default: true}
  s: {type: str}
  r: {type: float, default: 1}
  q: {type: number, default: 1, minimum: 3}
tasks:
  a: {run: x}
`,
    'a parameter without a value': `${HEAD}params:
  month:
tasks:
  a: {run: "echo \${{ params.month }}"}
  b: {run: "echo \${{ params.month }}"}
`,
    'a month without its zero': `${HEAD}params: {d: {type: date, default: 2023-01-01}, m: {type: month, default: 2023-1}}
tasks: {a: {run: x}}
`,
    'durations and limits': `${HEAD}tasks:
  a: {run: x, timeout: 10, grace: 5 minutes, expires: 1 day, resources: {memory: 4 GB, cpu: many, gpu: 1}, retries: {limit: -1, backoff: expo, times: 3}}
`,
    shells: `${HEAD}tasks:
  a: {run: x, shell: python}
  b: {run: x, shell: bash -e}
  c: {run: x, shell: basj}
`,
    'names of tasks': `${HEAD}tasks:
  a b: {run: x}
  c/d: {run: x}
  "": {run: y}
  -x: {run: y}
  a:b: {run: z}
`,
    'a trigger rule misspelled': `${HEAD}tasks: {make: {run: x, trigger_rule: all_sucess}}
`,
    'fields that come later': `${HEAD}profiles: {a: 1}
tasks: {make: {run: x, when: a, operator: b, pool: c}}
`,
    'paths outside of the root': `${HEAD}tasks:
  a:
    run: x
    inputs: [/etc/passwd, ../x, ~/y, "https://x.y/z"]
    outputs: [/tmp/x, ../y]
`,
    'names that reach prototypes': `${HEAD}tasks: {__proto__: {run: x}, constructor: {run: x}}
`,
  },
  'other-words': {
    'fields of tasks': `${HEAD}tasks:
  a:
    cmd: x
    deps: [b]
    outs: [a]
    sources: [q]
    if: true
    vars: {a: 1}
    working_dir: x
    environment: {A: 1}
    steps: [a]
    strategy: {matrix: {}}
    rule: all_done
    dependencies: [b]
    command: y
    script: z
`,
    'fields of a pipeline': `version: 1
vars: {a: 1}
parameters: {a: 1}
environment: {A: 1}
jobs: {}
stages: {}
rules: {}
steps: []
on: push
services: {}
includes: {}
tasks: {a: {run: x}}
`,
    resources: `${HEAD}tasks:
  a: {run: x, resources: {cpus: 2, mem: 4GB, ram: 1GB, CPU: 1}}
`,
    'placeholders of other tools': `version: 1
params: {y: 1}
tasks:
  a:
    run: |
      echo {{ params.y }} \${params.y} $(params.y) {params.y}
      cat {input} > {output}
      cat $< > $@
      docker ps --format "{{.Names}}" \${HOME} $(date) {a,b} awk '{print $1}' 
    inputs: ["raw-\${params.y}.csv", "x{a,b}.csv", "{{ params.y }}.txt"]
    outputs: [b]
`,
    'a placeholder of Jinja': `${HEAD}params: {y: 1}
tasks:
  make:
    run: echo {{ params.y }}
`,
    'placeholders of DVC': `${HEAD}params: {y: 1}
tasks:
  make:
    run: echo \${params.y}
    outputs: ["\${params.y}.txt"]
`,
  },
};
