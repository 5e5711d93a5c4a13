import { describe, expect, test } from 'vitest';
import {
  expressionMentions,
  expressionReads,
  parseExpression,
  parseTemplate,
  templateMentions,
  templateReads,
} from '../../../src/pipeline/expression/index.ts';
import { at } from './shells.ts';

/** Paths with dots; `…` where something computed follows. */
function mentionsOf(text: string): string[] {
  const expr = parseExpression(text, at);
  if (!expr.ok) throw new Error(JSON.stringify(expr.error));
  return expressionMentions(expr.value, at(0)).map(
    ({ path, dynamic }) => path.join('.') + (dynamic ? '.…' : ''),
  );
}

describe('mentions', () => {
  test.each([
    ['params.model.max_depth', ['params.model.max_depth']],
    ["needs['train-a'].outputs[0]", ['needs.train-a.outputs.0']],
    ['task', ['task']],
    ['params[env.WHICH].x', ['params.…', 'env.WHICH']],
    ['params.a[params.b[0]][1]', ['params.a.…', 'params.b.0']],
    ['pad(params.month, 2) + matrix.x', ['params.month', 'matrix.x']],
    ['params.a ? [params.b] : !params.c', ['params.a', 'params.b', 'params.c']],
    ['from_json(params.a).b.c', ['params.a']],
    ['(params.a ? params.b : params.c).d', ['params.a', 'params.b', 'params.c']],
    ['default(metrics.rmse, 0)', ['metrics.rmse']],
    ['1 + 2', []],
  ])('%s', (text, paths) => {
    expect(mentionsOf(text)).toEqual(paths);
  });

  test('of a template have the place of their placeholder', () => {
    const template = parseTemplate('x ${{ params.a + params.b }} # ${{ params.c }}', { at, reader: 'shell' });
    expect(template.ok && templateMentions(template.value)).toEqual([
      { path: ['params', 'a'], dynamic: false, position: at(2) },
      { path: ['params', 'b'], dynamic: false, position: at(2) },
    ]);
    expect(templateMentions('text')).toEqual([]);
  });
});

describe('files that are read', () => {
  test('are found wherever they are named, computed paths as such', () => {
    const template = parseTemplate("${{ read_json('a.json')[read_json(params.p).x] }}", {
      at,
      reader: 'raw',
    });
    expect(template.ok && templateReads(template.value)).toEqual([
      { path: 'a.json', position: at(0) },
      { path: null, position: at(0) },
    ]);
    const expr = parseExpression("default(read_json('b.json').x, 1)", at);
    expect(expr.ok && expressionReads(expr.value, at(3))).toEqual([{ path: 'b.json', position: at(3) }]);
  });
});
