/** `orch validate [FILE…]`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../app/exit-codes.ts';
import { PipelineErrors } from '../../app/pipeline-errors.ts';
import { openProject } from '../../app/project.ts';
import { SCHEMA_FILE } from '../../app/schema-file.ts';
import { warningsOf } from '../../app/warnings.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { type DiagnosedFiles, diagnosticJson, printDiagnostics, printErrorCount } from '../diagnostics.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';
import { OLD_SCHEMA, schemaText } from './schema.ts';

interface Checked extends DiagnosedFiles {
  readonly diagnostics: readonly Diagnostic[];
  readonly tasks: number;
  readonly pipelines: readonly string[];
}

/** Errors and warnings go to stderr, the verdict to stdout. */
export async function validate(files: readonly string[], options: GlobalOptions): Promise<number> {
  const checks = files.length === 0 ? [await check(options)] : [];
  for (const file of files) checks.push(await check({ ...options, file, isFileFlag: false }));
  const diagnostics = checks.flatMap((each) => each.diagnostics);
  const isValid = diagnostics.every(({ severity }) => severity !== 'error');
  const exitCode = isValid ? EXIT.done : EXIT.usage;
  if (options.json === true) {
    const all = checks.flatMap((each) =>
      each.diagnostics.map((diagnostic) => diagnosticJson(diagnostic, each)),
    );
    print(`${JSON.stringify({ valid: isValid, diagnostics: all }, null, 2)}\n`);
    return exitCode;
  }
  for (const each of checks)
    printDiagnostics(each.diagnostics, { ...each, noColor: options.color === false });
  printErrorCount(diagnostics);
  if (isValid && options.quiet !== true) {
    const pipelines = [...new Set(checks.flatMap((each) => each.pipelines))];
    const tasks = checks.reduce((sum, each) => sum + each.tasks, 0);
    print(`valid: ${pipelines.join(', ')} (${tasks} ${tasks === 1 ? 'task' : 'tasks'})\n`);
    if (checks.some(({ root }) => hasOldSchema(root))) {
      const { paint } = terminalFor(process.stderr, options.color === false, process.env);
      printError(`${paint('hint', 'hint:')} ${OLD_SCHEMA}\n`);
    }
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
