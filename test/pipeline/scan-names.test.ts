/** Names by a look at a file's lines: for files that can't be read as YAML just now. */
import { expect, test } from 'vitest';
import { scanNames } from '../../src/pipeline/scan-names.ts';

test('finds the keys below tasks and params, whatever is wrong within', () => {
  const text = [
    'version: 1',
    'name: "shop"  # the name',
    'params:',
    '  month: {type: integer',
    '  model:',
    '    max_depth: 6',
    'tasks:',
    '  # a remark: here',
    '  train:',
    '    run: |',
    '      echo: x',
    '    env: [',
    "  'quoted name':",
    '  "всё.v1": {needs: [train]}',
    '  broken',
    'finally: [x]',
    '  after: it',
  ];
  for (const end of ['\n', '\r\n'])
    expect(scanNames(text.join(end))).toEqual({
      name: 'shop',
      tasks: ['train', 'quoted name', 'всё.v1'],
      params: ['month', 'model'],
    });
});

test('finds nothing in what is written otherwise', () => {
  expect(scanNames('{"version": 1, "tasks": {"a": {}}}')).toEqual({ name: null, tasks: [], params: [] });
  expect(scanNames('')).toEqual({ name: null, tasks: [], params: [] });
});
