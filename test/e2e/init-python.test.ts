/** `orch init` in a folder of Python scripts, or of notebooks. */
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FoundProject, folderWith, foundProject } from './support/init-project.ts';

describe('a folder of Python scripts', () => {
  it('becomes steps that wait for what they read', async () => {
    const project = foundProject('python');
    const { stdout } = await project.init();
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'found *.py',
      'wrote orch.yaml (5 tasks) and .orch.schema.json, which editors read',
    ]);
    expect(await project.ran()).toEqual(['clean', 'fetch', 'model', 'publish', 'report']);
    expect(project.read('report.txt')).toMatch(/^mean \d+\.\d\n$/);
    // What can't be known always runs, and nothing else.
    expect(await project.ran()).toEqual(['publish']);
    project.write('helpers.py', 'def keep(row):\n    return int(row["value"]) > 50\n');
    expect(await project.ran('report')).toEqual(['clean', 'model', 'report']);
    project.write('limits.json', '{"most": 10}');
    expect(await project.ran('report')).toEqual(['model', 'report']);
    expect(project.read('report.txt')).toBe('mean 10.0\n');
  });

  it('in a folder of their own run where their files are', async () => {
    const files = {
      'a.py': 'open("out/a.txt", "w").write(open("in.txt").read())\n',
      'b.py': 'from . import lib\nopen("out/b.txt", "w").write(open("out/a.txt").read())\n',
      'lib.py': '',
    };
    const inFolder = (folder: string) =>
      Object.fromEntries(
        Object.entries(files).map(([path, text]) => [
          `scripts/${path}`,
          text.replace('from . import lib\n', folder),
        ]),
      );
    const fromRoot = folderWith({ ...inFolder(''), 'in.txt': 'root\n', 'out/.keep': '' });
    await fromRoot.ok('init');
    await fromRoot.ok('run');
    expect(fromRoot.read('out/b.txt')).toBe('root\n');
    const fromThere = folderWith({ ...inFolder(''), 'scripts/in.txt': 'there\n', 'scripts/out/.keep': '' });
    await fromThere.ok('init');
    expect(fromThere.read('orch.yaml')).toContain('dir: scripts');
    await fromThere.ok('run');
    expect(fromThere.read('scripts/out/b.txt')).toBe('there\n');
  });

  it('with nothing known about their files run in the order of their names', async () => {
    const project = folderWith(
      Object.fromEntries(
        [1, 2, 10].map((n) => [
          `${n}_step.py`,
          `import sys\nopen(sys.argv[0] and "log", "a").write("${n} ")\n`,
        ]),
      ),
    );
    await project.ok('init');
    expect((await project.ok('validate')).stderr).toBe('');
    await project.ok('run');
    await project.ok('run');
    expect(project.read('log')).toBe('1 2 10 1 2 10 ');
  });
});

/** `jupyter nbconvert --execute` and `papermill` as far as these notebooks need them. */
const EXECUTE = `#!/usr/bin/env python3
import json, os, pathlib, sys
args = sys.argv[1:]
if sys.argv[0].endswith("papermill"):
    source, target, given = args[0], args[1], dict(zip(args[5::3], args[6::3]))
    cwd = args[3]
else:
    source, given = args[-1], {}
    target, cwd = os.path.join(args[5], os.path.basename(source)), os.path.dirname(source)
book = json.load(open(source))
os.makedirs(os.path.dirname(target), exist_ok=True)
json.dump(book, open(target, "w"))
os.chdir(cwd)
scope = {}
for cell in book["cells"]:
    if cell["cell_type"] == "code":
        lines = [line for line in cell["source"] if line[0] not in "%!"]
        exec("".join(lines), scope)
        if "parameters" in cell["metadata"].get("tags", []):
            scope.update({name: json.loads(value) if value.isdigit() else value for name, value in given.items()})
`;

function withJupyter(project: FoundProject): FoundProject {
  const bin = `${dirname(project.dir)}/bin`;
  for (const name of ['jupyter', 'papermill']) {
    project.write(`../bin/${name}`, EXECUTE);
    chmodSync(`${bin}/${name}`, 0o755);
  }
  project.env['PATH'] = `${bin}:${process.env['PATH']}`;
  return project;
}

describe('a folder of notebooks', () => {
  it('becomes steps that execute copies, with the parameters that are tagged', async () => {
    const project = withJupyter(foundProject('notebooks'));
    const { stdout } = await project.init();
    expect(stdout).toContain('found notebooks/*.ipynb\nwrote orch.yaml (3 tasks, 2 parameters)');
    expect(await project.ran()).toEqual(['count', 'prepare', 'show']);
    expect(project.read('notebooks/data/count.txt')).toBe('4');
    expect(project.exists('build/notebooks/2_count.ipynb')).toBe(true);
    expect(await project.ran('count', '--least', '4')).toEqual(['count', 'prepare']);
    expect(project.read('notebooks/data/count.txt')).toBe('1');
    expect(await project.ran('count')).toEqual([]);
    expect(project.read('notebooks/data/count.txt')).toBe('4');
  });

  it('without jupyter fails in the notebook only', async () => {
    const project = foundProject('notebooks');
    await project.init();
    const ran = await project.exits(1, 'run');
    expect(ran.stderr).toContain('papermill: not found');
  });
});
