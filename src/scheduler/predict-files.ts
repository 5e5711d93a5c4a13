/** Which files a run would take out of the way of its tasks: for `--dry-run`. Looks at the disk, changes nothing. */
import type { FileFate } from '../model/prediction.ts';
import type { Foresight } from './predict.ts';
import { clearingOf, orphansInTheWay } from './workspace.ts';

/** Each file once, with the first task that would. What lies below a task that would run is a guess like all of it. */
export function fileFates({ nodes, predictions, inspection }: Foresight): FileFate[] {
  const fates = new Map<string, FileFate>();
  const { workspace } = inspection;
  for (const node of nodes) {
    const { task } = node;
    const prediction = predictions.get(node);
    const runs =
      prediction?.will === 'run' || (prediction?.will === 'perhaps' && prediction.ifSame === 'run');
    if (prediction === undefined || (!runs && prediction.will !== 'restore')) continue;
    const add = (path: string, would: FileFate['would'], because: FileFate['because']) => {
      if (!fates.has(path)) fates.set(path, { path, task: task.label, would, because });
    };
    const clearing = clearingOf(task, prediction.will === 'restore' ? prediction.result : null, workspace);
    for (const path of clearing.setAside) add(path, 'set-aside', 'foreign');
    for (const { path } of clearing.occupied) add(path, 'set-aside', 'foreign');
    if (!runs) continue;
    for (const { entry, isStored } of orphansInTheWay(task, inspection.orphans(), workspace))
      if (entry.kind !== 'folder') add(entry.path, isStored ? 'remove' : 'set-aside', 'orphan');
  }
  return [...fates.values()];
}
