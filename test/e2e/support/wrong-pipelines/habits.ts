/** Habits of other tools, taken over into an orch.yaml as they are, and places that are hard to point at. */
import type { WrongPipelines } from './head.ts';

export const HABITS: Readonly<Record<string, WrongPipelines>> = {
  habits: {
    'tasks as in GitHub Actions': `version: 1
name: CI build
env: [A=1]
tasks:
  - id: lint
    run: npm lint
`,
    'tasks as in make': `version: 1
tasks:
  prog:
    deps: [main.o, util.o]
    run: gcc -o $@ $^
  main.o:
    deps: [main.c]
    run: gcc -c $<
  .PHONY: clean
`,
    'tasks as in Snakemake': `version: 1
tasks:
  bwa_map:
    input: [data/genome.fa, "data/samples/{sample}.fastq"]
    output: "mapped/{sample}.bam"
    threads: 8
    shell: "bwa mem {input} > {output}"
`,
    'tasks as in DVC': `version: 1
tasks:
  prepare:
    cmd: python prepare.py
    deps:
      - prepare.py
      - data/raw.csv
    params:
      - prepare.seed
    outs:
      - data/prepared:
          cache: false
`,
    'tasks as in Airflow': `version: 1
default_args:
  retries: 3
  retry_delay: 5 minutes
schedule: "@daily"
tasks:
  extract:
    operator: BashOperator
    bash_command: "echo {{ ds }}"
  load:
    python_callable: load
    dependencies: [extract]
    trigger_rule: all_done
`,
    'tasks as in a Taskfile': `version: 1
tasks:
  build:
    desc: Build it
    cmds:
      - go build
      - go test
    sources: ["**/*.go"]
    generates: [app]
    deps: [lint]
  lint:
    cmd: golint
`,
    'tasks as in Turborepo': `version: 1
tasks:
  build:
    dependsOn: ["^build"]
    outputs: ["dist/**"]
    inputs: [src/]
    cache: "true"
    persistent: false
`,
    'tasks inside of a task': `version: 1
tasks:
  group:
    a: {run: x}
    b: {run: y}
`,
    'every key misspelled': `verison: 1
nmae: x
defualt: [a]
parmas: {a: 1}
evn: {A: 1}
taks: {}
`,
    'JSON with a comma missing': `{
  "version": 1,
  "tasks": {
    "a": {"run": "x", "inptus": ["b"]},
    "b": {"run": "y" "outputs": []}
  }
}
`,
    'JSON with a comma too many': `{
  "version": 1,
  "tasks": {
    "a": {"run": "x"},,
  }
}
`,
    'two keys on a line': `version: 1
tasks:
  build:all: {run: x}
  "build:all": {run: y}
  test: run: y
`,
    'a comment without a space': `version: 1
tasks:
  a: {run: x, # why
      outputs: [a]}
  b: {run: x,# why
      outputs: [b]}
`,
    'an item indented less than the others': `version: 1
tasks:
  a:
    run: x
    inputs:
    - a
    - b
   - c
`,
    'a field indented by one more': `version: 1
tasks:
        a:
                run: x
                 outputs: [y]
`,
  },
  places: {
    'a folded text': `version: 1
params: {a: 1}
tasks:
  t:
    run: >
      echo one
      \${{ params.aa }}
      two \${{ params.b }}
`,
    'a text with escapes': `version: 1
tasks:
  t:
    run: "echo \\"x\\" \\t \${{ params.aa }} \\u00e9 \${{ params.bb }}"
`,
    'a text in single quotes': `version: 1
tasks:
  t:
    run: 'echo ''x'' \${{ params.aa }} it''s \${{ matrix.x }}'
`,
    'a plain text of several lines': `version: 1
tasks:
  t:
    run: echo one
      \${{ params.aa }} two
      three \${{ params.bb }}
`,
    'a block with CRLF': `version: 1\r
tasks:\r
  t:\r
    run: |\r
      echo\r
      x \${{ params.aa }}\r
    outputs: [a]\r
    inptus: [b]\r
`,
    'tabs in a block': `version: 1
tasks:
  t:
    run: |
      if x; then
      \techo\t\${{ params.aa }}
      fi
`,
    'wide characters in a command': `version: 1
tasks:
  t:
    run: echo 日本語 \${{ params.aa }} 🎉 \${{ params.bb }}
`,
    'a task that two aliases share': `version: 1
x-c: &c {run: "echo \${{ params.q }}", ouputs: [a]}
tasks:
  a: *c
  b: *c
`,
    'a field that is merged twice': `version: 1
x-c: &c {tiemout: 3}
tasks:
  a: {<<: *c, run: x}
  b: {<<: *c, run: y}
`,
    'empty texts': `version: 1
name: ""
tasks:
  a: {run: "", inputs: [""], outputs: [~]}
`,
    'numbers for texts': `version: 1
tasks:
  a: {run: x, inputs: [1, 2.5, true], outputs: [2023-01-01], needs: [3], env: {A: [1]}, priority: high, timeout: -5s}
`,
    'expressions in paths': `version: 1
params: {y: 1}
tasks:
  a: {run: x, outputs: ["a-\${{ params.y }"]}
  b: {run: x, outputs: ["a-$ {{ params.y }}"]}
  c: {run: x, outputs: ["a-\${{params.y}}", "b-\${{ params.y + }}", "c-\${{ params.y | default(1) }}"]}
`,
    'needs of other pipelines': `version: 1
tasks:
  a: {run: x, needs: ["other:b", "orch:c", "a.b", "a b"]}
`,
    'dates that are none': `version: 1
params: {d: 2023-02-30, e: {type: date, default: 2023-02-30}, m: {type: month, default: 2023-13}}
tasks:
  a: {run: "x \${{ date_add(params.d, 1) }} \${{ format_date(params.d, '%Y') }}"}
`,
    'expressions in a matrix': `version: 1
params: {n: 3}
tasks:
  a: {run: "x \${{ matrix.i }}", matrix: {i: "\${{ params.n }}", j: "\${{ range(1, params.m) }}", k: "text \${{ params.n }}"}}
`,
    'an output under two names': `version: 1
tasks:
  a: {run: x, outputs: {model: m.pkl, modle: m.pkl}}
`,
    'names of inputs and outputs': `version: 1
tasks:
  a: {run: "x \${{ outputs.modle }} \${{ inputs.data }} \${{ inputs[0] }}", outputs: {model: m.pkl}, inputs: {dta: x}}
`,
    'metrics, header and summary': `version: 1
tasks:
  a: {run: x, metrics: [m/]}
  b: {run: x, metrics: {rmse: m.json}}
summary: ["\${{ metrics.a.x }} \${{ params.z }}"]
header: "\${{ run.id }} \${{ foo }}"
`,
  },
};
