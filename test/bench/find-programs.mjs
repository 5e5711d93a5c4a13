// Finds the programs of the peers on PATH, or where a flag or a variable says. Runs none of them but pyenv.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

/** The path of a peer's program, or null: `--program NAME=PATH`, ORCH_BENCH_NAME, then PATH. */
export function programOf(peer, programs) {
  const variable = `ORCH_BENCH_${peer.name.toUpperCase().replaceAll('-', '_')}`;
  const told = programs[peer.name] ?? process.env[variable];
  if (told !== undefined) return isProgram(resolve(told)) ? resolve(told) : null;
  if (isAbsolute(peer.program)) return isProgram(peer.program) ? peer.program : null;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, peer.program);
    if (folder !== '' && isProgram(file)) return behindShim(file);
  }
  return null;
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** pyenv's shims are shell scripts that cost more than many a no-op: the program behind one is what is timed. */
function behindShim(file) {
  if (!dirname(file).endsWith('/shims')) return file;
  const name = file.slice(dirname(file).length + 1);
  const answer = spawnSync('pyenv', ['which', name], { encoding: 'utf8' });
  const behind = answer.status === 0 ? answer.stdout.trim() : '';
  return behind !== '' && isProgram(behind) ? behind : file;
}

/** The folder of the package that a program is of: the nearest `node_modules/NAME` above what it links to. */
export function packageOf(program, name) {
  let at = dirname(realpathSync(program));
  while (dirname(at) !== at) {
    if (at.endsWith(join('node_modules', name))) return at;
    at = dirname(at);
  }
  return null;
}
