/** `sources`, `generates` and `env` of a Taskfile in orch's words. */
import { compileGlob } from '../../base/glob.ts';
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import type { Folder } from '../folder.ts';
import { literalPath, literalText, projectPath, textOf } from '../orch-text.ts';
import { isMap, isScalar, listOf } from '../plain-data.ts';
import type { StarterPath } from '../starter.ts';
import { renderPieces, type TaskVariables } from './template.ts';

export function pathsOf(
  written: JsonValue | undefined,
  variables: TaskVariables,
  dir: string,
  folder: Folder,
): Outcome<readonly StarterPath[], string> {
  const paths: StarterPath[] = [];
  for (const entry of listOf(written)) {
    const excluded = isMap(entry) && typeof entry['exclude'] === 'string' ? entry['exclude'] : null;
    if (excluded === null && typeof entry !== 'string') return fail(`the path ${JSON.stringify(entry)}`);
    const pieces = renderPieces(excluded ?? (entry as string), variables);
    if (!pieces.ok) return pieces;
    const tidy = pieces.value.map((piece, at) =>
      at === 0 && typeof piece === 'string' ? piece.replace(/^(\.\/+)+/, '') : piece,
    );
    const plain = textOf(tidy);
    if (plain.includes('$(')) return fail(`the path ${plain}, which a shell would have to say`);
    const path = projectPath(plain, folder.root, dir);
    if (!path.ok) {
      if (excluded === null) paths.push({ path: path.error, external: true });
      continue;
    }
    const before = dir === '' ? '' : `${literalPath(dir)}/`;
    const pattern = path.value.endsWith(plain.replace(/\/$/, ''))
      ? before +
        tidy
          .map((piece) => (typeof piece === 'string' ? literalText(piece) : `\${{ ${piece.expression} }}`))
          .join('')
      : literalText(path.value);
    const isFolder =
      !/[*?[{]/.test(plain) && folder.kindOf(path.value) === 'folder' && !pattern.endsWith('/');
    paths.push({ path: `${excluded === null ? '' : '!'}${pattern}${isFolder ? '/' : ''}` });
  }
  return ok(paths);
}

/** A glob over sources that also matches what is generated doesn't mean it. */
export function withoutOwn(
  inputs: readonly StarterPath[],
  outputs: readonly StarterPath[],
): readonly StarterPath[] {
  const own = outputs.filter(({ path }) =>
    inputs.some((input) => {
      if (input.path.startsWith('!') || input.path.includes('${{') || path.includes('${{')) return false;
      return /[*?[{]/.test(input.path)
        ? compileGlob(input.path)(path)
        : path.startsWith(input.path) && input.path.endsWith('/');
    }),
  );
  return [...inputs, ...own.map(({ path }) => ({ path: `!${path}` }))];
}

export function envOf(
  written: JsonValue | undefined,
  variables: TaskVariables,
  note: (text: string) => void,
): { readonly env?: Readonly<Record<string, string>> } {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(isMap(written) ? written : {})) {
    const pieces = isScalar(value) ? renderPieces(String(value), variables) : fail('');
    const isPlain =
      pieces.ok && pieces.value.every((piece) => typeof piece !== 'string' || !piece.includes('$('));
    if (!isPlain || !pieces.ok || !/^[A-Za-z_]\w*$/.test(name)) note(`env: ${name}`);
    else
      env[name] = pieces.value
        .map((piece) =>
          typeof piece === 'string'
            ? literalText(piece)
            : piece.isList
              ? literalText(piece.plain)
              : `\${{ ${piece.expression} }}`,
        )
        .join('');
  }
  return Object.keys(env).length === 0 ? {} : { env };
}
