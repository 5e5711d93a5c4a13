/**
 * Examples for `--help`, by command as it is typed (`cache info`); '' is orch itself. A test sees to it that every
 * command has some, that they parse, and that none is left of a command that is gone.
 */
export interface Example {
  readonly line: string;
  readonly does: string;
}

const example = (line: string, does: string): Example => ({ line, does });

export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  '': [
    example('orch run deploy', 'make deploy and what it needs, where stale'),
    example('orch run deploy --month 2', 'with another value of the parameter month'),
    example('orch run -n deploy', 'what would run, and why'),
    example('orch list', 'the tasks of this project'),
    example('orch why train', 'why train would run, or is up to date'),
    example('orch logs train', 'what the last attempt of train printed'),
  ],
  run: [
    example('orch run', 'the default targets'),
    example('orch run train --model.max_depth=8', 'with another max_depth'),
    example("orch run 'fit[model=a]' report.html", 'a cell of a matrix, and a file'),
    example('orch run -j 8 -k report', '8 workers; go on after a failure'),
    example('orch run --force=train deploy', 'run train in any case, the rest as needed'),
    example('orch run test -- -k fast', 'add words to the command of test'),
  ],
  watch: [
    example('orch watch report', 'keep report up to date while you edit'),
    example('orch watch test --on-busy restart', 'stop a run that is out of date'),
    example('orch watch train --month 2 -- --quick', 'with a parameter, and a word more'),
    example('orch watch --json deploy', 'events for another program, one a line'),
  ],
  list: [
    example('orch list', 'one line a task, cells of a matrix folded'),
    example('orch list --cells --label nightly', 'every cell of the tasks labelled nightly'),
    example('orch list | cut -f1', 'only the names'),
  ],
  status: [
    example('orch status', 'how every task stands'),
    example('orch status --exit-code deploy', 'exit with 1 if deploy is stale'),
  ],
  why: [
    example('orch why train', 'all causes, and what came first'),
    example('orch why train --depth 8', 'what another parameter would do'),
    example("orch why 'train[month=1]'", 'one cell of a matrix'),
    example('orch why models/model.json', 'the task that makes this file'),
    example('orch why train --run 20261121-140211-ab12cd', 'why it ran back then'),
    example('orch why train --json', 'for another program'),
  ],
  graph: [
    example('orch graph deploy', 'what deploy waits for, as a tree'),
    example('orch graph --format svg > graph.svg', 'a picture for the browser'),
    example('orch graph --format dot | dot -Tpdf > g.pdf', 'drawn by Graphviz'),
    example('orch graph --format mermaid train', 'for a Markdown page'),
  ],
  params: [
    example('orch params', 'every parameter, its value and who uses it'),
    example('orch params train --month 2', 'those of train, as that run has them'),
    example('orch params --json', 'the same as data'),
  ],
  logs: [
    example('orch logs train', 'what its last attempt printed'),
    example("orch logs 'train[model=a]' | tail", 'of one cell, the end'),
  ],
  path: [example('cat $(orch path report)', 'the files that report makes')],
  accept: [example('orch accept train', 'take the files of train for its result')],
  validate: [
    example('orch validate', 'every pipeline of the project'),
    example('orch validate pipelines/taxi.yaml', 'one file'),
  ],
  schema: [
    example('orch schema > .orch.schema.json', 'renew the copy that orch init wrote'),
    example('orch schema --path', "for an editor's settings"),
  ],
  help: [
    example('orch help run', 'the same as `orch run --help`'),
    example('orch help unknown-key', 'what this error means, and what to do'),
    example('orch help errors', 'all errors that pipelines can have'),
  ],
  explain: [example('orch explain unknown-key', 'the same as `orch help unknown-key`')],
  completion: [
    example('source <(orch completion bash)', 'a line for ~/.bashrc'),
    example('source <(orch completion zsh)', 'a line for ~/.zshrc'),
    example('orch completion fish | source', 'a line for config.fish'),
  ],
  init: [
    example('orch init', 'from whatever is here, else a small example'),
    example('orch init -n', 'what it would write'),
    example('orch init --from npm', 'the scripts of package.json, though there is a Makefile'),
  ],
  clean: [
    example('orch clean', 'empty cache and state: everything runs once more'),
    example('orch clean --outputs -y', 'remove what tasks made, too; do not ask'),
    example('orch clean --orphans', 'remove only what no task makes any more'),
  ],
  cache: [
    example('orch cache info', 'how large it is'),
    example('du -sh $(orch cache path)', 'the same, by the disk'),
  ],
  'cache info': [example('orch cache info --json', 'where it is and how large, as data')],
  'cache gc': [
    example('orch cache gc --max-age 30d', 'drop what was not used for a month'),
    example('orch cache gc --max-size 5GB --dry-run', 'what would go to come down to 5 GB'),
  ],
  'cache verify': [
    example('orch cache verify', 'is every byte in it as it was stored?'),
    example('orch cache verify --repair', 'and take out what is not'),
  ],
  'cache path': [example('ls $(orch cache path)', 'look into it')],
};
