/**
 * Says in one sentence why a command couldn't be started. The system's codes alone mislead: ENOENT means a
 * missing command, a missing working directory or a missing interpreter. It starts nothing itself.
 */
import { existsSync, statSync } from 'node:fs';

export interface CommandLine {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What no system could start, told before anything is opened; null where the command may be tried. */
export function refusedCommand(command: CommandLine): string | null {
  if (command.argv.length === 0 || command.argv[0] === '') return 'the command is empty';
  const argument = command.argv.findIndex((text) => text.includes('\0'));
  if (argument === 0) return 'the command holds a NUL byte, which no command line can carry';
  if (argument > 0)
    return `argument ${argument} of the command holds a NUL byte, which no command line can carry`;
  for (const [name, value] of Object.entries(command.env)) {
    if (name.includes('\0') || value.includes('\0')) {
      return `the environment variable ${name.replaceAll('\0', '')} holds a NUL byte, which no environment can carry`;
    }
  }
  return null;
}

/** The reason behind an error of `spawn`. Looks at the disk. */
export function spawnFailure(error: NodeJS.ErrnoException, command: CommandLine): string {
  const name = command.argv[0] ?? '';
  switch (error.code) {
    case 'ENOENT':
      return missing(name, command.cwd);
    case 'ENOTDIR':
      return folderProblem(command.cwd) ?? `command not found: ${name} (a part of its path is no folder)`;
    case 'EACCES':
    case 'EPERM':
      if (isFolder(name)) return `not a command: ${name} is a folder`;
      return `not allowed to execute ${name}, or to enter ${command.cwd} (is it executable?)`;
    case 'E2BIG':
      return `the command line with its environment is too long for this system (${sizeBytes(command)} bytes; a single argument may have 131072 on Linux): pass long lists in a file`;
    case 'EAGAIN':
      return `the system refused another process while starting ${name} (limit of processes reached)`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files while starting ${name}`;
    case 'ENOMEM':
      return `not enough memory to start ${name}`;
    case 'ENOEXEC':
      return `not a program that this system can execute: ${name}`;
    default:
      return `couldn't start ${name}: ${error.message}`;
  }
}

function missing(name: string, cwd: string): string {
  const folder = folderProblem(cwd);
  if (folder !== null) return folder;
  if (!name.includes('/')) return `command not found: ${name} (not in PATH)`;
  const path = name.startsWith('/') ? name : `${cwd}/${name}`;
  return existsSync(path)
    ? `couldn't start ${name}: the interpreter that its first line names doesn't exist`
    : `command not found: ${name}`;
}

function folderProblem(cwd: string): string | null {
  if (!existsSync(cwd)) return `the working directory doesn't exist: ${cwd}`;
  return isFolder(cwd) ? null : `the working directory is no folder: ${cwd}`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** As the kernel counts: each text with its final NUL. */
function sizeBytes({ argv, env }: CommandLine): number {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [...argv, ...variables].reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
}
