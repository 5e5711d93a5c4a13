/** `orch init` beside a justfile: recipes run at once, without just. */
import { expect, it } from 'vitest';
import { foundProject } from './support/init-project.ts';

it('a justfile becomes tasks that always run, with its variables as parameters', async () => {
  const project = foundProject('justfile');
  const { stdout } = await project.init();
  expect(stdout).toContain('justfile:29: recipe deploy: it needs the argument target\n');
  expect(await project.ran()).toEqual(['build', 'prepare', 'test']);
  expect(project.read('dist/note.txt')).toMatch(/^line 1\nline 2\nhello \d{4}\n$/);
  expect((await project.ok('run', 'count')).stdout).toContain('lines: 2\n');
  await project.ok('run', 'build', '--times', '1', '--GREETING', 'bye', '--out', 'other');
  expect(project.read('other/note.txt')).toMatch(/^line 1\nbye \d{4}\n$/);
});
