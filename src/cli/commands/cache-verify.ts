/** `orch cache verify`: what was found, what became of it, and how far it has come on a terminal. */
import { EXIT } from '../../app/exit-codes.ts';
import { countOfBad, type Verified, verifyCache } from '../../app/verify-cache.ts';
import { formatSize } from '../../base/size.ts';
import type { BadContent, VerifyProgress } from '../../cache/verify.ts';
import { count } from '../../reporters/cache-phrases.ts';
import { errorCodeText } from '../../reporters/phrases.ts';
import { printable } from '../../reporters/shown.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { canMoveCursor } from '../style.ts';

export interface VerifyFlags {
  readonly repair?: boolean;
}

export async function cacheVerify(flags: VerifyFlags, options: GlobalOptions): Promise<number> {
  const shows = options.quiet !== true && canMoveCursor(process.stderr, process.env);
  const progress = shows ? progressLine() : null;
  const verified = await verifyCache({
    project: projectRequest(options, [], false),
    repair: flags.repair === true,
    onProgress: progress?.show ?? null,
    notice: ({ level, message }) => printError(`${level}: ${message}\n`),
  }).finally(() => progress?.clear());
  if (options.json === true) print(`${JSON.stringify(documentOf(verified), null, 2)}\n`);
  else printLines(verified, options.quiet === true);
  const bad = countOfBad(verified);
  if (bad === 0) return EXIT.done;
  const { repairs, findings } = verified;
  const failure = repairs?.failures[0] ?? findings.unread[0];
  if (failure !== undefined)
    printError(`error: could not ${failure.doing} ${failure.path}: ${errorCodeText(failure.code)}\n`);
  else if (options.json !== true)
    printError(
      `error: ${count(bad, 'part')} of the cache ${bad === 1 ? 'is' : 'are'} damaged or missing; ` +
        'no run will use them: `orch cache verify --repair` takes them out\n',
    );
  return EXIT.unusable;
}

function printLines(verified: Verified, isQuiet: boolean): void {
  const { findings, repairs } = verified;
  for (const bad of findings.badContents) print(`${contentLine(bad, verified)}\n`);
  for (const { key, goodResults } of findings.badEntries)
    print(
      `damaged result: ${key}, ${goodResults === 0 ? 'nothing of it can be read' : `${count(goodResults, 'result')} of it can be read`}` +
        `${repairs === null ? '' : ': set aside'}\n`,
    );
  for (const { key, paths, kept } of repairs?.results ?? [])
    if (paths.length > 0)
      print(
        `dropped result: ${key}, which can't be restored without ${namesOf(paths)}${kept > 0 ? `; ${kept} of this key left` : ''}\n`,
      );
  if (isQuiet) return;
  const { contents, contentBytes, results, unreferenced, quarantined } = findings;
  print(
    `checked ${count(contents, 'content')} (${formatSize(contentBytes)}) and ${count(results, 'result')}: `,
  );
  print(countOfBad({ ...verified, repairs: null }) === 0 ? 'all as stored\n' : `${summaryOf(verified)}\n`);
  if (unreferenced.contents > 0)
    print(
      `unused: ${count(unreferenced.contents, 'content')} (${formatSize(unreferenced.sizeBytes)}) of no result: \`orch cache gc\` removes what is older than 15 minutes\n`,
    );
  if (quarantined > 0) print(`set aside earlier: ${quarantined}\n`);
}

function summaryOf({ findings, repairs }: Verified): string {
  const missing = findings.badContents.filter(({ problem }) => problem === 'missing').length;
  const damaged = findings.badContents.length - missing + findings.badEntries.length;
  const parts = [
    damaged > 0 ? `${damaged} damaged` : '',
    missing > 0 ? `${missing} missing` : '',
    findings.unread.length > 0 ? `${findings.unread.length} could not be read` : '',
  ].filter((part) => part !== '');
  if (repairs === null) return parts.join(', ');
  const again = [...repairs.contents.values()].filter(({ end }) => end === 'stored-again').length;
  return `${parts.join(', ')}; repaired: ${again} stored again, ${count(repairs.results.length, 'result')} dropped`;
}

const PROBLEMS: Readonly<Record<BadContent['problem'], string>> = {
  'wrong-bytes': 'damaged',
  'wrong-size': 'damaged (cut or grown)',
  unreadable: 'damaged (the disk cannot read it)',
  missing: 'missing',
};

function contentLine({ digest, problem, usedBy }: BadContent, { repairs }: Verified): string {
  const what =
    usedBy.length === 0 ? 'of no result' : `of ${namesOf([...new Set(usedBy.map(({ path }) => path))])}`;
  const mended = repairs?.contents.get(digest);
  const end =
    mended === undefined
      ? ''
      : mended.end === 'dropped'
        ? problem === 'missing'
          ? ''
          : ': set aside'
        : mended.from === null
          ? ': stored again by a run meanwhile'
          : `: stored again from ${printable(mended.from)}`;
  return `${PROBLEMS[problem]}: ${digest}, ${what}${end}`;
}

function namesOf(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map(printable).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}

function documentOf({ dir, findings, repairs }: Verified): Record<string, unknown> {
  const { badContents, badEntries, ...rest } = findings;
  return {
    dir,
    ...rest,
    damagedContents: badContents
      .filter(({ problem }) => problem !== 'missing')
      .map((bad) => ({ ...bad, ...repairs?.contents.get(bad.digest) })),
    missingContents: badContents
      .filter(({ problem }) => problem === 'missing')
      .map(({ digest, usedBy }) => ({ digest, usedBy, ...repairs?.contents.get(digest) })),
    damagedResults: badEntries,
    repaired: repairs !== null,
    droppedResults: repairs?.results ?? [],
    failures: repairs?.failures ?? [],
  };
}

/** One line, written over ten times a second. */
function progressLine(): { show: (progress: VerifyProgress) => void; clear: () => void } {
  const EVERY_MS = 100;
  let shownMs = Number.NEGATIVE_INFINITY;
  let isShown = false;
  return {
    show({ doneBytes, allBytes }) {
      const nowMs = performance.now();
      if (nowMs - shownMs < EVERY_MS) return;
      shownMs = nowMs;
      isShown = true;
      const percent = allBytes === 0 ? 0 : Math.min(100, Math.floor((doneBytes / allBytes) * 100));
      printError(
        `\r\x1b[Kchecking the cache: ${percent} % (${formatSize(doneBytes)} of ${formatSize(allBytes)})`,
      );
    },
    clear() {
      if (isShown) printError('\r\x1b[K');
    },
  };
}
