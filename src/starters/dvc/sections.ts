/**
 * Stages list keys of a `params.yaml` that their scripts read themselves. Each top-level part of that file that is
 * listed is cut out into a file of its own, which stands among the inputs for the whole: where the part stays the
 * same, the stage does. Only of files whose parts are told by their lines alone. Touches no disk.
 */
import { pathOf, type StarterTask } from '../starter.ts';

export interface Sections {
  /** The input for these keys; null: only the whole file will do. */
  readonly pathFor: (key: string) => string | null;
  /** Cuts out what `pathFor` was asked for; null where that is nothing. */
  readonly task: (name: string) => StarterTask | null;
}

const FOLDER = 'build/params';

export function sectionsOf(file: string, text: string | null): Sections {
  const known = new Set(sectionNames(text ?? ''));
  const used = new Set<string>();
  return {
    pathFor(key) {
      const [section = ''] = key.split(/[.[]/);
      if (!known.has(section)) return null;
      used.add(section);
      return `${FOLDER}/${section}.yaml`;
    },
    task: (name) =>
      used.size === 0
        ? null
        : {
            name,
            comments: [
              `scripts read ${file} themselves: each part that a stage lists is cut out here, so that only a change`,
              'of that part makes the stage stale',
            ],
            matrix: { section: [...used].sort() },
            run: `awk -v section=\${{ matrix.section }}: '/^[^ \\t#}\\]-]/ {on = $1 == section} on' ${file} > \${{ outputs[0] }}`,
            inputs: [pathOf(file)],
            outputs: [pathOf(`${FOLDER}/\${{ matrix.section }}.yaml`)],
          },
  };
}

/** Of a block mapping with plain keys and nothing that leads from one part to another. */
function sectionNames(text: string): readonly string[] {
  if (/(^|[\s[{,])[&*][\w-]|<<:|^(---|\.\.\.|%|\?)|[|>][+-]?\d*\s*$/m.test(text)) return [];
  const heads = text.split('\n').filter((line) => /^[^\s#}\]-]/.test(line));
  const names = heads.map((line) => /^([A-Za-z_][\w-]*):(?=\s|$)/.exec(line)?.[1]);
  const isTold = names.every((name) => name !== undefined) && new Set(names).size === names.length;
  return isTold ? names.filter((name) => name !== undefined) : [];
}
