/**
 * Finds everything that decides a task's result: its inputs' contents, those of the tasks it needs, its
 * command, parameters and variables; and makes the key of them. Runs and dry runs gather here alike; it reads
 * the disk and changes nothing.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lstatOrNull } from '../base/lstat.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { isInside } from '../base/path.ts';
import type { Fingerprinter } from '../fingerprint/fingerprinter.ts';
import { buildManifest, hashManifest } from '../fingerprint/manifest.ts';
import type { LinkOnTheWay } from '../fingerprint/match.ts';
import type { Fingerprint } from '../fingerprint/path-reader.ts';
import type { Failure } from '../model/failure.ts';
import type { JsonValue } from '../model/ids.ts';
import type { OutputEntry } from '../model/result.ts';
import type { Secrets } from '../model/secrets.ts';
import { type InputSpec, localLabel, type Task } from '../model/task.ts';
import { coverage, escapeGlob, type PathMatching } from '../planner/graph.ts';
import {
  type BehindLinks,
  type BehindLinksContext,
  type FoundLink,
  findBehindLinks,
} from './behind-links.ts';
import type { RunContext } from './context.ts';
import { type InputPart, partOf } from './input-part.ts';
import { type Gathered, type Node, wants } from './node.ts';
import { forKey, keyTextOf, type RenderContext, renderEnv, renderTemplate, scopeOf } from './render.ts';
import { isGood } from './task-state.ts';

export interface GatherContext {
  /** Absolute. */
  readonly root: string;
  readonly nodes: readonly Node[];
  readonly fingerprinter: Fingerprinter;
  readonly matching: PathMatching;
  /** A path that isn't a source: declared or recorded as an output, or below a folder that only holds those. */
  readonly isMade: (path: string) => boolean;
  readonly makerOf: BehindLinksContext['makerOf'];
  readonly madeBelow: BehindLinksContext['madeBelow'];
  readonly scopeOf: (pipeline: string) => string;
  readonly paramsOf: (pipeline: string) => Readonly<Record<string, JsonValue>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly run: { readonly id: string; readonly date: string };
  readonly grantOf: (node: Node) => Readonly<Record<string, number>>;
  /** By task; a value's own name too, where only one task has it. */
  readonly metrics: (node: Node) => Promise<Readonly<Record<string, JsonValue>>>;
  readonly readRecorded: RunContext['readRecorded'];
  /** The task, which has no outputs, was accepted by hand when it was last dealt with. */
  readonly wasAccepted: (node: Node) => boolean;
  /** The output of a `tools` command; `shown`: as it enters the key, without secrets. */
  readonly toolOutput: (
    tool: { readonly command: string; readonly shown: string },
    node: Node,
  ) => Promise<Outcome<string, Failure>>;
  readonly secrets: Secrets;
  readonly secretSalt: () => string;
  /** `-- ARGS` by task id; part of the command. */
  readonly extraArgs: ReadonlyMap<string, readonly string[]>;
  /** `--only`: inputs are taken as they lie. */
  readonly asTheyLie: boolean;
}

/** The upstream tasks must be settled. */
export async function gather(node: Node, context: GatherContext): Promise<Outcome<Gathered, Failure>> {
  const { task } = node;
  const secrets: { name: string; hmac: string }[] = [];
  for (const name of task.secrets) {
    const value = context.secrets.values.get(name);
    if (value === undefined) return fail({ kind: 'secret-missing', name });
    secrets.push({ name, hmac: createHmac('sha256', context.secretSalt()).update(value).digest('hex') });
  }
  const inputs = new Map<string, InputPart>();
  const content = new Map<number, 'all' | Set<string>>();
  const needs: { value: string; from: string }[] = [];
  const covers = task.inputs.map((spec) => coverage(spec, context.matching));
  const matched: string[][] = task.inputs.map(() => []);
  const isNegated = (path: string) => task.inputs.some((spec, at) => spec.negated && covers[at]!(path));
  /** Inputs of which something was found and taken away again. */
  const negatedAway = new Set<number>();
  const isMeant = (at: number, path: string) => {
    const spec = task.inputs[at]!;
    if (spec.negated || !covers[at]!(path)) return false;
    if (spec.kind === 'file' || !isNegated(path)) return true;
    negatedAway.add(at);
    return false;
  };
  const addMatched = (at: number, { kind, path }: Pick<OutputEntry, 'kind' | 'path'>) => {
    if (kind !== 'folder' || task.inputs[at]!.kind === 'file') matched[at]!.push(path);
  };
  /** Links that other tasks made. */
  const links: FoundLink[] = [];
  let tainted = false;

  if (!context.asTheyLie)
    for (const edge of node.plan.upstream) {
      const upstream = context.nodes[edge.task]!;
      if (edge.kind === 'path') takeCovered(upstream);
      else takeNeed(upstream, edge.kind === 'order');
    }

  /** Outputs of `upstream` that the declared inputs cover. */
  function takeCovered(upstream: Node): void {
    const wanted = new Set<string>();
    for (const entry of upstream.result?.outputs ?? []) {
      const { path } = entry;
      const specs = task.inputs.flatMap((_, at) => (isMeant(at, path) ? [at] : []));
      if (entry.kind === 'symlink')
        for (const [spec, input] of task.inputs.entries())
          if (specs.includes(spec) || reachesBelow(input, path, context.matching)) links.push({ path, spec });
      if (specs.length === 0) continue;
      wanted.add(path);
      for (const at of specs) addMatched(at, entry);
      inputs.set(path, partOf(entry, upstream));
    }
    tainted ||= wanted.size > 0 && isTainted(upstream, context);
    merge(content, upstream.index, wanted);
  }

  /** Everything that a task in `needs` offers; through a group, what its needs offer. */
  function takeNeed(upstream: Node, orderOnly: boolean): void {
    if (upstream.task.run === null) {
      for (const edge of upstream.plan.upstream)
        if (edge.kind !== 'order') takeNeed(context.nodes[edge.task]!, orderOnly);
      return;
    }
    merge(content, upstream.index, 'all');
    if (orderOnly) return;
    tainted ||= isTainted(upstream, context);
    const outcome = upstream.state.at === 'settled' ? upstream.state.outcome : 'not-started';
    if (!isGood(outcome)) needs.push({ value: outcome, from: upstream.task.label });
    else if (upstream.task.outputs.length === 0)
      needs.push({ value: upstream.key ?? '', from: upstream.task.label });
    for (const entry of upstream.result?.outputs ?? []) {
      inputs.set(entry.path, partOf(entry, upstream));
      if (entry.kind === 'symlink') links.push({ path: entry.path, spec: null });
    }
  }

  const found = await takeSources(node, context, inputs, matched);
  if (!found.ok) return found;
  const { sources, links: users } = found.value;
  const behind = await takeBehindLinks();
  if (behind.failure !== null) return fail(behind.failure);
  for (const [at, spec] of task.inputs.entries()) {
    // Several ways may lead to one path.
    matched[at] = [...new Set(matched[at])].sort();
    if (matched[at]!.length === 0 && !negatedAway.has(at)) {
      const problem = await unmatched(spec, context);
      if (problem !== null) return fail(problem);
    }
    // `${{ inputs.x }}` of a literal path is that path, whatever lies below it.
    if (spec.kind !== 'glob') matched[at] = [spec.path];
  }

  const readable = mentionsReadJson(task) ? inputs : NOT_READ;
  const render = await renderContextOf(node, context, { matched, readable }, 1);
  const env = renderEnv(task, forKey(render));
  if (!env.ok) return env;
  let command = '';
  if (task.run !== null) {
    const text = keyTextOf(task.run, render);
    if (!text.ok) return text;
    const args = context.extraArgs.get(task.id) ?? [];
    command = args.length === 0 ? text.value : `${text.value}\n-- ${JSON.stringify(args)}`;
  }
  const tools: { command: string; output: string }[] = [];
  for (const template of task.tools) {
    const tool = renderTemplate(template, scopeOf(render));
    if (!tool.ok) return tool;
    const shown = renderTemplate(template, scopeOf(forKey(render)));
    if (!shown.ok) return shown;
    const output = await context.toolOutput({ command: tool.value, shown: shown.value }, node);
    if (!output.ok) return output;
    tools.push({ command: shown.value, output: output.value });
  }
  const manifest = buildManifest({
    scope: context.scopeOf(task.pipeline),
    task,
    command,
    env: env.value,
    tools,
    secrets,
    inputs: [...inputs.values()],
    needs,
  });
  return ok({
    key: hashManifest(manifest),
    manifest,
    sources: [...sources.filter(({ path }) => !behind.byRecord.has(path)), ...behind.sources],
    watched: [...task.inputs, ...behind.watched],
    byRecord: behind.byRecord,
    content,
    matched,
    readable,
    tainted,
  });

  async function takeBehindLinks() {
    if (context.asTheyLie || links.length + users.length === 0) return NOTHING_BEHIND;
    return findBehindLinks(
      {
        node,
        made: links,
        users,
        isMeant,
        reachesBelow: (at, path) => reachesBelow(task.inputs[at]!, path, context.matching),
        inputs,
        onMeant: addMatched,
        onContent: (upstream, path) => {
          tainted ||= isTainted(upstream, context);
          merge(content, upstream.index, new Set([path]));
        },
      },
      context,
    );
  }
}

const NOTHING_BEHIND: BehindLinks = { failure: null, sources: [], byRecord: new Set(), watched: [] };

/** Could the input mean something below this path, other than by covering the path? */
function reachesBelow(spec: InputSpec, path: string, matching: PathMatching): boolean {
  if (spec.negated || spec.external) return false;
  return spec.kind === 'glob'
    ? matching.mayIntersect(`${escapeGlob(path)}/**`, spec.path)
    : isInside(path, spec.path);
}

const NOT_READ: ReadonlyMap<string, InputPart> = new Map();

function mentionsReadJson(task: Task): boolean {
  return JSON.stringify([task.run, task.env, task.tools, task.probe]).includes('"read_json"');
}

/** What the texts of a task may refer to when it runs. */
export async function renderContextOf(
  node: Node,
  context: GatherContext,
  { matched, readable }: Pick<Gathered, 'matched' | 'readable'>,
  attempt: number,
): Promise<RenderContext> {
  node.wanted = new Map();
  const needs = () => {
    const values: Record<string, { outputs: JsonValue; status: string }> = {};
    for (const edge of node.plan.upstream) {
      const upstream = context.nodes[edge.task]!;
      const entry = {
        outputs: upstream.task.outputs.map((spec) => spec.path),
        // However it came about: what a task is told must not change from one run to the next.
        status:
          upstream.state.at !== 'settled'
            ? 'not-started'
            : isGood(upstream.state.outcome)
              ? 'succeeded'
              : upstream.state.outcome,
      };
      // `needs` are tasks of the same pipeline; what comes by path may be another's of the same name.
      if (upstream.task.pipeline !== node.task.pipeline) continue;
      values[localLabel(upstream.task)] = entry;
      values[upstream.task.name] ??= entry;
    }
    return values;
  };
  return {
    task: node.task,
    params: context.paramsOf(node.task.pipeline),
    environment: context.environment,
    matched,
    readInput: (path) => readInput(path, readable, node, context),
    needs,
    metrics: await context.metrics(node),
    run: { ...context.run, attempt },
    resources: context.grantOf(node),
    secrets: Object.fromEntries(
      node.task.secrets.map((name) => [name, context.secrets.values.get(name) ?? '']),
    ),
  };
}

interface Sources {
  readonly sources: readonly Fingerprint[];
  readonly links: readonly LinkOnTheWay[];
}

/** For `read_json`: an input's bytes as they entered the key. null: it's no input. Throws the system's error. */
function readInput(
  path: string,
  readable: Gathered['readable'],
  node: Node,
  context: GatherContext,
): Outcome<Uint8Array, string> | null {
  const part = readable.get(path);
  if (part === undefined) return null;
  if (part.made?.entry.kind !== 'file') return ok(readFileSync(join(context.root, path)));
  const { entry, by } = part.made;
  const bytes = context.readRecorded(entry.path, entry.digest);
  if (bytes !== null) return ok(bytes);
  wants(node, by, entry.path);
  return fail('is neither on the disk nor in the cache');
}

/** Matches and hashes the files that no task makes. */
async function takeSources(
  node: Node,
  context: GatherContext,
  inputs: Map<string, InputPart>,
  matched: string[][],
): Promise<Outcome<Sources, Failure>> {
  const { task } = node;
  if (task.inputs.length === 0) return ok({ sources: [], links: [] });
  const isMade = context.asTheyLie ? () => false : context.isMade;
  const found = await context.fingerprinter.matchInputs(task.inputs, { isMade });
  const problem = found.problems[0];
  if (problem !== undefined) return fail(problem);
  const readings = await context.fingerprinter.read(
    new Set(found.matches.map((match) => match.path)),
    found.known,
  );
  const sources: Fingerprint[] = [];
  for (const { spec, path } of found.matches) {
    const reading = readings.get(path) ?? null;
    if (reading === null) continue;
    if ('problem' in reading) return fail({ kind: 'input-unusable', path, message: reading.message });
    matched[spec]!.push(path);
    if (inputs.has(path)) continue;
    const { content, executable } = reading;
    inputs.set(path, { path, content, executable, from: null, made: null });
    sources.push(reading);
  }
  return ok({ sources, links: found.links });
}

/** Nothing was found for this input: is that a mistake? */
async function unmatched(spec: InputSpec, context: GatherContext): Promise<Failure | null> {
  if (spec.optional || spec.negated) return null;
  if (spec.kind === 'glob') {
    // A pattern that finds files which the negations take away isn't mistyped.
    const { matches } = await context.fingerprinter.matchInputs([spec], { isMade: context.isMade });
    return matches.length > 0
      ? null
      : { kind: 'input-unusable', path: spec.path, message: 'matches no file' };
  }
  // A folder that other tasks left empty is there all the same.
  const isFolder = lstatOrNull(join(context.root, spec.path))?.isDirectory() === true;
  return isFolder ? null : { kind: 'input-missing', path: spec.path };
}

function isTainted(upstream: Node, context: GatherContext): boolean {
  return (
    upstream.result?.accepted === true ||
    upstream.gathered?.tainted === true ||
    (upstream.task.outputs.length === 0 && context.wasAccepted(upstream))
  );
}

function merge(content: Map<number, 'all' | Set<string>>, index: number, paths: 'all' | Set<string>): void {
  const before = content.get(index);
  if (before === 'all' || paths === 'all') content.set(index, 'all');
  else content.set(index, before === undefined ? paths : new Set([...before, ...paths]));
}
