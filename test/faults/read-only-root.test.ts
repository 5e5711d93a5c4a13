/** FAULT 16: a project on a read-only file system is told as that, not as something that is missing. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { cleanEnv, makeProject, ORCH } from '../support/project.ts';

/** A mount of one's own needs root, or user namespaces. */
const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

it.runIf(mayMount)('FAULT 16: a run on a read-only root names the cause and the folder, exit 3', () => {
  const project = makeProject({
    'orch.yaml': 'version: 1\ntasks:\n  a: {run: echo > a.txt, outputs: [a.txt]}\n',
  });
  const script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && exec "$2" run a';
  const ran = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', project.dir, ORCH], {
    encoding: 'utf8',
    env: cleanEnv(),
  });
  expect(ran.stderr).toContain(`the state folder can't be written: ${project.path('.cache')} (EROFS)`);
  expect(ran.status).toBe(3);
  expect(project.exists('.cache')).toBe(false);
});
