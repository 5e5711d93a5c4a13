/** Diagnostics about the file as a text, and as YAML. */
import type { Entries } from './entry.ts';

const LEVELS = 'abcdefgh';

/** Each level holds the one before it nine times. */
const LAUGHS = [...LEVELS]
  .map((name, at) => {
    const items = Array.from({ length: 9 }, () => (at === 0 ? 'ha' : `*${LEVELS[at - 1]}`));
    return `x-${name}: &${name} [${items.join(', ')}]`;
  })
  .join('\n');

export const YAML_CODES = {
  'not-utf8': {
    severity: 'error',
    title: 'The file holds bytes that are not UTF-8.',
    explanation:
      'Pipeline files are UTF-8. A file saved as Latin-1, Windows-1252 or UTF-16 has bytes that mean nothing in UTF-8, and guessing what they mean could change a path or a command.',
    fix: 'Save the file as UTF-8; editors have a setting for it, and `iconv -f latin1 -t utf-8` converts it.',
    example: {
      files: 'version: 1\ndescription: "café"\ntasks: {brew: {run: make coffee}}\n',
      encoding: 'latin1',
    },
  },
  'too-large': {
    severity: 'error',
    title: 'The file is larger than orch reads.',
    explanation:
      'A pipeline that is written by hand, or by a generator with some sense, stays far below the limit. What is larger is mostly another file by mistake.',
    fix: 'Name the right file, split it into several pipelines, or let a matrix make the tasks.',
    example: { files: 'version: 1\ntasks: {a: {run: x}}\n', sizeBytes: 8_000_001 },
  },
  'too-deep': {
    severity: 'error',
    title: 'Lists and maps are nested deeper than orch reads.',
    explanation: 'No pipeline needs a hundred levels; a file that has them would only exhaust the memory.',
    fix: 'Flatten the value.',
    example: { files: `version: 1\nx-deep: ${'['.repeat(101)}${']'.repeat(101)}\ntasks: {a: {run: x}}\n` },
  },
  'control-character': {
    severity: 'error',
    title: 'The file holds a control character that YAML forbids.',
    explanation:
      'YAML allows tabs and line breaks and no other control character as such. Most often it is the escape that starts a colour code, copied out of a terminal.',
    fix: 'Remove it, or write it as an escape in double quotes, such as "\\e".',
    example: { files: 'version: 1\ntasks:\n  a:\n    run: echo "\u001b[31mred"\n' },
  },
  'tab-indent': {
    severity: 'error',
    title: 'A tab used for indentation.',
    explanation: 'YAML indents with spaces only, because the width of a tab differs from editor to editor.',
    fix: 'Replace the tabs by spaces; `expand -i -t 2` does it for a whole file.',
    example: { files: 'version: 1\ntasks:\n  build:\n\t\trun: make\n' },
  },
  'missing-colon': {
    severity: 'error',
    title: 'A key without its colon, or without the space behind it.',
    explanation: 'In a map every line is a key, a colon, a space and the value.',
    fix: 'Write the colon and the space.',
    example: { files: 'version: 1\ntasks:\n  build:\n    run make\n    outputs: [app]\n' },
  },
  'colon-in-text': {
    severity: 'error',
    title: 'A text with ": " in it that is not quoted.',
    explanation:
      'A colon with a space behind it makes what stands before it a key. In a command, as in `curl -H Accept: text/csv`, it is only text, but YAML cannot know that.',
    fix: 'Put the whole text in quotes, or write it on the lines below "|", where nothing needs quotes.',
    example: {
      files: 'version: 1\ntasks:\n  fetch:\n    run: curl -H Accept: text/csv example.org/data\n',
    },
  },
  'unclosed-quote': {
    severity: 'error',
    title: 'A quote that is never closed.',
    explanation:
      'A text that starts with a quote ends at the next one, even lines further down. The message points at the quote that was opened.',
    fix: 'Close it. A text with quotes of its own is best written on the lines below "|".',
    example: { files: 'version: 1\ntasks:\n  build:\n    run: "make all\n    outputs: [app]\n' },
  },
  'unclosed-bracket': {
    severity: 'error',
    title: 'A bracket that is never closed, or closes nothing.',
    explanation:
      'What starts with [ or { ends with ] or }. The message points at the bracket without a partner.',
    fix: 'Add the missing one. A text that starts with a bracket, such as `[ -f x ] && make`, needs quotes.',
    example: {
      files: 'version: 1\ntasks:\n  build:\n    run: make\n    inputs: [main.c, util.c\n    outputs: [app]\n',
    },
  },
  'unquoted-text': {
    severity: 'error',
    title: 'A text that YAML reads as something else unless it is quoted.',
    explanation:
      'Some characters have a meaning at the start of a value: @ ` % & * ! | > [ {. A text in quotes ends at its closing quote: nothing may follow. Inside [ ] and { } a text with ${{ }} needs quotes, because of its braces.',
    fix: 'Put the whole text in quotes, or write it on the lines below "|".',
    example: {
      files:
        'version: 1\nparams: {year: 2024}\ntasks:\n  fetch:\n    run: make fetch\n    outputs: [data-${{ params.year }}.csv]\n',
    },
  },
  'bad-escape': {
    severity: 'error',
    title: 'A backslash in double quotes that means nothing.',
    explanation:
      'In double quotes a backslash starts an escape, as in "\\n". Paths with backslashes, and regular expressions, run into this.',
    fix: 'Write paths with "/", and other texts in single quotes, where a backslash is itself.',
    example: { files: 'version: 1\ntasks:\n  load:\n    run: make load\n    inputs: ["data\\sales.csv"]\n' },
  },
  'bad-indent': {
    severity: 'error',
    title: 'A line that is indented like none of its neighbours.',
    explanation:
      'Keys of one map stand in the same column, the text below "|" is indented more than its key, and every line of it alike.',
    fix: 'Indent the line like those that it belongs to.',
    example: { files: 'version: 1\ntasks:\n  build:\n    run: make\n   outputs: [app]\n' },
  },
  'bad-yaml': {
    severity: 'error',
    title: 'The file is not valid YAML.',
    explanation: 'Something rarer than what has a code of its own. The message is that of the YAML parser.',
    fix: 'Look at the place, and at the line before it.',
    example: { files: '%YAML 1.1\n---\nversion: 1\ntasks: {a: {run: x}}\n' },
  },
  'empty-file': {
    severity: 'error',
    title: 'The file holds nothing but comments.',
    explanation: 'A pipeline has at least its version and its tasks.',
    fix: 'Write a pipeline, or let `orch init` write one.',
    example: { files: '# to be written\n' },
  },
  'multiple-documents': {
    severity: 'error',
    title: 'The file holds more than one YAML document.',
    explanation: 'A line `---` starts another document in the same file. One pipeline is one file.',
    fix: 'Remove the line, or move the rest into a file of its own below `pipelines/`.',
    example: { files: 'version: 1\ntasks: {a: {run: x}}\n---\nversion: 1\ntasks: {b: {run: y}}\n' },
  },
  'unknown-tag': {
    severity: 'error',
    title: 'A YAML tag (!name) that orch does not know.',
    explanation:
      'A value that starts with "!" starts with a tag, and what stands behind the tag is the value. So `run: ! test -f x` would run `test -f x`, the opposite.',
    fix: 'Put the text in quotes.',
    example: { files: 'version: 1\ntasks:\n  check:\n    run: ! grep -q TODO notes.txt\n' },
  },
  'unknown-alias': {
    severity: 'error',
    title: 'A YAML alias (*name) without an anchor (&name) before it.',
    explanation:
      'A value that starts with "*" is an alias: it stands for the value that was marked by an anchor further up. A glob that starts with "*" looks the same.',
    fix: 'Put a glob in quotes; of an alias, mend the name.',
    example: { files: 'version: 1\ntasks:\n  count:\n    run: wc -l *.csv\n    inputs: [*.csv]\n' },
  },
  'self-alias': {
    severity: 'error',
    title: 'A YAML alias inside the value that it stands for.',
    explanation: 'Such a value would hold itself without end.',
    fix: 'Write the value out, or move the anchor to the part that is meant.',
    example: { files: 'version: 1\nx-common: &common {more: *common}\ntasks: {a: {run: x}}\n' },
  },
  'alias-expansion': {
    severity: 'error',
    title: 'YAML aliases that multiply to more values than orch reads.',
    explanation:
      'Aliases of lists of aliases grow exponentially: some lines can stand for billions of values, and exhaust the memory of whoever reads them.',
    fix: 'Use fewer levels of aliases; a matrix makes many tasks out of few lines.',
    example: { files: `version: 1\n${LAUGHS}\ntasks: {a: {run: x}}\n` },
  },
  'bad-merge': {
    severity: 'error',
    title: 'A merge key (<<) whose value is not a map or a list of maps.',
    explanation:
      'The keys of what stands behind "<<" are taken over into the map around it; so it must have keys.',
    fix: 'Let the anchor mark a map.',
    example: { files: 'version: 1\nx-inputs: &inputs [a.txt]\ntasks:\n  a:\n    <<: *inputs\n    run: x\n' },
  },
  'bad-key': {
    severity: 'error',
    title: 'A key that is not a plain text, or has blanks in it that only look like spaces.',
    explanation:
      'Keys are texts. Lines that were copied out of a browser or a document may be indented by no-break spaces, which YAML takes for letters of the key.',
    fix: 'Write a text as the key, and retype blanks that are none.',
    example: { files: 'version: 1\ntasks:\n  build:\n  \u00a0\u00a0run: make\n' },
  },
  'forbidden-key': {
    severity: 'error',
    title: 'A key that JavaScript gives a meaning of its own.',
    explanation:
      '`__proto__`, `constructor` and `prototype` are refused everywhere, so that no file can reach into orch.',
    fix: 'Choose another name.',
    example: { files: 'version: 1\nparams:\n  constructor: 1\ntasks: {a: {run: x}}\n' },
  },
  'duplicate-key': {
    severity: 'error',
    title: 'The same key twice in one map.',
    explanation: 'Only one of both values could count, and it would be a guess which one is meant.',
    fix: 'Remove one, or rename it.',
    example: {
      files: 'version: 1\ntasks:\n  build: {run: make}\n  test: {run: make test}\n  build: {run: make all}\n',
    },
  },
  'unsafe-number': {
    severity: 'error',
    title: 'A number that cannot be held exactly.',
    explanation: 'Integers beyond 2^53, infinities and NaN would silently become other values.',
    fix: 'Put it in quotes, if it is an identifier more than a number.',
    example: { files: 'version: 1\nparams: {account: 9007199254740993}\ntasks: {a: {run: x}}\n' },
  },
  'other-tool': {
    severity: 'error',
    title: 'The file belongs to another tool.',
    explanation:
      'It looks like a file of make, DVC, Snakemake, GitHub Actions, docker-compose, go-task or another tool that orch recognises. They have tasks, too, but in another form.',
    fix: 'Write the tasks in an orch.yaml; the message says how their words are called here, and `orch init` writes a start.',
    example: {
      files: {
        'dvc.yaml':
          'stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    outs: [model.pkl]\n',
      },
      command: 'orch validate dvc.yaml',
    },
  },
} as const satisfies Entries;
