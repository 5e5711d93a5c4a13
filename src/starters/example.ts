/** The starter for an empty folder: small, and it runs anywhere that has a shell. */
import { pathOf, type Starter } from './starter.ts';

export function exampleStarter(name: string): Starter {
  return {
    kind: 'example',
    from: null,
    name,
    default: ['report'],
    lessons: [
      '  orch run --name you  another value of the parameter `name`; back to `world` restores instead of running',
      'report depends on greet because it reads what greet makes; a task runs again when what it reads changes.',
    ],
    params: [{ name: 'name', value: 'world', description: 'Whom to greet' }],
    tasks: [
      {
        name: 'greet',
        description: 'Write a greeting',
        run: 'echo "Hello, ${{ params.name }}!" > ${{ outputs[0] }}',
        outputs: [pathOf('build/greeting.txt')],
      },
      {
        name: 'report',
        description: 'Count its letters',
        run: 'wc -c < ${{ inputs[0] }} > ${{ outputs[0] }}',
        inputs: [pathOf('build/greeting.txt')],
        outputs: [pathOf('build/report.txt')],
      },
    ],
    notes: [],
  };
}
