/**
 * At the end of a run: tells of processes that commands have left running though they succeeded. A service that a
 * deploy starts is meant to stay, and nothing is done to it; a worker that was forgotten may still write.
 */
import type { RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import { leftRunningText } from '../reporters/process-phrases.ts';
import type { Node } from '../scheduler/node.ts';

/** One pass over the process table, only where a command ran. What a nested orch's tasks left, that one tells. */
export async function tellOfLeftRunning(
  run: RunId,
  nodes: readonly Node[],
  emit: (event: RunEventBody) => void,
): Promise<void> {
  if (!nodes.some(({ attempts }) => attempts > 0)) return;
  const { markedProcesses } = await import('../executors/process-tree.ts');
  const byTask = new Map<string, { pid: number; command: string }[]>();
  for (const [marker, processes] of markedProcesses(`${run}-`)) {
    const [index] = marker.slice(run.length + 1).split('-');
    const label = nodes[Number(index)]?.task.label;
    if (label !== undefined) byTask.set(label, [...(byTask.get(label) ?? []), ...processes]);
  }
  for (const [task, processes] of byTask)
    emit({
      event: 'notice',
      level: 'note',
      code: 'left-running',
      message: leftRunningText(task, processes),
      task,
    });
}
