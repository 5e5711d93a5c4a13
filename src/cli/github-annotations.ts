/**
 * What is wrong with a pipeline, marked at its place in the files that GitHub Actions shows. On stderr, as the messages
 * themselves: GitHub reads both streams, and stdout may be data.
 */
import { join, relative } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { SourcePosition } from '../model/ids.ts';
import { annotationCommand } from '../reporters/github.ts';
import { printError } from './output.ts';
import { isGithub } from './style.ts';

/** GitHub shows ten of each kind for a step. */
const MAX_ANNOTATIONS = 10;

/** Does nothing elsewhere. `root`: absolute, what the diagnostics' files are relative to. */
export function annotateDiagnostics(diagnostics: readonly Diagnostic[], root: string): void {
  if (!isGithub(process.env)) return;
  for (const level of ['error', 'warning'] as const)
    for (const { file, line, column, code, message, hint } of diagnostics
      .filter(({ severity }) => severity === level)
      .slice(0, MAX_ANNOTATIONS)) {
      const place = file === null ? null : placeInRepository(root, { file, line, column });
      const text = hint === undefined ? message : `${message}\n${hint}`;
      printError(`${annotationCommand({ level, title: `orch: ${code}`, message: text, place })}\n`);
    }
}

/** GitHub knows files by their path in the checked-out repository. */
export function placeInRepository(root: string, { file, line, column }: SourcePosition): SourcePosition {
  const repository = process.env['GITHUB_WORKSPACE'] || process.cwd();
  return { file: relative(repository, join(root, file)), line, column };
}
