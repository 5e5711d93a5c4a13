/** `orch graph`. */
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { projectGraph } from '../../app/graph.ts';
import type { GraphView } from '../../model/graph-view.ts';
import type { SplitArgv } from '../argv.ts';
import { print } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';
import { widthOfTerminal } from '../table.ts';

/** commander has refused others. */
type GraphFormat = 'tree' | 'mermaid' | 'dot' | 'json' | 'svg';

export interface GraphOptions extends GlobalOptions {
  readonly format?: GraphFormat;
  readonly cells?: boolean;
}

export async function graph(
  targets: readonly string[],
  options: GraphOptions,
  flags: SplitArgv['params'],
): Promise<number> {
  const format = formatOf(options);
  const view = await projectGraph({
    project: projectRequest(options, flags, false),
    targets,
    foldCells: options.cells !== true,
  });
  print(await drawn(view, format, targets, options));
  return EXIT.done;
}

function formatOf({ format, json }: GraphOptions): GraphFormat {
  if (format === undefined) return json === true ? 'json' : 'tree';
  if (json === true && format !== 'json')
    throw new CommandError(
      `--json and --format ${format} ask for two things`,
      EXIT.usage,
      'give one of them',
    );
  return format;
}

async function drawn(
  view: GraphView,
  format: GraphFormat,
  targets: readonly string[],
  options: GraphOptions,
): Promise<string> {
  switch (format) {
    case 'tree': {
      const { graphTree } = await import('../../reporters/graph/tree.ts');
      const { style, ascii } = terminalFor(process.stdout, options.color === false, process.env);
      const lines = graphTree(view, { ascii, dim: style.dim, bold: style.bold });
      return fitted(lines, widthOfTerminal(process.stdout));
    }
    case 'mermaid':
      return (await import('../../reporters/graph/mermaid.ts')).graphMermaid(view);
    case 'dot':
      return (await import('../../reporters/graph/dot.ts')).graphDot(view);
    case 'json':
      return `${JSON.stringify((await import('../../reporters/graph/json.ts')).graphJson(view), null, 2)}\n`;
    case 'svg': {
      const { graphSvg } = await import('../../reporters/graph/svg.ts');
      const svg = await graphSvg(
        view,
        targets.length === 0 ? 'orch graph' : `orch graph ${targets.join(' ')}`,
      );
      if (svg.ok) return svg.value;
      throw new CommandError(
        `${svg.error.boxes} tasks are too many to be laid out as SVG (at most ${svg.error.maxBoxes}, fewer where much depends on much)`,
        EXIT.usage,
        options.cells === true
          ? 'fold the cells, name a target, or let Graphviz draw it: orch graph --format dot | dot -Tsvg'
          : 'name a target, or let Graphviz draw it: orch graph --format dot | dot -Tsvg',
      );
    }
  }
}

async function fitted(lines: readonly string[], width: number | null): Promise<string> {
  if (width === null) return lines.map((line) => `${line}\n`).join('');
  const { default: truncate } = await import('cli-truncate');
  return lines.map((line) => `${truncate(line, width)}\n`).join('');
}
