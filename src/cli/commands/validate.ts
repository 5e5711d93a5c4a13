/** `orch validate [FILE…]`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../app/exit-codes.ts';
import { PipelineErrors } from '../../app/pipeline-errors.ts';
import { openProject } from '../../app/project.ts';
import { SCHEMA_FILE } from '../../app/schema-file.ts';
import { warningsOf } from '../../app/warnings.ts';
import { type Diagnostic, formatDiagnostic } from '../../base/diagnostic.ts';
import { annotateDiagnostics } from '../github-annotations.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';
import { OLD_SCHEMA, schemaText } from './schema.ts';

interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  readonly tasks: number;
  readonly pipelines: readonly string[];
  readonly textOf: (file: string) => string | null;
  readonly root: string;
}

/** Errors and warnings go to stderr, the verdict to stdout. */
export async function validate(files: readonly string[], options: GlobalOptions): Promise<number> {
  const checks = files.length === 0 ? [await check(options)] : [];
  for (const file of files) checks.push(await check({ ...options, file, isFileFlag: false }));
  const diagnostics = checks.flatMap((each) => each.diagnostics);
  const isValid = diagnostics.every(({ severity }) => severity !== 'error');
  const exitCode = isValid ? EXIT.done : EXIT.usage;
  if (options.json === true) {
    print(`${JSON.stringify({ valid: isValid, diagnostics }, null, 2)}\n`);
    return exitCode;
  }
  const { paint } = terminalFor(process.stderr, options.color === false, process.env);
  for (const { diagnostics: found, textOf } of checks)
    for (const diagnostic of found)
      printError(
        `${formatDiagnostic(diagnostic, diagnostic.file === null ? null : textOf(diagnostic.file), { color: paint })}\n`,
      );
  for (const { diagnostics: found, root } of checks) annotateDiagnostics(found, root);
  if (isValid && options.quiet !== true) {
    const pipelines = [...new Set(checks.flatMap((each) => each.pipelines))];
    const tasks = checks.reduce((sum, each) => sum + each.tasks, 0);
    print(`valid: ${pipelines.join(', ')} (${tasks} ${tasks === 1 ? 'task' : 'tasks'})\n`);
    if (checks.some(({ root }) => hasOldSchema(root)))
      printError(`${paint('hint', 'hint:')} ${OLD_SCHEMA}\n`);
  }
  return exitCode;
}

/** Is the copy that editors read of another version? */
function hasOldSchema(root: string): boolean {
  try {
    return readFileSync(join(root, SCHEMA_FILE), 'utf8') !== schemaText();
  } catch {
    return false;
  }
}

async function check(options: GlobalOptions): Promise<Checked> {
  try {
    const project = await openProject(projectRequest(options, [], false));
    const pipelines = project.pipelines.filter(
      ({ name }) => project.chosen === null || name === project.chosen,
    );
    return {
      diagnostics: await warningsOf(project),
      tasks: pipelines.reduce((sum, { tasks }) => sum + tasks.length, 0),
      pipelines: pipelines.map(({ file }) => file),
      textOf: project.textOf,
      root: project.layout.root,
    };
  } catch (error) {
    if (!(error instanceof PipelineErrors)) throw error;
    const { diagnostics, textOf, root } = error;
    return { diagnostics, textOf, root, tasks: 0, pipelines: [] };
  }
}
