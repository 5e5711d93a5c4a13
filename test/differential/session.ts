/**
 * One project of the differential test on a real disk: carries out edits, starts the real binary, reads back which
 * commands ran and which files lie there, and compares that with the reference model. Everything it does is also
 * written down as a shell script, for whoever has to reproduce it.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Change, type FileAction, type Situation, sourcesOf } from './edits.ts';
import { toYaml } from './pipeline-file.ts';
import { chosenBy, expand, predict, selects } from './reference-model.ts';
import type { Cell, Files, PipelineSpec, Request } from './workload.ts';

/** What a run did that it must not have done, or didn't that it must. */
export interface Divergence {
  readonly differences: readonly string[];
  /** Everything from the empty folder to the run that went wrong. */
  readonly script: string;
  readonly said: string;
}

export interface RunFlags {
  readonly jobs: number;
  readonly keepGoing: boolean;
}

/** Something that goes wrong around a run, or goes on beside it. */
export interface Disturbance {
  readonly name: string;
  /** No earlier result is known afterwards. */
  readonly forgets?: true;
  /** Resolves when it is over; processes of the run that it killed may still be there. */
  readonly happen: (around: Surroundings) => Promise<void>;
}

export interface Surroundings {
  /** Absolute. */
  readonly root: string;
  /** The program and its first arguments. */
  readonly orch: readonly [string, ...string[]];
  /** Arguments of the run. */
  readonly run: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const RUN_TIMEOUT_MS = 60_000;
/** Made by commands: an edit of one that isn't there (any more) is left out. */
const OUTPUT = /^(out|final|mix\/t\d)/;

export class Session {
  /** The folder of the project, and the trace beside it. */
  readonly #outside = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'orch-diff-')));
  readonly #root = join(this.#outside, 'project');
  readonly #trace = join(this.#outside, 'trace');
  readonly #snapshots: Situation['snapshots'][number][] = [];
  readonly #script: string[] = [
    '# In an empty folder; $ORCH is the binary.',
    'export LC_ALL=C DIFF_TRACE="$PWD/trace"; mkdir project && cd project',
  ];
  /** Outputs as the user edited them. */
  readonly #edited = new Map<string, string>();
  #wasDisturbed = false;
  #isLenient = false;
  #situation: Situation;

  constructor(
    readonly bundle: string,
    pipeline: PipelineSpec,
    sources: Readonly<Record<string, string>>,
  ) {
    fs.mkdirSync(this.#root);
    const history = { results: new Map(), owned: new Map(), lastEnd: new Map(), damaged: new Set<string>() };
    this.#situation = { pipeline, disk: new Map(), history, snapshots: this.#snapshots, nextName: 1 };
    const actions = Object.entries(sources).map(
      ([path, text]): FileAction => ({ does: 'write', path, text, replace: false, keepMtime: false }),
    );
    this.apply({ pipeline, actions });
    this.#snapshots.length = 0;
  }

  get situation(): Situation {
    return this.#situation;
  }

  close(): void {
    fs.rmSync(this.#outside, { recursive: true, force: true });
  }

  apply(change: Change): void {
    this.#isLenient = this.#wasDisturbed;
    const { pipeline, nextName } = this.#situation;
    this.#snapshots.push({ pipeline, sources: sourcesOf(this.#situation) });
    for (const action of change.actions) {
      if (action.does === 'damage') this.#damage(action.texts);
      else this.#act(action);
    }
    const edited = change.pipeline ?? pipeline;
    const yaml = toYaml(edited);
    const file = join(this.#root, 'orch.yaml');
    if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== yaml) {
      fs.writeFileSync(file, yaml);
      this.#script.push(`cat > orch.yaml <<'YAML'\n${yaml}YAML`);
    }
    this.#situation = {
      ...this.#situation,
      pipeline: edited,
      disk: readTree(this.#root),
      nextName: nextName + 1,
    };
  }

  /** Goes wrong on purpose with what will be asked for next: it may get anywhere from nothing to all of it done. */
  async disturb(disturbance: Disturbance, request: Request, flags: RunFlags): Promise<void> {
    this.#script.push(`# ${disturbance.name} while or before: orch ${argsOf(request, flags).join(' ')}`);
    await disturbance.happen({
      root: this.#root,
      orch: [process.execPath, this.bundle],
      run: argsOf(request, flags),
      env: this.#environment(''),
    });
    this.#wasDisturbed = true;
    this.#isLenient = true;
    if (!disturbance.forgets) return;
    const { results, lastEnd, damaged } = this.#situation.history;
    for (const known of [results, lastEnd, damaged]) known.clear();
  }

  /** Null where the run did exactly what the model says; `open` where the contract leaves it open what happens. */
  async run(request: Request, flags: RunFlags): Promise<Divergence | 'open' | null> {
    const { pipeline, disk, history } = this.#situation;
    const args = argsOf(request, flags);
    const failing = request.failing.join(' ');
    this.#script.push(
      `: > ../trace; DIFF_FAIL='${failing}' "$ORCH" ${args.map((arg) => `'${arg}'`).join(' ')}`,
    );

    const expected = predict(history, pipeline, disk, request);
    if (expected.open) return 'open';
    fs.writeFileSync(this.#trace, '');
    const { code, said } = await this.#orch(args, failing);
    const ran = fs.readFileSync(this.#trace, 'utf8').split('\n').slice(0, -1).sort();
    const actual = readTree(this.#root);
    // What a disturbed run got done, or a cleared cache has lost, the model can't know: which commands run, and whether
    // outputs that nobody asked for lie there. The run after it is held to everything again.
    const lenient = this.#isLenient;
    this.#isLenient = false;
    const seen = { ran: lenient ? expected.ran : ran, files: actual, exit: code };
    const isRequested = requestedOutputs(pipeline, request);
    const mayDiffer = (path: string) => {
      const text = actual.get(path) ?? expected.files.get(path);
      return (
        lenient &&
        !isRequested(path) &&
        [...history.results.values()].some(({ made }) => made.get(path) === text)
      );
    };
    const differences = compare(expected, seen, mayDiffer);
    differences.push(...this.#lostEdits(actual));
    // What the run itself wrote; an edited output that it had no reason to look at stays an edited one.
    for (const [path, text] of actual)
      if (history.owned.has(path) && disk.get(path) !== text) history.owned.set(path, text);
    this.#situation = { ...this.#situation, disk: actual };
    return differences.length === 0 ? null : { differences, script: this.#script.join('\n'), said };
  }

  /** What the user wrote over an output lies where it was, or under `.cache/replaced/`. */
  #lostEdits(actual: Files): string[] {
    const gone = [...this.#edited].filter(([path, text]) => actual.get(path) !== text);
    if (gone.length === 0) return [];
    const folder = join(this.#root, '.cache/replaced');
    const kept = new Set(fs.existsSync(folder) ? readTree(folder).values() : []);
    for (const [path] of gone) this.#edited.delete(path);
    return gone
      .filter(([, text]) => !kept.has(text))
      .map(([path, text]) => `${path}: the user's edit is lost: ${JSON.stringify(text)}`);
  }

  #orch(args: readonly string[], failing: string): Promise<{ code: string | number | null; said: string }> {
    const child = spawn(process.execPath, [this.bundle, ...args], {
      cwd: this.#root,
      env: this.#environment(failing),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), RUN_TIMEOUT_MS);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code: code ?? signal, said });
      });
    });
  }

  #environment(failing: string): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    return { PATH, HOME, LC_ALL: 'C', DIFF_TRACE: this.#trace, DIFF_FAIL: failing };
  }

  #act(action: Exclude<FileAction, { does: 'damage' }>): void {
    const file = join(this.#root, action.path);
    const isThere = fs.existsSync(file);
    if (!isThere && (action.does !== 'write' || OUTPUT.test(action.path))) return;
    if (action.does === 'write' || action.does === 'remove') this.#edited.delete(action.path);
    switch (action.does) {
      case 'write': {
        const made = this.#situation.history.owned.get(action.path);
        if (made !== undefined && made !== action.text) this.#edited.set(action.path, action.text);
        const before = isThere && action.keepMtime ? fs.statSync(file) : null;
        fs.mkdirSync(dirname(file), { recursive: true });
        const target = action.replace ? `${file}.new` : file;
        fs.writeFileSync(target, action.text);
        if (action.replace) fs.renameSync(target, file);
        if (before !== null) fs.utimesSync(file, before.atime, before.mtime);
        const text = `printf '%s' '${action.text}'`;
        const { path } = action;
        const put = action.replace ? `${text} > ${path}.new; mv ${path}.new ${path}` : `${text} > ${path}`;
        this.#script.push(
          before === null
            ? `mkdir -p ${dirname(path)}; ${put}`
            : `cp -p ${path} ../before; ${put}; touch -r ../before ${path}`,
        );
        return;
      }
      case 'swap': {
        const other = join(this.#root, action.other);
        if (!fs.existsSync(other)) return;
        fs.renameSync(file, `${file}.swap`);
        fs.renameSync(other, file);
        fs.renameSync(`${file}.swap`, other);
        this.#script.push(
          `mv ${action.path} ../swap; mv ${action.other} ${action.path}; mv ../swap ${action.other}`,
        );
        return;
      }
      case 'touch': {
        const now = new Date();
        fs.utimesSync(file, now, now);
        this.#script.push(`touch ${action.path}`);
        return;
      }
      case 'remove': {
        fs.rmSync(file);
        for (
          let folder = dirname(file);
          folder !== this.#root && fs.readdirSync(folder).length === 0;
          folder = dirname(folder)
        )
          fs.rmdirSync(folder);
        this.#script.push(`rm ${action.path}; rmdir -p --ignore-fail-on-non-empty ${dirname(action.path)}`);
        return;
      }
    }
  }

  /** Flips a byte in the stored copies of these contents, size and time kept, as a failing disk does. */
  #damage(texts: readonly string[]): void {
    const store = join(this.#root, '.cache/content');
    const files = fs.existsSync(store) ? fs.readdirSync(store, { recursive: true, withFileTypes: true }) : [];
    const missing = new Set(texts);
    for (const entry of files.filter((each) => each.isFile())) {
      const file = join(entry.parentPath, entry.name);
      const bytes = fs.readFileSync(file);
      if (!texts.includes(bytes.toString())) continue;
      missing.delete(bytes.toString());
      const { atime, mtime, mode } = fs.statSync(file);
      bytes[0] = bytes[0]! ^ 1;
      fs.chmodSync(file, 0o600);
      fs.writeFileSync(file, bytes);
      fs.chmodSync(file, mode);
      fs.utimesSync(file, atime, mtime);
      this.#script.push(`# flip the first byte of ${file.slice(this.#root.length + 1)}, keeping its times`);
    }
    // A cache that was cleared on purpose has lost it altogether.
    if (missing.size > 0 && !this.#wasDisturbed)
      throw new MissingCopy(`no stored copy of ${JSON.stringify([...missing])}`);
    for (const text of texts) this.#situation.history.damaged.add(text);
  }
}

/** Outputs of what was asked for, through groups. */
function requestedOutputs(pipeline: PipelineSpec, { targets, params }: Request): (path: string) => boolean {
  const cells = expand(pipeline, { ...pipeline.params, ...params });
  const found = new Set<Cell>();
  const visit = (cell: Cell): void => {
    if (found.has(cell)) return;
    found.add(cell);
    if (cell.task.group)
      for (const need of cell.task.needs) for (const other of chosenBy(need, cell, cells)) visit(other);
  };
  const names = targets.length > 0 ? targets : pipeline.default;
  for (const cell of cells)
    if (names.some((name) => name === cell.label || name === cell.task.name || cell.outputs.includes(name)))
      visit(cell);
  return (path) => [...found].some((cell) => selects(cell.outputs, path));
}

function argsOf(request: Request, flags: RunFlags): string[] {
  const args = ['run', ...request.targets, '-j', String(flags.jobs)];
  if (flags.keepGoing) args.push('-k');
  if (request.force !== null) args.push(request.force === '' ? '--force' : `--force=${request.force}`);
  for (const [name, value] of Object.entries(request.params)) args.push('--param', `${name}=${value}`);
  return args;
}

/** A content that should be in the cache can't be found there, so that it can't be damaged. */
export class MissingCopy extends Error {}

/** Every file of a project but its pipeline and `.cache`: path -> content. */
export function readTree(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of fs.readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (path === '.cache' || path === 'orch.yaml') continue;
      if (entry.isDirectory()) walk(path);
      else found.set(path, fs.readFileSync(join(root, path), 'utf8'));
    }
  };
  walk('');
  return found;
}

interface Seen {
  readonly ran: readonly string[];
  readonly files: Files;
  readonly exit: string | number | null;
}

function compare(
  expected: Seen & { readonly optional: ReadonlySet<string> },
  actual: Seen,
  /** Whether it's there is left open. */
  mayDiffer: (path: string) => boolean,
): string[] {
  const differences: string[] = [];
  if (expected.exit !== actual.exit)
    differences.push(`exit code: expected ${expected.exit}, got ${actual.exit}`);
  const rest = [...actual.ran];
  for (const line of expected.ran) {
    const index = rest.indexOf(line);
    if (index === -1) differences.push(`didn't run: ${line}`);
    else rest.splice(index, 1);
  }
  for (const line of rest) differences.push(`ran, but must not: ${line}`);
  for (const path of [...new Set([...expected.files.keys(), ...actual.files.keys()])].sort()) {
    const [want, have] = [expected.files.get(path), actual.files.get(path)];
    if (want === have || (have === undefined && expected.optional.has(path))) continue;
    if ((want === undefined || have === undefined) && mayDiffer(path)) continue;
    const say = (text: string | undefined) => (text === undefined ? 'absent' : JSON.stringify(text));
    differences.push(`${path}: expected ${say(want)}, found ${say(have)}`);
  }
  return differences;
}
