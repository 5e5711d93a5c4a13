/** Thrown where a pipeline has errors: all of them together. */
import type { Diagnostic } from '../base/diagnostic.ts';

export class PipelineErrors extends Error {
  constructor(
    readonly diagnostics: readonly Diagnostic[],
    readonly textOf: (file: string) => string | null,
  ) {
    super('the pipeline has errors');
  }
}
