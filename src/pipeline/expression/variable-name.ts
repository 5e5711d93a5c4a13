/** Which environment variable holds what an expression says, for placeholders that can't be placed safely. */
import type { Expr } from '../../model/expression.ts';
import { paramVariable } from '../param-variable.ts';
import { expressionMentions } from './mentions.ts';

/** What to write in a shell text instead of the placeholder. */
export function insteadOf(expr: Expr, source: string): string {
  const isChain = expr.op === 'name' || expr.op === 'member';
  const position = { file: '', line: 0, column: 0 };
  const mention = isChain ? expressionMentions(expr, position)[0] : undefined;
  if (mention !== undefined && !mention.dynamic) {
    const [root, ...path] = mention.path;
    if (root === 'params' && path.length > 0)
      return `use "$${paramVariable(path.join('.'))}" there, and list ${path.join('.')} under the task's params`;
    if (root === 'env' && path.length === 1) return `use "$${path[0]}" there`;
    if (root === 'resources' && path[0] === 'cpu') return 'use "$ORCH_CPU" there';
  }
  return `give it a name under the task's env, VALUE: "${source.replace(/\s+/g, ' ')}", and use "$VALUE" there`;
}
