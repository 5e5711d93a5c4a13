/** Finds the project: its root, and the pipeline files in it (SPEC A1, A2). Reads folders and small files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fail, type Outcome, ok } from '../base/outcome.ts';

export interface StartPoint {
  /** Where the user stands. */
  readonly cwd: string;
  /** `-C DIR` */
  readonly dir: string | null;
  /** `-f FILE` */
  readonly file: string | null;
  /** false: the file was named otherwise than by `-f`. */
  readonly isFlag?: boolean;
  /** `--root DIR` */
  readonly root: string | null;
  /** Variables that the user named these by instead of flags: by the flag's name, `ORCH_FILE`. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface PipelineFile {
  /** Root-relative. */
  readonly path: string;
  readonly text: Uint8Array;
}

export interface FoundProject {
  /** Absolute. */
  readonly root: string;
  readonly files: readonly PipelineFile[];
  /** The file named by `-f`, root-relative. */
  readonly chosen: string | null;
}

export interface ProjectProblem {
  readonly message: string;
  readonly hint: string;
}

export function findProject(start: StartPoint): Outcome<FoundProject, ProjectProblem> {
  const from = resolve(start.cwd, start.dir ?? '.');
  if (!isFolder(from))
    return fail({
      message: `${start.variables?.['directory'] ?? '-C'} ${start.dir ?? from} is not a folder`,
      hint: 'name an existing folder',
    });
  if (start.file !== null) return projectOfFile(resolve(from, start.file), start, from);
  if (start.root !== null) {
    const root = resolve(from, start.root);
    if (!isFolder(root))
      return fail({
        message: `${start.variables?.['root'] ?? '--root'} ${start.root} is not a folder`,
        hint: 'name an existing folder',
      });
    const files = pipelineFiles(root);
    if (files.length > 0) return ok({ root, files, chosen: null });
    const given = start.variables?.['root'];
    return fail({
      ...nothingIn([root]),
      ...(given === undefined ? {} : { hint: `give ${given} a folder that holds pipelines, or unset it` }),
    });
  }
  const looked: string[] = [];
  for (let folder = from; ; folder = dirname(folder)) {
    const files = pipelineFiles(folder);
    if (files.length > 0) return ok({ root: folder, files, chosen: null });
    looked.push(folder);
    if (dirname(folder) === folder) return fail(nothingIn(looked));
  }
}

function projectOfFile(file: string, start: StartPoint, from: string): Outcome<FoundProject, ProjectProblem> {
  let text: Uint8Array;
  try {
    text = readFileSync(file);
  } catch (error) {
    const shown = relative(from, file) || file;
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `there is no file '${shown}'`
        : code === 'EISDIR'
          ? `'${shown}' is a folder`
          : `can't read '${shown}' (${code})`;
    // A word without an ending is a task more often than a file: -f forces in other tools.
    const isFile = /[./]/.test(start.file ?? '');
    return fail({
      message: start.isFlag === false ? what : `${start.variables?.['file'] ?? '-f'} ${start.file}: ${what}`,
      hint:
        start.isFlag === false
          ? 'name a pipeline file'
          : start.variables?.['file'] !== undefined
            ? 'it must name a pipeline file'
            : `-f names a pipeline file, as in make; to force tasks write -B${isFile ? '' : ` ${start.file}`}`,
    });
  }
  const folder = dirname(file);
  const root =
    start.root !== null
      ? resolve(from, start.root)
      : basename(folder) === 'pipelines'
        ? dirname(folder)
        : folder;
  const path = relative(root, file);
  if (path.startsWith('..'))
    return fail({
      message: `${file} lies outside the root ${root}`,
      hint: `give ${start.variables?.['root'] ?? '--root'} a folder that holds it`,
    });
  const others = pipelineFiles(root).filter((other) => other.path !== path);
  return ok({ root, files: [{ path, text }, ...others], chosen: path });
}

/** `orch.yaml` and every pipeline in `pipelines/`; other YAML there is skipped. */
function pipelineFiles(folder: string): PipelineFile[] {
  const files: PipelineFile[] = [];
  for (const name of ['orch.yaml', 'orch.yml']) {
    const text = tryRead(join(folder, name));
    if (text !== null) files.push({ path: name, text });
  }
  let names: string[];
  try {
    names = readdirSync(join(folder, 'pipelines')).sort();
  } catch {
    return files;
  }
  for (const name of names) {
    if (!/\.ya?ml$/.test(name)) continue;
    const text = tryRead(join(folder, 'pipelines', name));
    if (text !== null && looksLikePipeline(text)) files.push({ path: `pipelines/${name}`, text });
  }
  return files;
}

function looksLikePipeline(text: Uint8Array): boolean {
  const source = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1');
  const has = (key: string) => new RegExp(`(^|[\\n{,])[ \\t]*["']?${key}["']?[ \\t]*:`).test(source);
  return has('version') && has('tasks');
}

function nothingIn(folders: readonly string[]): ProjectProblem {
  const shown = folders.length <= 3 ? folders.join(', ') : `${folders[0]} and every folder above it`;
  return {
    message: `no pipeline found: looked for orch.yaml and pipelines/*.yaml in ${shown}`,
    hint: 'run orch in a project folder, or begin one with `orch init`',
  };
}

function tryRead(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
