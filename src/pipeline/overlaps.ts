/**
 * Finds outputs that certainly overlap with another task's outputs or with the task's own inputs. Where globs
 * make it only possible, nothing is said: the files decide that when they are there.
 */
import { compileExclusion, compileGlob, globParent } from '../base/glob.ts';
import type { InputSpec, OutputSpec, Task } from '../model/task.ts';
import { foldersAbove } from './paths.ts';
import type { Problems } from './problems.ts';

type Writer = Pick<Task, 'label' | 'pipeline'> & {
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
};

interface Claim {
  readonly task: Writer;
  readonly spec: OutputSpec;
}

/** Linear in the number of paths: each is looked up by itself and by the folders above it. */
export function refuseOverlaps(tasks: readonly Writer[], problems: Problems): void {
  const claims = tasks.flatMap((task) => task.outputs.map((spec): Claim => ({ task, spec })));
  const literals = new Map<string, Claim>();
  const globs = new Map<string, Claim>();
  for (const claim of claims) {
    const index = claim.spec.kind === 'glob' ? globs : literals;
    const before = index.get(claim.spec.path);
    if (before === undefined) index.set(claim.spec.path, claim);
    else reportPair(before, claim, problems);
  }
  for (const claim of claims) {
    const path = claim.spec.kind === 'glob' ? globParent(claim.spec.path) : claim.spec.path;
    const above = claim.spec.kind === 'glob' ? [path, ...foldersAbove(path)] : foldersAbove(path);
    for (const folder of above) {
      const outer = literals.get(folder);
      if (outer !== undefined && outer.task !== claim.task) reportPair(outer, claim, problems);
    }
  }
  if (globs.size > 0) matchLiterals([...literals.values()], [...globs.values()], problems);
  for (const task of tasks) refuseOwnInputs(task, problems);
}

/** A literal output that another task's output glob matches. */
function matchLiterals(literals: readonly Claim[], globs: readonly Claim[], problems: Problems): void {
  const byFolder = new Map<string, { claim: Claim; prefix: string; matches: (path: string) => boolean }[]>();
  for (const claim of globs) {
    const parent = globParent(claim.spec.path);
    // Most globs of a folder differ by how they begin, which is far cheaper to compare.
    const prefix = /^[^*?[\]{}()!+@\\]*/.exec(claim.spec.path)![0];
    const entry = { claim, prefix, matches: compileGlob(claim.spec.path) };
    const there = byFolder.get(parent);
    if (there === undefined) byFolder.set(parent, [entry]);
    else there.push(entry);
  }
  for (const literal of literals) {
    if (literal.spec.kind === 'folder') continue;
    for (const folder of ['', ...foldersAbove(literal.spec.path)])
      for (const { claim, prefix, matches } of byFolder.get(folder) ?? [])
        if (claim.task !== literal.task && literal.spec.path.startsWith(prefix) && matches(literal.spec.path))
          reportPair(claim, literal, problems);
  }
}

function reportPair(one: Claim, other: Claim, problems: Problems): void {
  // The later one in the file is the one that is pointed at.
  const [first, second] = isBefore(other.spec, one.spec) ? [other, one] : [one, other];
  const same = first.spec.path === second.spec.path;
  const what = same
    ? `both write ${first.spec.path}`
    : `write ${shown(first.spec)} and ${shown(second.spec)}, which overlap`;
  const nameOf = ({ task }: Claim) =>
    first.task.pipeline === second.task.pipeline ? task.label : `${task.pipeline}:${task.label}`;
  const isOneEntry = samePlace(first.spec, second.spec);
  problems.error(
    'overlapping-outputs',
    second.spec.position,
    `${nameOf(first)} and ${nameOf(second)} ${what}`,
    {
      hint: isOneEntry ? 'put what tells the cells apart into the path, such as ${{ matrix.… }}' : null,
      related: isOneEntry
        ? []
        : [{ ...first.spec.position, message: `${nameOf(first)} writes ${shown(first.spec)}` }],
    },
  );
}

function shown({ kind, path }: OutputSpec): string {
  return kind === 'folder' ? `${path}/` : path;
}

function isBefore({ position: a }: OutputSpec, { position: b }: OutputSpec): boolean {
  if (a.file !== b.file) return a.file < b.file;
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}

function samePlace({ position: a }: OutputSpec, { position: b }: OutputSpec): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}

function refuseOwnInputs(task: Writer, problems: Problems): void {
  if (task.outputs.length === 0 || task.inputs.length === 0) return;
  const negations = task.inputs
    .filter((input) => input.negated)
    .map((input) => coverage(input, compileExclusion));
  const outputs = task.outputs.map((output) => {
    const path = output.kind === 'glob' ? globParent(output.path) : output.path;
    // What a negation takes from a glob output isn't certain: then nothing is said.
    const isLeftOut =
      output.kind === 'glob' ? negations.length > 0 : negations.some((negation) => negation(path));
    return { output, path, isLeftOut, covers: coverage(output) };
  });
  for (const input of task.inputs) {
    if (input.negated || input.external) continue;
    const covers = coverage(input);
    for (const { output, path, isLeftOut, covers: outputCovers } of outputs) {
      const bothGlobs = output.kind === 'glob' && input.kind === 'glob';
      const isRead = bothGlobs ? input.path === output.path : path !== '' && covers(path);
      const holdsInput = input.kind !== 'glob' && outputCovers(input.path);
      if ((isRead && !isLeftOut) || holdsInput)
        problems.error('own-input', output.position, `${task.label} writes its own input: ${output.path}`, {
          hint: input.kind === 'file' ? null : `leave it out of the inputs by "!${output.path}"`,
          related: [
            { ...input.position, message: `${input.path === '' ? './' : input.path} is an input here` },
          ],
        });
    }
  }
}

/** Does a declared path certainly cover a path? A literal may be a folder: then what lies in it belongs to it. */
function coverage(
  { kind, path }: Pick<InputSpec, 'kind' | 'path'>,
  compile: (glob: string) => (path: string) => boolean = compileGlob,
): (path: string) => boolean {
  if (kind === 'glob') return compile(path);
  const prefix = path === '' ? '' : `${path}/`;
  return (other) => other === path || other.startsWith(prefix);
}
