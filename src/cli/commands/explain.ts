/** `orch help CODE`, also `orch explain CODE`: what a diagnostic means. `orch help errors` lists the codes. */
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { nearest } from '../../base/nearest.ts';
import {
  CATALOGUE,
  CATALOGUE_GROUPS,
  type CatalogueEntry,
  type CatalogueExample,
} from '../../pipeline/catalogue/index.ts';
import { print } from '../output.ts';

const WIDEST_COLUMNS = 100;
/** Longer examples are made of repetitions; the first lines say enough. */
const MAX_EXAMPLE_LINES = 20;

/** `commands`: what else the word may have meant. */
export function explain(
  name: string,
  commands: readonly string[],
  { json = false }: { readonly json?: boolean },
): number {
  if (name === 'errors') {
    print(json ? `${JSON.stringify(listJson(), null, 2)}\n` : listText());
    return EXIT.done;
  }
  if (!Object.hasOwn(CATALOGUE, name)) {
    const close = nearest(name, [...commands, ...Object.keys(CATALOGUE)]);
    throw new CommandError(
      commands.length > 0
        ? `there is no command '${name}', and no error of that name`
        : `there is no error called '${name}'`,
      EXIT.usage,
      close === null
        ? '`orch --help` lists the commands, `orch help errors` the errors'
        : `did you mean \`orch help ${close}\`?`,
    );
  }
  const entry = (CATALOGUE as Readonly<Record<string, CatalogueEntry>>)[name]!;
  const { severity, title, explanation, fix, example } = entry;
  if (json) print(`${JSON.stringify({ code: name, severity, title, explanation, fix }, null, 2)}\n`);
  else
    print(
      `${wrapped(`${name} (${severity}): ${title}`)}\n\n${wrapped(explanation)}\n\n${wrapped(`What to do: ${fix}`)}\n${exampleText(example)}`,
    );
  return EXIT.done;
}

function listJson(): object {
  return {
    codes: CATALOGUE_GROUPS.flatMap(({ title: group, entries }) =>
      Object.entries(entries).map(([code, { severity, title }]) => ({ code, severity, title, group })),
    ),
  };
}

function listText(): string {
  const width = Math.max(...Object.keys(CATALOGUE).map((code) => code.length));
  const groups = CATALOGUE_GROUPS.map(({ title: group, entries }) => {
    const lines = Object.entries(entries).map(
      ([code, { severity, title }]) =>
        `  ${code.padEnd(width)}  ${title}${severity === 'warning' ? ' (warning)' : ''}\n`,
    );
    return `${group}:\n${lines.join('')}`;
  });
  return `${groups.join('\n')}\n\`orch help CODE\` explains one.\n`;
}

function exampleText({ files, sizeBytes, encoding, command = 'orch validate' }: CatalogueExample): string {
  // What can't be shown as a text is told by the explanation.
  if (sizeBytes !== undefined || encoding !== undefined) return '';
  const all = typeof files === 'string' ? { 'orch.yaml': files } : files;
  const shown = Object.entries(all)
    .filter(([path]) => /\.ya?ml$/.test(path))
    .map(([path, text]) => {
      const lines = text.trimEnd().split('\n');
      const some = lines
        .slice(0, MAX_EXAMPLE_LINES)
        .map((line) => `    ${visible(line.slice(0, 120))}`.trimEnd());
      return `  # ${path}\n${some.join('\n')}\n`.replace(/^ {2}#/, '    #');
    });
  return `\nAn example, for \`${command}\`:\n\n${shown.join('\n')}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

function visible(line: string): string {
  return line.replace(CONTROL, '\uFFFD');
}

/** Whole words, as wide as the terminal is, within reason. */
function wrapped(text: string): string {
  const columns = Math.min(
    process.stdout.columns > 0 ? process.stdout.columns : WIDEST_COLUMNS,
    WIDEST_COLUMNS,
  );
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
