/** Masks the texts within plain data (JSON), and leaves its shape, its names and its numbers as they are. */
import type { Masker } from './mask.ts';

/**
 * The same data with secrets masked in every text; the very same object where there are none. Texts under the
 * names in `spared` are kept: by them programs tell kinds apart, and a secret that is an ordinary word mustn't
 * break that.
 */
export function maskValues<T>(value: T, masker: Masker, spared: ReadonlySet<string>): T {
  return masker.isEmpty ? value : (masked(value) as T);

  function masked(part: unknown): unknown {
    if (typeof part === 'string') return masker.text(part);
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) {
      const items = part.map(masked);
      return items.some((item, at) => item !== part[at]) ? items : part;
    }
    let isSame = true;
    const entries = Object.entries(part).map(([name, inner]) => {
      const result = spared.has(name) && typeof inner === 'string' ? inner : masked(inner);
      isSame &&= result === inner;
      return [name, result] as const;
    });
    return isSame ? part : Object.fromEntries(entries);
  }
}
