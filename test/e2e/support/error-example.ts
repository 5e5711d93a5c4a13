/** Plays the example of a diagnostic's code through the real binary, and writes the reference page out of all. */
import type {
  CatalogueEntry,
  CatalogueExample,
  CatalogueGroup,
} from '../../../src/pipeline/catalogue/index.ts';
import { bareScenario } from './scenario.ts';

export interface Played {
  readonly exitCode: number | null;
  /** The command as typed, and all that it printed. */
  readonly transcript: string;
  /** Of the messages, in the order in which they were printed. */
  readonly codes: readonly string[];
  /** Files of the project that differ afterwards. */
  readonly changed: readonly string[];
  readonly hasState: boolean;
}

export function filesOf({ files }: CatalogueExample): Readonly<Record<string, string>> {
  return typeof files === 'string' ? { 'orch.yaml': files } : files;
}

export async function play(example: CatalogueExample): Promise<Played> {
  const { command = 'orch validate', earlier, encoding = 'utf8', sizeBytes = 0 } = example;
  const scenario = bareScenario();
  const words = (typed: string) => typed.split(' ').slice(1);
  if (earlier !== undefined) {
    scenario.write('orch.yaml', earlier.file);
    await scenario.exits(0, words(earlier.command));
  }
  for (const [path, text] of Object.entries(filesOf(example))) {
    const filler = sizeBytes > text.length ? `#${'.'.repeat(sizeBytes - text.length - 2)}\n` : '';
    scenario.write(path, Buffer.from(text + filler, encoding));
  }
  const before = scenario.userTree();
  const ran = await scenario.orch(words(command));
  const printed = ran.stdout + ran.stderr;
  const after = scenario.userTree();
  return {
    exitCode: ran.code,
    transcript: `$ ${command}\n${printed}`,
    codes: [...printed.matchAll(/^(?:\S+ )?(?:error|warning)\[([^\]]*)\]:/gm)].map(([, code]) => code!),
    changed: Object.keys({ ...before, ...after }).filter((path) => before[path] !== after[path]),
    hasState: earlier === undefined && scenario.exists('.cache'),
  };
}

const HEAD = `# Errors

Every error and warning about a pipeline has a code, which stands behind \`error\` in brackets: \`error[unknown-key]\`. Below is what each means, an example
with what orch prints, and what to do. \`orch help CODE\` prints the same in a terminal; \`orch help errors\` lists the codes. Codes don't change their meaning.

A message says where it is (file:line:column, from the folder you are in), what is wrong, shows the line with carets under the place, other places that have to do
with it, and what to do next. All errors of a file come together, by position; what only follows from one of them is left out. \`orch validate\` shows the
first 20, \`orch validate --json\` all. With errors the exit code is 2, and nothing has been run or changed.

## As data

\`orch validate --json\` prints one document:

| field | meaning |
|---|---|
| \`valid\` | false where there is an error; warnings leave it true |
| \`diagnostics\` | by file and position |
| \`.severity\` | \`error\` or \`warning\` |
| \`.code\`, \`.message\`, \`.hint\` | as printed; \`hint\` is null where there is none |
| \`.file\`, \`.line\`, \`.column\` | from 1; a column is a character (code point); all null where the trouble is on the command line |
| \`.end\` | \`{line, column}\`, behind the last character that is meant |
| \`.related\` | other places, each with its \`message\` |
| \`.alsoAt\` | further places of which exactly the same is to be said |

`;

/** docs/errors.md. */
export function errorsPage(
  groups: readonly CatalogueGroup[],
  transcripts: ReadonlyMap<string, string>,
): string {
  const table = groups.map(({ title, entries }) => {
    const rows = Object.entries(entries).map(
      ([code, entry]) =>
        `| [\`${code}\`](#${code}) | ${cell(entry.title)}${entry.severity === 'warning' ? ' Warning.' : ''} |`,
    );
    return `### ${title}\n\n| code | what is wrong |\n|---|---|\n${rows.join('\n')}\n`;
  });
  const sections = groups.flatMap(({ entries }) =>
    Object.entries(entries).map(([code, entry]) => section(code, entry, transcripts.get(code) ?? '')),
  );
  return `${HEAD}## All codes\n\n${table.join('\n')}\n${sections.join('\n')}`;
}

function section(
  code: string,
  { title, explanation, fix, example }: CatalogueEntry,
  transcript: string,
): string {
  return `## ${code}\n\n${title} ${explanation}\n\n${sources(example)}${fenced('', transcript)}\n**What to do:** ${fix}\n`;
}

/** What can't be shown as a text is told by the explanation. */
function sources(example: CatalogueExample): string {
  if (example.sizeBytes !== undefined || example.encoding !== undefined) return '';
  const all = Object.entries(filesOf(example)).filter(([path]) => /\.ya?ml$/.test(path));
  const blocks = all.map(([path, text]) => {
    const name = path === 'orch.yaml' && all.length === 1 ? '' : `\`${path}\`:\n\n`;
    return `${name}${fenced('yaml', text.replaceAll('\u001b', '\uFFFD'))}\n`;
  });
  const { earlier } = example;
  return earlier === undefined
    ? blocks.join('')
    : `After \`${earlier.command}\` with\n\n${fenced('yaml', earlier.file)}\nthe file becomes\n\n${blocks.join('')}`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.replace(/\n*$/, '\n')}\`\`\`\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
