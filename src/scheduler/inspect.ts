/**
 * Looks at disk, state and cache on behalf of deciding: the bridge between the world and the pure `decide`.
 * Runs, dry runs and `status` share it, so that they can't disagree. It changes nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createFileAtomic } from '../base/atomic-file.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { isInside } from '../base/path.ts';
import type { StaleReason } from '../model/decision.ts';
import type { Failure } from '../model/failure.ts';
import type { JsonValue, TaskId, TaskKey } from '../model/ids.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import { localLabel, type OutputSpec, type Task } from '../model/task.ts';
import type { DecideRequest, DiskState, LastAttempt } from '../planner/decide.ts';
import { coverage } from '../planner/graph.ts';
import { type Claim, entryOf } from '../state/ownership.ts';
import type { RunContext } from './context.ts';
import { type GatherContext, renderContextOf } from './gather.ts';
import { type Gathered, isDemanded, type Node, wants } from './node.ts';
import { renderCommand, renderEnv } from './render.ts';
import { taskEnvironment } from './task-environment.ts';
import { upstreamOf } from './upstream-record.ts';
import { isUnmodified, type WorkspaceContext } from './workspace.ts';

export interface Inspection {
  readonly gathering: GatherContext;
  readonly workspace: WorkspaceContext;
  /** Recorded outputs that no task makes any more. */
  readonly orphans: () => readonly string[];
  readonly allowedLinks: readonly string[];
  readonly decideRequest: (node: Node, gathered: Gathered, forced: boolean) => DecideRequest;
  /** Another process's run is carrying it out now. */
  readonly isRunning: (node: Node) => boolean;
  /** Is something that is asked for not on disk? */
  readonly lacks: (node: Node) => boolean;
  /** Runs the task's `probe`; the reason to run it again, or null where it's still in place. */
  readonly probe: (node: Node, gathered: Gathered) => Promise<StaleReason | null>;
}

type InspectContext = Omit<RunContext, 'acquire' | 'startAttempt' | 'followLog'> & {
  /** false: `tools` aren't run, the recorded answer is used (SPEC C13). */
  readonly runTools?: boolean;
  /** Nothing is written, not even what would warm a later answer. */
  readonly looksOnly?: boolean;
  /** Another process's run, which is under way: what it has begun isn't dead. */
  readonly liveRun?: string | null;
};

export function createInspection(
  context: InspectContext,
  nodes: readonly Node[],
  grantOf: (node: Node) => Readonly<Record<string, number>>,
): Inspection {
  const { graph, ownership, journal, layout, fingerprinter, store, options, environment } = context;
  const params = new Map(
    context.pipelines.map((pipeline) => [
      pipeline.name,
      Object.fromEntries(pipeline.params.map(({ name, value }) => [name, value])),
    ]),
  );
  const scopes = new Map(context.pipelines.map((pipeline) => [pipeline.name, pipeline.cache.scope]));
  const isOnDisk = (entry: OutputEntry) => fingerprinter.checkOutputs([entry])[0] === 'ok';
  const isStored = (entry: OutputEntry) => store?.hasContent(entry) ?? false;
  const workspace: WorkspaceContext = {
    root: layout.root,
    replacedDir: join(layout.replaced, context.run),
    failedDir: layout.failed,
    ownership,
    matching: context.matching,
    isOnDisk,
    isStored,
    isOthers: (path, task) => {
      if (isClaimed(path, task.id)) return true;
      const by = ownership.makerOf(path);
      if (by === null || by === task.id) return false;
      const maker = graph.indexOf.get(by as TaskId);
      return (
        maker !== undefined &&
        graph.tasks[maker]!.outputs.some((spec) => coverage(spec, context.matching)(path))
      );
    },
    isClaimed: (path) => isClaimed(path),
    replace: options.replace,
    notice: (code, message) => context.emit({ event: 'notice', level: 'warning', code, message, task: null }),
  };

  let orphans: string[] | null = null;
  const findOrphans = () => {
    orphans ??= [...ownership.paths()].filter((path) => graph.makerOf(path) === null);
    return orphans;
  };

  /** Folders above declared and recorded outputs: orch makes them, so they are no empty source folders. */
  let outputFolders: Set<string> | null = null;
  const findOutputFolders = () => {
    if (outputFolders !== null) return outputFolders;
    outputFolders = new Set();
    const addAbove = (path: string, folders: Set<string>) => {
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
        const folder = path.slice(0, end);
        if (folders.has(folder)) return;
        folders.add(folder);
      }
    };
    for (const task of graph.tasks)
      for (const spec of task.outputs) {
        addAbove(spec.path, outputFolders);
        const parent = spec.kind === 'glob' ? context.matching.parentOf(spec.path) : '';
        if (parent !== '') addAbove(`${parent}/x`, outputFolders);
      }
    for (const path of ownership.paths()) addAbove(path, outputFolders);
    return outputFolders;
  };
  const claimMatchers = new Map<string, readonly ((path: string) => boolean)[]>();
  const coversOf = (claim: Claim) => {
    let covers = claimMatchers.get(claim.attempt);
    if (covers === undefined) {
      covers = claim.outputs.map((spec) => coverage(spec, context.matching));
      claimMatchers.set(claim.attempt, covers);
    }
    return covers;
  };
  /** What running attempts are making, and what dead ones left until it's set aside: neither source nor anyone's. */
  const isClaimed = (path: string, exceptTask: string | null = null) =>
    ownership
      .openClaims()
      .some((claim) => claim.task !== exceptTask && coversOf(claim).some((covers) => covers(path)));
  /**
   * No source: a declared output, what orch recorded within an output folder or glob, what an attempt is making.
   * A file that the user put into an output folder is read with the rest of it, and so it is a source.
   */
  const isMade = (path: string) => {
    const maker = graph.makerOf(path);
    const isRecorded = ownership.contentOf(path) !== null;
    return (
      (maker !== null && (isRecorded || graph.tasks[maker]!.outputs.some((spec) => isOutput(spec, path)))) ||
      (isRecorded && isUnmodified(path, workspace)) ||
      isClaimed(path) ||
      findOutputFolders().has(path)
    );
  };

  const metrics = async (node: Node) =>
    node.task.run !== null && mentionsMetrics(node.task)
      ? collectMetrics(upstreamOf(node, nodes), node.task.pipeline, context.readMetrics, (upstream, path) =>
          wants(node, upstream.index, path),
        )
      : {};

  const gathering: GatherContext = {
    root: layout.root,
    nodes,
    fingerprinter,
    matching: context.matching,
    isMade,
    makerOf: (path) => {
      const maker = graph.makerOf(path);
      return maker === null ? null : graph.tasks[maker]!;
    },
    madeBelow: (folder) =>
      graph.madeBelow(folder).map(({ task, spec }) => ({ by: graph.tasks[task]!, spec })),
    scopeOf: (pipeline) => scopes.get(pipeline) ?? pipeline,
    paramsOf: (pipeline) => params.get(pipeline) ?? {},
    environment,
    run: { id: context.run, date: options.date },
    grantOf,
    metrics,
    readRecorded: context.readRecorded,
    wasAccepted: (node) => {
      const last = journal.lastAttempt(node.task.id);
      return last?.outcome === 'accepted' && last.key === node.key;
    },
    toolOutput: createToolRunner(context),
    secretSalt: () => saltOf(join(layout.state, 'salt'), context.looksOnly !== true),
    extraArgs: options.extraArgs,
    asTheyLie: options.only,
  };

  const diskOf = (node: Node, result: Result): DiskState => {
    const absent: OutputEntry[] = [];
    const wrong: OutputEntry[] = [];
    for (const [at, state] of fingerprinter.checkOutputs(result.outputs).entries())
      if (state === 'absent') absent.push(result.outputs[at]!);
      else if (state === 'wrong') wrong.push(result.outputs[at]!);
    const ofOthers = new Set(
      wrong.filter(({ path }) => isUnmodified(path, workspace)).map(({ path }) => path),
    );
    return { absent, wrong, ofOthers, surplus: surplusOf(node, result) };
  };

  let ownedByTask: Map<number, string[]> | null = null;
  /** Only folder and glob outputs can hold more than their result says. */
  const surplusOf = (node: Node, result: Result): string[] => {
    if (node.task.outputs.every((spec) => spec.kind === 'file')) return [];
    if (ownedByTask === null) {
      ownedByTask = new Map();
      for (const path of ownership.paths()) {
        const by = graph.indexOf.get((ownership.makerOf(path) ?? '') as TaskId);
        const maker = by !== undefined && graph.makerOf(path) !== null ? by : graph.makerOf(path);
        if (maker !== null) ownedByTask.set(maker, [...(ownedByTask.get(maker) ?? []), path]);
      }
    }
    const known = new Set(result.outputs.map((entry) => entry.path));
    return (ownedByTask.get(graph.indexOf.get(node.task.id)!) ?? []).filter((path) => {
      const content = known.has(path) ? null : ownership.contentOf(path);
      return content !== null && isOnDisk(entryOf(path, content));
    });
  };

  // As it is at the beginning: a run that acts ends the claims of the dead, and goes on to decide.
  const begun = ownership.openClaims().filter(({ attempt }) => !attempt.endsWith('-restore'));
  const isLive = ({ attempt }: Claim) => context.liveRun != null && attempt.startsWith(`${context.liveRun}-`);
  const died = new Set(begun.filter((claim) => !isLive(claim)).map((claim) => claim.task));
  const running = new Set(begun.filter(isLive).map((claim) => claim.task));

  const lastOf = ({ task }: Node): LastAttempt | null => {
    const record = journal.lastAttempt(task.id);
    // A task with outputs has its start in its claim only; what it left is no result, so this explains, no more.
    const hasDied = task.outputs.length > 0 && died.has(task.id) && record?.run !== context.run;
    if (record === null && !hasDied) return null;
    return {
      key: record?.key ?? ('' as TaskKey),
      outcome: hasDied ? 'died' : record!.outcome,
      atMs: record?.atMs ?? 0,
      failure: record?.failure ?? null,
      manifest: () => (record === null ? null : journal.manifestOf(record)),
    };
  };

  return {
    gathering,
    workspace,
    orphans: findOrphans,
    allowedLinks: context.pipelines.flatMap((pipeline) => pipeline.allowLinks),
    decideRequest: (node, gathered, forced) => {
      const ranBefore = node.ranKeys.has(gathered.key);
      return {
        // What ran in this run under this very key is as new as can be: only its content still counts.
        task: ranBefore ? { ...node.task, cacheable: true, expiresMs: null } : node.task,
        key: gathered.key,
        manifest: gathered.manifest,
        forced,
        last: ranBefore
          ? {
              key: gathered.key,
              outcome: 'succeeded',
              atMs: context.now(),
              failure: null,
              manifest: () => gathered.manifest,
            }
          : lastOf(node),
        own: (ranBefore ? node.result : null) ?? journal.resultOf(gathered.key),
        cached: () => (options.useCache && !gathered.tainted ? (store?.lookup(gathered.key) ?? []) : []),
        disk: (result) => diskOf(node, result),
        usesCache: options.useCache,
        isRestorable: (entry) =>
          entry.kind !== 'file' || (entry.stored && options.useCache && isStored(entry)),
        isDemanded: (path) => isDemanded(node, path),
        nowMs: context.now(),
      };
    },
    isRunning: (node) => running.has(node.task.id),
    lacks: (node) =>
      node.result !== null &&
      fingerprinter
        .checkOutputs(node.result.outputs)
        .some((state, at) => state !== 'ok' && isDemanded(node, node.result!.outputs[at]!.path)),
    async probe(node, gathered) {
      const render = await renderContextOf(node, gathering, gathered, 1);
      const argv = renderCommand(node.task.probe!, render);
      const declared = renderEnv(node.task, render);
      if (!argv.ok || !declared.ok)
        return { why: 'probe-failed', detail: 'its command could not be rendered' };
      const env = taskEnvironment({
        task: node.task,
        environment,
        declared: declared.value,
        granted: grantOf(node),
        tmpDir: layout.tmp,
        attemptId: `${context.run}-${node.index}-probe`,
      });
      const end = await context.runProbe(argv.value, join(layout.root, node.task.dir), env);
      if (end.exitCode === 0) return null;
      return { why: 'probe-failed', detail: lastLine(end.stdout) ?? end.failed ?? `exit ${end.exitCode}` };
    },
  };
}

/** A literal output itself, or behind one that can only be a link. */
function isOutput(spec: OutputSpec, path: string): boolean {
  return (spec.kind !== 'glob' && spec.path === path) || (spec.kind === 'file' && isInside(spec.path, path));
}

/** Does a text of the task refer to `metrics`? Then their values are read before it's rendered. */
function mentionsMetrics(task: Task): boolean {
  const texts = JSON.stringify([task.run, task.env, task.tools, task.probe]);
  return texts.includes('"metrics"');
}

/**
 * Values of metrics files by task, and by their own names where only one task has such a value. Of two tasks with
 * one name that of `pipeline`, whose texts ask, is meant.
 */
export async function collectMetrics(
  nodes: readonly Node[],
  pipeline: string,
  read: RunContext['readMetrics'],
  /** Its record says that there is one, but the content is gone. */
  onAbsent: (node: Node, path: string) => void = () => {},
): Promise<Readonly<Record<string, JsonValue>>> {
  const byTask: Record<string, JsonValue> = {};
  const short = new Map<string, JsonValue | undefined>();
  const isOwn = ({ task }: Node) => task.pipeline === pipeline;
  for (const node of [...nodes.filter(isOwn), ...nodes.filter((other) => !isOwn(other))]) {
    const files = node.task.outputs.filter((spec) => spec.metrics);
    if (files.length === 0) continue;
    const merged: Record<string, JsonValue> = {};
    for (const { path } of files) {
      const entry = node.result?.outputs.find((output) => output.path === path) ?? null;
      const value = read(path, entry);
      if (value === undefined && entry !== null) onAbsent(node, path);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) Object.assign(merged, value);
    }
    byTask[localLabel(node.task)] ??= merged;
    byTask[node.task.name] ??= merged;
    for (const [name, value] of Object.entries(merged)) short.set(name, short.has(name) ? undefined : value);
  }
  for (const [name, value] of short) if (value !== undefined && !(name in byTask)) byTask[name] = value;
  return byTask;
}

/** Each distinct command is run once a run. */
function createToolRunner(context: InspectContext): GatherContext['toolOutput'] {
  const outputs = new Map<string, Promise<Outcome<string, Failure>>>();
  return (command, node) => {
    if (context.runTools === false) return Promise.resolve(ok(recordedTool(context, command, node)));
    const known = outputs.get(command);
    if (known !== undefined) return known;
    const env = Object.fromEntries(
      Object.entries(context.environment).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    const running = context
      .runProbe(['sh', '-c', command], context.layout.root, env)
      .then(
        (end): Outcome<string, Failure> =>
          end.exitCode === 0
            ? ok(end.stdout.trim())
            : fail({ kind: 'tool', command, message: end.failed ?? `exit ${end.exitCode}` }),
      );
    outputs.set(command, running);
    return running;
  };
}

function recordedTool({ journal }: InspectContext, command: string, node: Node): string {
  const last = journal.lastAttempt(node.task.id);
  const part = (last === null ? null : journal.manifestOf(last))?.parts.find(
    (candidate) => candidate.part === 'tool' && candidate.command === command,
  );
  return part?.part === 'tool' ? part.output : '';
}

/** A random value of this root, so that a secret's hash in a manifest can't be looked up in a table. */
function saltOf(path: string, mayWrite: boolean): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    const salt = randomBytes(16).toString('hex');
    try {
      if (!mayWrite) return salt;
      mkdirSync(dirname(path), { recursive: true });
      // Whole or not at all: killed in between, a run mustn't leave a salt of nothing.
      return createFileAtomic(path, salt, 0o600) ? salt : readFileSync(path, 'utf8');
    } catch {
      // Read-only state: a constant still keeps the plain value out of the manifest.
      return createHash('sha256').update(path).digest('hex');
    }
  }
}

function lastLine(text: string): string | null {
  const lines = text.trimEnd().split('\n');
  return lines[lines.length - 1] || null;
}
