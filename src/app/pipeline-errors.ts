/** Thrown where a pipeline has errors: all of them together. */
import type { Diagnostic } from '../base/diagnostic.ts';

export class PipelineErrors extends Error {
  constructor(
    /** Warnings may be among them. */
    readonly diagnostics: readonly Diagnostic[],
    readonly textOf: (file: string) => string | null,
    /** Absolute: what the diagnostics' files are relative to. */
    readonly root: string,
  ) {
    super('the pipeline has errors');
  }
}
