/** The variable by which a parameter is set from the environment, and handed to tasks. `name` is dotted. */
export function paramVariable(name: string): string {
  return `ORCH_PARAM_${name
    .toUpperCase()
    .replaceAll('.', '__')
    .replace(/[^A-Z0-9_]/g, '_')}`;
}
