/** Which errors a watch lives with, and which end it. */
import { CommandError } from '../app/exit-codes.ts';
import { PipelineErrors } from '../app/pipeline-errors.ts';

/** Nothing that is edited in the project makes it right: what was asked for is wrong. */
export function isFinal(trouble: PipelineErrors | CommandError): boolean {
  return (
    trouble instanceof CommandError ||
    trouble.diagnostics.some(({ severity, file }) => severity === 'error' && file === null)
  );
}

/** Not a bug: a person can do something about it. */
export function isExpected(error: unknown): boolean {
  if (error instanceof PipelineErrors || error instanceof CommandError) return true;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && syscall !== undefined;
}
