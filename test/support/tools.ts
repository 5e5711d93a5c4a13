/** Tests that need a program which isn't everywhere: skipped by a name that says so, but never in CI. */
import { spawnSync } from 'node:child_process';
import { it } from 'vitest';

export function hasTool(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** There is no such thing on other systems, not even in CI. */
const LINUX_ONLY: readonly string[] = ['strace', 'prlimit'];

/** `it` where the tool is there; else a skipped test. In CI a missing tool is a failure of its test. */
export function itWith(
  tool: string,
): (title: string, body: () => Promise<void> | void, timeoutMs?: number) => void {
  const isElsewhere = process.platform !== 'linux' && LINUX_ONLY.includes(tool);
  const isMissing = !hasTool(tool) && (isElsewhere || process.env['CI'] !== 'true');
  return (title, body, timeoutMs) => it.skipIf(isMissing)(`${title} (needs ${tool})`, body, timeoutMs);
}
