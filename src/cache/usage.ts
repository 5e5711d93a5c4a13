/**
 * About how large the store is, without walking it: a counted size, and what was added since, one line for each
 * process that added something. Removals aren't noted, so it may say too much; lines of killed processes are lost,
 * so it may say too little: after a day it is counted anew. Knows nothing of caps.
 *
 *     =<size in bytes> <counted at, Unix ms> <floor in bytes>
 *     +<added bytes>
 *     …
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { removeFile } from '../base/atomic-file.ts';
import { nameTemp, type Workspace, writeTemp } from './workspace.ts';

export interface Usage {
  readonly sizeBytes: number;
  /** What the last trim couldn't get below, 0 where it could: trimming again at once would be in vain. */
  readonly floorBytes: number;
}

const COUNTED_EVERY_MS = 24 * 60 * 60_000;

/** null where it must be counted: missing, damaged, too old, or of the future. */
export function readUsage(workspace: Workspace, nowMs: number): Usage | null {
  let text: string;
  try {
    text = readFileSync(workspace.layout.usage, 'latin1');
  } catch {
    return null;
  }
  const [head = '', ...lines] = text.split('\n');
  // A last line without its end may have lost digits.
  if (lines.pop() !== '') return null;
  const counted = /^=(\d{1,15}) (\d{1,15}) (\d{1,15})$/.exec(head);
  if (counted === null || Math.abs(nowMs - Number(counted[2])) > COUNTED_EVERY_MS) return null;
  let sizeBytes = Number(counted[1]);
  for (const line of lines) {
    if (!/^\+\d{1,15}$/.test(line)) return null;
    sizeBytes += Number(line.slice(1));
  }
  return { sizeBytes, floorBytes: Number(counted[3]) };
}

/** Adds a line, where it can; what can't be noted is found by the next count. */
export function noteAdded({ layout }: Workspace, bytes: number): void {
  try {
    appendFileSync(layout.usage, `+${Math.round(bytes)}\n`);
  } catch {
    // Then nothing else can be written here either.
  }
}

/** What others add at this moment is lost to it. */
export function writeUsage(workspace: Workspace, { sizeBytes, floorBytes }: Usage, nowMs: number): void {
  try {
    const temp = writeTemp(workspace, `=${sizeBytes} ${nowMs} ${floorBytes}\n`);
    try {
      nameTemp(workspace, temp, workspace.layout.usage);
    } finally {
      removeFile(temp);
    }
  } catch {
    // It's counted again next time.
  }
}
