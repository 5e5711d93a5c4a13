/** What the reader of makefiles makes of variables and functions is what GNU make makes of them. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openFolder } from '../../src/starters/folder.ts';
import { readMakefile } from '../../src/starters/makefile/read-makefile.ts';
import { cleanEnv, makeProject } from '../support/project.ts';

const DEFINITIONS = `
A = a.c b.cc sub/d.c
B := $(A:.c=.o)
C = $(B) last
A += late.c
B += $(words $(A))
E ?= set
E ?= not again
empty :=
N := 2
2_name = computed
double = <$(1)-$(1)> $(2)
CURLY = \${A} $(if \${empty},no,yes)
LONG = one \\
   two \\
	three
HASH = a\\#b # a comment
PARENS = $(subst x,(y),axb)
SPACES =    lead and trail
define LINES
first $(1)
second
endef
ifeq ($(N),2)
COND = two
else ifeq ($(N),3)
COND = three
else
COND = other
endif
ifneq "$(E)" 'set'
COND2 = differs
else
COND2 = same
endif
ifdef empty
COND3 = defined
endif
ifndef nothing
COND3 += undefined
  ifdef A
    COND3 += nested
  endif
endif
`;

const EXPRESSIONS = [
  ...[
    '$(A)',
    '$B',
    '$(C)',
    '${B}',
    '$(E)',
    '$(empty)',
    '$(CURLY)',
    '$(LONG)',
    '$(HASH)',
    '$(SPACES)',
    '$(nothing)',
  ],
  ...['$(COND)', '$(COND2)', '$(COND3)', '$($(N)_name)', '$(PARENS)'],
  ...['$(A:%.c=%.x)', '$(A:.c=)', '$(A:sub/%.c=%)', '$(subst a,b,banana)', '$(patsubst %.c,x/%.o,$(A))'],
  ...['$(patsubst a.c,z,$(A))', '$(strip  a   b )', '[$(findstring b,abc)]', '$(filter %.c %.cc,$(A) x.h)'],
  ...[
    '$(filter-out sub/%,$(A))',
    '$(sort b a c a)',
    '$(word 2,$(A))',
    '$(words $(A))',
    '$(wordlist 2,3,$(A))',
  ],
  ...[
    '$(firstword $(A))',
    '$(lastword $(A))',
    '$(dir $(A) /x/y z)',
    '$(notdir $(A) q/)',
    '$(suffix $(A) none)',
  ],
  ...['$(basename $(A) a.b/c none)', '$(addsuffix .bak,$(A))', '$(addprefix p/,$(A))', '$(join a b c,1 2)'],
  ...['$(wildcard *.txt)', '$(wildcard sub/*.c no/*.x one.txt)', '$(wildcard t[a-w]o.txt)'],
  ...[
    '$(if $(empty),yes,no)',
    '$(if x,$(A))',
    '$(or $(empty),$(N),z)',
    '$(and $(N),$(E))',
    '$(and $(N),$(empty))',
  ],
  ...[
    '$(foreach i,1 2 3,f$(i).o)',
    '$(call double,x,y)',
    '$(call double,$(N))',
    '$(foreach f,$(A),$(notdir $(f:.c=.o)))',
  ],
  ...['a$(N)b', '$$x', '$(addsuffix $(comma),a)', '$(subst $(empty) ,_,a b)', '$(call LINES,x)'],
];

test('variables, conditionals and functions give the words that make gives', () => {
  const project = makeProject({ 'one.txt': '', 'two.txt': '', 'sub/x.c': '', 'sub/y.c': '' });
  const targets = EXPRESSIONS.map((expression, at) => `t${at}: ${expression}`).join('\n');
  project.write('Makefile', `${DEFINITIONS}\n${targets}\n`);
  const infos = EXPRESSIONS.map((expression) => `$(info <<${expression}>>)`).join('\n');
  project.write('asked.mk', `${DEFINITIONS}\n${infos}\nnone: ;@:\n`);
  const made = spawnSync('make', ['-rR', '-f', 'asked.mk', 'none'], {
    cwd: project.dir,
    env: cleanEnv(),
    encoding: 'utf8',
  });
  expect(made.stderr).toBe('');
  const answers = [...made.stdout.matchAll(/<<([\s\S]*?)>>/g)].map((match) => words(match[1]!));
  const { rules, notes } = readMakefile(openFolder(project.dir), 'Makefile');
  expect(answers).toHaveLength(EXPRESSIONS.length);
  const ours = EXPRESSIONS.map((expression, at) => [
    expression,
    rules.find(({ targets: [target] }) => target === `t${at}`)?.prerequisites,
  ]);
  expect(ours).toEqual(EXPRESSIONS.map((expression, at) => [expression, answers[at]]));
  expect(notes.map(({ text }) => text)).toEqual([expect.stringContaining('ifndef nothing')]);
});

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
