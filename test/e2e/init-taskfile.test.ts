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

  it('of which nothing is left writes nothing, and says why', async () => {
    const project = folderWith({
      'Taskfile.yml':
        'version: 3\ntasks:\n  default: task --list\n  a: {cmds: [{task: b}, {task: b}]}\n  b: {cmds: [{task: a}, {task: a}]}\n',
    });
    const { stderr } = await project.exits(2, 'init');
    expect(stderr).toContain('error: nothing of Taskfile.yml could become a task (');
    expect(stderr).toContain('task default: it calls task itself');
    expect(stderr).toContain('task a: it calls itself by a');
    expect(stderr).toContain('hint: `orch init --from example`');
    expect(project.exists('orch.yaml')).toBe(false);
  });

  it('that is no YAML is told of with its line', async () => {
    const project = folderWith({ 'Taskfile.yml': 'version: 3\ntasks:\n  a: [\n  b: {\n' });
    expect((await project.exits(2, 'init')).stderr).toMatch(/Taskfile\.yml:\d+: /);
  });
});
