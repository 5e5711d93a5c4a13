/** `--help`: every command says what it does and shows how; `orch help X` is `orch X --help`. */
import { describe, expect, it } from 'vitest';
import type { CommandInfo } from '../../src/cli/completion/command-info.ts';
import { EXAMPLES } from '../../src/cli/examples.ts';
import { bareScenario, type Scenario } from './support/scenario.ts';

interface Named extends CommandInfo {
  /** As it is typed: `cache info`; '' is orch itself. */
  readonly path: string;
}

/** All commands there are, as commander has them. */
async function commandsOf(s: Scenario): Promise<readonly Named[]> {
  const orch = JSON.parse((await s.ok('complete', '--describe')).stdout) as CommandInfo;
  const walk = (command: CommandInfo, path: string): Named[] => [
    { ...command, path },
    ...command.commands.flatMap((each) => walk(each, `${path} ${each.name}`.trim())),
  ];
  return walk(orch, '');
}

describe('every command', () => {
  it('has a description, and so has every one of its flags', async () => {
    for (const { path, description, flags } of await commandsOf(bareScenario())) {
      expect(description, `orch ${path}`).not.toBe('');
      for (const flag of flags) expect(flag.description, `orch ${path} ${flag.long}`).not.toBe('');
    }
  });

  it('has an example in src/cli/examples.ts, and no example is of a command that is gone', async () => {
    const paths = (await commandsOf(bareScenario())).map(({ path }) => path);
    expect(paths.filter((path) => (EXAMPLES[path] ?? []).length === 0)).toEqual([]);
    expect(Object.keys(EXAMPLES).filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('has examples that name it, with flags that exist', async () => {
    const commands = await commandsOf(bareScenario());
    const global = commands.find(({ path }) => path === '')!.flags;
    for (const { path, flags, takesParams } of commands)
      for (const { line, does } of EXAMPLES[path] ?? []) {
        expect(line).toContain(`orch ${path}`.trim());
        expect(does).not.toBe('');
        if (path === '') continue;
        const words = line
          .slice(line.indexOf('orch '))
          .split(/ -- | \| | > |\)/)[0]!
          .split(' ');
        for (const word of words.filter((each) => each.startsWith('-'))) {
          const name = word.replace(/=.*/, '');
          const isKnown = [...flags, ...global].some(({ long, short }) => long === name || short === name);
          expect(isKnown || (takesParams && name.startsWith('--')), `${line}: ${word}`).toBe(true);
        }
      }
  });

  it('prints the same by `orch help X` as by `orch X --help`, no wider than 80 columns', async () => {
    const s = bareScenario();
    for (const { path } of await commandsOf(s)) {
      const words = path === '' ? [] : path.split(' ');
      const help = (await s.ok('help', ...words)).stdout;
      expect((await s.ok(...words, '--help')).stdout).toBe(help);
      expect(help).toMatch(/^Usage: orch/);
      for (const { line } of EXAMPLES[path] ?? []) expect(help).toContain(`  ${line}`);
      for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  }, 120_000);
});

describe('orch help', () => {
  it('groups commands, and the flags of run, on a screen each', async () => {
    const s = bareScenario();
    const top = (await s.ok('help')).stdout;
    expect([...top.matchAll(/^(\w[\w ]*):$/gm)].map(([, heading]) => heading)).toEqual([
      'Options',
      'Make',
      'Look',
      'Project',
      'Shell',
      'Examples',
    ]);
    const run = (await s.ok('help', 'run')).stdout;
    expect([...run.matchAll(/^(\w[\w ]*):$/gm)].map(([, heading]) => heading)).toEqual([
      'What to do',
      'Values',
      'How',
      'Examples',
    ]);
    expect(run.split('\n').length).toBeLessThanOrEqual(45);
  });

  it('of a command that is none is refused', async () => {
    const s = bareScenario();
    for (const words of [['nothing'], ['cache', 'nothing'], ['run', 'run']]) {
      const { stderr } = await s.exits(2, ['help', ...words]);
      expect(stderr).toContain(`there is no command '${words.join(' ')}'`);
    }
  });

  it('is printed where a command that has others is called without one', async () => {
    const { stderr, stdout } = await bareScenario().exits(2, ['cache']);
    expect(stdout + stderr).toContain('orch cache info');
  });
});
