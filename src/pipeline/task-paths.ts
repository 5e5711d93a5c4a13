/** Reads a task's inputs, outputs and metrics into specs. What the paths mean on disk isn't known here. */

import type { SourcePosition } from '../model/ids.ts';
import type { InputSpec, OutputSpec } from '../model/task.ts';
import { fieldOf, type TaskDraft } from './draft.ts';
import { type Filling, fillPath } from './fill.ts';
import { type PathRules, type ReadPath, readPath } from './paths.ts';
import { warnOfEscapes, warnOfForeignPlaceholders } from './suspicious-texts.ts';
import { placeOf } from './texts.ts';
import { child, entriesOf, itemsOf, type YamlNode } from './yaml-node.ts';

export function readInputs(draft: TaskDraft, filling: Filling): readonly InputSpec[] {
  return namedItems(fieldOf(draft, 'inputs')).flatMap(({ name, item }) => {
    const flag = (key: string) => isSet(item, key);
    const external = flag('external') === true;
    return pathsOf(draft, item, filling, { external, negatable: true }).map(
      ({ negated, kind, path, position }): InputSpec => ({
        name,
        kind,
        path,
        negated,
        optional: flag('optional') === true,
        external,
        store: flag('store') !== false,
        position,
      }),
    );
  });
}

/** `outputs`, then `metrics` that aren't among them. */
export function readOutputs(draft: TaskDraft, filling: Filling): readonly OutputSpec[] {
  const { problems } = filling;
  const rules = { external: false, negatable: false };
  const byPath = new Map<string, OutputSpec>();
  const unusable = (path: string, position: SourcePosition, kind: ReadPath['kind']): boolean => {
    if (path === '') problems.error('bad-path', position, 'the root itself is no output');
    else if (kind === 'glob' && path.startsWith('!'))
      problems.error('bad-path', position, 'outputs have no negations');
    else return false;
    return true;
  };
  for (const { name, item } of namedItems(fieldOf(draft, 'outputs')))
    for (const { kind, path, position } of pathsOf(draft, item, filling, rules)) {
      if (unusable(path, position, kind)) continue;
      const before = byPath.get(path);
      if (before !== undefined)
        problems.error('duplicate-output', position, `${draft.name} declares the output ${path} twice`, {
          related: [{ ...before.position, message: 'first here' }],
        });
      else
        byPath.set(path, {
          name,
          kind,
          path,
          store: isSet(item, 'store') !== false,
          metrics: false,
          position,
        });
    }
  for (const { name, item } of namedItems(fieldOf(draft, 'metrics')))
    for (const { kind, path, position } of pathsOf(draft, item, filling, rules)) {
      if (unusable(path, position, kind)) continue;
      const before = byPath.get(path);
      if (kind !== 'file')
        problems.error('bad-path', position, `${path}: metrics are JSON files, not folders or globs`);
      else if (before === undefined)
        byPath.set(path, { name, kind, path, store: true, metrics: true, position });
      else byPath.set(path, { ...before, metrics: true });
    }
  return [...byPath.values()];
}

interface NamedItem {
  readonly name: string | null;
  readonly item: YamlNode;
}

/** Entries of a list, or of a map of names to an entry or a list of them. */
function namedItems(node: YamlNode | null): readonly NamedItem[] {
  if (node?.kind !== 'map') return itemsOf(node).map((item) => ({ name: null, item }));
  return entriesOf(node).flatMap(({ key, value }) =>
    (value.kind === 'list' ? value.items : [value]).map((item) => ({ name: key, item })),
  );
}

function isSet(item: YamlNode, key: string): boolean | null {
  const flag = child(item, key);
  return flag?.kind === 'scalar' && typeof flag.value === 'boolean' ? flag.value : null;
}

function pathsOf(
  draft: TaskDraft,
  item: YamlNode,
  filling: Filling,
  rules: PathRules,
): readonly (ReadPath & { readonly position: SourcePosition })[] {
  const node = item.kind === 'map' ? child(item, 'path') : item;
  // Anything else has been refused by the schema.
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '') return [];
  const position = placeOf(node, draft.in.source);
  warnOfForeignPlaceholders(node, draft.in.source, filling.problems, 'path');
  warnOfEscapes(node, draft.in.source, filling.problems);
  return fillPath(node, filling).flatMap((pieces) => {
    const read = readPath(pieces, rules);
    if (read.ok) return { ...read.value, position };
    const { code, message, hint } = read.error;
    filling.problems.error(code, position, message, { hint });
    filling.problems.doubt(filling.file, filling.subject ?? '');
    return [];
  });
}
