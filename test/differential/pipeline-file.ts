/** Writes a pipeline of the differential test as a user would: `orch.yaml`. It knows nothing of what a run does. */
import { script } from './commands.ts';
import { cellLabel, type NeedSpec, type PipelineSpec } from './workload.ts';

/** The text of `orch.yaml`. */
export function toYaml(pipeline: PipelineSpec): string {
  const nameOf = new Map(pipeline.tasks.map((task) => [task.mark, task.name]));
  const need = ({ mark, cells, orderOnly }: NeedSpec) => {
    const chosen = cells === 'all' ? '[*]' : cells === 'agree' ? '' : `[${cellLabel(cells)}]`;
    const text = `${nameOf.get(mark)}${chosen}`;
    return orderOnly ? { task: text, order_only: true } : text;
  };
  const lines = [`version: 1`, `name: flow`, `default: ${JSON.stringify(pipeline.default)}`];
  if (pipeline.comment !== '') lines.push(`# ${pipeline.comment}`);
  lines.push(`params: ${JSON.stringify(pipeline.params)}`, 'tasks:');
  for (const task of pipeline.tasks) {
    lines.push(`  ${task.name}:`);
    const field = (name: string, value: unknown) => lines.push(`    ${name}: ${JSON.stringify(value)}`);
    if (task.description !== '') field('description', task.description);
    if (task.matrix !== null) {
      const exclude = task.exclude.length > 0 ? { exclude: task.exclude } : {};
      field('matrix', { ...task.matrix, ...exclude });
    }
    if (task.needs.length > 0) field('needs', task.needs.map(need));
    if (task.inputs.length > 0) field('inputs', task.inputs);
    if (task.outputs.length > 0) field('outputs', task.outputs);
    if (task.lists.length > 0) field('params', task.lists);
    if (task.word !== null) field('env', { WORD: task.word });
    if (!task.cache) field('cache', false);
    if (!task.group)
      lines.push(
        '    run: |',
        ...script(task)
          .trimEnd()
          .split('\n')
          .map((line) => `      ${line}`),
      );
  }
  return `${lines.join('\n')}\n`;
}
