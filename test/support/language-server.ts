/**
 * The real yaml-language-server as an editor uses it: started as a process, spoken to in LSP over its stdio. It asks
 * its client for settings and gets some that keep it off the network; it learns of schemas from modelines only.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { cleanEnv } from './project.ts';

const SERVER = fileURLToPath(
  new URL('../../node_modules/yaml-language-server/bin/yaml-language-server', import.meta.url),
);

const SETTINGS: Readonly<Record<string, unknown>> = {
  yaml: {
    validate: true,
    hover: true,
    completion: true,
    schemaStore: { enable: false },
    kubernetesCRDStore: { enable: false },
  },
};

/** From 0, as LSP counts. */
export interface Spot {
  readonly line: number;
  readonly character: number;
}

export interface EditorDiagnostic {
  readonly message: string;
  readonly range: { readonly start: Spot; readonly end: Spot };
}

export interface Editor {
  /** Opens a text under a path (it needn't be on disk) and gives what the server finds wrong with it. */
  open(path: string, text: string): Promise<readonly EditorDiagnostic[]>;
  /** Labels of what is offered at a place of an opened file. */
  complete(path: string, at: Spot): Promise<readonly string[]>;
  /** Text of what is shown over a place; '' for nothing. */
  hover(path: string, at: Spot): Promise<string>;
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Starts the server; it ends with the test. `root` is the folder that the editor has open. */
export async function startEditor(root: string): Promise<Editor> {
  const child = spawn(process.execPath, [SERVER, '--stdio'], {
    cwd: root,
    env: cleanEnv(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const answers = new Map<number | string, (message: Message) => void>();
  const published = new Map<string, (found: readonly EditorDiagnostic[]) => void>();
  let lastId = 0;

  const send = (message: object): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const request = <T>(method: string, params: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      answers.set(lastId, ({ error, result }) =>
        error === undefined ? resolve(result as T) : reject(new Error(`${method}: ${error.message}`)),
      );
      send({ id: lastId, method, params });
    });
  const receive = (message: Message): void => {
    if (message.method === undefined) answers.get(message.id ?? -1)?.(message);
    else if (message.method === 'workspace/configuration') {
      const { items } = message.params as { items: readonly { section: string }[] };
      send({ id: message.id, result: items.map(({ section }) => SETTINGS[section] ?? {}) });
    } else if (message.method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = message.params as { uri: string; diagnostics: EditorDiagnostic[] };
      published.get(uri)?.(diagnostics);
    } else if (message.id !== undefined) send({ id: message.id, result: null });
  };

  let buffered = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      const headerEnd = buffered.indexOf('\r\n\r\n');
      if (headerEnd === -1) return;
      const length = Number(/Content-Length: (\d+)/i.exec(buffered.toString('latin1', 0, headerEnd))![1]);
      const end = headerEnd + 4 + length;
      if (buffered.length < end) return;
      const message = JSON.parse(buffered.toString('utf8', headerEnd + 4, end)) as Message;
      buffered = buffered.subarray(end);
      receive(message);
    }
  });
  onTestFinished(async () => {
    child.kill();
    await ended;
  });

  const rootUri = pathToFileURL(root).href;
  await request('initialize', {
    processId: process.pid,
    rootUri,
    workspaceFolders: [{ uri: rootUri, name: 'project' }],
    capabilities: {
      workspace: { configuration: true, workspaceFolders: true },
      textDocument: {
        hover: { contentFormat: ['markdown', 'plaintext'] },
        completion: { completionItem: { documentationFormat: ['markdown'] } },
      },
    },
  });
  send({ method: 'initialized', params: {} });
  // The answer to this makes it ask for its settings; they must be there before the first file is.
  send({ method: 'workspace/didChangeConfiguration', params: { settings: null } });

  const uriOf = (path: string) => pathToFileURL(path).href;
  const at = (path: string, position: Spot) => ({ textDocument: { uri: uriOf(path) }, position });
  return {
    open(path, text) {
      const found = new Promise<readonly EditorDiagnostic[]>((resolve) => {
        published.set(uriOf(path), resolve);
      });
      send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri: uriOf(path), languageId: 'yaml', version: 1, text } },
      });
      return found;
    },
    async complete(path, position) {
      const list = await request<{ items: readonly { label: string }[] }>(
        'textDocument/completion',
        at(path, position),
      );
      return list.items.map(({ label }) => label);
    },
    async hover(path, position) {
      const shown = await request<{ contents: { value: string } } | null>(
        'textDocument/hover',
        at(path, position),
      );
      return shown?.contents.value ?? '';
    },
  };
}
