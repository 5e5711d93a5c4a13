/**
 * A turbo.json as a pipeline: each task of each workspace package that has such a script, `^` as needs on the
 * packages that it depends on, inputs and outputs as Turborepo has them. Reads the folder, runs nothing of it.
 */
import { posix } from 'node:path';
import type { JsonValue } from '../model/ids.ts';
import type { Folder } from './folder.ts';
import { packageManager, readManifest, scriptsOf } from './npm-starter.ts';
import { literalPath } from './orch-text.ts';
import { isMap, type JsonMap, listOf, parseMap, readMap, type Yaml } from './plain-data.ts';
import { type Note, pathOf, pipelineName, type Starter, type StarterTask, taskNamer } from './starter.ts';

interface Package {
  readonly name: string;
  /** Root-relative, '' for the root. */
  readonly dir: string;
  readonly scripts: Readonly<Record<string, string>>;
  /** Names of packages here that it depends on. */
  readonly needs: readonly string[];
}

export async function turboStarter(folder: Folder, file: string): Promise<Starter> {
  const yaml = await import('yaml');
  const notes: Note[] = [];
  const note = (text: string) => notes.push({ at: file, text });
  const turbo =
    parseMap(yaml, file, withoutComments(folder.read(file) ?? ''), (trouble) => notes.push(trouble)) ?? {};
  const tasks = isMap(turbo['tasks']) ? turbo['tasks'] : isMap(turbo['pipeline']) ? turbo['pipeline'] : {};
  const manifest = readManifest(folder, 'package.json');
  const manager = packageManager(manifest, folder);
  const packages = packagesOf(folder, manifest, yaml);
  const byName = new Map(packages.map((each) => [each.name, each]));
  const namer = taskNamer();
  const groupNames = new Map(Object.keys(tasks).map((task) => [task, task.includes('#') ? '' : namer(task)]));
  const names = new Map<string, string>();
  for (const task of Object.keys(tasks))
    for (const each of packages) {
      const key = `${each.name}#${bare(task)}`;
      if (names.has(key) || each.scripts[bare(task)] === undefined || !isMeant(task, each, packages))
        continue;
      const isOnly = packages.length === 1;
      names.set(key, isOnly ? groupNames.get(task)! : namer(`${shortName(each.name)}.${bare(task)}`));
    }

  const settingsOf = (packageName: string, task: string): JsonMap => {
    const own = tasks[`${packageName}#${task}`];
    const shared = tasks[task];
    return isMap(own) ? own : isMap(shared) ? shared : {};
  };
  const made = [...names].map(([key, name]): StarterTask => {
    const [packageName = '', task = ''] = key.split(/#(?=[^#]*$)/);
    const of = byName.get(packageName)!;
    const settings = settingsOf(packageName, task);
    const needs = listOf(settings['dependsOn']).flatMap((entry) => needed(String(entry), of, names, byName));
    const isEndless = settings['persistent'] === true;
    const outputs = isEndless ? [] : outputsOf(settings['outputs'], of, (text) => note(`${name}: ${text}`));
    const env = listOf(settings['env']).map(String);
    return {
      name,
      ...(isEndless ? { comments: ['runs until it is stopped'] } : {}),
      ...(needs.length > 0 ? { needs: [...new Set(needs)] } : {}),
      ...(of.dir === '' ? {} : { dir: of.dir }),
      run: `${manager} run ${task}`,
      ...(isEndless || settings['cache'] === false || isBoundless(settings['inputs'], of)
        ? { cache: false }
        : {
            inputs: inputsOf(settings['inputs'], of, outputs, folder).map(pathOf),
            outputs: outputs.map(pathOf),
          }),
      hints:
        env.length === 0
          ? []
          : [`env: {${env.map((variable) => `${variable}: …`).join(', ')}}  # turbo.json names them`],
    };
  });
  const groups =
    packages.length === 1
      ? []
      : [...groupNames].flatMap(([task, name]): StarterTask[] => {
          const needs = [...names].filter(([key]) => key.endsWith(`#${task}`)).map(([, each]) => each);
          return name === '' || needs.length === 0
            ? []
            : [{ name, description: `${task} of every package`, needs }];
        });
  if (listOf(turbo['globalEnv']).length > 0) note('globalEnv: set what counts under env');
  if (made.length === 0) note('no package has a script of these names');
  const all = [...groups, ...made];
  const first =
    ['build', 'test', 'lint'].find((name) => all.some((task) => task.name === name)) ?? all[0]?.name;
  return {
    kind: 'turbo',
    from: file,
    name: pipelineName(typeof manifest['name'] === 'string' ? manifest['name'] : folder.root),
    default: first === undefined ? [] : [first],
    lessons: [
      '`turbo run build --filter=web` is `orch run web.build`; `orch run build` makes the build of every package.',
      'A task depends on its package and, by needs, on what its packages made; lockfile and package.json count, too.',
    ],
    params: [],
    tasks: all,
    notes,
  };
}

/** `build` means every package but the root of several; `web#build` and `//#build` one. */
function isMeant(task: string, { name, dir }: Package, packages: readonly Package[]): boolean {
  if (!task.includes('#')) return dir !== '' || packages.length === 1;
  return task.startsWith(`${name}#`) || (task.startsWith('//#') && dir === '');
}

/** `web#build` -> `build`. */
const bare = (task: string): string => task.slice(task.lastIndexOf('#') + 1);

/** `@acme/ui` -> `ui`. */
const shortName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** turbo.json may have comments, in the way of JavaScript. */
function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, string: string | undefined) => string ?? '',
  );
}

function packagesOf(
  folder: Folder,
  manifest: Readonly<Record<string, unknown>>,
  yaml: Yaml,
): readonly Package[] {
  const declared = manifest['workspaces'] as JsonValue | undefined;
  const pnpm = readMap(yaml, folder, 'pnpm-workspace.yaml');
  const globs = [
    ...listOf(isMap(declared) ? declared['packages'] : declared),
    ...listOf(isMap(pnpm) ? pnpm['packages'] : undefined),
  ].map(String);
  const dirs = new Set(['']);
  for (const glob of globs) {
    const pattern = `${glob.replace(/^\.\//, '').replace(/\/$/, '')}/package.json`;
    if (!glob.startsWith('!')) for (const path of folder.match(pattern)) dirs.add(posix.dirname(path));
  }
  const manifests = [...dirs].map((dir) => ({
    dir,
    manifest: readManifest(folder, posix.join(dir, 'package.json')),
  }));
  const nameOf = (each: (typeof manifests)[number]) =>
    typeof each.manifest['name'] === 'string' ? each.manifest['name'] : each.dir || '//';
  const known = new Set(manifests.map(nameOf));
  return manifests.map((each) => {
    const dependencies = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((field) => {
      const list = each.manifest[field];
      return typeof list === 'object' && list !== null ? Object.keys(list) : [];
    });
    return {
      name: nameOf(each),
      dir: each.dir,
      scripts: scriptsOf(each.manifest),
      needs: dependencies.filter((name) => known.has(name)),
    };
  });
}

/** Tasks that an entry of `dependsOn` means. */
function needed(
  entry: string,
  of: Package,
  names: ReadonlyMap<string, string>,
  byName: ReadonlyMap<string, Package>,
): readonly string[] {
  if (entry.startsWith('$')) return [];
  const make = (key: string) => [names.get(key)].flatMap((name) => name ?? []);
  if (entry.includes('#')) return make(entry.replace(/^\/\/#/, `${rootName(byName)}#`));
  if (!entry.startsWith('^')) return make(`${of.name}#${entry}`);
  const task = entry.slice(1);
  // A package without such a script passes on to those that it depends on.
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const made = names.get(`${name}#${task}`);
    if (made !== undefined) found.add(made);
    else for (const next of byName.get(name)?.needs ?? []) visit(next);
  };
  for (const name of of.needs) visit(name);
  return [...found];
}

function rootName(byName: ReadonlyMap<string, Package>): string {
  return [...byName.values()].find(({ dir }) => dir === '')?.name ?? '//';
}

/** `dist/**` is the folder `dist/`. */
function outputsOf(
  written: JsonValue | undefined,
  { dir }: Package,
  note: (text: string) => void,
): readonly string[] {
  return listOf(written).flatMap((entry) => {
    const glob = String(entry);
    if (glob.startsWith('!')) {
      note(`the exclusion ${glob} from its outputs`);
      return [];
    }
    const path = dir === '' ? glob : `${literalPath(dir)}/${glob}`;
    return [path.replace(/\/\*\*(\/\*)?$/, '/')];
  });
}

/** By default a task reads its whole package: in the root that is everything, the outputs of all others included. */
function isBoundless(written: JsonValue | undefined, { dir }: Package): boolean {
  return dir === '' && (listOf(written).length === 0 || listOf(written).includes('$TURBO_DEFAULT$'));
}

/** By default the whole package but its outputs. */
function inputsOf(
  written: JsonValue | undefined,
  { dir }: Package,
  outputs: readonly string[],
  folder: Folder,
): readonly string[] {
  const own = listOf(written).map(String);
  const globs = own.filter((glob) => glob !== '$TURBO_DEFAULT$');
  const here = dir === '' ? '' : `${literalPath(dir)}/`;
  const isWhole = own.length === 0 || own.length > globs.length;
  const locks = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'package.json'].filter(
    (name) => folder.kindOf(name) === 'file' && (dir !== '' || name !== 'package.json'),
  );
  return [
    ...(isWhole ? [here] : [`${here}package.json`]),
    ...globs.map((glob) => {
      const path = glob.replace(/^!/, '').replace(/^\$TURBO_ROOT\$\//, '/');
      const fromRoot = path.startsWith('/') ? path.slice(1) : here + path;
      return `${glob.startsWith('!') ? '!' : ''}${fromRoot}`;
    }),
    ...(isWhole ? [...outputs.map((path) => `!${path}`), `!${here}.turbo/`] : []),
    ...locks,
  ];
}
