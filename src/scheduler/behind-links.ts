/**
 * What lies behind links among the inputs of a task (SPEC C1: a link counts by its text and its target's content).
 * What a task upstream made there counts by its record, present or not, and is asked for; files of the user's as
 * they lie; the task's own outputs not at all. It follows and lists; what a key is made of is for `gather`.
 *
 * Everything is named as the task sees it, through the link: `current/x.csv`, not `releases/v1/x.csv`.
 */
import { childOf, isInside, leavesRoot, parentOf } from '../base/path.ts';
import type { Fingerprinter } from '../fingerprint/fingerprinter.ts';
import type { LinkOnTheWay } from '../fingerprint/match.ts';
import type { Fingerprint } from '../fingerprint/path-reader.ts';
import type { Failure } from '../model/failure.ts';
import type { OutputEntry } from '../model/result.ts';
import type { InputSpec, Task } from '../model/task.ts';
import type { DeclaredOutput } from '../planner/graph.ts';
import { type InputPart, partOf } from './input-part.ts';
import type { Node } from './node.ts';
import { type Recorded, recordOf, upstreamOf } from './upstream-record.ts';

export interface BehindLinksContext {
  readonly nodes: readonly Node[];
  readonly fingerprinter: Fingerprinter;
  readonly isMade: (path: string) => boolean;
  /** The task whose declared outputs cover a path. */
  readonly makerOf: (path: string) => Task | null;
  readonly madeBelow: (folder: string) => readonly (Pick<DeclaredOutput, 'spec'> & { readonly by: Task })[];
}

/** A link that another task made, or one of the user's that may lead to what a task made. */
export interface FoundLink {
  readonly path: string;
  /** Index of the input that leads through it; null: a task in `needs` made it. */
  readonly spec: number | null;
}

export interface BehindLinksRequest {
  readonly node: Node;
  readonly made: readonly FoundLink[];
  readonly users: readonly LinkOnTheWay[];
  /** Does an input mean this path? */
  readonly isMeant: (spec: number, path: string) => boolean;
  /** Could an input mean something below this path? */
  readonly reachesBelow: (spec: number, path: string) => boolean;
  /** The inputs so far; what is found is added. */
  readonly inputs: Map<string, InputPart>;
  /** Called with each path that an input means. */
  readonly onMeant: (spec: number, entry: Pick<OutputEntry, 'kind' | 'path'>) => void;
  /** Called with each recorded output that the command will read. */
  readonly onContent: (upstream: Node, path: string) => void;
}

export interface BehindLinks {
  readonly failure: Failure | null;
  /** Files of the user's that count, to be watched. */
  readonly sources: readonly Fingerprint[];
  /** Links of the user's that count by a record now, not by what lies there. */
  readonly byRecord: ReadonlySet<string>;
  /** Folders of which new files are to be noticed too. */
  readonly watched: readonly InputSpec[];
}

/** Links in links multiply what is found, as in `fingerprint/walk`. */
const MOST_LINKS = 10_000;

interface Step {
  /** As the task sees it. */
  readonly path: string;
  /** Where it lies itself. */
  readonly at: string;
  readonly spec: number | null;
  /** What the user has behind it was found already, by the walk that found the link. */
  readonly isWalked: boolean;
  /** Folders that were come through. */
  readonly through: readonly string[];
}

/** Follows links until nothing new is found. Reads the disk, changes nothing but what it was given to add to. */
export async function findBehindLinks(
  request: BehindLinksRequest,
  context: BehindLinksContext,
): Promise<BehindLinks> {
  const { node, inputs, isMeant, reachesBelow } = request;
  const { fingerprinter, makerOf } = context;
  const { task } = node;
  const sources: Fingerprint[] = [];
  const byRecord = new Set<string>();
  const watched: InputSpec[] = [];
  const upstream = upstreamOf(node, context.nodes);
  const { recorded, below } = recordOf(upstream);
  const ids = new Set(upstream.map((each) => each.task.id));
  const isWanted = (spec: number | null, path: string) => spec === null || isMeant(spec, path);

  const steps: Step[] = [
    ...request.made.map(({ path, spec }) => firstStep(path, spec, false)),
    ...request.users
      .filter(({ path, place }) => !context.isMade(path) && leadsToMade(place))
      .map(({ path, spec }) => firstStep(path, spec, true)),
  ];
  const ended = new Set<string>();
  let followed = 0;
  const seen = new Set<string>();
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const id = `${step.spec} ${step.path}`;
    if (seen.has(id)) continue;
    seen.add(id);
    if (++followed > MOST_LINKS)
      return end(unusable(step.path, `leads to more than ${MOST_LINKS} links to folders`));
    const failure = await follow(step);
    if (failure !== null) return end(failure);
  }
  return end(null);

  function end(failure: Failure | null): BehindLinks {
    return { failure, sources, byRecord, watched };
  }

  function firstStep(path: string, spec: number | null, isWalked: boolean): Step {
    return { path, at: path, spec, isWalked, through: [parentOf(path)] };
  }

  function leadsToMade(place: string): boolean {
    return makerOf(place) !== null || context.madeBelow(place).length > 0 || below(place).length > 0;
  }

  async function follow(step: Step): Promise<Failure | null> {
    const { path, at, spec } = step;
    const place = fingerprinter.placeOf(at, (hop) => {
      const made = recorded.get(hop);
      if (made?.entry.kind !== 'symlink') return null;
      request.onContent(made.node, hop);
      return made.entry.link;
    });
    if (place === null) return finish(step, 'absent');
    // What lies outside counts only where it's listed; else the link counts by its text.
    if (leavesRoot(place) && !fingerprinter.mayFollow(at, place)) return null;
    const maker = makerOf(place);
    if (maker?.id === task.id) return finish(step, 'own');
    if (maker !== null && !ids.has(maker.id)) return stranger(path, place, maker);
    const made = recorded.get(place);
    if (made?.entry.kind === 'file') {
      if (isWanted(spec, path)) request.onContent(made.node, place);
      return finish(step, made.entry.digest, made);
    }
    if (made !== undefined || below(place).length > 0 || (step.isWalked && maker === null))
      return followFolder(step, place);
    if (maker !== null) return finish(step, 'absent');
    const reading = (await fingerprinter.read([place])).get(place) ?? null;
    if (reading === null) return finish(step, 'absent');
    if ('problem' in reading) return unusable(path, reading.message);
    if (reading.kind === 'folder') return followFolder(step, place);
    if (isWanted(spec, path)) sources.push(reading);
    return finish(step, reading.content, null, reading.executable);
  }

  /** The link itself by its text and its end; a plain path behind a link by the content alone. */
  function finish(step: Step, content: string, made: Recorded | null = null, executable = false): null {
    const { path, spec } = step;
    const part = inputs.get(path);
    if (part?.content.startsWith('link:') === true) {
      // Several inputs may lead through it.
      if (ended.has(path)) return null;
      ended.add(path);
      const text = step.isWalked ? part.content.slice(0, part.content.lastIndexOf(' ')) : part.content;
      const isExecutable = made?.entry.kind === 'file' ? made.entry.executable : executable;
      const now = {
        ...part,
        content: `${text} ${content}`,
        executable: isExecutable,
        made: made === null ? null : { entry: made.entry, by: made.node.index },
      };
      inputs.set(path, now);
      if (step.isWalked && now.content !== part.content) byRecord.add(path);
    } else if (made !== null && part === undefined && spec !== null && isMeant(spec, path))
      take(step, path, made);
    return null;
  }

  function take({ spec }: Step, path: string, { entry, node: upstreamNode }: Recorded): void {
    if (!inputs.has(path)) inputs.set(path, { ...partOf(entry, upstreamNode), path });
    if (spec !== null) request.onMeant(spec, { kind: entry.kind, path });
    request.onContent(upstreamNode, entry.path);
  }

  async function followFolder(step: Step, place: string): Promise<Failure | null> {
    const { path, spec } = step;
    const holdsMade = recorded.has(place) || below(place).length > 0;
    if (!step.isWalked || holdsMade) finish(step, 'folder');
    // Back to where it comes from: what lies there is found there, and following would never end.
    if (step.through.some((folder) => holds(place, folder))) return null;
    const through = [...step.through, place];
    const seenAs = (inside: string) => childOf(path, inside.slice(place === '' ? 0 : place.length + 1));
    if (spec !== null)
      for (const { by, spec: output } of context.madeBelow(place)) {
        const isOther = by.id !== task.id && !ids.has(by.id);
        if (isOther && isMeant(spec, seenAs(output.path))) return stranger(path, output.path, by);
      }
    for (const made of below(place)) {
      const inside = made.entry.path;
      const name = seenAs(inside);
      if (isWanted(spec, name)) take(step, name, made);
      if (made.entry.kind === 'symlink' && (spec === null || isMeant(spec, name) || reachesBelow(spec, name)))
        steps.push({
          path: name,
          at: inside,
          spec,
          isWalked: false,
          through: [...through, parentOf(inside)],
        });
    }
    return step.isWalked ? null : takeUsers(step, place, through, seenAs);
  }

  /** Files of the user's in a folder that a made link leads to. */
  async function takeUsers(
    { path, spec }: Step,
    place: string,
    through: readonly string[],
    seenAs: (inside: string) => string,
  ): Promise<Failure | null> {
    const folder = folderSpec(place, task);
    const found = await fingerprinter.matchInputs([folder], { isMade: context.isMade });
    const problem = found.problems[0];
    if (problem?.kind === 'input-unusable')
      return unusable(path, `leads to ${problem.path}, which ${problem.message}`);
    const readings = await fingerprinter.read(found.matches.map((match) => match.path));
    let isWhole = true;
    for (const [inside, reading] of readings) {
      const name = seenAs(inside);
      if (reading === null) continue;
      if (inside !== place && !isWanted(spec, name)) {
        isWhole = false;
        continue;
      }
      if ('problem' in reading) return unusable(name, reading.message);
      sources.push(reading);
      if (inside === place) continue;
      if (spec !== null) request.onMeant(spec, { kind: reading.kind, path: name });
      if (!inputs.has(name))
        inputs.set(name, {
          path: name,
          content: reading.content,
          executable: reading.executable,
          from: null,
          made: null,
        });
    }
    if (isWhole) watched.push(folder);
    for (const link of found.links)
      if (link.path !== place && leadsToMade(link.place))
        steps.push({ path: seenAs(link.path), at: link.path, spec, isWalked: true, through });
    return null;
  }
}

/** Is `path` the folder or below it? '' is the root, which holds whatever lies inside. */
function holds(folder: string, path: string): boolean {
  return folder === '' ? !leavesRoot(path) : isInside(folder, path);
}

function folderSpec(path: string, { position }: Task): InputSpec {
  return {
    name: null,
    kind: 'folder',
    path,
    negated: false,
    optional: true,
    external: leavesRoot(path),
    store: true,
    position,
  };
}

function unusable(path: string, message: string): Failure {
  return { kind: 'input-unusable', path, message };
}

function stranger(path: string, place: string, maker: Task): Failure {
  return unusable(path, `leads to ${place}, which ${maker.label} makes: list ${maker.label} under needs`);
}
