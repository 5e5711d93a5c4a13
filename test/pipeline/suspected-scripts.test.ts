import { describe, expect, test } from 'vitest';
import { suspectedScripts } from '../../src/pipeline/suspected-scripts.ts';
import { loadTasks } from './load-text.ts';

async function check(task: string, expected: readonly string[]): Promise<void> {
  const { a } = await loadTasks(`  a: ${task}\n`);
  expect(suspectedScripts(a!)).toEqual(expected);
}

describe('files that a command seems to read without declaring them', () => {
  test.each([
    ['{run: python train.py --data=raw/x.csv -o out.bin}', ['train.py', 'raw/x.csv', 'out.bin']],
    ['{run: python ./train.py, inputs: [train.py]}', []],
    ['{run: python src/train.py, inputs: [src/]}', []],
    ['{run: python src/train.py, inputs: ["src/**/*.py"]}', []],
    ['{run: python src/train.sh, inputs: ["src/**/*.py"]}', ['src/train.sh']],
    ['{run: python train.py, inputs: ["!train.py", "data/*"]}', ['train.py']],
    ['{run: x > log.txt, outputs: [log.txt]}', []],
    ['{run: "cat ../lib/a.js b.js", dir: sub}', ['lib/a.js', 'sub/b.js']],
    ['{run: [node, "my script.mjs", main.mjs]}', ['main.mjs']],
    [
      '{run: "x ${{ inputs[0] }} 3.14 /etc/x.conf http://h.org/a.csv --v1.2 ../../out.txt", inputs: [i.csv]}',
      [],
    ],
    ['{}', []],
  ])('%s: %j', check);
});
