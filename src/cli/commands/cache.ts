/** `orch cache info` and `orch cache path`. */
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { contentDir, openProject, openState } from '../../app/project.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';

export async function cacheInfo(options: GlobalOptions): Promise<number> {
  const project = await openProject(projectRequest(options, [], false));
  const state = await openState(project, {
    readOnly: true,
    rehash: false,
    environment: process.env,
    notice: ({ level, message }) => printError(`${level}: ${message}\n`),
  });
  try {
    if (state.store === null) throw new CommandError("the cache can't be used", EXIT.unusable);
    const info = state.store.info();
    if (options.json === true) print(`${JSON.stringify(info, null, 2)}\n`);
    else
      print(
        `folder:   ${info.dir}\nsize:     ${megabytes(info.sizeBytes)} of at most ${megabytes(info.maxSizeBytes)}\n` +
          `contents: ${info.blobs}\nresults:  ${info.results}\n${info.quarantined > 0 ? `damaged:  ${info.quarantined} set aside\n` : ''}`,
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

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 2 : 0)} MB`;
}
