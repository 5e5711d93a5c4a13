/** Reads one file as far as it goes by itself: YAML, schema, name, parameters. Tasks come later, all together. */
import type { JsonValue } from '../model/ids.ts';
import type { PipelineDraft } from './draft.ts';
import { isNoPipeline, otherToolMessage, toolOfText, toolOfYaml } from './other-tools.ts';
import type { ReadLoose } from './param-types.ts';
import { type GivenParam, readParams } from './params.ts';
import { PIPELINE } from './pipeline-schema.ts';
import { collectProblems, type Problems } from './problems.ts';
import { readYaml, type YamlLibrary } from './read-yaml.ts';
import { checkSchema } from './schema-check.ts';
import { readTexts } from './texts.ts';
import { child, entriesOf, subjectAt, textOf, toJson } from './yaml-node.ts';

export interface PipelineFileRequest {
  readonly file: { readonly path: string; readonly text: Uint8Array };
  readonly yaml: YamlLibrary;
  readonly problems: Problems;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly environmentUsed: Set<string>;
  readonly params: readonly GivenParam[];
  readonly reservedFlags: readonly string[];
}

/** null where nothing of the file is usable. */
export function readPipelineFile(request: PipelineFileRequest): PipelineDraft | null {
  const { file, yaml, problems, environment, environmentUsed, params: given, reservedFlags } = request;
  const { source, root, leftOut } = readYaml(file.path, file.text, yaml, problems);
  if (root === null) return null;
  for (const offset of leftOut) problems.doubt(file.path, subjectAt(root, offset));
  const tool = root.kind === 'scalar' ? toolOfText(file.path, source.text) : toolOfYaml(root, file.path);
  if (tool !== null) {
    problems.error('other-tool', source.position(tool.span), otherToolMessage(tool), { hint: tool.hint });
    return null;
  }
  if (isNoPipeline(root, PIPELINE)) {
    const { start } = root.span;
    problems.error(
      'missing-key',
      source.position({ start, end: start }),
      'this is no pipeline: version and tasks are missing, and so is everything else of one',
      { hint: 'a pipeline starts with `version: 1` and `tasks:`; `orch init` writes one to begin with' },
    );
    return null;
  }
  checkSchema(root, PIPELINE, '', { source, problems });
  if (root.kind !== 'map') return null;
  const name = textOf(child(root, 'name')) ?? nameOfFile(file.path);
  const params = readParams({
    pipeline: name,
    node: child(root, 'params'),
    tasks: new Set(entriesOf(child(root, 'tasks')).map(({ key }) => key)),
    source,
    problems,
    environment,
    environmentUsed,
    given,
    reservedFlags,
    readLoose: looseReader(yaml),
  });
  const paramValues: Record<string, JsonValue> = Object.create(null);
  for (const param of params) paramValues[param.name] = param.value;
  const declaredParams = entriesOf(child(root, 'params')).map((entry) => entry.key);
  return { name, source, root, texts: readTexts(source, problems), params, declaredParams, paramValues };
}

/** A pipeline is called like its file, without folder and ending. */
export function nameOfFile(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.ya?ml$/i, '');
}

/** YAML on a command line: the same reader as for files, so that the same is refused. */
function looseReader(yaml: YamlLibrary): ReadLoose {
  return (text) => {
    const problems = collectProblems();
    const { root } = readYaml('', new TextEncoder().encode(text), yaml, problems);
    const [first] = problems.sorted();
    if (first !== undefined) return { ok: false, error: first.message };
    return root === null ? { ok: false, error: 'it is empty' } : { ok: true, value: toJson(root) };
  };
}
