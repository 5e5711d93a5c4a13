/**
 * FAULT 34 on a file system that keeps whole seconds: what is rewritten there within one second, at the same size and
 * the same place, has the stat that it had.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { writeFiles } from './support/crash-story.ts';
import { itMounting, mount, must, tempFolder } from './support/file-systems.ts';
import { type Ended, orchIn } from './support/process.ts';

const SOURCES = {
  'orch.yaml': `version: 1
name: flow
tasks:
  copy: {run: "cat in.txt > out.txt", inputs: [in.txt], outputs: [out.txt]}
  twice: {run: "cat out.txt out.txt > twice.txt", inputs: [out.txt], outputs: [twice.txt]}
`,
  'in.txt': '000\n',
};

function coarse(): string {
  const base = tempFolder();
  const [image, dir] = [join(base, 'image'), join(base, 'root')];
  must('truncate', ['-s', '32M', image]);
  must('mkfs.ext4', ['-q', '-F', '-I', '128', image]);
  mkdirSync(dir);
  mount(dir, '-o', 'loop', image);
  writeFiles(dir, SOURCES);
  return dir;
}

/** Until a new second begins: then there is time for several writes with one stamp. */
function untilNewSecond(): void {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second);
}

function expectDone(ran: Ended): void {
  expect(ran.code, ran.said).toBe(0);
}

describe('FAULT 34: a rewrite of the same size within a second, where stamps are whole seconds', () => {
  itMounting(
    'of an input is seen',
    async () => {
      const dir = coarse();
      let alike = 0;
      for (let round = 1; round <= 8; round++) {
        untilNewSecond();
        writeFileSync(join(dir, 'in.txt'), `${round}aa\n`);
        const before = statSync(join(dir, 'in.txt'));
        expectDone(await orchIn(dir, ['run', 'twice']));
        writeFileSync(join(dir, 'in.txt'), `${round}bb\n`);
        const after = statSync(join(dir, 'in.txt'));
        if (before.ctimeMs === after.ctimeMs && before.mtimeMs === after.mtimeMs) alike++;
        expectDone(await orchIn(dir, ['run', 'twice']));
        expect(readFileSync(join(dir, 'twice.txt'), 'utf8')).toBe(`${round}bb\n${round}bb\n`);
      }
      expect(alike, 'rounds in which no stamp told of it').toBeGreaterThan(0);
    },
    60_000,
  );

  itMounting(
    'of an output is seen, and repaired',
    async () => {
      const dir = coarse();
      let alike = 0;
      for (let round = 1; round <= 8; round++) {
        untilNewSecond();
        writeFileSync(join(dir, 'in.txt'), `${round}aa\n`);
        expectDone(await orchIn(dir, ['run', 'copy']));
        const before = statSync(join(dir, 'out.txt'));
        writeFileSync(join(dir, 'out.txt'), 'bad\n');
        const after = statSync(join(dir, 'out.txt'));
        if (before.ctimeMs === after.ctimeMs && before.mtimeMs === after.mtimeMs) alike++;
        expectDone(await orchIn(dir, ['run', 'twice']));
        expect(readFileSync(join(dir, 'twice.txt'), 'utf8')).toBe(`${round}aa\n${round}aa\n`);
      }
      expect(alike, 'rounds in which no stamp told of it').toBeGreaterThan(0);
    },
    60_000,
  );

  itMounting(
    'costs nothing once the second is over: what is unchanged is not read again',
    async () => {
      const dir = coarse();
      expectDone(await orchIn(dir, ['run', 'twice']));
      untilNewSecond();
      const idle = await orchIn(dir, ['run', 'twice', '--json']);
      expect(idle.stdout).toContain('"run":0,"restored":0');
    },
    60_000,
  );
});
