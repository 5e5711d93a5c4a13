/** What the tables of wrong pipelines share. */

/** By name: the text of an `orch.yaml`. */
export type WrongPipelines = Readonly<Record<string, string>>;

export const HEAD = 'version: 1\nname: flow\n';

export function twentyTasks(body: string): string {
  return Array.from({ length: 20 }, (_, at) => `  t${at}: {${body}}\n`).join('');
}
