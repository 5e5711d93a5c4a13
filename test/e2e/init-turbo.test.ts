/** `orch init` beside a turbo.json: packages build in their order, without Turborepo. */
import { expect, it } from 'vitest';
import { foundProject } from './support/init-project.ts';

it('a turbo.json becomes a task for each script of each package, with what it depends on', async () => {
  const project = foundProject('turbo');
  const { stdout } = await project.init();
  expect(stdout).toContain(
    'found turbo.json\nalso found package.json: `orch init --from npm` would begin with it\n',
  );
  expect(await project.ran()).toEqual(['core.build', 'ui.build', 'web.build']);
  expect(project.read('apps/web/dist/all.txt')).toBe('core\nui\nweb\n');
  expect(await project.ran('build', 'test')).toEqual(['core.test']);
  expect(await project.ran('build', 'test')).toEqual([]);
  project.write('packages/ui/src/more.txt', 'more\n');
  expect(await project.ran('build', 'test')).toEqual(['ui.build', 'web.build']);
  expect(project.read('apps/web/dist/all.txt')).toBe('core\nmore\nui\nweb\n');
  expect(await project.ran('acme.lint-root')).toEqual(['acme.lint-root']);
});
