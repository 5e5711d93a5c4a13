/** Slips of YAML itself. */
import { HEAD, type WrongPipelines } from './head.ts';

export const YAML: Readonly<Record<string, WrongPipelines>> = {
  yaml: {
    'tabs before keys': `${HEAD}tasks:
\tmake:
\t\trun: x
`,
    'tabs below a bar': `version: 1
tasks:
  a:
    run: |
\t\techo
`,
    'a tab before the second line below a bar': `version: 1
tasks:
  a:
    run: |
      echo
\techo
`,
    'a tab inside braces': `version: 1
tasks: {
\ta: {run: x}
}
`,
    'a task without its colon': `${HEAD}tasks:
  make
    run: echo
`,
    'a field without its colon': `${HEAD}tasks:
  make:
    run echo
    outputs: [a]
`,
    'no space behind the colon': `${HEAD}tasks:
  make:
    run:echo hi
    outputs: [a]
`,
    'two words before a deeper line': `version: 1
tasks:
  a b
    c: x
`,
    'a quote that runs to the end of the file': `${HEAD}tasks:
  make:
    run: "echo hi
    outputs: [a]
  b:
    run: x
`,
    'a quote that the next line interrupts': `version: 1
tasks:
  a:
    run: "echo hi
    outputs: ["a.txt"]
`,
    'a single quote in a text': `version: 1
description: 'it
tasks:
  a: {run: "x"}
  b: {run: 'y'}
`,
    'a quote before a key': `version: 1
tasks:
  "a: {run: x}
`,
    'an apostrophe inside single quotes': `${HEAD}tasks:
  make:
    run: 'echo it's me'
    outputs: [a]
`,
    'a redirection behind a quoted word': `version: 1
tasks:
  a:
    run: "echo" > x
`,
    'two ampersands behind a quoted word': `version: 1
tasks:
  a:
    run: 'a' && 'b'
`,
    'a word behind a quoted one': `version: 1
tasks:
  a:
    run: "%d" x
`,
    'a colon in a command with quotes': `${HEAD}tasks:
  make:
    run: echo "a: b" and c: d
`,
    'a colon in a header of curl': `${HEAD}tasks:
  make:
    run: curl -H Accept: text/html x
`,
    'a colon in a command inside braces': `version: 1
tasks:
  a: {run: echo a: b}
`,
    'a comma missing inside braces': `version: 1
tasks:
  a: {run: x outputs: [a]}
`,
    'a field indented more than the one before': `${HEAD}tasks:
  a:
    run: x
    outputs: [a]
  b:
   run: y
    outputs: [z]
`,
    'a field indented less than the one before': `${HEAD}tasks:
  a:
    run: x
   outputs: [a]
`,
    'text below a bar that is not indented': `${HEAD}tasks:
  a:
    run: |
    echo one
    echo two
`,
    'a line below a bar that is indented less': `version: 1
tasks:
  a:
    run: |
      a
     b
    outputs: [a]
`,
    'an item without its dash': `version: 1
tasks:
  a:
    inputs:
      - a
      b
    run: x
`,
    'a list that is never closed': `version: 1
tasks:
  a:
    run: x
    inputs: [a, b
    outputs: [c]
`,
    'a map that is never closed': `version: 1
tasks:
  a: {run: x
  b: {run: y}
`,
    'a brace too many': `version: 1
tasks:
  a: {run: x}}
`,
    'an expression in a list without quotes': `${HEAD}params: {y: 1}
tasks:
  make:
    run: x
    outputs: [a-\${{ params.y }}.txt]
`,
    'braces of Jinja in a list': `${HEAD}params: {y: 1}
tasks:
  make:
    run: echo {{ params.y }}
    outputs: [{{ params.y }}]
`,
    'a glob in a list': `${HEAD}tasks:
  make:
    run: x
    inputs: [*.csv]
`,
    'a glob as an item': `${HEAD}tasks:
  make:
    run: x
    inputs:
      - **/*.csv
`,
    'a command that starts with a star': `version: 1
tasks:
  a:
    run: *.sh
`,
    'a command that starts with an at sign': `${HEAD}tasks:
  make:
    run: @echo hi
`,
    'a command that starts with a backtick': `${HEAD}tasks:
  make:
    run: \`date\`
`,
    'a command that starts with a percent sign': `${HEAD}tasks:
  make:
    run: %x
`,
    'an exclusion without quotes': `${HEAD}tasks:
  make:
    run: x
    inputs:
      - data/
      - !data/x
`,
    'a command that starts with an exclamation mark': `version: 1
tasks:
  a:
    run: ! test -f x
`,
    'a command that starts with ampersands': `version: 1
tasks:
  a:
    run: && echo
`,
    'a command that starts with a bar': `version: 1
tasks:
  a:
    run: | cat
`,
    'a command that starts with a redirection': `version: 1
tasks:
  a:
    run: >out echo
`,
    'a bar with a word behind it': `version: 1
tasks:
  a:
    run: |x
      a
`,
    'a command that starts with a bracket': `version: 1
tasks:
  a:
    run: [ -f x ] && y
`,
    'a command that starts with a brace': `version: 1
tasks:
  a:
    run: { echo; }
`,
    'a Windows path with an unknown escape': `${HEAD}tasks:
  make:
    run: x
    inputs: ["data\\raw\\x.csv"]
`,
    'a Windows path without quotes': `${HEAD}tasks:
  make:
    run: x
    inputs: [data\\raw\\x.csv]
`,
    'a Windows path with a drive': `${HEAD}tasks:
  make:
    run: x
    inputs: ["C:\\data\\temp.csv"]
`,
    'a Windows path with known escapes': `version: 1
tasks:
  a: {run: x, inputs: ["data\\new\\temp.csv", 'data/a.csv']}
`,
    'no-break spaces before a task': `version: 1
tasks:
\u00a0\u00a0a:
    run: x
`,
    'no-break spaces before a field': `version: 1
tasks:
  a:
  \u00a0\u00a0run: x
`,
    'a task twice': `${HEAD}tasks:
  make:
    run: x
  make:
    run: y
`,
    'an anchor misspelled': `${HEAD}x-b: &b {retries: 1}
tasks:
  make:
    <<: *b
    run: x
  two:
    <<: *bb
    run: y
`,
    'two documents': `${HEAD}tasks:
  make: {run: x}
---
version: 1
`,
    'a line of dots': `version: 1
...
tasks: {a: {run: x}}
`,
    'an empty file': ``,
    'only a comment': `# nothing
`,
    'a line that starts with a percent sign': `%FOO
version: 1
`,
    'a lone ampersand': `version: 1
tasks:
  a: & b
`,
    'a very long key': `version: 1
tasks:
  ${'a'.repeat(1_100)}: {run: x}
`,
    'dashes without spaces': `version: 1
tasks:
  a:
    inputs:
      -a
      -b
    run: x
`,
    'no spaces behind colons inside braces': `version: 1
tasks:
  a: {run:x, outputs:[a]}
`,
    'a comment of JavaScript': `{"version": 1, // c
 "tasks": {}}
`,
    'lines that end in CRLF': `version: 1\u000d
name: flow\u000d
tasks:\u000d
  a:\u000d
    rnu: x\u000d
`,
    'a byte order mark': `\ufeffversoin: 1
tasks: {a: {run: x}}
`,
    'a byte order mark and CRLF': `\ufeffversion: 1\u000d
tasks: {a: {rnu: x}}\u000d
`,
    'lines that end in CR': `version: 1\u000dtasks: {a: {rnu: x}}\u000d`,
  },
};
