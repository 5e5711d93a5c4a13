/** The words about processes that outlive what started them, or would. */
import { printable } from './shown.ts';

/** Ended with the rest of a failed, timed out or interrupted task. */
export function escapedText(task: string, pids: readonly number[]): string {
  return pids.length === 1
    ? `${task}: process ${pids[0]} had left the task's process group and was ended with it`
    : `${task}: ${pids.length} processes had left the task's process group and were ended with it: ${listed(pids)}`;
}

/** Another user's, or waiting for a dead disk. */
export function unkillableText(task: string, pids: readonly number[]): string {
  return `${task}: could not be ended, not by SIGKILL either, and may still write to its outputs: ${pids.length === 1 ? 'process' : 'processes'} ${listed(pids)}`;
}

/** Of a task that succeeded; ended with the run. Without the variable `marker` they would not have been found. */
export function leftRunningText(
  task: string,
  processes: readonly { readonly pid: number; readonly command: string }[],
  marker: string,
): string {
  const named = listed(processes.map(({ pid, command }) => `${pid} (${printable(command)})`));
  const [what, were] =
    processes.length === 1 ? ['a process', 'was'] : [`${processes.length} processes`, 'were'];
  return `${task} left ${what} running, which ${were} ended with the run: ${named}. A service that should stay is started with \`env -u ${marker}\``;
}

const MOST = 5;

function listed(words: readonly (string | number)[]): string {
  return words.length <= MOST
    ? words.join(', ')
    : `${words.slice(0, MOST).join(', ')} and ${words.length - MOST} more`;
}
