import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'vitest';
import { rendered, runScripts, SHELLS, shellTemplate } from '/work/main/test/pipeline/expression/shells.ts';

const FR = [
  'w ',
  'w ',
  'e ',
  '"',
  '"',
  "'",
  "'",
  '\\',
  '\\\n',
  '$(',
  '$(',
  ')',
  '`',
  '$((',
  '((',
  '))',
  '(',
  '#',
  ' #',
  '\n',
  '\n',
  ';',
  '; ',
  '<<EOF',
  '<<-E',
  "<<'EOF'",
  '\nEOF\n',
  '\nE\n',
  '${x:-',
  '${x',
  '${#x}',
  '}',
  '{',
  '{a,',
  ',b}',
  '~',
  '/',
  '[[ ',
  ' ]]',
  ' -eq ',
  '[',
  ']',
  'a[',
  'case a in ',
  'a) ',
  ';;',
  ' esac ',
  "$'",
  '$"',
  '$',
  '$x',
  '$1',
  '$$',
  '&&',
  '||',
  '|',
  'x=',
  'a=(',
  'a+=(',
  '<(',
  '>f',
  '>',
  '2>&1',
  '>&',
  '<<<',
  '<',
  '&>',
  '=',
  ' ',
  ' ',
  '  ',
  'x',
  'if :; then ',
  ' fi ',
  '{ ',
  ' }',
  'f() ',
  '!',
  '-',
  'eval ',
  'declare ',
  'declare -i ',
  'export ',
  'local ',
  'printf ',
  '%s',
  '-v ',
  'test ',
  '[ ',
  ' ]',
  'let ',
  'read ',
  'set -- ',
  'for i in ',
  'do ',
  'done ',
  ':',
  'é',
  '@',
  '@(',
  '!(',
  'x=1 ',
  'time ',
  'function g ',
  'coproc ',
  'exec ',
  'command ',
  'sh -c ',
  'BASH_ENV=',
  '1',
  '..',
  '\r',
  '\t',
  '"$x"',
  'w "$x"\n',
  '$(w ',
  '"$(e ',
  ')"',
  'then ',
  'EOF',
  '<<',
  '-E ',
  '$[',
  '${',
  '%',
  '+',
  '\\\\',
  '\\"',
  '${x%',
];
const BASES = [
  'w P',
  'w "P"',
  "w 'P'",
  'w a P b',
  'w "$(e P)"',
  'x=P; w "$x"',
  'w --x=P',
  'w "a $x P"',
  'if :; then w P; fi',
  '(w P)',
  '{ w P; }',
  'f() { w "$@"; }; f P',
  'case P in a) w 1;; P) w P;; esac',
  'for i in P; do w "$i"; done',
  'cat <<EOF\nfoo\nEOF\nw P',
  'w $((1+2)) P',
  'w ${x:-a} P',
  'w `:` P',
  ': # it\nw P',
  '[ P = a ] || w P',
  '[[ a == a ]] && w P',
  'export x=P; w "$x"',
  'a=(P 1 P); w "${a[@]}"',
  'w ~/P',
  'w {a,b}P',
  'w a{P,c}',
  "w $'a'P",
  'w $"a"P',
  'w \\\n P',
  'w x >f P',
  'w P <<<P',
  'read x <<<P; w "$x"',
  '! w P',
  'w "a"P\'b\'',
  'w P && w P | w P',
  ': <(e P); w P',
  'w 2>&1 P',
  'w a=P',
  'x=P w P',
  'printf "%s|" P',
  'w "$(w "$(e "P")" P)"',
  'w "`:`P"',
  'w "${x:-b}P"',
  'w "$((1))P"',
  '((1+1)); w P',
  'w P#P #P\nw P',
  'set -- P "P"; w "$@"',
  'test P = P && w P',
  'w &>f P; w P',
  'w P &>P',
  'w P >P',
];
const PH = '${{ params.v }}';
const EVIL = [
  '$(>pwned)',
  "'; >pwned; '",
  '"; >pwned; "',
  '`>pwned`',
  '\n>pwned\n',
  'EOF\n>pwned\n',
  '\nEOF\n>pwned\n',
  '\nE\n>pwned\n',
  'a[$(>pwned)]',
  ')>pwned',
  ';>pwned',
  '}; >pwned',
  '# \n>pwned #',
  '\\',
  "\\';>pwned;'",
  '"$(>pwned)"',
  '$((a[$(>pwned)]))',
  ' a b  c ',
  '*',
  '-n',
  '',
  '~',
  '!',
  '${x:=$(>pwned)}',
  "')>pwned",
  '*) >pwned;;',
  'a=1',
  "$'",
  '1',
  '7.5',
  '-va[$(>pwned)]',
  'a/b',
];
const BEN = 'Bnv@7';
const mutate = (base: string, muts: [number, string][]) => {
  let t = base;
  for (const [n, f] of muts) {
    const at = n % (t.length + 1);
    t = t.slice(0, at) + f + t.slice(at);
  }
  return t.replaceAll('P', PH);
};
test('fuzz', { timeout: 3000000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'fz'));
  const frag = fc.constantFrom(...FR);
  const one = fc.tuple(
    fc.array(frag, { maxLength: 9 }),
    fc.array(frag, { maxLength: 5 }),
    fc.array(frag, { maxLength: 5 }),
    fc.constantFrom(...EVIL),
    fc.boolean(),
    fc.constantFrom(...BASES),
    fc.array(fc.tuple(fc.nat(1000), frag), { maxLength: 3 }),
    fc.constantFrom(...BASES),
  );
  const seed = Number(process.env.SEED ?? Date.now() & 0xffffff);
  const rounds = Number(process.env.ROUNDS ?? 20);
  let accepted = 0,
    total = 0,
    words = 0;
  const seen = new Set();
  for (let r = 0; r < rounds; r++) {
    const cases: any[] = [];
    for (const [a, b, c, evil, two, base, muts, base2] of fc.sample(one, { numRuns: 3000, seed: seed + r })) {
      total++;
      const text =
        `w() { printf '%s|' "$#" "$@" ; }; e() { printf '%s.' "$1"; }\n` +
        (total % 5 === 0
          ? a.join('') + PH + b.join('') + (two ? PH : '') + c.join('')
          : mutate(base + '\n' + base2, muts));
      const t = shellTemplate(text);
      if (t === null || typeof t === 'string') continue;
      accepted++;
      cases.push({ text, benign: rendered(t, { v: BEN }), bad: rendered(t, { v: evil }), evil });
    }
    for (const shell of SHELLS) {
      const o1 = runScripts(
        shell,
        cases.map((c) => c.benign),
        dir,
      );
      for (const f of readdirSync(dir)) rmSync(join(dir, f), { recursive: true });
      const o2 = runScripts(
        shell,
        cases.map((c) => c.bad),
        dir,
      );
      const left = readdirSync(dir);
      for (const f of left) rmSync(join(dir, f), { recursive: true });
      if (left.includes('pwned')) {
        for (const c of cases) {
          runScripts(shell, [c.bad], dir);
          const l = readdirSync(dir);
          for (const f of l) rmSync(join(dir, f), { recursive: true });
          if (l.includes('pwned'))
            console.log('PWNED', shell, JSON.stringify(c.text.slice(61)), JSON.stringify(c.evil));
        }
      }
      cases.forEach((c, i) => {
        if (o1[i]!.includes(BEN)) words++;
        const want = o1[i]!.replaceAll(BEN, () => c.evil);
        if (
          want !== o2[i] &&
          !/(^|[^&>])&($|[^&])|\$\$[^{]|\$\(|[<>]\S*\s*\$|coproc|export -|set|export\s*\n|PPID|\|\s*w/.test(
            c.text.slice(61),
          ) &&
          !seen.has(c.text)
        ) {
          seen.add(c.text);
          console.log(
            'DIFF',
            shell,
            JSON.stringify(c.text.slice(61)),
            JSON.stringify(c.evil),
            JSON.stringify(want).slice(0, 100),
            JSON.stringify(o2[i]).slice(0, 100),
          );
        }
      });
    }
  }
  console.log({ total, accepted, words, seed });
});
