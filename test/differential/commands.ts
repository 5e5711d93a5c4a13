/**
 * What the tasks of the differential test do, twice side by side: as `sh` lines, and as what those lines mean.
 * It knows nothing of when a task runs.
 *
 * Every command appends one line to the file `$DIFF_TRACE`, outside of the project and undeclared, so that what
 * ran is known exactly; it reads its declared inputs (and outputs of its needs) only, in byte order, and writes
 * its declared outputs only. Where its mark is in `$DIFF_FAIL` it stops half-way with exit 7: a failure that no
 * key can know of, like a network that is down.
 */
import { type Cell, isPattern, markTemplate, type Op, type Params, type TaskSpec } from './workload.ts';

/** One shell line that lists the files of a path or pattern, but for the negated ones. */
function listing(pattern: string, negated: readonly string[]): string {
  if (!isPattern(pattern)) return `echo ${pattern}`;
  const except = negated.map((path) => ` ! -path '${path}'`).join('');
  if (pattern.endsWith('/')) return `find ${pattern.slice(0, -1)} -type f${except}`;
  const folder = pattern.slice(0, pattern.indexOf('*') - 1);
  const depth = pattern.includes('**') ? '' : ' -maxdepth 1';
  return `find ${folder}${depth} -type f -name '*.txt'${except}`;
}

const FILTERS: Readonly<Record<Op, string>> = {
  cat: 'xargs cat',
  named: "xargs grep -H '' /dev/null | tr /: __",
  first: 'xargs cat | sed -n 1p',
  count: "xargs cat | wc -l | tr -d ' '",
  words: "xargs cat | tr ' ' '\\n' | sort -u",
  none: 'xargs cat | sed -n 99999p',
};

/** The command of a task, as written under `run`. Its meaning in TypeScript is `meaning`. */
export function script(task: TaskSpec): string {
  const reads = [...task.inputs, ...task.alsoReads].filter((path) => !path.startsWith('!'));
  const negated = task.inputs.filter((path) => path.startsWith('!')).map((path) => path.slice(1));
  const list = [':', ...reads.map((path) => listing(path, negated))].join('; ');
  const mark = markTemplate(task);
  const fails = `case " $DIFF_FAIL " in *" "${mark}" "*) exit 7;; esac`;
  const lines = [`text=$({ ${list}; } | sort -u | ${FILTERS[task.op]})`];
  if (task.remark > 0) lines.unshift(`: remark ${task.remark}`);
  const head = [
    ...task.mentions.map((name) => `${name}=\${{ params.${name} }}`),
    ...task.lists.map((name) => `"${name}=$ORCH_PARAM_${name.toUpperCase()}"`),
    ...(task.word === null ? [] : ['"word=$WORD"']),
    ...(task.salt === 0 ? [] : [`salt=${task.salt}`]),
  ];
  if (task.outputs.length === 0) {
    lines.push(`echo ${[mark, ...head].join(' ')} $(echo "$text" | tr '\\n ' '~_') >> "$DIFF_TRACE"`, fails);
    return `${lines.join('\n')}\n`;
  }
  lines.unshift(`echo ${mark} >> "$DIFF_TRACE"`);
  lines.push(`text=$(printf '%s\\n' ${[...head, mark].join(' ')} "$text")`);
  const [first, second] = task.outputs as [string, string | undefined];
  if (!isPattern(first)) {
    lines.push(`printf '%s\\n' "$text" > ${first}`, fails);
    if (second !== undefined) lines.push(`echo ${mark} $(echo "$text" | wc -l) > ${second}`);
    return `${lines.join('\n')}\n`;
  }
  const folder = first.slice(0, first.lastIndexOf('/'));
  const parts = first.endsWith('/') ? `${folder}/sub` : folder;
  lines.push(`mkdir -p ${parts}`, `echo ${mark} $(echo "$text" | wc -l) > ${folder}/all.txt`, fails);
  lines.push(
    `echo "$text" | while read -r word rest; do echo "$word\${rest:+ $rest}" >> ${parts}/w-$word.txt; done`,
  );
  return `${lines.join('\n')}\n`;
}

/** What a command sees of these files, as the one text that it works on. */
const OPS: Readonly<Record<Op, (files: [string, string][]) => string>> = {
  cat: (files) => files.map(([, text]) => text).join(''),
  named: (files) =>
    files
      .flatMap(([path, text]) => lines(text).map((line) => `${path}:${line}`))
      .join('\n')
      .replace(/[/:]/g, '_'),
  first: (files) => lines(OPS.cat(files))[0] ?? '',
  count: (files) => String(lines(OPS.cat(files)).length),
  words: (files) => [...new Set(OPS.cat(files).trimEnd().split(/[ \n]/))].sort().join('\n'),
  none: () => '',
};
const lines = (text: string) => text.split('\n').slice(0, -1);

/** What the command of a cell leaves in the trace and on disk: the meaning of `script`. */
export function meaning(
  cell: Cell,
  params: Params,
  reads: readonly [string, string][],
): { trace: string; made: Map<string, string> } {
  const { task, mark } = cell;
  const read = [...new Map(reads)].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = OPS[task.op](read).replace(/\n+$/, '');
  const made = new Map<string, string>();
  const [first, second] = cell.outputs;
  const head = [...task.mentions, ...task.lists].map((name) => `${name}=${params[name]}`);
  if (task.word !== null) head.push(`word=${task.word}`);
  if (task.salt !== 0) head.push(`salt=${task.salt}`);
  if (first === undefined) {
    const seen = `${text}\n`.replaceAll('\n', '~').replaceAll(' ', '_');
    return { trace: [mark, ...head, seen].join(' '), made };
  }
  const all = `${[...head, mark, text].join('\n').replace(/\n+$/, '')}\n`;
  const count = `${mark} ${lines(all).length}\n`;
  if (!isPattern(first)) {
    made.set(first, all);
    if (second !== undefined) made.set(second, count);
    return { trace: mark, made };
  }
  const folder = first.slice(0, first.lastIndexOf('/'));
  made.set(`${folder}/all.txt`, count);
  for (const line of lines(all)) {
    const [word, ...rest] = line.split(' ');
    const path = `${folder}${first.endsWith('/') ? '/sub' : ''}/w-${word}.txt`;
    made.set(path, `${made.get(path) ?? ''}${[word, ...rest].join(' ')}\n`);
  }
  return { trace: mark, made };
}
