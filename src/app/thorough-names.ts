/**
 * The names of a project's pipelines by reading its files, broken ones too: of those, what was known before, or
 * what a look at their lines gives. Runs nothing, writes nothing, says nothing.
 */
import { namesOf, type PipelineNames } from '../state/names.ts';
import { type QuickNames, scannedNames } from './quick-names.ts';

export interface NamesRequest {
  readonly quick: QuickNames;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `YYYY-MM-DD` */
  readonly today: string;
}

export async function thoroughNames({
  quick,
  environment,
  today,
}: NamesRequest): Promise<readonly PipelineNames[]> {
  const { found, last } = quick;
  if (found === null) return [];
  const { loadPipelines } = await import('../pipeline/load.ts');
  const { pipelines } = await loadPipelines({
    root: found.root,
    files: found.files,
    environment,
    params: [],
    today,
    reservedFlags: [],
    rootPath: found.root,
  });
  return found.files.map((file) => {
    const pipeline = pipelines.find((each) => each.file === file.path);
    return pipeline === undefined ? scannedNames(file, last) : namesOf(pipeline);
  });
}
