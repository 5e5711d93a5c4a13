/** `orch init` beside a Taskfile: it runs at once, without go-task. */
import { describe, expect, it } from 'vitest';
import { folderWith, foundProject } from './support/init-project.ts';

describe('a Taskfile', () => {
  it('becomes tasks that know their files, and keeps calls in their order', async () => {
    const project = foundProject('taskfile');
    const { stdout } = await project.init();
    expect(stdout).toContain('task deploy: it requires variables to be given\n');
    expect(stdout).toContain('task platform: the template {{OS}} (platform)\n');
    expect(await project.ran()).toEqual(['index', 'pages', 'site']);
    expect(project.read('public/index.html')).toBe('<h1>My notes</h1>\n<h2>First</h2>\n<h2>Second</h2>\n');
    expect((await project.ok('logs', 'site')).stdout).toMatch(/^site is done, by \S+\n$/);
    // `site` has no files, so it runs as it did; what it needs is up to date.
    expect(await project.ran()).toEqual(['site']);
    expect(await project.ran('check', 'setup', 'assets')).toEqual(['assets', 'check', 'setup']);
    expect(await project.ran('check', 'setup', 'assets')).toEqual(['check']);
    project.remove('vendor');
    expect(await project.ran('setup')).toEqual(['setup']);
  });

  it('hands variables on as parameters', async () => {
    const project = foundProject('taskfile');
    await project.init();
    await project.ran();
    expect(await project.ran('index', '--WORDS', '1')).toEqual(['index']);
    expect(project.read('public/index.html')).toBe('<h1>My notes</h1>\n<h2>First</h2>\n');
    expect(await project.ran('index', '--SITE', 'other')).toEqual(['index', 'pages']);
    expect(project.exists('other/index.html')).toBe(true);
  });

  it('that only calls itself leaves no task, and says so', async () => {
    const project = folderWith({
      'Taskfile.yml':
        'version: 3\ntasks:\n  default: task --list\n  a: {cmds: [{task: b}, {task: b}]}\n  b: {cmds: [{task: a}]}\n',
    });
    const { stdout } = await project.ok('init');
    expect(stdout).toContain('task default: it calls task itself');
    expect(stdout).toContain('task a: it calls itself by a');
    expect((await project.ok('validate')).stderr).toBe('');
  });
});
