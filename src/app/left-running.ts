/**
 * At the end of a run: ends processes that commands have left running though they succeeded, and says so. A server
 * that one task starts and others use lives as long as the run; a worker that was forgotten must not go on writing.
 * Who means a service to stay starts it without the marker.
 */
import type { RunEventBody } from '../model/event.ts';
import type { RunId } from '../model/ids.ts';
import { leftRunningText } from '../reporters/process-phrases.ts';
import type { Node } from '../scheduler/node.ts';
import { processSignals } from './attend.ts';

/** One pass over the process table, only where a command ran. A signal cuts the processes' grace short. */
export async function endLeftRunning(
  run: RunId,
  nodes: readonly Node[],
  emit: (event: RunEventBody) => void,
): Promise<void> {
  if (!nodes.some(({ attempts }) => attempts > 0)) return;
  const { endTree, MARKER_VARIABLE, markedProcesses } = await import('../executors/process-tree.ts');
  const found = [...markedProcesses(`${run}-`)].flatMap(([marker, processes]) => {
    const node = nodes[Number(marker.slice(run.length + 1).split('-')[0])];
    return node === undefined ? [] : { task: node.task, marker, processes };
  });
  const endings = found.map(({ task, marker }) =>
    endTree({ leader: 0, ownsGroup: false, marker }, 'SIGTERM', task.graceMs),
  );
  const release = processSignals(() => {
    for (const ending of endings) ending.kill();
  });
  await Promise.all(endings.map(({ done }) => done));
  release();
  for (const { task, processes } of found)
    emit({
      event: 'notice',
      level: 'note',
      code: 'left-running',
      message: leftRunningText(task.label, processes, MARKER_VARIABLE),
      task: task.label,
    });
}
