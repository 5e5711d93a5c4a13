/**
 * A folder of notebooks as a pipeline: each is executed into a copy under `build/`, by papermill where a cell is
 * tagged `parameters`, else by jupyter. Executes nothing of it.
 */
import { posix } from 'node:path';
import type { JsonValue } from '../../model/ids.ts';
import type { Folder } from '../folder.ts';
import { shellWord } from '../orch-text.ts';
import { isMap, listOf } from '../plain-data.ts';
import { pipelineName, type Starter, type StarterParam } from '../starter.ts';
import { type FileUse, fileUse } from './file-use.ts';
import { lastSteps, type Step, stepTasks } from './steps.ts';
import { tokensOf } from './tokens.ts';

const FOLDERS = ['', 'notebooks', 'nb', 'analysis', 'src'];
const EXECUTED = 'build/notebooks';

/** '.' for the root, null where there are none. */
export function findNotebooks(folder: Folder): string | null {
  const found = FOLDERS.find((within) => notebooksIn(folder, within).length > 0);
  return found === undefined ? null : found || '.';
}

function notebooksIn(folder: Folder, within: string): readonly string[] {
  return folder.files().filter((path) => path.endsWith('.ipynb') && posix.dirname(path) === (within || '.'));
}

export function notebooksStarter(folder: Folder, found: string): Starter {
  const within = found === '.' ? '' : found;
  const params = new Map<string, StarterParam>();
  const steps = notebooksIn(folder, within).map((path): Step => {
    const cells = cellsOf(folder.read(path));
    const given = parametersOf(cells).filter(({ name, value }) => {
      const known = params.get(name);
      // Two notebooks with different defaults for one name each keep their own.
      return known === undefined || JSON.stringify(known.value) === JSON.stringify(value);
    });
    for (const param of given) params.set(param.name, param);
    const use = useOf(cells, path);
    const target = posix.join(EXECUTED, posix.basename(path));
    const flags = given.map(({ name }) => ` -p ${name} \${{ params.${name} }}`).join('');
    const cwd = within === '' ? '' : ` --cwd ${shellWord(within)}`;
    return {
      path,
      base: within,
      use,
      modules: [],
      run:
        given.length > 0
          ? `papermill \${{ inputs[0] }} \${{ outputs[0] }}${cwd}${flags}`
          : `jupyter nbconvert --to notebook --execute --output-dir ${EXECUTED} \${{ inputs[0] }}`,
      dir: '',
      outputs: [target],
    };
  });
  const tasks = stepTasks(steps, folder);
  return {
    kind: 'notebooks',
    from: within === '' ? '*.ipynb' : `${within}/*.ipynb`,
    name: pipelineName(folder.root),
    default: lastSteps(tasks),
    lessons: [
      `Each notebook is executed into a copy under ${EXECUTED}/; the one that you edit stays as it is.`,
      'A step waits for the one that makes what it reads; it runs again when that, or the notebook, has changed.',
    ],
    params: [...params.values()],
    tasks,
    notes: [],
  };
}

interface Cell {
  readonly source: string;
  readonly tags: readonly JsonValue[];
}

function cellsOf(text: string | null): readonly Cell[] {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text ?? '');
  } catch {
    return [];
  }
  return listOf(isMap(notebook) ? notebook['cells'] : undefined).flatMap((cell): Cell[] => {
    if (!isMap(cell) || cell['cell_type'] !== 'code') return [];
    const source = cell['source'];
    const metadata = cell['metadata'];
    return [
      {
        source: Array.isArray(source) ? source.join('') : String(source ?? ''),
        tags: isMap(metadata) ? listOf(metadata['tags']) : [],
      },
    ];
  });
}

/** Lines for the shell and for IPython aren't Python. */
function useOf(cells: readonly Cell[], path: string): FileUse {
  const shellLines: string[] = [];
  const text = cells
    .map(({ source }) =>
      source
        .split('\n')
        .map((line) => {
          if (!/^\s*[!%]/.test(line)) return line;
          if (/^\s*(!|%run|%%bash|%%sh)/.test(line)) shellLines.push(line.trim());
          return '';
        })
        .join('\n'),
    )
    .join('\n');
  // Its lines aren't those of any file that a reader could look at.
  const use = fileUse(text, path);
  const unknown = [...use.unknown.map((what) => what.replace(/^line \d+: /, '')), ...shellLines];
  return { ...use, unknown };
}

/** `name = literal` in the cell that papermill replaces. */
function parametersOf(cells: readonly Cell[]): readonly StarterParam[] {
  const cell = cells.find(({ tags }) => tags.includes('parameters'));
  if (cell === undefined) return [];
  return cell.source.split('\n').flatMap((line): StarterParam[] => {
    const match = /^([A-Za-z_]\w*)\s*(?::[^=]*)?=\s*([^#]+?)\s*(?:#\s*(.*))?$/.exec(line);
    const value = match === null ? undefined : literalValue(match[2]!);
    if (match === null || value === undefined) return [];
    return [{ name: match[1]!, value, ...(match[3] ? { description: match[3] } : {}) }];
  });
}

function literalValue(text: string): JsonValue | undefined {
  if (text === 'True' || text === 'False') return text === 'True';
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  const [only, ...others] = tokensOf(text);
  return only?.kind === 'string' && !only.isFormat && others.length === 0 ? only.text : undefined;
}
