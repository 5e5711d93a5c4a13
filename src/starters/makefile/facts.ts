/** What make knows without a makefile saying so: its standard variables, and what makefiles ask a shell for. */
import { arch, type } from 'node:os';
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { Folder } from '../folder.ts';
import { oneLine } from '../orch-text.ts';

export const DEFAULT_VARIABLES: Readonly<Record<string, string>> = {
  ...{ CC: 'cc', CXX: 'g++', CPP: '$(CC) -E', AR: 'ar', ARFLAGS: '-rv', AS: 'as', FC: 'f77', LD: 'ld' },
  ...{ LEX: 'lex', YACC: 'yacc', RM: 'rm -f', MAKE: 'make', MAKEFLAGS: '', MFLAGS: '', SHELL: '/bin/sh' },
};

/** Facts about this machine that makefiles ask a shell for, without one. */
export function shellFact(command: string, folder: Folder): Outcome<readonly string[], string> {
  switch (command.trim().replace(/\s*2>\s*\/dev\/null/, '')) {
    case 'uname':
    case 'uname -s':
      return ok([type()]);
    case 'uname -m':
      return ok([
        arch() === 'x64' ? 'x86_64' : arch() === 'arm64' && type() === 'Linux' ? 'aarch64' : arch(),
      ]);
    case 'pwd':
      return ok([folder.root]);
  }
  const find = /^find\s+(\S+)\s+(?:-type\s+f\s+)?-name\s+(["']?)([\w.*?-]+)\2(?:\s+-type\s+f)?$/.exec(
    command.trim(),
  );
  if (find !== null && !/[*?]/.test(find[1]!)) {
    const start = find[1]!.replace(/^\.(\/|$)/, '').replace(/\/$/, '');
    const glob = [...(start === '' ? [] : [start]), '**', find[3]].join('/');
    return ok([folder.match(glob).join(' ')]);
  }
  return fail(`$(shell ${oneLine(command, 40)}) is not run`);
}
