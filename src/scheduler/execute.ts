/**
 * One attempt of one task, from clearing the way for its outputs to a durable record of its result. Knows
 * nothing of the graph. Order matters here, and each step says why it stands where it does.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { shortName } from '../base/short-name.ts';
import type { Attempt, AttemptEnd } from '../executors/local.ts';
import { scanOutputs } from '../fingerprint/outputs.ts';
import type { Fingerprint } from '../fingerprint/path-reader.ts';
import type { Failure } from '../model/failure.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import type { Task } from '../model/task.ts';
import { tooLargeText } from '../reporters/cache-phrases.ts';
import { escapedText, unkillableText } from '../reporters/process-phrases.ts';
import type { JournalEntry } from '../state/journal.ts';
import type { Claim } from '../state/ownership.ts';
import type { RunContext } from './context.ts';
import { type GatherContext, renderContextOf } from './gather.ts';
import { recordIfPossible } from './guarded-records.ts';
import type { Gathered, Node } from './node.ts';
import { renderCommand, renderEnv, withArgs } from './render.ts';
import { outputWithSecret } from './secrets-in-outputs.ts';
import { paramsFile, taskEnvironment } from './task-environment.ts';
import { hiddenFrom } from './weak-secrets.ts';
import {
  checkInsideRoot,
  clearingOf,
  discardOutputs,
  keepFailedOutputs,
  makeParents,
  occupation,
  removeOrphans,
  removeOwn,
  setAsideForeign,
  type WorkspaceContext,
} from './workspace.ts';

export interface ExecuteRequest {
  readonly node: Node;
  readonly gathered: Gathered;
  readonly attempt: number;
  readonly context: RunContext;
  readonly gathering: GatherContext;
  readonly workspace: WorkspaceContext;
  /** Recorded outputs that no task makes any more. */
  readonly orphans: readonly string[];
  /** The attempt has begun: it can be interrupted from now on. */
  readonly onStart: (attempt: Attempt, logPath: string) => void;
  /** The command has ended: its worker and resources are free. */
  readonly onCommandEnd: () => void;
}

export type ExecuteEnd =
  | {
      readonly kind: 'made';
      readonly result: Result | null;
      readonly durationMs: number;
      /** Resolves when result and record would survive a power cut; with a failure where they can't be kept. */
      readonly durable: Promise<Failure | null>;
    }
  /** Declared inputs changed while the command ran: what it made doesn't count. */
  | { readonly kind: 'inputs-changed'; readonly paths: readonly string[]; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly durationMs: number };

/** By this name its claim, its processes and other runs know it. */
export function attemptIdOf(
  { run }: Pick<RunContext, 'run'>,
  { index }: Node,
  attempt: number | 'restore',
): string {
  return `${run}-${index}-${attempt}`;
}

/** A log larger than this is cut to its head and tail. */
const MAX_LOG_BYTES = 100_000_000;

export async function executeTask(request: ExecuteRequest): Promise<ExecuteEnd> {
  const { node, gathered, context, workspace } = request;
  const { task } = node;
  const failed = (failure: Failure, durationMs = 0): ExecuteEnd => ({ kind: 'failed', failure, durationMs });

  const outside = checkInsideRoot(task, workspace);
  if (outside !== null) return failed(outside);
  const clearing = clearingOf(task, null, workspace);
  const occupied = occupation(clearing, workspace);
  if (occupied !== null) return failed(occupied);
  const attemptId = attemptIdOf(context, node, request.attempt);
  // Foreign files go aside before the claim: from the claim on, whatever lies there counts as the attempt's.
  const aside = setAsideForeign(clearing, workspace);
  if (!aside.ok) return failed(aside.error);
  const claimed = await claim(request, attemptId);
  if (!claimed.ok) return failed(claimed.error);
  // Own outputs go only now: after a crash before the claim they would be gone without a trace of why.
  for (const step of [
    () => removeOrphans(task, request.orphans, workspace),
    () => removeOwn(clearing, task, null, workspace),
    () => makeParents(task, workspace),
  ]) {
    const done = step();
    if (!done.ok) return failed(done.error);
  }

  const command = await prepared(request, attemptId);
  if (!command.ok) return failed(command.error);
  const logPath = join(context.layout.logs, context.run, `${fileNameOf(task.id)}.${request.attempt}.log`);
  // What other tasks made may have been edited since it was decided on, while this one waited for a worker.
  const content = await readContent(request);
  if (content.changed.length > 0) {
    recordIfPossible(() => context.ownership.append([{ end: attemptId }]));
    return { kind: 'inputs-changed', paths: content.changed, durationMs: 0 };
  }
  const watched = context.fingerprinter.witness(
    gathered.watched,
    [...gathered.sources, ...content.read],
    request.gathering.isMade,
    gathered.byRecord,
  );
  const attempt = context.startAttempt({
    command: { kind: 'argv', argv: [...command.value.argv] },
    cwd: join(context.layout.root, task.dir),
    env: command.value.env,
    logPath,
    timeoutMs: task.timeoutMs,
    graceMs: task.graceMs,
    secretValues: hiddenFrom(task, context.secrets),
    interactive: false,
    maxLogBytes: MAX_LOG_BYTES,
    marker: attemptId,
  });
  request.onStart(attempt, logPath);
  const end = await attempt.done;
  request.onCommandEnd();
  tellOfStrays(request, end);
  if (Object.keys(task.params).length > 0) rmSync(paramsFile(context.layout.tmp, attemptId), { force: true });
  context.fingerprinter.forget();

  const { durationMs } = end;
  if (end.failure !== null) {
    recordFailure(request, attemptId, durationMs, logPath, end.failure);
    return failed(end.failure, durationMs);
  }
  const changed = context.fingerprinter.changedSince(watched);
  if (changed.length > 0) {
    const discarded = discardOutputs(task, workspace);
    if (discarded.ok) recordIfPossible(() => context.ownership.append([{ end: attemptId }]));
    return discarded.ok
      ? { kind: 'inputs-changed', paths: changed, durationMs }
      : failed(discarded.error, durationMs);
  }
  // The command may have put a link where a folder was: what lies behind it isn't its output.
  const left = checkInsideRoot(task, workspace);
  if (left !== null) {
    recordFailure(request, attemptId, durationMs, logPath, left);
    return failed(left, durationMs);
  }
  const scanned = await scanOutputs(context.layout.root, task.outputs, context.fingerprinter, {
    isOthers: (path) => workspace.isOthers(path, task),
  });
  const unreadable = scanned.ok ? unreadableMetrics(request) : null;
  if (!scanned.ok || unreadable !== null) {
    const failure = scanned.ok ? unreadable! : scanned.error;
    recordFailure(request, attemptId, durationMs, logPath, failure);
    return failed(failure, durationMs);
  }
  const result: Result | null =
    task.outputs.length === 0
      ? null
      : {
          key: gathered.key,
          outputs: scanned.value,
          durationMs,
          createdAtMs: context.now(),
          accepted: gathered.tainted,
        };
  return { kind: 'made', result, durationMs, durable: keep(request, attemptId, result, durationMs, logPath) };
}

/** Processes that the command had moved out of reach of a plain kill, and what became of them. */
function tellOfStrays({ node, context }: ExecuteRequest, { escaped, unkillable }: AttemptEnd): void {
  const { label } = node.task;
  const tell = (level: 'note' | 'warning', code: string, message: string) =>
    context.emit({ event: 'notice', level, code, message, task: label });
  const ended = escaped.filter((pid) => !unkillable.includes(pid));
  if (ended.length > 0) tell('note', 'escaped-processes', escapedText(label, ended));
  if (unkillable.length > 0) tell('warning', 'unkillable-processes', unkillableText(label, unkillable));
}

/** The upstream outputs that the command will read: as they lie now, and those that aren't the recorded ones. */
async function readContent({
  gathered,
  context,
  gathering,
}: ExecuteRequest): Promise<{ read: Fingerprint[]; changed: string[] }> {
  const recorded = new Map<string, Extract<OutputEntry, { kind: 'file' }>>();
  for (const [index, paths] of gathered.content)
    for (const entry of gathering.nodes[index]!.result?.outputs ?? [])
      if (entry.kind === 'file' && (paths === 'all' || paths.has(entry.path)))
        recorded.set(entry.path, entry);
  const read: Fingerprint[] = [];
  const changed: string[] = [];
  if (recorded.size === 0) return { read, changed };
  for (const [path, reading] of await context.fingerprinter.read(recorded.keys())) {
    const entry = recorded.get(path)!;
    const isSame =
      reading !== null &&
      'digest' in reading &&
      reading.digest === entry.digest &&
      reading.executable === entry.executable;
    if (isSame) read.push(reading);
    else changed.push(path);
  }
  return { read, changed };
}

/**
 * The attempt's claim, durable before its command starts: after a crash it tells which files a dead attempt may
 * have left, and by which marker its processes are found. Of a task without outputs the start is journalled too,
 * so that one that died halfway isn't taken for done (SPEC C3).
 */
async function claim(
  { node, gathered, context }: ExecuteRequest,
  attemptId: string,
): Promise<Outcome<null, Failure>> {
  const { task } = node;
  try {
    context.ownership.append([{ claim: claimOf(task, attemptId) }]);
    const syncs = [context.ownership.sync()];
    if (task.outputs.length === 0) {
      context.journal.append([
        { kind: 'start', id: task.id, key: gathered.key, run: context.run, atMs: context.now() },
      ]);
      syncs.push(context.journal.sync());
    }
    await Promise.all(syncs);
    return ok(null);
  } catch (error) {
    return fail(ioFailure('record the start of', task.label, error));
  }
}

/** What lies at the task's outputs from now until the claim's end is the work of `attempt`. */
export function claimOf(task: Task, attempt: string): Claim {
  return { attempt, task: task.id, outputs: task.outputs.map(({ kind, path }) => ({ kind, path })) };
}

/** What the command is given lies partly in files (`ORCH_PARAMS_FILE`), which the system may refuse. */
async function prepared(request: ExecuteRequest, attemptId: string): ReturnType<typeof commandOf> {
  try {
    return await commandOf(request, attemptId);
  } catch (error) {
    // Of a write that fails the system says no path.
    const path = (error as NodeJS.ErrnoException).path ?? paramsFile(request.context.layout.tmp, attemptId);
    return fail(ioFailure('prepare', path, error));
  }
}

async function commandOf(
  { node, gathered, context, gathering, attempt }: ExecuteRequest,
  attemptId: string,
): Promise<Outcome<{ readonly argv: readonly string[]; readonly env: Record<string, string> }, Failure>> {
  const { task } = node;
  const render = await renderContextOf(node, gathering, gathered, attempt);
  const argv = renderCommand(task.run!, render);
  if (!argv.ok) return argv;
  const declared = renderEnv(task, render);
  if (!declared.ok) return declared;
  return ok({
    argv: withArgs(task.run!, argv.value, context.options.extraArgs.get(task.id) ?? []),
    env: taskEnvironment({
      task,
      environment: context.environment,
      secrets: context.secrets,
      declared: declared.value,
      granted: gathering.grantOf(node),
      tmpDir: context.layout.tmp,
      attemptId,
    }),
  });
}

function recordFailure(
  { node, gathered, context, workspace }: ExecuteRequest,
  attemptId: string,
  durationMs: number,
  logPath: string,
  failure: Failure,
): void {
  const { task } = node;
  const moved = keepFailedOutputs(
    task.outputs,
    task.label,
    (path) => workspace.isOthers(path, task),
    workspace,
  );
  // What still lies there stays claimed: the next run sets it aside, instead of taking it for files of the user's.
  if (!moved.ok) workspace.notice('failed-outputs', `what ${task.label} left could not be set aside`);
  else recordIfPossible(() => context.ownership.append([{ end: attemptId }]));
  recordIfPossible(() =>
    context.journal.append([
      {
        kind: 'end',
        attempt: {
          id: task.id,
          key: gathered.key,
          run: context.run,
          outcome: 'failed',
          atMs: context.now(),
          durationMs,
          log: relative(context.layout.root, logPath),
          failure,
        },
        manifest: gathered.manifest,
        reasons: node.reasons,
      },
    ]),
  );
}

/** Stores the outputs, then records result and end, then syncs: a record never names content that isn't there. */
async function keep(
  { node, gathered, context, workspace }: ExecuteRequest,
  attemptId: string,
  result: Result | null,
  durationMs: number,
  logPath: string,
): Promise<Failure | null> {
  const { task } = node;
  const entries: JournalEntry[] = [];
  try {
    if (result !== null) {
      // Owned from here on in memory: the same run may have to restore or remove it again.
      context.ownership.append([{ own: result.outputs, by: task.id }, { end: attemptId }]);
      const mayStore =
        context.store !== null && context.options.useCache && task.cacheable && !result.accepted;
      const leak = mayStore ? outputWithSecret(task, result, context.secrets, context.layout.root) : null;
      if (leak !== null)
        workspace.notice(
          'secret-in-output',
          `${leak} holds a secret of ${task.label}: it is not kept in the cache`,
        );
      else if (mayStore && context.store !== null) {
        const why = node.reasons[0]?.why;
        const saved = await context.store.save(result, (path) => join(context.layout.root, path), {
          first: why === 'forced' || why === 'expired',
        });
        if (!saved.ok) return saved.error;
        if (!saved.value.saved && saved.value.because === 'larger-than-cap') {
          const { sizeBytes, maxSizeBytes } = saved.value;
          workspace.notice('result-too-large', tooLargeText(task.label, sizeBytes, maxSizeBytes));
        }
      }
      entries.push({ kind: 'result', result });
    }
    entries.push({
      kind: 'end',
      attempt: {
        id: task.id,
        key: gathered.key,
        run: context.run,
        outcome: 'succeeded',
        atMs: context.now(),
        durationMs,
        log: relative(context.layout.root, logPath),
      },
      manifest: gathered.manifest,
      reasons: node.reasons,
    });
    context.journal.append(entries);
    if (result === null) context.ownership.append([{ end: attemptId }]);
    await Promise.all([context.journal.sync(), result === null ? null : context.ownership.sync()]);
    return null;
  } catch (error) {
    return ioFailure('record the result of', task.label, error);
  }
}

function unreadableMetrics({ node, context }: ExecuteRequest): Failure | null {
  for (const spec of node.task.outputs) {
    if (!spec.metrics) continue;
    try {
      JSON.parse(readFileSync(join(context.layout.root, spec.path), 'utf8'));
    } catch (error) {
      return { kind: 'metrics-unreadable', path: spec.path, message: (error as Error).message };
    }
  }
  return null;
}

/** Turns a system error into a failure; anything else is a bug and goes on being thrown. */
export function ioFailure(doing: string, path: string, error: unknown): Failure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { kind: 'io', doing, path, code };
}

function fileNameOf(id: string): string {
  return shortName(id.replace(':', '.'));
}
