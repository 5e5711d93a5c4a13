/**
 * What must hold of secrets before a run starts anything: every one that a planned task declares is set, and the
 * file that holds values isn't one that others can read. Asks git, changes nothing, shows no value.
 */
import { dirname } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { RunEventBody } from '../model/event.ts';
import type { DiagnosticCode } from '../pipeline/catalogue/index.ts';
import type { Plan } from '../planner/plan.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import type { Project } from './project.ts';
import { type ProjectSecrets, SECRETS_FILE, type SecretsFile } from './secrets.ts';

/** What is missing, each secret once. Throws CommandError where the secrets file can't be used. */
export async function checkSecrets(
  { secrets }: Pick<Project, 'secrets'>,
  plan: Plan,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Diagnostic[]> {
  const using = new Map<string, Plan['nodes'][number]['task'][]>();
  for (const { task } of plan.nodes)
    for (const name of task.secrets) using.set(name, [...(using.get(name) ?? []), task]);
  if (using.size === 0) return [];
  if (secrets.problem !== null)
    throw new CommandError(secrets.problem.message, EXIT.usage, secrets.problem.hint);
  if (secrets.file !== null && (await askGit(secrets.file, ['ls-files', '--error-unmatch'])) === 0)
    throw new CommandError(
      `git tracks the secrets file ${secrets.file.shown}: whoever has the repository has the secrets`,
      EXIT.usage,
      `take it out (git rm --cached ${secrets.file.shown}), add it to .gitignore, and replace the secrets that it held`,
    );
  const file = environment['ORCH_SECRETS_FILE'] || SECRETS_FILE;
  const code: DiagnosticCode = 'missing-secret';
  return [...using].flatMap(([name, tasks]): Diagnostic[] => {
    if (secrets.values.has(name)) return [];
    const [first] = tasks as [(typeof tasks)[number]];
    const more = tasks.length === 1 ? '' : ` and ${tasks.length - 1} more`;
    return [
      {
        severity: 'error',
        code,
        message: `the secret ${name} of ${first.label}${more} ${environment[name] === '' ? 'is empty' : 'is not set'}`,
        hint: `set the variable ${name}, or write a line ${name}=… into ${file} (a file that git must not have)`,
        ...first.position,
      },
    ];
  });
}

/** What is to be said of the file that the values are in: others can read it, or git would take it. */
export async function secretsFileWarnings({ file }: ProjectSecrets): Promise<RunEventBody[]> {
  if (file === null) return [];
  const warn = (code: string, message: string): RunEventBody[] => [
    { event: 'notice', level: 'warning', code, message, task: null },
  ];
  const { shown, stats } = file;
  return [
    ...(stats.isFile() && (stats.mode & 0o077) !== 0
      ? warn(
          'secrets-file-open',
          `other users may read the secrets file ${shown}; close it: chmod 600 ${shown}`,
        )
      : []),
    ...((await askGit(file, ['check-ignore', '--quiet'])) === 1
      ? warn(
          'secrets-file-not-ignored',
          `git does not ignore the secrets file ${shown}; add it to .gitignore`,
        )
      : []),
  ];
}

/** git's exit code; null where there is no git. 128: no repository. Its file monitor, a command, isn't started. */
async function askGit({ path }: SecretsFile, words: readonly string[]): Promise<number | null> {
  const { spawnSync } = await import('node:child_process');
  const args = ['-c', 'core.fsmonitor=false', ...words, '--', path];
  return spawnSync('git', args, { cwd: dirname(path), stdio: 'ignore', timeout: 10_000 }).status;
}

/** Commands that name a secret of other tasks as a variable: they don't get it. */
export function undeclaredSecrets({ nodes }: Plan, { declared }: ProjectSecrets): RunEventBody[] {
  return nodes.flatMap(({ task }) => {
    const command = JSON.stringify(task.run);
    return [...declared]
      .filter((name) => !task.secrets.includes(name) && !(name in task.env))
      .filter((name) => new RegExp(`\\$\\{?${name.replaceAll('.', '\\.')}\\b`).test(command))
      .map(
        (name): RunEventBody => ({
          event: 'notice',
          level: 'warning',
          code: 'undeclared-secret',
          message: `${task.label} reads $${name}, a secret of other tasks that it doesn't declare, and so doesn't get; add it: secrets: [${[...task.secrets, name].join(', ')}]`,
          task: task.label,
        }),
      );
  });
}
