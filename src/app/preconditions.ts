/**
 * What must hold before anything runs: secrets are set, inputs that no task makes exist, and outputs of tasks that
 * never ran aren't occupied by files of the user. Reads the disk, changes nothing.
 */
import { join, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { lstatOrNull } from '../base/lstat.ts';
import { childOf, leavesRoot } from '../base/path.ts';
import type { InputSpec, Task } from '../model/task.ts';
import type { DiagnosticCode } from '../pipeline/catalogue/index.ts';
import { typed } from '../reporters/phrases.ts';
import type { LookContext } from '../scheduler/context.ts';
import { createInspection, type Inspection } from '../scheduler/inspect.ts';
import { clearingOf, occupation } from '../scheduler/workspace.ts';
import { PipelineErrors } from './pipeline-errors.ts';
import type { Project } from './project.ts';
import { checkSecrets } from './secret-checks.ts';

/**
 * Throws PipelineErrors, or CommandError, for what a run of this plan refuses before it starts anything. Where there is
 * something, `lookAgain` may read the records anew: what another run has begun to make is in nobody's way.
 */
export async function refuseWhatCannotRun(
  project: Project,
  context: LookContext,
  environment: Readonly<Record<string, string | undefined>>,
  lookAgain: () => boolean = () => false,
): Promise<void> {
  const find = async () => [
    ...(await checkSecrets(project, context.plan, environment)),
    ...(await checkInputs(context)),
    ...checkOutputs(context),
  ];
  let problems = await find();
  if (problems.length > 0 && lookAgain()) problems = await find();
  if (problems.length > 0) throw new PipelineErrors(problems, project.textOf, project.layout.root);
}

async function checkInputs(context: LookContext): Promise<Diagnostic[]> {
  const problems: Diagnostic[] = [];
  const inspection = createInspection(context, [], () => ({}));
  // What the cells of a matrix share is one input, looked at once and told once.
  const shared = new Map<string, { readonly spec: InputSpec; readonly tasks: Task[] }>();
  for (const { task } of context.plan.nodes)
    for (const spec of task.inputs) {
      if (spec.optional || spec.negated || (!context.options.only && context.graph.isMadeInput(spec)))
        continue;
      const name = JSON.stringify([
        task.pipeline,
        task.name,
        spec.kind,
        spec.path,
        spec.external,
        spec.position,
      ]);
      const known = shared.get(name);
      if (known === undefined) shared.set(name, { spec, tasks: [task] });
      else known.tasks.push(task);
    }
  for (const { spec, tasks } of shared.values()) {
    const problem = await checkInput(whose(tasks), spec, context, inspection);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

/** `train`, or `3 cells of train`. */
function whose(tasks: readonly Task[]): string {
  const { label } = tasks[0]!;
  return tasks.length === 1 ? label : `${tasks.length} cells of ${label.slice(0, `${label}[`.indexOf('['))}`;
}

async function checkInput(
  reader: string,
  spec: InputSpec,
  context: LookContext,
  inspection: Inspection,
): Promise<Diagnostic | null> {
  const { layout, options, ownership } = context;
  if (spec.kind === 'glob') {
    // Without the negations: a pattern that finds files which are then taken away isn't mistyped.
    const found = await context.fingerprinter.matchInputs([spec], {
      isMade: options.only ? () => false : inspection.gathering.isMade,
    });
    if (found.matches.length > 0 || isMadeBehindLink(spec, context)) return null;
    return diagnose(
      spec,
      'input-missing',
      `no file matches the input ${spec.path} of ${reader}`,
      'add a matching file, correct the pattern, or write {path: …, optional: true}',
    );
  }
  const path = spec.external ? resolve(layout.root, spec.path) : join(layout.root, spec.path);
  const isThere = lstatOrNull(path) !== null;
  if (!isThere && isMadeBehindLink(spec, context)) return null;
  if (!isThere)
    return diagnose(
      spec,
      'input-missing',
      `the input ${spec.path} of ${reader} does not exist${options.only ? '' : ' and no task makes it'}`,
      'create it, correct the path, or write {path: …, optional: true}',
    );
  const isOrphan =
    !options.only &&
    spec.kind === 'file' &&
    ownership.contentOf(spec.path) !== null &&
    inspection.gathering.isMade(spec.path);
  if (!isOrphan) return null;
  return diagnose(
    spec,
    'input-orphan',
    `the input ${spec.path} of ${reader} was made by a task that the pipeline no longer has`,
    'bring the task back, or make the file your own: copy it to another name and list that',
  );
}

/** A task makes it, behind a link of the user's. */
function isMadeBehindLink(
  spec: InputSpec,
  { graph, matching, fingerprinter, options }: LookContext,
): boolean {
  if (spec.external || options.only) return false;
  const literal = spec.kind === 'glob' ? matching.parentOf(spec.path) : spec.path;
  const place = fingerprinter.placeOf(literal);
  if (place === null || place === literal || leavesRoot(place)) return false;
  const rest = spec.path.slice(literal.length).replace(/^\//, '');
  return graph.isMadeInput({ ...spec, path: rest === '' ? place : childOf(place, rest) });
}

/** Only for tasks without any record: others may turn out to be up to date, and are checked when they act. */
function checkOutputs(context: LookContext): Diagnostic[] {
  const inspection = createInspection(context, [], () => ({}));
  return context.plan.nodes.flatMap(({ task }) => {
    if (task.outputs.every((spec) => spec.kind === 'file') || context.journal.lastAttempt(task.id) !== null)
      return [];
    const occupied = occupation(clearingOf(task, null, inspection.workspace), inspection.workspace);
    if (occupied === null || occupied.kind !== 'output-occupied') return [];
    const spec = task.outputs.find(
      (output) => `${output.path}/` === occupied.output || output.path === occupied.output,
    )!;
    const shown =
      occupied.paths.length > 5
        ? `${occupied.paths.slice(0, 5).join(', ')} and ${occupied.paths.length - 5} more`
        : occupied.paths.join(', ');
    return [
      diagnose(
        spec,
        'output-occupied',
        `the output ${occupied.output} of ${task.label} already holds files that orch did not make: ${shown}`,
        `keep them as the result with \`orch accept ${typed(task.label)}\`, or let them be set aside with \`orch run --replace ${typed(task.label)}\``,
      ),
    ];
  });
}

function diagnose(
  { position }: Pick<InputSpec, 'position'>,
  code: DiagnosticCode,
  message: string,
  hint: string,
): Diagnostic {
  return {
    severity: 'error',
    code,
    message,
    hint,
    ...position,
  };
}
