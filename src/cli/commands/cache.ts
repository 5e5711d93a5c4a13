/** `orch cache info`, `orch cache path` and `orch cache gc`. */
import { collectCache } from '../../app/collect-cache.ts';
import { contentDir } from '../../app/content-cache.ts';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { openProject, openState } from '../../app/project.ts';
import { parseDuration } from '../../base/duration.ts';
import type { Outcome } from '../../base/outcome.ts';
import { formatSize, parseSize } from '../../base/size.ts';
import type { RegisteredRoot, Trimmed } from '../../cache/upkeep.ts';
import { capYieldsText, count, removedPhrase } from '../../reporters/cache-phrases.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';

export async function cacheInfo(options: GlobalOptions): Promise<number> {
  const project = await openProject(projectRequest(options, [], false));
  const state = await openState(project, {
    readOnly: true,
    rehash: false,
    needsCache: true,
    environment: process.env,
    notice: ({ level, message }) => printError(`${level}: ${message}\n`),
  });
  try {
    const info = state.store!.info();
    if (options.json === true) {
      print(`${JSON.stringify(info, null, 2)}\n`);
      return EXIT.done;
    }
    print(
      `folder:   ${info.dir}\n` +
        `size:     ${formatSize(info.sizeBytes)} of at most ${formatSize(info.maxSizeBytes)}\n` +
        `contents: ${info.blobs}\n` +
        `results:  ${info.results}\n` +
        `${info.quarantined > 0 ? `damaged:  ${info.quarantined} set aside\n` : ''}` +
        `${info.roots.map((root, at) => `${at === 0 ? 'kept for:' : '         '} ${rootLine(root)}\n`).join('')}`,
    );
    return EXIT.done;
  } finally {
    state.close();
  }
}

export async function cachePath(options: GlobalOptions): Promise<number> {
  const project = await openProject(projectRequest(options, [], false));
  const dir = contentDir(project, process.env);
  print(options.json === true ? `${JSON.stringify({ path: dir })}\n` : `${dir}\n`);
  return EXIT.done;
}

export interface GcFlags {
  readonly maxSize?: string;
  readonly maxAge?: string;
  readonly dryRun?: boolean;
}

export async function cacheGc(flags: GcFlags, options: GlobalOptions): Promise<number> {
  const dryRun = flags.dryRun === true;
  const trimmed = await collectCache({
    project: projectRequest(options, [], false),
    maxSizeBytes: read('--max-size', flags.maxSize, parseSize),
    maxAgeMs: read('--max-age', flags.maxAge, parseDuration),
    dryRun,
    notice: ({ level, message }) => printError(`${level}: ${message}\n`),
  });
  if (options.json === true) print(`${JSON.stringify({ dryRun, ...trimmed }, null, 2)}\n`);
  else if (options.quiet !== true) printTrimmed(trimmed, dryRun);
  return EXIT.done;
}

function printTrimmed(trimmed: Trimmed, dryRun: boolean): void {
  const { removed, dropped, pinned, roots, afterBytes, maxSizeBytes } = trimmed;
  const verb = dryRun ? 'would remove' : 'removed';
  for (const { root, id } of dropped)
    print(`${dryRun ? 'would forget' : 'forgot'} a project that is gone: ${root ?? id}\n`);
  print(removed.files === 0 ? 'nothing to remove\n' : `${verb} ${removedPhrase(removed)}\n`);
  print(
    `${dryRun ? 'it would leave' : 'left:'} ${formatSize(afterBytes)} of at most ${formatSize(maxSizeBytes)}, ` +
      `${formatSize(pinned.sizeBytes)} of it the last good results of ${count(roots.length, 'project')}\n`,
  );
  if (pinned.sizeBytes > maxSizeBytes)
    printError(`note: ${capYieldsText(pinned.sizeBytes, roots.length, maxSizeBytes)}\n`);
}

function rootLine({ root, id, host, results, standing }: RegisteredRoot): string {
  const where = root ?? `(damaged registration ${id})`;
  const seen =
    standing === 'here'
      ? ''
      : standing === 'gone'
        ? ', gone: its results may be removed'
        : `, not seen from here${host === null ? '' : ` (registered on ${host})`}`;
  return `${where} (${count(results, 'last good result')}${seen})`;
}

/** null where the flag wasn't given. */
function read(
  flag: string,
  text: string | undefined,
  parse: (text: string) => Outcome<number, string>,
): number | null {
  if (text === undefined) return null;
  const value = parse(text);
  if (!value.ok) throw new CommandError(`${flag} ${text}: ${value.error}`, EXIT.usage);
  return value.value;
}
