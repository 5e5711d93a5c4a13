/** `orch schema`: the JSON Schema of pipeline files, or where the built one lies for an editor's settings. */
import { join } from 'node:path';
import { pipelineJsonSchema } from '../../pipeline/pipeline-schema.ts';
import { print } from '../output.ts';

export const OLD_SCHEMA =
  '.orch.schema.json is of another version of orch: `orch schema > .orch.schema.json` renews it';

/** What `orch init` writes beside a pipeline and the build puts into the installation, byte for byte. */
export function schemaText(): string {
  return `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`;
}

/** `path`: print the path of this installation's copy, which is always of this version. */
export async function schema(options: { readonly path?: boolean }): Promise<number> {
  print(options.path === true ? `${join(__dirname, 'schema.json')}\n` : schemaText());
  return 0;
}
