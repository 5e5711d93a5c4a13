/** A strict little reader of XML, for tests: throws where a text isn't well-formed. Knows what orch writes, no DTDs. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Its own text, entities decoded, without that of its children. */
  readonly text: string;
}

const NAME = '[A-Za-z_][\\w.:-]*';
const TAG = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`, 'y');
const ATTRIBUTE = new RegExp(`(${NAME})="([^"]*)"`, 'g');

export function parseXml(source: string): Element {
  interface Open {
    name: string;
    attributes: Record<string, string>;
    children: Element[];
    text: string;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them
  const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.exec(source);
  if (forbidden !== null) throw new Error(`a character that XML can't hold at ${forbidden.index}`);
  const document: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [document];
  for (let at = 0; at < source.length; ) {
    const top = open.at(-1)!;
    const next = source.indexOf('<', at);
    const text = source.slice(at, next === -1 ? source.length : next);
    top.text += decoded(text);
    if (next === -1) break;
    TAG.lastIndex = next;
    const tag = TAG.exec(source);
    if (tag === null) throw new Error(`no tag at ${next}: ${source.slice(next, next + 60)}`);
    const [whole, closing, name, attributes, selfClosing] = tag;
    at = next + whole.length;
    if (closing === '/') {
      if (top.name !== name || open.length === 1) throw new Error(`</${name}> closes <${top.name}>`);
      open.pop();
      continue;
    }
    const element: Open = { name: name!, attributes: {}, children: [], text: '' };
    for (const [, key, value] of attributes!.matchAll(ATTRIBUTE)) {
      if (key! in element.attributes) throw new Error(`${key} twice in <${name}>`);
      element.attributes[key!] = decoded(value!);
    }
    top.children.push(element);
    if (selfClosing !== '/') open.push(element);
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.name}> isn't closed`);
  if (document.children.length !== 1 || document.text.trim() !== '') throw new Error('not one root element');
  return document.children[0]!;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replace(/&([^;&]*;?)/g, (whole, name: string) => {
    const numeric = /^#(\d+);$/.exec(name);
    if (numeric !== null) return String.fromCodePoint(Number(numeric[1]));
    const known = name.endsWith(';') ? ENTITIES[name.slice(0, -1)] : undefined;
    if (known === undefined) throw new Error(`${whole} is no entity`);
    return known;
  });
}

/** An element and all below it. */
export function elementsOf(element: Element): readonly Element[] {
  return [element, ...element.children.flatMap(elementsOf)];
}
