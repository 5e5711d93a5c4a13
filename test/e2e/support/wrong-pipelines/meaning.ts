/** Tasks, expressions, what follows from one mistake, and lines that are hard to show. */
import { HEAD, twentyTasks, type WrongPipelines } from './head.ts';

export const MEANING: Readonly<Record<string, WrongPipelines>> = {
  tasks: {
    'needs that are not there': `${HEAD}tasks:
  a: {run: x, needs: [b]}
  bb: {run: y}
  c: {run: x, needs: [b, zzz]}
`,
    'a task that needs itself': `${HEAD}tasks:
  a: {run: x, needs: [a]}
`,
    'a circle of needs': `${HEAD}tasks:
  a: {run: x, needs: [b]}
  b: {run: x, needs: [c]}
  c: {run: x, needs: [a]}
  d: {run: x, needs: [a]}
`,
    'a circle through files': `${HEAD}tasks:
  a: {run: x, inputs: [x], outputs: [y]}
  b: {run: x, inputs: [y], outputs: [x]}
`,
    'a circle through a glob and a folder': `${HEAD}tasks:
  a: {run: x, inputs: ["out/*.txt"], outputs: [y]}
  b: {run: x, inputs: [y], outputs: [out/]}
`,
    'default and final tasks that are not there': `${HEAD}default: [mkae]
finally: [clena]
tasks: {make: {run: x}, clean: {run: y}}
`,
    'an unknown key of a matrix': `${HEAD}tasks:
  a:
    run: echo \${{ matrix.modle }}
    matrix: {model: [a, b]}
`,
    'one value for a matrix': `${HEAD}tasks:
  a:
    run: echo \${{ matrix.model }}
    matrix: {model: a}
`,
    'a matrix without a key': `${HEAD}tasks:
  a:
    run: echo \${{ matrix.model }}
    matrix: [a, b]
`,
    'cells that write the same path': `${HEAD}tasks:
  a:
    run: x
    outputs: [out.txt]
    matrix: {m: [a, b, c]}
`,
    'cells that are not there': `${HEAD}tasks:
  a:
    run: x
    matrix: {m: [a, b, c]}
  b: {run: x, needs: ["a[m=z]", "a[q=1]", "a[m]"]}
`,
    'an exclude of an unknown key': `${HEAD}tasks:
  a:
    run: x
    matrix: {model: [a, b], exclude: [{modle: a}]}
`,
    'results of tasks that are not upstream': `${HEAD}tasks:
  a: {run: x, outputs: [a], metrics: [m.json]}
  b: {run: "echo \${{ needs.a.outputs[0] }} \${{ metrics.a.x }}"}
  c: {run: "echo \${{ needs.aa.outputs[0] }}", needs: [a]}
`,
    'a secret misspelled': `${HEAD}tasks: {make: {run: "echo \${{ secrets.TOKEN }}", secrets: [TOKNE]}}
`,
  },
  expressions: {
    'a parameter misspelled': `${HEAD}params: {month: 1}
tasks:
  a: {run: "echo \${{ params.mnth }}"}
`,
    'functions of other tools': `${HEAD}tasks:
  a: {run: "echo \${{ padd(1, 2) }} \${{ upper('x') }} \${{ len([1]) }} \${{ format(1) }}"}
`,
    'expressions of other tools': `${HEAD}params: {a: 1}
tasks:
  a:
    run: |
      echo \${{ params.a and true }}
      echo \${{ params.a = 1 }}
      echo \${{ params[a] }}
      echo \${{ a }}
      echo \${{ }}
      echo \${{ params.a | upper }}
      echo \${{ github.sha }}
      echo \${{ matrix.os }}
      echo \${{ inputs.foo }}
      echo \${{ env.NOPE_X }}
      echo \${{ vars.X }}
      echo \${{ steps.x.outputs.y }}
`,
    'placeholders that are never closed': `${HEAD}tasks:
  a: {run: "echo \${{ params.a"}
  b:
    run: echo \${{ params.a }
`,
    'outputs and inputs that are not there': `${HEAD}tasks:
  a: {run: "echo \${{ outputs[3] }} \${{ outputs.model }} \${{ output }} \${{ inputs[0] }}", outputs: [a]}
`,
  },
  consequences: {
    'one misspelled need in twenty tasks': `${HEAD}tasks:
  base: {run: x, ouput: [a]}
${twentyTasks('run: x, needs: [bsae]')}`,
    'one misspelled parameter in twenty tasks': `${HEAD}params: {moth: 1}
tasks:
${twentyTasks('run: "echo ${{ params.month }}"')}`,
    'a task that is no task, and what needs it': `${HEAD}tasks:
  base: x
  t1: {run: x, needs: [base]}
  t2: {run: "\${{ needs.base.outputs[0] }}", needs: [base]}
`,
    'tasks misspelled': `${HEAD}taks:
  base: {run: x}
  t1: {run: x, needs: [base]}
`,
    'outputs under another name, and what reads them': `${HEAD}tasks:
  base: {run: x, outs: [data.csv]}
  t1: {run: "echo \${{ needs.base.outputs[0] }}", needs: [base]}
  t2: {run: "cat \${{ inputs[0] }}", sources: [data.csv]}
`,
    'a matrix that cannot be read, and what needs its cells': `${HEAD}tasks:
  base:
    run: "\${{ matrix.m }}"
    matrix: {m: "\${{ params.nope }}"}
  t1: {run: x, needs: ["base[m=a]"]}
`,
  },
  frames: {
    'wide characters': `${HEAD}description: 日本語🎉 é́
tasks: {"日本": {run: x, 出力: 3, "é́k": 4}, "🎉🎉": {rnu: x}}
`,
    'a long line': `${HEAD}tasks: {a: {run: "${'x'.repeat(3_000)}", oops: 1, ${Array.from({ length: 200 }, (_, at) => `x-k${at}: 1`).join(', ')}, bad: 2}}
`,
    'escapes in names': `${HEAD}tasks: {"a\\e[31mred": {run: x, "\\u202eoops": 1}}
`,
    'a control character': `${HEAD}tasks: {a: {run: "x\u001b[31m"}}
`,
  },
};
