/** `orch schema`. */
import { pipelineJsonSchema } from '../../pipeline/pipeline-schema.ts';
import { print } from '../output.ts';

export async function schema(): Promise<number> {
  print(`${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`);
  return 0;
}
