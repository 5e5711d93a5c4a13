/**
 * `${{ }}` expressions: read, checked, evaluated, and written into texts. Knows neither YAML nor tasks; what
 * names mean comes through a Scope, files are read by its `readJson` only. Nothing here touches the disk.
 */
export type { EvaluateError, TemplateError } from './errors.ts';
export { evaluate, type Scope } from './evaluate.ts';
export type { FunctionEntry, FunctionParameter, ParameterKind, ReadJson } from './function-definition.ts';
export { FUNCTIONS, signatureOf } from './functions.ts';
export {
  expressionMentions,
  expressionReads,
  type FileRead,
  type Mention,
  templateMentions,
  templateReads,
} from './mentions.ts';
export { parseExpression, ROOT_NAMES } from './parse.ts';
export { shellWord } from './quote.ts';
export { foldTemplate, renderText, renderValue } from './render.ts';
export { parseTemplate, type TemplateOptions } from './template.ts';
export { endOfPlaceholder } from './tokens.ts';
