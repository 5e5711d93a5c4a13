/** `orch init` beside a package.json: scripts run by the package manager, and the comments lead further. */
import { describe, expect, it } from 'vitest';
import { folderWith, foundProject } from './support/init-project.ts';

describe('the scripts of a package.json', () => {
  it('become tasks that always run, with pre and post', async () => {
    const project = foundProject('npm');
    const { stdout } = await project.init();
    expect(stdout).toContain('not carried over: package.json: release: it calls orch itself\n');
    expect(await project.ran()).toEqual(['build']);
    expect((await project.ok('logs', 'build')).stdout).toContain('built');
    expect(project.exists('dist/greet.min.mjs')).toBe(true);
    expect(await project.ran('test')).toEqual(['test']);
    expect(await project.ran('test')).toEqual(['test']);
  });

  it('run only when needed once the comments are followed', async () => {
    const project = foundProject('npm');
    await project.init();
    const followed = project
      .read('orch.yaml')
      .replace(/ {4}run: npm run ci\n {4}cache: false\n {4}# (needs: .*)\n/, '    $1\n')
      .replace(/ {4}cache: false\n((?: {4}# \w+: \[.*\n)+)/g, (_, hints: string) =>
        hints.replaceAll('# ', ''),
      );
    project.write('orch.yaml', followed);
    expect((await project.ok('validate')).stderr).toBe('');
    expect(await project.ran('ci')).toEqual(['build', 'lint', 'test']);
    expect(await project.ran('ci')).toEqual([]);
    project.write('test/greet.test.mjs', `${project.read('test/greet.test.mjs')}// more\n`);
    expect(await project.ran('ci')).toEqual(['build', 'lint', 'test']);
    project.write('build.mjs', `${project.read('build.mjs')}// more\n`);
    expect(await project.ran('ci')).toEqual(['build']);
  });

  it('are called by the package manager that the project uses', async () => {
    const manifest = JSON.stringify({ scripts: { test: 'true', 'test:unit': 'true' } });
    for (const [file, manager] of [
      ['pnpm-lock.yaml', 'pnpm'],
      ['yarn.lock', 'yarn'],
      ['bun.lock', 'bun'],
    ]) {
      const project = folderWith({ 'package.json': manifest, [file!]: '' });
      await project.ok('init');
      expect(project.read('orch.yaml')).toContain(`run: ${manager} run test:unit`);
    }
  });

  it('that nobody wants to run by accident are no default', async () => {
    const project = folderWith({
      'package.json': '{"scripts": {"deploy": "echo gone > deployed", "clean": "true"}}',
    });
    expect((await project.ok('init')).stdout).toContain(
      'next: `orch list` shows the tasks, `orch run TASK` runs one',
    );
    expect((await project.exits(2, 'run')).stderr).toContain('deploy');
    expect(project.exists('deployed')).toBe(false);
  });

  it('that remove files are not told to make some', async () => {
    const scripts = { build: 'node build.js', clean: 'rm -rf dist', 'docs:clean': 'rm -rf dist/docs' };
    const project = folderWith({ 'package.json': JSON.stringify({ scripts }) });
    await project.ok('init');
    expect(project.read('orch.yaml').match(/outputs: .*/g)).toEqual(['outputs: [dist/]']);
  });

  it('that are none leave the example', async () => {
    const project = folderWith({ 'package.json': '{"name": "x"}' });
    expect((await project.ok('init')).stdout).toContain('found nothing to take over');
    await project.ok('run');
  });
});
