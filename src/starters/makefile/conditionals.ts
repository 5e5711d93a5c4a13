/**
 * `ifeq`, `ifdef`, `else`, `endif` of one makefile: which lines are read. A condition that only make could decide
 * doesn't hold, and is noted; so is one that hangs on what isn't set, for it is decided once and for all.
 */
import { type Outcome, ok } from '../../base/outcome.ts';
import { oneLine } from '../orch-text.ts';
import { expandText, type MakeVariable, type Names } from './expand.ts';
import { DEFAULT_VARIABLES } from './facts.ts';
import { splitArguments } from './logical-lines.ts';

export interface Conditionals {
  /** Takes a line that belongs to a conditional; false for any other. */
  take(text: string, at: string): boolean;
  /** Are lines read here? */
  isRead(): boolean;
}

export interface ConditionalSurroundings {
  readonly names: Names;
  readonly variables: ReadonlyMap<string, MakeVariable>;
  /** Gets the names that a condition hangs on. */
  readonly structural: Set<string>;
  readonly note: (at: string, text: string) => void;
}

export function createConditionals({
  names,
  variables,
  structural,
  note,
}: ConditionalSurroundings): Conditionals {
  /** Of each open conditional: is this branch read, and was one read already? */
  const branches: { isRead: boolean; wasRead: boolean }[] = [];

  function decide(word: string, text: string, at: string): boolean {
    const unset = new Set<string>();
    const watching: Names = {
      ...names,
      undefined(name) {
        unset.add(name);
        return '';
      },
    };
    const holds = isDefinition(word) ? defined(word, text, watching, unset) : equal(word, text, watching);
    if (!holds.ok) {
      note(at, `${word} ${oneLine(text)} (${holds.error}): its lines were not read`);
      return false;
    }
    if (unset.size > 0)
      note(at, `${word} ${oneLine(text)} (${[...unset].join(', ')} is not set: decided so once and for all)`);
    return holds.value;
  }

  function defined(
    word: string,
    text: string,
    watching: Names,
    unset: Set<string>,
  ): Outcome<boolean, string> {
    const name = expandText(text, watching);
    if (!name.ok) return name;
    structural.add(name.value);
    const value = variables.get(name.value)?.value ?? DEFAULT_VARIABLES[name.value] ?? '';
    if (!variables.has(name.value)) unset.add(name.value);
    return ok((value !== '') === (word === 'ifdef'));
  }

  return {
    isRead: () => branches.every(({ isRead }) => isRead),
    take(text, at) {
      const current = branches.at(-1);
      const match = /^(else\s+)?(ifeq|ifneq|ifdef|ifndef)\b(.*)$/.exec(text);
      if (match !== null) {
        const isElse = match[1] !== undefined;
        if (isElse && current === undefined) return true;
        const isOpen = branches.slice(0, isElse ? -1 : undefined).every(({ isRead }) => isRead);
        const mayRead = isOpen && !(isElse && current!.wasRead);
        const holds = mayRead && decide(match[2]!, match[3]!.trim(), at);
        if (!isElse) branches.push({ isRead: holds, wasRead: holds });
        else {
          current!.isRead = holds;
          current!.wasRead ||= holds;
        }
        return true;
      }
      if (/^else\b/.test(text) && current !== undefined) {
        current.isRead = !current.wasRead;
        current.wasRead = true;
        return true;
      }
      if (!/^endif\b/.test(text)) return false;
      branches.pop();
      return true;
    },
  };
}

function isDefinition(word: string): boolean {
  return word === 'ifdef' || word === 'ifndef';
}

/** `(a,b)`, `"a" "b"` and `'a' 'b'`. */
function equal(word: string, text: string, names: Names): Outcome<boolean, string> {
  const quoted = /^(["'])(.*?)\1\s*(["'])(.*?)\3$/.exec(text);
  const [left = '', right = ''] =
    quoted !== null ? [quoted[2]!, quoted[4]!] : splitArguments(text.replace(/^\(|\)$/g, ''), 2);
  const a = expandText(left.trim(), names);
  if (!a.ok) return a;
  const b = expandText(right.trim(), names);
  if (!b.ok) return b;
  return ok((a.value.trim() === b.value.trim()) === (word === 'ifeq'));
}
