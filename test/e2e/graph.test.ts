/** `orch graph`: who waits for whom, in every format. */
import { spawnSync } from 'node:child_process';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { onTerminal } from '../support/terminal-run.ts';
import { itWith } from '../support/tools.ts';
import { bareScenario, type Fields, flow, type Scenario, scenario, task } from './support/scenario.ts';
import { elementsOf, parseXml } from './support/xml.ts';

const TASKS: Fields = {
  fetch: task('fetch', 'echo > ${{ outputs[0] }}', {
    description: 'One month',
    matrix: { month: '${{ range(1, params.months + 1) }}' },
    outputs: ['raw/${{ matrix.month }}.csv'],
  }),
  train: task('train', 'cat raw/* > m.json', { inputs: ['raw/*.csv'], outputs: ['m.json'] }),
  check: task('check', 'cat m.json', {
    needs: ['train', { task: 'warm', order_only: true }],
    inputs: ['m.json'],
  }),
  warm: task('warm', '', { cache: false }),
  all: { needs: ['check', 'train'] },
  tidy: task('tidy', '', { cache: false }),
};

const project = (): Scenario =>
  scenario(TASKS, {}, { params: { months: 3 }, finally: ['tidy'], default: ['all'] });

/** Values that mean something to one language or another. */
const NASTY = [
  'a"b',
  "it's",
  '<b>x</b>',
  'back\\slash\\N',
  '\\',
  '`tick`',
  '&amp; #35;',
  '$(x) ${y}',
  'a|b',
  '{x}',
  '[y]',
  '(z)',
  '1. z',
  '-->',
  'style:x#1;',
  'end',
  'naïve Δ 東京 🚕',
  'tab\there',
];

const nasty = (): Scenario =>
  scenario({
    'всё_all.v1': { needs: ['_cell_'] },
    _cell_: task('cell', 'echo > ${{ outputs[0] }}', {
      description: 'Says "more" & <less> -->\nin two lines',
      matrix: { v: NASTY },
      outputs: ['out/${{ sha(matrix.v) }}'],
    }),
  });

/** As `orch list --cells` calls them. */
async function nastyLabels(s: Scenario): Promise<string[]> {
  const { nodes } = await json(s, '--cells');
  return nodes.map(({ label }) => label);
}

interface Json {
  readonly nodes: readonly {
    readonly id: string;
    readonly label: string;
    readonly [field: string]: unknown;
  }[];
  readonly edges: readonly unknown[];
}

async function json(s: Scenario, ...args: string[]): Promise<Json> {
  return JSON.parse((await s.ok('graph', '--format', 'json', ...args)).stdout) as Json;
}

const lines = (...text: string[]) => `${text.join('\n')}\n`;

describe('orch graph', () => {
  it('prints a tree: how each edge came about, groups, folded cells, final tasks', async () => {
    const { stdout } = await project().ok('graph');
    expect(stdout).toBe(
      lines(
        'all (group)',
        '├── check (need)',
        '│   ├── train (need, path m.json)',
        '│   │   └── fetch ×3 (path raw/1.csv +2)',
        '│   └── warm (order only)',
        '└── train (need, see above)',
        'tidy (finally)',
      ),
    );
  });

  it('--cells shows every cell', async () => {
    const { stdout } = await project().ok('graph', 'train', '--cells');
    expect(stdout).toBe(
      lines(
        'train',
        '├── fetch[month=1] (path raw/1.csv)',
        '├── fetch[month=2] (path raw/2.csv)',
        '└── fetch[month=3] (path raw/3.csv)',
        'tidy (finally)',
      ),
    );
  });

  it('shows what the targets need, with parameters as a run would have them', async () => {
    const s = project();
    expect((await s.ok('graph', 'train', '--months', '1')).stdout).toBe(
      lines('train', '└── fetch[month=1] (path raw/1.csv)', 'tidy (finally)'),
    );
    expect((await s.ok('graph', 'fetch[month=2]', 'warm')).stdout).toBe(
      lines('fetch[month=2]', 'warm', 'tidy (finally)'),
    );
    const { stderr } = await s.exits(2, ['graph', 'trian']);
    expect(stderr).toContain("did you mean 'train'?");
  });

  it('takes the patterns that it prints as targets', async () => {
    const s = project();
    const { nodes } = await json(s, 'fetch[month=2..3]');
    expect(nodes).toMatchObject([
      { id: 'flow:fetch', label: 'fetch[month=2|3]', cells: 2 },
      { id: 'flow:tidy' },
    ]);
    expect((await json(s, 'fetch[month=2|3]')).nodes).toEqual(nodes);
    expect((await s.exits(2, ['graph', 'fetch[month=7..9]'])).stderr).toContain(
      'fetch has no cell [month=7..9]',
    );
  });

  it('follows paths between pipelines, and names them where that is needed', async () => {
    const s = bareScenario();
    s.write('pipelines/one.yaml', flow({ make: task('make', '', { outputs: ['d.txt'] }) }, { name: 'one' }));
    s.write('pipelines/two.yaml', flow({ use: task('use', '', { inputs: ['d.txt'] }) }, { name: 'two' }));
    expect((await s.ok('graph', 'use')).stdout).toBe(lines('use', '└── make (path d.txt)'));
    expect((await s.ok('graph', '-p', 'one')).stdout).toBe(lines('make'));
    s.write('pipelines/three.yaml', flow({ use: task('use') }, { name: 'three' }));
    expect((await s.ok('graph', 'two:use')).stdout).toBe(lines('two:use', '└── make (path d.txt)'));
  });

  it('folds cells that wait for each other without losing the way', async () => {
    const s = scenario({
      step: task('step', 'cat ${{ inputs[0] }} > ${{ outputs[0] }}', {
        matrix: { n: '${{ range(1, 5) }}' },
        inputs: ['s/${{ matrix.n - 1 }}'],
        outputs: ['s/${{ matrix.n }}'],
      }),
      seed: task('seed', 'echo > s/0', { outputs: ['s/0'] }),
    });
    expect((await s.ok('graph')).stdout).toBe(
      lines('step ×4 (its cells wait for each other)', '└── seed (path s/0)'),
    );
    for (const format of ['svg', 'dot', 'mermaid'])
      expect((await s.ok('graph', '--format', format)).stdout).toContain('step ×4');
  });

  it('indents no line without end', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 400 }, (_, n) => [`t${n}`, { needs: n === 0 ? [] : [`t${n - 1}`] }]),
    );
    const { stdout } = await scenario(chain).ok('graph');
    const shown = stdout.trimEnd().split('\n');
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(150);
    const mentioned = new Set(shown.map((line) => /t\d+/.exec(line)?.[0]));
    expect(mentioned.size).toBe(400);
    expect(shown[24]).toMatch(/t375 \(group, need, see below\)$/);
    expect(shown[25]).toBe('t375 (group)');
  });

  it('uses plain characters where the locale has no others', async () => {
    const { stdout } = await project().exits(0, ['graph', 'train'], {
      env: { LANG: 'C', LC_ALL: 'C' },
    });
    expect(stdout).toBe(lines('train', '`-- fetch x3 (path raw/1.csv +2)', 'tidy (finally)'));
  });

  it('on a terminal has no line wider than it', async () => {
    const s = nasty();
    for (const columns of [20, 60]) {
      const { output } = await onTerminal(s.dir, ['graph', '--cells', '--no-color'], { columns });
      for (const line of output.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  it('refuses an unknown format and two formats at once', async () => {
    const s = project();
    expect((await s.exits(2, ['graph', '--format', 'png'])).stderr).toContain(
      'tree, mermaid, dot, json, svg',
    );
    await s.exits(2, ['graph', '--json', '--format', 'svg']);
  });
});

describe('--format json', () => {
  it('is one document of nodes and edges', async () => {
    const s = project();
    const document = await json(s, 'all');
    expect(document).toEqual(JSON.parse((await s.ok('graph', 'all', '--json')).stdout));
    const plain = { pipeline: 'flow', cells: 1, cell: null, final: false, target: false, description: null };
    expect(document.nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { ...plain, id: 'flow:all', name: 'all', label: 'all', kind: 'group', target: true },
      { ...plain, id: 'flow:check', name: 'check', label: 'check', kind: 'task' },
      {
        ...plain,
        id: 'flow:fetch',
        name: 'fetch',
        label: 'fetch[month=1..3]',
        kind: 'task',
        cells: 3,
        description: 'One month',
      },
      { ...plain, id: 'flow:tidy', name: 'tidy', label: 'tidy', kind: 'task', final: true },
      { ...plain, id: 'flow:train', name: 'train', label: 'train', kind: 'task' },
      { ...plain, id: 'flow:warm', name: 'warm', label: 'warm', kind: 'task' },
    ]);
    expect(document.edges).toEqual(
      expect.arrayContaining([
        {
          from: 'flow:fetch',
          to: 'flow:train',
          kinds: ['path'],
          paths: ['raw/1.csv', 'raw/2.csv', 'raw/3.csv'],
        },
        { from: 'flow:train', to: 'flow:check', kinds: ['need', 'path'], paths: ['m.json'] },
        { from: 'flow:warm', to: 'flow:check', kinds: ['order'], paths: [] },
        { from: 'flow:check', to: 'flow:all', kinds: ['need'], paths: [] },
        { from: 'flow:train', to: 'flow:all', kinds: ['need'], paths: [] },
      ]),
    );
    expect(document.edges).toHaveLength(5);
  });

  it('has the values of a single cell, and nodes in an order in which they can run', async () => {
    const { nodes } = await json(project(), 'all', '--cells');
    expect(nodes.find(({ id }) => id === 'flow:fetch[month=2]')).toMatchObject({ cell: { month: 2 } });
    const ids = nodes.map(({ id }) => id);
    for (const [first, second] of [
      ['flow:fetch[month=3]', 'flow:train'],
      ['flow:train', 'flow:check'],
      ['flow:warm', 'flow:check'],
      ['flow:check', 'flow:all'],
    ])
      expect(ids.indexOf(first!)).toBeLessThan(ids.indexOf(second!));
  });
});

describe('--format mermaid', () => {
  it('is a flowchart', async () => {
    const { stdout } = await project().ok('graph', 'all', '--format', 'mermaid');
    expect(stdout).toBe(
      lines(
        'flowchart LR',
        '  %% need ==>  path -->  order only -.->',
        '  n0[["fetch ×3"]]',
        '  n1["warm"]',
        '  n2(["tidy"])',
        '  n3["train"]',
        '  n4["check"]',
        '  n5{{"all"}}',
        '  n0 --> n3',
        '  n3 ==> n4',
        '  n1 -.-> n4',
        '  n4 ==> n5',
        '  n3 ==> n5',
        '  classDef target stroke-width:3px',
        '  class n5 target',
      ),
    );
  });

  it('writes every name so that it stays one text', async () => {
    const s = nasty();
    const { stdout } = await s.ok('graph', '--cells', '--format', 'mermaid');
    const texts = [...stdout.matchAll(/^ {2}n\d+(?:\[|\{\{)"(.*)"(?:\]|\}\})$/gm)].map(([, text]) => text!);
    expect(texts.join('')).not.toMatch(/["`<>&\\|{}]/);
    const read = texts.map((text) =>
      text.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
    );
    expect(read.toSorted()).toEqual((await nastyLabels(s)).toSorted());
  });
});

describe('--format dot', () => {
  it('is a digraph', async () => {
    const { stdout } = await project().ok('graph', 'check', '--format', 'dot');
    expect(stdout).toBe(
      lines(
        'digraph orch {',
        '  // need: bold, path: solid, order only: dashed',
        '  graph [rankdir=LR]',
        '  node [shape=box, style=rounded, fontname="sans-serif"]',
        '  "flow:fetch" [label="fetch ×3", tooltip="fetch[month=1..3] (3 cells): One month", peripheries=2]',
        '  "flow:warm" [label="warm", tooltip="warm"]',
        '  "flow:tidy" [label="tidy", tooltip="tidy (finally)", style="rounded,dashed"]',
        '  "flow:train" [label="train", tooltip="train"]',
        '  "flow:check" [label="check", tooltip="check", penwidth=2]',
        '  "flow:fetch" -> "flow:train" [style=solid, tooltip="path raw/1.csv raw/2.csv raw/3.csv"]',
        '  "flow:train" -> "flow:check" [style=bold, tooltip="need, path m.json"]',
        '  "flow:warm" -> "flow:check" [style=dashed, tooltip="order only"]',
        '}',
      ),
    );
  });

  itWith('dot')('is drawn by Graphviz with every name as it is', async () => {
    const s = nasty();
    const { stdout } = await s.ok('graph', '--cells', '--format', 'dot');
    const drawn = spawnSync('dot', ['-Tsvg'], { input: stdout, encoding: 'utf8' });
    expect(drawn.stderr).toBe('');
    const svg = parseXml(drawn.stdout.replace(/^[\s\S]*?(?=<svg)/, '').replace(/<!--[\s\S]*?-->/g, ''));
    const groups = elementsOf(svg).filter(({ attributes }) => attributes['class'] === 'node');
    const texts = groups.map((group) => elementsOf(group).find(({ name }) => name === 'text')?.text);
    // Graphviz draws a space as one that doesn't break.
    const labels = (await nastyLabels(s)).map((label) => label.replaceAll(' ', '\u00a0'));
    expect(texts.map((text) => text?.replaceAll(' ', '\u00a0')).toSorted()).toEqual(labels.toSorted());
  });
});

describe('--format svg', () => {
  const svgOf = async (s: Scenario, ...args: string[]) =>
    parseXml((await s.ok('graph', '--format', 'svg', ...args)).stdout);

  it('draws every node and edge, with a legend of what occurs', async () => {
    const svg = await svgOf(project(), 'check');
    expect(svg.attributes['xmlns']).toBe('http://www.w3.org/2000/svg');
    const withClass = (name: string) =>
      elementsOf(svg).filter(({ attributes }) => attributes['class']?.split(' ').includes(name));
    const titles = (name: string) =>
      withClass(name).flatMap(({ children }) =>
        children.filter((each) => each.name === 'title').map(({ text }) => text),
      );
    expect(titles('task').toSorted()).toEqual([
      'check',
      'fetch[month=1..3] (3 cells): One month',
      'tidy (finally)',
      'train',
      'warm',
    ]);
    expect(titles('edge').toSorted()).toEqual([
      'fetch ×3 → train: path raw/1.csv raw/2.csv raw/3.csv',
      'train → check: need, path m.json',
      'warm → check: order only',
    ]);
    const [legend] = withClass('legend');
    expect(elementsOf(legend!).flatMap(({ name, text }) => (name === 'text' ? [text] : []))).toEqual([
      'need',
      'path',
      'order only',
      'target',
      'finally',
    ]);
  });

  it('is light or dark as its viewer is, and needs nothing from elsewhere', async () => {
    const { stdout } = await project().ok('graph', '--format', 'svg');
    expect(stdout).toContain('@media (prefers-color-scheme:dark)');
    expect(stdout.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|<script|<image/);
  });

  it('keeps every name as it is, and shortens long ones without losing them', async () => {
    const s = nasty();
    const svg = await svgOf(s, '--cells');
    const labels = await nastyLabels(s);
    const nodes = elementsOf(svg).filter(({ attributes }) => /^(task|group)/.test(attributes['class'] ?? ''));
    const shown = nodes.flatMap(({ children }) =>
      children.filter(({ name }) => name === 'text').map(({ text }) => text),
    );
    expect(shown.toSorted()).toEqual(labels.toSorted());

    const long = `${'very_'.repeat(20)}long`;
    const other = await svgOf(scenario({ [long]: task('x') }));
    const texts = elementsOf(other);
    expect(texts.find(({ name, text }) => name === 'title' && text === long)).toBeDefined();
    const text = texts.find(({ name }) => name === 'text')?.text ?? '';
    expect(text).toContain('…');
    expect(stringWidth(text)).toBeLessThanOrEqual(32);
  });

  it('of too many tasks is refused with a way out', async () => {
    const s = scenario({ t: task('t', '', { matrix: { n: '${{ range(0, 1001) }}' } }) });
    const { stderr, stdout } = await s.exits(2, ['graph', '--cells', '--format', 'svg']);
    expect(stdout).toBe('');
    expect(stderr).toContain('1001 tasks');
    expect(stderr).toContain('dot -Tsvg');
    await s.ok('graph', '--format', 'svg');
  });
});
