/** `orch logs TASK`. */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { openProject } from '../../app/project.ts';
import { resolveTargets } from '../../app/selection.ts';
import { openJournal } from '../../state/journal.ts';
import { chunkMasker, print } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';

/** The log goes out byte for byte; secrets that became known after it was written are masked on the way. */
export async function logs(task: string, options: GlobalOptions): Promise<number> {
  const project = await openProject(projectRequest(options, [], false));
  const journal = openJournal(project.layout);
  const ids = resolveTargets(project, [task]);
  const attempts = ids.flatMap((id) => journal.lastAttempt(id) ?? []);
  if (attempts.length === 0)
    throw new CommandError(`${task} has not run yet in this project`, EXIT.usage, `run it: orch run ${task}`);
  const [attempt] = attempts.sort((a, b) => b.atMs - a.atMs);
  if (attempt === undefined) return EXIT.done;
  const path = attempt.log === null ? null : join(project.layout.root, attempt.log);
  const isThere = path !== null && existsSync(path);
  if (options.json === true) {
    const text = isThere ? await readFile(path, 'utf8') : '';
    print(
      `${JSON.stringify({ task: attempt.id, run: attempt.run, outcome: attempt.outcome, atMs: attempt.atMs, durationMs: attempt.durationMs, log: attempt.log, text }, null, 2)}\n`,
    );
    return EXIT.done;
  }
  if (isThere) await passThrough(path);
  return EXIT.done;
}

function passThrough(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = createReadStream(path);
    stream.on('error', reject);
    stream.on('end', resolve);
    // A closed pipe ends it; nobody reads on.
    process.stdout.once('error', () => {
      stream.destroy();
      resolve();
    });
    const masker = chunkMasker();
    if (masker === null) {
      stream.pipe(process.stdout, { end: false });
      return;
    }
    stream.on('data', (chunk) => {
      if (process.stdout.write(masker.write(Buffer.from(chunk)))) return;
      stream.pause();
      process.stdout.once('drain', () => stream.resume());
    });
    stream.prependListener('end', () => process.stdout.write(masker.end()));
  });
}
