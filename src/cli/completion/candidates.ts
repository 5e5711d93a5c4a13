/** What could stand where the cursor is. Pure: names come in as a function that is asked only where they matter. */
import type { PipelineNames } from '../../state/names.ts';
import { type Candidate, closed } from './candidate.ts';
import type { ArgumentInfo, CommandInfo, FlagInfo } from './command-info.ts';
import { flagNamed, type Place } from './command-line.ts';
import { paramAssignments, paramFlags, paramValues } from './param-candidates.ts';
import { pipelinesMeant, targetCandidates } from './target-candidates.ts';

export interface Answer {
  readonly candidates: readonly Candidate[];
  /** What of the disk fits too; `otherwise`: files where no candidate fits. */
  readonly disk: 'none' | 'files' | 'folders' | 'otherwise';
}

export interface Completion {
  readonly place: Place;
  readonly current: string;
  readonly orch: CommandInfo;
  readonly names: readonly PipelineNames[];
}

const NOTHING: Answer = { candidates: [], disk: 'none' };

export function answerOf(asked: Completion): Answer {
  const { place, current } = asked;
  if (place.isForCommand) return { candidates: [], disk: 'files' };
  if (place.flag !== null) return valuesOf(place.flag, '', asked);
  if (place.param !== null) return paramAnswer(place.param, '', asked);
  const attached = /^(--[^=]+)=/.exec(current);
  if (attached !== null) return attachedValues(attached[1]!, asked);
  if (current.startsWith('-')) return { candidates: flagsOf(asked), disk: 'none' };
  return argumentOf(asked);
}

/** Does answering need to know the project's names? */
export function needsNames({ place, current }: Omit<Completion, 'names'>): boolean {
  if (place.isForCommand) return false;
  if (place.flag !== null) return place.flag.value !== null && !isOfDisk(place.flag);
  if (current.startsWith('-')) return place.command.takesParams;
  return place.param !== null || place.command.arguments.length > 0;
}

function isOfDisk({ value }: FlagInfo): boolean {
  return value === 'dir' || value === 'file';
}

function attachedValues(name: string, asked: Completion): Answer {
  const { command } = asked.place;
  if (name === '--force' && command.flags.some(({ long }) => long === name))
    return targets(asked, `${name}=`);
  const flag = flagNamed(name, command, asked.orch);
  if (flag !== null) return valuesOf(flag, `${name}=`, asked);
  return command.takesParams ? paramAnswer(name.slice(2), `${name}=`, asked) : NOTHING;
}

function paramAnswer(flag: string, prefix: string, { names, place }: Completion): Answer {
  const candidates = paramValues(flag.replaceAll('-', '_'), pipelinesMeant(names, place));
  return {
    candidates: candidates.map((each) => ({ ...each, value: prefix + each.value })),
    disk: candidates.length === 0 ? 'files' : 'none',
  };
}

function valuesOf(flag: FlagInfo, prefix: string, asked: Completion): Answer {
  const { names, place, current } = asked;
  const these = (candidates: readonly Candidate[]): Answer => ({
    candidates: candidates.map((each) => ({ ...each, value: prefix + each.value })),
    disk: 'none',
  });
  if (flag.values !== null) return these(flag.values.map((value) => closed(value)));
  if (flag.value === 'dir') return { candidates: [], disk: 'folders' };
  if (flag.value === 'file') return { candidates: [], disk: 'files' };
  switch (flag.long) {
    case '--pipeline':
      return these(names.map(({ name, file }) => closed(name, file)));
    case '--label':
      return these(labelsOf(pipelinesMeant(names, place)));
    case '--param':
      return these(paramAssignments(current.slice(prefix.length), pipelinesMeant(names, place)));
    default:
      return flag.value === 'task' || flag.value === 'target' ? targets(asked, prefix) : NOTHING;
  }
}

function labelsOf(pipelines: readonly PipelineNames[]): readonly Candidate[] {
  const labels = new Set(pipelines.flatMap(({ tasks }) => tasks.flatMap((task) => task.labels)));
  return [...labels].map((label) => closed(label));
}

function flagsOf({ place, current, orch, names }: Completion): readonly Candidate[] {
  const flags = [...place.command.flags, ...(place.command === orch ? [] : orch.flags)];
  const known = flags
    .filter(({ long }) => place.command === orch || !ONLY_BEFORE_COMMANDS.has(long))
    .flatMap(({ long, short, description }) => [
      closed(long, description),
      ...(short !== null && current.length <= 2 ? [closed(short, description)] : []),
    ]);
  const help = closed('--help', 'print help');
  const params = place.command.takesParams
    ? paramFlags(
        pipelinesMeant(names, place),
        new Set(
          [...flags, ...(orch.commands.find(({ name }) => name === 'run')?.flags ?? [])].map(
            ({ long }) => long,
          ),
        ),
      )
    : [];
  return [...known, help, ...params];
}

/** Flags that stand for commands. */
const ONLY_BEFORE_COMMANDS = new Set(['--version', '--list', '--clean', '--yes', '--outputs']);

function argumentOf(asked: Completion): Answer {
  const { command, given } = asked.place;
  if (command.name === 'help' && command.commands.length === 0) return helpArgument(asked);
  if (command.commands.length > 0)
    return given.length > 0 ? NOTHING : { candidates: commandsOf(command), disk: 'none' };
  const argument = command.arguments[Math.min(given.length, command.arguments.length - 1)];
  if (argument === undefined || (given.length >= command.arguments.length && !argument.variadic))
    return NOTHING;
  if (argument.values !== null)
    return { candidates: argument.values.map((value) => closed(value)), disk: 'none' };
  if (isTarget(argument)) return targets(asked, '');
  if (/^files?$/.test(argument.name)) return { candidates: [], disk: 'files' };
  return NOTHING;
}

function isTarget({ name }: ArgumentInfo): boolean {
  return /^(tasks?|targets?)$/.test(name);
}

function helpArgument({ place: { given }, orch }: Completion): Answer {
  let within: CommandInfo | undefined = orch;
  for (const name of given) within = within?.commands.find((each) => each.name === name);
  return within === undefined ? NOTHING : { candidates: commandsOf(within), disk: 'none' };
}

function commandsOf({ commands }: CommandInfo): readonly Candidate[] {
  return commands.map(({ name, description }) => closed(name, description));
}

/** Outputs are targets, too: where no name fits, files may. */
function targets({ names, place, current }: Completion, prefix: string): Answer {
  const candidates = targetCandidates(current.slice(prefix.length), names, place);
  return {
    candidates: candidates.map((each) => ({ ...each, value: prefix + each.value })),
    disk: 'otherwise',
  };
}
