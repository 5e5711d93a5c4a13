/** `orch init` beside a Makefile: what it makes runs at once and makes what make makes. */
import { describe, expect, it } from 'vitest';
import { folderWith, foundProject } from './support/init-project.ts';

describe('a Makefile of C files', () => {
  it('becomes tasks that build, test and stay up to date', async () => {
    const project = foundProject('makefile-c');
    const { stdout } = await project.init();
    expect(stdout).toBe(
      [
        'found Makefile',
        'wrote orch.yaml (9 tasks, 5 parameters) and .orch.schema.json, which editors read',
        'not carried over: Makefile:42: ifeq ($(DEBUG),1) (DEBUG is not set: decided so once and for all)',
        'not carried over: Makefile:46: debug: CFLAGS += -O0 (a variable of one target)',
        'next: `orch run -n` shows what would run and why, `orch run` does it',
        '',
      ].join('\n'),
    );
    expect(await project.ran()).toEqual([
      'build-wordcount',
      'compile[file=count]',
      'compile[file=main]',
      'docs-usage.txt',
    ]);
    expect(project.read('docs/usage.txt')).toContain('usage: wordcount FILE');
    expect(await project.ran()).toEqual([]);
    expect((await project.ok('run', '-v', 'test')).stdout).toContain('[test] 3\n');
    expect(await project.ran('test')).toEqual(['test']);
  });

  it('rebuilds what an edited header, a flag or a source asks for, and no more', async () => {
    const project = foundProject('makefile-c');
    await project.init();
    await project.ran();
    project.write('include/count.h', `${project.read('include/count.h')}/* new */\n`);
    // The objects come out the same, so nothing is linked.
    expect(await project.ran()).toEqual(['compile[file=count]', 'compile[file=main]']);
    project.write('src/main.c', project.read('src/main.c').replace('usage:', 'Usage:'));
    expect(await project.ran()).toEqual(['build-wordcount', 'compile[file=main]', 'docs-usage.txt']);
    expect(await project.ran('--LDLIBS=-lm,-lc')).toEqual(['build-wordcount']);
    expect(await project.ran('clean')).toEqual(['clean']);
    expect(project.exists('build/wordcount')).toBe(false);
    expect(await project.ran()).toEqual([]);
    expect(project.exists('build/wordcount')).toBe(true);
  });
});

describe('a Makefile of a data pipeline', () => {
  it('makes the same files as make', async () => {
    const project = foundProject('makefile-data');
    const byMake = foundProject('makefile-data');
    await project.init();
    await project.ok('run', 'report', 'stats.txt');
    await byMake.command('make', 'report', 'stats.txt');
    for (const file of [
      'report.md',
      'stats.txt',
      'sum.txt',
      'total.txt',
      'clean/berlin.csv',
      'clean/paris.top',
    ])
      expect(project.read(file), file).toBe(byMake.read(file));
    expect(await project.ran('report', 'stats.txt')).toEqual([]);
    expect(await project.ran('--TOP', '1')).toEqual(['report.md', 'top[file=berlin]', 'top[file=paris]']);
    expect(await project.ran('stamp')).toEqual(['stamp']);
    expect(await project.ran('stamp')).toEqual(['stamp']);
  });
});

describe('a Makefile', () => {
  it('is never executed', async () => {
    const project = folderWith({
      Makefile: [
        'X := $(shell touch shell-ran)',
        'Y != touch assignment-ran',
        '$(eval Z := $(shell touch eval-ran))',
        'include made.mk',
        'made.mk: ; touch include-ran',
        '$(shell touch target-ran): a ; cp a b',
        'all: a ; cp a b; echo $(X)',
        '',
      ].join('\n'),
      a: '',
    });
    const { stdout } = await project.ok('init');
    expect(stdout).toContain('Makefile:3: $(eval Z := $(shell touch eval-ran))');
    expect(stdout).toContain('Makefile:6');
    for (const ran of ['shell-ran', 'assignment-ran', 'eval-ran', 'include-ran', 'target-ran', 'made.mk'])
      expect(project.exists(ran), ran).toBe(false);
    expect((await project.ok('validate')).stderr).toBe('');
  });

  it("relies on make's own rules for C, as make does", async () => {
    const project = folderWith({
      Makefile: 'CFLAGS = -O0\nall: hello\nhello: hello.o greet.o\nhello.o greet.o: greet.h\n',
      'hello.c': '#include "greet.h"\nint main(void) { greet(); return 0; }\n',
      'greet.c': '#include <stdio.h>\n#include "greet.h"\nvoid greet(void) { puts(WORD); }\n',
      'greet.h': '#define WORD "hello"\nvoid greet(void);\n',
    });
    await project.ok('init');
    expect((await project.ok('validate')).stderr).toBe('');
    expect(await project.ran()).toEqual(['compile[file=greet]', 'compile[file=hello]', 'hello']);
    expect(await project.command('./hello')).toBe('hello\n');
    project.write('greet.h', '#define WORD "bye"\nvoid greet(void);\n');
    await project.ran();
    expect(await project.command('./hello')).toBe('bye\n');
  });

  it('goes by wildcards, so that a new file counts', async () => {
    const project = folderWith({
      Makefile: 'SRC = $(wildcard notes/*.md)\nall.txt: $(SRC)\n\tcat $^ > $@\n',
      'notes/a.md': 'a\n',
      'notes/b.md': 'b\n',
    });
    await project.ok('init');
    expect(await project.ran()).toEqual(['all.txt']);
    project.write('notes/c.md', 'c\n');
    expect(await project.ran()).toEqual(['all.txt']);
    expect(project.read('all.txt')).toBe('a\nb\nc\n');
  });

  it('takes a new file for linking as soon as the matrix names it', async () => {
    const project = folderWith({
      Makefile:
        'OBJ = $(patsubst src/%.c,obj/%.o,$(wildcard src/*.c))\napp: $(OBJ)\n\t$(CC) -o $@ $^\nobj/%.o: src/%.c\n\t@mkdir -p obj\n\t$(CC) -c -o $@ $<\n',
      'src/main.c': 'int f(void);\nint main(void) { return f(); }\n',
      'src/f.c': 'int f(void) { return 0; }\n',
    });
    await project.ok('init');
    await project.ran();
    project.write('src/f.c', 'int g(void);\nint f(void) { return g(); }\n');
    project.write('src/g.c', 'int g(void) { return 0; }\n');
    project.write('orch.yaml', project.read('orch.yaml').replace('file: [f, main]', 'file: [f, g, main]'));
    expect(await project.ran()).toEqual(['app', 'compile[file=f]', 'compile[file=g]']);
  });

  it('that removes everything first, or deploys last, leaves results alone and keeps the order', async () => {
    const project = folderWith({
      Makefile: [
        '.PHONY: rebuild clean all ci lint deploy',
        'all: out.txt',
        'rebuild: clean all',
        'clean: ; rm -f out.txt',
        'out.txt: ; echo made > $@',
        'ci: lint all deploy',
        'lint: ; grep -q ok lint.txt',
        'deploy: ; touch deployed',
        '',
      ].join('\n'),
      'lint.txt': 'bad\n',
    });
    const { stdout } = await project.ok('init');
    expect(stdout).toContain('Makefile:3: rebuild: clean first (`orch run -B` makes everything anew)');
    expect(await project.ran('rebuild')).toEqual(['out.txt']);
    expect(await project.ran('rebuild')).toEqual([]);
    expect(project.read('out.txt')).toBe('made\n');
    await project.exits(1, 'run', 'ci');
    expect(project.exists('deployed')).toBe(false);
    project.write('lint.txt', 'ok\n');
    expect(await project.ran('ci')).toEqual(['deploy', 'lint']);
  });

  it('has names without files that nobody declared .PHONY', async () => {
    const project = folderWith({
      Makefile:
        'check: lint ; true check\nlint: ; which lint || true\nbin: ; mkdir -p bin; touch bin/x\ntool: ; touch tool\n',
    });
    await project.ok('init');
    expect(await project.ran('check', 'tool')).toEqual(['check', 'lint', 'tool']);
    expect(await project.ran('check', 'tool')).toEqual(['check', 'lint']);
  });

  it('puts what make puts in between quotes of any kind', async () => {
    const files = {
      VERSION: '1.0.0\n',
      Makefile: [
        'VERSION := $(shell cat VERSION)',
        'all.txt:',
        `	echo '#define VERSION "$(VERSION)"' > $@`,
        `	echo "it's $(VERSION)" '$(WHO)' "$(WHO)" $(VERSION) \\' '$(VERSION)' >> $@`,
        '',
      ].join('\n'),
    };
    const project = folderWith(files);
    const byMake = folderWith(files);
    await project.ok('init');
    await project.orch(['run'], { env: { WHO: 'a  b' } });
    await byMake.command('env', 'WHO=a  b', 'make');
    expect(project.read('all.txt')).toBe(byMake.read('all.txt'));
    expect(project.read('all.txt')).toContain('#define VERSION "1.0.0"');
  });

  it('keeps each line of a recipe to itself, as make does', async () => {
    const makefile = [
      'out.txt: sub/in.txt',
      '\tcd sub; cat in.txt > here.txt',
      '\tX=1; echo "[$$X]" > $@',
      '\techo "[$$X]" >> $@',
      '\t-false',
      '\t@-test -f nothing; echo on >> $@ # a comment',
      '\tls sub >> $@',
      '',
    ].join('\n');
    const files = { Makefile: makefile, 'sub/in.txt': 'in\n' };
    const [project, byMake] = [folderWith(files), folderWith(files)];
    await project.ok('init');
    await project.ok('run');
    await byMake.command('make');
    expect(project.read('out.txt')).toBe(byMake.read('out.txt'));
  });

  it('leaves out what would not load or run, and says so', async () => {
    const project = folderWith({
      Makefile: [
        'all: a b c',
        'a: b ; touch a',
        'b: a ; touch b',
        'c: missing.txt ; touch c',
        '/etc/x: c ; touch /etc/x',
        'orchestra: c ; orch run c',
        '',
      ].join('\n'),
    });
    const { stdout } = await project.ok('init');
    expect(stdout).toContain('a: it would wait for itself');
    expect(stdout).toContain('/etc/x lies outside');
    expect(stdout).toContain('orchestra: it calls orch itself');
    expect(project.read('orch.yaml')).toContain('{path: missing.txt, optional: true} # not there yet');
    expect((await project.ok('validate')).stderr).toBe('');
    await project.ok('run');
    expect(project.exists('c')).toBe(true);
  });
});
