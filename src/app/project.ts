/**
 * Opens a project: root, pipelines, graph, and, for those who need them, state, stat cache and content cache.
 * The only place that knows how a loaded pipeline is kept between runs.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { type Hasher, loadHasher } from '../base/digest.ts';
import type { Masker } from '../base/mask.ts';
import { nearest } from '../base/nearest.ts';
import type { LocalStore } from '../cache/store.ts';
import { createFingerprinter, type Fingerprinter } from '../fingerprint/fingerprinter.ts';
import type { RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import type { Pipeline, Task } from '../model/task.ts';
import type { LoadOutcome, LoadRequest } from '../pipeline/load.ts';
import { buildGraph, findCycle, type Graph, type PathMatching } from '../planner/graph.ts';
import { type Journal, openJournal } from '../state/journal.ts';
import { type Layout, layoutOf } from '../state/layout.ts';
import { liveRuns } from '../state/live-runs.ts';
import { rememberNames } from '../state/names.ts';
import { type Ownership, openOwnership } from '../state/ownership.ts';
import { contentFolderInRoot, openCache } from './content-cache.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { cycleDiagnostic } from './path-cycle.ts';
import { PipelineErrors } from './pipeline-errors.ts';
import { type FoundProject, findProject, type StartPoint } from './root.ts';
import { NO_SECRETS, type ProjectSecrets, readSecrets } from './secrets.ts';

declare const ORCH_VERSION: string;

export interface ProjectRequest {
  readonly start: StartPoint;
  /** `-p NAME` */
  readonly pipeline: string | null;
  readonly params: LoadRequest['params'];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly today: string;
  /** Flags of `orch run`, with which parameters may not share a name. */
  readonly reservedFlags: readonly string[];
  /** May the compiled pipeline be written? Commands that only look don't (SPEC C13). */
  readonly mayWrite: boolean;
  /** Called as soon as it is known what may not be shown, where tasks declare secrets. */
  readonly onSecrets?: (masker: Masker) => void;
}

export interface Project {
  readonly found: FoundProject;
  readonly layout: Layout;
  readonly pipelines: readonly Pipeline[];
  readonly graph: Graph;
  readonly matching: PathMatching;
  /** Warnings, and errors of pipelines that aren't asked for; empty where nothing was parsed anew. */
  readonly diagnostics: readonly Diagnostic[];
  /** false: the compiled pipeline of an earlier command was used, which has said its warnings. */
  readonly parsedAnew: boolean;
  /** Variables that shaped the pipelines by being there or not. */
  readonly environmentUsed: readonly string[];
  readonly secrets: ProjectSecrets;
  /** Absolute: what relative paths on the command line start from. */
  readonly cwd: string;
  /** The pipeline that bare names mean, null: any. */
  readonly chosen: string | null;
  readonly textOf: (file: string) => string | null;
  /** Writes the compiled pipeline, where the request allows it: not before it is sure that it will be run. */
  readonly keep: () => void;
}

export async function openProject(request: ProjectRequest): Promise<Project> {
  const found = findProject(request.start);
  if (!found.ok) throw new CommandError(found.error.message, EXIT.usage, found.error.hint);
  const layout = layoutOf(found.value.root);
  const textOf = (path: string) => {
    const file = found.value.files.find((candidate) => candidate.path === path);
    return file === undefined ? null : Buffer.from(file.text).toString('utf8');
  };
  let secrets = NO_SECRETS;
  const loaded = await load(found.value, layout, request, (pipelines) => {
    secrets = readSecrets(pipelines, found.value.root, request.environment);
    if (!secrets.masker.isEmpty) request.onSecrets?.(secrets.masker);
    return secrets.masker;
  });
  const errors = loaded.diagnostics.filter(({ severity }) => severity === 'error');
  const fileOfChosen = found.value.chosen ?? fileNamed(request.pipeline, loaded);
  // A broken pipeline beside the one that is asked for is told, but stops nothing.
  const fatal = errors.filter(({ file }) => fileOfChosen === null || file === null || file === fileOfChosen);
  if (fatal.length > 0) throw new PipelineErrors(loaded.diagnostics, textOf, layout.root);
  const chosen = request.pipeline ?? loaded.pipelines.find(({ file }) => file === fileOfChosen)?.name ?? null;
  const byVariable = request.start.variables?.['pipeline'];
  if (request.pipeline !== null && !loaded.pipelines.some(({ name }) => name === request.pipeline))
    throw unknownPipeline(
      byVariable === undefined ? `-p ${request.pipeline}` : `${byVariable}=${request.pipeline}`,
      request.pipeline,
      loaded.pipelines.map(({ name }) => name),
    );

  const pipelines = withUniqueLabels(loaded.pipelines);
  const tasks = pipelines.flatMap((pipeline) => pipeline.tasks);
  const matching = await matchingFor(tasks);
  const graph = buildGraph(tasks, matching);
  const cycle = findCycle(graph);
  if (cycle !== null) throw new PipelineErrors([cycleDiagnostic(cycle, matching)], textOf, layout.root);
  return {
    found: found.value,
    layout,
    pipelines,
    graph,
    matching,
    diagnostics: loaded.diagnostics,
    parsedAnew: loaded.parsedAnew,
    environmentUsed: loaded.environmentUsed,
    secrets,
    cwd: resolve(request.start.cwd, request.start.dir ?? '.'),
    chosen,
    textOf,
    keep: loaded.keep,
  };
}

/** A name that several pipelines of the root have is shown as it must be typed: `pipeline:name`. */
function withUniqueLabels(pipelines: readonly Pipeline[]): readonly Pipeline[] {
  const pipelinesOf = new Map<string, Set<string>>();
  for (const { name: pipeline, tasks } of pipelines)
    for (const { name } of tasks) pipelinesOf.set(name, (pipelinesOf.get(name) ?? new Set()).add(pipeline));
  if ([...pipelinesOf.values()].every(({ size }) => size === 1)) return pipelines;
  return pipelines.map((pipeline) => ({
    ...pipeline,
    tasks: pipeline.tasks.map((task) =>
      pipelinesOf.get(task.name)!.size === 1 ? task : { ...task, label: task.id },
    ),
  }));
}

/** `given`: as the user wrote it. */
function unknownPipeline(given: string, name: string, known: readonly string[]): CommandError {
  const close = nearest(name, known);
  return new CommandError(
    `${given}: there is no pipeline of that name`,
    EXIT.usage,
    name.includes('=')
      ? `-p names a pipeline; to set a parameter write --param ${name}`
      : `${close === null ? '' : `did you mean ${close}? `}Pipelines: ${known.join(', ')}`,
  );
}

function fileNamed(pipeline: string | null, loaded: LoadOutcome): string | null {
  return loaded.pipelines.find(({ name }) => name === pipeline)?.file ?? null;
}

/** Glob code is loaded only where a pipeline has globs. */
async function matchingFor(tasks: readonly Task[]): Promise<PathMatching> {
  const hasGlobs = tasks.some((task) =>
    [...task.inputs, ...task.outputs].some((spec) => spec.kind === 'glob'),
  );
  if (hasGlobs) {
    const { compileGlob, globParent, globsMayIntersect } = await import('../base/glob.ts');
    return { compile: compileGlob, parentOf: globParent, mayIntersect: globsMayIntersect };
  }
  const unexpected = (glob: string): never => {
    throw new Error(`no glob was expected: ${glob}`);
  };
  return { compile: unexpected, parentOf: unexpected, mayIntersect: () => false };
}

// ---- the compiled pipeline ---------------------------------------------------------------------------------

/**
 * What loading gave, kept under `.cache/state/v1/compiled/` by the files' contents and everything else that
 * shaped it. Reading it spares the YAML parser (8 ms to load, 1.8 s for 10,000 tasks against 20 ms for JSON).
 */
const COMPILED_FORMAT = 2;

interface Compiled {
  readonly environment: Readonly<Record<string, string | null>>;
  readonly pipelines: readonly Pipeline[];
}

async function load(
  found: FoundProject,
  layout: Layout,
  request: ProjectRequest,
  maskerOf: (pipelines: readonly Pipeline[]) => Masker,
): Promise<LoadOutcome & { readonly parsedAnew: boolean; readonly keep: () => void }> {
  const hasher = await loadHasher();
  const files = found.files.map(({ path, text }) => [path, hasher.digestBytes(text)] as const);
  const remember = (pipelines: readonly Pipeline[]) => {
    if (request.mayWrite) rememberNames(layout, { version: ORCH_VERSION, files }, pipelines);
  };
  const shape = JSON.stringify([
    ORCH_VERSION,
    COMPILED_FORMAT,
    found.root,
    files,
    request.params,
    request.today,
    request.reservedFlags,
  ]);
  const path = join(layout.state, 'compiled', `${hasher.keyHash(shape)}.json`);
  const compiled = readCompiled(path, request.environment, hasher);
  if (compiled !== null) {
    maskerOf(compiled.pipelines);
    remember(compiled.pipelines);
    return {
      pipelines: compiled.pipelines,
      diagnostics: [],
      environmentUsed: Object.keys(compiled.environment),
      parsedAnew: false,
      keep: () => {},
    };
  }

  const { loadPipelines } = await import('../pipeline/load.ts');
  const outcome = await loadPipelines({
    root: found.root,
    files: found.files,
    environment: request.environment,
    params: request.params,
    today: request.today,
    reservedFlags: request.reservedFlags,
    rootPath: found.root,
  });
  const masker = maskerOf(outcome.pipelines);
  const leaks = leakedSecrets(outcome);
  if (leaks.length > 0)
    return {
      ...outcome,
      diagnostics: [...outcome.diagnostics, ...leaks],
      parsedAnew: true,
      keep: () => {},
    };
  const keep = () => {
    if (!request.mayWrite || outcome.diagnostics.some(({ severity }) => severity === 'error')) return;
    const environment = Object.fromEntries(
      outcome.environmentUsed.map((name) => [name, request.environment[name] ?? null]),
    );
    const kept: Compiled = { environment, pipelines: outcome.pipelines };
    const text = JSON.stringify(kept);
    // A parameter or cell of the same value as a secret: then it is loaded anew each time.
    if (masker.text(text) !== text) return;
    try {
      mkdirSync(join(layout.state, 'compiled'), { recursive: true });
      writeFileAtomic(path, `${hasher.digestBytes(text)}\n${text}`, { sync: false });
    } catch {
      // Read-only state: it's parsed again next time.
    }
    remember(outcome.pipelines);
  };
  return { ...outcome, parsedAnew: true, keep };
}

/** A value that the file reads as `env.X` stands in texts, keys and compiled pipelines: no place for a secret. */
function leakedSecrets({ pipelines, environmentUsed }: LoadOutcome): Diagnostic[] {
  const used = new Set(environmentUsed);
  return pipelines.flatMap(({ tasks }) =>
    tasks.flatMap(({ secrets, position, label }) =>
      secrets
        .filter((name) => used.has(name))
        .map(
          (name): Diagnostic => ({
            severity: 'error',
            code: 'secret-in-text',
            message: `${name} is a secret of ${label}, but the pipeline also reads it as env.${name}, which would be kept and shown`,
            ...position,
            hint: `write secrets.${name} within the task, or let its command read "$${name}"`,
          }),
        ),
    ),
  );
}

/** The first line is the digest of the rest: a damaged plan must not run. */
function readCompiled(
  path: string,
  environment: ProjectRequest['environment'],
  hasher: Hasher,
): Compiled | null {
  try {
    const text = readFileSync(path, 'utf8');
    const end = text.indexOf('\n');
    if (hasher.digestBytes(text.slice(end + 1)) !== text.slice(0, end)) return null;
    const compiled = JSON.parse(text.slice(end + 1)) as Compiled;
    const same = Object.entries(compiled.environment).every(
      ([name, value]) => (environment[name] ?? null) === value,
    );
    return same ? compiled : null;
  } catch {
    return null;
  }
}

// ---- state -------------------------------------------------------------------------------------------------

export interface ProjectState {
  readonly journal: Journal;
  readonly ownership: Ownership;
  readonly fingerprinter: Fingerprinter;
  readonly store: LocalStore | null;
  /** Runs that were changing the root while this was read. */
  readonly liveRuns: ReadonlySet<RunId>;
  /** `discard`: what was learnt of files isn't kept either. */
  close(how?: 'discard'): void;
}

export interface StateRequest {
  readonly readOnly: boolean;
  readonly rehash: boolean;
  /** true: without a cache that can be used it isn't worth going on (exit 3). */
  readonly needsCache?: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly notice: (notice: Extract<RunEventBody, { event: 'notice' }>) => void;
}

/** Opens what the root remembers. Trouble with the cache leaves it out and says so; the state must be readable. */
export async function openState(project: Project, request: StateRequest): Promise<ProjectState> {
  const { layout, pipelines } = project;
  const tell = (level: 'note' | 'warning', code: string, message: string) =>
    request.notice({ event: 'notice', level, code, message, task: null });
  // Looked at before and after reading: it may begin or end meanwhile, and isn't dead for that.
  const liveBefore = namesOfLive(layout);
  const journal = openJournal(layout);
  const ownership = openOwnership(layout);
  if (journal.damagedLines > 0)
    tell(
      'warning',
      'journal-damaged',
      `${journal.damagedLines} damaged lines of the journal were ignored; what they recorded is made again where needed`,
    );
  const fingerprinter = await createFingerprinter({
    root: layout.root,
    stateDir: layout.state,
    readOnly: request.readOnly,
    rehash: request.rehash,
    allowLinks: pipelines.flatMap((pipeline) => pipeline.allowLinks),
    ownFolders: contentFolderInRoot(project, request.environment),
    onNote: (message) => tell('note', 'stat-cache', message),
  });
  const store = openCache(project, {
    environment: request.environment,
    hasher: await loadHasher(),
    isNeeded: request.needsCache === true,
    notice: request.notice,
  });
  return {
    journal,
    ownership,
    fingerprinter,
    store,
    liveRuns: new Set([...liveBefore, ...namesOfLive(layout)]),
    close(how) {
      if (!request.readOnly && how !== 'discard') fingerprinter.flush();
      fingerprinter.close();
      journal.close();
      ownership.close();
    },
  };
}

function namesOfLive(layout: Layout): RunId[] {
  return liveRuns(layout).flatMap(({ run, isAlive }) => (isAlive ? run : []));
}
