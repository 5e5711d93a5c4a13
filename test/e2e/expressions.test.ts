/** Expressions as users meet them: in header lines, through the binary (B4). */
import { expect, it } from 'vitest';
import { scenario, task } from './support/scenario.ts';

const params = {
  month: 2,
  name: 'data/raw/file.tar.gz',
  flag: true,
  list: ['a', 'b'],
  model: { depth: 6 },
  day: '2024-01-31',
};

const CASES: [expression: string, shown: string][] = [
  ['params.month', '2'],
  ['params.model.depth * 2 + 1', '13'],
  ["params['month']", '2'],
  ['params.list[1]', 'b'],
  ['pad(params.month, 2)', '02'],
  ["join(params.list, '+')", 'a+b'],
  ['basename(params.name)', 'file.tar.gz'],
  ['dirname(params.name)', 'data/raw'],
  ["contains(params.list, 'a')", 'true'],
  ["contains('abc', 'bc')", 'true'],
  ["default(params.list, 'x')[0]", 'a'],
  ['to_json(params.model)', '{"depth":6}'],
  ["from_json('[1, 2]')[1]", '2'],
  ['to_json(range(1, 4))', '[1,2,3]'],
  ["date_add(params.day, 1, 'months')", '2024-02-29'],
  ["format_date(params.day, '%Y/%m')", '2024/01'],
  ['params.flag ? 1 : 2', '1'],
  ['!params.flag || params.month > 1', 'true'],
  ["params.month == 2 && params.name != ''", 'true'],
  ['7 % 4', '3'],
  ['-params.month', '-2'],
];

it.each(CASES)('${{ %s }} is %s', async (expression, shown) => {
  const s = scenario({ t: task('t') }, {}, { params, header: [`value <\${{ ${expression} }}>`] });
  expect((await s.ok('run', 't')).stdout).toContain(`value <${shown}>`);
});

it('a file is read where it is declared, and counts', async () => {
  const t = task('t', 'echo ${{ read_json("conf.json").n }} > out.txt', {
    inputs: ['conf.json'],
    outputs: ['out.txt'],
  });
  const s = scenario({ t }, { 'conf.json': '{"n": 5}' });
  await s.ok('run', 't');
  expect(s.read('out.txt')).toBe('5\n');
  s.write('conf.json', '{"n": 6}');
  await s.ok('run', 't');
  expect(s.read('out.txt')).toBe('6\n');
});

it('a file that is not declared is not read', async () => {
  const s = scenario({ t: task('t', 'echo ${{ read_json("conf.json").n }}') }, { 'conf.json': '{"n": 5}' });
  const ran = await s.orch(['run', 't']);
  expect([1, 2]).toContain(ran.code);
  expect(s.ran()).toEqual([]);
});
