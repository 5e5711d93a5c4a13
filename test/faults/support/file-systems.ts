/** File systems of a test's own: small, read-only or on an image. They need root; where it isn't had, tests say so. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, onTestFinished } from 'vitest';

function mounts(...args: readonly string[]): boolean {
  return spawnSync('mount', args).status === 0;
}

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const dir = mkdtempSync(join(tmpdir(), 'orch-may-mount-'));
  const may = mounts('-t', 'tmpfs', 'orch-test', dir);
  if (may) spawnSync('umount', [dir]);
  rmSync(dir, { recursive: true, force: true });
  return may;
}

/** `it` where file systems can be mounted; else a skipped test. In CI on Linux not being able to is a failure of its test. */
export function itMounting(title: string, body: () => Promise<void>, timeoutMs?: number): void {
  const isSkipped = process.platform !== 'linux' || (!mayMount() && process.env['CI'] !== 'true');
  it.skipIf(isSkipped)(`${title} (needs root and the right to mount)`, body, timeoutMs);
}

/** A folder that goes away with the test. */
export function tempFolder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'orch-fs-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Mounts until the test ends: `mount ARGS dir`. */
export function mount(dir: string, ...args: readonly string[]): void {
  must('mount', [...args, dir]);
  onTestFinished(() => unmount(dir));
}

/** With other options from now on: `size=10m`, `ro`. */
export function remount(dir: string, options: string): void {
  must('mount', ['-o', `remount,${options}`, dir]);
}

export function unmount(dir: string): void {
  spawnSync('umount', ['-l', dir]);
}

export function must(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
